/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared libraries that only some commands need: they are loaded when they are first needed. */
#ifndef MEMHP_SYSTEM_LIBRARY_H
#define MEMHP_SYSTEM_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * For a table LIBRARY_FUNCTIONS(each) of functions that the library's header declares: the members
 * and the first value of a struct `lib` of pointers to them, and the array of their symbols. A
 * static program is linked with its libraries, and has the pointers from the start.
 */
#define LIBRARY_POINTER(name) __typeof__(&name) name;
#ifdef STATIC_PROGRAM
#define LIBRARY_LINKED(name) .name = name,
#else
#define LIBRARY_LINKED(name)
#endif
#define LIBRARY_SYMBOL(name) { #name, &lib.name },

struct library_symbol {
	const char *name;
	void *target; /* the pointer to a function that is set */
};

/*
 * Loads a library with dlopen(3) and sets the pointers to its functions. The library stays loaded
 * and may be asked for again. Returns false if the library or one of the functions is missing; the
 * pointers are then as before.
 */
bool library_load(const char *soname, const struct library_symbol *symbols, size_t n_symbols);

/*
 * Why library_load() failed the last time, in the words of the dynamic loader, which names the
 * file.
 */
const char *library_complaint(void);

/*
 * Tells packaging tools about a library that the program loads by itself, in the form of "ELF
 * dlopen metadata" of the UAPI group: `feature` is a C identifier, `priority` "required",
 * "recommended" or "suggested"; use it at file level, once per library.
 */
#define LIBRARY_NOTE(feature, description, priority, soname)                            \
	LIBRARY_NOTE_OF(library_note_##feature,                                         \
			"[{\"feature\":\"" #feature "\",\"description\":\"" description \
			"\",\"priority\":\"" priority "\",\"soname\":[\"" soname "\"]}]")
#define LIBRARY_NOTE_OF(variable, text)                                                  \
	__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct { \
		uint32_t name_size, json_size, type;                                     \
		char name[4];                                                            \
		char json[(sizeof(text) + 3) / 4 * 4];                                   \
	} variable = { 4, sizeof(text), 0x407c0c0a, "FDO", text }

#endif
