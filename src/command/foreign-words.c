// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/foreign-words.h"

#include <string.h>

#include "base/cleanup.h"

/* util-linux: lsmem(1), chmem(8); ndctl: daxctl-*(1), cxl-*(1); powerpc-utils: drmgr(8). */
static const struct foreign_word table[] = {
	{ "lsmem", TOOL_LSMEM, false, MEANS_COMMAND, "list", NULL, NULL },
	{ "-S", TOOL_LSMEM, true, MEANS_SPLIT, NULL, NULL, NULL },
	{ "--split", TOOL_LSMEM, true, MEANS_SPLIT, NULL, NULL, NULL },
	/* An option that popt refuses a value for. */
	{ "--summary", TOOL_LSMEM, true, MEANS_DEFAULT, NULL, "--summary", "only" },
	{ "--summary", TOOL_LSMEM, true, MEANS_DEFAULT, NULL, "--raw", "never" },
	{ "--summary", TOOL_LSMEM, true, MEANS_NOTHING, NULL, NULL, "always" },

	{ "chmem", TOOL_CHMEM, false, MEANS_PROGRAM, NULL, NULL, NULL },
	{ "enable", TOOL_CHMEM, false, MEANS_COMMAND, "online", NULL, NULL },
	{ "-e", TOOL_CHMEM, false, MEANS_COMMAND, "online", NULL, NULL },
	{ "--enable", TOOL_CHMEM, false, MEANS_COMMAND, "online", NULL, NULL },
	{ "disable", TOOL_CHMEM, false, MEANS_COMMAND, "offline", NULL, NULL },
	{ "-d", TOOL_CHMEM, false, MEANS_COMMAND, "offline", NULL, NULL },
	{ "--disable", TOOL_CHMEM, false, MEANS_COMMAND, "offline", NULL, NULL },
	{ "configure", TOOL_CHMEM, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "-c", TOOL_CHMEM, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "--configure", TOOL_CHMEM, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "deconfigure", TOOL_CHMEM, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "-g", TOOL_CHMEM, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "--deconfigure", TOOL_CHMEM, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "-b", TOOL_CHMEM, false, MEANS_BLOCKS, NULL, NULL, NULL },
	{ "--blocks", TOOL_CHMEM, false, MEANS_BLOCKS, NULL, NULL, NULL },
	{ "-z", TOOL_CHMEM, true, MEANS_ZONE, NULL, NULL, NULL },
	{ "--zone", TOOL_CHMEM, true, MEANS_ZONE, NULL, NULL, NULL },

	{ "daxctl", TOOL_DAXCTL, false, MEANS_PROGRAM, NULL, NULL, NULL },
	{ "cxl", TOOL_DAXCTL, false, MEANS_PROGRAM, NULL, NULL, NULL },
	{ "reconfigure-device", TOOL_DAXCTL, false, MEANS_NOTHING, NULL, NULL, NULL },
	{ "-m", TOOL_DAXCTL, true, MEANS_COMMAND, "add", "--zone=movable", "system-ram" },
	{ "--mode", TOOL_DAXCTL, true, MEANS_COMMAND, "add", "--zone=movable", "system-ram" },
	{ "-m", TOOL_DAXCTL, true, MEANS_COMMAND, "remove", NULL, "devdax" },
	{ "--mode", TOOL_DAXCTL, true, MEANS_COMMAND, "remove", NULL, "devdax" },
	{ "online-memory", TOOL_DAXCTL, false, MEANS_COMMAND, "online", "--zone=movable", NULL },
	{ "offline-memory", TOOL_DAXCTL, false, MEANS_COMMAND, "offline", NULL, NULL },
	{ "enable-device", TOOL_DAXCTL, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "disable-device", TOOL_DAXCTL, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "enable-region", TOOL_DAXCTL, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "disable-region", TOOL_DAXCTL, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "-N", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, NULL, NULL },
	{ "--no-online", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, NULL, NULL },
	{ "-M", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--zone=kernel", NULL },
	{ "--no-movable", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--zone=kernel", NULL },
	{ "-r", TOOL_DAXCTL, true, MEANS_REGION, NULL, NULL, NULL },
	{ "--region", TOOL_DAXCTL, true, MEANS_REGION, NULL, NULL, NULL },
	{ "-d", TOOL_DAXCTL, true, MEANS_OPERAND, NULL, NULL, NULL },
	{ "--dev", TOOL_DAXCTL, true, MEANS_OPERAND, NULL, NULL, NULL },
	{ "-f", TOOL_DAXCTL, false, MEANS_NOTHING, NULL, NULL, NULL },
	{ "-R", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "--regions", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "-i", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "--idle", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "--mappings", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "-u", TOOL_DAXCTL, false, MEANS_NOTHING, NULL, NULL, NULL },
	{ "--human", TOOL_DAXCTL, false, MEANS_NOTHING, NULL, NULL, NULL },

	{ "drmgr", TOOL_DRMGR, false, MEANS_PROGRAM, NULL, NULL, NULL },
	{ "lsslot", TOOL_DRMGR, false, MEANS_COMMAND, "list", "--devices", NULL },
	{ "-c", TOOL_DRMGR, true, MEANS_NOTHING, NULL, NULL, "mem" },
	{ "-a", TOOL_DRMGR, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "-r", TOOL_DRMGR, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "-q", TOOL_DRMGR, true, MEANS_QUANTITY, NULL, NULL, NULL },
	{ "-s", TOOL_DRMGR, true, MEANS_DRC, NULL, NULL, NULL },
	{ "-w", TOOL_DRMGR, true, MEANS_MINUTES, NULL, NULL, NULL },
	{ "-d", TOOL_DRMGR, true, MEANS_NOTHING, NULL, NULL, NULL },

	{ "online_movable", TOOL_OTHER, false, MEANS_COMMAND, "online", "--zone=movable", NULL },
	{ "online_kernel", TOOL_OTHER, false, MEANS_COMMAND, "online", "--zone=kernel", NULL },
	{ "--movable", TOOL_OTHER, false, MEANS_DEFAULT, NULL, "--zone=movable", NULL },
	{ "--kernel", TOOL_OTHER, false, MEANS_DEFAULT, NULL, "--zone=kernel", NULL },
	{ "ls", TOOL_OTHER, false, MEANS_COMMAND, "list", NULL, NULL },
	{ "show", TOOL_OTHER, false, MEANS_COMMAND, "list", NULL, NULL },
	{ "plug", TOOL_OTHER, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "unplug", TOOL_OTHER, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "eject", TOOL_OTHER, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "delete", TOOL_OTHER, false, MEANS_COMMAND, "remove", NULL, NULL },
};

const struct foreign_word *foreign_word_find(const char *word, unsigned int tools,
					     const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if ((table[i].tools & tools) && !strcmp(table[i].word, word) &&
		    (!table[i].value || (value && !strcmp(table[i].value, value))))
			return &table[i];
	return NULL;
}

/* The tool that alone has the word; short options say too little. */
static unsigned int foreign_word_only(const char *word)
{
	size_t length = strcspn(word, "=");
	unsigned int tools = 0;

	for (size_t i = 0; i < ARRAY_SIZE(table) && (word[0] != '-' || word[1] == '-'); i++)
		if (strlen(table[i].word) == length && !strncmp(table[i].word, word, length))
			tools |= table[i].tools;
	return tools & (tools - 1) ? 0 : tools;
}

unsigned int foreign_word_tools(const char *const *words, size_t n_words)
{
	bool list = false;

	for (size_t i = 0; i < n_words; i++)
		if (!strcmp(words[i], "-cmem") || !strncmp(words[i], "-q", 2) ||
		    (!strcmp(words[i], "-c") && i + 1 < n_words && !strcmp(words[i + 1], "mem")))
			return TOOL_DRMGR;
	for (size_t i = 0; i < n_words; i++) {
		if (foreign_word_only(words[i]))
			return foreign_word_only(words[i]);
		list = list || !strcmp(words[i], "list");
	}
	return list ? TOOL_LSMEM | TOOL_DAXCTL : TOOL_LSMEM | TOOL_CHMEM | TOOL_DAXCTL | TOOL_OTHER;
}

const char *foreign_tool_name(unsigned int tools)
{
	return tools == TOOL_LSMEM  ? "lsmem" :
	       tools == TOOL_CHMEM  ? "chmem" :
	       tools == TOOL_DAXCTL ? "daxctl" :
	       tools == TOOL_DRMGR  ? "drmgr" :
				      NULL;
}
