// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// rouse explain: what a machine would get, and which rule decided it, by the code that the
// dataplane runs.

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "cli/cli.h"
#include "cli/cmd_config.h"
#include "cli/explain_node.h"
#include "cli/explain_print.h"
#include "cli/node_source.h"
#include "cli/output.h"
#include "config_match.h"
#include "text.h"

#define FRAME_COPY 2048u // longer than any DHCP message

// One run of the command.
struct asked {
	const struct cli_args *args;
	struct instance instance;
	struct explain explain;
	struct dhcp_explanation *result;
	struct dhcp_question question; // unless --pcap
	uint8_t uuid[16];
	struct config *config; // NULL: it is not known by which it runs
	struct explain_node node;
	struct arena arena; // of what is known of machines
	json_t *list;       // with --json
	uint16_t port;
};

static int parse_network(struct asked *a) {
	const char *text = cli_value(a->args, "subnet");
	uint32_t address;
	uint8_t len;

	if (!text) {
		if (explain_first_port(a->explain.policy, &a->port))
			return CLI_OK;
		cli_error("no port answers DHCP in this policy");
		return CLI_FAILED;
	}
	if (text_parse_ip(text, &address) < 0 && text_parse_cidr(text, &address, &len) < 0) {
		cli_error("--subnet: \"%s\" is neither a network nor an address", text);
		return CLI_USAGE;
	}
	if (explain_place(a->explain.policy, address, &a->port, &a->question))
		return CLI_OK;
	cli_error("--subnet: %s is in no subnet that has a port or a relay", text);
	return CLI_FAILED;
}

static int parse_question(const struct cli_args *args, struct dhcp_question *q, uint8_t uuid[16]) {
	const char *mac = cli_value(args, "mac"), *arch = cli_value(args, "arch");

	*q = (struct dhcp_question){
		.arch = POLICY_ARCH_UNKNOWN,
		.ipxe = cli_flag(args, "ipxe"),
		.user_class = cli_value(args, "user-class"),
		.vendor_class = cli_value(args, "vendor-class"),
		.circuit_id = cli_value(args, "circuit-id"),
		.remote_id = cli_value(args, "remote-id"),
	};
	if (!mac || text_parse_mac(mac, q->mac) < 0) {
		cli_error(
			mac ? "--mac: \"%s\" is not a MAC address" : "--mac or --pcap is needed%s",
			mac ? mac : "");
		return CLI_USAGE;
	}
	if (arch && config_arch_type(arch, &q->arch) < 0) {
		cli_error("--arch: \"%s\" is no architecture, such as x64-uefi or x86-bios", arch);
		return CLI_USAGE;
	}
	if (!cli_value(args, "uuid"))
		return CLI_OK;
	q->uuid = uuid;
	if (node_source_uuid(cli_value(args, "uuid"), uuid))
		return CLI_OK;
	cli_error("--uuid: \"%s\" is not a UUID", cli_value(args, "uuid"));
	return CLI_USAGE;
}

static void show(struct asked *a, const struct frame_view *view) {
	explain_run(&a->explain, view, a->port, a->result);
	if (a->list) {
		json_t *object = explain_json(&a->explain, a->result);

		explain_node_json(&a->node, a->result, object);
		json_array_append_new(a->list, object);
	} else {
		explain_print(&a->explain, a->result);
		explain_node_print(&a->node, a->result);
	}
}

static int explain_question(struct asked *a) {
	uint8_t message[DHCP_PAYLOAD_MAX];
	uint32_t relay = a->question.giaddr;
	struct frame_view view = {.dst_port = DHCP_SERVER_PORT, .payload = message};

	if (!relay && (a->question.circuit_id || a->question.remote_id)) {
		cli_error("--circuit-id and --remote-id are a relay agent's: give a --subnet "
			  "that has relays:");
		return CLI_USAGE;
	}
	view.src = relay;
	view.src_port = relay ? DHCP_SERVER_PORT : DHCP_CLIENT_PORT;
	view.dst = relay ? a->explain.policy->ports[a->port].address : UINT32_MAX;
	memcpy(view.src_mac, a->question.mac, sizeof(view.src_mac));
	view.payload_len = (uint16_t)dhcp_explain_ask(&a->question, message);
	show(a, &view);
	return CLI_OK;
}

// What a port with a VLAN sees: it takes the tag off before anything else.
static enum frame_error parse(
	const u_char *data, size_t len, uint32_t own, uint8_t *copy, struct frame_view *view) {
	bool tagged;

	len = len < FRAME_COPY ? len : FRAME_COPY;
	memcpy(copy, data, len);
	frame_vlan(copy, len, &tagged);
	if (!tagged)
		return frame_parse(copy, len, own, view);
	frame_untag(copy);
	return frame_parse(copy + FRAME_TAG_BYTES, len - FRAME_TAG_BYTES, own, view);
}

// All messages to a DHCP server in a capture, one after the other, as one server would see them.
static int explain_packets(struct asked *a, pcap_t *pcap) {
	uint32_t own = a->explain.policy->ports[a->port].address;
	struct pcap_pkthdr *header;
	const u_char *data;
	size_t number = 0, shown = 0;
	uint8_t copy[FRAME_COPY];
	int rc;

	while ((rc = pcap_next_ex(pcap, &header, &data)) == 1) {
		struct frame_view view;

		number++;
		if (parse(data, header->caplen, own, copy, &view) != FRAME_OK ||
			(view.dst_port != DHCP_SERVER_PORT && view.dst_port != DHCP_PXE_PORT))
			continue;
		if (!a->list)
			printf("%spacket %zu: ", shown ? "\n" : "", number);
		show(a, &view);
		shown++;
	}
	if (rc == PCAP_ERROR) {
		cli_error("the capture ends badly: %s", pcap_geterr(pcap));
		return CLI_FAILED;
	}
	if (!shown)
		cli_error("there is no message to a DHCP server in the capture's %zu packets",
			number);
	return shown ? CLI_OK : CLI_FAILED;
}

static int explain_capture(struct asked *a, const char *path) {
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, why);
	int rc;

	if (!pcap) {
		cli_error("%s", why);
		return CLI_FAILED;
	}
	if (pcap_datalink(pcap) == DLT_EN10MB) {
		rc = explain_packets(a, pcap);
	} else {
		cli_error("%s is not a capture of Ethernet frames", path);
		rc = CLI_FAILED;
	}
	pcap_close(pcap);
	return rc;
}

// What else is known of the machine: from the command line, and from who runs.
static int parse_facts(const struct cli_args *args, struct explain_node *node) {
	const char *memory = cli_value(args, "memory");
	uint64_t bytes = 0;

	if (memory && (text_parse_size(memory, &bytes) < 0 || bytes >> 20 > UINT32_MAX)) {
		cli_error("--memory: \"%s\" is not a size: write 64G", memory);
		return CLI_USAGE;
	}
	node->vars = cli_flag(args, "vars");
	node->facts = (struct node_facts){
		.arch = STORE_UNKNOWN_ARCH,
		.memory_mb = (uint32_t)(bytes >> 20),
		.manufacturer = cli_value(args, "manufacturer"),
		.product = cli_value(args, "product"),
		.serial = cli_value(args, "serial"),
		.asset = cli_value(args, "asset"),
	};
	return CLI_OK;
}

// Roles are told by the configuration file, which is what runs unless it was changed since.
static void read_roles(struct asked *a) {
	static struct config_errors errors;
	enum state_health health;
	uint64_t age_ms, pid;
	long count;

	if (cli_value(a->args, "runtime-dir"))
		return;
	a->config = config_load(cmd_config_path(a->args), &errors);
	if (!a->config) {
		cli_error("roles and profiles are not told: %s has errors, see rouse check",
			cmd_config_path(a->args));
		return;
	}
	if (!a->config->brain.given ||
		instance_health(&a->instance, "control", ROUSE_REGION_CONTROL, &health, &age_ms,
			&pid) < 0 ||
		health != STATE_ALIVE)
		return;
	count = node_source_ask(
		a->instance.runtime_dir, &a->arena, &a->node.known, &a->node.orders);
	a->node.asked = count >= 0;
	a->node.known_count = count > 0 ? (size_t)count : 0;
}

// The policy that is published, with the leases there are; or that of the file, without.
static int prepare(struct asked *a) {
	char why[SHM_WHY_SIZE] = "";
	int rc;

	if (cli_flag(a->args, "from-file")) {
		a->config = cmd_load_config(a->args);
		if (!a->config)
			return CLI_FAILED;
		rc = explain_build(&a->explain, a->config, why);
		if (rc < 0)
			cli_error("%s", why);
		else
			explain_init(&a->explain, &a->explain.built, NULL);
		return rc < 0 ? CLI_FAILED : CLI_OK;
	}
	rc = instance_find(a->args, &a->instance);
	if (rc == CLI_OK)
		rc = instance_need_policy(&a->instance);
	if (rc != CLI_OK)
		return rc;
	a->instance.has_state =
		state_view_open(&a->instance.state, a->instance.runtime_dir, why) == 0;
	explain_init(&a->explain, &a->instance.policy,
		a->instance.has_state ? &a->instance.state : NULL);
	read_roles(a);
	return CLI_OK;
}

static int run(const struct cli_args *args) {
	const char *pcap = cli_value(args, "pcap");
	struct asked a = {.args = args};
	int rc;

	if (pcap && cli_value(args, "mac")) {
		cli_error("--pcap and --mac both say who asks: give one of them");
		return CLI_USAGE;
	}
	rc = pcap ? CLI_OK : parse_question(args, &a.question, a.uuid);
	if (rc == CLI_OK)
		rc = parse_facts(args, &a.node);
	if (rc != CLI_OK)
		return rc;
	a.result = mem_alloc(sizeof(*a.result));
	rc = prepare(&a);
	a.node.config = a.config;
	if (rc == CLI_OK)
		rc = parse_network(&a);
	if (rc == CLI_OK && cli_flag(args, "json"))
		a.list = json_array();
	if (rc == CLI_OK)
		rc = pcap ? explain_capture(&a, pcap) : explain_question(&a);
	if (a.list)
		output_json(a.list);
	explain_close(&a.explain);
	instance_close(&a.instance);
	config_free(a.config);
	arena_free(&a.arena);
	free(a.result);
	return rc;
}

static const struct cli_option options[] = {
	INSTANCE_OPTIONS,
	{"from-file", NULL, "ask the configuration file itself, not what is published"},
	{"mac", "MAC", "the machine's MAC address"},
	{"arch", "ARCH", "its firmware: x64-uefi, x86-bios ... or a type number"},
	{"ipxe", NULL, "it runs iPXE already"},
	{"uuid", "UUID", "its UUID as the firmware prints it"},
	{"vendor-class", "TEXT", "option 60 (default: what such firmware sends)"},
	{"user-class", "TEXT", "option 77"},
	{"serial", "TEXT", "its serial number, for roles that match by it"},
	{"asset", "TEXT", "its asset tag"},
	{"manufacturer", "TEXT", "its manufacturer"},
	{"product", "TEXT", "its product name"},
	{"memory", "SIZE", "its memory: 64G"},
	{"vars", NULL, "tell its variables, and where each is from"},
	{"subnet", "NET", "the network it is in, or an address there (default: the first port's)"},
	{"circuit-id", "TEXT", "option 82.1, with a --subnet that is behind a relay agent"},
	{"remote-id", "TEXT", "option 82.2"},
	{"pcap", "FILE", "ask with all messages to a DHCP server in a capture"},
	CLI_OPTION_JSON,
	CLI_OPTION_END,
};

const struct cli_command cmd_explain = {
	.name = "explain",
	.operands = "",
	.help = "what a machine would get, and what decided it",
	.detail = "Runs the dataplane's own code on a copy of the published policy and of the\n"
		  "leases; nothing is sent and nothing changes. Without --arch and --ipxe the\n"
		  "machine is an operating system that does not boot from the network. With\n"
		  "profiles it is told which role the machine has by the configuration, why those\n"
		  "before do not take it, and what its profile loads; while rouse-control runs,\n"
		  "also what was set by hand and what was ordered.",
	.options = options,
	.run = run,
};
