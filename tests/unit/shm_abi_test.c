// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Pins the layout of version 11. When a line here has to change, ROUSE_ABI_VERSION has to change
// too: programs of both builds may meet in one region.

#include "shm_abi.h"

#include "shm.h"
#include "unit.h"

struct pin {
	const char *name;
	size_t is;
	size_t pinned;
};

#define SIZE(type, pinned)                                                                         \
	{ "sizeof " #type, sizeof(struct type), pinned }
#define AT(type, field, pinned)                                                                    \
	{ #type "." #field, offsetof(struct type, field), pinned }
#define VALUE(constant, pinned)                                                                    \
	{ #constant, (size_t)(constant), pinned }

static const struct pin header[] = {
	VALUE(ROUSE_ABI_VERSION, 11),
	VALUE(ROUSE_SHM_MAGIC, 0x004d48534553554f),
	VALUE(ROUSE_PAGE, 4096),
	VALUE(ROUSE_REGION_POLICY, 1),
	VALUE(ROUSE_REGION_IMAGES, 2),
	VALUE(ROUSE_REGION_STATE, 3),
	VALUE(ROUSE_REGION_CONTROL, 4),
	SIZE(shm_header, 128),
	AT(shm_header, magic, 0),
	AT(shm_header, abi_version, 8),
	AT(shm_header, region, 12),
	AT(shm_header, header_size, 16),
	AT(shm_header, layout_crc, 20),
	AT(shm_header, total_size, 24),
	AT(shm_header, boot_id, 32),
	AT(shm_header, writer_pid, 48),
	AT(shm_header, writer_start_ticks, 56),
	AT(shm_header, header_crc, 64),
	AT(shm_header, generation, 72),
	AT(shm_header, heartbeat_ns, 80),
};

static const struct pin policy[] = {
	VALUE(POLICY_SNAPSHOT_MAX, 16777216),
	VALUE(POLICY_SECTION_COUNT, 14),
	SIZE(policy_region, 4096),
	AT(policy_region, buffer_offset, 128),
	AT(policy_region, buffer_size, 144),
	SIZE(policy_snapshot, 192),
	AT(policy_snapshot, magic, 0),
	AT(policy_snapshot, abi_version, 4),
	AT(policy_snapshot, generation, 8),
	AT(policy_snapshot, total_size, 16),
	AT(policy_snapshot, crc, 20),
	AT(policy_snapshot, built_unix_ns, 24),
	AT(policy_snapshot, memory_bytes, 32),
	AT(policy_snapshot, max_leases, 40),
	AT(policy_snapshot, workers, 44),
	AT(policy_snapshot, idle, 46),
	AT(policy_snapshot, tid_first, 48),
	AT(policy_snapshot, tid_last, 50),
	AT(policy_snapshot, authoritative, 52),
	AT(policy_snapshot, multicast, 53),
	AT(policy_snapshot, runtime_dir, 56),
	AT(policy_snapshot, state_dir, 64),
	AT(policy_snapshot, section, 72),
	SIZE(policy_port, 32),
	AT(policy_port, address, 8),
	AT(policy_port, prefix_len, 12),
	AT(policy_port, kind, 13),
	AT(policy_port, dhcp, 14),
	AT(policy_port, mtu, 16),
	AT(policy_port, vlan, 18),
	AT(policy_port, subnet, 20),
	AT(policy_port, rate_bps, 24),
	SIZE(policy_subnet, 56),
	AT(policy_subnet, network, 0),
	AT(policy_subnet, mask, 4),
	AT(policy_subnet, pools, 8),
	AT(policy_subnet, relays, 16),
	AT(policy_subnet, options, 24),
	AT(policy_subnet, lease_time_s, 32),
	AT(policy_subnet, max_blksize, 36),
	AT(policy_subnet, max_windowsize, 38),
	AT(policy_subnet, edge_rate_bps, 40),
	AT(policy_subnet, broadcast, 48),
	SIZE(policy_pool, 16),
	AT(policy_pool, first, 0),
	AT(policy_pool, last, 4),
	AT(policy_pool, subnet, 8),
	SIZE(policy_host, 64),
	AT(policy_host, name, 0),
	AT(policy_host, role, 8),
	AT(policy_host, options, 16),
	AT(policy_host, address, 24),
	AT(policy_host, mac, 28),
	AT(policy_host, flags, 36),
	AT(policy_host, order_last, 40),
	AT(policy_host, order_id, 48),
	AT(policy_host, order_slot, 56),
	VALUE(ORDER_SLOTS, 16384),
	VALUE(POLICY_HOST_LOCAL, 1),
	VALUE(POLICY_HOST_UNLISTED, 2),
	VALUE(POLICY_HOST_UNNAMED, 4),
	VALUE(POLICY_NODE_ORDER, 0x80000000),
	SIZE(policy_condition, 24),
	AT(policy_condition, match, 0),
	AT(policy_condition, group, 2),
	AT(policy_condition, value, 4),
	AT(policy_condition, mask, 8),
	AT(policy_condition, text, 12),
	SIZE(policy_menu_item, 24),
	AT(policy_menu_item, text, 0),
	AT(policy_menu_item, file, 8),
	AT(policy_menu_item, next_server, 16),
	AT(policy_menu_item, file_blocks, 20),
	SIZE(policy_rule, 64),
	AT(policy_rule, menu, 40),
	AT(policy_rule, menu_prompt, 48),
	AT(policy_rule, menu_timeout_s, 56),
	AT(policy_rule, conditions, 0),
	AT(policy_rule, file, 8),
	AT(policy_rule, options, 16),
	AT(policy_rule, next_server, 24),
	AT(policy_rule, flags, 28),
	AT(policy_rule, line, 32),
	AT(policy_rule, file_blocks, 36),
	SIZE(policy_name, 40),
	AT(policy_name, path, 0),
	AT(policy_name, node, 8),
	AT(policy_name, slot, 12),
	AT(policy_name, generation, 16),
	AT(policy_name, size, 24),
	AT(policy_name, state, 32),
	VALUE(POLICY_MATCH_IPXE, 0),
	VALUE(POLICY_MATCH_REMOTE_ID, 10),
	VALUE(POLICY_MATCH_LOCAL, 11),
	VALUE(POLICY_MATCH_ORDER, 12),
};

static const struct pin images[] = {
	VALUE(IMAGE_EXTENT_BYTES, 2097152),
	VALUE(IMAGE_MAX_SLOTS, 65536),
	VALUE(IMAGE_ABSENT, 0),
	VALUE(IMAGE_LOADING, 1),
	VALUE(IMAGE_READY, 2),
	VALUE(IMAGE_EVICTING, 3),
	VALUE(IMAGE_WORD(0x123, IMAGE_READY), 0x12302),
	SIZE(images_region, 4096),
	AT(images_region, slot_count, 128),
	AT(images_region, extent_count, 132),
	AT(images_region, map_count, 136),
	AT(images_region, slots_offset, 144),
	AT(images_region, map_offset, 152),
	AT(images_region, data_offset, 160),
	SIZE(image_slot, 128),
	AT(image_slot, word, 0),
	AT(image_slot, size, 8),
	AT(image_slot, map_first, 16),
	AT(image_slot, map_count, 20),
	AT(image_slot, first_offset, 24),
	AT(image_slot, path_hash, 32),
	AT(image_slot, inode, 40),
	AT(image_slot, mtime_ns, 48),
	AT(image_slot, loaded_unix_ns, 56),
	AT(image_slot, netascii, 96),
	AT(image_slot, sha256, 64),
};

static const struct pin state_region[] = {
	VALUE(ROUSE_STAT_MAX, 192),
	VALUE(ROUSE_MAX_WORKERS, 16),
	VALUE(ROUSE_MAX_PORTS, 16),
	VALUE(EVENT_RING_SIZE, 8192),
	VALUE(EVENT_TEXT_MAX, 72),
	VALUE(EVENT_ORDER_USED, 17),
	VALUE(EVENT_DHCP_MACHINE, 18),
	VALUE(EVENT_DHCP_RELAYED, 19),
	SIZE(state_region, 4096),
	AT(state_region, worker_count, 128),
	AT(state_region, workers_offset, 168),
	AT(state_region, events_offset, 176),
	AT(state_region, leases_offset, 184),
	AT(state_region, sessions_offset, 192),
	AT(state_region, pins_offset, 200),
	AT(state_region, last_use_offset, 208),
	AT(state_region, images_boot_id, 216),
	AT(state_region, lease_high, 232),
	AT(state_region, phases_offset, 240),
	AT(state_region, sync_offset, 248),
	AT(state_region, journal, 256),
	AT(state_region, port, 384),
	AT(state_region, refusal, 2432),
	AT(state_region, wants_offset, 2696),
	AT(state_region, hits_offset, 2704),
	AT(state_region, captures_offset, 2720),
	AT(state_region, orders_offset, 2728),
	VALUE(WANT_RING_SIZE, 1024),
	VALUE(IMAGE_LINK(0xfedc, 0x123456789), 0x123456789fedc),
	VALUE(WANT_NETASCII, 1ull << 63),
	VALUE(HITS_WORD(0x100000002, 3), 0x200000003),
	SIZE(worker_block, 128 + 8 * 192),
	AT(worker_block, loops, 0),
	AT(worker_block, policy_adopted, 8),
	AT(worker_block, event_head, 48),
	AT(worker_block, event_lost, 56),
	AT(worker_block, want_head, 64),
	AT(worker_block, counter, 128),
	VALUE(PHASE_OF_WORKERS, 5),
	VALUE(PHASE_COUNT, 6),
	SIZE(hist, 64 + 8 * 2304),
	AT(hist, count, 0),
	AT(hist, sum, 8),
	AT(hist, max, 16),
	AT(hist, bucket, 64),
	SIZE(phase_block, 5 * (64 + 8 * 2304)),
	SIZE(event_record, 128),
	AT(event_record, sequence, 0),
	AT(event_record, text, 56),
	SIZE(lease_record, 128),
	AT(lease_record, seq, 0),
	AT(lease_record, address, 4),
	AT(lease_record, key, 8),
	AT(lease_record, hostname, 72),
	SIZE(tftp_session, 256),
	AT(tftp_session, acked, 0),
	AT(tftp_session, pace_slot, 76),
	AT(tftp_session, burst, 78),
	AT(tftp_session, ahead, 79),
	AT(tftp_session, bytes_from_peer, 104),
	AT(tftp_session, ahead_at, 108),
	AT(tftp_session, ahead_wait, 110),
	AT(tftp_session, ahead_tried, 111),
	AT(tftp_session, bytes_to_peer, 112),
	AT(tftp_session, data_delay_us, 116),
	AT(tftp_session, pace_ns, 120),
	AT(tftp_session, peer_address, 128),
	AT(tftp_session, peer_mac, 148),
	AT(tftp_session, node_mac, 154),
	AT(tftp_session, order, 228),
	AT(tftp_session, port, 238),
	AT(tftp_session, burst_max, 246),
	AT(tftp_session, block_ns, 248),
	AT(tftp_session, crc, 252),
	SIZE(journal_block, 128),
	VALUE(CAPTURE_RING_SIZE, 4096),
	SIZE(capture_ring, 4194368),
	AT(capture_ring, head, 0),
	AT(capture_ring, record, 64),
	SIZE(capture_record, 1024),
	AT(capture_record, sequence, 0),
	AT(capture_record, unix_ns, 8),
	AT(capture_record, wire_len, 16),
	AT(capture_record, len, 20),
	AT(capture_record, port, 22),
	AT(capture_record, direction, 23),
	AT(capture_record, reason, 24),
	AT(capture_record, frame, 32),
	SIZE(state_port, 128),
	AT(state_port, rx_missed, 88),
};

static const struct pin control[] = {
	SIZE(control_region, 4096),
	AT(control_region, event_tail, 128),
	AT(control_region, want_tail, 256),
	AT(control_region, capture, 776),
	AT(capture_request, until_us, 0),
	AT(capture_request, mac, 8),
};

static void check(const struct pin *pins, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (pins[i].is != pins[i].pinned)
			fail_msg("%s is %zu, this version has %zu", pins[i].name, pins[i].is,
				pins[i].pinned);
}

static void the_header_is_pinned(void **state) {
	(void)state;
	check(header, COUNT_OF(header));
}

static void the_policy_region_is_pinned(void **state) {
	(void)state;
	check(policy, COUNT_OF(policy));
}

static void the_images_region_is_pinned(void **state) {
	(void)state;
	check(images, COUNT_OF(images));
}

static void the_state_region_is_pinned(void **state) {
	(void)state;
	check(state_region, COUNT_OF(state_region));
}

static void the_control_region_is_pinned(void **state) {
	(void)state;
	check(control, COUNT_OF(control));
}

// One worker's lines and one journal's lines never share a line with another writer's.
static void writers_do_not_share_lines(void **state) {
	(void)state;
	assert_int_equal(sizeof(struct worker_block) % ROUSE_CACHE_LINE, 0);
	assert_int_equal(sizeof(struct phase_block) % ROUSE_CACHE_LINE, 0);
	assert_int_equal(sizeof(struct hist) % ROUSE_CACHE_LINE, 0);
	assert_int_equal(sizeof(struct event_record) % ROUSE_CACHE_LINE, 0);
	assert_int_equal(sizeof(struct tftp_session) % ROUSE_CACHE_LINE, 0);
	assert_int_equal(sizeof(struct lease_record) % ROUSE_CACHE_LINE, 0);
	assert_int_equal(sizeof(struct capture_ring) % ROUSE_CACHE_LINE, 0);
	assert_int_equal(sizeof(struct image_slot) % ROUSE_CACHE_LINE, 0);
	assert_int_equal(offsetof(struct state_region, journal) % ROUSE_CACHE_LINE, 0);
	assert_int_equal(offsetof(struct state_region, port) % ROUSE_CACHE_LINE, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_is_pinned),
		cmocka_unit_test(the_policy_region_is_pinned),
		cmocka_unit_test(the_images_region_is_pinned),
		cmocka_unit_test(the_state_region_is_pinned),
		cmocka_unit_test(the_control_region_is_pinned),
		cmocka_unit_test(writers_do_not_share_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
