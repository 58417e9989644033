// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "image_watch.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "image_walk.h"

// Not in linux/magic.h of every version.
#define CIFS_MAGIC 0xff534d42u
#define SMB2_MAGIC 0xfe534d42u
#define GFS2_FS    0x01161970u
#define LUSTRE_FS  0x0bd00bd0u

static const unsigned long network_types[] = {
	NFS_SUPER_MAGIC,
	SMB_SUPER_MAGIC,
	CIFS_MAGIC,
	SMB2_MAGIC,
	V9FS_MAGIC,
	CEPH_SUPER_MAGIC,
	AFS_SUPER_MAGIC,
	CODA_SUPER_MAGIC,
	FUSE_SUPER_MAGIC,
	OCFS2_SUPER_MAGIC,
	GFS2_FS,
	LUSTRE_FS,
};

static bool is_network(int fd) {
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < sizeof(network_types) / sizeof(network_types[0]); i++)
		if ((unsigned long)fs.f_type == network_types[i])
			return true;
	return false;
}

static void give_up(struct image_watch *watch, const char *reason) {
	watch->unreliable = true;
	watch->reason = reason;
}

void image_watch_init(struct image_watch *watch, int root_fd) {
	*watch = (struct image_watch){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
	if (watch->fd < 0)
		give_up(watch, "inotify is not to be had: raise fs.inotify.max_user_instances");
	else if (is_network(root_fd))
		give_up(watch, "boot_root is on a network file system, where inotify is blind");
}

void image_watch_close(struct image_watch *watch) {
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

#define EVENTS                                                                                     \
	(IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ATTRIB |        \
		IN_DELETE_SELF | IN_MOVE_SELF)

void image_watch_add(struct image_watch *watch, int fd) {
	char path[40];

	if (watch->fd < 0)
		return;
	// The directory itself, whatever is at its path by now.
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (inotify_add_watch(watch->fd, path, EVENTS | IN_ONLYDIR) >= 0 || errno != ENOSPC)
		return;
	give_up(watch, "there are no inotify watches left: raise fs.inotify.max_user_watches");
}

// What happens to names that are never served, like the temporary files of editors and rsync, does
// not matter; the rename to the real name does.
static bool matters(const struct inotify_event *event) {
	return !event->len || image_walk_choice(event->name) == IMAGE_TAKE;
}

bool image_watch_drain(struct image_watch *watch, bool *lost) {
	alignas(struct inotify_event) char buffer[8192];
	bool any = false;
	ssize_t len;

	*lost = false;
	while (watch->fd >= 0 && (len = read(watch->fd, buffer, sizeof(buffer))) > 0) {
		for (char *at = buffer; at < buffer + len;) {
			const struct inotify_event *event = (const struct inotify_event *)at;

			*lost |= (event->mask & IN_Q_OVERFLOW) != 0;
			any |= *lost || (!(event->mask & IN_IGNORED) && matters(event));
			at += sizeof(*event) + event->len;
		}
	}
	return any;
}
