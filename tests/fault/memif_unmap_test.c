// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// A memif's peer is killed while the polling thread stands in the driver, and stays there for a
// third of a second: the memory that both share is still to be read then, and is given back as soon
// as the thread is out. From both sides, since each maps what the client has made.

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "storm_poll.h"
#include "storm_port.h"

#define REGION    "/memfd:memif_region" // as the driver names it
#define INSIDE_MS 300
#define SOCKET_MS 10000 // for the server to make its socket
#define GIVEN_MS  3000  // for the driver to unmap, once it may
#define ALARM_S   60    // for all of a case

static void die(const char *what, const char *why) {
	fprintf(stderr, "memif_unmap_test: %s: %s\n", what, why);
	_exit(1);
}

static void sleep_ms(long ms) {
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&time, NULL);
}

// A client does not start without its server's socket.
static void open_port(struct port *port, const char *role, const char *socket) {
	char device[256], why[256];

	for (int i = 0; i < SOCKET_MS && !strcmp(role, "client") && access(socket, F_OK); i++)
		sleep_ms(1);
	snprintf(device, sizeof(device), "vdev:net_memif0,role=%s,socket=%s,socket-abstract=no",
		role, socket);
	if (storm_port_open(port, device, why, sizeof(why)))
		die(role, why);
}

// A process that holds the other end until it is killed.
static pid_t start_peer(const char *role, const char *socket) {
	pid_t pid = fork();
	struct port port;

	if (pid < 0)
		die("fork", strerror(errno));
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open_port(&port, role, socket);
	for (;;)
		pause();
}

// Where the shared memory stands in this process; NULL: nowhere.
static const volatile uint8_t *find_region(void) {
	FILE *maps = fopen("/proc/self/maps", "re");
	const volatile uint8_t *found = NULL;
	char line[512];
	uintptr_t at;

	if (!maps)
		die("/proc/self/maps", strerror(errno));
	while (!found && fgets(line, sizeof(line), maps)) {
		if (strstr(line, REGION) && sscanf(line, "%lx", &at) == 1)
			found = (const volatile uint8_t *)at;
	}
	fclose(maps);
	return found;
}

static void kill_and_wait(pid_t pid) {
	if (kill(pid, SIGKILL) < 0 || waitpid(pid, NULL, 0) != pid)
		die("kill", strerror(errno));
}

// Dies of SIGSEGV when the memory goes.
static void stand_inside(const volatile uint8_t *region, pid_t peer) {
	storm_poll_enter();
	kill_and_wait(peer);
	for (int i = 0; i < INSIDE_MS; i++) {
		(void)*region;
		sleep_ms(1);
	}
	if (!find_region())
		die("the region", "was unmapped under the thread");
	storm_poll_leave();
}

static void run_case(const char *role, const char *peer_role, const char *socket) {
	pid_t peer = start_peer(peer_role, socket);
	const volatile uint8_t *region;
	struct port port;

	alarm(ALARM_S);
	open_port(&port, role, socket);
	region = find_region();
	if (!region)
		die("the region", "is not to be found: has the driver another name for it?");
	stand_inside(region, peer);
	for (int i = 0; i < GIVEN_MS && find_region(); i++)
		sleep_ms(1);
	if (find_region())
		die("the region", "is still mapped though the thread is out");
	_exit(0);
}

static bool passes(const char *role, const char *peer_role, const char *socket) {
	pid_t pid = fork(); // the EAL starts but once in a process
	int status;

	if (pid < 0)
		die("fork", strerror(errno));
	if (!pid)
		run_case(role, peer_role, socket);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid", strerror(errno));
	if (WIFSIGNALED(status))
		fprintf(stderr, "memif_unmap_test: %s: died of %s\n", role,
			strsignal(WTERMSIG(status)));
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

int main(void) {
	char dir[] = "/tmp/rouse-memif-unmap.XXXXXX", socket[64];
	bool good;

	if (!mkdtemp(dir))
		die(dir, strerror(errno));
	snprintf(socket, sizeof(socket), "%s/memif", dir);
	good = passes("server", "client", socket);
	unlink(socket);
	good &= passes("client", "server", socket);
	unlink(socket);
	rmdir(dir);
	return good ? 0 : 1;
}
