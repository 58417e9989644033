// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse up: host set-up, then rouse-control and rouse-dataplane in the foreground.

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/cmd_config.h"
#include "cli/host.h"
#include "cli/supervisor.h"

static int find(struct supervised *program) {
	if (supervisor_find(program->name, program->path, sizeof(program->path)) == 0)
		return 0;
	cli_error("%s is neither beside this program nor in PATH: is it installed?", program->name);
	return -ENOENT;
}

// One supervisor for each runtime_dir: -EBUSY when there is another, said on stderr. The lock ends
// with this process, whatever ends that. -ENOENT: there is no such directory yet.
static int lock_instance(const char *runtime_dir) {
	int fd = open(runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0) {
		rc = -errno;
		if (rc != -ENOENT)
			cli_error("cannot open %s: %s", runtime_dir, strerror(-rc));
		return rc;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	cli_error("another rouse up runs in %s", runtime_dir);
	close(fd);
	return -EBUSY;
}

static int supervise(const struct config *config, const char *config_path) {
	struct supervised programs[] = {
		{.name = "rouse-control",
			.argv = {"rouse-control", "--config", config_path},
			.wants_hup = true},
		{.name = "rouse-dataplane",
			.argv = {"rouse-dataplane", "--runtime-dir", config->runtime_dir}},
	};
	size_t count = sizeof(programs) / sizeof(programs[0]);

	for (size_t i = 0; i < count; i++)
		if (find(&programs[i]) < 0)
			return -ENOENT;
	return supervisor_run(programs, count);
}

static int up(const struct config *config, const char *config_path) {
	int lock = lock_instance(config->runtime_dir), rc;
	char why[HOST_WHY_SIZE];

	if (lock < 0 && lock != -ENOENT)
		return lock;
	supervisor_block_signals();
	rc = host_up(config, 0, why, sizeof(why));
	if (rc < 0) {
		cli_error("%s", why);
		goto err_lock;
	}
	if (lock < 0)
		lock = lock_instance(config->runtime_dir); // the directory has just been made
	if (lock < 0)
		return lock;
	rc = supervise(config, config_path);
	if (host_down(config->runtime_dir, why, sizeof(why)) < 0) {
		cli_error("%s", why);
		rc = rc ? rc : -EIO;
	}
err_lock:
	if (lock >= 0)
		close(lock);
	return rc;
}

static int run(const struct cli_args *args) {
	struct config *config = cmd_load_config(args);
	char *path;
	int rc;

	if (!config)
		return CLI_FAILED;
	// control may be started again from here after a long time: the path must not depend on
	// where.
	path = realpath(cmd_config_path(args), NULL);
	rc = path ? up(config, path) : -errno;
	free(path);
	config_free(config);
	return rc < 0 ? CLI_FAILED : CLI_OK;
}

static const struct cli_option options[] = {CLI_OPTION_CONFIG, CLI_OPTION_END};

const struct cli_command cmd_up = {
	.name = "up",
	.operands = "",
	.help = "run control and dataplane in the foreground, the host set up",
	.detail = "Either is started again when it dies, at once, and after repeated deaths within "
		  "up to\n"
		  "2 s. SIGHUP reloads the configuration; SIGTERM and Ctrl-C end both and put the "
		  "host\n"
		  "back. Both die with this command, even when it is killed with -9; the next "
		  "start takes\n"
		  "over what was left.",
	.options = options,
	.run = run,
};
