// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy-load.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/provider.h"
#include "system/conf-files.h"

#define PROVIDERS_MAX 32

/* The words of a provider condition, made once from the list of providers. */
static const char *const *policy_load_providers(void)
{
	static const char *words[PROVIDERS_MAX + 3];
	size_t n = 0;

	while (providers[n] && n < PROVIDERS_MAX) {
		words[n] = providers[n]->name;
		n++;
	}
	words[n++] = POLICY_PROVIDER_DRIVER;
	words[n] = POLICY_PROVIDER_NONE;
	return words;
}

static int policy_load_file(const struct sysfs *sysfs, const char *path, struct policy *policy,
			    struct error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	int r = conf_files_read_trusted(sysfs, path, &text, &length, err);

	if (r < 0)
		return r;
	return policy_add(policy, path, text, length, err);
}

/* What stands behind the files. */
static int policy_load_built_in(struct policy *policy, struct error *err)
{
	return policy->built_in ? policy_add(policy, POLICY_BUILT_IN_FILE, policy_built_in,
					     strlen(policy_built_in), err) :
				  0;
}

int policy_load_given(const char *const *paths, size_t n, struct policy *ret, struct error *err)
{
	struct policy policy;
	int r = 0;

	policy_init(&policy, policy_load_providers());
	for (size_t i = 0; r == 0 && i < n; i++) {
		_cleanup_free_ char *text = NULL;
		size_t length;

		r = conf_files_read_given(paths[i], &text, &length, err);
		if (r == 0)
			r = policy_add(&policy, paths[i], text, length, err);
	}
	if (r == 0)
		r = policy_load_built_in(&policy, err);
	if (r < 0) {
		policy_done(&policy);
		return r;
	}
	*ret = policy;
	return 0;
}

int policy_load(const struct sysfs *sysfs, struct policy *ret, struct error *err)
{
	struct conf_files files = { 0 };
	struct policy policy;
	int r = conf_files_find_policy(sysfs, &files, err);

	if (r < 0)
		return r;
	policy_init(&policy, policy_load_providers());
	for (size_t i = 0; r == 0 && i < files.n; i++)
		r = policy_load_file(sysfs, files.paths[i], &policy, err);
	if (r == 0)
		r = policy_load_built_in(&policy, err);
	conf_files_done(&files);
	if (r < 0) {
		policy_done(&policy);
		return r;
	}
	*ret = policy;
	return 0;
}
