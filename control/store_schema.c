// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The schema as steps: step n makes version n + 1 of version n. Steps that were released never
// change. Times are Unix milliseconds, those of boots nanoseconds; addresses are numbers.

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store_internal.h"

static const char *const steps[] = {
	// 1
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"

	"CREATE TABLE nodes ("
	" mac BLOB PRIMARY KEY CHECK (length(mac) = 6),"
	" name TEXT NOT NULL COLLATE NOCASE UNIQUE,"
	" listed INTEGER NOT NULL DEFAULT 0," // in hosts: at the moment
	" kept INTEGER NOT NULL DEFAULT 0,"   // the operator has done something with it
	" role TEXT, profile TEXT, vars TEXT, notes TEXT,"
	" state INTEGER NOT NULL DEFAULT 0, state_since INTEGER NOT NULL DEFAULT 0,"
	" reason TEXT NOT NULL DEFAULT '', attempts INTEGER NOT NULL DEFAULT 0,"
	" first_seen INTEGER NOT NULL DEFAULT 0, last_seen INTEGER NOT NULL DEFAULT 0,"
	" address INTEGER NOT NULL DEFAULT 0,"
	" arch INTEGER, uuid BLOB, memory_mb INTEGER, vendor_class TEXT, manufacturer TEXT,"
	" product TEXT, serial TEXT, asset TEXT, nics TEXT) WITHOUT ROWID;"
	"CREATE INDEX nodes_new ON nodes (last_seen) WHERE listed = 0 AND kept = 0 AND state = 0;"

	"CREATE TABLE orders ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" mac BLOB NOT NULL, profile TEXT NOT NULL, slot INTEGER NOT NULL,"
	" origin INTEGER NOT NULL, state INTEGER NOT NULL,"
	" created INTEGER NOT NULL, ended INTEGER NOT NULL);"
	"CREATE INDEX orders_mac ON orders (mac, id);"
	"CREATE UNIQUE INDEX orders_waiting ON orders (mac) WHERE state = 0;"
	"CREATE UNIQUE INDEX orders_slot ON orders (slot) WHERE state = 0;"
	"CREATE INDEX orders_ended ON orders (ended) WHERE state <> 0;"

	"CREATE TABLE boots ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" mac BLOB NOT NULL, state INTEGER NOT NULL, flags INTEGER NOT NULL,"
	" arch INTEGER NOT NULL, address INTEGER NOT NULL,"
	" started INTEGER NOT NULL, last INTEGER NOT NULL, ended INTEGER NOT NULL,"
	" order_id INTEGER NOT NULL, timeout INTEGER NOT NULL,"
	" phases INTEGER NOT NULL, left_out INTEGER NOT NULL,"
	" profile TEXT NOT NULL, role TEXT NOT NULL, reason TEXT NOT NULL, summary TEXT NOT NULL);"
	"CREATE INDEX boots_mac ON boots (mac, id);"
	"CREATE INDEX boots_running ON boots (id) WHERE state = 0;"
	"CREATE TABLE boot_phases ("
	" boot INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, result INTEGER NOT NULL, carrier INTEGER NOT NULL,"
	" reason INTEGER NOT NULL, times INTEGER NOT NULL, arch INTEGER NOT NULL,"
	" ipxe INTEGER NOT NULL, at INTEGER NOT NULL, duration INTEGER NOT NULL,"
	" retransmitted INTEGER NOT NULL, address INTEGER NOT NULL, bytes INTEGER NOT NULL,"
	" name TEXT NOT NULL, PRIMARY KEY (boot, seq)) WITHOUT ROWID;"

	"CREATE TABLE tokens ("
	" purpose TEXT NOT NULL, mac BLOB NOT NULL, serial INTEGER NOT NULL,"
	" used INTEGER NOT NULL, expires INTEGER NOT NULL,"
	" PRIMARY KEY (purpose, mac, serial)) WITHOUT ROWID;"
	"CREATE INDEX tokens_expires ON tokens (expires);",

	// 2: where a machine is plugged in, as its relay agent says
	"ALTER TABLE nodes ADD COLUMN circuit_id TEXT;"
	"ALTER TABLE nodes ADD COLUMN remote_id TEXT;",
};

#define VERSION ((int)(sizeof(steps) / sizeof(steps[0])))

static int first_number(struct store *store, const char *sql, int *number) {
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return store_fail(store, "read the database");
	rc = sqlite3_step(statement);
	*number = rc == SQLITE_ROW ? sqlite3_column_int(statement, 0) : 0;
	sqlite3_finalize(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : store_fail(store, "read the database");
}

// A step and its number are one transaction.
static int take_step(struct store *store, int version) {
	char end[64];

	snprintf(end, sizeof(end), "PRAGMA user_version = %d; COMMIT", version + 1);
	if (sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
		sqlite3_exec(store->db, steps[version], NULL, NULL, NULL) == SQLITE_OK &&
		sqlite3_exec(store->db, end, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	version = store_fail(store, "bring the database up to date");
	sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return version;
}

int store_migrate(struct store *store) {
	int version, tables, rc;

	rc = first_number(store, "PRAGMA user_version", &version);
	if (rc == 0)
		rc = first_number(store, "SELECT count(*) FROM sqlite_schema", &tables);
	if (rc < 0)
		return rc;
	if (version > VERSION)
		return store_say(store, -EPROTO,
			"%s was written by a newer Rouse (its schema is %d, this one knows %d): "
			"run that one, or move the file away and lose nodes, orders and boots",
			store->path, version, VERSION);
	if (!version && tables)
		return store_say(store, -EPROTO, "%s is a database, but not Rouse's: move it away",
			store->path);
	for (; rc == 0 && version < VERSION; version++)
		rc = take_step(store, version);
	return rc;
}

static int check_table(struct store *store, const char *table) {
	sqlite3_stmt *statement;
	char sql[64];
	int rc = 0;

	snprintf(sql, sizeof(sql), "PRAGMA quick_check(%s)", table);
	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
		return store_fail(store, "check the database");
	if (sqlite3_step(statement) != SQLITE_ROW)
		rc = store_fail(store, "check the database");
	else if (strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
		rc = store_say(store, -EUCLEAN, "%s is damaged: %s", store->path,
			(const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return rc;
}

int store_check(struct store *store) {
	static const char *const tables[] = {"meta", "nodes", "orders", "tokens"};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(tables) / sizeof(tables[0]); i++)
		rc = check_table(store, tables[i]);
	return rc;
}
