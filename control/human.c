// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "human.h"

#include <stdio.h>
#include <time.h>

static char *scale(double value, double step, const char *const *units, char out[HUMAN_SIZE]) {
	size_t unit = 0;

	for (; value >= step - 0.5; unit++)
		value /= step;
	snprintf(out, HUMAN_SIZE, "%.*f %s", unit && value < 9.95 ? 1 : 0, value, units[unit]);
	return out;
}

char *human_bytes(uint64_t bytes, char out[HUMAN_SIZE]) {
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

	return scale((double)bytes, 1000, units, out);
}

char *human_memory(uint64_t bytes, char out[HUMAN_SIZE]) {
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

	return scale((double)bytes, 1024, units, out);
}

char *human_duration(uint64_t seconds, char out[HUMAN_SIZE]) {
	unsigned long long days = seconds / 86400, hours = seconds / 3600 % 24;
	unsigned long long minutes = seconds / 60 % 60, rest = seconds % 60;

	if (days && hours)
		snprintf(out, HUMAN_SIZE, "%llu d %llu h", days, hours);
	else if (days)
		snprintf(out, HUMAN_SIZE, "%llu d", days);
	else if (hours && minutes)
		snprintf(out, HUMAN_SIZE, "%llu h %llu min", hours, minutes);
	else if (hours)
		snprintf(out, HUMAN_SIZE, "%llu h", hours);
	else if (minutes && rest)
		snprintf(out, HUMAN_SIZE, "%llu min %llu s", minutes, rest);
	else if (minutes)
		snprintf(out, HUMAN_SIZE, "%llu min", minutes);
	else
		snprintf(out, HUMAN_SIZE, "%llu s", rest);
	return out;
}

char *human_ms(uint64_t ms, char out[HUMAN_SIZE]) {
	if (ms < 10000)
		snprintf(out, HUMAN_SIZE, "%llu.%llu s", (unsigned long long)ms / 1000,
			(unsigned long long)ms % 1000 / 100);
	else
		human_duration(ms / 1000, out);
	return out;
}

char *human_time(int64_t unix_s, char out[HUMAN_SIZE]) {
	time_t time = (time_t)unix_s;
	struct tm tm;

	if (!localtime_r(&time, &tm) || !strftime(out, HUMAN_SIZE, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(out, HUMAN_SIZE, "%lld", (long long)unix_s);
	return out;
}
