// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "config.h"

static void metrics_begin(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* The number of a set of nodes, a state and a zone among all such triples. */
static size_t metrics_place(const struct block *block)
{
	size_t zone = block->state == BLOCK_ONLINE ? (size_t)block_zone(block) : 0;

	return ((size_t)block->node_set * BLOCK_STATE_COUNT + (size_t)block->state) * ZONE_COUNT +
	       zone;
}

static void metrics_write_nodes(const struct node_set *nodes, FILE *out)
{
	for (size_t i = 0; i < nodes->n; i++)
		fprintf(out, "%s%" PRIu32, i ? "," : "", nodes->v[i]);
}

static void metrics_write_counts(const struct memory *memory, const size_t *counts,
				 const char *name, uint64_t factor, FILE *out)
{
	for (size_t place = 0; place < memory->n_node_sets * BLOCK_STATE_COUNT * ZONE_COUNT;
	     place++) {
		enum zone zone = (enum zone)(place % ZONE_COUNT);
		enum block_state state = (enum block_state)(place / ZONE_COUNT % BLOCK_STATE_COUNT);

		if (!counts[place])
			continue;
		fprintf(out, "%s{node=\"", name);
		metrics_write_nodes(&memory->node_sets[place / ZONE_COUNT / BLOCK_STATE_COUNT],
				    out);
		fprintf(out, "\",state=\"%s\",zone=\"%s\"} %" PRIu64 "\n", block_state_name(state),
			state == BLOCK_ONLINE ? zone_name(zone) : "", counts[place] * factor);
	}
}

static int metrics_write_blocks(const struct memory *memory, FILE *out)
{
	_cleanup_free_ size_t *counts =
		calloc(memory->n_node_sets * BLOCK_STATE_COUNT * ZONE_COUNT + 1, sizeof(*counts));

	if (!counts)
		return -ENOMEM;
	for (size_t i = 0; i < memory->n_blocks; i++)
		counts[metrics_place(&memory->blocks[i])]++;
	metrics_begin(out, "memhpctl_block_size_bytes", "Size of a memory block.");
	fprintf(out, "memhpctl_block_size_bytes %" PRIu64 "\n", memory->block_size);
	metrics_begin(out, "memhpctl_blocks",
		      "Memory blocks by node, state and, if online, zone; each block counts once.");
	metrics_write_counts(memory, counts, "memhpctl_blocks", 1, out);
	metrics_begin(out, "memhpctl_memory_bytes", "The same in bytes.");
	metrics_write_counts(memory, counts, "memhpctl_memory_bytes", memory->block_size, out);
	return 0;
}

static void metrics_write_amounts(const struct ratio_amounts *amounts, FILE *out)
{
	if (amounts->kernel)
		fprintf(out, "%.4f\n", (double)amounts->movable / (double)amounts->kernel);
	else
		fprintf(out, "%s\n", amounts->movable ? "+Inf" : "0");
}

static void metrics_write_ratio(const struct metrics *metrics, FILE *out)
{
	const struct ratio *ratio = metrics->ratio;

	if (ratio) {
		metrics_begin(out, "memhpctl_movable_ratio",
			      "Movable memory divided by kernel memory, of the system (no node) "
			      "and of each node.");
		fprintf(out, "memhpctl_movable_ratio{node=\"\"} ");
		metrics_write_amounts(&ratio->system, out);
		for (size_t i = 0; i < ratio->n_nodes; i++) {
			fprintf(out, "memhpctl_movable_ratio{node=\"%" PRIu32 "\"} ",
				ratio->nodes[i].node);
			metrics_write_amounts(&ratio->nodes[i].amounts, out);
		}
	}
	if (metrics->ratio_limit != POLICY_RATIO_OFF) {
		metrics_begin(out, "memhpctl_movable_ratio_limit",
			      "The limit that the policy sets to it.");
		fprintf(out, "memhpctl_movable_ratio_limit %.2f\n", metrics->ratio_limit / 100.0);
	}
}

/* A finding that could not be seen has no sample: it is neither there nor not there. */
static void metrics_write_findings(const struct findings *findings, FILE *out)
{
	metrics_begin(out, "memhpctl_finding",
		      "1 if memhpctl status --check finds it; none if that could not be seen.");
	for (int word = 0; word < FINDING_COUNT; word++)
		if (!findings_may_have(findings, (enum finding_word)word))
			fprintf(out, "memhpctl_finding{finding=\"%s\"} %d\n",
				finding_name((enum finding_word)word),
				findings_have(findings, (enum finding_word)word));
	metrics_begin(out, "memhpctl_finding_unseen", "1 if that could not be seen.");
	for (int word = 0; word < FINDING_COUNT; word++)
		fprintf(out, "memhpctl_finding_unseen{finding=\"%s\"} %d\n",
			finding_name((enum finding_word)word),
			findings_may_have(findings, (enum finding_word)word));
}

static void metrics_write_last_run(const struct last_run *run, FILE *out)
{
	metrics_begin(out, "memhpctl_last_run_timestamp_seconds",
		      "When the last run ended that was to change memory.");
	fprintf(out, "memhpctl_last_run_timestamp_seconds{command=\"%s\"} %" PRId64 "\n",
		run->command, run->time_s);
	metrics_begin(out, "memhpctl_last_run_exit_status", "Its exit status.");
	fprintf(out, "memhpctl_last_run_exit_status{command=\"%s\"} %d\n", run->command,
		run->exit_code);
	metrics_begin(out, "memhpctl_last_run_blocks", "Its blocks, by result.");
	fprintf(out, "memhpctl_last_run_blocks{command=\"%s\",result=\"changed\"} %" PRIu64 "\n",
		run->command, run->changed);
	fprintf(out, "memhpctl_last_run_blocks{command=\"%s\",result=\"failed\"} %" PRIu64 "\n",
		run->command, run->failed);
}

int metrics_write(const struct metrics *metrics, FILE *out)
{
	int r = 0;

	metrics_begin(out, "memhpctl_info", "The version of memhpctl.");
	fprintf(out, "memhpctl_info{version=\"%s\"} 1\n", PACKAGE_VERSION);
	metrics_begin(out, "memhpctl_supported", "1 if this kernel has memory blocks.");
	fprintf(out, "memhpctl_supported %d\n", metrics->memory != NULL);
	if (metrics->memory)
		r = metrics_write_blocks(metrics->memory, out);
	metrics_write_ratio(metrics, out);
	if (metrics->findings)
		metrics_write_findings(metrics->findings, out);
	if (metrics->last_run)
		metrics_write_last_run(metrics->last_run, out);
	return r;
}
