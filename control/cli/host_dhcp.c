// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// The kernel tells a socket's interface by sock_diag(7) only: dnsmasq listens on all addresses of
// one interface, and that of a virtual network is no hindrance.

#include "cli/host_dhcp.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define DHCP_PORT   67
#define SOCKETS_MAX 64u
#define ANSWERS_MAX 1024 // datagrams of a dump

struct found {
	struct host_dhcp_socket list[SOCKETS_MAX];
	uint32_t count;
};

bool host_dhcp_hears(const struct host_dhcp_socket *socket, uint32_t interface, uint32_t address) {
	return (!socket->interface || socket->interface == interface) &&
	       (!socket->address || socket->address == address);
}

static bool ask(int fd) {
	const struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 body;
	} request = {
		.head = {.nlmsg_len = sizeof(request),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.body = {.sdiag_family = AF_INET,
			.sdiag_protocol = IPPROTO_UDP,
			.idiag_states = ~0u},
	};

	return send(fd, &request, sizeof(request), 0) == sizeof(request);
}

static void take(struct found *found, const struct inet_diag_msg *message) {
	if (ntohs(message->id.idiag_sport) != DHCP_PORT || found->count == SOCKETS_MAX)
		return;
	found->list[found->count++] = (struct host_dhcp_socket){
		.address = ntohl(message->id.idiag_src[0]), .interface = message->id.idiag_if};
}

// One datagram of the dump. False: it was the last.
static bool take_all(struct found *found, const void *data, unsigned int left) {
	for (const struct nlmsghdr *head = data; NLMSG_OK(head, left);
		head = NLMSG_NEXT(head, left)) {
		if (head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR)
			return false;
		if (head->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
			head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct inet_diag_msg)))
			take(found, NLMSG_DATA(head));
	}
	return true;
}

static void find_sockets(struct found *found) {
	const struct timeval patience = {.tv_sec = 1};
	_Alignas(struct nlmsghdr) char answer[16384];
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	int left = ANSWERS_MAX;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (ask(fd)) {
		ssize_t len;

		do
			len = recv(fd, answer, sizeof(answer), 0);
		while (len > 0 && --left && take_all(found, answer, (unsigned int)len));
	}
	close(fd);
}

static bool is_shared_with_kernel(const struct config_port *port) {
	return port->kind == POLICY_DEVICE_AF_XDP || port->kind == POLICY_DEVICE_AF_PACKET;
}

void host_dhcp_check(const struct config *config, struct config_errors *errors) {
	struct found found = {0};

	find_sockets(&found);
	for (uint32_t i = 0; i < config->port_count; i++) {
		const struct config_port *port = &config->ports[i];
		char path[32];

		if (port->dhcp != POLICY_DHCP_PROXY || !is_shared_with_kernel(port))
			continue;
		snprintf(path, sizeof(path), "ports[%u].dhcp", i);
		for (uint32_t k = 0; k < found.count; k++) {
			const char *interface = strchr(port->device, ':') + 1;

			if (!host_dhcp_hears(
				    &found.list[k], if_nametoindex(interface), port->address))
				continue;
			config_error_add(errors, port->line, path,
				"a DHCP server of this host listens on %s (see: ss -ulpn sport = "
				"67), "
				"whose requests we would take: write server, and stop that one; or "
				"run ProxyDHCP on another machine",
				interface);
			break;
		}
	}
}
