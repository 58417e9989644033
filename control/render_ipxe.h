// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Between the parts of the iPXE writer; for render_ipxe*.c and render_menu.c only.
//
// Labels: pN a profile, mN a menu, uN_E a menu's entry that a password guards, N and E being
// indices. Variables: home, the label of the menu that an item was chosen from; again, the label
// that a failure tries again; what, the file that is loaded; title; tries; fault; notice, what the
// next menu says in its head; wait, set until the first menu was shown; machine, the name in
// render_machines; rouse-asked, set once the server was asked for this machine's own script.

#pragma once

#include "render_internal.h"

// Any text as iPXE's words, of at most max characters: nothing in it ends the command, begins a
// comment or names a variable.
void render_ipxe_text(struct render_text *out, const char *text, size_t max);
// The same, but ${variables} are left to iPXE: command lines.
void render_ipxe_words(struct render_text *out, const char *text);

// tftp://SERVER
void render_ipxe_tftp(struct render_job *job);

// The query that tells the server what iPXE knows of the machine: "?mac=...".
void render_ipxe_facts(struct render_job *job);

// ":pN" and all that boots the profile. Where it cannot be written, job->why says why.
void render_ipxe_profile(struct render_job *job, uint32_t profile);

// ":mN" and the menu.
void render_ipxe_menu(struct render_job *job, uint32_t menu);
// What the menus' items share: the page about the hardware, the shell and so on.
void render_ipxe_actions(struct render_job *job);

// The label to which an entry of a menu leads.
void render_ipxe_target(struct render_job *job, uint32_t menu, const struct config_entry *entry);
