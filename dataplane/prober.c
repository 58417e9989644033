// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Goes through the pools in batches: ask all, wait, ask the silent ones again, wait, tell. The
// kernel's sockets serve on af_xdp too, since the XDP filter passes ARP and ICMP. Pools of ports
// whose address the kernel does not have cannot be asked and count as free.

#include "prober.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_packet.h>

#include "checksum.h"
#include "log.h"

#define WAIT_TICKS 10u // 250 ms for an answer
#define ECHO_ID    0x5253
#define NO_PORT    UINT16_MAX

// How fast: the first addresses, and those that clients wait for, at up to 40,000 frames a second
// of 64 bytes, which is 2.7 % of a gigabit; the rest of a large pool at a quarter of that.
#define HURRY_BATCH PROBER_BATCH
#define HURRY_SENDS 1024u // per tick of 25 ms
#define HURRY_WAIT  4u    // ticks between the two askings
#define EASY_BATCH  2048u
#define EASY_SENDS  256u
#define EAGER       PROBER_BATCH // addresses that are asked in a hurry before anybody waits

static int open_arp(const struct port *port) {
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ARP),
		.sll_ifindex = (int)if_nametoindex(port->holder),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ARP));

	if (fd >= 0 && bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int prober_start(struct prober *prober, const struct port *ports, uint16_t port_count) {
	void *memory = mmap(NULL, PROBER_RESULTS * sizeof(uint64_t), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint16_t i;

	if (memory == MAP_FAILED)
		return -errno;
	prober->results.result = memory;
	prober->ports = ports;
	prober->port_count = port_count;
	for (i = 0; i < port_count; i++)
		prober->arp_fd[i] = port_kernel_answers(&ports[i]) ? open_arp(&ports[i]) : -1;
	prober->icmp_fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
	prober->active = true;
	prober_restart(prober);
	return 0;
}

void prober_restart(struct prober *prober) {
	prober->pool = 0;
	prober->base = 0;
	prober->count = 0;
}

static void close_sockets(struct prober *prober) {
	uint16_t i;

	for (i = 0; i < prober->port_count; i++)
		if (prober->arp_fd[i] >= 0)
			close(prober->arp_fd[i]);
	if (prober->icmp_fd >= 0)
		close(prober->icmp_fd);
	prober->active = false;
}

void prober_stop(struct prober *prober) {
	if (prober->active)
		close_sockets(prober);
	if (prober->results.result)
		munmap(prober->results.result, PROBER_RESULTS * sizeof(uint64_t));
	prober->results.result = NULL;
}

static void tell(struct prober *prober, uint32_t address, bool in_use) {
	struct probe_results *results = &prober->results;
	uint32_t count = atomic_load_explicit(&results->count, memory_order_relaxed);

	if (count == PROBER_RESULTS)
		return;
	results->result[count] = address | (in_use ? PROBE_IN_USE : 0);
	atomic_store_explicit(&results->count, count + 1, memory_order_release);
}

// The port on whose network the address is, or NO_PORT.
static uint16_t port_of(const struct prober *prober, uint32_t address) {
	uint16_t i;

	for (i = 0; i < prober->port_count; i++) {
		const struct port_config *config = &prober->ports[i].config;
		uint32_t mask = config->prefix_len ? UINT32_MAX << (32 - config->prefix_len) : 0;

		if (((config->address ^ address) & mask) == 0)
			return i;
	}
	return NO_PORT;
}

static bool ask_arp(const struct prober *prober, uint16_t index, uint32_t address) {
	const struct port *port = &prober->ports[index];
	struct {
		struct ether_header eth;
		struct ether_arp arp;
	} frame = {
		.eth.ether_type = htons(ETHERTYPE_ARP),
		.arp.arp_hrd = htons(ARPHRD_ETHER),
		.arp.arp_pro = htons(ETHERTYPE_IP),
		.arp.arp_hln = ETH_ALEN,
		.arp.arp_pln = 4,
		.arp.arp_op = htons(ARPOP_REQUEST),
	};
	uint32_t own = htonl(port->config.address), target = htonl(address);

	memset(frame.eth.ether_dhost, 0xff, ETH_ALEN);
	memcpy(frame.eth.ether_shost, port->mac, ETH_ALEN);
	memcpy(frame.arp.arp_sha, port->mac, ETH_ALEN);
	memcpy(frame.arp.arp_spa, &own, sizeof(own));
	memcpy(frame.arp.arp_tpa, &target, sizeof(target));
	return write(prober->arp_fd[index], &frame, sizeof(frame)) > 0;
}

// No route to the address is an answer of a kind: nobody there has it.
static bool ask_echo(const struct prober *prober, uint32_t address) {
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
	struct icmphdr echo = {.type = ICMP_ECHO, .un.echo.id = htons(ECHO_ID)};

	echo.checksum = (uint16_t)~checksum_fold(checksum_add(0, &echo, sizeof(echo)));
	return sendto(prober->icmp_fd, &echo, sizeof(echo), 0, (struct sockaddr *)&to, sizeof(to)) >
		       0 ||
	       errno == ENETUNREACH || errno == EHOSTUNREACH;
}

static void note_answer(struct prober *prober, uint32_t address) {
	if (address - prober->base < prober->count)
		prober->reply[address - prober->base] = PROBER_ANSWERED;
}

static void read_arp(struct prober *prober, int fd) {
	struct {
		struct ether_header eth;
		struct ether_arp arp;
	} frame;
	uint32_t sender;

	while (recv(fd, &frame, sizeof(frame), 0) >= (ssize_t)sizeof(frame)) {
		memcpy(&sender, frame.arp.arp_spa, sizeof(sender));
		note_answer(prober, ntohl(sender)); // an ARP request tells of its sender as well
	}
}

static void read_echo(struct prober *prober) {
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char packet[256];

	while (recvfrom(prober->icmp_fd, packet, sizeof(packet), 0, (struct sockaddr *)&from,
		       &len) > 0)
		note_answer(prober, ntohl(from.sin_addr.s_addr));
}

static void read_answers(struct prober *prober) {
	uint16_t i;

	for (i = 0; i < prober->port_count; i++)
		if (prober->arp_fd[i] >= 0)
			read_arp(prober, prober->arp_fd[i]);
	if (prober->icmp_fd >= 0)
		read_echo(prober);
}

static bool ask(const struct prober *prober, uint32_t address) {
	uint16_t port = port_of(prober, address);

	return port == NO_PORT ? ask_echo(prober, address) : ask_arp(prober, port, address);
}

// The next run of addresses. False: there is none.
static bool next_batch(struct prober *prober, const struct policy *policy) {
	const struct policy_pool *pool;
	uint32_t next = prober->base + prober->count;

	if (prober->count && next - 1 == policy->pools[prober->pool].last) {
		prober->pool++;
		prober->count = 0;
	}
	if (prober->pool >= policy->count[POLICY_POOLS])
		return false;
	prober->hurry =
		atomic_load_explicit(&prober->results.count, memory_order_relaxed) < EAGER ||
		atomic_exchange_explicit(&prober->results.wanted, false, memory_order_relaxed);
	pool = &policy->pools[prober->pool];
	prober->base = prober->count ? next : pool->first;
	prober->count = pool->last - prober->base + 1;
	if (prober->count > (prober->hurry ? HURRY_BATCH : EASY_BATCH))
		prober->count = prober->hurry ? HURRY_BATCH : EASY_BATCH;
	prober->sent = 0;
	prober->step = PROBER_FIRST;
	memset(prober->reply, PROBER_SILENT, sizeof(prober->reply));
	return true;
}

static void conclude(struct prober *prober) {
	uint32_t i;

	for (i = 0; i < prober->count; i++) {
		if (prober->reply[i] == PROBER_NOT_ASKED)
			prober->incomplete = true;
		else
			tell(prober, prober->base + i, prober->reply[i] == PROBER_ANSWERED);
	}
}

static void send_some(struct prober *prober) {
	uint32_t end = prober->sent + (prober->hurry ? HURRY_SENDS : EASY_SENDS);

	for (; prober->sent < prober->count && prober->sent < end; prober->sent++) {
		uint8_t *reply = &prober->reply[prober->sent];

		if (*reply != PROBER_ANSWERED)
			*reply = ask(prober, prober->base + prober->sent) ? PROBER_SILENT
									  : PROBER_NOT_ASKED;
	}
	prober->ticks = prober->hurry && prober->step == PROBER_FIRST ? HURRY_WAIT : WAIT_TICKS;
}

static void end_step(struct prober *prober) {
	prober->sent = 0;
	if (++prober->step == PROBER_VERDICT)
		conclude(prober);
}

// The batch that is under way. Without a carrier silence says nothing, so that is waited for.
static void go_on(struct prober *prober, const _Atomic bool *link_up) {
	uint16_t port = port_of(prober, prober->base);

	if (port != NO_PORT && prober->arp_fd[port] < 0) { // nobody to ask
		prober->step = PROBER_VERDICT;
		conclude(prober);
	} else if (port != NO_PORT && !atomic_load(&link_up[port])) {
		return;
	} else if (prober->sent < prober->count) {
		send_some(prober);
	} else if (prober->ticks-- == 0) {
		end_step(prober);
	}
}

static void finish(struct prober *prober) {
	close_sockets(prober);
	if (prober->incomplete)
		log_say(LOG_LEVEL_WARNING,
			"some addresses of the pools could not be asked whether they are in use: "
			"they are given only to clients that ask for them");
	else
		atomic_store_explicit(&prober->results.complete, true, memory_order_release);
}

bool prober_is_complete(const struct prober *prober) {
	return atomic_load_explicit(&prober->results.complete, memory_order_acquire);
}

void prober_tick(struct prober *prober, const struct policy *policy, const _Atomic bool *link_up) {
	bool ended = prober->count == 0 || prober->step == PROBER_VERDICT;

	if (!prober->active)
		return;
	read_answers(prober);
	if (ended && !next_batch(prober, policy))
		finish(prober);
	else
		go_on(prober, link_up);
}
