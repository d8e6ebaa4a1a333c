// SPDX-License-Identifier: GPL-2.0-or-later
#include "health/diagnosis-poison.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/format.h"

#define TEXT_SIZE 512

/* One finding per device, because it is what will be replaced. */
static void diagnosis_poison_offline(const struct health_facts *facts, struct findings *findings)
{
	const struct memory *memory = facts->memory;

	for (size_t d = 0; d < memory->devices.n; d++) {
		for (size_t i = 0; i < facts->poisoned.n; i++) {
			const struct poisoned_blocks_block *poisoned = &facts->poisoned.v[i];
			const struct block *block = memory_find(memory, poisoned->number);
			char detail[TEXT_SIZE];

			if (!poisoned->offline || !block || block->device != d)
				continue;
			snprintf(detail, sizeof(detail),
				 "%" PRIu64 " page%s of memory%" PRIu64 " had failed when it went "
				 "offline",
				 poisoned->pages, poisoned->pages == 1 ? "" : "s",
				 poisoned->number);
			findings_add_device(findings, FINDING_POISONED_OFFLINE,
					    memory->devices.v[d].name, detail);
			break;
		}
	}
}

static void diagnosis_poison_block(const struct health_facts *facts,
				   const struct poisoned_blocks_block *poisoned,
				   struct findings *findings)
{
	const struct memory *memory = facts->memory;
	const struct block *block = memory_find(memory, poisoned->number);
	struct ranges blocks = { 0 };
	char detail[TEXT_SIZE];

	snprintf(detail, sizeof(detail), "%" PRIu64 " page%s, address 0x%" PRIx64 "; %s%s",
		 poisoned->pages, poisoned->pages == 1 ? "" : "s",
		 memory_address(memory, poisoned->number),
		 block && block->device != BLOCK_NO_DEVICE ? "device " : "no device",
		 block && block->device != BLOCK_NO_DEVICE ? memory->devices.v[block->device].name :
							     "");
	if (ranges_add(&blocks, poisoned->number, poisoned->number) < 0)
		findings->error = -ENOMEM;
	else
		findings_add_blocks(findings, FINDING_POISONED, &blocks, detail);
	ranges_done(&blocks);
}

void diagnosis_poison_add(const struct health_facts *facts, struct findings *findings)
{
	bool counted = !facts->meminfo_error && facts->meminfo.hardware_corrupted != UINT64_MAX;
	const char *not_counted = facts->meminfo_error ?
					  "/proc/meminfo could not be read" :
					  "/proc/meminfo has no line HardwareCorrupted";
	uint64_t found = 0;

	for (size_t i = 0; i < facts->poisoned.n; i++) {
		found += facts->poisoned.v[i].pages * facts->page_size;
		if (!facts->poisoned.v[i].offline)
			diagnosis_poison_block(facts, &facts->poisoned.v[i], findings);
	}
	if (counted && facts->meminfo.hardware_corrupted > found) {
		char detail[TEXT_SIZE], size[FORMAT_SIZE];

		snprintf(detail, sizeof(detail), "%s in all%s",
			 format_size(facts->meminfo.hardware_corrupted - found, size),
			 facts->poisoned.error == -EACCES ? "; root can see where" : "");
		findings_add(findings, FINDING_POISONED_UNKNOWN, "the machine", NULL, detail);
	}
	diagnosis_poison_offline(facts, findings);
	if (!counted)
		findings_add_unseen(findings, FINDING_POISONED_UNKNOWN, not_counted);
	if (!counted || facts->poisoned.error)
		findings_add_unseen(findings, FINDING_POISONED,
				    counted ? "the flags of the pages could not be seen" :
					      not_counted);
	if (facts->hidden)
		findings_add_unseen(findings, FINDING_POISONED_OFFLINE,
				    "only root can see which blocks had failed pages");
	else if (facts->poisoned.record_error)
		findings_add_unseen(findings, FINDING_POISONED_OFFLINE,
				    "the record of blocks that had failed pages cannot be read");
}
