// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// nft and groupadd are run as programs: nftables' library is under the GPL, and the format of
// /etc/group and its locks are the system's own business.

#include "cli/run_program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void exec_anywhere(char *const argv[]) {
	static const char *const folders[] = {"/usr/sbin", "/sbin"};
	char path[256];

	execvp(argv[0], argv);
	for (size_t i = 0; errno == ENOENT && i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], argv[0]);
		execv(path, argv);
	}
}

static void child(char *const argv[], int in, int out) {
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	exec_anywhere(argv);
	dprintf(2, "%s: %s", argv[0],
		errno == ENOENT ? "not installed; run scripts/setup" : strerror(errno));
	_exit(127);
}

// Reads to the end, so that the program never waits for us; keeps what fits.
static void read_all(int fd, char *output, size_t size) {
	char rest[512];
	size_t len = 0;

	for (;;) {
		bool full = len + 1 >= size;
		ssize_t n =
			read(fd, full ? rest : output + len, full ? sizeof(rest) : size - 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += full ? 0 : (size_t)n;
	}
	while (len && output[len - 1] == '\n')
		len--;
	output[len] = '\0';
}

// A file without a name rather than a pipe: input of any length, and no deadlock.
static int input_file(const char *input) {
	int fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	size_t len = input ? strlen(input) : 0;

	if (fd < 0)
		return -errno;
	if (write(fd, input, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) != 0) {
		close(fd);
		return -EIO;
	}
	return fd;
}

static int wait_for(pid_t pid) {
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run_program(char *const argv[], const char *input, char *output, size_t size) {
	int in = input ? input_file(input) : open("/dev/null", O_RDONLY | O_CLOEXEC);
	int out[2], rc;
	pid_t pid;

	output[0] = '\0';
	if (in < 0)
		return input ? in : -errno;
	if (pipe2(out, O_CLOEXEC) < 0) {
		rc = -errno;
		goto err_in;
	}
	pid = fork();
	if (pid < 0) {
		rc = -errno;
		goto err_pipe;
	}
	if (pid == 0)
		child(argv, in, out[1]);
	close(out[1]);
	read_all(out[0], output, size);
	close(out[0]);
	close(in);
	return wait_for(pid);

err_pipe:
	close(out[0]);
	close(out[1]);
err_in:
	close(in);
	return rc;
}
