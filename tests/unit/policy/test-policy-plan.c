// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy-plan.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/provider.h"
#include "tests/unit/unit.h"

extern const struct provider provider_acpi, provider_virtio;

#define BLOCK (128ULL << 20)

static const char *const providers_there[] = { "acpi", "virtio", "none", NULL };
static struct node_set node_sets[] = { { NULL, 0 }, { (uint32_t[]){ 0 }, 1 } };

/* Blocks 0-7 online; 32-35 of a DIMM, 40-43 of another, 48-51 of virtio-mem, all offline and new.
 */
static struct block blocks[20];
static struct device devices[] = { { .name = (char *)"PNP0C80:00", .provider = &provider_acpi },
				   { .name = (char *)"PNP0C80:01", .provider = &provider_acpi },
				   { .name = (char *)"virtio0", .provider = &provider_virtio } };
static struct memory memory = { .blocks = blocks,
				.n_blocks = 20,
				.block_size = BLOCK,
				.whole = true,
				.node_sets = node_sets,
				.n_node_sets = 2,
				.devices = { devices, 3 } };
static struct policy_scene scene = { .memory = &memory, .platform = { "x86-64", "kvm" } };

static void machine_make(void)
{
	for (size_t i = 0; i < 20; i++) {
		bool boot = i < 8;

		blocks[i] =
			(struct block){ .number = boot ? i : 32 + (i - 8) / 4 * 8 + (i - 8) % 4,
					.inode = i + 1,
					.node_set = 1,
					.state = boot ? BLOCK_ONLINE : BLOCK_OFFLINE,
					.device = boot ? BLOCK_NO_DEVICE : (uint32_t)(i - 8) / 4,
					.zones = zones_parse(boot ? "DMA32" : "Normal Movable") };
	}
}

/* The writes in their order, as "k51 m50 …": k(ernel), m(ovable), o(nline). `kernel_blocks` is how
 * much kernel memory there is before. */
static void check_plan(const char *conf, const struct policy_state *known, uint64_t kernel_blocks,
		       const char *expected)
{
	struct ratio_node nodes[] = { { 0, { kernel_blocks * BLOCK, 0 } } };
	struct ratio ratio = { { kernel_blocks * BLOCK, 0 }, nodes, 1 };
	struct policy policy;
	struct policy_plan_request request = {
		.policy = &policy, .scene = &scene, .ratio = &ratio, .known = known
	};
	struct policy_plan plan;
	struct error err = { 0 };
	char text[256] = "";

	policy_init(&policy, providers_there);
	assert_int_equal(policy_add(&policy, "f", conf, strlen(conf), &err), 0);
	assert_int_equal(policy_plan_make(&request, &plan), 0);
	for (size_t i = 0; i < plan.plan.n_steps; i++) {
		const struct outcome *outcome = &plan.plan.outcomes.v[plan.plan.steps[i].outcome];

		sprintf(text + strlen(text), "%c%d ",
			!strcmp(outcome->word, "online_movable") ? 'm' : 'k', (int)outcome->block);
	}
	assert_string_equal(text, expected);
	/* The guard works on a copy. */
	assert_int_equal(nodes[0].amounts.kernel, kernel_blocks * BLOCK);
	policy_plan_done(&plan);
	policy_done(&policy);
}

#define MOVABLE "[rule movable]\naction = online_movable\n"

static void test_order_and_zones(void **state)
{
	(void)state;
	machine_make();
	check_plan("[rule a]\naction = leave\n", NULL, 8, "");
	check_plan("[rule a]\naction = online\n", NULL, 8,
		   "k51 k50 k49 k48 k43 k42 k41 k40 k35 k34 k33 k32 ");
	check_plan("[rule a]\nprovider = acpi\naction = online_movable\n", NULL, 8,
		   "m43 m42 m41 m40 m35 m34 m33 m32 ");
	check_plan("[rule v]\nprovider = virtio\naction = online_kernel\n[rule a]\ndevice = "
		   "*:01\naction = leave\n" MOVABLE,
		   NULL, 8, "k51 k50 k49 k48 m35 m34 m33 m32 ");
}

static void test_the_guard_takes_devices_whole_and_virtio_by_blocks(void **state)
{
	(void)state;
	machine_make();
	/* Room for 12. */
	check_plan("[policy]\nmax-movable-ratio = 150%\n" MOVABLE, NULL, 8,
		   "m51 m50 m49 m48 m43 m42 m41 m40 m35 m34 m33 m32 ");
	/* Room for 6: virtio-mem and not quite the next DIMM, which becomes kernel memory and with
	 * that makes room for the last. */
	check_plan("[policy]\nmax-movable-ratio = 75%\n" MOVABLE, NULL, 8,
		   "m51 m50 m49 m48 k43 k42 k41 k40 m35 m34 m33 m32 ");
	check_plan("[policy]\nmax-movable-ratio = 75%\nover-ratio = leave\n" MOVABLE, NULL, 8,
		   "m51 m50 m49 m48 ");
	check_plan("[policy]\nmax-movable-ratio = 25%\nover-ratio = leave\n" MOVABLE, NULL, 8,
		   "m51 m50 ");
	check_plan("[policy]\nmax-movable-ratio = 25%\nover-ratio = warn\n[rule a]\nprovider = "
		   "virtio\naction = online_movable\n",
		   NULL, 8, "m51 m50 m49 m48 ");
	check_plan("[policy]\nmax-movable-ratio = 0%\n" MOVABLE, NULL, 8,
		   "k51 k50 k49 k48 k43 k42 k41 k40 k35 k34 k33 k32 ");
	check_plan("[policy]\nmax-movable-ratio = off\n" MOVABLE, NULL, 0,
		   "m51 m50 m49 m48 m43 m42 m41 m40 m35 m34 m33 m32 ");
}

static void test_what_was_online_before_is_left(void **state)
{
	struct policy_state known = { 0 };

	(void)state;
	machine_make();
	assert_int_equal(policy_state_add(&known, &blocks[8], POLICY_STATE_ONLINE), 0);
	assert_int_equal(policy_state_add(&known, &blocks[9], POLICY_STATE_LEFT), 0);
	/* Another block of the same number. */
	assert_int_equal(policy_state_add(&known, &(struct block){ .number = 34, .inode = 999 },
					  POLICY_STATE_ONLINE),
			 0);
	check_plan("[rule a]\ndevice = *:00\naction = online_movable\n", &known, 8, "m35 m34 m33 ");
	check_plan("[rule a]\ndevice = *:00\naction = online_movable\n", NULL, 8,
		   "m35 m34 m33 m32 ");
	policy_state_done(&known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_zones),
		cmocka_unit_test(test_the_guard_takes_devices_whole_and_virtio_by_blocks),
		cmocka_unit_test(test_what_was_online_before_is_left),
	};

	return cmocka_run_group_tests_name("policy-plan", tests, NULL, NULL);
}
