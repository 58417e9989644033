// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A boot in plain words.

#include "unit.h"

#include "boot_text.h"
#include "shm_abi.h"

static struct boot_phase phases[] = {
	{.kind = BOOT_PHASE_DISCOVER,
		.result = BOOT_RESULT_OK,
		.arch = 7,
		.times = 1,
		.duration_ms = 1},
	{.kind = BOOT_PHASE_OFFER,
		.result = BOOT_RESULT_OK,
		.times = 1,
		.at_ms = 1,
		.address = 0x0a4d0032,
		.name = "ipxe.efi"},
	{.kind = BOOT_PHASE_ACK,
		.result = BOOT_RESULT_OK,
		.times = 1,
		.at_ms = 210,
		.address = 0x0a4d0032},
	{.kind = BOOT_PHASE_FILE,
		.result = BOOT_RESULT_OK,
		.times = 1,
		.at_ms = 410,
		.duration_ms = 200,
		.bytes = 1048576,
		.retransmitted = 2,
		.name = "ipxe.efi"},
	{.kind = BOOT_PHASE_SCRIPT,
		.result = BOOT_RESULT_OK,
		.times = 1,
		.at_ms = 1410,
		.carrier = BOOT_CARRIER_HTTP,
		.bytes = 900,
		.name = "boot.ipxe"},
	{.kind = BOOT_PHASE_FILE,
		.result = BOOT_RESULT_FAILED,
		.reason = EVENT_REASON_TIMEOUT,
		.times = 1,
		.at_ms = 2500,
		.duration_ms = 9000,
		.bytes = 3355443,
		.name = "initrd.gz"},
	{.kind = BOOT_PHASE_FILE,
		.result = BOOT_RESULT_NOT_FOUND,
		.times = 3,
		.at_ms = 13000,
		.name = "grubx64.efi"},
};

static struct boot sample(void) {
	return (struct boot){.mac = {0x52, 0x54, 0, 0x77, 0, 1},
		.state = BOOT_FAILED,
		.started_ns = INT64_C(1764417784) * 1000000000,
		.last_ns = INT64_C(1764417798200) * 1000000,
		.ended_ns = INT64_C(1764417798200) * 1000000,
		.phase_count = COUNT_OF(phases),
		.phases = phases,
		.profile = "web",
		.reason = "asked for grubx64.efi, which is not in boot_root"};
}

static void a_boot_is_told_line_by_line(void **state) {
	static char out[BOOT_TEXT_SIZE];
	struct boot boot = sample();
	size_t len;

	(void)state;
	boot.phases_left_out = 4;
	boot.resumed = true;
	len = boot_text(&boot, "n001", out);
	assert_int_equal(len, strlen(out));
	assert_string_equal(out,
		"n001 (52:54:00:77:00:01) booted web at 2025-11-29 12:03:04: 14 s, failed: asked "
		"for "
		"grubx64.efi, which is not in boot_root\n"
		"      0.00 s  asked for an address (x64-uefi), offered 10.77.0.50 after 1 ms, "
		"boot "
		"file ipxe.efi\n"
		"      0.21 s  took 10.77.0.50\n"
		"      0.41 s  got ipxe.efi by TFTP, 1.0 MiB in 0.2 s (5.2 MB/s), 2 blocks sent "
		"again\n"
		"      1.41 s  got its script boot.ipxe by HTTP, 900 B\n"
		"      2.50 s  did not get initrd.gz, after 3.2 MiB and 9.0 s: it stopped "
		"answering\n"
		"     13.00 s  asked for grubx64.efi, which is not in boot_root, 3 times\n"
		"              4 more before the last one\n"
		"              rouse-control was restarted meanwhile, something may be missing\n");
}

static void a_head_tells_state_and_reason(void **state) {
	char out[BOOT_HEAD_SIZE];
	struct boot boot = sample();

	(void)state;
	boot.state = BOOT_DONE;
	boot.profile[0] = '\0';
	strcpy(boot.summary, "got 3 files, 41 MiB, by HTTP");
	boot_text_head(&boot, NULL, out);
	assert_string_equal(out, "52:54:00:77:00:01 booted at 2025-11-29 12:03:04: 14 s, done, "
				 "got 3 files, 41 MiB, by HTTP");
	boot.state = BOOT_RUNNING;
	boot.ended_ns = 0;
	boot.summary[0] = '\0';
	boot.last_ns = boot.started_ns - 5;
	boot_text_head(&boot, "n001", out);
	assert_string_equal(
		out, "n001 (52:54:00:77:00:01) boots at 2025-11-29 12:03:04: 0.0 s, running");
}

// Whatever is in a record, of whatever length: no byte beyond the end.
static void the_longest_boot_fits(void **state) {
	static struct boot_phase many[BOOT_PHASES_MAX];
	struct boot boot = sample();
	char *out = malloc(BOOT_TEXT_SIZE);

	(void)state;
	assert_non_null(out);
	for (unsigned kind = 0; kind <= BOOT_PHASE_KINDS; kind++) {
		for (unsigned result = 0; result <= BOOT_RESULTS; result++) {
			for (size_t i = 0; i < BOOT_PHASES_MAX; i++) {
				many[i] = (struct boot_phase){.kind = (uint8_t)kind,
					.result = (uint8_t)result,
					.carrier = 9,
					.reason = EVENT_REASON_NOT_LOADED,
					.times = UINT16_MAX,
					.at_ms = UINT32_MAX,
					.duration_ms = UINT32_MAX,
					.retransmitted = UINT32_MAX,
					.address = UINT32_MAX,
					.bytes = UINT64_MAX / 1000};
				memset(many[i].name, 'n', BOOT_FILE_SIZE - 1);
			}
			boot.phases = many;
			boot.phase_count = BOOT_PHASES_MAX;
			memset(boot.reason, 'r', BOOT_REASON_SIZE - 1);
			assert_true(boot_text(&boot, "n", out) < BOOT_TEXT_SIZE - 1);
			assert_int_equal(out[strlen(out) - 1], '\n');
		}
	}
	free(out);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_boot_is_told_line_by_line),
		cmocka_unit_test(a_head_tells_state_and_reason),
		cmocka_unit_test(the_longest_boot_fits),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
