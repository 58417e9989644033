// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Shared by the store's own files only.

#pragma once

#include <pthread.h>
#include <sqlite3.h>

#include "store.h"
#include "store_orders.h"

#define STORE_SLOT_WORDS (STORE_ORDER_SLOTS / 64)

enum store_sql {
	STORE_SQL_BEGIN,
	STORE_SQL_COMMIT,
	STORE_SQL_ROLLBACK,
	STORE_SQL_SEQUENCE,
	STORE_SQL_META_GET,
	STORE_SQL_META_SET,
	STORE_SQL_TOKEN_USE,
	STORE_SQL_TOKEN_PRUNE,
	STORE_SQL_COUNT_NODES,
	STORE_SQL_COUNT_BOOTS,
	STORE_SQL_NODE_GET,
	STORE_SQL_NODE_FIND,
	STORE_SQL_NODES,
	STORE_SQL_NODES_LISTED,
	STORE_SQL_NODE_OWNER,
	STORE_SQL_NODE_INSERT,
	STORE_SQL_NODE_SET,
	STORE_SQL_NODE_KEEP,
	STORE_SQL_NODE_LIST,
	STORE_SQL_NODE_UNLIST,
	STORE_SQL_NODE_RENAME,
	STORE_SQL_NODE_SEEN,
	STORE_SQL_NODE_LIFE,
	STORE_SQL_NODE_DELETE,
	STORE_SQL_NODE_CLEAR,
	STORE_SQL_NODE_COUNT_NEW,
	STORE_SQL_NODE_PRUNE,
	STORE_SQL_NODE_REDATE,
	STORE_SQL_ORDER_INSERT,
	STORE_SQL_ORDER_END,
	STORE_SQL_ORDER_GET,
	STORE_SQL_ORDER_LAST,
	STORE_SQL_ORDER_WAITING,
	STORE_SQL_ORDERS_WAITING,
	STORE_SQL_ORDER_FORGET,
	STORE_SQL_ORDER_PRUNE,
	STORE_SQL_ORDER_REDATE,
	STORE_SQL_BOOT_SAVE,
	STORE_SQL_BOOT_GET,
	STORE_SQL_BOOTS_OF,
	STORE_SQL_BOOTS_RUNNING,
	STORE_SQL_BOOTS_OLDEST,
	STORE_SQL_BOOT_DATED,
	STORE_SQL_BOOT_DELETE,
	STORE_SQL_BOOT_FORGET,
	STORE_SQL_PHASE_SAVE,
	STORE_SQL_PHASES,
	STORE_SQL_PHASES_DELETE,
	STORE_SQL_PHASES_FORGET,
	STORE_STATEMENTS,
};

struct store_checkpointer {
	sqlite3 *db; // the thread's own connection
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool runs;
	bool wanted; // these three under lock
	bool failed;
	bool ending;
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statements[STORE_STATEMENTS];
	char *path;
	char why[STORE_WHY_SIZE];
	bool batch;  // between store_begin and its end
	bool must;   // what the transaction has written must not be lost
	bool broken; // something of the batch has failed half-way
	struct store_checkpointer checkpointer;
	int log_pages;       // in the write-ahead log
	uint64_t order_next; // ids
	uint64_t boot_next;
	uint64_t boots_old;   // all boots up to this id are old, whatever their dates say
	uint64_t serial_next; // tokens' serials, reserved up to serial_end
	uint64_t serial_end;
	uint32_t waiting;                 // orders
	uint64_t slots[STORE_SLOT_WORDS]; // bit set: its order waits
	uint64_t discovered; // nodes that STORE_DISCOVERED_MAX counts, at least so many
	uint64_t refused;    // times that one more was not taken up
	int64_t recounted_ms;
	bool nodes_pruned; // since store_nodes_pruned was asked last
};

extern const char *const store_sql_texts[STORE_STATEMENTS];

// --- store_schema.c

// Brings the schema up to date. -EPROTO: newer, or not Rouse's; -EUCLEAN: damaged.
int store_migrate(struct store *store);
// Looks for damage in what must not be lost. Boots are only read when they are asked for.
int store_check(struct store *store);

// --- statements: errors come with a sentence in store->why

// Writes a sentence and returns err.
int store_say(struct store *store, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
// The same about SQLite's last error. what: "keep an order".
int store_fail(struct store *store, const char *what);

// A prepared statement, reset, without old parameters.
sqlite3_stmt *store_statement(struct store *store, enum store_sql sql);
// Runs it to its end. what as above.
int store_run(struct store *store, sqlite3_stmt *statement, const char *what);
// One whose parameters are a time and how many rows it may change: 1 when there may be more, 0, or
// -errno.
int store_run_portion(struct store *store, enum store_sql sql, int64_t when, const char *what);
// One row: 1, or 0 without one; the statement is then to be reset by the next store_statement.
int store_row(struct store *store, sqlite3_stmt *statement, const char *what);

// NULL stays NULL.
void store_bind_text(sqlite3_stmt *statement, int at, const char *text);
void store_bind_mac(sqlite3_stmt *statement, int at, const uint8_t mac[6]);
void store_column_mac(sqlite3_stmt *statement, int at, uint8_t mac[6]);
const char *store_column_text(sqlite3_stmt *statement, int at); // NULL: none

// Around what writes: a transaction of its own, unless a batch is open. must: not to be lost. rc:
// of what was done; returns it, or the error of the commit.
int store_enter(struct store *store);
int store_leave(struct store *store, int rc, bool must);

// --- store_open.c

// It looked damaged: the next start reads all of it.
void store_suspect(const struct store *store);

// --- store_checkpoint.c

int store_checkpointer_start(struct store *store);
void store_checkpointer_stop(struct store *store);

// --- store_tokens.c

int store_tokens_prune(struct store *store, int64_t now_unix_ms);

// --- store_orders.c

int store_orders_load(struct store *store);
// Steps of store_prune: 1 when there is more, 0, or -errno.
int store_orders_prune(struct store *store, int64_t before_ms);
int store_orders_redate(struct store *store, int64_t now_ms); // of store_redate
int store_orders_forget(struct store *store, const uint8_t mac[6]);

// --- store_boots.c

int store_boots_prune(struct store *store, int64_t before_ms, int64_t now_ms);
int store_boots_forget(struct store *store, const uint8_t mac[6]);

// --- store_nodes.c

int store_nodes_load(struct store *store);
int store_nodes_prune(struct store *store, int64_t before_ms);
int store_nodes_redate(struct store *store, int64_t now_ms);
// An order for it: it is no chance acquaintance any more. -ENOENT.
int store_node_keep(struct store *store, const uint8_t mac[6]);
