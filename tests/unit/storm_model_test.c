// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Models, mixes, arrival: what is wrong first, then what machines of each model read, and that the
// tables agree with themselves.

#include "storm_model.h"

#include "storm_arrival.h"
#include "storm_mix.h"
#include "unit.h"

#define GRUB_LISTS                                                                                 \
	"/grub/x86_64-efi/command.lst /grub/x86_64-efi/fs.lst /grub/x86_64-efi/crypto.lst "        \
	"/grub/x86_64-efi/terminal.lst "

static void bad_mixes_are_refused(void **state) {
	static const char *const CASES[] = {"", "nothing", "edk2,", "edk2=", "edk2=0", "edk2=x",
		"edk2=-1", "edk2=1x", "edk2=99999", "edk2=1001", "edk2=600,uboot=401", "edk",
		"edk2 "};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct storm_mix mix = {0};
		const char *wrong;

		assert_case(CASES[i], storm_mix_parse(&mix, CASES[i], &wrong) < 0);
	}
}

static void a_mix_is_exact_even_and_the_same_again(void **state) {
	struct storm_mix mix = {0};
	const char *wrong;
	uint32_t seen[3] = {0};

	(void)state;
	assert_int_equal(storm_mix_parse(&mix, "edk2=3,uboot,dhcp=1", &wrong), 0);
	storm_mix_deal(&mix);
	assert_int_equal(mix.shares, 5);
	for (uint64_t n = 0; n < 5000; n++)
		seen[storm_mix_of(&mix, n)]++;
	assert_int_equal(seen[0], 3000);
	assert_int_equal(seen[1], 1000);
	assert_int_equal(seen[2], 1000);
	// Any five machines that follow each other have them all.
	assert_true(storm_mix_of(&mix, 0) != storm_mix_of(&mix, 1) ||
		    storm_mix_of(&mix, 1) != storm_mix_of(&mix, 2));
	assert_ptr_equal(mix.models[storm_mix_of(&mix, 7)], mix.models[storm_mix_of(&mix, 2)]);
}

static void the_same_model_twice_is_one(void **state) {
	struct storm_mix mix = {0};
	const char *wrong;

	(void)state;
	assert_int_equal(storm_mix_parse(&mix, "edk2=3,edk2=2", &wrong), 0);
	assert_int_equal(mix.count, 1);
	assert_int_equal(mix.share[0], 5);
}

// What a machine of the model reads, as "name name ..."; a probe has a '?' behind it.
static void list_reads(const char *name, const struct storm_list *files, bool size_known,
	char *text, size_t size) {
	const struct storm_model *model = storm_model_find(name, strlen(name));
	struct storm_dhcp_client machine = {.mac = {2, 0, 0, 0, 0xab, 1}, .address = 0x0a4d00fe};
	struct storm_step step = {0};
	const struct storm_read *read;

	assert_non_null(model);
	*text = 0;
	while ((read = storm_step_at(model, files, size_known, &step))) {
		char room[STORM_FILE_NAME_SIZE];
		const char *file = storm_step_name(read, files, &step, "boot", &machine, room);

		snprintf(text + strlen(text), size - strlen(text), "%s%s%s", *text ? " " : "", file,
			read->tftp.probe ? "?" : "");
		storm_step_done(model, files, &step);
	}
}

static void each_model_reads_what_it_should(void **state) {
	static const struct storm_list NONE = {0}, TWO = {2, {"one", "two"}};
	static const struct {
		const char *model;
		const struct storm_list *files;
		bool size_known;
		const char *reads;
	} CASES[] = {
		{"dhcp", &NONE, false, ""},
		{"ipxe-bios", &NONE, false, "boot"},
		{"ipxe-bios", &TWO, false, "one two"},
		{"edk2", &NONE, false, "boot? boot"},
		{"edk2", &NONE, true, "boot"},
		{"edk2", &TWO, false, "one? one two? two"},
		{"edk2", &TWO, true, "one two? two"},
		{"uboot", &TWO, false, "one two"},
		{"agent", &NONE, false, "boot"},
		{"pxelinux", &TWO, false,
			"boot ldlinux.c32 pxelinux.cfg/00000000-0000-0000-0000-02000000ab01 "
			"pxelinux.cfg/01-02-00-00-00-ab-01 pxelinux.cfg/0A4D00FE "
			"pxelinux.cfg/0A4D00F pxelinux.cfg/0A4D00 pxelinux.cfg/0A4D0 "
			"pxelinux.cfg/0A4D pxelinux.cfg/0A4 pxelinux.cfg/0A pxelinux.cfg/0 "
			"pxelinux.cfg/default one two"},
		{"shim-grub", &NONE, false,
			"boot? boot revocations_sku.efi revocations_sbat.efi "
			"shim_certificate_0.efi grubx64.efi grubx64.efi " GRUB_LISTS
			"/grub/grub.cfg"},
		{"shim-grub", &TWO, true,
			"boot revocations_sku.efi revocations_sbat.efi shim_certificate_0.efi "
			"grubx64.efi grubx64.efi " GRUB_LISTS "/grub/grub.cfg one two"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		char text[1000];

		list_reads(CASES[i].model, CASES[i].files, CASES[i].size_known, text, sizeof(text));
		if (strcmp(text, CASES[i].reads))
			fail_msg("%s reads '%s'", CASES[i].model, text);
	}
}

// A list of options in which each length stays inside.
static bool is_whole(const struct storm_dhcp_options *options) {
	uint32_t at = 0;

	while (at + 2 <= options->len)
		at += 2u + options->bytes[at + 1];
	return at == options->len;
}

static bool is_pairs(const struct storm_tftp_settings *s) {
	uint32_t ends = 0;

	for (uint32_t i = 0; i < s->options_len; i++)
		ends += !s->options[i];
	return ends % 2 == 0 && !s->options[s->options_len - 1];
}

static void the_tables_agree_with_themselves(void **state) {
	(void)state;
	for (uint32_t i = 0; i < STORM_MODEL_COUNT; i++) {
		const struct storm_model *m = &STORM_MODELS[i];

		assert_case(m->name, m->summary && *m->summary && strlen(m->name) < 24);
		assert_case(m->name, m->dhcp.discover.bytes && is_whole(&m->dhcp.discover));
		assert_case(m->name, !m->dhcp.request.bytes || is_whole(&m->dhcp.request));
		assert_case(m->name, m->dhcp.retry.count && m->dhcp.give_up_us);
		for (uint32_t j = 0; j < m->read_count; j++) {
			const struct storm_read *r = &m->reads[j];

			assert_case(m->name, is_pairs(&r->tftp) && r->tftp.port == 69);
			assert_case(m->name, r->tftp.retry.count && r->tftp.give_up_us);
			assert_case(m->name, r->port_count && r->port_first >= 1024 &&
						     r->port_first + r->port_count <= 65536);
			assert_case(m->name, (r->what == STORM_READ_NAMED) == (r->name != NULL));
		}
	}
}

static void bad_ramps_are_refused(void **state) {
	static const char *const CASES[] = {"", "1", "1:2", "1:2:", "1:2:0", "1:2:3x", "-1:2:3",
		"0:0:3", "nan:1:1", "1:inf:1", "1:2:-3", "1:2:3:4"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct storm_arrival arrival = {0};

		assert_case(CASES[i], storm_arrival_parse(CASES[i], &arrival) < 0);
	}
}

static void arrival_is_the_integral_of_the_rate(void **state) {
	struct storm_arrival ramp;

	(void)state;
	assert_int_equal(storm_arrival_due(&(struct storm_arrival){0}, 0, 500), 500);
	assert_int_equal(storm_arrival_due(&(struct storm_arrival){.from = 10}, 0, 500), 1);
	assert_int_equal(storm_arrival_due(&(struct storm_arrival){.from = 10}, 1000000, 500), 11);
	assert_int_equal(
		storm_arrival_due(&(struct storm_arrival){.from = 10}, 1ull << 50, 500), 500);
	assert_int_equal(storm_arrival_parse("0:100:10", &ramp), 0);
	assert_int_equal(storm_arrival_due(&ramp, 5000000, 5000), 126);
	assert_int_equal(storm_arrival_due(&ramp, 10000000, 5000), 501);
	assert_int_equal(storm_arrival_due(&ramp, 12000000, 5000), 701);
	assert_int_equal(storm_arrival_parse("100:0:10", &ramp), 0);
	assert_int_equal(storm_arrival_due(&ramp, 20000000, 5000), 501);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_mixes_are_refused),
		cmocka_unit_test(bad_ramps_are_refused),
		cmocka_unit_test(a_mix_is_exact_even_and_the_same_again),
		cmocka_unit_test(the_same_model_twice_is_one),
		cmocka_unit_test(each_model_reads_what_it_should),
		cmocka_unit_test(the_tables_agree_with_themselves),
		cmocka_unit_test(arrival_is_the_integral_of_the_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
