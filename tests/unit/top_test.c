// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What rouse top makes of two samples, and that no screen is left by what it prints.

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "cli/top_screen.h"

static struct top_figures figures;
static struct top_sample before, now;

static void clear(void) {
	memset(&figures, 0, sizeof(figures));
	memset(&before, 0, sizeof(before));
	memset(&now, 0, sizeof(now));
	before.at_ns = 5000000000;
	now.at_ns = 7000000000;
	before.worker_count = now.worker_count = 2;
}

static void rates_are_per_second(void **state) {
	(void)state;
	clear();
	before.counter[STAT_RX_FRAMES] = 1000;
	now.counter[STAT_RX_FRAMES] = 1500;
	before.worker[1] = (struct top_worker){.busy_cycles = 100, .idle_cycles = 10, .frames = 1};
	now.worker[1] = (struct top_worker){.busy_cycles = 400, .idle_cycles = 110, .frames = 4};
	hist_add(&before.phase[PHASE_ACK], 5);
	hist_add(&now.phase[PHASE_ACK], 5);
	hist_add(&now.phase[PHASE_ACK], 9);
	top_between(&before, &before, &now, &figures);
	assert_true(figures.per_s[STAT_RX_FRAMES] == 250);
	assert_int_equal(figures.worker[1].busy_cycles, 300);
	assert_int_equal(figures.worker[1].idle_cycles, 100);
	assert_int_equal(figures.worker[1].frames, 3);
	assert_int_equal(figures.phase[PHASE_ACK].count, 1);
	assert_int_equal(figures.phase[PHASE_ACK].max, 9);
}

static void counters_that_go_back_begin_anew(void **state) {
	(void)state;
	clear();
	before.counter[STAT_TX_FRAMES] = 1000000;
	now.counter[STAT_TX_FRAMES] = 8;
	before.worker[0].busy_cycles = 99;
	now.worker[0].busy_cycles = 7;
	top_between(&before, &before, &now, &figures);
	assert_true(figures.per_s[STAT_TX_FRAMES] == 4);
	assert_int_equal(figures.worker[0].busy_cycles, 7);
}

static void another_process_does_not_go_on(void **state) {
	(void)state;
	clear();
	assert_true(top_sample_goes_on(&before, &now));
	now.writer_pid = 4;
	assert_false(top_sample_goes_on(&before, &now));
	now.writer_pid = 0;
	now.started_unix_ms = 1;
	assert_false(top_sample_goes_on(&before, &now));
}

static void drops_that_happen_come_first(void **state) {
	(void)state;
	clear();
	before.counter[STAT_RX_SHORT] = now.counter[STAT_RX_SHORT] = 1000;
	now.counter[STAT_DHCP_BOOTP] = 4;
	now.missed = 10;
	now.counter[STAT_DHCP_ACK] = 7; // no drop
	top_between(&before, &before, &now, &figures);
	assert_int_equal(figures.drop_count, 3);
	assert_string_equal(figures.drop[0].name, "RX_MISSED");
	assert_string_equal(figures.drop[1].name, "DHCP_BOOTP");
	assert_true(figures.drop[1].per_s == 2);
	assert_string_equal(figures.drop[2].name, "RX_SHORT");
	assert_int_equal(figures.drop[2].total, 1000);
}

// Every number as large as it gets, every name as long.
static void fill(void) {
	clear();
	figures.alive = true;
	figures.interval_s = figures.window_s = 1;
	figures.uptime_s = UINT32_MAX;
	figures.worker_count = ROUSE_MAX_WORKERS;
	figures.drop_count = TOP_DROPS;
	figures.transfer_count = TOP_TRANSFERS;
	figures.sessions = figures.session_room = UINT32_MAX;
	figures.degraded = true;
	for (int i = 0; i < STAT_COUNT; i++)
		figures.per_s[i] = 1.8e19;
	for (int i = 0; i < PHASE_COUNT; i++)
		hist_add(&figures.phase[i], UINT64_MAX / 2);
	for (int i = 0; i < TOP_DROPS; i++)
		figures.drop[i] = (struct top_drop){stat_info[i % STAT_COUNT].name,
			stat_info[i % STAT_COUNT].meaning, 1e19, UINT64_MAX};
	for (int i = 0; i < ROUSE_MAX_WORKERS; i++)
		figures.worker[i] = (struct top_worker){
			UINT64_MAX / 2, UINT64_MAX / 2, UINT64_MAX, UINT64_MAX, UINT64_MAX};
	for (int i = 0; i < TOP_TRANSFERS; i++) {
		struct top_transfer *t = &figures.transfer[i];

		t->session.size = t->bytes = t->bytes_per_s = UINT64_MAX;
		t->session.peer_address = UINT32_MAX;
		memset(t->host, 'h', sizeof(t->host) - 1);
		memset(t->file, 'f', sizeof(t->file) - 1);
		memset(t->why, 'w', sizeof(t->why) - 1);
	}
}

static void check_size(size_t width, size_t height) {
	char *text = NULL;
	size_t len, lines = 0;
	FILE *out = open_memstream(&text, &len);

	top_screen(&figures, width, height, false, out);
	fclose(out);
	for (char *at = text; *at; at = strchr(at, '\n') + 1, lines++)
		if ((size_t)(strchr(at, '\n') - at) > width)
			fail_msg("%zu x %zu: %.200s", width, height, at);
	if (lines > height)
		fail_msg("%zu x %zu: %zu lines", width, height, lines);
	free(text);
}

static void nothing_leaves_the_screen(void **state) {
	(void)state;
	fill();
	for (size_t width = 1; width < 300; width += 7)
		for (size_t height = 1; height < 90; height++)
			check_size(width, height);
	check_size(80, 24);
	figures.alive = false;
	memset(figures.trouble, 'x', sizeof(figures.trouble) - 1);
	for (size_t width = 1; width < 400; width++)
		check_size(width, 3);
}

static size_t lines_with(const char *text, const char *word) {
	size_t count = 0;

	for (; (text = strstr(text, word)); text++)
		count++;
	return count;
}

// 80 x 24 has every section, though all of them have more rows than that.
static void each_section_has_its_share(void **state) {
	char *text = NULL;
	size_t len;
	FILE *out;

	(void)state;
	fill();
	out = open_memstream(&text, &len);
	top_screen(&figures, 80, 24, false, out);
	fclose(out);
	assert_non_null(strstr(text, "\nPHASE"));
	assert_non_null(strstr(text, "\nWORKER"));
	assert_non_null(strstr(text, "DROPS/S"));
	assert_non_null(strstr(text, "\nSLOWEST"));
	assert_true(lines_with(text, "hhhhhhhhhhhhhhh ") >= 3);
	free(text);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_per_second),
		cmocka_unit_test(counters_that_go_back_begin_anew),
		cmocka_unit_test(another_process_does_not_go_on),
		cmocka_unit_test(drops_that_happen_come_first),
		cmocka_unit_test(nothing_leaves_the_screen),
		cmocka_unit_test(each_section_has_its_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
