// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Statements, transactions and errors. SQLite runs with a write-ahead log and synchronous=NORMAL: a
// commit is then safe from kill -9 and syncs nothing. What must not be lost by a loss of power has
// the log synced after its commit.

#include "store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store_internal.h"

#define PORTION_ROWS 200 // what waits for the store waits no longer than these take

// --- errors

int store_say(struct store *store, int err, const char *format, ...) {
	va_list list;

	va_start(list, format);
	vsnprintf(store->why, sizeof(store->why), format, list);
	va_end(list);
	return err;
}

int store_fail(struct store *store, const char *what) {
	int code = sqlite3_errcode(store->db) & 0xff;
	const char *message = sqlite3_errmsg(store->db);

	store->broken = true;
	switch (code) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		store_suspect(store);
		return store_say(store, -EUCLEAN,
			"cannot %s: %s is damaged (%s): restart rouse-control, which sets it aside",
			what, store->path, message);
	case SQLITE_FULL:
		return store_say(store, -ENOSPC, "cannot %s: the disk of %s is full: make room",
			what, store->path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return store_say(store, -EBUSY, "cannot %s: another program has locked %s: end it",
			what, store->path);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return store_say(store, -EACCES,
			"cannot %s: %s: %s: see the owner of its directory", what, store->path,
			message);
	default:
		return store_say(store, -EIO, "cannot %s in %s: %s: see the system's log", what,
			store->path, message);
	}
}

const char *store_why(const struct store *store) {
	return store->why;
}

// --- statements

sqlite3_stmt *store_statement(struct store *store, enum store_sql sql) {
	sqlite3_stmt *statement = store->statements[sql];

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return statement;
}

int store_run(struct store *store, sqlite3_stmt *statement, const char *what) {
	int rc = sqlite3_step(statement);

	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		rc = store_fail(store, what);
	else
		rc = 0;
	sqlite3_reset(statement);
	return rc;
}

int store_run_portion(struct store *store, enum store_sql sql, int64_t when, const char *what) {
	sqlite3_stmt *statement = store_statement(store, sql);
	int rc;

	sqlite3_bind_int64(statement, 1, when);
	sqlite3_bind_int64(statement, 2, PORTION_ROWS);
	rc = store_run(store, statement, what);
	return rc < 0 ? rc : sqlite3_changes(store->db) == PORTION_ROWS;
}

int store_row(struct store *store, sqlite3_stmt *statement, const char *what) {
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_ROW)
		return 1;
	rc = rc == SQLITE_DONE ? 0 : store_fail(store, what);
	sqlite3_reset(statement);
	return rc;
}

void store_bind_text(sqlite3_stmt *statement, int at, const char *text) {
	if (text)
		sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(statement, at);
}

void store_bind_mac(sqlite3_stmt *statement, int at, const uint8_t mac[6]) {
	sqlite3_bind_blob(statement, at, mac, 6, SQLITE_STATIC);
}

void store_column_mac(sqlite3_stmt *statement, int at, uint8_t mac[6]) {
	const void *bytes = sqlite3_column_blob(statement, at);

	if (bytes && sqlite3_column_bytes(statement, at) == 6)
		memcpy(mac, bytes, 6);
	else
		memset(mac, 0, 6);
}

const char *store_column_text(sqlite3_stmt *statement, int at) {
	return (const char *)sqlite3_column_text(statement, at);
}

// --- transactions

static void roll_back(struct store *store) {
	bool wrote = store->batch || store->broken;

	if (!sqlite3_get_autocommit(store->db)) {
		sqlite3_step(store_statement(store, STORE_SQL_ROLLBACK));
		sqlite3_reset(store->statements[STORE_SQL_ROLLBACK]);
	}
	store->batch = store->must = store->broken = false;
	if (!wrote)
		return;
	// What is remembered of the database is read again.
	store->serial_end = store->serial_next;
	store_orders_load(store);
	store_nodes_load(store);
}

static int begin(struct store *store) {
	store->broken = store->must = false;
	return store_run(store, store_statement(store, STORE_SQL_BEGIN), "begin a transaction");
}

// The write-ahead log to the disk.
static int sync_log(struct store *store) {
	sqlite3_file *file = NULL;

	if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) !=
			SQLITE_OK ||
		!file || !file->pMethods)
		return store_say(store, -EIO, "%s has no write-ahead log", store->path);
	if (file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY) == SQLITE_OK)
		return 0;
	return store_say(store, -EIO,
		"%s cannot be synced: what was written last may be lost: see the system's log",
		store->path);
}

static int commit(struct store *store) {
	bool must = store->must;
	int rc;

	if (store->broken || sqlite3_get_autocommit(store->db)) {
		roll_back(store);
		return -EIO; // the sentence is that of what has failed
	}
	rc = store_run(store, store_statement(store, STORE_SQL_COMMIT), "write");
	if (rc < 0) {
		roll_back(store);
		return rc;
	}
	store->batch = store->must = false;
	return must ? sync_log(store) : 0;
}

// One that cannot begin is a batch that has failed: half of what belongs together must not be
// written by transactions of its own.
int store_begin(struct store *store) {
	int rc = begin(store);

	store->batch = true;
	return rc;
}

int store_commit(struct store *store) {
	return commit(store);
}

void store_rollback(struct store *store) {
	roll_back(store);
}

int store_enter(struct store *store) {
	if (!store->batch)
		return begin(store);
	return store->broken ? -EIO : 0; // the sentence is that of what has failed
}

int store_leave(struct store *store, int rc, bool must) {
	if (rc >= 0 && must)
		store->must = true;
	if (store->batch)
		return rc;
	if (rc >= 0) {
		int err = commit(store);

		return err < 0 ? err : rc;
	}
	roll_back(store);
	return rc;
}

// --- pruning and counts

int store_prune(struct store *store, int64_t boots_before_ms, int64_t now_unix_ms) {
	int rc = store_enter(store);

	if (rc < 0)
		return rc;
	rc = store_boots_prune(store, boots_before_ms, now_unix_ms);
	if (rc == 0)
		rc = store_orders_prune(store, boots_before_ms);
	if (rc == 0)
		rc = store_nodes_prune(store, boots_before_ms);
	if (rc == 0)
		rc = store_tokens_prune(store, now_unix_ms);
	return store_leave(store, rc, false);
}

int store_redate(struct store *store, int64_t now_unix_ms) {
	int rc = store_enter(store);

	if (rc < 0)
		return rc;
	rc = store_orders_redate(store, now_unix_ms);
	if (rc == 0)
		rc = store_nodes_redate(store, now_unix_ms);
	return store_leave(store, rc, false);
}

static int count(struct store *store, enum store_sql sql, uint64_t *number) {
	sqlite3_stmt *statement = store_statement(store, sql);
	int rc = store_row(store, statement, "count");

	*number = rc == 1 ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
	sqlite3_reset(statement);
	return rc < 0 ? rc : 0;
}

static uint64_t file_bytes(const struct store *store, const char *suffix) {
	struct stat st;
	char path[512];

	snprintf(path, sizeof(path), "%s%s", store->path, suffix);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

int store_count(struct store *store, struct store_counts *counts) {
	int rc = count(store, STORE_SQL_COUNT_NODES, &counts->nodes);

	if (rc == 0)
		rc = count(store, STORE_SQL_COUNT_BOOTS, &counts->boots);
	counts->orders_waiting = store->waiting;
	counts->file_bytes = file_bytes(store, "") + file_bytes(store, "-wal");
	return rc;
}
