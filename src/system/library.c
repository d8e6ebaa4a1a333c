// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static char complaint[256];

static void library_complain(void)
{
	const char *said = dlerror();

	snprintf(complaint, sizeof(complaint), "%s", said ? said : "no reason was given");
}

const char *library_complaint(void)
{
	return complaint;
}

bool library_load(const char *soname, const struct library_symbol *symbols, size_t n_symbols)
{
	void *handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!handle) {
		library_complain();
		return false;
	}
	for (size_t i = 0; i < n_symbols; i++)
		if (!dlsym(handle, symbols[i].name)) {
			library_complain();
			dlclose(handle);
			return false;
		}
	for (size_t i = 0; i < n_symbols; i++) {
		void *address = dlsym(handle, symbols[i].name);

		memcpy(symbols[i].target, &address, sizeof(address));
	}
	return true;
}
