// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/output-finding.h"

#include "output/output-text.h"
#include "output/wrap.h"

/* The most kinds of findings that one line names. */
#define UNKNOWN_SHOWN 4

void output_finding_print(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->v[i];

		wrap_print_paragraph("%s: %s: %s%s%s%s", finding_name(finding->word),
				     finding->about, finding_sentence(finding->word),
				     finding->detail ? " (" : "",
				     finding->detail ? finding->detail : "",
				     finding->detail ? ")" : "");
		output_text("  %s\n", finding->command);
	}
}

/* May there be findings of that kind, as far as that kind itself was looked for? */
static bool output_finding_is_unknown(const struct findings *findings, enum finding_word word)
{
	if (word != FINDING_COUNT && findings_have(findings, word))
		return false;
	for (size_t i = 0; i < findings->n_unseen; i++)
		if (findings->unseen[i].word == word)
			return true;
	return false;
}

/* The kinds of which it is not known whether there are any, in one line. */
static void output_finding_print_unknown(const struct findings *findings)
{
	size_t n = 0;

	for (enum finding_word word = 0; word <= FINDING_COUNT; word++) {
		if (!output_finding_is_unknown(findings, word))
			continue;
		if (n++ < UNKNOWN_SHOWN)
			output_text("%s%s", n == 1 ? "  ?             not known: " : ", ",
				    word == FINDING_COUNT ? "others" : finding_name(word));
	}
	if (n > UNKNOWN_SHOWN)
		output_text(" and %zu more", n - UNKNOWN_SHOWN);
	if (n)
		output_text("\n");
}

void output_finding_print_short(const struct findings *findings)
{
	if (findings->n || findings->n_unseen)
		output_text("\nFindings (memhpctl status --check explains them)\n");
	for (size_t i = 0; i < findings->n; i++)
		output_text("  %-13s %s: %s\n", finding_name(findings->v[i].word),
			    findings->v[i].about, findings->v[i].command);
	output_finding_print_unknown(findings);
}

void output_finding_print_unseen(const struct findings *findings)
{
	for (size_t i = 0; i < findings->n_unseen; i++) {
		const struct finding_unseen *unseen = &findings->unseen[i];

		wrap_print_paragraph("%s: ?: %s",
				     unseen->word == FINDING_COUNT ? "any" :
								     finding_name(unseen->word),
				     unseen->why);
	}
}

void output_finding_add(const struct findings *findings, struct output_json *json)
{
	output_json_begin_array(json, "findings");
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->v[i];

		output_json_begin_object(json, NULL);
		output_json_text(json, "finding", finding_name(finding->word));
		output_json_text(json, "about", finding->about);
		output_json_text(json, "text", finding_sentence(finding->word));
		output_json_text(json, "detail", finding->detail);
		output_json_text(json, "command", finding->command);
		output_json_end(json);
	}
	output_json_end(json);
	output_json_begin_array(json, "unseen");
	for (size_t i = 0; i < findings->n_unseen; i++) {
		const struct finding_unseen *unseen = &findings->unseen[i];

		output_json_begin_object(json, NULL);
		output_json_text(json, "finding",
				 unseen->word == FINDING_COUNT ? NULL : finding_name(unseen->word));
		output_json_text(json, "text", unseen->why);
		output_json_end(json);
	}
	output_json_end(json);
}
