// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// After kill -9 the program stays attached, with the kernel silent about our ports, which is
// wanted; but the driver cannot attach a second one. What is ours is known by the program's id in a
// file of runtime_dir, valid for one boot of the host and one interface: reading a program's name
// would need CAP_SYS_ADMIN. While the driver attaches, the file says "pending", so that a kill in
// between leaves nothing that looks foreign.

#include "xdp_attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "own_fds.h"
#include "xdp_filter_object.h"

#define BOOT_ID_SIZE 40

static void read_boot_id(char id[BOOT_ID_SIZE]) {
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	id[0] = '\0';
	if (!file)
		return;
	if (fscanf(file, "%39s", id) != 1)
		id[0] = '\0';
	fclose(file);
}

// One line: program id ("pending" before it is known), interface index, boot id of the host.
static int write_record(const struct xdp_attach *xdp, uint32_t id) {
	char boot_id[BOOT_ID_SIZE], temporary[sizeof(xdp->record) + 8];
	FILE *file;

	read_boot_id(boot_id);
	snprintf(temporary, sizeof(temporary), "%s.new", xdp->record);
	file = fopen(temporary, "we");
	if (!file)
		return -errno;
	if (id)
		fprintf(file, "%u %d %s\n", id, xdp->ifindex, boot_id);
	else
		fprintf(file, "pending %d %s\n", xdp->ifindex, boot_id);
	if (fclose(file) != 0 || rename(temporary, xdp->record) < 0)
		return -errno;
	return 0;
}

// Whether the record says that program id on this interface is ours.
static bool record_says_ours(const struct xdp_attach *xdp, uint32_t id) {
	char who[16], boot_id[BOOT_ID_SIZE], then[BOOT_ID_SIZE];
	FILE *file = fopen(xdp->record, "re");
	char number[16];
	int ifindex = 0, fields;

	if (!file)
		return false;
	fields = fscanf(file, "%15s %d %39s", who, &ifindex, then);
	fclose(file);
	read_boot_id(boot_id);
	if (fields != 3 || ifindex != xdp->ifindex || strcmp(then, boot_id) != 0)
		return false;
	snprintf(number, sizeof(number), "%u", id);
	return strcmp(who, "pending") == 0 || strcmp(who, number) == 0;
}

// Only root may ask for a program's name; without it the operator has the id.
static void name_program(uint32_t id, char *name, size_t size) {
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	snprintf(name, size, "%s", "unknown");
	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) == 0)
		snprintf(name, size, "%s", info.name);
	close(fd);
}

static int clear_interface(struct xdp_attach *xdp, char *why, size_t why_size) {
	char name[BPF_OBJ_NAME_LEN];
	uint32_t id = 0;
	int rc;

	rc = bpf_xdp_query_id(xdp->ifindex, 0, &id);
	if (rc < 0) {
		snprintf(why, why_size, "cannot ask for the XDP program of %s: %s", xdp->ifname,
			strerror(-rc));
		return rc;
	}
	if (id == 0)
		return 0;
	if (!record_says_ours(xdp, id)) {
		name_program(id, name, sizeof(name));
		snprintf(why, why_size,
			"%s has an XDP program that is not ours: id %u, name %s; end what uses it, "
			"or remove it with \"ip link set dev %s xdp off\", or use af_packet:%s",
			xdp->ifname, id, name, xdp->ifname, xdp->ifname);
		return -EBUSY;
	}
	rc = bpf_xdp_detach(xdp->ifindex, 0, NULL);
	if (rc < 0)
		snprintf(why, why_size, "cannot detach our former XDP program %u from %s: %s", id,
			xdp->ifname, strerror(-rc));
	return rc;
}

// The driver takes the program only as a path: an unlinked file in memory has one too.
static int expose_object(struct xdp_attach *xdp, char path[64]) {
	xdp->program_fd = memfd_create("rouse_filter", MFD_CLOEXEC);
	if (xdp->program_fd < 0)
		return -errno;
	if (write(xdp->program_fd, xdp_filter_object, sizeof(xdp_filter_object)) !=
		(ssize_t)sizeof(xdp_filter_object)) {
		close(xdp->program_fd);
		xdp->program_fd = -1;
		return -EIO;
	}
	snprintf(path, 64, "/proc/self/fd/%d", xdp->program_fd);
	return 0;
}

int xdp_attach_prepare(struct xdp_attach *xdp, const char *runtime_dir, const char *ifname,
	int ifindex, char path[64], char *why, size_t why_size) {
	int rc;

	*xdp = (struct xdp_attach){.ifindex = ifindex, .cfg_fd = -1, .program_fd = -1};
	snprintf(xdp->ifname, sizeof(xdp->ifname), "%s", ifname);
	if ((size_t)snprintf(xdp->record, sizeof(xdp->record), "%s/xdp-%s", runtime_dir, ifname) >=
		sizeof(xdp->record)) {
		snprintf(why, why_size, "the path of runtime_dir is too long");
		return -ENAMETOOLONG;
	}
	rc = clear_interface(xdp, why, why_size);
	if (rc < 0)
		return rc;
	rc = write_record(xdp, 0);
	if (rc < 0) {
		snprintf(why, why_size, "cannot write %s: %s", xdp->record, strerror(-rc));
		return rc;
	}
	rc = expose_object(xdp, path);
	if (rc < 0)
		snprintf(why, why_size, "no memory for the XDP program: %s", strerror(-rc));
	return rc;
}

static bool claimed(int fd, const struct xdp_attach *others, size_t count) {
	size_t i;

	for (i = 0; i < count; i++)
		if (others[i].cfg_fd == fd)
			return true;
	return false;
}

int xdp_attach_adopt(struct xdp_attach *xdp, const struct xdp_attach *others, size_t count,
	char *why, size_t why_size) {
	struct own_fds maps = {0};
	int i, rc;

	close(xdp->program_fd);
	xdp->program_fd = -1;
	rc = bpf_xdp_query_id(xdp->ifindex, 0, &xdp->program_id);
	if (rc == 0 && xdp->program_id)
		rc = own_fds_maps("rouse_cfg", &maps);
	for (i = 0; i < maps.count && xdp->cfg_fd < 0; i++)
		if (!claimed(maps.fd[i], others, count))
			xdp->cfg_fd = maps.fd[i];
	if (rc == 0 && xdp->cfg_fd < 0)
		rc = -ENOENT;
	if (rc == 0)
		rc = write_record(xdp, xdp->program_id);
	if (rc < 0)
		snprintf(why, why_size, "cannot take over the XDP program on %s: %s", xdp->ifname,
			strerror(-rc));
	return rc;
}

int xdp_attach_configure(struct xdp_attach *xdp, const struct xdp_filter_cfg *cfg) {
	const __u32 zero = 0;

	return bpf_map_update_elem(xdp->cfg_fd, &zero, cfg, BPF_ANY);
}

void xdp_attach_release(struct xdp_attach *xdp) {
	uint32_t id = 0;

	if (xdp->program_fd >= 0)
		close(xdp->program_fd);
	if (bpf_xdp_query_id(xdp->ifindex, 0, &id) == 0 && id && record_says_ours(xdp, id))
		bpf_xdp_detach(xdp->ifindex, 0, NULL);
	unlink(xdp->record);
	*xdp = (struct xdp_attach){.cfg_fd = -1, .program_fd = -1};
}
