// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// What a node is and boots: by hand, by hosts:, by roles, by orders.

#include "unit.h"

#include "node_plan.h"

static const char text[] =
	"boot_root: /srv/rouse\n"
	"ports: [{device: \"af_xdp:eth1\", address: 10.77.0.1/24}]\n"
	"subnets: [{network: 10.77.0.0/24, vars: {v: subnet}}, {network: 10.78.0.0/24}]\n"
	"vars: {v: site, w: site}\n"
	"profiles: [{name: web, kernel: linux}, {name: deb, kernel: linux, install: true}]\n"
	"roles:\n"
	"  - {name: db, profile: deb, match: {serial: \"D*\"}, vars: {v: db}}\n"
	"  - {name: far, profile: web, match: {subnet: 10.78.0.0/24}}\n"
	"  - {name: web, profile: web}\n"
	"  - {name: menu, profile: menu, menu_default: local, menu_timeout: 9s}\n"
	"unknown: {menu_default: info, vars: {v: unknown}}\n"
	"hosts:\n"
	"  - {name: n1, mac: \"52:54:00:00:00:01\", role: web}\n"
	"  - {name: n2, mac: \"52:54:00:00:00:02\", profile: local, vars: {v: host}}\n"
	"  - {name: n3, mac: \"52:54:00:00:00:03\", address: 10.78.0.9}\n"
	"  - {name: n4, mac: \"52:54:00:00:00:04\", role: db}\n"
	"  - {name: n5, mac: \"52:54:00:00:00:05\", role: menu}\n";

static struct config *config;

static const struct {
	const char *name;
	uint8_t mac; // its last byte
	const char *hand_role;
	const char *hand_profile;
	const char *serial;
	uint32_t address;
	uint8_t state;
	const char *order; // profile
	const char *role;  // NULL: none
	const char *assigned;
	const char *standing;
	const char *boots;
	uint8_t role_source;
	uint8_t standing_source;
	bool wants_install;
} cases[] = {
	{"by hosts", 1, .role = "web", .assigned = "web", .standing = "web", .boots = "web",
		.role_source = NODE_BY_HOSTS, .standing_source = NODE_BY_ROLE},
	{"hosts' own profile", 2, .assigned = "local", .standing = "local", .boots = "local",
		.role_source = NODE_BY_UNKNOWN, .standing_source = NODE_BY_HOSTS},
	{"hosts' address in a role's subnet", 3, .address = 0x0a4d0005, .role = "far",
		.assigned = "web", .standing = "web", .boots = "web", .role_source = NODE_BY_MATCH,
		.standing_source = NODE_BY_ROLE},
	{"an installation is ordered", 4, .role = "db", .assigned = "deb", .standing = "local",
		.boots = "local", .role_source = NODE_BY_HOSTS, .standing_source = NODE_BY_DISK,
		.wants_install = true},
	{"it was installed", 4, .state = NODE_INSTALLED, .role = "db", .assigned = "deb",
		.standing = "local", .boots = "local", .role_source = NODE_BY_HOSTS,
		.standing_source = NODE_BY_DISK},
	{"it failed", 4, .state = NODE_FAILED, .role = "db", .assigned = "deb", .standing = "local",
		.boots = "local", .role_source = NODE_BY_HOSTS, .standing_source = NODE_BY_DISK},
	{"its order waits", 4, .order = "deb", .role = "db", .assigned = "deb", .standing = "local",
		.boots = "deb", .role_source = NODE_BY_HOSTS, .standing_source = NODE_BY_DISK},
	{"another order", 1, .order = "deb", .role = "web", .assigned = "web", .standing = "web",
		.boots = "deb", .role_source = NODE_BY_HOSTS, .standing_source = NODE_BY_ROLE},
	{"an order of a profile that is gone", 1, .order = "nix", .role = "web", .assigned = "web",
		.standing = "web", .boots = "web", .role_source = NODE_BY_HOSTS,
		.standing_source = NODE_BY_ROLE},
	{"the first match", 9, .serial = "D1", .address = 0x0a4e0005, .role = "db",
		.assigned = "deb", .standing = "local", .boots = "local",
		.role_source = NODE_BY_MATCH, .standing_source = NODE_BY_DISK,
		.wants_install = true},
	{"the second match", 9, .serial = "E1", .address = 0x0a4e0005, .role = "far",
		.assigned = "web", .standing = "web", .boots = "web", .role_source = NODE_BY_MATCH,
		.standing_source = NODE_BY_ROLE},
	{"unknown", 9, .assigned = "menu", .standing = "menu", .boots = "menu",
		.role_source = NODE_BY_UNKNOWN, .standing_source = NODE_BY_UNKNOWN},
	{"by hand before hosts", 4, .hand_role = "web", .role = "web", .assigned = "web",
		.standing = "web", .boots = "web", .role_source = NODE_BY_HAND,
		.standing_source = NODE_BY_ROLE},
	{"a profile by hand", 4, .hand_profile = "web", .role = "db", .assigned = "web",
		.standing = "web", .boots = "web", .role_source = NODE_BY_HOSTS,
		.standing_source = NODE_BY_HAND},
	{"nothing by hand", 1, .hand_role = "", .hand_profile = "", .role = "web",
		.assigned = "web", .standing = "web", .boots = "web", .role_source = NODE_BY_HOSTS,
		.standing_source = NODE_BY_ROLE},
	{"a role by hand that is gone", 1, .hand_role = "nix", .role = "nix", .assigned = "menu",
		.standing = "menu", .boots = "menu", .role_source = NODE_BY_HAND,
		.standing_source = NODE_BY_UNKNOWN},
	{"a profile by hand that is gone", 1, .hand_profile = "nix", .role = "web",
		.assigned = "web", .standing = "web", .boots = "web", .role_source = NODE_BY_HOSTS,
		.standing_source = NODE_BY_ROLE},
};

static bool same(const char *a, const char *b) {
	return a && b ? !strcmp(a, b) : a == b;
}

static void plan_of(size_t i, struct node_plan *plan) {
	struct store_node node = {
		.mac = {0x52, 0x54, 0, 0, 0, cases[i].mac},
		.name = "m-525400000009",
		.role = cases[i].hand_role,
		.profile = cases[i].hand_profile,
		.address = cases[i].address,
		.life = {.state = cases[i].state},
		.facts = {.arch = STORE_UNKNOWN_ARCH, .serial = cases[i].serial},
	};
	struct store_order order = {.id = 1, .profile = cases[i].order};

	node_plan_make(plan, config, &node, cases[i].order ? &order : NULL);
}

static void each_node_has_its_plan(void **state) {
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *name = cases[i].name;
		struct node_plan plan;

		plan_of(i, &plan);
		assert_case(name, same(plan.role_name, cases[i].role));
		assert_case(name, same(plan.assigned->name, cases[i].assigned));
		assert_case(name, same(plan.standing->name, cases[i].standing));
		assert_case(name, same(plan.boots->name, cases[i].boots));
		assert_case(name, plan.role_source == cases[i].role_source);
		assert_case(name, plan.standing_source == cases[i].standing_source);
		assert_case(name, plan.wants_install == cases[i].wants_install);
		assert_case(name, node_source_text(plan.role_source)[0]);
	}
}

// The menu's default and time-out are the role's, or unknown:'s.
static void menus_are_the_roles(void **state) {
	struct store_node node = {.mac = {0x52, 0x54, 0, 0, 0, 5},
		.name = "n5",
		.facts = {.arch = STORE_UNKNOWN_ARCH}};
	struct node_plan plan;

	(void)state;
	node_plan_make(&plan, config, &node, NULL);
	assert_string_equal(plan.menu_default, "local");
	assert_int_equal(plan.menu_timeout_s, 9);
	node.mac[5] = 9;
	node_plan_make(&plan, config, &node, NULL);
	assert_string_equal(plan.menu_default, "info");
	assert_int_equal(plan.menu_timeout_s, 0);
}

static const struct {
	uint8_t mac;
	uint32_t address;
	const char *serial;
	const char *own;
	const char *value; // of v
	uint8_t origin;
} var_cases[] = {
	{1, 0, NULL, NULL, "site", VARS_SITE},
	{1, 0x0a4d0005, NULL, NULL, "subnet", VARS_SUBNET},
	{9, 0x0a4d0005, NULL, NULL, "unknown", VARS_ROLE},
	{9, 0x0a4d0005, "D1", NULL, "db", VARS_ROLE},
	{2, 0x0a4d0005, "D1", NULL, "host", VARS_HOST},
	{2, 0x0a4d0005, "D1", "hand", "hand", VARS_NODE},
};

static void the_nearest_variable_wins(void **state) {
	(void)state;
	for (size_t i = 0; i < COUNT_OF(var_cases); i++) {
		struct store_node node = {.mac = {0x52, 0x54, 0, 0, 0, var_cases[i].mac},
			.name = "n",
			.address = var_cases[i].address,
			.facts = {.arch = STORE_UNKNOWN_ARCH, .serial = var_cases[i].serial}};
		struct arena arena = {0};
		struct vars *own = vars_make(&arena);
		struct vars_layer layers[NODE_LAYERS];
		const struct vars_merged *vars;
		struct node_plan plan;

		if (var_cases[i].own)
			vars_add(&arena, &own->map, "v", VARS_TEXT, var_cases[i].own);
		node_plan_make(&plan, config, &node, NULL);
		vars = vars_merge(
			&arena, layers, node_plan_layers(&plan, config, NULL, own, layers));
		assert_case(var_cases[i].value,
			same(vars_find(vars, "v", 1)->value->text, var_cases[i].value));
		assert_case(
			var_cases[i].value, vars_find(vars, "v", 1)->origin == var_cases[i].origin);
		assert_case(var_cases[i].value, vars_find(vars, "w", 1)->origin == VARS_SITE);
		arena_free(&arena);
	}
}

static int set_up(void **state) {
	static struct config_errors errors;

	(void)state;
	config = config_parse(text, sizeof(text) - 1, &errors);
	if (!config)
		print_message("%s: %s\n", errors.list[0].key, errors.list[0].text);
	return config ? 0 : -1;
}

static int tear_down(void **state) {
	(void)state;
	config_free(config);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_node_has_its_plan),
		cmocka_unit_test(menus_are_the_roles),
		cmocka_unit_test(the_nearest_variable_wins),
	};

	return cmocka_run_group_tests_name("node_plan", tests, set_up, tear_down);
}
