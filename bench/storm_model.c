// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The table of real clients. Lists of options are those of captures (iPXE's BIOS ROM, OVMF) where
// we have one, else they are written after the client's source. docs/protocols.md has the quirks.

#include "storm_model.h"

#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(array)                                                                               \
	{ (array), sizeof(array) }
// Names and values with NULs between them; the last one is C's.
#define OPTIONS(text) .options = (text), .options_len = sizeof(text)

#define S(seconds) ((seconds)*1000000ull)

// clang-format off
// Debian's iPXE, BIOS ROM.
static const uint8_t IPXE_BIOS[] = {
	// message type
	53, 1, 0,
	// largest message
	57, 2, 0x05, 0xc0,
	// architecture
	93, 2, 0, 0,
	// UNDI
	94, 3, 1, 2, 1,
	// vendor class
	60, 32, 'P', 'X', 'E', 'C', 'l', 'i', 'e', 'n', 't', ':', 'A', 'r', 'c', 'h', ':', '0',
	'0', '0', '0', '0', ':', 'U', 'N', 'D', 'I', ':', '0', '0', '2', '0', '0', '1',
	// user class
	77, 4, 'i', 'P', 'X', 'E',
	// what is wanted
	55, 23, 1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, 128, 129, 130, 131, 132, 133,
	134, 135, 175, 203,
	// features of iPXE
	175, 48, 0xb1, 0x05, 0x01, 0x80, 0x86, 0x10, 0x0e, 0xeb, 0x03, 0x01, 0, 0, 0x17, 0x01,
	0x01, 0x22, 0x01, 0x01, 0x13, 0x01, 0x01, 0x11, 0x01, 0x01, 0x27, 0x01, 0x01, 0x19,
	0x01, 0x01, 0x29, 0x01, 0x01, 0x10, 0x01, 0x02, 0x21, 0x01, 0x01, 0x15, 0x01, 0x01,
	0x18, 0x01, 0x01, 0x12, 0x01, 0x01,
	// identifier
	61, 7, 0x01, 0, 0, 0, 0, 0, 0,
	// UUID
	97, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	// server
	54, 4, 0, 0, 0, 0,
	// address
	50, 4, 0, 0, 0, 0,
};

// OVMF 2022.11. What its REQUEST says of the message size is another number.
static const uint8_t EDK2_DISCOVER[] = {
	// message type
	53, 1, 0,
	// largest message
	57, 2, 0x05, 0xc0,
	// what is wanted
	55, 35, 1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54,
	58, 59, 60, 66, 67, 97, 128, 129, 130, 131, 132, 133, 134, 135,
	// UUID
	97, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	// UNDI
	94, 3, 1, 3, 0,
	// architecture
	93, 2, 0, 7,
	// vendor class
	60, 32, 'P', 'X', 'E', 'C', 'l', 'i', 'e', 'n', 't', ':', 'A', 'r', 'c', 'h', ':', '0',
	'0', '0', '0', '7', ':', 'U', 'N', 'D', 'I', ':', '0', '0', '3', '0', '0', '0',
};
static const uint8_t EDK2_REQUEST[] = {
	// message type
	53, 1, 0,
	// server
	54, 4, 0, 0, 0, 0,
	// address
	50, 4, 0, 0, 0, 0,
	// largest message
	57, 2, 0x02, 0xff,
	// what is wanted
	55, 35, 1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54,
	58, 59, 60, 66, 67, 97, 128, 129, 130, 131, 132, 133, 134, 135,
	// UUID
	97, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	// UNDI
	94, 3, 1, 3, 0,
	// architecture
	93, 2, 0, 7,
	// vendor class
	60, 32, 'P', 'X', 'E', 'C', 'l', 'i', 'e', 'n', 't', ':', 'A', 'r', 'c', 'h', ':', '0',
	'0', '0', '0', '7', ':', 'U', 'N', 'D', 'I', ':', '0', '0', '3', '0', '0', '0',
};

// A BIOS ROM of Intel's kind, which loads pxelinux; pxelinux has no DHCP of its own.
static const uint8_t PXE_ROM[] = {
	// message type
	53, 1, 0,
	// server
	54, 4, 0, 0, 0, 0,
	// address
	50, 4, 0, 0, 0, 0,
	// what is wanted
	55, 37, 1, 2, 3, 4, 5, 6, 11, 12, 13, 15, 16, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50,
	51, 54, 58, 59, 60, 66, 67, 97, 128, 129, 130, 131, 132, 133, 134, 135,
	// largest message
	57, 2, 0x04, 0xec,
	// UUID
	97, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	// architecture
	93, 2, 0, 0,
	// UNDI
	94, 3, 1, 2, 1,
	// vendor class
	60, 32, 'P', 'X', 'E', 'C', 'l', 'i', 'e', 'n', 't', ':', 'A', 'r', 'c', 'h', ':', '0',
	'0', '0', '0', '0', ':', 'U', 'N', 'D', 'I', ':', '0', '0', '2', '0', '0', '1',
};

// U-Boot for ARM64 (net/bootp.c, dhcp_extended).
static const uint8_t UBOOT[] = {
	// message type
	53, 1, 0,
	// largest message
	57, 2, 0x02, 0x40,
	// server
	54, 4, 0, 0, 0, 0,
	// address
	50, 4, 0, 0, 0, 0,
	// UUID
	97, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	// architecture
	93, 2, 0, 22,
	// UNDI
	94, 3, 1, 0, 0,
	// vendor class
	60, 12, 'U', '-', 'B', 'o', 'o', 't', '.', 'a', 'r', 'm', 'v', '8',
	// what is wanted
	55, 4, 1, 3, 6, 17,
};

// busybox's udhcpc in the initramfs of an imaging agent.
static const uint8_t UDHCPC[] = {
	// message type
	53, 1, 0,
	// identifier
	61, 7, 0x01, 0, 0, 0, 0, 0, 0,
	// largest message
	57, 2, 0x02, 0x40,
	// address
	50, 4, 0, 0, 0, 0,
	// server
	54, 4, 0, 0, 0, 0,
	// what is wanted
	55, 7, 1, 3, 6, 12, 15, 28, 42,
	// vendor class
	60, 12, 'u', 'd', 'h', 'c', 'p', ' ', '1', '.', '3', '5', '.', '0',
};
// clang-format on

#define DHCP_OF_EDK2                                                                               \
	{                                                                                          \
		.broadcast = true, .discover = BYTES(EDK2_DISCOVER),                               \
		.request = BYTES(EDK2_REQUEST), .patience = STORM_DHCP_WHOLE_WAIT,                 \
		.secs = STORM_DHCP_SECS_ZERO, .phase_us = S(1),                                    \
		.retry = {4, {S(4), S(8), S(16), S(32)}}, .give_up_us = S(60),                     \
	}

#define IPXE_WAITS .retry = {6, {250000, 500000, S(1), S(2), S(4), S(8)}}, .give_up_us = 15750000
#define EDK2_WAITS .retry = {1, {S(4)}}, .give_up_us = S(24)
// 40 times 400 ms and 20 ms more each time (GRUB_NET_TRIES, GRUB_NET_INTERVAL).
#define GRUB_WAITS                                                                                 \
	.retry = {8, {400000, 420000, 440000, 460000, 480000, 500000, 520000, 540000}},            \
	.give_up_us = 31600000
// Ticks of the BIOS (core/tftp.c, TimeoutTable), 54.9 ms each.
#define T(ticks) ((ticks)*54925ull)
#define SYSLINUX_WAITS                                                                             \
	.retry = {31, {T(2), T(2), T(3), T(3), T(4), T(5), T(6), T(7), T(9), T(10), T(12), T(15),  \
			      T(18), T(21), T(26), T(31), T(37), T(44), T(53), T(64), T(77),       \
			      T(92), T(110), T(132), T(159), T(191), T(229), T(255), T(255),       \
			      T(255), T(255)}},                                                    \
	.give_up_us = T(2382)
#define UBOOT_WAITS .retry = {1, {S(5)}}, .give_up_us = S(50)

#define EDK2_PORTS     .port_first = 1024, .port_count = 60000
#define GRUB_PORTS     .port_first = 25300, .port_count = 30000
#define SYSLINUX_PORTS .port_first = 49152, .port_count = 16384

// Firmware closes its socket with the last ACK: nothing lingers.
#define WITH_TFTP(...) .tftp = {.port = 69, __VA_ARGS__}

static const struct storm_read IPXE_READS[] = {
	{.what = STORM_READ_FILES,
		.port_first = 1024,
		.port_count = 64000,
		WITH_TFTP(OPTIONS("blksize\0001432\000tsize\0000"), .gap = STORM_TFTP_GAP_KEEP,
			IPXE_WAITS)},
};

#define EDK2_SIZE                                                                                  \
	WITH_TFTP(OPTIONS("tsize\0000\000blksize\0001468\000windowsize\0004"), .probe = true,      \
		.gap = STORM_TFTP_GAP_EACH, EDK2_WAITS)
#define EDK2_FILE                                                                                  \
	WITH_TFTP(OPTIONS("blksize\0001468\000windowsize\0004"), .gap = STORM_TFTP_GAP_EACH,       \
		EDK2_WAITS)

static const struct storm_read EDK2_READS[] = {
	{.what = STORM_READ_FILES, .spared = true, EDK2_PORTS, EDK2_SIZE},
	{.what = STORM_READ_FILES, EDK2_PORTS, EDK2_FILE},
};

// UEFI's TFTP as shim calls it.
#define SHIM_FILE                                                                                  \
	WITH_TFTP(OPTIONS("blksize\000512\000windowsize\0004"), .gap = STORM_TFTP_GAP_EACH,        \
		EDK2_WAITS)
#define GRUB_FILE                                                                                  \
	WITH_TFTP(OPTIONS("blksize\0001024\000tsize\0000"), .needs_oack = true, .mute = true,      \
		.gap = STORM_TFTP_GAP_OLD, GRUB_WAITS)

#define GRUB_MAYBE(file)                                                                           \
	{ .name = file, .may_be_absent = true, GRUB_PORTS, GRUB_FILE }

static const struct storm_read SHIM_GRUB_READS[] = {
	{.what = STORM_READ_BOOT, .spared = true, EDK2_PORTS, EDK2_SIZE},
	{.what = STORM_READ_BOOT, EDK2_PORTS, EDK2_FILE},
	{.name = "revocations_sku.efi", .may_be_absent = true, EDK2_PORTS, SHIM_FILE},
	{.name = "revocations_sbat.efi", .may_be_absent = true, EDK2_PORTS, SHIM_FILE},
	{.name = "shim_certificate_0.efi", .may_be_absent = true, EDK2_PORTS, SHIM_FILE},
	{.name = "grubx64.efi", EDK2_PORTS, SHIM_FILE},
	{.name = "grubx64.efi", EDK2_PORTS, SHIM_FILE},
	GRUB_MAYBE("/grub/x86_64-efi/command.lst"),
	GRUB_MAYBE("/grub/x86_64-efi/fs.lst"),
	GRUB_MAYBE("/grub/x86_64-efi/crypto.lst"),
	GRUB_MAYBE("/grub/x86_64-efi/terminal.lst"),
	GRUB_MAYBE("/grub/grub.cfg"),
	{.what = STORM_READ_FILES, GRUB_PORTS, GRUB_FILE},
};

#define SYSLINUX_FILE                                                                              \
	WITH_TFTP(OPTIONS("tsize\0000\000blksize\0001408"), .gap = STORM_TFTP_GAP_EACH,            \
		SYSLINUX_WAITS)

#define SYSLINUX_MAYBE(file)                                                                       \
	{ .name = file, .may_be_absent = true, SYSLINUX_PORTS, SYSLINUX_FILE }

static const struct storm_read PXELINUX_READS[] = {
	{.what = STORM_READ_BOOT, SYSLINUX_PORTS, SYSLINUX_FILE},
	SYSLINUX_MAYBE("ldlinux.c32"),
	SYSLINUX_MAYBE("pxelinux.cfg/%U"),
	SYSLINUX_MAYBE("pxelinux.cfg/%M"),
	SYSLINUX_MAYBE("pxelinux.cfg/%8"),
	SYSLINUX_MAYBE("pxelinux.cfg/%7"),
	SYSLINUX_MAYBE("pxelinux.cfg/%6"),
	SYSLINUX_MAYBE("pxelinux.cfg/%5"),
	SYSLINUX_MAYBE("pxelinux.cfg/%4"),
	SYSLINUX_MAYBE("pxelinux.cfg/%3"),
	SYSLINUX_MAYBE("pxelinux.cfg/%2"),
	SYSLINUX_MAYBE("pxelinux.cfg/%1"),
	SYSLINUX_MAYBE("pxelinux.cfg/default"),
	{.what = STORM_READ_FILES, SYSLINUX_PORTS, SYSLINUX_FILE},
};

static const struct storm_read UBOOT_READS[] = {
	{.what = STORM_READ_FILES,
		.no_checksum = true,
		.port_first = 1024,
		.port_count = 3072,
		WITH_TFTP(OPTIONS("timeout\0005\000blksize\0001468"), .gap = STORM_TFTP_GAP_NACK,
			UBOOT_WAITS)},
};

static const struct storm_read AGENT_READS[] = {
	{.what = STORM_READ_FILES,
		.port_first = 32768,
		.port_count = 28000,
		WITH_TFTP(OPTIONS("tsize\0000\000blksize\0001468\000windowsize\00064"),
			.linger_us = 500000, IPXE_WAITS)},
};

const struct storm_model STORM_MODELS[] = {
	{
		.name = "ipxe-bios",
		.summary = "iPXE's ROM: waits for ProxyDHCP, blksize 1432, keeps what comes early",
		.dhcp = {.discover = BYTES(IPXE_BIOS),
			.patience = STORM_DHCP_PROXY_WAIT,
			.secs = STORM_DHCP_SECS_IPXE,
			.retry = {4, {S(1), S(2), S(4), S(8)}},
			.give_up_us = S(15)},
		.reads = IPXE_READS,
		.read_count = COUNT_OF(IPXE_READS),
	},
	{
		.name = "edk2",
		.summary = "UEFI (OVMF): collects offers for 4 s, asks for the size first, blksize "
			   "1468, windowsize 4, an ACK for each packet out of order",
		.dhcp = DHCP_OF_EDK2,
		.reads = EDK2_READS,
		.read_count = COUNT_OF(EDK2_READS),
	},
	{
		.name = "shim-grub",
		.summary = "edk2 with the ACK's file, shim with grubx64.efi and files that may be "
			   "absent (blksize 512), GRUB with those of --file (blksize 1024), which "
			   "sends nothing twice",
		.dhcp = DHCP_OF_EDK2,
		.reads = SHIM_GRUB_READS,
		.read_count = COUNT_OF(SHIM_GRUB_READS),
	},
	{
		.name = "pxelinux",
		.summary = "a BIOS ROM, then pxelinux: asks again after 0.1 s, blksize 1408, looks "
			   "for its configuration, then reads the files of --file",
		.dhcp = {.broadcast = true,
			.discover = BYTES(PXE_ROM),
			.retry = {4, {S(4), S(8), S(16), S(32)}},
			.give_up_us = S(60)},
		.reads = PXELINUX_READS,
		.read_count = COUNT_OF(PXELINUX_READS),
	},
	{
		.name = "uboot",
		.summary = "U-Boot: timeout 5, blksize 1468, one ACK per gap, ports from 1024 to "
			   "4095, no UDP checksum",
		.dhcp = {.discover = BYTES(UBOOT),
			.retry = {4, {250000, 500000, S(1), S(2)}},
			.give_up_us = S(28)},
		.reads = UBOOT_READS,
		.read_count = COUNT_OF(UBOOT_READS),
	},
	{
		.name = "agent",
		.summary = "an imaging agent on Linux: udhcpc, then blksize 1468, windowsize 64",
		.dhcp = {.discover = BYTES(UDHCPC),
			.retry = {4, {S(3), S(3), S(3), S(20)}},
			.give_up_us = S(29)},
		.reads = AGENT_READS,
		.read_count = COUNT_OF(AGENT_READS),
	},
	{
		.name = "dhcp",
		.summary = "an address and nothing else",
		.dhcp = {.discover = BYTES(UDHCPC),
			.retry = {4, {S(1), S(2), S(4), S(8)}},
			.give_up_us = S(15)},
	},
};

const uint32_t STORM_MODEL_COUNT = COUNT_OF(STORM_MODELS);

const struct storm_model *storm_model_find(const char *name, size_t len) {
	for (uint32_t i = 0; i < STORM_MODEL_COUNT; i++) {
		if (strlen(STORM_MODELS[i].name) == len && !memcmp(STORM_MODELS[i].name, name, len))
			return &STORM_MODELS[i];
	}
	return NULL;
}
