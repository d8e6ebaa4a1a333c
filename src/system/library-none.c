// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/library.h"

bool library_load(const char *soname, const struct library_symbol *symbols, size_t n_symbols)
{
	(void)soname;
	(void)symbols;
	(void)n_symbols;
	return false;
}

const char *library_complaint(void)
{
	return "";
}
