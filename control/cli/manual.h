// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The reference parts of the manual pages, as scdoc source, from the tables that the programs
// themselves go by. docs/make-page puts them between the prose.

#pragma once

#include <stdbool.h>

// What `rouse help --manual` takes; ends with NULL.
extern const char *const manual_parts[];

// Prints one of manual_parts to stdout. False: there is none of this name.
bool manual_print(const char *part);

// Text with scdoc's markup characters escaped.
void manual_put(const char *text);

// The same with a capital at its beginning and a full stop at its end.
void manual_put_sentence(const char *text);

// All keys of the configuration, section by section.
void manual_print_keys(void);

// What a boot rule can match by, what a role can, the names of architectures, the types of options.
void manual_print_match(void);
void manual_print_facts(void);
void manual_print_archs(void);
void manual_print_option_types(void);
