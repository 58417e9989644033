// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// From options to a mix of models.

#include "storm_boot_models.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "storm_content.h"

static bool is_plain(const struct storm_boot_kinds *k) {
	return k->ipxe || k->broadcast || k->arch != UINT32_MAX || k->blksize || k->windowsize ||
	       k->dhcp_retry.count || k->tftp_retry.count;
}

const char *storm_boot_kinds_wrong(const struct storm_boot_kinds *k) {
	if (k->model && k->pcap)
		return "--model and --pcap contradict each other";
	if ((k->model || k->pcap) && is_plain(k))
		return "--ipxe, --arch, --broadcast, --blksize, --windowsize, --dhcp-retry and "
		       "--tftp-retry are for machines without --model and --pcap";
	return NULL;
}

static void describe_read(const struct storm_boot_kinds *k, struct storm_read *read) {
	*read = (struct storm_read){
		.what = STORM_READ_FILES,
		.port_first = 20000,
		.port_count = 40000,
		.tftp = {.blksize = (uint16_t)(k->blksize ? k->blksize : 1432),
			.windowsize = (uint16_t)k->windowsize,
			.tsize = true,
			.port = 69,
			.retry = k->tftp_retry,
			.linger_us = 500000},
	};
	if (!k->tftp_retry.count)
		read->tftp.retry = (struct storm_retry){
			6, {250000, 500000, 1000000, 2000000, 4000000, 8000000}};
	read->tftp.give_up_us = storm_retry_sum(&read->tftp.retry);
}

static void describe_plain(const struct storm_boot_kinds *k, struct storm_boot_models *models) {
	struct storm_model *plain = &models->plain;

	describe_read(k, &models->plain_read);
	*plain = (struct storm_model){
		.name = "plain",
		.dhcp = {.broadcast = k->broadcast,
			.ipxe = k->ipxe,
			.arch = (uint16_t)(k->arch == UINT32_MAX ? 0 : k->arch),
			.retry = k->dhcp_retry},
		.reads = &models->plain_read,
		.read_count = 1,
	};
	if (!k->dhcp_retry.count)
		plain->dhcp.retry = (struct storm_retry){4, {1000000, 2000000, 4000000, 8000000}};
	plain->dhcp.give_up_us = storm_retry_sum(&plain->dhcp.retry);
}

static int read_capture(
	const struct storm_command *command, const char *path, struct storm_capture *capture) {
	struct storm_content file = {0};
	int err = storm_content_map(&file, path);

	if (err) {
		storm_complain(command, "%s: %s", path, strerror(-err));
		return err;
	}
	err = storm_capture_parse(capture, file.map, file.size);
	if (err)
		storm_complain(command, "%s: %s", path,
			err == -EBADMSG ? "no capture of Ethernet in the format pcap or pcapng"
					: "nobody in it asks for an address");
	storm_content_close(&file);
	return err;
}

static int mix_capture(const struct storm_command *command, const char *path,
	struct storm_boot_models *models, struct storm_mix *mix) {
	struct storm_capture *capture = calloc(1, sizeof(*capture));
	uint64_t left_out;
	int err;

	if (!capture)
		return -ENOMEM;
	models->capture = capture;
	err = read_capture(command, path, capture);
	left_out = capture->left_out;
	for (uint32_t i = 0; !err && i < capture->count; i++) {
		struct storm_capture_client *c = &capture->clients[i];

		if (c->alike && storm_mix_add(mix, &c->model, c->alike) < 0)
			left_out += c->alike;
	}
	if (!err && left_out)
		storm_complain(command, "%s: %llu clients or files are left out", path,
			(unsigned long long)left_out);
	return err;
}

static int mix_names(
	const struct storm_command *command, const char *names, struct storm_mix *mix) {
	const char *wrong;
	int err = storm_mix_parse(mix, names, &wrong);

	if (err == -E2BIG)
		storm_complain(command, "--model: the shares are more than %u at '%s'",
			STORM_MIX_SHARES, wrong);
	else if (err)
		storm_complain(command, "--model: no model and share at '%s'", wrong);
	return err;
}

int storm_boot_set_mix(const struct storm_command *command, const struct storm_boot_kinds *k,
	struct storm_boot_models *models, struct storm_mix *mix) {
	int err;

	if (k->pcap) {
		err = mix_capture(command, k->pcap, models, mix);
	} else if (k->model) {
		err = mix_names(command, k->model, mix);
	} else {
		describe_plain(k, models);
		err = storm_mix_add(mix, &models->plain, 1);
	}
	if (!err)
		storm_mix_deal(mix);
	return err;
}

void storm_boot_models_free(struct storm_boot_models *models) {
	free(models->capture);
	models->capture = NULL;
}
