// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/policy-load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "provider/provider.h"
#include "system/conf-files.h"

#define PROVIDERS_MAX 32

/* The words allowed in a provider condition: the same array at each call. */
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

/*
 * Ends the reading of files, of which r is the result, with the rules that come after theirs.
 * Errors: r, or those of the rules; then there is no policy.
 */
static int policy_load_end(int r, struct policy *policy, struct policy *ret, struct error *err)
{
	if (r == 0 && policy->built_in)
		r = policy_add(policy, POLICY_BUILT_IN_FILE, policy_built_in,
			       strlen(policy_built_in), err);
	if (r < 0)
		policy_done(policy);
	else
		*ret = *policy;
	return r;
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
	return policy_load_end(r, &policy, ret, err);
}

/* Reads the files except those left out; *ret_bad is the file being read when an error occurred. */
static int policy_load_files(const struct sysfs *sysfs, const struct conf_files *files,
			     const bool *left_out, struct policy *ret, size_t *ret_bad,
			     struct error *err)
{
	struct policy policy;
	int r = 0;

	policy_init(&policy, policy_load_providers());
	policy.root = sysfs->root;
	*ret_bad = files->n;
	for (size_t i = 0; r == 0 && i < files->n; i++) {
		if (left_out[i])
			continue;
		r = policy_load_file(sysfs, files->paths[i], &policy, err);
		if (r < 0)
			*ret_bad = i;
	}
	return policy_load_end(r, &policy, ret, err);
}

int policy_load(const struct sysfs *sysfs, struct policy *ret, struct error *err)
{
	_cleanup_free_ bool *left_out = NULL;
	struct conf_files files = { 0 };
	size_t bad;
	int r = conf_files_find_policy(sysfs, &files, err);

	if (r < 0)
		return r;
	left_out = calloc(files.n + 1, sizeof(*left_out));
	r = left_out ? policy_load_files(sysfs, &files, left_out, ret, &bad, err) :
		       error_no_memory(err);
	conf_files_done(&files);
	return r;
}

int policy_load_rest(const struct sysfs *sysfs, struct policy *ret, struct error *broken,
		     struct error *err)
{
	_cleanup_free_ bool *left_out = NULL;
	struct conf_files files = { 0 };
	size_t bad;
	int r = conf_files_find_policy(sysfs, &files, err);

	if (r < 0)
		return r;
	left_out = calloc(files.n + 1, sizeof(*left_out));
	r = left_out ? -EAGAIN : error_no_memory(err);
	while (r == -EAGAIN) {
		r = policy_load_files(sysfs, &files, left_out, ret, &bad, err);
		if (r == 0 || r == -ENOMEM || bad == files.n)
			break;
		left_out[bad] = true;
		r = -EAGAIN;
		/* Each file once; only the first mistake is reported. */
		if (broken->code)
			error_done(err);
		else
			*broken = *err;
		*err = (struct error){ 0 };
	}
	if (r == 0 && broken->code)
		error_wrap(broken, "the policy goes on without a file that has a mistake");
	conf_files_done(&files);
	return r;
}
