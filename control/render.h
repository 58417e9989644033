// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a machine boots, written as its boot loader reads it: an iPXE script with menus, a
// configuration of pxelinux or of GRUB. Pure: everything that it depends on is in its input.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

enum render_loader {
	RENDER_IPXE,
	RENDER_PXELINUX,
	RENDER_GRUB,
	RENDER_PXELINUX_TIMEOUT, // what a menu of pxelinux boots when nobody chooses
};

// Expands the {{variables}} of a profile's texts (command line, file names) for the machine of this
// rendering. Returns malloc'd text, or NULL with a sentence in why.
typedef char *render_expand_fn(void *context, const struct config_profile *profile,
	const char *what, const char *text, char why[256]);

// Whether a file is there (in boot_root), so that a menu of Rouse's own does not offer what cannot
// be booted.
typedef bool render_has_file_fn(void *context, const char *path);

struct render_input {
	const struct config_brain *brain;
	const struct config_profile *profile; // what it boots
	const char *menu_default;             // of its role, or NULL
	uint32_t menu_timeout_s;              // of its role, or 0
	const char *node;   // its name; NULL: the text is for any machine without a role
	const uint8_t *mac; // or NULL
	uint16_t arch;      // POLICY_ARCH_UNKNOWN: the text must choose by itself
	const char *server; // "10.77.0.1"; NULL in a text for several ports: the loader knows it
	const char *http;   // "http://10.77.0.1" or "http://10.77.0.1:8080", without a slash; NULL
	const char *https;  // the same
	uint64_t order_id;  // of the one-shot boot that this is, or 0
	bool report;        // iPXE tells the server what it knows of the machine (needs http)
	// An answer to a menu's password (iPXE only): the menu that it was asked from, which is
	// then shown again, with a sentence about it; or the item that it has opened.
	const struct config_menu *from_menu; // or NULL
	const struct config_entry *opened;   // an item of from_menu, or NULL
	const char *notice;                  // "the password is wrong", or NULL
	render_expand_fn *expand;            // NULL: texts are as they are
	render_has_file_fn *has_file;        // NULL: all files are there
	void *context;
};

// A program of boot_root that starts the disk of a UEFI machine, by the name that iPXE gives its
// kind of machine; scripts/boot-tree makes them. NULL, NULL at the end. Without it iPXE ends, and
// leaves the disk to the firmware: Debian's iPXE of 2019 then leaves its network device half taken
// down, in which OVMF's driver goes round for ever.
struct render_starter {
	const char *machine;
	const char *file;
};
extern const struct render_starter render_starters[];

// The whole text into *text (malloc'd, NUL-terminated), its length into *len. 0; -EINVAL with a
// sentence in why (a variable is missing: which, and where). What a menu offers does not make it
// fail: an item whose profile cannot be written says so on the machine's screen.
//
// A password item of an iPXE menu asks for HTTP/rouse/unlock with menu=NAME, item=INDEX of its
// entries, target=config_entry_target(entry) (other than the entry's: the menu has changed since)
// and mac= in the query; username_hex= and password_hex=, in hex digits, in the query, or in a
// form's POST where the build can. The answer is a rendering with from_menu, and opened or notice.
int render(enum render_loader loader, const struct render_input *input, char **text, size_t *len,
	char why[256]);

// How a script of iPXE ends that boots nothing: with the disk of a UEFI machine, or the firmware's
// next device. Of input server, has_file and its context count. malloc'd.
char *render_ipxe_ending(const struct render_input *input);

// A text that is the same for every machine.
struct render_page {
	const char *name;
	const char *text;
	size_t len;
};
// Where a menu of pxelinux goes when what was chosen fails: back to it, or on to the local disk.
extern const struct render_page render_pxelinux_failed;

// Whether a machine of this architecture (option 93) has anything to boot by this profile, as the
// loader can boot it.
bool render_can_boot(
	enum render_loader loader, const struct config_profile *profile, uint16_t arch);

#define RENDER_NAMES_MAX 4u
#define RENDER_NAME_SIZE 64u

// The names by which a machine's loader asks for the text: "boot.ipxe", "autoexec.ipxe"; mac NULL:
// those that are any machine's. Returns how many.
size_t render_names(enum render_loader loader, const uint8_t *mac,
	char names[RENDER_NAMES_MAX][RENDER_NAME_SIZE]);
