// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Serials and used marks of tokens. A serial is reserved with a block of others, so that making a
// token writes nothing most of the time.

#include <errno.h>

#include "store_internal.h"

#define SERIALS_BLOCK 1024u // reserved at a time

static int reserve_serials(struct store *store) {
	sqlite3_stmt *statement;
	int rc = store_enter(store);

	if (rc < 0)
		return rc;
	statement = store_statement(store, STORE_SQL_META_SET);
	store_bind_text(statement, 1, "token_serial");
	sqlite3_bind_int64(statement, 2, (int64_t)(store->serial_next + SERIALS_BLOCK));
	rc = store_run(store, statement, "reserve serials");
	rc = store_leave(store, rc, true);
	if (rc == 0)
		store->serial_end = store->serial_next + SERIALS_BLOCK;
	return rc;
}

int store_token_serial(struct store *store, uint64_t *serial) {
	int rc = store->serial_next == store->serial_end ? reserve_serials(store) : 0;

	if (rc < 0)
		return rc;
	*serial = store->serial_next++;
	return 0;
}

int store_token_use(struct store *store, const char *purpose, const uint8_t mac[6], uint64_t serial,
	int64_t now_unix_ms, int64_t expires_unix_s) {
	sqlite3_stmt *statement;
	int rc = store_enter(store);

	if (rc < 0)
		return rc;
	statement = store_statement(store, STORE_SQL_TOKEN_USE);
	store_bind_text(statement, 1, purpose);
	store_bind_mac(statement, 2, mac);
	sqlite3_bind_int64(statement, 3, (int64_t)serial);
	sqlite3_bind_int64(statement, 4, now_unix_ms);
	sqlite3_bind_int64(statement, 5, expires_unix_s);
	rc = store_run(store, statement, "mark a token as used");
	if (rc == 0 && !sqlite3_changes(store->db))
		rc = store_say(store, -EEXIST, "this token has been used before");
	return store_leave(store, rc, true);
}

int store_tokens_prune(struct store *store, int64_t now_unix_ms) {
	return store_run_portion(
		store, STORE_SQL_TOKEN_PRUNE, now_unix_ms / 1000, "forget old tokens");
}
