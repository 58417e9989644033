// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// strftime and strptime would follow the locale.

#include "http_date.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

char *http_date_format(int64_t unix_s, char out[HTTP_DATE_SIZE]) {
	time_t seconds = (time_t)unix_s;
	struct tm tm;

	// A year that has no four digits: a file system's nonsense.
	if (!gmtime_r(&seconds, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900) {
		seconds = 0;
		gmtime_r(&seconds, &tm);
	}
	snprintf(out, HTTP_DATE_SIZE, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
		days + 3 * tm.tm_wday, (unsigned)tm.tm_mday % 32, months + 3 * tm.tm_mon,
		(unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 24,
		(unsigned)tm.tm_min % 60, (unsigned)tm.tm_sec % 61);
	return out;
}

static int month_of(const char name[4]) {
	const char *found = strlen(name) == 3 ? strstr(months, name) : NULL;

	return found && (found - months) % 3 == 0 ? (int)(found - months) / 3 : -1;
}

// RFC 850's years have two digits; one that seems to lie far ahead is of the last century.
static int full_year(int year) {
	return year >= 100 ? year : year < 70 ? year + 2000 : year + 1900;
}

static bool read_fields(const char *text, struct tm *tm, char month[4]) {
	const char *comma = strchr(text, ',');
	int used = 0;

	if (!comma) // asctime: "Sun Nov  6 08:49:37 1994"
		return sscanf(text, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", month,
			       &tm->tm_mday, &tm->tm_hour, &tm->tm_min, &tm->tm_sec, &tm->tm_year,
			       &used) == 6 &&
		       !text[used];
	// The same with blanks, or with RFC 850's dashes.
	return sscanf(comma, ", %2d%*1[ -]%3[A-Za-z]%*1[ -]%4d %2d:%2d:%2d GMT%n", &tm->tm_mday,
		       month, &tm->tm_year, &tm->tm_hour, &tm->tm_min, &tm->tm_sec, &used) == 6 &&
	       used && !comma[used];
}

static bool in_bounds(const struct tm *tm) {
	return tm->tm_mday >= 1 && tm->tm_mday <= 31 && tm->tm_hour >= 0 && tm->tm_hour <= 23 &&
	       tm->tm_min >= 0 && tm->tm_min <= 59 && tm->tm_sec >= 0 && tm->tm_sec <= 60 &&
	       tm->tm_year >= 0;
}

int http_date_parse(const char *text, int64_t *unix_s) {
	struct tm tm = {0};
	char month[4];

	if (!read_fields(text, &tm, month) || !in_bounds(&tm))
		return -EINVAL;
	tm.tm_mon = month_of(month);
	if (tm.tm_mon < 0)
		return -EINVAL;
	tm.tm_year = full_year(tm.tm_year) - 1900;
	*unix_s = timegm(&tm);
	return 0;
}
