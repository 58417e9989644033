// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What the writers of the single loaders share; for render*.c only.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"
#include "render.h"
#include "render_text.h"

#define RENDER_COLUMNS  70u
#define RENDER_WHY_SIZE 256u
#define RENDER_NO_MENU  UINT32_MAX

// A kind of machine, as the loaders tell them apart.
struct render_machine {
	const char *ipxe; // its ${buildarch}; "bios" for all without UEFI
	const char *grub; // its $grub_cpu
	uint16_t arch;    // option 93
	bool efi;
};

#define RENDER_MACHINES 8u
#define RENDER_ALL      ((1u << RENDER_MACHINES) - 1)

extern const struct render_machine render_machines[RENDER_MACHINES];

// The bit of the machine with this architecture; all for one that is not told or not known.
uint32_t render_machines_of(uint16_t arch);

// One rendering.
struct render_job {
	const struct render_input *in;
	enum render_loader loader;
	uint32_t machines; // for which it is: bits of render_machines
	struct render_text out;
	char why[RENDER_WHY_SIZE]; // of the piece that is written now; "" while it is good
	bool *profiles;            // by index: can be reached, so it must be in the text
	bool *menus;
	uint32_t *parents; // by index: the menu from which a menu is reached, or RENDER_NO_MENU
};

// What a text has of one profile for those machines that load the same.
struct render_load {
	struct config_load load;
	uint32_t machines;
};

// Whether a file of boot_root is there; URLs and names with variables always are.
bool render_has_file(const struct render_job *job, const char *path);

// Where a profile or an entry leads: the menu's index or RENDER_NO_MENU, and the profile's index.
uint32_t render_menu_index(const struct render_job *job, const char *name);
uint32_t render_profile_index(const struct render_job *job, const char *name);

// So many of false, malloc'd.
bool *render_flags(uint32_t count);

// Finds what can be reached from profile and menu of the input.
void render_reach(struct render_job *job);

// The loads of a profile, each with its machines, of those that the job is for and that can boot by
// it. Returns how many; machines that can boot nothing are in none.
uint32_t render_loads(const struct render_job *job, const struct config_profile *profile,
	struct render_load out[RENDER_MACHINES]);

// The machines for which an entry of a menu is offered: of Rouse's own only those that have the
// files.
uint32_t render_offered(const struct render_job *job, const struct config_menu *menu,
	const struct config_entry *entry);

// Whether any entry of the group that begins at this entry is offered.
bool render_group_offered(
	const struct render_job *job, const struct config_menu *menu, uint32_t entry);

// What an entry of a menu is called; never NULL for one that can be chosen.
const char *render_entry_text(const struct render_job *job, const struct config_entry *entry);
const char *render_profile_title(const struct config_profile *profile);

// Which entry a menu boots by itself, and after how long: the role's word first, for the menu that
// the machine starts with. NULL, 0: none.
const struct config_entry *render_preset(
	const struct render_job *job, uint32_t menu, uint32_t *timeout_s);

// A text of a profile with its variables, malloc'd. NULL: why says what is wrong.
char *render_expand(struct render_job *job, const struct config_profile *profile, const char *what,
	const char *text);

// Says why a piece cannot be written, unless that was said.
void render_bad(struct render_job *job, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void render_ipxe(struct render_job *job);
#define RENDER_PXELINUX_TIMEOUT_NAME "pxelinux.cfg/rouse-timeout"
void render_pxelinux(struct render_job *job);
void render_pxelinux_timeout(struct render_job *job);
void render_grub(struct render_job *job);
