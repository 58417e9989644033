// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the Rouse authors

// Runs the dataplane's own DHCP code on a copy of the policy and of the leases, so that nothing
// real changes.

#pragma once

#include "cli/instance.h"
#include "config.h"
#include "dhcp_explain.h"

struct explain {
	const struct policy *policy;
	struct dhcp_server server;
	struct stats stats;
	struct events events;
	struct rouse_now now;
	uint32_t *failed; // per rule
	void *memory[5];  // what is behind the above
	void *snapshot;   // of explain_build
	struct policy built;
};

// Prepares a server with this policy; state (may be NULL) gives the leases there are and the orders
// that were used.
void explain_init(
	struct explain *explain, const struct policy *policy, const struct state_view *state);
void explain_close(struct explain *explain);

// Makes a policy of a configuration that is not published. 0, or -errno with a sentence.
int explain_build(struct explain *explain, const struct config *config, char why[256]);

// One message. view: the frame it came in. port: index in the policy. The result points into
// explain, view and message.
void explain_run(struct explain *explain, const struct frame_view *view, uint16_t port,
	struct dhcp_explanation *result);

// Sets the port that a machine in the network of address is behind, and in the question its relay
// agent, if it has one. False: the policy has no such network, or it is behind no relay and at no
// port.
bool explain_place(const struct policy *policy, uint32_t address, uint16_t *port,
	struct dhcp_question *question);

// The first port that answers DHCP. False: none does.
bool explain_first_port(const struct policy *policy, uint16_t *port);
