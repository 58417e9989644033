// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Every statement of the store. All are prepared once; values are bound, never written into a text.

#include "store_internal.h"

#define NODE_COLUMNS                                                                               \
	"mac, name, listed, role, profile, vars, notes, state, state_since, reason, attempts, "    \
	"first_seen, last_seen, address, arch, uuid, memory_mb, vendor_class, manufacturer, "      \
	"product, serial, asset, nics, circuit_id, remote_id"

#define ORDER_COLUMNS "id, slot, mac, state, origin, profile, created, ended"

#define BOOT_COLUMNS                                                                               \
	"id, mac, state, flags, arch, address, started, last, ended, order_id, timeout, phases, "  \
	"left_out, profile, role, reason, summary"

#define PHASE_COLUMNS                                                                              \
	"boot, seq, kind, result, carrier, reason, times, arch, ipxe, at, duration, "              \
	"retransmitted, address, bytes, name"

const char *const store_sql_texts[STORE_STATEMENTS] = {
	[STORE_SQL_BEGIN] = "BEGIN IMMEDIATE",
	[STORE_SQL_COMMIT] = "COMMIT",
	[STORE_SQL_ROLLBACK] = "ROLLBACK",
	[STORE_SQL_SEQUENCE] = "SELECT seq FROM sqlite_sequence WHERE name = ?1",
	[STORE_SQL_META_GET] = "SELECT value FROM meta WHERE key = ?1",
	[STORE_SQL_META_SET] = "INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)",

	[STORE_SQL_TOKEN_USE] = "INSERT OR IGNORE INTO tokens (purpose, mac, serial, used, expires)"
				" VALUES (?1, ?2, ?3, ?4, ?5)",
	[STORE_SQL_TOKEN_PRUNE] = "DELETE FROM tokens WHERE (purpose, mac, serial) IN"
				  " (SELECT purpose, mac, serial FROM tokens WHERE expires < ?1"
				  "  ORDER BY expires LIMIT ?2)",
	[STORE_SQL_COUNT_NODES] = "SELECT count(*) FROM nodes",
	[STORE_SQL_COUNT_BOOTS] = "SELECT count(*) FROM boots",

	[STORE_SQL_NODE_GET] = "SELECT " NODE_COLUMNS " FROM nodes WHERE mac = ?1",
	[STORE_SQL_NODE_FIND] = "SELECT " NODE_COLUMNS " FROM nodes WHERE name = ?1",
	[STORE_SQL_NODES] = "SELECT " NODE_COLUMNS " FROM nodes ORDER BY name",
	[STORE_SQL_NODES_LISTED] = "SELECT mac, name FROM nodes WHERE listed = 1",
	[STORE_SQL_NODE_OWNER] = "SELECT mac FROM nodes WHERE name = ?1",
	[STORE_SQL_NODE_INSERT] = "INSERT INTO nodes (mac, name, listed, kept, state_since,"
				  " first_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	// An empty text takes a value away, NULL leaves it.
	[STORE_SQL_NODE_SET] = "UPDATE nodes SET kept = 1, name = coalesce(?2, name),"
			       " role = nullif(coalesce(?3, role), ''),"
			       " profile = nullif(coalesce(?4, profile), ''),"
			       " vars = nullif(coalesce(?5, vars), ''),"
			       " notes = nullif(coalesce(?6, notes), '') WHERE mac = ?1",
	[STORE_SQL_NODE_KEEP] = "UPDATE nodes SET kept = 1 WHERE mac = ?1",
	[STORE_SQL_NODE_LIST] = "UPDATE nodes SET listed = 1, name = ?2 WHERE mac = ?1",
	[STORE_SQL_NODE_UNLIST] = "UPDATE nodes SET listed = 0 WHERE mac = ?1",
	[STORE_SQL_NODE_RENAME] = "UPDATE nodes SET name = ?2 WHERE mac = ?1",
	[STORE_SQL_NODE_SEEN] = "UPDATE nodes SET last_seen = ?2,"
				" first_seen = CASE first_seen WHEN 0 THEN ?2 ELSE first_seen END,"
				" address = coalesce(?3, address), arch = coalesce(?4, arch),"
				" uuid = coalesce(?5, uuid), memory_mb = coalesce(?6, memory_mb),"
				" vendor_class = coalesce(?7, vendor_class),"
				" manufacturer = coalesce(?8, manufacturer),"
				" product = coalesce(?9, product), serial = coalesce(?10, serial),"
				" asset = coalesce(?11, asset), nics = coalesce(?12, nics),"
				" circuit_id = nullif(coalesce(?13, circuit_id), ''),"
				" remote_id = nullif(coalesce(?14, remote_id), '')"
				" WHERE mac = ?1",
	[STORE_SQL_NODE_LIFE] = "UPDATE nodes SET state = ?2, state_since = ?3, reason = ?4,"
				" attempts = ?5 WHERE mac = ?1",
	[STORE_SQL_NODE_DELETE] = "DELETE FROM nodes WHERE mac = ?1",
	[STORE_SQL_NODE_CLEAR] =
		"UPDATE nodes SET kept = 0, role = NULL, profile = NULL, vars = NULL, notes = NULL,"
		" state = 0, state_since = 0, reason = '', attempts = 0, first_seen = 0,"
		" last_seen = 0, address = 0, arch = NULL, uuid = NULL, memory_mb = NULL,"
		" vendor_class = NULL, manufacturer = NULL, product = NULL, serial = NULL,"
		" asset = NULL, nics = NULL, circuit_id = NULL, remote_id = NULL WHERE mac = ?1",
	[STORE_SQL_NODE_COUNT_NEW] = "SELECT count(*) FROM nodes"
				     " WHERE listed = 0 AND kept = 0 AND state = 0",
	[STORE_SQL_NODE_PRUNE] = "DELETE FROM nodes WHERE mac IN (SELECT mac FROM nodes"
				 " WHERE listed = 0 AND kept = 0 AND state = 0 AND last_seen < ?1"
				 " ORDER BY last_seen LIMIT ?2)",
	[STORE_SQL_NODE_REDATE] = "UPDATE nodes SET last_seen = ?1 WHERE mac IN (SELECT mac"
				  " FROM nodes WHERE listed = 0 AND kept = 0 AND state = 0"
				  " AND last_seen > ?1 ORDER BY last_seen DESC LIMIT ?2)",

	[STORE_SQL_ORDER_INSERT] = "INSERT INTO orders (" ORDER_COLUMNS ")"
				   " VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, 0)",
	[STORE_SQL_ORDER_END] = "UPDATE orders SET state = ?2, ended = ?3 WHERE id = ?1",
	[STORE_SQL_ORDER_GET] = "SELECT " ORDER_COLUMNS " FROM orders WHERE id = ?1",
	[STORE_SQL_ORDER_LAST] = "SELECT " ORDER_COLUMNS " FROM orders WHERE mac = ?1"
				 " ORDER BY id DESC LIMIT 1",
	[STORE_SQL_ORDER_WAITING] = "SELECT " ORDER_COLUMNS " FROM orders"
				    " WHERE mac = ?1 AND state = 0",
	[STORE_SQL_ORDERS_WAITING] = "SELECT " ORDER_COLUMNS " FROM orders INDEXED BY orders_slot"
				     " WHERE state = 0 ORDER BY id",
	[STORE_SQL_ORDER_FORGET] = "DELETE FROM orders WHERE mac = ?1",
	[STORE_SQL_ORDER_PRUNE] = "DELETE FROM orders WHERE id IN (SELECT id FROM orders"
				  " WHERE state <> 0 AND ended < ?1 ORDER BY ended LIMIT ?2)",
	[STORE_SQL_ORDER_REDATE] = "UPDATE orders SET ended = ?1 WHERE id IN (SELECT id FROM orders"
				   " WHERE state <> 0 AND ended > ?1 ORDER BY ended DESC LIMIT ?2)",

	// Not OR REPLACE, which would also write the index by MAC anew.
	[STORE_SQL_BOOT_SAVE] =
		"INSERT INTO boots (" BOOT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
		" ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) ON CONFLICT (id) DO UPDATE SET state = "
		"?3,"
		" flags = ?4, arch = ?5, address = ?6, last = ?8, ended = ?9, order_id = ?10,"
		" timeout = ?11, phases = ?12, left_out = ?13, profile = ?14, role = ?15,"
		" reason = ?16, summary = ?17",
	[STORE_SQL_BOOT_GET] = "SELECT " BOOT_COLUMNS " FROM boots WHERE id = ?1",
	[STORE_SQL_BOOTS_OF] = "SELECT " BOOT_COLUMNS " FROM boots WHERE mac = ?1"
			       " ORDER BY id DESC LIMIT ?2",
	[STORE_SQL_BOOTS_RUNNING] = "SELECT " BOOT_COLUMNS " FROM boots WHERE state = 0"
				    " ORDER BY id",
	[STORE_SQL_BOOTS_OLDEST] = "SELECT id, state, started, phases FROM boots"
				   " ORDER BY id LIMIT ?1",
	[STORE_SQL_BOOT_DATED] = "SELECT id, started FROM boots WHERE id > ?1 AND started <= ?2"
				 " ORDER BY id LIMIT 1",
	[STORE_SQL_BOOT_DELETE] = "DELETE FROM boots WHERE id = ?1",
	[STORE_SQL_BOOT_FORGET] = "DELETE FROM boots WHERE mac = ?1",
	[STORE_SQL_PHASE_SAVE] = "INSERT OR REPLACE INTO boot_phases (" PHASE_COLUMNS ") VALUES"
				 " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
				 " ?15)",
	[STORE_SQL_PHASES] = "SELECT " PHASE_COLUMNS " FROM boot_phases WHERE boot = ?1"
			     " ORDER BY seq",
	[STORE_SQL_PHASES_DELETE] = "DELETE FROM boot_phases WHERE boot = ?1",
	[STORE_SQL_PHASES_FORGET] = "DELETE FROM boot_phases WHERE boot IN"
				    " (SELECT id FROM boots WHERE mac = ?1)",
};
