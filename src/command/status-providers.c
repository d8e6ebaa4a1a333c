// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/status-providers.h"
#include "output/output-text.h"

#include <stdio.h>

#include "provider/provider.h"
#include "system/module.h"

void status_print_providers(const struct sysfs *sysfs)
{
	bool any = false;

	output_text("\nProviders\n");
	for (size_t i = 0; providers[i]; i++) {
		const char *separator = "; modules: ";

		if (!providers[i]->is_present(sysfs))
			continue;
		any = true;
		output_text("  %-10s %s%s", providers[i]->name, providers[i]->summary,
			    providers[i]->plan_remove ? "" : ", not removable from here");
		for (const char *const *module = providers[i]->modules; module && *module;
		     module++) {
			output_text("%s%s %s", separator, *module,
				    module_state_name(module_look_up(sysfs, *module)));
			separator = ", ";
		}
		output_text("\n");
	}
	if (!any)
		output_text("  (none: no memory can be removed here)\n");
}

void status_add_providers(const struct sysfs *sysfs, struct output_json *json)
{
	output_json_begin_array(json, "providers");
	for (size_t i = 0; providers[i]; i++) {
		if (!providers[i]->is_present(sysfs))
			continue;
		output_json_begin_object(json, NULL);
		output_json_text(json, "provider", providers[i]->name);
		output_json_text(json, "summary", providers[i]->summary);
		output_json_bool(json, "can_remove", providers[i]->plan_remove != NULL);
		output_json_bool(json, "can_add", providers[i]->plan_add != NULL);
		output_json_begin_array(json, "modules");
		for (const char *const *module = providers[i]->modules; module && *module;
		     module++) {
			output_json_begin_object(json, NULL);
			output_json_text(json, "module", *module);
			output_json_text(json, "state",
					 module_state_name(module_look_up(sysfs, *module)));
			output_json_end(json);
		}
		output_json_end(json);
		output_json_end(json);
	}
	output_json_end(json);
}
