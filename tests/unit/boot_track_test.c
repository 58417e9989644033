// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Boots out of events: where one begins and ends, how it is judged, and what is kept of it.

#include "boot_fixture.h"

#include <errno.h>
#include <time.h>

#define ENDED_MAX 256u

struct world {
	struct boot_track *track;
	unsigned began;
	unsigned files;
	unsigned orders;
	unsigned ended;
	struct boot last; // that ended, without its phases
	struct boot_plan plan;
	unsigned saves;
	int save_rc;
	struct boot kept[ENDED_MAX]; // by id - 1
	struct boot_phase phases[ENDED_MAX][BOOT_PHASES_MAX];
};

static struct world world;

static void on_step(void *context, struct boot *boot, enum boot_step step) {
	struct world *w = context;

	switch (step) {
	case BOOT_STEP_BEGAN:
		w->began++;
		boot_plan(boot, &w->plan);
		break;
	case BOOT_STEP_FILE:
		w->files++;
		break;
	case BOOT_STEP_ORDER:
		w->orders++;
		break;
	case BOOT_STEP_ENDED:
		w->ended++;
		w->last = *boot;
		assert_int_not_equal(boot->state, BOOT_RUNNING);
		break;
	}
}

static int setup(void **state) {
	struct boot_track_config config = {.step = on_step, .context = &world, .seed = {1, 2}};

	memset(&world, 0, sizeof(world));
	world.track = boot_track_new(&config);
	*state = &world;
	return 0;
}

static int teardown(void **state) {
	(void)state;
	boot_track_free(world.track);
	return 0;
}

// As the store does it: an id, and only the phases that have changed.
static int save(void *context, struct boot *boot) {
	struct world *w = context;

	w->saves++;
	if (w->save_rc)
		return w->save_rc;
	if (!boot->id) {
		for (uint64_t id = 1; id <= ENDED_MAX && !boot->id; id++)
			boot->id = w->kept[id - 1].id ? 0 : id;
		assert_true(boot->id);
	}
	w->kept[boot->id - 1] = *boot;
	for (uint32_t i = boot->saved_from; i < boot->phase_count; i++)
		w->phases[boot->id - 1][i] = boot->phases[i];
	w->kept[boot->id - 1].phases = w->phases[boot->id - 1];
	boot->saved_from = boot->phase_count;
	return 0;
}

static void flush(void) {
	assert_int_equal(boot_track_flush(world.track, save, &world), 0);
	boot_track_saved(world.track, true);
}

static void tick(int64_t at_ms) {
	boot_track_tick(world.track, BOOT_T0 + at_ms * MS);
}

static void expect_end(uint8_t state, const char *words) {
	assert_int_equal(world.ended, 1);
	assert_int_equal(world.last.state, state);
	assert_string_equal(state == BOOT_DONE ? world.last.summary : world.last.reason, words);
}

static const struct boot *running(uint16_t machine) {
	struct boot_event event = boot_event_of(0, machine, 0);

	return boot_track_find(world.track, event.mac);
}

// --- one boot

static void firmware_ipxe_and_kernel_are_one_boot(void **state) {
	struct boot_track *t = world.track;

	(void)state;
	boot_send_dhcp(t, 1, 0, false);
	boot_send_whole(t, 1, 400, "ipxe.efi");
	boot_send_dhcp(t, 1, 1500, true);
	boot_send_file(t, BOOT_EVENT_FILE_NOT_FOUND, 1, 1600, "autoexec.ipxe");
	boot_send_whole(t, 1, 1700, "boot.ipxe");
	boot_send_whole(t, 1, 2000, "linux");
	boot_send_whole(t, 1, 3000, "initrd.gz");
	boot_send_kind(t, BOOT_EVENT_OFFER, 1, 20000);
	boot_send_kind(t, BOOT_EVENT_ACK, 1, 20010);
	assert_int_equal(world.began, 1);
	tick(20010 + 59000);
	assert_int_equal(world.ended, 0);
	tick(20010 + 60000);
	expect_end(BOOT_DONE, "got 4 files, 4.0 MiB, by TFTP");
	assert_int_equal(world.files, 4);
	assert_int_equal(world.last.phase_count, 13);
	assert_true(world.last.ended_ns == BOOT_T0 + 20010 * MS);
	assert_null(running(1));
}

static void dhcp_has_durations(void **state) {
	const struct boot *boot;

	(void)state;
	boot_send_discover(world.track, 1, 0, false);
	boot_send_discover(world.track, 1, 1000, false);
	boot_send_kind(world.track, BOOT_EVENT_OFFER, 1, 1001);
	boot_send_kind(world.track, BOOT_EVENT_OFFER, 1, 1051);
	boot_send_kind(world.track, BOOT_EVENT_ACK, 1, 3001);
	boot = running(1);
	assert_int_equal(boot->phase_count, 3);
	assert_int_equal(boot->phases[0].times, 2);
	assert_int_equal(boot->phases[0].duration_ms, 1001);
	assert_int_equal(boot->phases[1].times, 2);
	assert_int_equal(boot->phases[1].duration_ms, 2000);
	assert_int_equal(boot->phases[1].result, BOOT_RESULT_OK);
	assert_int_equal(boot->address, 0x0a4d0000 + 51);
}

static void phases_stand_in_the_order_in_which_they_began(void **state) {
	struct boot_event slow = boot_file_event(BOOT_EVENT_FILE_DONE, 1, 5000, "one-block");
	const struct boot *boot;

	(void)state;
	boot_send_dhcp(world.track, 1, 0, false);
	boot_send_file(world.track, BOOT_EVENT_FILE_NOT_FOUND, 1, 2000, "x");
	slow.duration_ms = 4000;
	boot_track_event(world.track, &slow);
	boot = running(1);
	assert_string_equal(boot->phases[3].name, "one-block");
	assert_string_equal(boot->phases[4].name, "x");
	tick(70000);
	assert_int_equal(world.last.state, BOOT_DONE); // what ended last counts
}

static void the_files_of_a_machine_are_known_by_its_address(void **state) {
	struct boot_event event;
	uint8_t mac[6];

	(void)state;
	boot_send_dhcp(world.track, 1, 0, false);
	event = boot_file_event(BOOT_EVENT_FILE_DONE, 9, 1000, "grubx64.efi");
	event.address = 0x0a4d0000 + 51; // the router's MAC
	boot_track_event(world.track, &event);
	assert_int_equal(world.files, 1);
	assert_true(boot_track_who(world.track, event.address, mac));
	assert_int_equal(mac[5], 1);
	assert_false(boot_track_who(world.track, 0x0a4d0001, mac));
}

static void by_proxy_a_machine_is_known_by_its_mac(void **state) {
	struct boot_event event = boot_event_of(BOOT_EVENT_MACHINE, 1, 0);
	uint8_t mac[6];

	(void)state;
	event.address = 0;
	boot_track_event(world.track, &event);
	event.kind = BOOT_EVENT_PROXY;
	boot_track_event(world.track, &event);
	boot_send_whole(world.track, 1, 2000, "ipxe.efi");
	assert_true(boot_track_who(world.track, 0x0a4d0000 + 51, mac));
	assert_int_equal(running(1)->phase_count, 3);
}

// --- why it failed

static void send_dhcp_only(void) {
	boot_send_dhcp(world.track, 1, 0, false);
}

static void send_discover_only(void) {
	boot_send_discover(world.track, 1, 0, false);
}

static void send_offer_only(void) {
	send_discover_only();
	boot_send_kind(world.track, BOOT_EVENT_OFFER, 1, 1);
}

static void send_nak(void) {
	send_discover_only();
	boot_send_kind(world.track, BOOT_EVENT_NAK, 1, 1);
}

static void send_not_found(void) {
	send_dhcp_only();
	boot_send_whole(world.track, 1, 1000, "shimx64.efi");
	boot_send_file(world.track, BOOT_EVENT_FILE_NOT_FOUND, 1, 2000, "grubx64.efi");
	boot_send_file(world.track, BOOT_EVENT_FILE_NOT_FOUND, 1, 2500, "grubx64.efi");
}

static void send_cut_off(void) {
	struct boot_event event = boot_file_event(BOOT_EVENT_FILE_FAILED, 1, 20000, "initrd.gz");

	send_dhcp_only();
	boot_send_file(world.track, BOOT_EVENT_FILE_OPEN, 1, 1000, "initrd.gz");
	event.bytes = 3355443;
	event.duration_ms = 19000;
	event.reason = EVENT_REASON_TIMEOUT;
	boot_track_event(world.track, &event);
}

static void send_refused(void) {
	struct boot_event event = boot_file_event(BOOT_EVENT_FILE_REFUSED, 1, 1000, "big.iso");

	send_dhcp_only();
	event.reason = EVENT_REASON_TOO_LARGE;
	boot_track_event(world.track, &event);
}

static void send_probe(void) {
	send_dhcp_only();
	boot_send_file(world.track, BOOT_EVENT_FILE_PROBE, 1, 1000, "bootx64.efi");
}

static void send_open(void) {
	send_dhcp_only();
	boot_send_file(world.track, BOOT_EVENT_FILE_OPEN, 1, 1000, "initrd.gz");
}

static void send_script(void) {
	struct boot_event event = boot_file_event(BOOT_EVENT_SCRIPT, 1, 1000, "boot.ipxe");

	boot_send_dhcp(world.track, 1, 0, true);
	event.carrier = BOOT_CARRIER_HTTP;
	boot_track_event(world.track, &event);
}

static const struct {
	const char *reason;
	void (*send)(void);
	int64_t patience_s;
} failures[] = {
	{"asked for an address and was not offered one, see rouse stats", send_discover_only, 90},
	{"was offered an address and did not take it", send_offer_only, 90},
	{"took an address, then asked for nothing", send_dhcp_only, 90},
	{"was refused the address 10.77.0.51, then was quiet", send_nak, 90},
	{"asked for grubx64.efi, which is not in boot_root", send_not_found, 62},
	{"stopped answering after 3.2 MiB of initrd.gz", send_cut_off, 110},
	{"asked for big.iso, which is larger than memory:", send_refused, 91},
	{"asked for the size of bootx64.efi, then for nothing", send_probe, 91},
	{"was in the middle of initrd.gz, and nothing was heard of it for 15 min", send_open, 901},
	{"got boot.ipxe, then asked for nothing", send_script, 901},
};

static void each_failure_has_its_reason(void **state) {
	(void)state;
	for (size_t i = 0; i < COUNT_OF(failures); i++) {
		teardown(NULL);
		setup(state);
		failures[i].send();
		tick(failures[i].patience_s * 1000 - 1000);
		assert_case(failures[i].reason, world.ended == 0);
		tick(failures[i].patience_s * 1000 + 1000);
		assert_case(failures[i].reason, world.ended == 1);
		assert_case(failures[i].reason, world.last.state == BOOT_FAILED);
		assert_string_equal(world.last.reason, failures[i].reason);
	}
}

static void a_machine_that_goes_to_its_disk_has_not_failed(void **state) {
	(void)state;
	world.plan.local = true;
	send_offer_only();
	tick(100000);
	expect_end(BOOT_DONE, "went on to its own disk");
}

static void a_menu_that_is_left_alone_has_not_failed(void **state) {
	(void)state;
	world.plan.menu = true;
	send_script();
	tick(910000);
	expect_end(BOOT_DONE, "drew its menu, then asked for nothing");
}

static void what_is_looked_for_first_may_be_missing(void **state) {
	(void)state;
	boot_send_dhcp(world.track, 1, 0, false);
	boot_send_whole(world.track, 1, 100, "pxelinux.0");
	for (int i = 0; i < 9; i++) {
		char name[32];

		snprintf(name, sizeof(name), "pxelinux.cfg/%d", i);
		boot_send_file(world.track, BOOT_EVENT_FILE_NOT_FOUND, 1, 1000 + i, name);
	}
	boot_send_whole(world.track, 1, 2000, "pxelinux.cfg/default");
	boot_send_whole(world.track, 1, 3000, "linux");
	tick(100000);
	expect_end(BOOT_DONE, "got 3 files, 3.0 MiB, by TFTP");
}

// --- where a boot begins

static void firmware_begins_anew_after_a_file(void **state) {
	(void)state;
	send_open();
	boot_send_discover(world.track, 1, 30000, false);
	expect_end(BOOT_FAILED, "started again in the middle of initrd.gz");
	assert_int_equal(world.began, 2);
	// The end of the transfer before belongs to the boot before.
	{
		struct boot_event event =
			boot_file_event(BOOT_EVENT_FILE_FAILED, 1, 40000, "initrd.gz");
		struct boot_track_counts counts;

		event.duration_ms = 39000;
		boot_track_event(world.track, &event);
		boot_track_count(world.track, &counts);
		assert_int_equal(counts.late, 1);
		assert_int_equal(running(1)->phase_count, 1);
	}
}

static void firmware_that_has_had_no_file_asks_again(void **state) {
	(void)state;
	boot_send_dhcp(world.track, 1, 0, false);
	boot_send_dhcp(world.track, 1, 40000, false);
	boot_send_dhcp(world.track, 1, 80000, false);
	assert_int_equal(world.began, 1);
	boot_send_dhcp(world.track, 1, 120000, false);
	expect_end(BOOT_FAILED, "took an address, then asked for nothing");
	assert_int_equal(world.began, 2);
}

static void an_ipxe_rom_loads_an_ipxe_and_begins_anew_after_a_kernel(void **state) {
	(void)state;
	boot_send_dhcp(world.track, 1, 0, true);
	boot_send_whole(world.track, 1, 500, "undionly.kpxe");
	boot_send_dhcp(world.track, 1, 1000, true);
	assert_int_equal(world.began, 1);
	boot_send_whole(world.track, 1, 2000, "linux");
	boot_send_whole(world.track, 1, 3000, "initrd.gz");
	boot_send_dhcp(world.track, 1, 9000, true);
	expect_end(BOOT_DONE, "got 3 files, 3.0 MiB, by TFTP");
	assert_int_equal(world.began, 2);
}

// Switched off at its menu, a machine whose ROM is iPXE begins with iPXE again.
static void an_ipxe_that_has_its_script_begins_anew(void **state) {
	(void)state;
	world.plan.menu = true;
	send_script();
	world.plan.menu = false;
	boot_send_dhcp(world.track, 1, 40000, true);
	expect_end(BOOT_DONE, "drew its menu, then asked for nothing");
	assert_int_equal(world.began, 2);
	assert_int_equal(running(1)->phase_count, 3);
}

static void send_discover_by(uint16_t arch, int64_t at_ms) {
	struct boot_event event = boot_event_of(BOOT_EVENT_MACHINE, 1, at_ms);

	event.arch = arch;
	boot_track_event(world.track, &event);
	boot_send_kind(world.track, BOOT_EVENT_ACK, 1, at_ms + 20);
}

// Its firmware tries one kind of network boot after the other before the disk.
static void edk2_goes_to_its_disk_and_comes_again(void **state) {
	(void)state;
	world.plan.local = true;
	send_discover_by(7, 0);
	send_discover_by(16, 4000);
	assert_int_equal(world.began, 1);
	send_discover_by(7, 30000);
	expect_end(BOOT_DONE, "went on to its own disk");
	assert_int_equal(world.began, 2);
}

static void an_ipxe_rom_begins_anew_after_a_script_by_tftp(void **state) {
	(void)state;
	boot_send_dhcp(world.track, 1, 0, true);
	boot_send_whole(world.track, 1, 500, "boot.ipxe");
	boot_send_dhcp(world.track, 1, 4000, true);
	assert_int_equal(world.began, 2);
}

static void an_installed_system_that_fetches_does_not_boot(void **state) {
	struct boot_event event;

	(void)state;
	boot_send_dhcp(world.track, 1, 0, false);
	boot_send_whole(world.track, 1, 500, "linux");
	tick(100000);
	assert_int_equal(world.ended, 1);
	boot_send_kind(world.track, BOOT_EVENT_ACK, 1, 200000);
	event = boot_file_event(BOOT_EVENT_FILE_DONE, 1, 200100, "pool/main/x.deb");
	event.carrier = BOOT_CARRIER_HTTP;
	boot_track_event(world.track, &event);
	assert_int_equal(world.began, 1);
	boot_send_file(world.track, BOOT_EVENT_FILE_NOT_FOUND, 1, 300000, "by-tftp");
	assert_int_equal(world.began, 2);
	assert_false(running(1)->asked);
}

static void strangers_are_counted(void **state) {
	struct boot_track_counts counts;

	(void)state;
	boot_send_kind(world.track, BOOT_EVENT_ACK, 1, 0);
	boot_send_whole(world.track, 1, 0, "x");
	boot_track_count(world.track, &counts);
	assert_int_equal(counts.strangers, 3);
	assert_int_equal(counts.machines, 0);
}

// --- orders and reports

static void send_installation(void) {
	struct boot_event event = boot_event_of(BOOT_EVENT_ORDER_USED, 1, 3000);

	boot_send_dhcp(world.track, 1, 0, false);
	boot_send_whole(world.track, 1, 1000, "linux");
	event.order_id = 77;
	event.install = true;
	boot_track_event(world.track, &event);
}

static void report(int64_t at_ms, const char *word, const char *text) {
	struct boot_event event = boot_file_event(BOOT_EVENT_CALLBACK, 1, at_ms, word);

	event.text = text;
	event.text_len = strlen(text);
	boot_track_event(world.track, &event);
}

static void an_installation_ends_with_its_report(void **state) {
	(void)state;
	send_installation();
	assert_int_equal(world.orders, 1);
	assert_int_equal(running(1)->order_id, 77);
	boot_send_file(world.track, BOOT_EVENT_FILE_NOT_FOUND, 1, 90000, "overlay");
	report(91000, "installing", "");
	tick(7000000);
	assert_int_equal(world.ended, 0);
	report(7001000, "installed", "");
	expect_end(BOOT_DONE, "installed");
}

static void an_installation_may_report_a_failure(void **state) {
	(void)state;
	send_installation();
	report(91000, "failed", "no disk\n");
	expect_end(BOOT_FAILED, "no disk\\x0a");
}

static void an_installation_that_does_not_report_has_failed(void **state) {
	(void)state;
	world.plan.timeout_s = 3600;
	send_installation();
	tick(3600 * 1000);
	assert_int_equal(world.ended, 0);
	tick(3604 * 1000);
	expect_end(BOOT_FAILED, "has not reported for 1 h that it is installed");
}

// --- bounds

static void a_boot_keeps_its_last_phase_and_counts_the_others(void **state) {
	struct boot_track_counts counts;
	const struct boot *boot;

	(void)state;
	boot_send_dhcp(world.track, 1, 0, false);
	for (int i = 0; i < 200; i++) {
		char name[32];

		snprintf(name, sizeof(name), "file-%d", i);
		boot_send_whole(world.track, 1, 1000 + 200 * i, name);
	}
	boot = running(1);
	assert_int_equal(boot->phase_count, BOOT_PHASES_MAX);
	assert_string_equal(boot->phases[BOOT_PHASES_MAX - 1].name, "file-199");
	assert_int_equal(boot->phases_left_out, 200 + 3 - BOOT_PHASES_MAX);
	boot_track_count(world.track, &counts);
	assert_int_equal(counts.phases_left_out, boot->phases_left_out);
	assert_int_equal(counts.phases, BOOT_PHASES_MAX);
}

static void long_and_foul_names_are_cut_and_cleaned(void **state) {
	char name[300];

	(void)state;
	memset(name, 'a', sizeof(name));
	memcpy(name + sizeof(name) - 10, "/initrd.gz", 10);
	boot_send_dhcp(world.track, 1, 0, false);
	{
		struct boot_event event =
			boot_file_event(BOOT_EVENT_FILE_NOT_FOUND, 1, 100, "\x1b[2J");

		boot_track_event(world.track, &event);
		event.name = name;
		event.name_len = sizeof(name);
		event.unix_ns += MS;
		boot_track_event(world.track, &event);
	}
	assert_string_equal(running(1)->phases[3].name, "\\x1b[2J");
	assert_int_equal(strlen(running(1)->phases[4].name), BOOT_FILE_SIZE - 1);
	assert_memory_equal(running(1)->phases[4].name, "...aaa", 6);
	assert_string_equal(running(1)->phases[4].name + BOOT_FILE_SIZE - 11, "/initrd.gz");
}

static void idle_machines_make_room_and_booting_ones_do_not(void **state) {
	struct boot_track_counts counts;
	struct boot_event event = boot_event_of(BOOT_EVENT_MACHINE, 0, 0);

	(void)state;
	for (uint32_t i = 0; i <= BOOT_TRACK_MACHINES_MAX; i++) {
		memcpy(event.mac, &i, 4);
		event.mac[5] = 1;
		event.address = i + 1;
		boot_track_event(world.track, &event);
	}
	boot_track_count(world.track, &counts);
	assert_int_equal(counts.full, 1);
	assert_int_equal(counts.machines, BOOT_TRACK_MACHINES_MAX);
	tick(100000);
	assert_int_equal(world.ended, BOOT_TRACK_MACHINES_MAX);
	boot_track_saved(world.track, true);
	for (uint32_t i = 0; i < 1000; i++) {
		memcpy(event.mac, &i, 4);
		event.mac[5] = 2;
		event.address = i + 100000000;
		event.unix_ns = BOOT_T0 + 200000 * MS;
		boot_track_event(world.track, &event);
	}
	boot_track_count(world.track, &counts);
	assert_int_equal(counts.forgotten, 1000);
	assert_int_equal(counts.running, 1000);
}

// --- what is kept

static void what_has_changed_is_saved_and_ended_boots_once_more(void **state) {
	(void)state;
	boot_send_dhcp(world.track, 1, 0, false);
	flush();
	assert_int_equal(world.saves, 1);
	flush();
	assert_int_equal(world.saves, 1);
	boot_send_whole(world.track, 1, 1000, "linux");
	tick(100000);
	flush();
	assert_int_equal(world.saves, 2);
	flush();
	assert_int_equal(world.saves, 2);
	assert_int_equal(world.kept[0].state, BOOT_DONE);
	assert_string_equal(world.kept[0].phases[3].name, "linux");
}

static void what_was_not_committed_is_saved_again_whole(void **state) {
	(void)state;
	boot_send_dhcp(world.track, 1, 0, false);
	boot_send_dhcp(world.track, 2, 0, false);
	tick(100000);
	boot_send_dhcp(world.track, 2, 200000, false);
	assert_int_equal(boot_track_flush(world.track, save, &world), 0);
	boot_track_saved(world.track, false);
	memset(world.phases, 0, sizeof(world.phases));
	world.save_rc = -EIO;
	assert_int_equal(boot_track_flush(world.track, save, &world), -EIO);
	boot_track_saved(world.track, false);
	world.save_rc = 0;
	flush();
	assert_int_equal(world.saves, 3 + 1 + 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(world.kept[i].phases[1].kind, BOOT_PHASE_OFFER);
}

// --- restarts

static struct boot *copy_of(const struct boot *boot) {
	struct boot *copy = malloc(sizeof(*copy));

	assert_non_null(copy);
	*copy = *boot;
	copy->phases = malloc(sizeof(*copy->phases) * BOOT_PHASES_MAX);
	assert_non_null(copy->phases);
	memcpy(copy->phases, boot->phases, sizeof(*copy->phases) * boot->phase_count);
	return copy;
}

static void restart(void) {
	struct boot_track_config config = {.step = on_step, .context = &world, .seed = {3, 4}};

	boot_track_free(world.track);
	world.track = boot_track_new(&config);
	for (size_t i = 0; i < ENDED_MAX; i++) {
		if (world.kept[i].id && world.kept[i].state == BOOT_RUNNING)
			boot_track_restore(world.track, copy_of(&world.kept[i]));
	}
}

static void a_boot_goes_on_after_a_restart(void **state) {
	struct boot_track_counts counts;

	(void)state;
	boot_send_dhcp(world.track, 1, 0, false);
	boot_send_file(world.track, BOOT_EVENT_FILE_OPEN, 1, 1000, "linux");
	flush();
	restart();
	boot_send_file(
		world.track, BOOT_EVENT_FILE_OPEN, 1, 1000, "linux"); // again out of the ring
	boot_track_count(world.track, &counts);
	assert_int_equal(counts.repeated, 1);
	boot_send_file(world.track, BOOT_EVENT_FILE_DONE, 1, 2000, "linux");
	tick(100000);
	expect_end(BOOT_DONE, "got 1 file, 0 B, by TFTP");
	assert_int_equal(world.last.phase_count, 4);
	assert_int_equal(world.last.id, 1);
	assert_true(world.last.resumed);
	assert_int_equal(world.began, 1);
}

static void a_boot_of_which_nothing_comes_was_interrupted(void **state) {
	(void)state;
	boot_send_dhcp(world.track, 1, 0, false);
	flush();
	restart();
	tick(10000000); // it gets its time after a restart
	assert_int_equal(world.ended, 0);
	tick(10010000);
	expect_end(BOOT_INTERRUPTED, "rouse-control was restarted");
	flush();
	assert_int_equal(world.kept[0].state, BOOT_INTERRUPTED);
}

static void a_clock_that_was_set_back_hides_nothing(void **state) {
	(void)state;
	boot_send_dhcp(world.track, 1, 3600000, false);
	flush();
	restart();
	boot_send_whole(world.track, 1, 0, "linux");
	assert_int_equal(running(1)->phase_count, 4);
}

// --- speed

static void twenty_thousand_events_a_second_are_little(void **state) {
	struct timespec begin, end;
	const int machines = 2000, files = 20;
	int64_t ns, events = (int64_t)machines * (3 + 2 * files);

	(void)state;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (int m = 0; m < machines; m++)
		boot_send_dhcp(world.track, (uint16_t)m, 0, false);
	for (int f = 0; f < files; f++) {
		char name[32];

		snprintf(name, sizeof(name), "file-%d", f);
		for (int m = 0; m < machines; m++)
			boot_send_whole(world.track, (uint16_t)m, 1000 + f * 200, name);
		boot_track_tick(world.track, BOOT_T0 + f * 200 * MS);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	ns = (end.tv_sec - begin.tv_sec) * 1000000000 + end.tv_nsec - begin.tv_nsec;
	print_message("%lld events, %lld ns each\n", (long long)events, (long long)(ns / events));
	// A tenth of a core at 20,000 a second; sanitizers take their share.
	assert_true(ns / events < 50000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(firmware_ipxe_and_kernel_are_one_boot),
		TEST(dhcp_has_durations),
		TEST(phases_stand_in_the_order_in_which_they_began),
		TEST(the_files_of_a_machine_are_known_by_its_address),
		TEST(by_proxy_a_machine_is_known_by_its_mac),
		TEST(each_failure_has_its_reason),
		TEST(a_machine_that_goes_to_its_disk_has_not_failed),
		TEST(a_menu_that_is_left_alone_has_not_failed),
		TEST(what_is_looked_for_first_may_be_missing),
		TEST(firmware_begins_anew_after_a_file),
		TEST(firmware_that_has_had_no_file_asks_again),
		TEST(an_ipxe_rom_loads_an_ipxe_and_begins_anew_after_a_kernel),
		TEST(an_ipxe_rom_begins_anew_after_a_script_by_tftp),
		TEST(edk2_goes_to_its_disk_and_comes_again),
		TEST(an_ipxe_that_has_its_script_begins_anew),
		TEST(an_installed_system_that_fetches_does_not_boot),
		TEST(strangers_are_counted),
		TEST(an_installation_ends_with_its_report),
		TEST(an_installation_may_report_a_failure),
		TEST(an_installation_that_does_not_report_has_failed),
		TEST(a_boot_keeps_its_last_phase_and_counts_the_others),
		TEST(long_and_foul_names_are_cut_and_cleaned),
		TEST(idle_machines_make_room_and_booting_ones_do_not),
		TEST(what_has_changed_is_saved_and_ended_boots_once_more),
		TEST(what_was_not_committed_is_saved_again_whole),
		TEST(a_boot_goes_on_after_a_restart),
		TEST(a_boot_of_which_nothing_comes_was_interrupted),
		TEST(a_clock_that_was_set_back_hides_nothing),
		TEST(twenty_thousand_events_a_second_are_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
