// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

#include "config_keys.h"

const struct config_section config_sections[CONFIG_SECTION_COUNT] = {
	[CONFIG_TOP] = {"", sizeof(struct config), 1},
	[CONFIG_PORT] = {"ports[]", sizeof(struct config_port), ROUSE_MAX_PORTS},
	[CONFIG_SUBNET] = {"subnets[]", sizeof(struct config_subnet), 4096},
	[CONFIG_HOST] = {"hosts[]", sizeof(struct config_host), 65536},
	[CONFIG_RULE] = {"boot[]", sizeof(struct config_rule), 4096},
	[CONFIG_MULTICAST] = {"multicast", sizeof(struct config_multicast), 1},
	[CONFIG_HTTP] = {"http", sizeof(struct config_http), 1},
	[CONFIG_TLS] = {"tls", sizeof(struct config_tls), 1},
	[CONFIG_MENU_ITEM] = {"boot[].menu[]", sizeof(struct config_menu_item), POLICY_MENU_MAX},
	[CONFIG_PROFILE] = {"profiles[]", sizeof(struct config_profile), 1024},
	[CONFIG_VARIANT] = {"profiles[].variants[]", sizeof(struct config_variant), 16},
	[CONFIG_ROLE] = {"roles[]", sizeof(struct config_role), 1024},
	[CONFIG_UNKNOWN] = {"unknown", sizeof(struct config_unknown), 1},
	[CONFIG_MENU] = {"menus[]", sizeof(struct config_menu), 64},
	[CONFIG_ENTRY] = {"menus[].items[]", sizeof(struct config_entry), 128},
};

static const char *const idle_choices[] = {
	[POLICY_IDLE_ADAPTIVE] = "adaptive",
	[POLICY_IDLE_BUSY] = "busy",
	[POLICY_IDLE_BUSY + 1] = NULL,
};

static const char *const dhcp_choices[] = {
	[POLICY_DHCP_OFF] = "off",
	[POLICY_DHCP_SERVER] = "server",
	[POLICY_DHCP_PROXY] = "proxy",
	[POLICY_DHCP_PROXY + 1] = NULL,
};

static const char *const fetch_choices[] = {
	[CONFIG_FETCH_TFTP] = "tftp",
	[CONFIG_FETCH_HTTP] = "http",
	[CONFIG_FETCH_HTTPS] = "https",
	[CONFIG_FETCH_HTTPS + 1] = NULL,
};

static const char *const action_choices[] = {
	[CONFIG_ACTION_NONE] = "none",
	[CONFIG_ACTION_INFO] = "info",
	[CONFIG_ACTION_SHELL] = "shell",
	[CONFIG_ACTION_RETRY] = "retry",
	[CONFIG_ACTION_REBOOT] = "reboot",
	[CONFIG_ACTION_POWEROFF] = "poweroff",
	[CONFIG_ACTION_POWEROFF + 1] = NULL,
};

#define TOP(field)       CONFIG_TOP, .offset = offsetof(struct config, field)
#define PORT(field)      CONFIG_PORT, .offset = offsetof(struct config_port, field)
#define SUBNET(field)    CONFIG_SUBNET, .offset = offsetof(struct config_subnet, field)
#define HOST(field)      CONFIG_HOST, .offset = offsetof(struct config_host, field)
#define RULE(field)      CONFIG_RULE, .offset = offsetof(struct config_rule, field)
#define ITEM(field)      CONFIG_MENU_ITEM, .offset = offsetof(struct config_menu_item, field)
#define HTTP(field)      CONFIG_HTTP, .offset = offsetof(struct config_http, field)
#define TLS(field)       CONFIG_TLS, .offset = offsetof(struct config_tls, field)
#define MULTICAST(field) CONFIG_MULTICAST, .offset = offsetof(struct config_multicast, field)
#define BRAIN(field)     TOP(brain.field)
#define PROFILE(field)   CONFIG_PROFILE, .offset = offsetof(struct config_profile, field)
#define VARIANT(field)   CONFIG_VARIANT, .offset = offsetof(struct config_variant, field)
#define ROLE(field)      CONFIG_ROLE, .offset = offsetof(struct config_role, field)
#define UNKNOWN(field)   CONFIG_UNKNOWN, .offset = offsetof(struct config_unknown, field)
#define MENU(field)      CONFIG_MENU, .offset = offsetof(struct config_menu, field)
#define ENTRY(field)     CONFIG_ENTRY, .offset = offsetof(struct config_entry, field)
#define RECORDS(count)   .offset2 = offsetof(struct config, count)

const struct config_key config_keys[] = {
	{TOP(runtime_dir), .name = "runtime_dir", .type = CONFIG_TYPE_DIRECTORY,
		.flags = CONFIG_RESTART, .fallback = "/run/rouse", .max = 80,
		.help = "lock files, socket and shared memory of this instance"},
	{TOP(state_dir), .name = "state_dir", .type = CONFIG_TYPE_DIRECTORY,
		.flags = CONFIG_RESTART, .fallback = "/var/lib/rouse", .max = 200,
		.help = "the lease journal"},
	{TOP(boot_root), .name = "boot_root", .type = CONFIG_TYPE_DIRECTORY,
		.flags = CONFIG_REQUIRED | CONFIG_RESTART, .max = 1024,
		.help = "the tree of files that are served"},
	{TOP(memory_bytes), .name = "memory", .type = CONFIG_TYPE_SIZE, .flags = CONFIG_RESTART,
		.fallback = "2G", .min = 8ULL << 20, .max = 1ULL << 40,
		.help = "memory for the contents of files; what does not fit is loaded on request"},
	{TOP(preload), .name = "preload", .type = CONFIG_TYPE_TEXTS,
		.help = "patterns of files that are loaded before all others, and stay in memory"},
	{TOP(node_dir), .name = "node_dir", .type = CONFIG_TYPE_FILE, .max = 254,
		.help = "a directory below boot_root with one for each machine, by its name in "
			"hosts: what "
			"lies there is served to that machine alone, in place of what has its name "
			"in boot_root"},
	{TOP(workers), .name = "workers", .type = CONFIG_TYPE_NUMBER, .flags = CONFIG_RESTART,
		.fallback = "1", .min = 1, .max = ROUSE_MAX_WORKERS,
		.help = "threads that poll the ports; more than one needs ports with several "
			"queues"},
	{TOP(idle), .name = "idle", .type = CONFIG_TYPE_CHOICE, .flags = CONFIG_RESTART,
		.choices = idle_choices, .fallback = "adaptive",
		.help = "adaptive: a worker without work sleeps; busy: it spins on its core"},
	{TOP(tid_range), .name = "tid_range", .type = CONFIG_TYPE_TID_RANGE,
		.flags = CONFIG_RESTART, .fallback = "32768-49151",
		.help = "UDP ports of TFTP transfers, one for each"},
	{TOP(max_leases), .name = "max_leases", .type = CONFIG_TYPE_NUMBER, .flags = CONFIG_RESTART,
		.min = 1, .max = CONFIG_MAX_LEASES,
		.help = "size of the lease table; without it, addresses of the pools + hosts, and "
			"1,024 for those that are added while it runs"},
	{TOP(authoritative), .name = "authoritative", .type = CONFIG_TYPE_BOOL, .fallback = "true",
		.help = "true: NAK to a client that returns with a wrong address; false: silence"},
	{TOP(ports), .name = "ports", .type = CONFIG_TYPE_RECORDS, RECORDS(port_count),
		.flags = CONFIG_REQUIRED | CONFIG_RESTART, .records = CONFIG_PORT,
		.help = "where Rouse listens"},
	{TOP(subnets), .name = "subnets", .type = CONFIG_TYPE_RECORDS, RECORDS(subnet_count),
		.records = CONFIG_SUBNET, .help = "a port's own network, and those behind relays"},
	{TOP(hosts), .name = "hosts", .type = CONFIG_TYPE_RECORDS, RECORDS(host_count),
		.records = CONFIG_HOST, .help = "known machines"},
	{TOP(rules), .name = "boot", .type = CONFIG_TYPE_RECORDS, RECORDS(rule_count),
		.records = CONFIG_RULE,
		.help = "what a machine is told to load; the first match wins. With profiles:, "
			"roles:, unknown: or menus: it may be left out: then firmware gets iPXE, "
			"iPXE its script, and machines of a profile with local: true an answer "
			"without a boot file"},
	{BRAIN(profiles), .name = "profiles", .type = CONFIG_TYPE_RECORDS,
		RECORDS(brain.profile_count), .records = CONFIG_PROFILE,
		.help = "what machines can become, by names"},
	{BRAIN(roles), .name = "roles", .type = CONFIG_TYPE_RECORDS, RECORDS(brain.role_count),
		.records = CONFIG_ROLE,
		.help = "which machines become what: a machine has the role that hosts: gives it, "
			"else the first whose match it meets"},
	{BRAIN(unknown), .name = "unknown", .type = CONFIG_TYPE_MAP, .records = CONFIG_UNKNOWN,
		.help = "machines without a role"},
	{BRAIN(menus), .name = "menus", .type = CONFIG_TYPE_RECORDS, RECORDS(brain.menu_count),
		.records = CONFIG_MENU, .help = "menus that iPXE draws, for profiles with menu:"},
	{BRAIN(vars), .name = "vars", .type = CONFIG_TYPE_VARS,
		.help = "variables of all machines, for command lines and templates; those of "
			"subnets come before them, then those of roles, then those of hosts"},
	{BRAIN(template_dir), .name = "template_dir", .type = CONFIG_TYPE_DIRECTORY, .max = 1024,
		.help = "templates of preseeds, kickstarts, cloud-init and the like, each by its "
			"file's name"},
	{BRAIN(url_lifetime_s), .name = "url_lifetime", .type = CONFIG_TYPE_DURATION,
		.fallback = "1h", .min = 10, .max = 7 * 86400,
		.help = "how long the one-time URLs of templates in a machine's script are good; "
			"those to report an installation by are good for the profile's timeout in "
			"addition"},
	{TOP(multicast), .name = "multicast", .type = CONFIG_TYPE_MAP, .records = CONFIG_MULTICAST,
		.help = "files that several TFTP clients ask for as a group (RFC 2090)"},
	{TOP(http), .name = "http", .type = CONFIG_TYPE_MAP, .records = CONFIG_HTTP,
		.offset2 = offsetof(struct config, http.given),
		.help = "serve the files by HTTP too, at the addresses of af_xdp and af_packet "
			"ports; without it nothing listens. http: {} takes all defaults"},
	{TOP(tls), .name = "tls", .type = CONFIG_TYPE_MAP, .records = CONFIG_TLS,
		.offset2 = offsetof(struct config, tls.given),
		.help = "serve them by HTTPS as well; rouse cert makes what it needs, and tls: {} "
			"finds it. Files that change are taken without a restart"},
	{CONFIG_TOP, .name = "api", .type = CONFIG_TYPE_LATER,
		.later = "the API over the network comes with a later version: remove this key"},
	{CONFIG_TOP, .name = "hooks", .type = CONFIG_TYPE_LATER,
		.later = "hooks come with a later version: remove this key"},

	{PORT(device), .name = "device", .type = CONFIG_TYPE_DEVICE, .flags = CONFIG_REQUIRED,
		.offset2 = offsetof(struct config_port, kind),
		.help = "af_xdp:IF, af_packet:IF, vdev:ARGS or pci:ADDR; queues=N among the ARGS "
			"of "
			"a memif gives it so many: as many at its other end"},
	{PORT(address), .name = "address", .type = CONFIG_TYPE_CIDR, .flags = CONFIG_REQUIRED,
		.offset2 = offsetof(struct config_port, prefix_len), .max = CONFIG_CIDR_ADDRESS,
		.help = "our address on this network, with its prefix length"},
	{PORT(dhcp), .name = "dhcp", .type = CONFIG_TYPE_CHOICE, .choices = dhcp_choices,
		.fallback = "server",
		.help = "server: give out leases; proxy: another server gives them out, and we "
			"tell "
			"PXE firmware what to boot; off: TFTP only"},
	{PORT(mtu), .name = "mtu", .type = CONFIG_TYPE_NUMBER16, .min = 576, .max = 9216,
		.help = "largest IP packet; without it, the device's"},
	{PORT(rate_bps), .name = "rate", .type = CONFIG_TYPE_RATE, .min = 1000000,
		.max = 400000000000ULL,
		.help = "send no faster than this by the port; without it, as fast as the port "
			"takes"},
	{PORT(vlan), .name = "vlan", .type = CONFIG_TYPE_NUMBER16, .min = 1, .max = 4094,
		.help = "802.1Q VLAN of this network: only frames with this tag are answered, by "
			"frames with it; not on af_xdp. On af_packet the address belongs to the "
			"kernel's interface of the VLAN (ip link add link eth1 name eth1.7 type "
			"vlan id 7), or to none"},

	{SUBNET(network), .name = "network", .type = CONFIG_TYPE_CIDR, .flags = CONFIG_REQUIRED,
		.offset2 = offsetof(struct config_subnet, prefix_len), .max = CONFIG_CIDR_NETWORK,
		.help = "the network, for example 10.77.0.0/24"},
	{SUBNET(pools), .name = "pools", .type = CONFIG_TYPE_POOLS,
		.offset2 = offsetof(struct config_subnet, pool_count),
		.help = "ranges of addresses that are leased to any machine, FIRST-LAST"},
	{SUBNET(pools), .name = "known_pools", .type = CONFIG_TYPE_POOLS,
		.offset2 = offsetof(struct config_subnet, pool_count), .max = POLICY_POOL_KNOWN,
		.help = "the same, for machines that hosts: names"},
	{SUBNET(pools), .name = "unknown_pools", .type = CONFIG_TYPE_POOLS,
		.offset2 = offsetof(struct config_subnet, pool_count), .max = POLICY_POOL_UNKNOWN,
		.help = "the same, for machines that hosts: does not name"},
	{SUBNET(lease_time_s), .name = "lease_time", .type = CONFIG_TYPE_DURATION,
		.fallback = "12h", .min = 60, .max = 365ULL * 86400,
		.help = "how long an address is leased"},
	{SUBNET(routers), .name = "routers", .type = CONFIG_TYPE_ADDRESSES, .max = 63,
		.help = "routers of the network (option 3)"},
	{SUBNET(dns), .name = "dns", .type = CONFIG_TYPE_ADDRESSES, .max = 63,
		.help = "name servers (option 6)"},
	{SUBNET(ntp), .name = "ntp", .type = CONFIG_TYPE_ADDRESSES, .max = 63,
		.help = "time servers (option 42)"},
	{SUBNET(domain), .name = "domain", .type = CONFIG_TYPE_NAME, .max = 253,
		.help = "domain name (option 15)"},
	{SUBNET(relays), .name = "relays", .type = CONFIG_TYPE_ADDRESSES, .max = POLICY_RELAYS_MAX,
		.help = "relay agents that are believed, by every address that they write into "
			"giaddr or send from"},
	{SUBNET(max_blksize), .name = "max_blksize", .type = CONFIG_TYPE_NUMBER, .fallback = "1468",
		.min = 8, .max = 65464, .help = "largest TFTP block; the port's MTU bounds it too"},
	{SUBNET(max_windowsize), .name = "max_windowsize", .type = CONFIG_TYPE_NUMBER,
		.fallback = "64", .min = 1, .max = 65535,
		.help = "most TFTP blocks in flight to a machine that asks for a window"},
	{SUBNET(edge_rate_bps), .name = "edge_rate", .type = CONFIG_TYPE_RATE, .fallback = "1G",
		.min = 1000000, .max = 400000000000ULL,
		.help = "speed of a machine's own port: each TFTP transfer is paced a little "
			"below it"},
	{SUBNET(options), .name = "options", .type = CONFIG_TYPE_OPTIONS,
		.help = "any DHCP option by number, as TYPE:VALUE"},

	{SUBNET(vars), .name = "vars", .type = CONFIG_TYPE_VARS,
		.help = "variables of machines in this network"},

	{HOST(name), .name = "name", .type = CONFIG_TYPE_NAME, .flags = CONFIG_REQUIRED, .max = 63,
		.help = "the machine's host name"},
	{HOST(mac), .name = "mac", .type = CONFIG_TYPE_MAC, .flags = CONFIG_REQUIRED,
		.help = "its MAC address"},
	{HOST(address), .name = "address", .type = CONFIG_TYPE_ADDRESS,
		.help = "the address that is reserved for it; without it, one of the pool"},
	{HOST(role), .name = "role", .type = CONFIG_TYPE_TEXT, .max = 63,
		.help = "what the machine is for: one of roles:, where there are any, and what "
			"boot rules match by"},
	{HOST(profile), .name = "profile", .type = CONFIG_TYPE_TEXT, .max = 63,
		.help = "what it boots in place of its role's profile"},
	{HOST(vars), .name = "vars", .type = CONFIG_TYPE_VARS, .help = "variables of this machine"},
	{HOST(options), .name = "options", .type = CONFIG_TYPE_OPTIONS,
		.help = "DHCP options for this machine; they come before the subnet's"},

	{RULE(match), .name = "match", .type = CONFIG_TYPE_MATCH,
		.help = "what a machine must be; without it every machine matches"},
	{RULE(file), .name = "file", .type = CONFIG_TYPE_FILE, .max = 254,
		.help = "the boot file, below boot_root; without it an answer without a file"},
	{RULE(menu), .name = "menu", .type = CONFIG_TYPE_RECORDS,
		.offset2 = offsetof(struct config_rule, menu_count), .records = CONFIG_MENU_ITEM,
		.help = "instead of a file: a menu that PXE firmware draws by itself, the default "
			"first"},
	{RULE(menu_prompt), .name = "menu_prompt", .type = CONFIG_TYPE_TEXT,
		.max = POLICY_MENU_TEXT_MAX, .fallback = CONFIG_MENU_PROMPT,
		.help = "what firmware shows while it waits for somebody who wants the menu"},
	{RULE(menu_timeout_s), .name = "menu_timeout", .type = CONFIG_TYPE_NUMBER,
		.fallback = CONFIG_MENU_TIMEOUT, .min = 0, .max = POLICY_MENU_WAITS,
		.help = "seconds until the menu's first item is booted; 0: at once; 255: the menu "
			"is "
			"shown, and waits"},
	{RULE(next_server), .name = "next_server", .type = CONFIG_TYPE_ADDRESS,
		.help = "the server that has the file; without it, the port's own address"},
	{RULE(send_ahead), .name = "send_ahead", .type = CONFIG_TYPE_BOOL, .fallback = "true",
		.help = "whether machines that match and say iPXE get 8 TFTP blocks at a time; "
			"iPXE asks for one, but keeps all"},
	{RULE(options), .name = "options", .type = CONFIG_TYPE_OPTIONS,
		.help = "DHCP options for machines that match; they come before the subnet's"},

	{ITEM(text), .name = "text", .type = CONFIG_TYPE_TEXT, .flags = CONFIG_REQUIRED,
		.max = POLICY_MENU_TEXT_MAX, .help = "the line of the menu"},
	{ITEM(file), .name = "file", .type = CONFIG_TYPE_FILE, .max = 254,
		.help = "the boot file, below boot_root; without it, the machine boots from its "
			"own "
			"disk"},
	{ITEM(next_server), .name = "next_server", .type = CONFIG_TYPE_ADDRESS,
		.help = "the server that has the file; without it, the port's own address"},

	{PROFILE(name), .name = "name", .type = CONFIG_TYPE_NAME, .flags = CONFIG_REQUIRED,
		.max = 63, .help = "how roles, hosts, menus and commands call it"},
	{PROFILE(title), .name = "title", .type = CONFIG_TYPE_TEXT, .max = 70,
		.help = "its line in menus; without it, its name"},
	{PROFILE(load.kernel), .name = "kernel", .type = CONFIG_TYPE_FILE, .max = 254,
		.help = "a Linux kernel, or another that iPXE, pxelinux or GRUB boots"},
	{PROFILE(load.initrd), .name = "initrd", .type = CONFIG_TYPE_FILES, .max = 8,
		.help = "its initial file systems, in this order"},
	{PROFILE(load.cmdline), .name = "cmdline", .type = CONFIG_TYPE_TEXT, .max = 2000,
		.help = "its command line; {{name}} stands for a variable"},
	{PROFILE(load.efi), .name = "efi", .type = CONFIG_TYPE_FILE, .max = 254,
		.help = "an EFI program, such as shimx64.efi"},
	{PROFILE(load.script), .name = "script", .type = CONFIG_TYPE_FILE, .max = 254,
		.help = "an iPXE script below boot_root"},
	{PROFILE(load.wimboot), .name = "wimboot", .type = CONFIG_TYPE_FILE, .max = 254,
		.help = "wimboot, which boots Windows PE out of files:"},
	{PROFILE(load.files), .name = "files", .type = CONFIG_TYPE_FILES, .max = 16,
		.help = "what wimboot gets, each under the last part of its name: BCD, boot.sdi, "
			"boot.wim"},
	{PROFILE(local), .name = "local", .type = CONFIG_TYPE_BOOL, .fallback = "false",
		.help = "true: the machine boots from its own disk"},
	{PROFILE(menu), .name = "menu", .type = CONFIG_TYPE_TEXT, .max = 63,
		.help = "one of menus:, which the machine shows"},
	{PROFILE(install), .name = "install", .type = CONFIG_TYPE_BOOL, .fallback = "false",
		.help = "true: this changes the machine. It is booted once for each order (a new "
			"machine, a retry, rouse node boot), and from the local disk otherwise"},
	{PROFILE(timeout_s), .name = "timeout", .type = CONFIG_TYPE_DURATION, .fallback = "1h",
		.min = 60, .max = 7 * 86400,
		.help = "how long an installation may take until it counts as failed"},
	{PROFILE(retries), .name = "retries", .type = CONFIG_TYPE_NUMBER, .fallback = "0", .min = 0,
		.max = 100,
		.help = "how often an installation that failed, or was cut off by another start "
			"from the "
			"network, is tried again; one that never reports counts as cut off"},
	{PROFILE(fetch), .name = "fetch", .type = CONFIG_TYPE_CHOICE, .choices = fetch_choices,
		.fallback = "tftp",
		.help = "how iPXE gets the files; http and https need http: and tls:"},
	{PROFILE(verify), .name = "verify", .type = CONFIG_TYPE_BOOL, .fallback = "false",
		.help = "true: iPXE boots nothing of this whose signature, FILE.sig by rouse sign, "
			"does not fit. An iPXE that cannot verify says so and stops"},
	{PROFILE(variants), .name = "variants", .type = CONFIG_TYPE_RECORDS,
		.offset2 = offsetof(struct config_profile, variant_count),
		.records = CONFIG_VARIANT,
		.help = "what machines of other architectures load; the first that fits"},

	{VARIANT(match), .name = "arch", .type = CONFIG_TYPE_ARCHS, .flags = CONFIG_REQUIRED,
		.help = "the architectures that it is for"},
	{VARIANT(load.kernel), .name = "kernel", .type = CONFIG_TYPE_FILE, .max = 254,
		.help = "a Linux kernel, or another that iPXE, pxelinux or GRUB boots"},
	{VARIANT(load.initrd), .name = "initrd", .type = CONFIG_TYPE_FILES, .max = 8,
		.help = "its initial file systems, in this order"},
	{VARIANT(load.cmdline), .name = "cmdline", .type = CONFIG_TYPE_TEXT, .max = 2000,
		.help = "its command line; {{name}} stands for a variable"},
	{VARIANT(load.efi), .name = "efi", .type = CONFIG_TYPE_FILE, .max = 254,
		.help = "an EFI program, such as shimx64.efi"},
	{VARIANT(load.script), .name = "script", .type = CONFIG_TYPE_FILE, .max = 254,
		.help = "an iPXE script below boot_root"},
	{VARIANT(load.wimboot), .name = "wimboot", .type = CONFIG_TYPE_FILE, .max = 254,
		.help = "wimboot, which boots Windows PE out of files:"},
	{VARIANT(load.files), .name = "files", .type = CONFIG_TYPE_FILES, .max = 16,
		.help = "what wimboot gets, each under the last part of its name: BCD, boot.sdi, "
			"boot.wim"},

	{ROLE(name), .name = "name", .type = CONFIG_TYPE_TEXT, .flags = CONFIG_REQUIRED, .max = 63,
		.help = "the role's name"},
	{ROLE(match), .name = "match", .type = CONFIG_TYPE_MATCH,
		.help = "what a machine that hosts: gives no role must be to get this one; without "
			"it, only hosts and rouse node set give it"},
	{ROLE(profile), .name = "profile", .type = CONFIG_TYPE_TEXT, .flags = CONFIG_REQUIRED,
		.max = 63, .help = "what its machines boot"},
	{ROLE(vars), .name = "vars", .type = CONFIG_TYPE_VARS, .help = "variables of its machines"},
	{ROLE(notes), .name = "notes", .type = CONFIG_TYPE_TEXT, .max = 1000,
		.help = "for people; rouse role show prints it"},
	{ROLE(menu_default), .name = "menu_default", .type = CONFIG_TYPE_TEXT, .max = 63,
		.help = "what a menu boots by itself on these machines, in place of its default"},
	{ROLE(menu_timeout_s), .name = "menu_timeout", .type = CONFIG_TYPE_DURATION, .min = 1,
		.max = 3600, .help = "after which time it does, in place of the menu's timeout"},

	{UNKNOWN(profile), .name = "profile", .type = CONFIG_TYPE_TEXT, .max = 63,
		.fallback = "menu", .help = "what they boot"},
	{UNKNOWN(vars), .name = "vars", .type = CONFIG_TYPE_VARS,
		.help = "variables of these machines"},
	{UNKNOWN(menu_default), .name = "menu_default", .type = CONFIG_TYPE_TEXT, .max = 63,
		.help = "what a menu boots by itself on these machines, in place of its default"},
	{UNKNOWN(menu_timeout_s), .name = "menu_timeout", .type = CONFIG_TYPE_DURATION, .min = 1,
		.max = 3600, .help = "after which time it does, in place of the menu's timeout"},

	{MENU(name), .name = "name", .type = CONFIG_TYPE_NAME, .flags = CONFIG_REQUIRED, .max = 63,
		.help = "how profiles and items call it"},
	{MENU(title), .name = "title", .type = CONFIG_TYPE_TEXT, .fallback = "Rouse", .max = 70,
		.help = "its headline"},
	{MENU(timeout_s), .name = "timeout", .type = CONFIG_TYPE_DURATION, .fallback = "30s",
		.min = 0, .max = 3600,
		.help = "after which time the default is booted, unless a key is pressed; 0: "
			"never"},
	{MENU(preset), .name = "default", .type = CONFIG_TYPE_TEXT, .max = 63,
		.help = "the profile, menu or action of the item that is chosen at first; without "
			"it, the first item's"},
	{MENU(colours), .name = "colours", .type = CONFIG_TYPE_BOOL, .fallback = "true",
		.help = "false: the console's own"},
	{MENU(entries), .name = "items", .type = CONFIG_TYPE_RECORDS, .flags = CONFIG_REQUIRED,
		.offset2 = offsetof(struct config_menu, entry_count), .records = CONFIG_ENTRY,
		.help = "its lines"},

	{ENTRY(text), .name = "text", .type = CONFIG_TYPE_TEXT, .max = 70,
		.help = "what it says; without it, the profile's or menu's title"},
	{ENTRY(group), .name = "group", .type = CONFIG_TYPE_TEXT, .max = 70,
		.help = "a headline over the items that follow"},
	{ENTRY(separator), .name = "separator", .type = CONFIG_TYPE_BOOL, .fallback = "false",
		.help = "true: an empty line"},
	{ENTRY(profile), .name = "profile", .type = CONFIG_TYPE_TEXT, .max = 63,
		.help = "the profile that it boots"},
	{ENTRY(menu), .name = "menu", .type = CONFIG_TYPE_TEXT, .max = 63,
		.help = "the menu that it opens"},
	{ENTRY(action), .name = "action", .type = CONFIG_TYPE_CHOICE, .choices = action_choices,
		.fallback = "none",
		.help = "info: a page about the machine's hardware; shell: iPXE's; retry: DHCP and "
			"the script again"},
	{ENTRY(key), .name = "key", .type = CONFIG_TYPE_TEXT, .max = 1,
		.help = "the key that chooses it"},
	{ENTRY(password), .name = "password", .type = CONFIG_TYPE_TEXT, .max = 255,
		.help = "the hash of the password that it takes (openssl passwd -6); needs http:"},
	{HTTP(port), .name = "port", .type = CONFIG_TYPE_NUMBER16, .fallback = "80", .max = 65535,
		.help = "TCP port of plain HTTP; 0: none"},
	{HTTP(tls_port), .name = "tls_port", .type = CONFIG_TYPE_NUMBER16, .fallback = "443",
		.min = 1, .max = 65535, .help = "TCP port of HTTPS, where tls: is given"},
	{HTTP(max_connections), .name = "max_connections", .type = CONFIG_TYPE_NUMBER,
		.fallback = "4096", .min = 1, .max = 65536,
		.help = "most connections at a time; one more is answered with 503"},
	{HTTP(max_per_client), .name = "max_per_client", .type = CONFIG_TYPE_NUMBER,
		.fallback = "64", .min = 1, .max = 65536,
		.help = "most connections of one address"},

	{TLS(certificate), .name = "certificate", .type = CONFIG_TYPE_DIRECTORY,
		.fallback = "/etc/rouse/tls/server.pem", .max = 1024,
		.help = "the server's certificate in PEM, and after it those that lead to the CA"},
	{TLS(key), .name = "key", .type = CONFIG_TYPE_DIRECTORY,
		.fallback = "/etc/rouse/tls/server.key", .max = 1024,
		.help = "its private key in PEM, without a password"},

	{MULTICAST(enabled), .name = "enabled", .type = CONFIG_TYPE_BOOL, .fallback = "true",
		.help = "false: every client is served alone, whatever it asks for"},
	{MULTICAST(groups), .name = "groups", .type = CONFIG_TYPE_CIDR,
		.offset2 = offsetof(struct config_multicast, prefix_len), .max = CONFIG_CIDR_GROUPS,
		.fallback = "239.255.77.0/24",
		.help = "addresses of groups; each file that is sent to one takes another"},
	{MULTICAST(port), .name = "port", .type = CONFIG_TYPE_NUMBER16, .fallback = "1758",
		.min = 1024, .max = 65535, .help = "UDP port that groups are sent to"},
	{MULTICAST(ttl), .name = "ttl", .type = CONFIG_TYPE_NUMBER16, .fallback = "1", .min = 1,
		.max = 255,
		.help = "how many networks a group may reach; with 1 only machines on the port's "
			"own "
			"link can be members, others are served alone"},
};

const size_t config_key_count = sizeof(config_keys) / sizeof(config_keys[0]);
