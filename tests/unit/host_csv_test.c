// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Hosts out of tables: what is wrong is told with its line, and what spreadsheets write is read.

#include "unit.h"

#include "host_csv.h"
#include "text.h"

#define HEAD "name,mac,address,role,profile,var.a\n"

static struct host_list *read_text(const char *text, size_t len) {
	struct host_list *list = host_list_new();
	char *exact = (char *)unit_exact(text, len);

	host_csv_read(list, exact, len);
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
	const char *text;
	uint32_t line;
	const char *note;
} bad_cases[] = {
	{"", 1, "is empty"},
	{"\n\n", 3, "is empty"},
	{"name\nn1\n", 1, "no columns name and mac"},
	{"name,mac,colour\n", 1, "there is no column \"colour\""},
	{"name,mac,a\x1b[31m\n", 1, "\"a?[31m\""},
	{"name,mac,"
	 "a\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
	 "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
	 "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\n",
		1, "\xc3\xbc?\""}, // cut in the middle of a character
	{"name,mac,mac\n", 1, "column 3 is there twice"},
	{"name,mac,var.a,var.a\n", 1, "column 4 is there twice"},
	{"name,mac,var.9\n", 1, "is no name for a variable"},
	{"name,mac,var.node\n", 1, "Rouse gives itself"},
	{"name,mac,\"address\n", 1, "never closed"},
	{"name,mac,\nn1,52:54:00:00:00:01,x\n", 2, "cell 3 stands in a column without a name"},
	{"\xff\xfename,mac\n", 1, "save the table as CSV in UTF-8"},
	{HEAD "n1,52:54:00:00:00:0g,,,,\n", 2, "is not a MAC address"},
	{HEAD "n1,52:54:00:00:00,,,,\n", 2, "is not a MAC address"},
	{HEAD "n1,,,,,\n", 2, "is not a MAC address"},
	{HEAD ",52:54:00:00:00:01,,,,\n", 2, "has no name"},
	{HEAD "n1,52:54:00:00:00:01,10.77.0,,,\n", 2, "is not an IPv4 address"},
	{HEAD "n1,52:54:00:00:00:01,,\n", 2, "has 4 cells, but the first line has 6"},
	{HEAD "n1,52:54:00:00:00:01,,,,,,\n", 2, "has 8 cells"},
	{HEAD "\n\nn1,\"52:54\n", 4, "never closed"},
	{HEAD "n1,5\"2:54,,,,\n", 2, "has a quote inside"},
	{HEAD "n1,\"52:54\"x,,,,\n", 2, "goes on behind"},
	{HEAD "n1,52:54:00:00:00:01,,,,\xff\n", 2, "cell 6 is not UTF-8"},
};

static void mistakes_are_told_with_their_lines(void **state) {
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad_cases); i++) {
		struct host_list *list = read_text(bad_cases[i].text, strlen(bad_cases[i].text));

		if (!list->bad_count || !is_noted(list, bad_cases[i].line, bad_cases[i].note))
			fail_msg("case %zu (%s): %zu notes, first in line %u: %s", i,
				bad_cases[i].note, list->note_count, list->notes[0].line,
				list->note_count ? list->notes[0].text : "");
		assert_int_equal(list->count, 0);
		host_list_free(list);
	}
}

static void a_nul_byte_is_told(void **state) {
	static const char text[] = HEAD "n1,52:54:00:00:00:01,,,,a\0b\n";
	struct host_list *list = read_text(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(list->count, 0);
	assert_true(is_noted(list, 2, "cell 6 is not UTF-8"));
	host_list_free(list);
}

static const char *const good_cases[] = {
	HEAD "n1,52:54:00:00:00:01,10.77.0.11,web,disk,x;y\n",
	HEAD "n1,52:54:00:00:00:01,10.77.0.11,web,disk,x;y",
	"\xef\xbb\xbf" HEAD "\r\n n1 ,52-54-00-00-00-01, 10.77.0.11,web,disk,x;y\r\n,,,,,\r\n",
	"name,mac,address,role,profile,var.a,,\nn1,52:54:00:00:00:01,10.77.0.11,web,disk,x;y,, \n",
	"Name;MAC;Address;Role;Profile;var.a\nn1;525400000001;10.77.0.11;web;disk;\"x;y\"\n",
	"mac\tname\trole\tprofile\tvar.a\taddress\n5254.0000.0001\tn1\tweb\tdisk\tx;y\t10.77.0."
	"11\n",
	"\"name\",\"mac\",\"address\",\"role\",\"profile\",\"var.a\"\n"
	"\"n1\",\"52:54:00:00:00:01\",\"10.77.0.11\",\"web\",\"disk\",\"x;y\"\n",
};

static void tables_are_read(void **state) {
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0, 0, 1};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good_cases); i++) {
		struct host_list *list = read_text(good_cases[i], strlen(good_cases[i]));

		if (list->note_count || list->count != 1)
			fail_msg("case %zu: %zu hosts, %s", i, list->count,
				list->note_count ? list->notes[0].text : "");
		assert_string_equal(list->hosts[0].name, "n1");
		assert_memory_equal(list->hosts[0].mac, mac, 6);
		assert_int_equal(list->hosts[0].address, 0x0a4d000b);
		assert_string_equal(list->hosts[0].role, "web");
		assert_string_equal(list->hosts[0].profile, "disk");
		assert_int_equal(list->hosts[0].var_count, 1);
		assert_string_equal(list->hosts[0].vars[0].name, "a");
		assert_string_equal(list->hosts[0].vars[0].value, "x;y");
		host_list_free(list);
	}
}

static void quotes_hold_anything(void **state) {
	static const char text[] = "name,mac,var.a\nn1,52:54:00:00:00:01,\"say \"\"a\"\",\r\nb\"\n"
				   "n2,52:54:00:00:00:02,\n";
	struct host_list *list = read_text(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(list->count, 2);
	assert_string_equal(list->hosts[0].vars[0].value, "say \"a\",\r\nb");
	assert_int_equal(list->lines[1], 4);
	assert_int_equal(list->hosts[1].var_count, 0);
	assert_null(list->hosts[1].role);
	host_list_free(list);
}

static void what_is_there_twice_is_told_with_both_lines(void **state) {
	static const char text[] = "name,mac,address\n"
				   "n1,52:54:00:00:00:01,10.77.0.11\n"
				   "N1,52:54:00:00:00:02,\n"
				   "n3,52:54:00:00:00:01,\n"
				   "n4,52:54:00:00:00:04,10.77.0.11\n"
				   "old,52:54:00:00:00:05,\n"
				   "n6,52:54:00:00:00:99,\n"
				   "n7,52:54:00:00:00:07,10.77.0.99\n";
	struct config_host known = {.line = 31,
		.name = "old",
		.address = 0x0a4d0063,
		.mac = {0x52, 0x54, 0, 0, 0, 0x99}};
	struct config config = {.host_count = 1, .hosts = &known};
	struct host_list *list = read_text(text, sizeof(text) - 1);

	(void)state;
	host_list_check(list, &config);
	host_list_sort_notes(list);
	assert_int_equal(list->bad_count, 6);
	assert_true(is_noted(list, 3, "the name N1 stands in line 2 already"));
	assert_true(is_noted(list, 4, "the MAC address 52:54:00:00:00:01 stands in line 2"));
	assert_true(is_noted(list, 5, "the address 10.77.0.11 stands in line 2"));
	assert_true(is_noted(list, 6, "the name old is old's in line 31 of the configuration"));
	assert_true(is_noted(list, 7, "52:54:00:00:00:99 is old's in line 31"));
	assert_true(is_noted(list, 8, "10.77.0.99 is old's in line 31"));
	assert_int_equal(list->notes[0].line, 3);
	host_list_free(list);
}

static void a_flood_of_mistakes_is_counted(void **state) {
	char *text = malloc(64 + 3000 * 4);
	struct host_list *list;

	(void)state;
	strcpy(text, "name,mac\n");
	for (int i = 0; i < 3000; i++)
		strcat(text + i * 3, "a,b\n");
	list = read_text(text, strlen(text));
	assert_int_equal(list->bad_count, 3000);
	assert_int_equal(list->note_count, 3000);
	assert_int_equal(list->notes[HOST_NOTES_MAX - 1].line, HOST_NOTES_MAX + 1);
	host_list_free(list);
	free(text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_are_told_with_their_lines),
		cmocka_unit_test(a_nul_byte_is_told),
		cmocka_unit_test(tables_are_read),
		cmocka_unit_test(quotes_hold_anything),
		cmocka_unit_test(what_is_there_twice_is_told_with_both_lines),
		cmocka_unit_test(a_flood_of_mistakes_is_counted),
	};

	return cmocka_run_group_tests_name("host_csv", tests, NULL, NULL);
}
