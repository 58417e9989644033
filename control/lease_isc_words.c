// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "lease_isc_words.h"

static struct isc_token read_string(struct lease_file *file) {
	struct isc_token token = {.kind = ISC_STRING, .line = file->line};
	const char *start = ++file->at;

	for (; file->at < file->end && *file->at != '"' && *file->at != '\n'; file->at++)
		if (*file->at == '\\' && file->at + 1 < file->end && file->at[1] != '\n')
			file->at++;
	token.text = (struct span){start, (size_t)(file->at - start)};
	if (file->at < file->end && *file->at == '"')
		file->at++;
	return token;
}

static bool is_space(char c) {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct lease_file *file) {
	for (; file->at < file->end && (is_space(*file->at) || *file->at == '#'); file->at++) {
		if (*file->at == '#')
			while (file->at < file->end && *file->at != '\n')
				file->at++;
		if (file->at == file->end)
			return;
		file->line += *file->at == '\n';
	}
}

static struct isc_token next_token(struct lease_file *file) {
	const char *start;

	skip_space(file);
	start = file->at;
	if (start == file->end)
		return (struct isc_token){.kind = ISC_END, .text = {start, 0}, .line = file->line};
	if (*start == '"')
		return read_string(file);
	if (*start == ';' || *start == '{' || *start == '}') {
		file->at++;
		return (struct isc_token){.kind = *start == ';'   ? ISC_SEMICOLON
						  : *start == '{' ? ISC_OPEN
								  : ISC_CLOSE,
			.text = {start, 1},
			.line = file->line};
	}
	while (file->at < file->end && !is_space(*file->at) && !strchr("\";{}#", *file->at))
		file->at++;
	if (file->at == start) // a NUL, which strchr finds
		file->at++;
	return (struct isc_token){
		.kind = ISC_WORD, .text = {start, (size_t)(file->at - start)}, .line = file->line};
}

void isc_read_statement(struct lease_file *file, struct isc_statement *s) {
	*s = (struct isc_statement){0};
	for (;;) {
		struct isc_token token = next_token(file);

		if (token.kind != ISC_WORD && token.kind != ISC_STRING) {
			s->end = token.kind;
			return;
		}
		if (s->count < ISC_WORDS_MAX)
			s->word[s->count] = token;
		s->count++;
		s->last[0] = s->last[1];
		s->last[1] = token;
	}
}

bool isc_word_is(const struct isc_statement *s, int at, const char *word) {
	return at < s->count && at < ISC_WORDS_MAX && s->word[at].kind == ISC_WORD &&
	       span_is(s->word[at].text, word);
}

bool isc_begins_lease(const struct isc_statement *s) {
	return s->end == ISC_OPEN && s->last[0].kind == ISC_WORD &&
	       span_is(s->last[0].text, "lease");
}

void isc_skip_block(struct lease_file *file) {
	for (int depth = 1; depth;) {
		enum isc_token_kind kind = next_token(file).kind;

		if (kind == ISC_END)
			return;
		depth += (kind == ISC_OPEN) - (kind == ISC_CLOSE);
	}
}

size_t isc_unescape(struct span text, char *out, size_t size) {
	size_t len = 0;

	for (size_t i = 0; i < text.len && len < size; i++) {
		unsigned value = (uint8_t)text.at[i];

		if (value == '\\' && i + 1 < text.len) {
			value = (uint8_t)text.at[++i];
			if (value >= '0' && value <= '7') {
				value -= '0';
				for (int n = 0; n < 2 && i + 1 < text.len &&
						text.at[i + 1] >= '0' && text.at[i + 1] <= '7';
					n++)
					value = value << 3 | (unsigned)(text.at[++i] - '0');
			}
		}
		out[len++] = (char)value;
	}
	return len;
}
