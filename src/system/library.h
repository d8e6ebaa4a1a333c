/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared libraries that only some commands need: they are loaded when they are first needed. */
#ifndef MEMHP_SYSTEM_LIBRARY_H
#define MEMHP_SYSTEM_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct library_symbol {
	const char *name;
	void *target; /* the pointer to a function that is set */
};

/*
 * Loads a library with dlopen(3) and sets the pointers to its functions. The library stays loaded
 * and may be asked for again. Returns false if the library or one of the functions is missing; the
 * pointers must not be used then.
 */
bool library_load(const char *soname, const struct library_symbol *symbols, size_t n_symbols);

/*
 * Tells packaging tools about a library that the program loads by itself, in the form of "ELF
 * dlopen metadata" of the UAPI group: `feature` is a C identifier; use it at file level, once per
 * library.
 */
#define LIBRARY_NOTE(feature, description, soname)                                      \
	LIBRARY_NOTE_OF(library_note_##feature,                                         \
			"[{\"feature\":\"" #feature "\",\"description\":\"" description \
			"\",\"priority\":\"recommended\",\"soname\":[\"" soname "\"]}]")
#define LIBRARY_NOTE_OF(variable, text)                                                  \
	__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct { \
		uint32_t name_size, json_size, type;                                     \
		char name[4];                                                            \
		char json[(sizeof(text) + 3) / 4 * 4];                                   \
	} variable = { 4, sizeof(text), 0x407c0c0a, "FDO", text }

#endif
