// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// make-policy: publishes a policy for tests of the dataplane alone, in place of rouse-control.
// Makes the policy, images and control regions in RUNTIME_DIR with every file of a directory, or
// publishes once more into those that are there, and ends; the regions stay.

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "policy_publish.h"
#include "shm.h"
#include "text.h"

#define MAX_FILES     256
#define BUILDER_BYTES (1u << 20)

struct plan {
	const char *runtime_dir;
	const char *state_dir;
	const char *device[4];
	const char *address[4];
	uint16_t vlan[4];
	int ports;
	const char *root;
	const char *images; // the file that the link names
	const char *boot_file;
	struct policy_globals globals;
	enum policy_dhcp_mode dhcp;
	uint32_t pool[2];
	const char *order; // MAC,ID,SLOT
};

struct file {
	char name[NAME_MAX + 1];
	uint64_t size;
	uint32_t extents;
};

static struct file files[MAX_FILES];
static uint32_t file_count, extent_count;

static _Noreturn void die(const char *what, const char *why) {
	fprintf(stderr, "make-policy: %s: %s\n", what, why);
	exit(1);
}

static void list_files(const char *root) {
	DIR *dir = opendir(root);
	struct dirent *entry;

	if (!dir)
		die(root, strerror(errno));
	while ((entry = readdir(dir)) && file_count < MAX_FILES) {
		struct file *file = &files[file_count];
		struct stat st;

		if (fstatat(dirfd(dir), entry->d_name, &st, 0) < 0 || !S_ISREG(st.st_mode))
			continue;
		snprintf(file->name, sizeof(file->name), "%s", entry->d_name);
		file->size = (uint64_t)st.st_size;
		file->extents =
			(uint32_t)((file->size + IMAGE_EXTENT_BYTES - 1) >> IMAGE_EXTENT_SHIFT);
		extent_count += file->extents;
		file_count++;
	}
	closedir(dir);
}

static void load_file(const char *root, const struct file *file, uint8_t *to) {
	char path[PATH_MAX];
	FILE *in;

	if (snprintf(path, sizeof(path), "%s/%s", root, file->name) >= (int)sizeof(path))
		die(root, "the path is too long");
	in = fopen(path, "rb");
	if (!in || fread(to, 1, file->size, in) != file->size)
		die(path, "cannot read it");
	fclose(in);
}

// Every file in extents of its own, slot i being file i.
static void fill_images(const char *root, struct shm_map *map) {
	struct images_region *region = map->base;
	uint8_t *base = map->base;
	uint32_t next = 0, i, j;

	region->slot_count = file_count;
	region->extent_count = extent_count;
	region->map_count = extent_count;
	region->slots_offset = ROUSE_PAGE;
	region->map_offset = region->slots_offset + MAX_FILES * sizeof(struct image_slot);
	region->data_offset = IMAGE_EXTENT_BYTES;
	for (i = 0; i < file_count; i++) {
		struct image_slot *slot = (struct image_slot *)(base + region->slots_offset) + i;
		_Atomic uint32_t *extents = (_Atomic uint32_t *)(base + region->map_offset);

		slot->size = files[i].size;
		slot->map_first = next;
		slot->map_count = files[i].extents;
		load_file(root, &files[i],
			base + region->data_offset + ((size_t)next << IMAGE_EXTENT_SHIFT));
		for (j = 0; j < files[i].extents; j++, next++)
			atomic_store(&extents[next], next);
		atomic_store(&slot->word, IMAGE_WORD(i + 1, IMAGE_READY));
	}
}

static void make_images(const struct plan *plan) {
	size_t size = ((size_t)extent_count + 1) << IMAGE_EXTENT_SHIFT;
	char link[PATH_MAX], why[SHM_WHY_SIZE] = "";
	struct shm_map map;

	if (shm_create_region(plan->images, ROUSE_REGION_IMAGES, size, &map, why) < 0)
		die(plan->images, why);
	fill_images(plan->root, &map);
	snprintf(link, sizeof(link), "%s/images", plan->runtime_dir);
	if (shm_link_region(link, plan->images, why) < 0)
		die(link, why);
	shm_unmap(&map);
}

// Opens the policy region to publish into it again, or makes it and what belongs to it.
static void open_regions(const struct plan *plan, struct shm_map *policy) {
	char path[PATH_MAX], why[SHM_WHY_SIZE] = "";
	struct shm_map control = {0};

	snprintf(path, sizeof(path), "%s/policy", plan->runtime_dir);
	if (shm_open_region(path, ROUSE_REGION_POLICY, true, policy, why) == 0) {
		shm_take_over(policy);
		return;
	}
	make_images(plan);
	if (shm_create_region(path, ROUSE_REGION_POLICY, POLICY_REGION_SIZE, policy, why) < 0)
		die(path, why);
	policy_publish_init(policy->base);
	snprintf(path, sizeof(path), "%s/control", plan->runtime_dir);
	if (shm_create_region(
		    path, ROUSE_REGION_CONTROL, sizeof(struct control_region), &control, why) < 0)
		die(path, why);
	shm_unmap(&control);
}

static struct policy_ref text(struct policy_builder *b, const char *string) {
	return policy_build_bytes(b, string, strlen(string));
}

// "af_xdp:eth1"
static void add_port(struct policy_builder *b, const struct plan *plan, int index) {
	static const char *const kinds[] = {"af_xdp:", "af_packet:", "vdev:", "pci:"};
	struct policy_port port = {.dhcp = (uint8_t)plan->dhcp, .vlan = plan->vlan[index]};
	const char *device = plan->device[index];
	uint8_t kind;

	for (kind = 0; kind < 4 && strncmp(device, kinds[kind], strlen(kinds[kind])) != 0; kind++)
		;
	if (kind == 4 || text_parse_cidr(plan->address[index], &port.address, &port.prefix_len) < 0)
		die(device, "not KIND:DEVICE, or its address is not ADDRESS/PREFIX");
	port.kind = kind;
	port.device = text(b, device + strlen(kinds[kind]));
	policy_build_port(b, &port);
}

static void add_subnet(struct policy_builder *b, const struct plan *plan) {
	const struct policy_pool pools[1] = {{plan->pool[0], plan->pool[1]}};
	struct policy_subnet subnet = {
		.lease_time_s = 3600,
		.max_blksize = 1468,
		.max_windowsize = 64,
		.edge_rate_bps = 1000000000,
	};
	uint8_t prefix_len;

	text_parse_cidr(plan->address[0], &subnet.network, &prefix_len);
	subnet.mask = UINT32_MAX << (32 - prefix_len);
	subnet.network &= subnet.mask;
	policy_build_subnet(b, &subnet, pools, plan->pool[0] ? 1 : 0, NULL, 0);
}

// The one host of the policy, whose order the file `last` uses up.
static uint64_t add_order(struct policy_builder *b, const char *order) {
	struct policy_host host = {.flags = POLICY_HOST_LOCAL | POLICY_HOST_UNLISTED};
	char mac[18];
	unsigned long long id;

	if (sscanf(order, "%17[0-9a-f:],%llx,%u", mac, &id, &host.order_slot) != 3 ||
		text_parse_mac(mac, host.mac) < 0)
		die(order, "not MAC,ID,SLOT");
	host.order_id = id;
	host.name = text(b, "node");
	host.order_last = text(b, "last");
	policy_build_host(b, &host);
	return id;
}

// A file once-NAME is NAME while the order is pending; once-used is its mark.
static struct policy_name name_of(
	struct policy_builder *b, const struct plan *plan, const char *file, uint64_t order) {
	char mark[32];

	if (!plan->order || strncmp(file, "once-", 5) != 0)
		return (struct policy_name){.path = text(b, file)};
	snprintf(mark, sizeof(mark), "rouse/used/%016llx", (unsigned long long)order);
	file = strcmp(file, "once-used") == 0 ? mark : file + 5;
	return (struct policy_name){.path = text(b, file), .node = 1 | POLICY_NODE_ORDER};
}

static void add_names(struct policy_builder *b, const struct plan *plan) {
	uint64_t order = plan->order ? add_order(b, plan->order) : 0;
	uint32_t i;

	for (i = 0; i < file_count; i++) {
		struct policy_name name = name_of(b, plan, files[i].name, order);

		name.slot = i;
		name.generation = i + 1;
		name.size = files[i].size;
		policy_build_name(b, &name);
	}
}

static void publish(const struct plan *plan, struct shm_map *policy) {
	size_t size = policy_builder_size(BUILDER_BYTES);
	char why[256] = "";
	struct policy_builder *b = policy_builder_init(malloc(size), size, BUILDER_BYTES);
	struct policy_rule rule = {0};
	int64_t generation;
	int i;

	policy_build_globals(b, &plan->globals);
	for (i = 0; i < plan->ports; i++)
		add_port(b, plan, i);
	add_subnet(b, plan);
	add_names(b, plan);
	if (plan->boot_file)
		rule.file = text(b, plan->boot_file);
	policy_build_rule(b, &rule, NULL, 0);
	generation = policy_publish(policy->base, b, (uint64_t)time(NULL) * 1000000000, why);
	if (generation < 0)
		die("cannot publish", why);
	printf("published generation %lld with %u files\n", (long long)generation, file_count);
	free(b);
}

static void parse_range(const char *range, uint16_t *first, uint16_t *last) {
	if (sscanf(range, "%hu-%hu", first, last) != 2)
		die(range, "not FIRST-LAST");
}

static void parse_pool(char *pool, uint32_t out[2]) {
	char *dash = strchr(pool, '-');

	if (!dash)
		die(pool, "not FIRST-LAST");
	*dash = '\0';
	if (text_parse_ip(pool, &out[0]) < 0 || text_parse_ip(dash + 1, &out[1]) < 0)
		die(pool, "not an address");
}

static void parse_arguments(int argc, char **argv, struct plan *plan) {
	int option;

	while ((option = getopt(argc, argv, "r:s:p:v:f:i:w:t:a:o:b:n:k")) != -1) {
		switch (option) {
		case 'r':
			plan->runtime_dir = optarg;
			break;
		case 's':
			plan->state_dir = optarg;
			break;
		case 'p':
			if (plan->ports == 4 || optind >= argc)
				die(optarg, "at most four ports, each -p DEVICE ADDRESS/PREFIX");
			plan->device[plan->ports] = optarg;
			plan->address[plan->ports++] = argv[optind++];
			break;
		case 'v':
			if (!plan->ports)
				die(optarg, "-v VLAN is about the port before it");
			plan->vlan[plan->ports - 1] = (uint16_t)atoi(optarg);
			break;
		case 'f':
			plan->root = optarg;
			break;
		case 'i':
			plan->images = optarg;
			break;
		case 'w':
			plan->globals.workers = (uint16_t)atoi(optarg);
			break;
		case 't':
			parse_range(optarg, &plan->globals.tid_first, &plan->globals.tid_last);
			break;
		case 'a':
			parse_pool(optarg, plan->pool);
			break;
		case 'b':
			plan->boot_file = optarg;
			break;
		case 'o':
			plan->dhcp =
				strcmp(optarg, "off") == 0 ? POLICY_DHCP_OFF : POLICY_DHCP_SERVER;
			break;
		case 'n':
			plan->order = optarg;
			break;
		case 'k':
			plan->globals.idle = POLICY_IDLE_BUSY;
			break;
		default:
			die(argv[0], "unknown option");
		}
	}
	if (!plan->runtime_dir || !plan->state_dir || !plan->ports || !plan->root || !plan->images)
		die("usage", "-r RUNTIME_DIR -s STATE_DIR -p DEVICE ADDRESS/PREFIX [-v VLAN] -f "
			     "DIRECTORY -i "
			     "IMAGES_FILE "
			     "[-w WORKERS] [-t TID-TID] [-a POOL-POOL] [-b BOOT_FILE] [-o off] "
			     "[-n MAC,ID,SLOT] [-k]");
}

int main(int argc, char **argv) {
	struct plan plan = {
		.globals =
			{
				.memory_bytes = 1 << 30,
				.workers = 1,
				.tid_first = 32768,
				.tid_last = 49151,
				.authoritative = true,
			},
		.dhcp = POLICY_DHCP_SERVER,
	};
	struct shm_map policy;

	parse_arguments(argc, argv, &plan);
	plan.globals.runtime_dir = plan.runtime_dir;
	plan.globals.state_dir = plan.state_dir;
	list_files(plan.root);
	open_regions(&plan, &policy);
	publish(&plan, &policy);
	shm_unmap(&policy);
	return 0;
}
