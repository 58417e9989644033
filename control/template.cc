// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Renders by kainjow's mustache. It knows no lines, and takes a missing name for an empty one, so
// it is given a skeleton of the template in which each piece, a text too, is a tag that bears the
// piece's number; what a number stands for is decided here, where a missing name can be told with
// its line, and where all output passes, so that its bound holds. No exception leaves this file.

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>

#include <kainjow/mustache.hpp>

extern "C" {
#include "template.h"
#include "template_pieces.h"
}

namespace {

using kainjow::mustache::basic_context;
using kainjow::mustache::data;
using kainjow::mustache::list;
using kainjow::mustache::mustache;

// Ends a rendering.
struct stop {
	int rc;
};

// What numbers of the skeleton stand for, and which values the open sections stand for.
class scope final : public basic_context<std::string> {
      public:
	scope(const template_input &input, const template_pieces &pieces, char *error)
	    : input_(input), pieces_(pieces), error_(error) {
	}

	void push(const data *section) override;
	void pop() override;
	const data *get(const std::string &number) const override;
	const data *get_partial(const std::string &) const override {
		return nullptr; // the skeleton has none
	}

      private:
	const data *text(const char *text, size_t len) const;
	const data *variable(const template_part &part) const;
	const data *section(const vars_value &value) const;
	const vars_value *find(const template_piece &tag) const;
	const vars_value *find_first(const char *name, size_t len) const;
	void step() const;
	[[noreturn]] void refuse_missing(const template_part &part) const;
	[[noreturn]] void refuse(int rc, const template_part &part, const char *format, ...) const
		__attribute__((format(printf, 4, 5)));

	const template_input &input_;
	const template_pieces &pieces_;
	char *error_;
	std::vector<const vars_value *> open_; // innermost last
	// kainjow asks by a const method, and what it is given must live on.
	mutable data text_{std::string()};
	mutable std::unordered_map<const vars_value *, std::unique_ptr<data>> sections_;
	mutable std::unordered_map<const data *, const vars_value *> values_;
	mutable size_t output_len_ = 0;
	mutable size_t steps_ = 0;
	mutable const template_part *part_ = nullptr; // the one asked for last
};

void scope::refuse(int rc, const template_part &part, const char *format, ...) const {
	int used = snprintf(error_, TEMPLATE_ERROR_SIZE, "%.64s:%u: ", part.template_name,
		static_cast<unsigned>(part.piece.line));
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(
		error_ + used, TEMPLATE_ERROR_SIZE - static_cast<size_t>(used), format, arguments);
	va_end(arguments);
	throw stop{rc};
}

// Sections over lists in sections over lists may say little and take for ever.
void scope::step() const {
	if (++steps_ > TEMPLATE_STEPS_MAX)
		refuse(-EFBIG, *part_, "takes more than %u steps: nest fewer lists",
			TEMPLATE_STEPS_MAX);
}

const data *scope::text(const char *text, size_t len) const {
	output_len_ += len;
	if (output_len_ > TEMPLATE_OUTPUT_MAX)
		refuse(-EFBIG, *part_, "the text becomes larger than %u MiB: repeat less",
			TEMPLATE_OUTPUT_MAX >> 20);
	text_ = data(std::string(text, len));
	return &text_;
}

// Whether a section over it is left out.
bool is_false(const vars_value &value) {
	if (value.kind != VARS_TEXT)
		return !value.count;
	return value.text && (!value.len || !strcmp(value.text, "false"));
}

const vars_value *scope::find_first(const char *name, size_t len) const {
	for (size_t i = open_.size(); i--;) {
		const vars_value *value =
			open_[i]->kind == VARS_MAP ? vars_map_find(open_[i], name, len) : nullptr;
		if (value)
			return value;
	}
	const vars_entry *entry = vars_find(input_.vars, name, len);
	return entry ? entry->value : nullptr;
}

// The first word is looked for from the innermost section outwards, the others below it only.
const vars_value *scope::find(const template_piece &tag) const {
	const char *name = tag.text, *end = tag.text + tag.len;
	const vars_value *value = nullptr;

	if (tag.len == 1 && name[0] == '.')
		return open_.empty() ? nullptr : open_.back();
	for (bool first = true; name < end; first = false) {
		const void *dot = memchr(name, '.', static_cast<size_t>(end - name));
		const char *stop = dot ? static_cast<const char *>(dot) : end;
		size_t len = static_cast<size_t>(stop - name);

		if (!first && value->kind != VARS_MAP)
			return nullptr;
		value = first ? find_first(name, len) : vars_map_find(value, name, len);
		if (!value)
			return nullptr;
		name = stop + 1;
	}
	return value;
}

void scope::refuse_missing(const template_part &part) const {
	const template_piece &tag = part.piece;
	const void *dot = memchr(tag.text, '.', tag.len);
	size_t first =
		dot ? static_cast<size_t>(static_cast<const char *>(dot) - tag.text) : tag.len;
	int len = static_cast<int>(tag.len);

	if (!first)
		refuse(-EINVAL, part, "{{.}} stands in no section: it is the item of a list");
	if (vars_name_is_reserved(tag.text, first))
		refuse(-ENOENT, part, "{{%.*s}} is not known here: ask for it by {{#%.*s}} first",
			len, tag.text, len, tag.text);
	refuse(-ENOENT, part, "{{%.*s}} is not set: give it in vars:, the role or the host", len,
		tag.text);
}

const data *scope::variable(const template_part &part) const {
	const template_piece &tag = part.piece;
	const vars_value *value = find(tag);
	int len = static_cast<int>(tag.len);

	if (!value)
		refuse_missing(part);
	if (value->kind != VARS_TEXT)
		refuse(-EINVAL, part, "{{%.*s}} is a %s: walk over it by {{#%.*s}}", len, tag.text,
			value->kind == VARS_LIST ? "list" : "map", len, tag.text);
	if (value->secret && !input_.private_carrier)
		refuse(-EPERM, part,
			"{{%.*s}} is secret, and plain HTTP and TFTP carry nothing secret: serve "
			"it "
			"by HTTPS",
			len, tag.text);
	if (!value->text)
		refuse(-ENOENT, part, "{{%.*s}} is not set: its secret_file could not be read", len,
			tag.text);
	return text(value->text, value->len);
}

// What makes kainjow walk over a value: a list of as many items, or true.
const data *scope::section(const vars_value &value) const {
	std::unique_ptr<data> &kept = sections_[&value];

	if (kept)
		return kept.get();
	if (value.kind != VARS_LIST) {
		kept = std::make_unique<data>(true);
		values_[kept.get()] = &value;
		return kept.get();
	}
	kept = std::make_unique<data>(list(value.count, data(true)));
	const data *item = kept->list_value().data();
	for (const vars_value *at = value.first; at; at = at->next)
		values_[item++] = at;
	return kept.get();
}

const data *scope::get(const std::string &number) const {
	const template_part &part = pieces_.list[strtoul(number.c_str(), nullptr, 10)];

	part_ = &part;
	step();
	if (part.piece.kind == TEMPLATE_TEXT)
		return text(part.piece.text, part.piece.len);
	if (part.piece.kind == TEMPLATE_VARIABLE)
		return variable(part);
	const vars_value *value = find(part.piece);
	return value && !is_false(*value) ? section(*value) : nullptr;
}

void scope::push(const data *section) {
	step();
	open_.push_back(values_.at(section));
}

void scope::pop() {
	open_.pop_back();
}

// The pieces by their numbers; an end bears the number of its beginning.
std::string skeleton(const template_pieces &pieces) {
	std::vector<size_t> open;
	std::string out;

	out.reserve(pieces.count * 10);
	for (size_t i = 0; i < pieces.count; i++) {
		switch (pieces.list[i].piece.kind) {
		case TEMPLATE_TEXT:
		case TEMPLATE_VARIABLE:
			out += "{{&" + std::to_string(i) + "}}";
			break;
		case TEMPLATE_SECTION:
		case TEMPLATE_INVERTED:
			out += pieces.list[i].piece.kind == TEMPLATE_SECTION ? "{{#" : "{{^";
			out += std::to_string(i) + "}}";
			open.push_back(i);
			break;
		case TEMPLATE_END:
			out += "{{/" + std::to_string(open.back()) + "}}";
			open.pop_back();
			break;
		case TEMPLATE_PARTIAL:
		case TEMPLATE_COMMENT:
		case TEMPLATE_DELIMITERS:
			break;
		}
	}
	return out;
}

// What kainjow writes to. All comes at once, as the skeleton has no line feeds; of a template with
// sections that leaves nothing but blanks, nothing comes.
struct sink {
	std::string text;

	sink &operator<<(const std::string &more) {
		text += more;
		return *this;
	}
};

void render(const template_input &input, const template_pieces &pieces, template_output &output) {
	mustache parsed(skeleton(pieces));
	scope names(input, pieces, output.error);
	sink out;

	parsed.render(names, out);
	output.len = out.text.size();
	output.text = static_cast<char *>(mem_alloc(output.len + 1));
	memcpy(output.text, out.text.data(), output.len);
}

int guarded(const template_input &input, const template_pieces &pieces, template_output &output) {
	try {
		render(input, pieces, output);
		return 0;
	} catch (const stop &end) {
		return end.rc;
	} catch (const std::bad_alloc &) {
		snprintf(output.error, sizeof(output.error), "%.64s: no memory to render it",
			input.name);
		return -ENOMEM;
	} catch (...) {
		snprintf(output.error, sizeof(output.error), "%.64s: cannot be rendered",
			input.name);
		return -EINVAL;
	}
}

} // namespace

extern "C" int template_render(const struct template_input *input, struct template_output *output) {
	struct template_pieces pieces = {};
	int rc = template_pieces_make(&pieces, input);

	output->text = nullptr;
	output->len = 0;
	memcpy(output->error, pieces.error, sizeof(pieces.error));
	if (rc == 0)
		rc = guarded(*input, pieces, *output);
	template_pieces_free(&pieces);
	return rc;
}
