// SPDX-License-Identifier: GPL-2.0-or-later
#include "health/diagnosis.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/format.h"
#include "health/diagnosis-poison.h"
#include "health/diagnosis-policy.h"
#include "provider/provider.h"

#define TEXT_SIZE 512

/* --- blocks and devices */

static void diagnosis_states(const struct health_facts *facts, struct findings *findings)
{
	const struct memory *memory = facts->memory;
	const char *why;
	size_t unread = 0;

	for (size_t i = 0; i < memory->n_blocks; i++) {
		char name[BLOCK_NAME_SIZE];

		block_name(memory->blocks[i].number, name);
		if (memory->blocks[i].state == BLOCK_GOING_OFFLINE)
			findings_add(findings, FINDING_GOING_OFFLINE, name,
				     (const struct finding_argument[]){ { "BLOCK", name },
									{ NULL, NULL } },
				     NULL);
		unread += memory->blocks[i].state == BLOCK_UNKNOWN;
	}
	if (!unread)
		return;
	why = unread == 1 ? "the state of a block could not be read" :
			    "the states of blocks could not be read";
	findings_add_unseen(findings, FINDING_GOING_OFFLINE, why);
	/* It may be offline. */
	findings_add_unseen(findings, FINDING_WAITING, why);
	findings_add_unseen(findings, FINDING_LEFT, why);
}

/* A device without blocks is not a finding if it can be added. */
static void diagnosis_devices(const struct health_facts *facts, struct findings *findings)
{
	bool hidden = false;

	for (size_t i = 0; i < facts->memory->devices.n; i++) {
		const struct device *device = &facts->memory->devices.v[i];

		hidden = hidden || device->blocks_error;
		if (!device->obstacle || device->blocks_error == -EACCES || device->holds_devices)
			continue;
		if (device->blocks.n)
			findings_add_device(findings, FINDING_STUCK, device->name,
					    device->obstacle);
	}
	for (size_t i = 0; i < facts->memory->devices.n; i++) {
		const struct device *device = &facts->memory->devices.v[i];

		/* Without ACPI memory hot-plug, what is plugged in is not taken either. */
		if (device->obstacle && !device->blocks.n && !device->provider->plan_add &&
		    (!device->blocks_error || device->blocks_error == -EOPNOTSUPP))
			findings_add_device(findings, FINDING_NOT_TAKEN, device->name,
					    device->obstacle);
	}
	if (!hidden && facts->memory->devices_known)
		return;
	findings_add_unseen(findings, FINDING_STUCK,
			    "which blocks belong to a device could not be seen");
	findings_add_unseen(findings, FINDING_NOT_TAKEN,
			    "which blocks belong to a device could not be seen");
}

/* --- amounts */

struct diagnosis_ratio diagnosis_ratio_of(const struct ratio_amounts *amounts, uint32_t limit)
{
	uint64_t movable = amounts->movable, kernel = amounts->kernel, most;
	unsigned int halved = 0;

	/* Amounts of which a hundred times would not fit are not known to the byte. */
	for (; movable > UINT64_MAX / 100; movable /= 2, kernel /= 2)
		halved++;
	movable *= 100;
	if (limit == POLICY_RATIO_OFF || __builtin_mul_overflow(kernel, limit, &most) ||
	    movable <= most)
		return (struct diagnosis_ratio){ 0, 0 };
	/* What moves is missing on one side, and counts on the other. */
	return (struct diagnosis_ratio){
		ratio_percent(amounts),
		((movable - most - 1) / (100 + (uint64_t)limit) + 1) << halved,
	};
}

/* The lowest movable blocks for that many bytes: the kernel's zones are below. */
static int diagnosis_excess(const struct memory *memory, uint32_t node, uint64_t bytes,
			    struct ranges *ret)
{
	uint64_t n = (bytes + memory->block_size - 1) / memory->block_size;
	int r = 0;

	for (size_t i = 0; r >= 0 && n && i < memory->n_blocks; i++) {
		const struct block *block = &memory->blocks[i];

		if (block_zone(block) != ZONE_MOVABLE ||
		    (node != UINT32_MAX && !memory_block_is_on_node(memory, block, node)))
			continue;
		r = ranges_add(ret, block->number, block->number);
		n--;
	}
	return r < 0 ? r : 0;
}

/* node: UINT32_MAX for the whole system. */
static void diagnosis_ratio_place(const struct health_facts *facts, uint32_t node,
				  const struct ratio_amounts *amounts, struct findings *findings)
{
	uint32_t limit = facts->policy.guard.max_percent;
	struct diagnosis_ratio over = diagnosis_ratio_of(amounts, limit);
	char where[64] = "the system", detail[TEXT_SIZE];
	struct ranges excess = { 0 };

	if (!over.excess_bytes)
		return;
	if (node != UINT32_MAX)
		snprintf(where, sizeof(where), "node%" PRIu32, node);
	if (over.percent == UINT32_MAX)
		snprintf(detail, sizeof(detail), "%s has no kernel memory at all", where);
	else
		snprintf(detail, sizeof(detail),
			 "%s has %" PRIu32 "%% of its kernel memory, and the limit is %" PRIu32
			 "%%",
			 where, over.percent, limit);
	if (diagnosis_excess(facts->memory, node, over.excess_bytes, &excess) < 0)
		findings->error = -ENOMEM;
	else
		findings_add_blocks(findings, FINDING_RATIO, &excess, detail);
	ranges_done(&excess);
}

static void diagnosis_ratio(const struct health_facts *facts, struct findings *findings)
{
	const struct policy_guard *guard = &facts->policy.guard;

	if (facts->policy_error || facts->ratio_error) {
		findings_add_unseen(findings, FINDING_RATIO,
				    facts->policy_error ? "the policy, which has the limit, could "
							  "not be read" :
							  "/proc/zoneinfo could not be read");
		return;
	}
	/* If the whole system exceeds the limit, so do most nodes: one finding is enough. */
	if (guard->scope & POLICY_SCOPE_SYSTEM)
		diagnosis_ratio_place(facts, UINT32_MAX, &facts->ratio.system, findings);
	if (!(guard->scope & POLICY_SCOPE_NODE) || findings_have(findings, FINDING_RATIO))
		return;
	if (!facts->scene.memory) {
		findings_add_unseen(findings, FINDING_RATIO,
				    "which nodes have processors could not be seen");
		return;
	}
	/* A node without processors needs no kernel memory of its own. */
	for (size_t i = 0; i < facts->ratio.n_nodes; i++)
		if (!ranges_contain(&facts->scene.cpuless, facts->ratio.nodes[i].node))
			diagnosis_ratio_place(facts, facts->ratio.nodes[i].node,
					      &facts->ratio.nodes[i].amounts, findings);
}

/* A device that can be added: its memory map comes from the memory that is there. */
static void diagnosis_reserve(const struct health_facts *facts, struct findings *findings)
{
	for (size_t i = 0; i < facts->memory->devices.n; i++) {
		const struct device *device = &facts->memory->devices.v[i];
		char needed[FORMAT_SIZE], available[FORMAT_SIZE], detail[TEXT_SIZE];

		if (device->blocks.n || device->obstacle || !device->provider->plan_add ||
		    !facts->map_bytes[i])
			continue;
		if (facts->meminfo_error || facts->map_bytes[i] == DEVICE_NO_SIZE) {
			findings_add_unseen(findings, FINDING_RESERVE,
					    facts->meminfo_error ?
						    "/proc/meminfo could not be read" :
						    "the size of a device could not be read");
			return;
		}
		if (facts->map_bytes[i] <= facts->meminfo.available)
			continue;
		snprintf(detail, sizeof(detail), "the kernel needs %s, and %s is available",
			 format_about(facts->map_bytes[i], needed),
			 format_about(facts->meminfo.available, available));
		findings_add_device(findings, FINDING_RESERVE, device->name, detail);
	}
}

/* --- offline memory */

/* Why nobody brings it online. */
static const char *diagnosis_why_waiting(const struct health_facts *facts)
{
	if (facts->is_given_up)
		return "memhpctl has tried several times without success, and gave up";
	if (!diagnosis_policy_is_watched(facts))
		return facts->is_recorded ? "nothing tells memhpctl about new memory" :
					    "nothing tells memhpctl about new memory, so it cannot "
					    "tell whether this was taken offline on purpose";
	if (!facts->is_recorded)
		return "the service has not run since the last boot, so memhpctl cannot tell "
		       "whether this was taken offline on purpose";
	if (facts->wanted.reason != KERNEL_POLICY_OURS &&
	    facts->wanted.reason != KERNEL_POLICY_NOT_POSSIBLE)
		return "new memory is left to the kernel, which did not bring it online";
	return "memhpctl did not succeed with it, or was not told";
}

/* Nobody should bring it online. */
static bool diagnosis_is_poisoned(const struct health_facts *facts, uint64_t block)
{
	for (size_t i = 0; i < facts->poisoned.n; i++)
		if (facts->poisoned.v[i].number == block)
			return true;
	return false;
}

static void diagnosis_offline_word(const struct health_facts *facts, enum finding_word word,
				   bool over, const char *detail, struct findings *findings)
{
	struct ranges blocks = { 0 };

	for (size_t i = 0; i < facts->plan.n_choices; i++) {
		const struct policy_choice *choice = &facts->plan.choices[i];
		bool leave = choice->action == POLICY_LEAVE;

		/* Not a finding: a rule leaves it offline, or the administrator took it offline. */
		if (facts->was_online[i] || diagnosis_is_poisoned(facts, choice->block) ||
		    leave != (word == FINDING_LEFT) || (leave && choice->rule && !choice->over) ||
		    (leave && choice->over != over))
			continue;
		if (ranges_add(&blocks, choice->block, choice->block) < 0)
			findings->error = -ENOMEM;
	}
	if (blocks.n)
		findings_add_blocks(findings, word, &blocks, detail);
	ranges_done(&blocks);
}

static void diagnosis_offline(const struct health_facts *facts, struct findings *findings)
{
	bool unseen = facts->policy_error || facts->plan_error;

	if (unseen || (facts->hidden && facts->plan.n_choices)) {
		const char *why = unseen ?
					  "which rule applies to offline memory could not be seen" :
					  "only root can see whether somebody took memory offline";

		findings_add_unseen(findings, FINDING_WAITING, why);
		findings_add_unseen(findings, FINDING_LEFT, why);
		return;
	}
	if (!facts->is_answered || !diagnosis_policy_is_watched(facts))
		diagnosis_offline_word(facts, FINDING_WAITING, false, diagnosis_why_waiting(facts),
				       findings);
	diagnosis_offline_word(facts, FINDING_LEFT, true,
			       "bringing it online would exceed the limit on movable memory",
			       findings);
	diagnosis_offline_word(facts, FINDING_LEFT, false, "no rule of the policy fits it",
			       findings);
}

int diagnosis_make(const struct health_facts *facts, struct findings *ret)
{
	*ret = (struct findings){ 0 };
	diagnosis_poison_add(facts, ret);
	diagnosis_states(facts, ret);
	diagnosis_devices(facts, ret);
	diagnosis_ratio(facts, ret);
	diagnosis_offline(facts, ret);
	diagnosis_reserve(facts, ret);
	diagnosis_policy_add(facts, ret);
	if (facts->unread) {
		char why[TEXT_SIZE];

		snprintf(why, sizeof(why), "%s could not be read: %s", facts->unread,
			 strerror(-facts->unread_error));
		findings_add_unseen(ret, FINDING_COUNT, why);
	}
	return ret->error;
}
