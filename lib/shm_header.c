// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What is decided about a region's header without touching the system.

#include "shm.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "crc32c.h"

// A take-over changes the header in well under a microsecond; a copy takes a tenth of one.
#define READ_TRIES 1000

static const char *region_name(uint32_t region) {
	switch ((enum rouse_region)region) {
	case ROUSE_REGION_POLICY:
		return "policy";
	case ROUSE_REGION_IMAGES:
		return "images";
	case ROUSE_REGION_STATE:
		return "state";
	case ROUSE_REGION_CONTROL:
		return "control";
	}
	return "unknown";
}

uint32_t shm_layout_crc(enum rouse_region region) {
	static const uint32_t policy[] = {sizeof(struct policy_region),
		sizeof(struct policy_snapshot), sizeof(struct policy_port),
		sizeof(struct policy_subnet), sizeof(struct policy_pool),
		sizeof(struct policy_host), sizeof(struct policy_rule),
		sizeof(struct policy_condition), sizeof(struct policy_name), POLICY_SECTION_COUNT,
		ORDER_SLOTS};
	static const uint32_t images[] = {
		sizeof(struct images_region), sizeof(struct image_slot), IMAGE_EXTENT_SHIFT};
	static const uint32_t state[] = {sizeof(struct state_region), sizeof(struct worker_block),
		sizeof(struct event_record), EVENT_RING_SIZE, sizeof(struct lease_record),
		sizeof(struct tftp_session), sizeof(struct journal_block),
		sizeof(struct state_port), sizeof(struct phase_block), ROUSE_STAT_MAX,
		WANT_RING_SIZE, sizeof(struct capture_record), CAPTURE_RING_SIZE, ORDER_SLOTS};
	static const uint32_t control[] = {sizeof(struct control_region), ROUSE_MAX_WORKERS,
		sizeof(struct lease_order), LEASE_ORDERS, sizeof(struct capture_request)};

	switch (region) {
	case ROUSE_REGION_POLICY:
		return crc32c(0, policy, sizeof(policy));
	case ROUSE_REGION_IMAGES:
		return crc32c(0, images, sizeof(images));
	case ROUSE_REGION_STATE:
		return crc32c(0, state, sizeof(state));
	case ROUSE_REGION_CONTROL:
		return crc32c(0, control, sizeof(control));
	}
	return 0;
}

uint32_t shm_header_crc(const struct shm_header *header) {
	return crc32c(0, header, offsetof(struct shm_header, header_crc));
}

bool shm_read_header(const struct shm_header *shared, struct shm_header *copy) {
	for (int i = 0; i < READ_TRIES; i++) {
		memcpy(copy, shared, sizeof(*copy));
		if (copy->header_crc == shm_header_crc(copy))
			return true;
		atomic_thread_fence(memory_order_acquire);
	}
	return false;
}

__attribute__((format(printf, 2, 3))) static int refuse(
	char why[SHM_WHY_SIZE], const char *format, ...) {
	va_list args;

	va_start(args, format);
	vsnprintf(why, SHM_WHY_SIZE, format, args);
	va_end(args);
	return -EPROTO;
}

int shm_check_header(const struct shm_header *header, enum rouse_region region, size_t size,
	char why[SHM_WHY_SIZE]) {
	const char *name = region_name(region);

	if (size < sizeof(*header))
		return refuse(why, "the %s region has %zu bytes, its header alone has %zu", name,
			size, sizeof(*header));
	if (header->magic != ROUSE_SHM_MAGIC)
		return refuse(why, "the %s region begins with 0x%016llx, not with 0x%016llx", name,
			(unsigned long long)header->magic, ROUSE_SHM_MAGIC);
	if (header->abi_version != ROUSE_ABI_VERSION)
		return refuse(why,
			"the %s region has ABI version %u, this program has version %u: "
			"run programs of one version",
			name, header->abi_version, ROUSE_ABI_VERSION);
	if (header->header_crc != shm_header_crc(header))
		return refuse(why, "the %s region's header has the CRC 0x%08x, its content 0x%08x",
			name, header->header_crc, shm_header_crc(header));
	if (header->region != region)
		return refuse(why, "this is the %s region (%u), not the %s region (%u)",
			region_name(header->region), header->region, name, region);
	if (header->header_size != sizeof(*header))
		return refuse(why, "the %s region's header says it has %u bytes, it has %zu", name,
			header->header_size, sizeof(*header));
	if (header->total_size != size)
		return refuse(why, "the %s region says it has %llu bytes, its file has %zu", name,
			(unsigned long long)header->total_size, size);
	if (header->layout_crc != shm_layout_crc(region))
		return refuse(why,
			"the %s region has the layout 0x%08x, this program has 0x%08x: "
			"run programs of one version",
			name, header->layout_crc, shm_layout_crc(region));
	return 0;
}
