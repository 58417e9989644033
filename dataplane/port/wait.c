// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// af_xdp of DPDK 22.11 has no RX interrupts, and vdevs such as memif or pcap have nothing that
// could be polled for readiness at all: those are looked at every half millisecond, which keeps the
// first answer within one.

#include "wait.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLIND_STEP_US 500u
#define SLACK_NS      1000u

int wait_init(struct waiter *waiter) {
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	*waiter = (struct waiter){.count = 1, .fds[0] = {.fd = fd, .events = POLLIN}};
	return 0;
}

void wait_fini(struct waiter *waiter) {
	close(waiter->fds[0].fd);
	*waiter = (struct waiter){0};
}

int wait_add(struct waiter *waiter, int fd) {
	if (fd < 0) {
		waiter->blind = true;
		return 0;
	}
	if (waiter->count == WAIT_FDS_MAX)
		return -ENOSPC;
	waiter->fds[waiter->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	return 0;
}

// An interface that goes down leaves an error on its sockets, which would end every later sleep at
// once; asking for it clears it.
static void clear_errors(struct waiter *waiter) {
	socklen_t len = sizeof(int);
	nfds_t i;
	int error;

	for (i = 1; i < waiter->count; i++)
		if (waiter->fds[i].revents & POLLERR)
			(void)getsockopt(waiter->fds[i].fd, SOL_SOCKET, SO_ERROR, &error, &len);
}

void wait_sleep(struct waiter *waiter, uint64_t timeout_us) {
	struct timespec timeout;
	uint64_t wakes;

	if (waiter->blind && timeout_us > BLIND_STEP_US)
		timeout_us = BLIND_STEP_US;
	timeout.tv_sec = (time_t)(timeout_us / 1000000);
	timeout.tv_nsec = (long)(timeout_us % 1000000) * 1000;
	if (ppoll(waiter->fds, waiter->count, &timeout, NULL) <= 0)
		return;
	if (waiter->fds[0].revents)
		(void)!read(waiter->fds[0].fd, &wakes, sizeof(wakes));
	clear_errors(waiter);
}

void wait_precisely(void) {
	prctl(PR_SET_TIMERSLACK, SLACK_NS);
}

void wait_nap(uint32_t us) {
	struct timespec left = {.tv_nsec = (long)us * 1000};

	nanosleep(&left, NULL);
}

void wait_wake(int event_fd) {
	const uint64_t one = 1;

	(void)!write(event_fd, &one, sizeof(one));
}
