// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// One netlink message makes the pair (rtnetlink(7): IFLA_LINKINFO holds IFLA_INFO_KIND and the
// peer).

#include "storm_veth.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct message {
	struct nlmsghdr header;
	struct ifinfomsg info;
	uint8_t attributes[256];
};

static void *end_of(struct message *m) {
	return (uint8_t *)m + NLMSG_ALIGN(m->header.nlmsg_len);
}

static struct rtattr *put(struct message *m, unsigned short type, const void *data, size_t len) {
	struct rtattr *attribute = end_of(m);

	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(attribute), data, len);
	m->header.nlmsg_len = NLMSG_ALIGN(m->header.nlmsg_len) + (uint32_t)RTA_SPACE(len);
	return attribute;
}

// What was put since then stands inside it.
static void enclose(struct message *m, struct rtattr *outer) {
	outer->rta_len = (unsigned short)((uint8_t *)end_of(m) - (uint8_t *)outer);
}

static void write_request(struct message *m) {
	struct ifinfomsg none = {0};
	struct rtattr *link, *data, *peer;

	*m = (struct message){
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(m->info)),
			.nlmsg_type = RTM_NEWLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK}};
	put(m, IFLA_IFNAME, STORM_VETH_NEAR, sizeof(STORM_VETH_NEAR));
	link = put(m, IFLA_LINKINFO, NULL, 0);
	put(m, IFLA_INFO_KIND, "veth", 5);
	data = put(m, IFLA_INFO_DATA, NULL, 0);
	peer = put(m, VETH_INFO_PEER, &none, sizeof(none));
	put(m, IFLA_IFNAME, STORM_VETH_FAR, sizeof(STORM_VETH_FAR));
	enclose(m, peer);
	enclose(m, data);
	enclose(m, link);
}

static int make_pair(void) {
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		uint8_t rest[512];
	} answer = {0};
	struct message request;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int err = 0;

	if (fd < 0)
		return -errno;
	write_request(&request);
	if (send(fd, &request, request.header.nlmsg_len, 0) < 0 ||
		recv(fd, &answer, sizeof(answer), 0) < 0)
		err = -errno;
	else if (answer.header.nlmsg_type == NLMSG_ERROR)
		err = answer.error.error;
	close(fd);
	return err;
}

static int bring_up(const char *name) {
	struct ifreq request = {.ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	memcpy(request.ifr_name, name, strlen(name) + 1);
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		err = -errno;
	close(fd);
	return err;
}

int storm_veth_enter(void) {
	int err;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	err = make_pair();
	if (!err)
		err = bring_up(STORM_VETH_NEAR);
	return err ? err : bring_up(STORM_VETH_FAR);
}
