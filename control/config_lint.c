// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "config_lint.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config_lint_internal.h"
#include "template.h"
#include "template_dir.h"

// --- files of profiles

static void check_file(struct lint *lint, int root, const struct config_profile *profile,
	uint32_t line, const char *key, const char *path) {
	char place[96];

	// With a variable, or a URL, there is no telling.
	if (!path || strstr(path, "{{") || strstr(path, "://"))
		return;
	if (faccessat(root, path, F_OK, 0) == 0)
		return;
	snprintf(place, sizeof(place), "profiles[%.40s].%s", profile->name, key);
	config_error_add(
		lint->notes, line, place, "%s is not in %s", path, lint->config->boot_root);
}

static void check_load(struct lint *lint, int root, const struct config_profile *profile,
	uint32_t line, const struct config_load *load) {
	check_file(lint, root, profile, line, "kernel", load->kernel);
	check_file(lint, root, profile, line, "efi", load->efi);
	check_file(lint, root, profile, line, "script", load->script);
	check_file(lint, root, profile, line, "wimboot", load->wimboot);
	for (uint32_t i = 0; i < load->initrd.count; i++)
		check_file(lint, root, profile, line, "initrd", load->initrd.list[i]);
	for (uint32_t i = 0; i < load->files.count; i++)
		check_file(lint, root, profile, line, "files", load->files.list[i]);
}

// What loaders ask for, and get rendered, unless a file has the name.
static void check_own_texts(struct lint *lint, int root) {
	static const char *const names[] = {
		"boot.ipxe", "autoexec.ipxe", "pxelinux.cfg/default", "grub/grub.cfg"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (faccessat(root, names[i], F_OK, 0) == 0)
			config_error_add(lint->notes, 0, "boot_root",
				"%s/%s is served in place of what the profiles say: take it away, "
				"or call it otherwise",
				lint->config->boot_root, names[i]);
}

static void check_files(struct lint *lint) {
	const struct config *config = lint->config;
	int root = open(config->boot_root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0) {
		config_error_add(lint->notes, 0, "boot_root", "%s cannot be read: %s",
			config->boot_root, strerror(errno));
		return;
	}
	check_own_texts(lint, root);
	for (uint32_t i = 0; i < config->brain.profile_count; i++) {
		const struct config_profile *profile = &config->brain.profiles[i];

		// Those that come with Rouse are offered only where their files are.
		if (!profile->line)
			continue;
		check_load(lint, root, profile, profile->line, &profile->load);
		for (uint32_t k = 0; k < profile->variant_count; k++)
			check_load(lint, root, profile, profile->variants[k].line,
				&profile->variants[k].load);
	}
	close(root);
}

// --- texts with variables

// One text, or template, that is looked at.
struct text {
	struct lint *lint;
	const struct config_profile *profile; // whose machines get it in the clear; NULL: nobody's
	uint32_t line;                        // of the configuration; 0: of the template
	const char *place;                    // for the errors
	const char *key;                      // of the profile; NULL: it is a template
	struct lint_scope *scope;             // of look_for_secrets
};

static size_t first_word(const struct template_tag *tag) {
	const char *dot = memchr(tag->name, '.', tag->len);

	return dot ? (size_t)(dot - tag->name) : tag->len;
}

static void refuse_secret(struct text *text, const struct template_tag *tag, uint32_t secret) {
	if (text->key)
		config_error_add(text->lint->errors, text->line, text->place,
			"{{%.*s}} is a secret (line %u), and everybody can read %s", (int)tag->len,
			tag->name, secret,
			strcmp(text->key, "cmdline") ? "the name of a file" : "a command line");
	else
		config_error_add(text->lint->errors, text->line, text->place,
			"%s:%u: {{%.*s}} is a secret (line %u), but this profile's machines fetch "
			"it by plain HTTP: write fetch: https",
			tag->template_name, tag->line, (int)tag->len, tag->name, secret);
}

static void look_for_secrets(void *context, const struct template_tag *tag) {
	struct text *text = context;
	uint32_t secret = config_lint_secret(text->scope, tag);

	if (secret)
		refuse_secret(text, tag, secret);
}

static void look_for_unset(void *context, const struct template_tag *tag) {
	struct text *text = context;
	size_t len = first_word(tag);

	if (tag->kind != TEMPLATE_VARIABLE || !len || vars_name_is_reserved(tag->name, len) ||
		config_lint_is_set(text->lint->config, tag->name, len))
		return;
	config_error_add(text->lint->notes, text->line, text->place,
		"%s:%u: no vars: sets {{%.*s}}", tag->template_name, tag->line, (int)tag->len,
		tag->name);
}

static int check_text(struct text *text, const char *name, const char *words, size_t len,
	void (*tell)(void *context, const struct template_tag *tag),
	char error[TEMPLATE_ERROR_SIZE]) {
	struct template_input input = {.name = name, .text = words, .len = len};

	if (!text->key) {
		input.load = template_dir_load;
		input.load_context = &text->lint->template_fd;
	}
	return template_check(&input, tell, text, error);
}

static int check_secrets(struct text *text, const char *name, const char *words, size_t len,
	char error[TEMPLATE_ERROR_SIZE]) {
	struct lint_scope scope = {.lint = text->lint, .profile = text->profile};
	int rc;

	text->scope = &scope;
	rc = check_text(text, name, words, len, look_for_secrets, error);
	config_lint_scope_end(&scope);
	return rc;
}

// What of a profile is filled with variables.
static void check_words(struct lint *lint, const struct config_profile *profile, uint32_t line,
	const char *key, const char *words) {
	struct text text = {.lint = lint, .profile = profile, .line = line, .key = key};
	char place[96], error[TEMPLATE_ERROR_SIZE];

	snprintf(place, sizeof(place), "profiles[%.40s].%s", profile->name, key);
	text.place = place;
	if (check_secrets(&text, key, words, strlen(words), error) < 0)
		config_error_add(lint->errors, line, place, "%s", error);
	else
		check_text(&text, key, words, strlen(words), look_for_unset, error);
}

// --- command lines, the templates that they name, and names of files

static void check_fetched(
	struct lint *lint, const struct config_profile *profile, uint32_t line, const char *name) {
	struct text text = {.lint = lint, .profile = profile, .line = line};
	char place[96], error[TEMPLATE_ERROR_SIZE];
	struct arena arena = {0};
	const char *words;
	size_t len;
	int rc = template_dir_read(lint->template_fd, name, &arena, &words, &len);

	snprintf(place, sizeof(place), "profiles[%.40s].cmdline", profile->name);
	text.place = place;
	if (rc < 0)
		config_error_add(lint->notes, line, place, "template %s: %s", name, strerror(-rc));
	else if (profile->fetch != CONFIG_FETCH_HTTPS && lint->config->http.port)
		// What is wrong with it is told once, with all templates.
		check_secrets(&text, name, words, len, error);
	arena_free(&arena);
}

// What cloud-init asks for below a URL that ends with a slash.
static void check_seed(struct lint *lint, const struct config_profile *profile, uint32_t line,
	const char *directory) {
	static const char *const files[] = {"user-data", "meta-data"};
	char name[TEMPLATE_NAME_MAX + 16];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", directory, files[i]);
		check_fetched(lint, profile, line, name);
	}
}

// "{{template.url}}/preseed.cfg", with blanks and braces as one likes.
static void check_urls(struct lint *lint, const struct config_profile *profile, uint32_t line,
	const char *cmdline) {
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
	char name[TEMPLATE_NAME_MAX + 1];

	while ((cmdline = strstr(cmdline, "template.url"))) {
		size_t len;

		cmdline += strlen("template.url");
		cmdline += strspn(cmdline, " }");
		if (*cmdline != '/')
			continue;
		len = strspn(++cmdline, letters);
		if (len > TEMPLATE_NAME_MAX)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)len, cmdline);
		if (!len || name[len - 1] == '/')
			check_seed(lint, profile, line, name);
		else
			check_fetched(lint, profile, line, name);
	}
}

static void check_name(struct lint *lint, const struct config_profile *profile, uint32_t line,
	const char *key, const char *path) {
	if (path && strstr(path, "{{"))
		check_words(lint, profile, line, key, path);
}

static void check_names(struct lint *lint, const struct config_profile *profile, uint32_t line,
	const struct config_load *load) {
	check_name(lint, profile, line, "kernel", load->kernel);
	check_name(lint, profile, line, "efi", load->efi);
	check_name(lint, profile, line, "script", load->script);
	check_name(lint, profile, line, "wimboot", load->wimboot);
	for (uint32_t i = 0; i < load->initrd.count; i++)
		check_name(lint, profile, line, "initrd", load->initrd.list[i]);
	for (uint32_t i = 0; i < load->files.count; i++)
		check_name(lint, profile, line, "files", load->files.list[i]);
}

static void check_expanded(struct lint *lint, const struct config_profile *profile, uint32_t line,
	const struct config_load *load) {
	check_names(lint, profile, line, load);
	if (!load->cmdline)
		return;
	check_words(lint, profile, line, "cmdline", load->cmdline);
	if (lint->template_fd >= 0)
		check_urls(lint, profile, line, load->cmdline);
}

static void check_all_expanded(struct lint *lint) {
	const struct config_brain *brain = &lint->config->brain;

	for (uint32_t i = 0; i < brain->profile_count; i++) {
		const struct config_profile *profile = &brain->profiles[i];

		if (!profile->line) // it comes with Rouse
			continue;
		check_expanded(lint, profile, profile->line, &profile->load);
		for (uint32_t k = 0; k < profile->variant_count; k++)
			check_expanded(lint, profile, profile->variants[k].line,
				&profile->variants[k].load);
	}
}

// --- all templates

static void check_template(struct lint *lint, const char *name) {
	struct text text = {.lint = lint, .place = "template_dir"};
	char error[TEMPLATE_ERROR_SIZE];
	struct arena arena = {0};
	const char *words;
	size_t len;
	int rc = template_dir_read(lint->template_fd, name, &arena, &words, &len);

	if (rc < 0)
		config_error_add(lint->errors, 0, "template_dir", "%s: %s", name, strerror(-rc));
	else if (check_text(&text, name, words, len, look_for_unset, error) < 0)
		config_error_add(lint->errors, 0, "template_dir", "%s", error);
	arena_free(&arena);
}

static int by_name(const FTSENT **a, const FTSENT **b) {
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

// Files whose names no template can have are something else: hidden ones, editors' copies.
static void check_templates(struct lint *lint) {
	size_t skip = strlen(lint->config->brain.template_dir);
	char *roots[] = {(char *)lint->config->brain.template_dir, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, by_name);
	FTSENT *entry;

	while (walk && (entry = fts_read(walk))) {
		const char *name = entry->fts_path + skip + strspn(entry->fts_path + skip, "/");

		if (entry->fts_info == FTS_D && entry->fts_level && entry->fts_name[0] == '.')
			fts_set(walk, entry, FTS_SKIP);
		else if ((entry->fts_info == FTS_F || entry->fts_info == FTS_NSOK) &&
			 template_name_is_good(name, strlen(name)))
			check_template(lint, name);
	}
	if (walk)
		fts_close(walk);
}

static void open_templates(struct lint *lint) {
	const char *dir = lint->config->brain.template_dir;

	lint->template_fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (dir && lint->template_fd < 0)
		config_error_add(lint->notes, 0, "template_dir", "%s cannot be read: %s", dir,
			strerror(errno));
}

void config_lint(
	const struct config *config, struct config_errors *errors, struct config_errors *notes) {
	struct lint lint = {.config = config, .errors = errors, .notes = notes};

	if (!config->brain.given)
		return;
	open_templates(&lint);
	check_files(&lint);
	check_all_expanded(&lint);
	if (lint.template_fd >= 0) {
		check_templates(&lint);
		close(lint.template_fd);
	}
}
