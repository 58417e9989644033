// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A template and all that it includes as one list of pieces, in which nothing is left to include.

#pragma once

#include "template.h"

struct template_part {
	const char *template_name; // of the template that it stands in
	struct template_piece piece;
};

struct template_pieces {
	struct arena arena; // of the texts that were loaded
	struct template_part *list;
	size_t count;
	size_t size;
	size_t bytes; // of all texts
	char error[TEMPLATE_ERROR_SIZE];
};

// 0, or what template_render returns, with pieces->error filled. Comments, delimiter tags and
// partials are in the list too, the included pieces behind their partial. pieces is zero before,
// and freed in either case.
int template_pieces_make(struct template_pieces *pieces, const struct template_input *input);
void template_pieces_free(struct template_pieces *pieces);
