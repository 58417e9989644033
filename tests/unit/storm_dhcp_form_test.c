// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// storm_dhcp_form: what is filled in equals what storm_dhcp_write writes for that client.

#include "storm_dhcp_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct storm_dhcp_settings SETTINGS[] = {
	{.arch = STORM_DHCP_NO_ARCH},
	{.arch = 0},
	{.arch = 7, .broadcast = true},
	{.arch = STORM_DHCP_NO_ARCH, .ipxe = true},
	{.arch = 9, .ipxe = true},
};

static const struct storm_dhcp_fields FIELDS[] = {
	{.type = STORM_DHCPDISCOVER},
	{.type = STORM_DHCPREQUEST, .requested = 0x0a4d0064},
	{.type = STORM_DHCPREQUEST, .requested = 0x0a4d0064, .server_id = 0x0a4d0001},
};

static void compare(const struct storm_dhcp_settings *s, const struct storm_dhcp_fields *f) {
	struct storm_dhcp_fields any = *f;
	struct storm_dhcp_client client = {.xid = 0x12345678, .mac = {0x02, 0x58, 0xff, 0, 61, 50}};
	struct storm_dhcp_blank blank = {
		.xid = client.xid, .requested = f->requested, .server_id = f->server_id};
	uint8_t message[STORM_DHCP_MESSAGE_SIZE];
	struct storm_dhcp_form form;
	struct storm_dhcp_out out;

	memcpy(blank.mac, client.mac, 6);
	any.requested = f->requested ? 0x32363d61 : 0; // bytes that are option codes
	any.server_id = f->server_id ? 0xff610032 : 0;
	storm_dhcp_form_init(&form, s, &any);
	storm_dhcp_form_fill(&form, &blank, message);
	storm_dhcp_write(&client, s, f, 0, &out);
	assert_int_equal(form.len, out.len);
	assert_memory_equal(message, out.frame + FRAME_HEADER_BYTES, out.len);
}

static void forms_equal_written_messages(void **state) {
	(void)state;
	for (size_t s = 0; s < sizeof(SETTINGS) / sizeof(SETTINGS[0]); s++)
		for (size_t f = 0; f < sizeof(FIELDS) / sizeof(FIELDS[0]); f++)
			compare(&SETTINGS[s], &FIELDS[f]);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_equal_written_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
