// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse hosts import: machines of a table, or of dnsmasq's configuration, become entries of hosts:,
// all or none.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cmd_config.h"
#include "cli/cmd_hosts.h"
#include "cli/cmd_reload.h"
#include "cli/instance.h"
#include "cli/output.h"
#include "config_file.h"
#include "host_csv.h"
#include "host_dnsmasq.h"

// One run of the command.
struct run {
	const struct cli_args *args;
	const char *path;
	bool dnsmasq;
	struct host_list *list;
	const char *config_path;
	char *config_text;
	size_t config_len;
	struct config *config; // as it is
	char *edited;          // as it is to be
	bool written;
};

// Reading -----------------------------------------------------------------------------------------

static ssize_t read_all(int fd, char *text, size_t size) {
	size_t len = 0;
	ssize_t got;

	while (len < size && (got = read(fd, text + len, size - len)) != 0) {
		if (got < 0 && errno != EINTR)
			return -errno;
		len += got > 0 ? (size_t)got : 0;
	}
	return (ssize_t)len;
}

static void parse(struct run *run, const char *text, size_t len) {
	if (run->dnsmasq)
		host_dnsmasq_read(run->list, text, len, cli_flag(run->args, "role-from-tag"));
	else
		host_csv_read(run->list, text, len);
}

static int read_hosts(struct run *run) {
	bool is_stdin = !strcmp(run->path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(run->path, O_RDONLY | O_CLOEXEC);
	char *text = mem_alloc(HOST_LIST_SIZE_MAX + 1);
	ssize_t len = fd < 0 ? -errno : read_all(fd, text, HOST_LIST_SIZE_MAX + 1);

	if (fd >= 0 && !is_stdin)
		close(fd);
	if (len < 0)
		cli_error("cannot read %s: %s", run->path, strerror((int)-len));
	else if ((size_t)len > HOST_LIST_SIZE_MAX)
		cli_error(
			"%s is larger than %u MiB: divide it", run->path, HOST_LIST_SIZE_MAX >> 20);
	else
		parse(run, text, (size_t)len);
	free(text);
	return len < 0 || (size_t)len > HOST_LIST_SIZE_MAX ? CLI_FAILED : CLI_OK;
}

static void print_error(const struct run *run, const struct config_error *error) {
	char line[512];

	config_error_print(error, run->config_path, line, sizeof(line));
	fprintf(stderr, "%s\n", line);
}

static int read_config(struct run *run) {
	static struct config_errors errors;
	char why[256] = "";

	run->config_text = config_file_read(run->config_path, &run->config_len, why);
	if (!run->config_text) {
		cli_error("%s", why);
		return CLI_FAILED;
	}
	run->config = config_parse(run->config_text, run->config_len, &errors);
	for (size_t i = 0; i < errors.count && i < CONFIG_ERRORS_MAX; i++)
		print_error(run, &errors.list[i]);
	return run->config ? CLI_OK : CLI_FAILED;
}

// What becomes of it
// --------------------------------------------------------------------------------

// What the configuration says to the new hosts: of each with its line in the table.
static void note_errors(struct run *run, const struct config_errors *errors) {
	for (size_t i = 0; i < errors->count && i < CONFIG_ERRORS_MAX; i++) {
		const struct config_error *error = &errors->list[i];

		if (error->line >= CONFIG_EDIT_NEW)
			host_list_note(run->list, run->list->lines[error->line - CONFIG_EDIT_NEW],
				true, "%s: %s", error->key, error->text);
		else
			print_error(run, error);
	}
}

static int edit(struct run *run) {
	static struct config_errors errors;

	host_list_check(run->list, run->config);
	if (run->list->bad_count || !run->list->count)
		return CLI_OK;
	run->edited = config_edit_add_hosts(
		run->config_text, run->config_len, run->list->hosts, run->list->count, &errors);
	if (!run->edited)
		note_errors(run, &errors);
	return CLI_OK;
}

static void print_notes(const struct run *run) {
	const struct host_list *list = run->list;

	for (size_t i = 0; i < list->note_count && i < HOST_NOTES_MAX; i++)
		fprintf(stderr, "%s:%u: %s%s\n", run->path, list->notes[i].line,
			list->notes[i].bad ? "" : "note: ", list->notes[i].text);
	if (list->note_count > HOST_NOTES_MAX)
		fprintf(stderr, "%s: %zu more\n", run->path, list->note_count - HOST_NOTES_MAX);
}

static json_t *notes_json(const struct host_list *list) {
	json_t *notes = json_array();

	for (size_t i = 0; i < list->note_count && i < HOST_NOTES_MAX; i++)
		json_array_append_new(
			notes, json_pack("{s:I, s:b, s:s}", "line", (json_int_t)list->notes[i].line,
				       "error", list->notes[i].bad, "text", list->notes[i].text));
	return notes;
}

static void print_json(const struct run *run, int rc) {
	output_json(json_pack("{s:s, s:s, s:b, s:b, s:I, s:I, s:I, s:I, s:o}", "file", run->path,
		"config", run->config_path, "ok", rc == CLI_OK, "written", run->written, "hosts",
		(json_int_t)run->list->count, "errors", (json_int_t)run->list->bad_count,
		"notes_count", (json_int_t)run->list->note_count, "passed_over",
		(json_int_t)run->list->passed_over, "notes", notes_json(run->list)));
}

// Writing -----------------------------------------------------------------------------------------

static const char *plural(const struct run *run) {
	return run->list->count == 1 ? "" : "s";
}

// False: not wanted.
static bool ask(const struct run *run) {
	char answer[16];

	if (cli_flag(run->args, "yes"))
		return true;
	if (!isatty(STDIN_FILENO)) {
		cli_error("%zu host%s would be added to %s: say so with --yes, or look first with "
			  "--dry-run",
			run->list->count, plural(run), run->config_path);
		return false;
	}
	fprintf(stderr, "add %zu host%s to %s? [y/N] ", run->list->count, plural(run),
		run->config_path);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int reload(struct run *run) {
	struct instance instance = {0};
	enum state_health health;
	uint64_t age_ms, pid;
	bool runs;

	if (cli_flag(run->args, "no-reload"))
		return CLI_OK;
	snprintf(
		instance.runtime_dir, sizeof(instance.runtime_dir), "%s", run->config->runtime_dir);
	runs = instance_health(
		       &instance, "control", ROUSE_REGION_CONTROL, &health, &age_ms, &pid) == 0 &&
	       health == STATE_ALIVE;
	if (runs)
		return cmd_reload_written(instance.runtime_dir);
	fprintf(stderr, "rouse-control does not run: it takes them when it starts\n");
	return CLI_OK;
}

static int write_config(struct run *run) {
	int rc = config_file_replace(run->config_path, run->edited, strlen(run->edited));

	if (rc < 0) {
		cli_error("%s: %s", run->config_path, strerror(-rc));
		return CLI_FAILED;
	}
	run->written = true;
	return reload(run);
}

static int judge(struct run *run) {
	if (!run->edited && run->list->count + run->list->bad_count == 0) {
		cli_error("%s has no machine that can be taken over", run->path);
		return CLI_FAILED;
	}
	if (!run->edited) {
		cli_error("nothing was written: mend %s first", run->path);
		return CLI_FAILED;
	}
	if (cli_flag(run->args, "dry-run"))
		return CLI_OK;
	return ask(run) ? write_config(run) : CLI_FAILED;
}

static int import(struct run *run) {
	int rc = read_config(run);

	if (rc == CLI_OK)
		rc = read_hosts(run);
	if (rc == CLI_OK)
		rc = edit(run);
	if (rc != CLI_OK)
		return rc;
	host_list_sort_notes(run->list);
	if (!cli_flag(run->args, "json"))
		print_notes(run);
	rc = judge(run);
	if (cli_flag(run->args, "json"))
		print_json(run, rc);
	else if (rc == CLI_OK)
		printf("%zu host%s %s %s\n", run->list->count, plural(run),
			run->written ? "added to" : "would be added to", run->config_path);
	return rc;
}

static bool choose_format(struct run *run) {
	const char *format = cli_value(run->args, "format");
	size_t len = strlen(run->path);

	run->dnsmasq = format ? !strcmp(format, "dnsmasq")
			      : len > 5 && !strcmp(run->path + len - 5, ".conf");
	if (format && !run->dnsmasq && strcmp(format, "csv") != 0)
		cli_error("--format: \"%s\" is neither csv nor dnsmasq", format);
	else if (!run->dnsmasq && cli_flag(run->args, "role-from-tag"))
		cli_error("--role-from-tag is for dnsmasq's lines: a table has a column role");
	else
		return true;
	return false;
}

int cmd_hosts_import(const struct cli_args *args) {
	struct run run = {
		.args = args, .path = args->operand[1], .config_path = cmd_config_path(args)};
	int rc;

	if (!choose_format(&run))
		return CLI_USAGE;
	run.list = host_list_new();
	rc = import(&run);
	host_list_free(run.list);
	config_free(run.config);
	free(run.config_text);
	free(run.edited);
	return rc;
}
