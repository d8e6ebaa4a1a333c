// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/policy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "output/output-json.h"
#include "output/output-text.h"
#include "plan/selection.h"
#include "policy/policy-load.h"
#include "policy/policy-match.h"
#include "policy/policy-value.h"
#include "system/read-failure.h"

/* The number in a question, which does not name a block: no range contains it. */
#define NO_BLOCK UINT64_MAX

/*
 * The answer for a run of neighbouring blocks of one device for which the same rule wins for the
 * same reasons.
 */
struct answer {
	struct policy_subject subject; /* of the first block */
	const struct policy_rule *rule;
	uint64_t first, last;
	bool blocks; /* false: not a block, only a question */
};

/* Does the answer hold for the next block, with the same condition missed in each rule before? */
static bool policy_test_same_answer(const struct policy *policy, const struct answer *answer,
				    const struct policy_subject *subject)
{
	if (answer->rule != policy_match(policy, subject) ||
	    strcmp(answer->subject.device, subject->device) || answer->last + 1 != subject->block)
		return false;
	for (size_t i = 0; i < policy->n_rules && &policy->rules[i] != answer->rule; i++)
		if (policy_first_mismatch(&policy->rules[i], subject) !=
		    policy_first_mismatch(&policy->rules[i], &answer->subject))
			return false;
	return true;
}

static void policy_test_condition_text(const struct policy_rule *rule, enum policy_key key,
				       char *text, size_t size)
{
	const struct policy_condition *condition = &rule->conditions[key];
	int length = snprintf(text, size, "%s = %s", policy_key_name(key),
			      condition->negated ? "!" : "");

	for (size_t i = 0; i < condition->n_words && length > 0 && (size_t)length < size; i++)
		length += snprintf(text + length, size - (size_t)length, "%s%s", i ? ", " : "",
				   condition->words[i].text);
}

/* The block's value for that key. */
static void policy_test_subject_text(const struct policy_subject *subject, enum policy_key key,
				     char *text, size_t size)
{
	switch (key) {
	case POLICY_KEY_PROVIDER:
		snprintf(text, size, "%s", subject->provider);
		break;
	case POLICY_KEY_DEVICE:
		snprintf(text, size, "%s", *subject->device ? subject->device : "(none)");
		break;
	case POLICY_KEY_SERIAL:
		snprintf(text, size, "%s", subject->serials ? subject->serials : "(none)");
		break;
	case POLICY_KEY_UUID:
		snprintf(text, size, "%s", subject->uuid ? subject->uuid : "(none)");
		break;
	case POLICY_KEY_VIRT:
		snprintf(text, size, "%s",
			 subject->platform->virt_error ? "?" : subject->platform->virt);
		break;
	case POLICY_KEY_ARCH:
		snprintf(text, size, "%s", subject->platform->arch);
		break;
	case POLICY_KEY_NODE:
		if (subject->n_nodes)
			snprintf(text, size, "%" PRIu32 ", %s", subject->nodes[0],
				 subject->cpuless ? "cpuless" : "has-cpu");
		else
			snprintf(text, size, "(none)");
		break;
	case POLICY_KEY_ADDRESS:
		if (subject->block == NO_BLOCK)
			snprintf(text, size, "(not said)");
		else
			snprintf(text, size, "0x%" PRIx64 "-0x%" PRIx64, subject->first,
				 subject->last);
		break;
	default:
		if (subject->block == NO_BLOCK)
			snprintf(text, size, "(not said)");
		else
			snprintf(text, size, "%" PRIu64, subject->block);
	}
}

static void policy_test_print_answer(const struct policy *policy, const struct answer *answer)
{
	const struct policy_rule *rule = answer->rule;
	char blocks[BLOCK_RANGE_NAME_SIZE], wanted[256], is[64];

	output_text("%s (%s%s%s): ",
		    answer->blocks ? block_range_name(answer->first, answer->last, blocks) :
				     "such a block",
		    answer->subject.provider, *answer->subject.device ? " " : "",
		    answer->subject.device);
	if (rule)
		output_text("%s, by rule %s (%s:%u)\n", policy_action_name(rule->action),
			    rule->name, rule->origin.file, rule->origin.line);
	else
		output_text("leave (no rule matches)\n");
	for (size_t i = 0; i < policy->n_rules && &policy->rules[i] != rule; i++) {
		enum policy_key key = policy_first_mismatch(&policy->rules[i], &answer->subject);

		policy_test_condition_text(&policy->rules[i], key, wanted, sizeof(wanted));
		policy_test_subject_text(&answer->subject, key, is, sizeof(is));
		output_text("    skipped rule %s: wants %s, this is %s\n", policy->rules[i].name,
			    wanted, is);
	}
}

static void policy_test_add_answer(const struct policy *policy, const struct answer *answer,
				   struct output_json *json)
{
	const struct policy_rule *rule = answer->rule;
	char wanted[256], is[64];

	output_json_begin_object(json, NULL);
	if (answer->blocks) {
		output_json_uint(json, "first_block", answer->first);
		output_json_uint(json, "last_block", answer->last);
	}
	output_json_text(json, "provider", answer->subject.provider);
	output_json_text(json, "device", *answer->subject.device ? answer->subject.device : NULL);
	output_json_text(json, "action", policy_action_name(rule ? rule->action : POLICY_LEAVE));
	output_json_text(json, "rule", rule ? rule->name : NULL);
	output_json_text(json, "file", rule ? rule->origin.file : NULL);
	if (rule)
		output_json_uint(json, "line", rule->origin.line);
	else
		output_json_null(json, "line");
	output_json_begin_array(json, "passed_over");
	for (size_t i = 0; i < policy->n_rules && &policy->rules[i] != rule; i++) {
		enum policy_key key = policy_first_mismatch(&policy->rules[i], &answer->subject);

		policy_test_condition_text(&policy->rules[i], key, wanted, sizeof(wanted));
		policy_test_subject_text(&answer->subject, key, is, sizeof(is));
		output_json_begin_object(json, NULL);
		output_json_text(json, "rule", policy->rules[i].name);
		output_json_text(json, "condition", wanted);
		output_json_text(json, "is", is);
		output_json_end(json);
	}
	output_json_end(json);
	output_json_end(json);
}

/* Everything that is asked about. */
struct inquiry {
	const struct policy *policy;
	struct output_json *json; /* NULL for text */
	struct memory memory;
	struct ranges blocks;
	struct policy_scene scene;
};

/* The first matching rule must not depend on what is not known. */
static int inquiry_check(const struct inquiry *inquiry, struct error *err)
{
	const struct memory *memory = &inquiry->memory;

	for (size_t i = 0; i < memory->n_blocks; i++) {
		struct policy_subject subject;
		char name[BLOCK_NAME_SIZE];

		if (!ranges_contain(&inquiry->blocks, memory->blocks[i].number))
			continue;
		subject = policy_subject_of(&inquiry->scene, &memory->blocks[i]);
		if (policy_is_unclear(inquiry->policy, &subject))
			return policy_tell_unclear(&inquiry->scene, block_name(subject.block, name),
						   err);
	}
	return 0;
}

static int inquiry_load(struct context *context, const char **words, size_t n_words,
			struct inquiry *inquiry, struct error *err)
{
	struct selection_request request = { .words = words,
					     .n_words = n_words,
					     .all = !n_words,
					     .want = WANT_NODES | WANT_ALL_NODES | WANT_DEVICES };
	int r = memory_open(&context->sysfs, &inquiry->memory, err);

	if (r == 0)
		r = selection_load(&context->sysfs, &request, &inquiry->memory, &inquiry->blocks,
				   err);
	if (r < 0)
		return r;
	r = policy_scene_load(&context->sysfs, &inquiry->memory, &inquiry->scene);
	if (r < 0)
		return read_failure_set(err, r, "cannot tell where the memory comes from");
	return inquiry_check(inquiry, err);
}

static void policy_test_tell(const struct inquiry *inquiry, const struct answer *answer)
{
	if (inquiry->json)
		policy_test_add_answer(inquiry->policy, answer, inquiry->json);
	else
		policy_test_print_answer(inquiry->policy, answer);
}

static void policy_test_tell_blocks(const struct inquiry *inquiry)
{
	const struct memory *memory = &inquiry->memory;
	struct answer answer = { .blocks = false };

	for (size_t i = 0; i < memory->n_blocks; i++) {
		struct policy_subject subject;

		if (!ranges_contain(&inquiry->blocks, memory->blocks[i].number))
			continue;
		subject = policy_subject_of(&inquiry->scene, &memory->blocks[i]);
		if (answer.blocks && policy_test_same_answer(inquiry->policy, &answer, &subject)) {
			answer.last = subject.block;
			continue;
		}
		if (answer.blocks)
			policy_test_tell(inquiry, &answer);
		answer = (struct answer){ subject, policy_match(inquiry->policy, &subject),
					  subject.block, subject.block, true };
	}
	if (answer.blocks)
		policy_test_tell(inquiry, &answer);
}

static bool policy_test_is_question(void)
{
	const struct policy_question *q = &policy_question;

	return q->provider || q->device || q->serial || q->uuid || q->virt || q->arch || q->node ||
	       q->cpuless;
}

/* A word that no rule could name is refused; it would be answered as if it existed. */
static int policy_test_question_word(const struct policy *policy, enum policy_key key,
				     const char *text, struct error *err)
{
	struct policy_condition condition = { 0 };
	int r = text ? policy_value_condition(key, text, policy->providers, &condition, err) : 0;

	if (r == 0 && text && (condition.negated || condition.n_words != 1))
		r = error_set(err, -EINVAL, "--%s=%s: must be one word", policy_key_name(key),
			      text);
	policy_condition_done(&condition);
	return r;
}

static int policy_test_question_node(uint32_t *ret, struct error *err)
{
	uint64_t number = 0;

	if (policy_question.node &&
	    (parse_decimal(policy_question.node, &number) < 0 || number >= UINT32_MAX))
		return error_set(err, -EINVAL, "--node=%s: a node is a number such as 1",
				 policy_question.node);
	*ret = (uint32_t)number;
	return 0;
}

/* A hypothetical block, on this machine unless the question says otherwise. */
static struct policy_subject policy_test_question_subject(const struct inquiry *inquiry,
							  const uint32_t *node)
{
	const struct policy_question *q = &policy_question;

	return (struct policy_subject){ .provider = q->provider ? q->provider :
								  POLICY_PROVIDER_NONE,
					.device = q->device ? q->device : "",
					.serials = q->serial,
					.uuid = q->uuid,
					.platform = &inquiry->scene.platform,
					.nodes = node,
					.n_nodes = 1,
					.cpuless = q->cpuless,
					.block = NO_BLOCK,
					.first = UINT64_MAX,
					.last = UINT64_MAX };
}

static int policy_test_question_check(struct context *context, struct inquiry *inquiry,
				      uint32_t *ret_node, struct error *err)
{
	const struct policy_question *q = &policy_question;
	struct platform *platform = &inquiry->scene.platform;
	struct policy_subject subject;
	int r = policy_test_question_word(inquiry->policy, POLICY_KEY_PROVIDER, q->provider, err);

	if (r == 0)
		r = policy_test_question_word(inquiry->policy, POLICY_KEY_VIRT, q->virt, err);
	if (r == 0)
		r = policy_test_question_word(inquiry->policy, POLICY_KEY_ARCH, q->arch, err);
	if (r == 0)
		r = policy_test_question_node(ret_node, err);
	if (r < 0)
		return r;
	inquiry->scene.memory = &inquiry->memory;
	platform_load(&context->sysfs, platform);
	if (q->virt) {
		snprintf(platform->virt, sizeof(platform->virt), "%s", q->virt);
		platform->virt_error = 0;
	}
	if (q->arch)
		snprintf(platform->arch, sizeof(platform->arch), "%s", q->arch);
	subject = policy_test_question_subject(inquiry, ret_node);
	return policy_is_unclear(inquiry->policy, &subject) ?
		       policy_tell_unclear(&inquiry->scene, "such memory", err) :
		       0;
}

static void policy_test_tell_question(const struct inquiry *inquiry, const uint32_t *node)
{
	struct answer answer = { .subject = policy_test_question_subject(inquiry, node) };

	answer.rule = policy_match(inquiry->policy, &answer.subject);
	policy_test_tell(inquiry, &answer);
}

int policy_test(struct context *context, const struct policy *policy, const char **words,
		size_t n_words)
{
	struct inquiry inquiry = { .policy = policy };
	struct error err = { 0 };
	uint32_t node = 0;
	int r, exit_code = EXIT_DONE;

	if (policy_test_is_question() && n_words)
		r = error_set(&err, -EINVAL,
			      "'%s' is a block, but the options describe another one; give one of "
			      "them",
			      words[0]);
	else
		r = policy_test_is_question() ?
			    policy_test_question_check(context, &inquiry, &node, &err) :
			    inquiry_load(context, words, n_words, &inquiry, &err);
	if (r < 0) {
		exit_code = command_fail(context, 0, &err);
	} else {
		if (context->json) {
			inquiry.json =
				output_json_begin_document(context->command->name, exit_code, NULL);
			output_json_begin_array(inquiry.json, "answers");
		}
		if (policy_test_is_question())
			policy_test_tell_question(&inquiry, &node);
		else
			policy_test_tell_blocks(&inquiry);
		if (context->json) {
			output_json_end(inquiry.json);
			exit_code =
				command_end_json(output_json_end_document(inquiry.json), exit_code);
		}
	}
	policy_scene_done(&inquiry.scene);
	ranges_done(&inquiry.blocks);
	memory_close(&inquiry.memory);
	return exit_code;
}
