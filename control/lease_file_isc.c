// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// dhcpd.leases(5) of ISC's server: "lease ADDRESS { statement; ... }", between other declarations,
// which are passed over. Statements end with a semicolon or with a block of their own, in braces.
// The server appends: of one address the last declaration counts.

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "lease_isc_words.h"

// What a declaration says beside its entry.
struct declaration {
	uint32_t line;
	bool bad; // why is set
	bool abandoned;
	struct span id;
	bool id_is_text;
};

// The first thing that is wrong is told; the rest of the declaration is read nevertheless.
static void bad(struct lease_file *file, struct declaration *declaration,
	const struct isc_token *token, const char *what) {
	if (declaration->bad)
		return;
	declaration->bad = true;
	declaration->line = token->line;
	lease_file_bad(file, token->text, what);
}

// Statements --------------------------------------------------------------------------------------

// "2026/11/26" and "22:00:00", UTC.
static bool parse_date(struct span date, struct span clock, int64_t *unix_s) {
	char text[32];
	struct tm tm = {0};
	int used = 0;

	if (date.len + clock.len + 2 > sizeof(text) || memchr(date.at, '\0', date.len) ||
		memchr(clock.at, '\0', clock.len))
		return false;
	snprintf(text, sizeof(text), "%.*s %.*s", (int)date.len, date.at, (int)clock.len, clock.at);
	if (sscanf(text, "%4d/%2d/%2d %2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		    &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 6 ||
		text[used])
		return false;
	if (tm.tm_year < 1970 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 ||
		tm.tm_mday > 31 || tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 ||
		tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*unix_s = timegm(&tm);
	if (*unix_s > LEASE_NEVER_UNIX_S) // a leap second
		*unix_s = LEASE_NEVER_UNIX_S;
	return true;
}

// "never", "epoch 1795600000" (db-time-format local) or "4 2026/11/26 22:00:00".
static bool parse_time(const struct isc_statement *s, int64_t *unix_s) {
	uint64_t seconds;

	if (s->count == 2 && isc_word_is(s, 1, "never")) {
		*unix_s = LEASE_NEVER_UNIX_S;
		return true;
	}
	if (s->count == 3 && isc_word_is(s, 1, "epoch") &&
		span_number(s->word[2].text, (uint64_t)LEASE_NEVER_UNIX_S, &seconds)) {
		*unix_s = (int64_t)seconds;
		return true;
	}
	return s->count == 4 && parse_date(s->word[2].text, s->word[3].text, unix_s);
}

static void read_starts(struct lease_file *file, const struct isc_statement *s,
	struct declaration *declaration, struct lease_entry *entry) {
	if (!parse_time(s, &entry->since_unix_s))
		bad(file, declaration, &s->last[1], "does not end a time of dhcpd.leases");
}

static void read_ends(struct lease_file *file, const struct isc_statement *s,
	struct declaration *declaration, struct lease_entry *entry) {
	if (!parse_time(s, &entry->expiry_unix_s))
		bad(file, declaration, &s->last[1], "does not end a time of dhcpd.leases");
}

// "binding state active". "next binding state" and "rewind binding state" are other statements.
static void read_binding(struct lease_file *file, const struct isc_statement *s,
	struct declaration *declaration, struct lease_entry *entry) {
	static const struct {
		const char *name;
		uint8_t state;
	} states[] = {
		{"active", LEASE_BOUND},
		{"free", LEASE_RELEASED},
		{"backup", LEASE_RELEASED}, // free, and the failover peer's to give
		{"expired", LEASE_RELEASED},
		{"released", LEASE_RELEASED},
		{"reset", LEASE_RELEASED},
		{"abandoned", LEASE_DECLINED},
	};

	for (size_t i = 0; s->count == 3 && i < sizeof(states) / sizeof(states[0]); i++) {
		if (!isc_word_is(s, 2, states[i].name))
			continue;
		entry->state = states[i].state;
		return;
	}
	bad(file, declaration, &s->last[1], "is not a binding state");
}

// Versions before 3.0 knew no binding states.
static void read_abandoned(struct lease_file *file, const struct isc_statement *s,
	struct declaration *declaration, struct lease_entry *entry) {
	(void)file, (void)s, (void)entry;
	declaration->abandoned = true;
}

// "hardware ethernet 52:54:00:00:01:01". The type of a machine without an address stands alone.
static void read_hardware(struct lease_file *file, const struct isc_statement *s,
	struct declaration *declaration, struct lease_entry *entry) {
	static const struct {
		const char *name;
		uint8_t htype;
	} types[] = {{"ethernet", 1}, {"token-ring", 6}, {"fddi", 8}, {"infiniband", 32}};
	int hlen = 0;

	entry->key = (struct lease_key){0}; // the last one counts, all of it
	if (s->count == 3)
		hlen = span_bytes(s->word[2].text, entry->key.bytes, LEASE_KEY_MAX);
	if (hlen < 0 || s->count > 3) {
		bad(file, declaration, &s->last[1], "is not a hardware address");
		return;
	}
	entry->key.hlen = (uint8_t)hlen;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (isc_word_is(s, 1, types[i].name))
			entry->key.htype = types[i].htype;
	if (hlen && !entry->key.htype)
		bad(file, declaration, &s->word[1], "is not a type of hardware");
}

static void read_uid(struct lease_file *file, const struct isc_statement *s,
	struct declaration *declaration, struct lease_entry *entry) {
	(void)file, (void)entry;
	declaration->id = s->last[1].text;
	declaration->id_is_text = s->last[1].kind == ISC_STRING;
}

static void read_hostname(struct lease_file *file, const struct isc_statement *s,
	struct declaration *declaration, struct lease_entry *entry) {
	char name[LEASE_HOSTNAME_MAX];

	(void)file, (void)declaration;
	lease_entry_hostname(entry, name, isc_unescape(s->last[1].text, name, sizeof(name)));
}

static const struct {
	const char *word;
	void (*read)(struct lease_file *file, const struct isc_statement *s,
		struct declaration *declaration, struct lease_entry *entry);
} statements[] = {
	{"starts", read_starts},
	{"ends", read_ends},
	{"binding", read_binding},
	{"abandoned", read_abandoned},
	{"hardware", read_hardware},
	{"uid", read_uid},
	{"client-hostname", read_hostname},
};

static void interpret(struct lease_file *file, const struct isc_statement *s,
	struct declaration *declaration, struct lease_entry *entry) {
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (isc_word_is(s, 0, statements[i].word))
			statements[i].read(file, s, declaration, entry);
}

// Declarations ------------------------------------------------------------------------------------

// Reads to the closing brace. One that is missing, because a server died while it wrote, ends
// before the next lease.
static void read_body(struct lease_file *file, const struct isc_token *address,
	struct declaration *declaration, struct lease_entry *entry) {
	struct isc_statement s;

	for (;;) {
		isc_read_statement(file, &s);
		if (s.end == ISC_END || isc_begins_lease(&s)) {
			bad(file, declaration, address, "is a lease without its closing brace");
			if (s.end == ISC_OPEN) {
				file->at = s.last[0].text.at;
				file->line = s.last[0].line;
			}
			return;
		}
		if (s.end == ISC_CLOSE)
			return;
		if (s.end == ISC_OPEN)
			isc_skip_block(file);
		else
			interpret(file, &s, declaration, entry);
	}
}

static void identify(struct lease_file *file, const struct isc_token *address,
	struct declaration *declaration, struct lease_entry *entry) {
	uint8_t id[255];
	int len = 0;

	if (entry->key.hlen)
		return;
	if (declaration->id_is_text)
		len = (int)isc_unescape(declaration->id, (char *)id, sizeof(id));
	else
		len = span_bytes(declaration->id, id, sizeof(id));
	entry->key = len > 0 ? lease_key_of_id(id, (size_t)len) : (struct lease_key){0};
	if (len < 0)
		bad(file, declaration, address, "has a uid that is none");
	else if (!len && entry->state == LEASE_BOUND)
		bad(file, declaration, address,
			"is leased to nobody: hardware and uid are missing");
}

static int read_lease(
	struct lease_file *file, const struct isc_token *address, struct lease_entry *entry) {
	struct declaration declaration = {.line = address->line, .id = {"", 0}};

	entry->state = LEASE_BOUND;
	if (!span_ip(address->text, &entry->address))
		bad(file, &declaration, address, "is not an IPv4 address");
	read_body(file, address, &declaration, entry);
	if (declaration.abandoned)
		entry->state = LEASE_DECLINED;
	if (entry->since_unix_s >= LEASE_NEVER_UNIX_S)
		entry->since_unix_s = 0;
	identify(file, address, &declaration, entry);
	file->entry_line = declaration.line;
	return declaration.bad ? -EINVAL : 1;
}

int lease_file_next_isc(struct lease_file *file, struct lease_entry *entry) {
	struct isc_statement s;

	for (;;) {
		isc_read_statement(file, &s);
		if (isc_begins_lease(&s))
			return read_lease(file, &s.last[1], entry);
		if (s.end == ISC_OPEN) {
			isc_skip_block(file);
			file->passed_over++;
		} else if (s.end == ISC_CLOSE || (s.end == ISC_END && s.count)) {
			file->entry_line = file->line;
			return lease_file_bad(file,
				s.count ? s.last[1].text : (struct span){"}", 1},
				"is not the end of a declaration of dhcpd.leases");
		} else if (s.end == ISC_END) {
			return 0;
		}
	}
}

// Writing -----------------------------------------------------------------------------------------

static size_t put_time(char *out, const char *word, int64_t unix_s) {
	time_t seconds = unix_s;
	struct tm tm;

	if (unix_s >= LEASE_NEVER_UNIX_S)
		return (size_t)sprintf(out, "  %s never;\n", word);
	gmtime_r(&seconds, &tm);
	return (size_t)sprintf(out, "  %s %d %04d/%02d/%02d %02d:%02d:%02d;\n", word, tm.tm_wday,
		tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static size_t put_hardware(char *out, const struct lease_key *key) {
	const char *type = key->htype == 1    ? "ethernet"
			   : key->htype == 6  ? "token-ring"
			   : key->htype == 8  ? "fddi"
			   : key->htype == 32 ? "infiniband"
					      : NULL;
	char text[LEASE_KEY_TEXT_SIZE];

	if (!key->hlen || !type)
		return 0;
	return (size_t)sprintf(out, "  hardware %s %s;\n", type, lease_key_text(key, text));
}

static size_t put_hostname(char *out, const struct lease_entry *entry) {
	size_t used = (size_t)sprintf(out, "  client-hostname \"");

	for (size_t i = 0; i < entry->hostname_len; i++) {
		uint8_t byte = (uint8_t)entry->hostname[i];
		bool plain = byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\';

		used += (size_t)sprintf(out + used, plain ? "%c" : "\\%03o", byte);
	}
	return used + (size_t)sprintf(out + used, "\";\n");
}

size_t lease_file_write_isc(const struct lease_entry *entry, char *out) {
	const char *state = entry->state == LEASE_DECLINED ? "abandoned"
			    : entry->state == LEASE_BOUND  ? "active"
							   : "free";
	char ip[TEXT_IP_SIZE];
	size_t used = (size_t)sprintf(out, "lease %s {\n", text_ip(entry->address, ip));
	size_t hardware;

	used += put_time(out + used, "starts", entry->since_unix_s);
	used += put_time(out + used, "ends", entry->expiry_unix_s);
	used += (size_t)sprintf(
		out + used, "  binding state %s;\n  next binding state free;\n", state);
	hardware = put_hardware(out + used, &entry->key);
	if (!hardware && entry->key.hlen)
		return 0;
	used += hardware;
	if (entry->hostname_len)
		used += put_hostname(out + used, entry);
	return used + (size_t)sprintf(out + used, "}\n");
}
