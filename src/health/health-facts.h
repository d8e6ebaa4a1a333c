/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a diagnosis needs to know about the machine besides its blocks. */
#ifndef MEMHP_HEALTH_HEALTH_FACTS_H
#define MEMHP_HEALTH_HEALTH_FACTS_H

#include "health/poisoned-blocks.h"
#include "model/settings.h"
#include "policy/kernel-policy.h"
#include "policy/policy-conflicts.h"
#include "policy/policy-parts.h"
#include "policy/policy-plan.h"
#include "policy/ratio.h"
#include "system/meminfo.h"

/* Errors are 0, or why the member after them is not known. */
struct health_facts {
	const struct memory *memory; /* with zones, nodes and devices */
	const struct settings *settings;
	bool hidden; /* not root: what memhpctl remembers about blocks cannot be seen */

	int policy_error;
	struct policy policy;
	struct error policy_mistake; /* of a file that was left out */
	struct kernel_policy wanted;
	struct conflicts conflicts;
	struct policy_part parts[POLICY_PARTS_MAX];
	size_t n_parts;
	bool has_systemd;
	bool acts;	  /* here, and the policy does not leave all memory that could be added */
	bool is_answered; /* a pass is under way, or will be */
	bool is_recorded; /* memhpctl has noted which blocks were online before */
	bool is_given_up; /* passes failed so often that none is started by itself */

	int plan_error;
	struct policy_scene scene; /* its memory is NULL if it could not be read */
	struct policy_plan plan;   /* one choice per offline block, as if all were new */
	bool *was_online;	   /* one per choice: somebody took it offline */

	int ratio_error;
	struct ratio ratio;

	int meminfo_error;
	struct meminfo meminfo;
	uint64_t page_size;
	struct poisoned_blocks poisoned;
	uint64_t *map_bytes; /* memory_map_needs() */

	const char *unread; /* a file that should have been read; NULL: none */
	int unread_error;
};

/*
 * Reads them. memory and settings must live as long as the facts. Errors: -ENOMEM; what else goes
 * wrong is in the facts.
 */
int health_facts_load(const struct sysfs *sysfs, const struct memory *memory,
		      const struct settings *settings, struct health_facts *ret);
void health_facts_done(struct health_facts *facts);

#endif
