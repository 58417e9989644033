// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Between the parts of the brain:
//   brain.c         start, end, the tick, what others ask
//   brain_nodes.c   the table of nodes in memory
//   brain_seen.c    machines that were heard of
//   brain_boots.c   events to boots, boots to the life of nodes
//   brain_life.c    the life of nodes, orders that were used
//   brain_texts.c   texts of nodes, and the set that the image thread gets
//   brain_render.c  one of them
//   brain_vars.c    variables that Rouse gives itself, templates
//   brain_tickets.c the tokens in a node's URLs

#pragma once

#include <pthread.h>

#include "boot_track.h"
#include "brain.h"
#include "daemon.h"
#include "store_boots.h"
#include "store_nodes.h"
#include "store_orders.h"
#include "template.h"
#include "token.h"
#include "upkeep_clock.h"

#define BRAIN_LOADERS 4u

// What a node's URLs carry: each node has one, which is renewed at half of its time.
struct brain_ticket {
	uint64_t serial; // 0: none was asked for yet
	int64_t expires_unix_s;
};

// A node in memory. What the store has of it is not repeated, but what each tick or each
// publication needs.
struct brain_node {
	uint8_t mac[6];
	bool dirty;    // its texts are to be made again
	bool tickets;  // its texts have a ticket in them
	bool told;     // that its texts cannot be made
	bool gone;     // the store has it no longer, as far as was read
	uint8_t state; // enum node_state
	bool listed;
	bool local; // standing
	uint32_t address;
	int64_t since_ms; // of the state
	char name[STORE_NODE_NAME_SIZE];
	char role[BOOT_NAME_SIZE];
	uint64_t order_id; // 0: none waits
	uint32_t order_slot;
	char order_profile[BOOT_NAME_SIZE];
	char order_last[256];
	char last[256]; // the last file of what it boots next
	struct brain_ticket ticket;
	struct rendered_text *standing[BRAIN_LOADERS]; // NULL: the common one
	struct rendered_text *ordered[BRAIN_LOADERS];
	uint64_t used_id;           // of the latest order
	struct rendered_text *used; // of rouse/used/ID
};

// A node by its address.
struct brain_address {
	uint32_t address; // 0: the place is free
	uint8_t mac[6];
	char name[STORE_NODE_NAME_SIZE];
};

struct brain_addresses {
	pthread_mutex_t lock;
	size_t count;
	size_t size; // a power of two
	struct brain_address *list;
};

struct brain {
	struct daemon *daemon;
	struct store *store;
	struct boot_track *track;
	uint8_t key[32]; // of tokens
	struct brain_node **nodes;
	size_t node_count;
	size_t node_size;
	uint32_t *by_mac; // hash table: index in nodes + 1, 0: empty; a power of two, half full at
			  // most
	size_t by_mac_size;
	struct rendered_text *common[BRAIN_LOADERS];
	bool common_dirty;
	bool common_told[BRAIN_LOADERS];
	uint32_t loaders;    // bits of enum render_loader that boot_root has use for
	uint64_t files_seen; // hash of which of the built-in profiles' files are there
	size_t dirty_count;
	size_t next_dirty;    // where the search for one begins
	bool set_due;         // a set is to be made
	bool set_ready;       // it can be handed out after the commit
	uint64_t set_version; // of the last one, 0: none yet
	bool batch;           // a transaction is open
	bool batch_failed;    // not all of it could be written
	bool flushed;         // boots are in it
	bool failed;          // the store could not be written, as told last
	int64_t failed_at_ms; // when, by a clock that is never set
	bool strangers_told;  // that there are too many, since one was kept
	bool reload_nodes;    // what is in memory may not be on the disk
	bool checkpoint_due;
	int64_t now_ms;    // Unix, of this tick
	int64_t second_ms; // when the slow work was done last
	struct upkeep_clock clock;
	struct brain_addresses addresses;
};

int64_t brain_now_ms(void);
void brain_store_failed(struct brain *brain);
// Ends the open transaction. False: what was in it is not on the disk.
bool brain_commit(struct brain *brain);

// Begins a transaction, if none is open; the tick commits it.
void brain_write(struct brain *brain);

// --- brain_nodes.c
struct brain_node *brain_node_find(const struct brain *brain, const uint8_t mac[6]);
// The node, made if it is not there; from the store's record.
struct brain_node *brain_node_take(struct brain *brain, const struct store_node *node);
void brain_node_dirty(struct brain *brain, struct brain_node *node);
void brain_node_forget(struct brain *brain, const uint8_t mac[6]);
int brain_nodes_load(struct brain *brain);
void brain_nodes_free(struct brain *brain);

// --- brain_boots.c
int brain_boots_start(struct brain *brain);
void brain_boots_tick(struct brain *brain);
// A file that HTTP has sent or refused, a script, a callback.
void brain_boots_event(struct brain *brain, struct boot_event *event);

// --- brain_seen.c
// A machine was heard. The node, or NULL: the store cannot take it.
struct brain_node *brain_seen(struct brain *brain, const uint8_t mac[6], uint32_t address,
	const struct node_facts *facts);
void brain_acked(struct brain *brain, const uint8_t mac[6], uint32_t address);
// What DHCP tells of a machine that boots, EVENT_DHCP_MACHINE.
void brain_seen_booting(struct brain *brain, const struct event_record *event);
// What a relay agent says of where the machine is plugged in, EVENT_DHCP_RELAYED.
void brain_seen_relayed(struct brain *brain, const struct event_record *event);

// --- brain_life.c
// The life of a node goes on by this event, whose retries are set here.
void brain_life(struct brain *brain, const uint8_t mac[6], struct node_event *event);
// Whether installations take too long.
void brain_installs_check(struct brain *brain);
// Whether an order's profile installs.
bool brain_order_installs(struct brain *brain, uint64_t id);
// Looks whether the dataplane has marked a node's order as used, or any. node NULL: nothing is
// done.
void brain_order_check(struct brain *brain, struct brain_node *node);
void brain_orders_check(struct brain *brain);

// --- brain_texts.c
// Makes a bounded number of dirty texts, and a set when there is news.
void brain_texts_tick(struct brain *brain);
void brain_texts_all_dirty(struct brain *brain);
void brain_texts_publish(struct brain *brain);
void brain_text_free(struct brain_node *node);
// Makes a node's texts now, if they are to be made.
void brain_node_make(struct brain *brain, struct brain_node *node);

// --- brain_render.c
// A text of a node by a profile; order may be NULL. As render().
int brain_render_as(struct brain *brain, const struct store_node *record,
	const struct node_plan *plan, const struct config_profile *profile,
	const struct store_order *order, const struct vars_merged *vars, enum render_loader loader,
	char **text, size_t *len, char why[256]);
// The text of all machines that are no nodes.
int brain_render_common(
	struct brain *brain, enum render_loader loader, char **text, size_t *len, char why[256]);
// How a script of iPXE ends that boots nothing. malloc'd.
char *brain_render_ending(struct brain *brain);
// The answer to a password: the menu again with a notice, or the item that is open.
int brain_render_menu(struct brain *brain, uint32_t client, const struct config_menu *menu,
	const struct config_entry *opened, const char *notice, char **text, size_t *len,
	char why[BRAIN_WHY]);
// What may be rendered, and with what, depends on the files that are there.
bool brain_texts_look(struct brain *brain);

// --- brain_vars.c
struct brain_where {
	char server[64]; // "10.77.0.1" or "${next-server}"
	char http[96];   // "" without HTTP
	char https[96];
};
// The addresses at which a machine with this address reaches us.
void brain_where(const struct brain *brain, uint32_t address, struct brain_where *where);
const struct vars_merged *brain_vars_of(struct brain *brain, const struct store_node *node,
	const struct node_plan *plan, const struct store_order *order,
	const struct brain_ticket *ticket, struct arena *arena);
// Those of a text that is for every machine, in iPXE's words.
const struct vars_merged *brain_vars_common(
	struct brain *brain, enum render_loader loader, struct arena *arena);

// --- brain_tickets.c
#define BRAIN_URL_SIZE 256
// A ticket that is good for a while yet.
const struct brain_ticket *brain_ticket_of(struct brain *brain, struct brain_node *node);
// Something of a ticket was used: the next boot gets another.
void brain_ticket_used(struct brain *brain, const uint8_t mac[6], uint64_t serial);
// "SERIAL-EXPIRY/TOKEN" of a purpose.
void brain_ticket_path(const struct brain *brain, const uint8_t mac[6],
	const struct brain_ticket *ticket, enum token_purpose purpose, uint32_t longer_s,
	char out[BRAIN_URL_SIZE]);
// Reads that of a request. 0; -EACCES: not one of ours; -ETIME: expired. *serial for the used
// mark.
int brain_ticket_check(const struct brain *brain, const uint8_t mac[6], enum token_purpose purpose,
	const char *path, uint64_t *serial, int64_t *expires_unix_s);

// --- brain_addresses.c
void brain_addresses_set(struct brain *brain, const struct brain_node *node, uint32_t address);
void brain_addresses_free(struct brain *brain);
