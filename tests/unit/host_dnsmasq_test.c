// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// dnsmasq's dhcp-host lines, in the forms of its manual page: what becomes a host, and what is told
// of the rest.

#include "unit.h"

#include "host_dnsmasq.h"
#include "text.h"

#define MAC "52:54:00:00:00:01"

static struct host_list *read_text(const char *text, size_t len, bool role_from_tag) {
	struct host_list *list = host_list_new();
	char *exact = (char *)unit_exact(text, len);

	host_dnsmasq_read(list, exact, len, role_from_tag);
	free(exact);
	return list;
}

static bool is_noted(const struct host_list *list, uint32_t line, const char *text) {
	for (size_t i = 0; i < list->note_count && i < HOST_NOTES_MAX; i++)
		if (list->notes[i].line == line && strstr(list->notes[i].text, text))
			return true;
	return false;
}

static const struct {
	const char *line;
	size_t hosts;
	const char *name; // of the first
	const char *note; // NULL: there is none
} cases[] = {
	{"", 0, NULL, NULL},
	{"# dhcp-host=" MAC ",n1", 0, NULL, NULL},
	{"interface=eth0", 0, NULL, NULL},
	{"dhcp-host=" MAC ",n1,10.77.0.11", 1, "n1", NULL},
	{"dhcp-host=" MAC ",10.77.0.11,n1 # the first", 1, "n1", NULL},
	{"  dhcp-host = " MAC " , n1 , 10.77.0.11", 1, "n1", NULL},
	{"dhcp-host=01-" MAC ",n1,10.77.0.11\r", 1, "n1", NULL},
	{"dhcp-host=1-" MAC ",n1,10.77.0.11", 1, "n1", NULL},
	{"dhcp-host=52:54:0:0:0:1,n1,10.77.0.11", 1, "n1", NULL},
	{"dhcp-host=\"" MAC ",n1,10.77.0.11\"", 1, "n1", NULL},
	{"--dhcp-host=" MAC ",n1,10.77.0.11", 1, "n1", NULL},
	{MAC ",n1,10.77.0.11", 1, "n1", NULL}, // of dhcp-hostsfile=
	{" " MAC " , n1,10.77.0.11 # the first", 1, "n1", NULL},
	{"set:red," MAC ",n1,10.77.0.11", 1, "n1", "--role-from-tag"},
	{"n1,10.77.0.11", 0, NULL, NULL},
	{"dhcp-host=" MAC ",id:*,n1,10.77.0.11", 1, "n1", NULL},
	{"dhcp-host=" MAC ",10.77.0.11", 1, "m-525400000001", NULL},
	{"dhcp-host=" MAC ",n1,10.77.0.11,45m", 1, "n1", "lease time 45m is not taken"},
	{"dhcp-host=" MAC ",n1,10.77.0.11,infinite", 1, "n1", "lease time infinite"},
	{"dhcp-host=" MAC ",id:01:02,n1,10.77.0.11", 1, "n1", "id:01:02 is not taken over"},
	{"dhcp-host=" MAC ",set:red,n1,10.77.0.11", 1, "n1", "--role-from-tag"},
	{"dhcp-host=" MAC ",[fd00::1],n1,10.77.0.11", 1, "n1", "only IPv4"},
	{"dhcp-host=" MAC ",n1,10.77.0.11,n2", 1, "n1", "one name: n2"},
	{"dhcp-host=" MAC ",n1,10.77.0.11,10.77.0.12", 1, "n1", "one address: 10.77.0.12"},
	{"dhcp-host=" MAC ",52:54:00:00:00:02,n1,10.77.0.11", 2, "n1",
		"52:54:00:00:00:02 becomes n1-2"},
	{"dhcp-host=id:n1,n1,10.77.0.11", 0, NULL, "client id only"},
	{"dhcp-host=n1,10.77.0.11", 0, NULL, "names no MAC address"},
	{"dhcp-host=" MAC ",ignore", 0, NULL, "no machine is ignored"},
	{"dhcp-host=" MAC ",tag:red,n1", 0, NULL, "no conditions"},
	{"dhcp-host=52:54:00:*:*:*,n1", 0, NULL, "stands for many"},
	{"dhcp-host=52:54:00:00:00:01:02,n1", 0, NULL, "is not a MAC address of Ethernet"},
	{"dhcp-host=52:54:00::00:01,n1", 0, NULL, "is not a MAC address of Ethernet"},
	{"dhcp-host=20:01:02,n1", 0, NULL, "is not a MAC address of Ethernet"},
	{"dhcp-host=", 0, NULL, "names no MAC address"},
};

static void each_form_is_known(void **state) {
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct host_list *list = read_text(cases[i].line, strlen(cases[i].line), false);

		assert_case(cases[i].line, list->count == cases[i].hosts);
		assert_case(cases[i].line, !list->bad_count);
		if (cases[i].name) {
			assert_case(cases[i].line, !strcmp(list->hosts[0].name, cases[i].name) &&
							   list->hosts[0].address == 0x0a4d000b);
			assert_case(cases[i].line, list->hosts[0].mac[5] == 1);
		}
		assert_case(cases[i].line,
			cases[i].note ? is_noted(list, 1, cases[i].note) : !list->note_count);
		host_list_free(list);
	}
}

static void a_tag_becomes_the_role_if_asked_for(void **state) {
	static const char text[] = "a=b\ndhcp-host=" MAC ",set:web,set:db,n1\n";
	struct host_list *list = read_text(text, sizeof(text) - 1, true);

	(void)state;
	assert_int_equal(list->count, 1);
	assert_string_equal(list->hosts[0].role, "web");
	assert_int_equal(list->lines[0], 2);
	assert_int_equal(list->passed_over, 1);
	assert_true(is_noted(list, 2, "one role: set:db"));
	host_list_free(list);
}

static void lines_that_are_no_text_are_refused(void **state) {
	char text[2048];
	struct host_list *list;

	(void)state;
	memset(text, 'a', sizeof(text));
	list = read_text(text, sizeof(text), false);
	assert_true(list->bad_count == 1 && is_noted(list, 1, "longer than 1024"));
	host_list_free(list);
	list = read_text("\ndhcp-host=\xff,n1", 16, false);
	assert_true(list->bad_count == 1 && is_noted(list, 2, "not UTF-8"));
	host_list_free(list);
	list = read_text("dhcp-host=\0", 11, false);
	assert_true(list->bad_count == 1);
	host_list_free(list);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_known),
		cmocka_unit_test(a_tag_becomes_the_role_if_asked_for),
		cmocka_unit_test(lines_that_are_no_text_are_refused),
	};

	return cmocka_run_group_tests_name("host_dnsmasq", tests, NULL, NULL);
}
