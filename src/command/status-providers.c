// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/status-providers.h"

#include <stdio.h>
#include <string.h>

#include "output/output-text.h"
#include "output/wrap.h"
#include "provider/provider.h"
#include "system/module.h"

static const struct provider *status_providers_here(const struct sysfs *sysfs,
						    const struct provider *provider)
{
	return provider->on_this_kernel ? provider->on_this_kernel(sysfs) : provider;
}

static void status_providers_print_one(const struct sysfs *sysfs, const struct provider *provider)
{
	const char *const *modules = provider->modules;
	struct wrap wrap = wrap_begin(wrap_width(), provider->name);

	wrap_print(&wrap, "%s%s%s", provider->summary,
		   provider->plan_remove ? "" : ", not removable from here",
		   modules && *modules ? "; modules:" : "");
	for (; modules && *modules; modules++) {
		char module[64];

		/* People look for "kmem available" with grep. */
		snprintf(module, sizeof(module), "%s %s%s", *modules,
			 module_state_name(module_look_up(sysfs, *modules)), modules[1] ? "," : "");
		wrap_print_whole(&wrap, module);
	}
	output_text("\n");
}

static void status_providers_print_unseen(const struct provider *provider, int error)
{
	wrap_print_labelled(wrap_width(), provider->name, "? (%s)", strerror(-error));
}

void status_providers_print(const struct sysfs *sysfs)
{
	bool any = false;

	output_text("\nProviders\n");
	for (size_t i = 0; providers[i]; i++) {
		int present = providers[i]->is_present(sysfs);

		if (present > 0)
			status_providers_print_one(sysfs,
						   status_providers_here(sysfs, providers[i]));
		else if (present < 0)
			status_providers_print_unseen(providers[i], present);
		any |= present != 0;
	}
	if (!provider_shows_devices(sysfs))
		output_text("  ?         (" PROVIDER_NOT_SHOWN ")\n");
	else if (!any)
		output_text("  (none: no memory can be removed here)\n");
}

static bool status_providers_known(const struct sysfs *sysfs)
{
	for (size_t i = 0; providers[i]; i++)
		if (providers[i]->is_present(sysfs) < 0)
			return false;
	return provider_shows_devices(sysfs);
}

static void status_providers_add_one(const struct sysfs *sysfs, const struct provider *provider,
				     struct output_json *json)
{
	output_json_begin_object(json, NULL);
	output_json_text(json, "provider", provider->name);
	output_json_text(json, "summary", provider->summary);
	output_json_bool(json, "can_remove", provider->plan_remove != NULL);
	output_json_bool(json, "can_add", provider->plan_add != NULL);
	output_json_begin_array(json, "modules");
	for (const char *const *module = provider->modules; module && *module; module++) {
		output_json_begin_object(json, NULL);
		output_json_text(json, "module", *module);
		output_json_text(json, "state", module_state_name(module_look_up(sysfs, *module)));
		output_json_end(json);
	}
	output_json_end(json);
	output_json_end(json);
}

void status_providers_add(const struct sysfs *sysfs, struct output_json *json)
{
	if (!status_providers_known(sysfs)) {
		output_json_null(json, "providers");
		return;
	}
	output_json_begin_array(json, "providers");
	for (size_t i = 0; providers[i]; i++)
		if (providers[i]->is_present(sysfs) > 0)
			status_providers_add_one(sysfs, status_providers_here(sysfs, providers[i]),
						 json);
	output_json_end(json);
}
