// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse leases import: takes over the leases of another server, all or none, and tells what became
// of each.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cmd_config.h"
#include "cli/cmd_leases.h"
#include "cli/lease_journal.h"
#include "cli/output.h"
#include "lease_file.h"
#include "text.h"

#define FILE_MAX   (1ull << 32)
#define TOLD_LINES 20u // of each kind; more are only counted

static const struct {
	const char *name; // in JSON
	const char *text;
} verdicts[LEASE_IMPORT_VERDICTS] = {
	[LEASE_IMPORT_KEPT] = {"kept", "kept"},
	[LEASE_IMPORT_CONFLICT] = {"conflicts",
		"kept, though the address is reserved for another machine, which waits"},
	[LEASE_IMPORT_QUARANTINED] = {"quarantined", "addresses in quarantine"},
	[LEASE_IMPORT_ENDED] = {"ended", "ended; their machines find their addresses again"},
	[LEASE_IMPORT_FORGOTTEN] = {"forgotten", "ended long ago, nobody's"},
	[LEASE_IMPORT_RESERVED] = {"reserved",
		"not needed: the address is reserved for its machine"},
	[LEASE_IMPORT_OUTSIDE] = {"outside_of_pools", "left out: in no pool of the configuration"},
	[LEASE_IMPORT_KNOWN] = {"known", "known already, with as late an end"},
	[LEASE_IMPORT_TAKEN] = {"taken", "left out: another machine has the address now"},
};

// One run of the command.
struct run {
	const struct cli_args *args;
	enum lease_format format;
	const char *path;
	char *text;
	size_t len;
	struct config *config;
	struct policy policy;
	void *policy_memory;
	struct lease_set file; // lsn is the line
	struct lease_journal journal;
	struct lease_import import;
	struct journal_record *records; // to be written
	uint32_t record_count;
	uint64_t running;
	uint64_t bad;
	uint64_t passed_over;
	uint64_t count[LEASE_IMPORT_VERDICTS];
	json_t *notes; // with --json: {line, text}
};

// Tells of one line: at once on stderr, or in the JSON at the end.
static void note(struct run *run, uint64_t number, uint64_t line, const char *text) {
	if (run->notes && number <= TOLD_LINES)
		json_array_append_new(run->notes,
			json_pack("{s:I, s:s}", "line", (json_int_t)line, "text", text));
	else if (number <= TOLD_LINES)
		fprintf(stderr, "%s:%llu: %s\n", run->path, (unsigned long long)line, text);
}

// Reading -----------------------------------------------------------------------------------------

static int read_all(int fd, char **text, size_t *len) {
	size_t size = 1u << 20;
	ssize_t got;

	*text = mem_alloc(size);
	while ((got = read(fd, *text + *len, size - *len)) > 0) {
		*len += (size_t)got;
		if (*len == FILE_MAX)
			return -EFBIG;
		if (*len == size)
			*text = mem_resize(*text, size *= 2);
	}
	return got < 0 ? -errno : 0;
}

static int load(struct run *run) {
	bool is_stdin = !strcmp(run->path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(run->path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : read_all(fd, &run->text, &run->len);

	if (fd >= 0 && !is_stdin)
		close(fd);
	if (err)
		cli_error("cannot read %s: %s", run->path, strerror(-err));
	return err ? CLI_FAILED : CLI_OK;
}

static int parse(struct run *run) {
	struct lease_entry entry;
	struct lease_file file;
	int rc;

	lease_file_begin(&file, run->format, run->text, run->len, run->import.now_unix_s);
	while ((rc = lease_file_next(&file, &entry))) {
		struct journal_record record;

		if (rc < 0) {
			note(run, ++run->bad, file.entry_line, file.why);
			continue;
		}
		record = lease_import_record(&run->import, &entry, file.entry_line);
		lease_set_put(&run->file, &record);
	}
	run->passed_over = file.passed_over;
	if (!run->bad || cli_flag(run->args, "skip-bad"))
		return CLI_OK;
	cli_error("%llu entries of %s cannot be read, nothing was imported: mend them, or leave "
		  "them out with --skip-bad",
		(unsigned long long)run->bad, run->path);
	return CLI_FAILED;
}

// Judging -----------------------------------------------------------------------------------------

static void tell_conflict(
	struct run *run, enum lease_import_verdict verdict, const struct journal_record *record) {
	const struct policy_host *host = policy_host_by_address(&run->policy, record->address);
	char ip[TEXT_IP_SIZE], text[400];

	text_ip(record->address, ip);
	if (verdict == LEASE_IMPORT_CONFLICT)
		snprintf(text, sizeof(text),
			"%s is reserved for %.*s, which gets it when this lease ends", ip,
			(int)host->name.len, policy_text(&run->policy, host->name));
	else
		snprintf(text, sizeof(text),
			"%s has been leased to another machine since: this one gets another "
			"address",
			ip);
	note(run, run->count[verdict], record->lsn, text);
}

static void judge(struct run *run) {
	const struct journal_mirror *leases = &run->file.mirror;

	run->records = mem_alloc((size_t)leases->count * sizeof(*run->records));
	for (uint32_t i = 0; i < leases->count; i++) {
		const struct journal_record *record = &leases->records[i];
		enum lease_import_verdict verdict = lease_import_judge(&run->import, record);

		run->count[verdict]++;
		if (verdict == LEASE_IMPORT_CONFLICT || verdict == LEASE_IMPORT_TAKEN)
			tell_conflict(run, verdict, record);
		if (!lease_import_writes(verdict))
			continue;
		run->records[run->record_count++] = *record;
		run->running += verdict != LEASE_IMPORT_ENDED;
	}
}

// What runs in the journal and is not replaced counts, too.
static int check_room(struct run *run) {
	const struct journal_mirror *known = &run->journal.known.mirror;
	uint32_t room = config_lease_table(run->config);
	uint64_t running = run->running;

	for (uint32_t i = 0; i < known->count; i++)
		running += lease_import_runs(&run->import, &known->records[i]) &&
			   !lease_set_find(&run->file, known->records[i].address);
	if (running <= room)
		return CLI_OK;
	cli_error("%llu leases run, but there is room for %u: set max_leases in the configuration",
		(unsigned long long)running, room);
	return CLI_FAILED;
}

// Telling -----------------------------------------------------------------------------------------

static void print_text(const struct run *run) {
	printf("%s: %u leases%s\n", run->path, run->file.mirror.count,
		cli_flag(run->args, "dry-run") ? ", nothing was written (--dry-run)" : "");
	for (int i = 0; i < LEASE_IMPORT_VERDICTS; i++)
		if (run->count[i] || i == LEASE_IMPORT_KEPT)
			printf("%10llu  %s\n", (unsigned long long)run->count[i], verdicts[i].text);
	if (run->passed_over)
		printf("%10llu  entries that are no DHCPv4 leases, passed over\n",
			(unsigned long long)run->passed_over);
	if (run->bad)
		printf("%10llu  entries that cannot be read, left out\n",
			(unsigned long long)run->bad);
}

static void print_json(struct run *run, int rc) {
	json_t *object = json_pack("{s:s, s:b, s:b, s:I, s:I, s:I, s:O}", "file", run->path, "ok",
		rc == CLI_OK, "dry_run", cli_flag(run->args, "dry-run"), "leases",
		(json_int_t)run->file.mirror.count, "bad", (json_int_t)run->bad, "passed_over",
		(json_int_t)run->passed_over, "notes", run->notes);

	for (int i = 0; i < LEASE_IMPORT_VERDICTS; i++)
		json_object_set_new(
			object, verdicts[i].name, json_integer((json_int_t)run->count[i]));
	output_json(object);
}

// In order ----------------------------------------------------------------------------------------

// The file is read before root's rights are given up, which lease_journal_open does.
static int import(struct run *run) {
	bool dry = cli_flag(run->args, "dry-run");
	int rc = load(run);

	if (rc == CLI_OK)
		rc = parse(run);
	if (rc == CLI_OK)
		rc = lease_journal_open(&run->journal, run->config, !dry);
	if (rc != CLI_OK)
		return rc;
	judge(run);
	rc = check_room(run);
	if (rc == CLI_OK && !dry && run->record_count)
		rc = lease_journal_import(&run->journal, run->records, run->record_count);
	lease_journal_close(&run->journal);
	return rc;
}

static int import_with_config(struct run *run) {
	int rc;

	run->config = cmd_load_config(run->args);
	if (!run->config || !cmd_build_policy(run->config, &run->policy, &run->policy_memory))
		return CLI_FAILED;
	run->import.policy = &run->policy;
	run->import.known = &run->journal.known;
	run->import.now_unix_s = time(NULL);
	if (cli_flag(run->args, "json"))
		run->notes = json_array();
	rc = import(run);
	if (run->notes)
		print_json(run, rc);
	else if (rc == CLI_OK)
		print_text(run);
	return rc;
}

int cmd_leases_import(const struct cli_args *args) {
	struct run run = {.args = args, .format = LEASE_FORMAT_COUNT};
	int rc;

	if (args->operand_count > 1)
		run.format = lease_format_of(args->operand[1]);
	if (args->operand_count != 3 || run.format == LEASE_FORMAT_COUNT) {
		cli_error("import needs a format, dnsmasq, isc or kea, and a file");
		return CLI_USAGE;
	}
	run.path = args->operand[2];
	rc = import_with_config(&run);
	lease_set_free(&run.file);
	config_free(run.config);
	json_decref(run.notes);
	free(run.policy_memory);
	free(run.records);
	free(run.text);
	return rc;
}
