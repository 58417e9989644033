// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Opening: the file, its set-up, its schema, what is remembered of it; and what becomes of a
// damaged one.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control_log.h"
#include "store_internal.h"

#define BUSY_MS 20 // for somebody who reads the file with SQLite's own tools
#define SUSPECT ".suspect"

// The next start looks at the whole file, and sets it aside if it is as bad as it looks.
void store_suspect(const struct store *store) {
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s" SUSPECT, store->path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd >= 0)
		close(fd);
}

static void close_database(struct store *store) {
	store_checkpointer_stop(store);
	for (size_t i = 0; i < STORE_STATEMENTS; i++) {
		sqlite3_finalize(store->statements[i]);
		store->statements[i] = NULL;
	}
	sqlite3_close(store->db);
	store->db = NULL;
}

void store_close(struct store *store) {
	if (!store)
		return;
	if (store->db && !sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	close_database(store);
	free(store->path);
	free(store);
}

// SQLite would make it readable by all.
static int make_file(struct store *store) {
	int fd = open(store->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd < 0)
		return store_say(store, -errno,
			"%s cannot be opened: %s: see state_dir and its owner", store->path,
			strerror(errno));
	close(fd);
	return 0;
}

static int set_up(struct store *store) {
	static const char *const pragmas[] = {"PRAGMA synchronous = NORMAL",
		"PRAGMA wal_autocheckpoint = 0", "PRAGMA journal_size_limit = 8388608",
		"PRAGMA cache_size = -16384", "PRAGMA temp_store = MEMORY",
		"PRAGMA trusted_schema = OFF"};
	sqlite3_stmt *statement;
	bool has_log;

	if (sqlite3_prepare_v2(store->db, "PRAGMA journal_mode = WAL", -1, &statement, NULL) !=
			SQLITE_OK ||
		sqlite3_step(statement) != SQLITE_ROW) {
		int rc = store_fail(store, "open the database");

		sqlite3_finalize(statement);
		return rc;
	}
	has_log = !strcmp(store_column_text(statement, 0), "wal");
	sqlite3_finalize(statement);
	if (!has_log)
		return store_say(store, -EOPNOTSUPP,
			"the file system of %s can have no write-ahead log: put state_dir on a "
			"local disk",
			store->path);
	for (size_t i = 0; i < sizeof(pragmas) / sizeof(pragmas[0]); i++) {
		if (sqlite3_exec(store->db, pragmas[i], NULL, NULL, NULL) != SQLITE_OK)
			return store_fail(store, "set the database up");
	}
	return 0;
}

static int prepare_all(struct store *store) {
	for (size_t i = 0; i < STORE_STATEMENTS; i++) {
		if (sqlite3_prepare_v3(store->db, store_sql_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
			    &store->statements[i], NULL) != SQLITE_OK)
			return store_fail(store, "prepare a statement");
	}
	return 0;
}

// After an error that looked like damage.
static int check_whole(struct store *store) {
	sqlite3_stmt *statement;
	char path[512];
	int rc = 0;

	snprintf(path, sizeof(path), "%s" SUSPECT, store->path);
	if (access(path, F_OK) < 0)
		return 0;
	unlink(path);
	if (sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL) !=
		SQLITE_OK)
		return store_fail(store, "check the database");
	if (sqlite3_step(statement) != SQLITE_ROW ||
		strcmp(store_column_text(statement, 0), "ok") != 0)
		rc = store_say(store, -EUCLEAN, "%s is damaged", store->path);
	sqlite3_finalize(statement);
	return rc;
}

static int sequence(struct store *store, const char *table, uint64_t *next) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_SEQUENCE);
	int rc;

	store_bind_text(statement, 1, table);
	rc = store_row(store, statement, "read the database");
	*next = rc == 1 ? (uint64_t)sqlite3_column_int64(statement, 0) + 1 : 1;
	sqlite3_reset(statement);
	return rc < 0 ? rc : 0;
}

static int load_serials(struct store *store) {
	sqlite3_stmt *statement = store_statement(store, STORE_SQL_META_GET);
	int rc;

	store_bind_text(statement, 1, "token_serial");
	rc = store_row(store, statement, "read the database");
	store->serial_next = rc == 1 ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
	store->serial_end = store->serial_next;
	sqlite3_reset(statement);
	return rc < 0 ? rc : 0;
}

// The dataplane remembers used orders by their ids, machines hold tokens with serials: those of a
// new database must be higher than any before, so they begin with the time.
static int load_numbers(struct store *store, int64_t now_unix_ms) {
	int rc = sequence(store, "orders", &store->order_next);

	if (rc == 0)
		rc = sequence(store, "boots", &store->boot_next);
	if (rc == 0)
		rc = load_serials(store);
	if (rc == 0 && store->order_next == 1)
		store->order_next = (uint64_t)now_unix_ms;
	if (rc == 0 && !store->serial_next)
		store->serial_next = store->serial_end = (uint64_t)now_unix_ms;
	if (rc == 0)
		rc = store_orders_load(store);
	if (rc == 0)
		rc = store_nodes_load(store);
	return rc;
}

static int note_log(void *context, sqlite3 *db, const char *name, int pages) {
	struct store *store = context;

	(void)db;
	(void)name;
	store->log_pages = pages;
	return SQLITE_OK;
}

static int open_database(struct store *store, int64_t now_unix_ms) {
	int rc = make_file(store);

	if (rc < 0)
		return rc;
	if (sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		    NULL) != SQLITE_OK)
		return store_fail(store, "open the database");
	sqlite3_extended_result_codes(store->db, 1);
	sqlite3_busy_timeout(store->db, BUSY_MS);
	rc = set_up(store);
	if (rc == 0)
		rc = check_whole(store);
	if (rc == 0)
		rc = store_migrate(store);
	if (rc == 0)
		rc = store_check(store);
	if (rc == 0)
		rc = prepare_all(store);
	if (rc == 0)
		rc = load_numbers(store, now_unix_ms);
	if (rc == 0)
		rc = store_checkpointer_start(store);
	sqlite3_wal_hook(store->db, note_log, store);
	return rc;
}

static int move(const struct store *store, const char *suffix, const char *stamp) {
	char from[512], to[512];

	snprintf(from, sizeof(from), "%s%s", store->path, suffix);
	snprintf(to, sizeof(to), "%s.bad-%s%s", store->path, stamp, suffix);
	return rename(from, to) < 0 && errno != ENOENT ? -errno : 0;
}

// The log goes along, so that somebody can still look into both.
static int set_aside(struct store *store, int64_t now_unix_ms) {
	time_t now = (time_t)(now_unix_ms / 1000);
	struct tm tm;
	char stamp[32], shm[512];
	int rc;

	close_database(store);
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	rc = move(store, "", stamp);
	if (rc == 0)
		rc = move(store, "-wal", stamp);
	snprintf(shm, sizeof(shm), "%s-shm", store->path);
	unlink(shm);
	if (rc < 0)
		return store_say(store, rc, "%s is damaged and cannot be renamed: %s", store->path,
			strerror(-rc));
	control_log(CONTROL_ERROR,
		"%s is damaged and kept as %s.bad-%s, an empty one is made: nodes, orders and "
		"boots "
		"until now are not known any more",
		store->path, store->path, stamp);
	return 0;
}

int store_open(
	struct store **out, const char *state_dir, int64_t now_unix_ms, char why[STORE_WHY_SIZE]) {
	struct store *store = mem_alloc(sizeof(*store));
	size_t size = strlen(state_dir) + sizeof("/" STORE_FILE);
	int rc;

	store->path = mem_alloc(size);
	snprintf(store->path, size, "%s/" STORE_FILE, state_dir);
	rc = open_database(store, now_unix_ms);
	if (rc == -EUCLEAN) {
		rc = set_aside(store, now_unix_ms);
		if (rc == 0)
			rc = open_database(store, now_unix_ms);
	}
	if (rc < 0) {
		memcpy(why, store->why, STORE_WHY_SIZE);
		store_close(store);
		return rc;
	}
	*out = store;
	return 0;
}
