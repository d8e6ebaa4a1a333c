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
	/* Its default is zone Movable. */
	{ "enable", TOOL_CHMEM, false, MEANS_COMMAND, "online", "--zone=movable", NULL },
	{ "-e", TOOL_CHMEM, false, MEANS_COMMAND, "online", "--zone=movable", NULL },
	{ "--enable", TOOL_CHMEM, false, MEANS_COMMAND, "online", "--zone=movable", NULL },
	{ "disable", TOOL_CHMEM, false, MEANS_COMMAND, "offline", NULL, NULL },
	{ "-d", TOOL_CHMEM, false, MEANS_COMMAND, "offline", NULL, NULL },
	{ "--disable", TOOL_CHMEM, false, MEANS_COMMAND, "offline", NULL, NULL },
	{ "configure", TOOL_CHMEM, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "-c", TOOL_CHMEM, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "--configure", TOOL_CHMEM, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "deconfigure", TOOL_CHMEM, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "-g", TOOL_CHMEM, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "--deconfigure", TOOL_CHMEM, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "-m", TOOL_CHMEM, true, MEANS_COMMAND, "add", NULL, "0" },
	{ "-m", TOOL_CHMEM, true, MEANS_COMMAND, "add", NULL, "1" },
	{ "--memmap-on-memory", TOOL_CHMEM, true, MEANS_COMMAND, "add", NULL, NULL },
	{ "-b", TOOL_CHMEM, false, MEANS_BLOCKS, NULL, NULL, NULL },
	{ "--blocks", TOOL_CHMEM, false, MEANS_BLOCKS, NULL, NULL, NULL },
	{ "-z", TOOL_CHMEM, true, MEANS_ZONE, NULL, NULL, NULL },
	{ "--zone", TOOL_CHMEM, true, MEANS_ZONE, NULL, NULL, NULL },

	{ "daxctl", TOOL_DAXCTL, false, MEANS_PROGRAM, NULL, NULL, NULL },
	{ "reconfigure-device", TOOL_DAXCTL, false, MEANS_NOTHING, NULL, NULL, NULL },
	{ "-m", TOOL_DAXCTL, true, MEANS_COMMAND, "add", "--zone=movable", "system-ram" },
	{ "--mode", TOOL_DAXCTL, true, MEANS_COMMAND, "add", "--zone=movable", "system-ram" },
	{ "-m", TOOL_DAXCTL, true, MEANS_COMMAND, "remove", NULL, "devdax" },
	{ "--mode", TOOL_DAXCTL, true, MEANS_COMMAND, "remove", NULL, "devdax" },
	{ "online-memory", TOOL_DAXCTL, false, MEANS_COMMAND, "online", "--zone=movable", NULL },
	{ "offline-memory", TOOL_DAXCTL, false, MEANS_COMMAND, "offline", NULL, NULL },
	{ "enable-device", TOOL_DAXCTL, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "disable-device", TOOL_DAXCTL, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "destroy-device", TOOL_DAXCTL, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "-N", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, NULL, NULL },
	{ "--no-online", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, NULL, NULL },
	{ "-M", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--zone=kernel", NULL },
	{ "--no-movable", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--zone=kernel", NULL },
	{ "-r", TOOL_DAXCTL, true, MEANS_REGION, NULL, NULL, NULL },
	{ "--region", TOOL_DAXCTL, true, MEANS_REGION, NULL, NULL, NULL },
	{ "-d", TOOL_DAXCTL, true, MEANS_OPERAND, NULL, NULL, NULL },
	{ "--dev", TOOL_DAXCTL, true, MEANS_OPERAND, NULL, NULL, NULL },
	{ "-f", TOOL_DAXCTL, false, MEANS_NOTHING, NULL, NULL, NULL },
	{ "--force", TOOL_DAXCTL, false, MEANS_NOTHING, NULL, NULL, NULL },
	{ "-R", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "--regions", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "-i", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "--idle", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "--mappings", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "-u", TOOL_DAXCTL, false, MEANS_NOTHING, NULL, NULL, NULL },
	{ "--human", TOOL_DAXCTL, false, MEANS_NOTHING, NULL, NULL, NULL },
	{ "-D", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "--devices", TOOL_DAXCTL, false, MEANS_DEFAULT, NULL, "--devices", NULL },

	{ "cxl", TOOL_CXL, false, MEANS_PROGRAM, NULL, NULL, NULL },
	{ "enable-memdev", TOOL_CXL, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "disable-memdev", TOOL_CXL, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "create-region", TOOL_CXL, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "enable-region", TOOL_CXL, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "disable-region", TOOL_CXL, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "destroy-region", TOOL_CXL, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "-f", TOOL_CXL, false, MEANS_NOTHING, NULL, NULL, NULL },
	{ "--force", TOOL_CXL, false, MEANS_NOTHING, NULL, NULL, NULL },
	{ "-m", TOOL_CXL, false, MEANS_NOTHING, NULL, NULL, NULL },
	{ "--memdevs", TOOL_CXL, false, MEANS_NOTHING, NULL, NULL, NULL },
	{ "-t", TOOL_CXL, true, MEANS_NOTHING, NULL, NULL, "ram" },
	{ "--type", TOOL_CXL, true, MEANS_NOTHING, NULL, NULL, "ram" },
	{ "-d", TOOL_CXL, true, MEANS_NOTHING, NULL, NULL, NULL },
	{ "--decoder", TOOL_CXL, true, MEANS_NOTHING, NULL, NULL, NULL },
	{ "-w", TOOL_CXL, true, MEANS_NOTHING, NULL, NULL, "1" },
	{ "--ways", TOOL_CXL, true, MEANS_NOTHING, NULL, NULL, "1" },
	{ "-r", TOOL_CXL, true, MEANS_REGION, NULL, NULL, NULL },
	{ "--region", TOOL_CXL, true, MEANS_REGION, NULL, NULL, NULL },
	{ "--memdev", TOOL_CXL, true, MEANS_OPERAND, NULL, NULL, NULL },
	{ "-M", TOOL_CXL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "-R", TOOL_CXL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "--regions", TOOL_CXL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "-D", TOOL_CXL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "-T", TOOL_CXL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "-i", TOOL_CXL, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "-u", TOOL_CXL, false, MEANS_NOTHING, NULL, NULL, NULL },
	{ "--human", TOOL_CXL, false, MEANS_NOTHING, NULL, NULL, NULL },

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
	{ "on", TOOL_OTHER, false, MEANS_COMMAND, "online", NULL, NULL },
	{ "start", TOOL_OTHER, false, MEANS_COMMAND, "online", NULL, NULL },
	{ "grow", TOOL_OTHER, false, MEANS_COMMAND, "online", NULL, NULL },
	{ "set-online", TOOL_OTHER, false, MEANS_COMMAND, "online", NULL, NULL },
	{ "off", TOOL_OTHER, false, MEANS_COMMAND, "offline", NULL, NULL },
	{ "stop", TOOL_OTHER, false, MEANS_COMMAND, "offline", NULL, NULL },
	{ "shrink", TOOL_OTHER, false, MEANS_COMMAND, "offline", NULL, NULL },
	{ "set-offline", TOOL_OTHER, false, MEANS_COMMAND, "offline", NULL, NULL },
	{ "hotplug", TOOL_OTHER, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "hotadd", TOOL_OTHER, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "hot-add", TOOL_OTHER, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "attach", TOOL_OTHER, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "probe", TOOL_OTHER, false, MEANS_COMMAND, "add", NULL, NULL },
	{ "hotremove", TOOL_OTHER, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "hot-remove", TOOL_OTHER, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "hotunplug", TOOL_OTHER, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "hot-unplug", TOOL_OTHER, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "detach", TOOL_OTHER, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "del", TOOL_OTHER, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "rm", TOOL_OTHER, false, MEANS_COMMAND, "remove", NULL, NULL },
	{ "why", TOOL_OTHER, false, MEANS_COMMAND, "explain", NULL, NULL },
	{ "check", TOOL_OTHER, false, MEANS_COMMAND, "explain", NULL, NULL },
	{ "watch", TOOL_OTHER, false, MEANS_COMMAND, "monitor", NULL, NULL },
	{ "get", TOOL_OTHER, false, MEANS_COMMAND, "list", NULL, NULL },
	{ "display", TOOL_OTHER, false, MEANS_COMMAND, "list", NULL, NULL },
	{ "info", TOOL_OTHER, false, MEANS_COMMAND, "status", NULL, NULL },
	{ "summary", TOOL_OTHER, false, MEANS_COMMAND, "status", NULL, NULL },
	{ "is-online", TOOL_OTHER, false, MEANS_COMMAND, "wait", "--timeout=0", NULL },
	{ "is-offline", TOOL_OTHER, false, MEANS_COMMAND, "wait", "--timeout=0 --for=offline",
	  NULL },
	{ "metrics", TOOL_OTHER, false, MEANS_COMMAND, "status", "--prometheus", NULL },
	{ "prometheus", TOOL_OTHER, false, MEANS_COMMAND, "status", "--prometheus", NULL },
	{ "map", TOOL_OTHER, false, MEANS_COMMAND, "list", "--map", NULL },
	{ "online-movable", TOOL_OTHER, false, MEANS_COMMAND, "online", "--zone=movable", NULL },
	{ "online-kernel", TOOL_OTHER, false, MEANS_COMMAND, "online", "--zone=kernel", NULL },

	/* Among selectors. */
	{ "online", TOOL_OTHER, false, MEANS_DEFAULT, NULL, "--state=online", NULL },
	{ "offline", TOOL_OTHER, false, MEANS_DEFAULT, NULL, "--state=offline", NULL },
	{ "present", TOOL_OTHER, false, MEANS_DEFAULT, NULL, "--for=present", NULL },
	{ "absent", TOOL_OTHER, false, MEANS_DEFAULT, NULL, "--for=absent", NULL },
	{ "until", TOOL_OTHER, false, MEANS_FILLER, NULL, NULL, NULL },
	{ "for", TOOL_OTHER, false, MEANS_FILLER, NULL, NULL, NULL },
	{ "movable", TOOL_OTHER, false, MEANS_DEFAULT, NULL, "--zone=movable", NULL },
	{ "Movable", TOOL_OTHER, false, MEANS_DEFAULT, NULL, "--zone=movable", NULL },
	{ "kernel", TOOL_OTHER, false, MEANS_DEFAULT, NULL, "--zone=kernel", NULL },
	{ "Normal", TOOL_OTHER, false, MEANS_DEFAULT, NULL, "--zone=kernel", NULL },
	{ "devices", TOOL_OTHER, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "dimms", TOOL_OTHER, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "slots", TOOL_OTHER, false, MEANS_DEFAULT, NULL, "--devices", NULL },
	{ "memory", TOOL_OTHER, false, MEANS_FILLER, NULL, NULL, NULL },
	{ "mem", TOOL_OTHER, false, MEANS_FILLER, NULL, NULL, NULL },
	{ "block", TOOL_OTHER, false, MEANS_FILLER, NULL, NULL, NULL },
	{ "blocks", TOOL_OTHER, false, MEANS_FILLER, NULL, NULL, NULL },
	{ "range", TOOL_OTHER, false, MEANS_FILLER, NULL, NULL, NULL },
	{ "device", TOOL_OTHER, false, MEANS_FILLER, NULL, NULL, NULL },
	{ "zone", TOOL_OTHER, false, MEANS_FILLER, NULL, NULL, NULL },
	{ "zones", TOOL_OTHER, false, MEANS_FILLER, NULL, NULL, NULL },
	{ "nodes", TOOL_OTHER, false, MEANS_FILLER, NULL, NULL, NULL },
	{ "set", TOOL_OTHER, false, MEANS_FILLER, NULL, NULL, NULL },
	{ "set-state", TOOL_OTHER, false, MEANS_FILLER, NULL, NULL, NULL },

	{ "--dryrun", TOOL_OTHER, false, MEANS_OPTION, NULL, "--dry-run", NULL },
	{ "--no-headers", TOOL_OTHER, false, MEANS_OPTION, NULL, "--noheadings", NULL },
	{ "--no-headings", TOOL_OTHER, false, MEANS_OPTION, NULL, "--noheadings", NULL },
	{ "--format", TOOL_OTHER, true, MEANS_OPTION, NULL, "--json", "json" },
	{ "--wait", TOOL_OTHER, false, MEANS_OPTION, NULL, NULL, NULL },
	{ "--check", TOOL_OTHER, false, MEANS_OPTION, NULL, "--dry-run", NULL },
	{ "--yes", TOOL_OTHER, false, MEANS_OPTION, NULL, NULL, NULL },
	{ "-y", TOOL_OTHER, false, MEANS_OPTION, NULL, NULL, NULL },
	{ "--nid", TOOL_OTHER, true, MEANS_NODE, NULL, NULL, NULL },
	{ "--numa-node", TOOL_OTHER, true, MEANS_NODE, NULL, NULL, NULL },
	{ "--numa", TOOL_OTHER, true, MEANS_NODE, NULL, NULL, NULL },
};

#define MORE_THAN_DAX "memhpctl takes its memory away, and a CXL region around it"
#define OFFLINE_FIRST "memhpctl takes it offline first"
#define MEMMAP_STAYS "memhpctl leaves memmap_on_memory in /sys/firmware/memory as it is"

/* Where the command does more or less than the word, or its value, says. */
static const struct {
	const char *word;
	unsigned int tools;
	const char *text;
} notes[] = {
	{ "destroy-device", TOOL_DAXCTL, MORE_THAN_DAX },
	{ "disable-device", TOOL_DAXCTL, MORE_THAN_DAX },
	{ "devdax", TOOL_DAXCTL, MORE_THAN_DAX },
	{ "enable-memdev", TOOL_CXL, "memhpctl makes a region of all its memory and adds that" },
	{ "disable-memdev", TOOL_CXL, "memhpctl takes its memory and its region away" },
	{ "create-region", TOOL_CXL, "memhpctl chooses the decoder and adds the memory, too" },
	{ "disable-region", TOOL_CXL, "memhpctl deletes the region, too" },
	{ "-m", TOOL_CHMEM, MEMMAP_STAYS },
	{ "--memmap-on-memory", TOOL_CHMEM, MEMMAP_STAYS },
	{ "-g", TOOL_CHMEM, OFFLINE_FIRST },
	{ "--deconfigure", TOOL_CHMEM, OFFLINE_FIRST },
	{ "deconfigure", TOOL_CHMEM, OFFLINE_FIRST },
};

/* What memhpctl does not do. */
static const struct {
	const char *word, *text;
} hints[] = {
	{ "version", "memhpctl --version prints it" },
	{ "usage", "memhpctl help prints it" },
	{ "man", "man memhpctl opens the manual" },
	{ "reconfigure-device", "memhpctl add DEVICE makes system-ram of it, and memhpctl remove "
				"DEVICE devdax" },
	{ "create-device", "daxctl makes dax devices, memhpctl add DEVICE adds their memory" },
	{ "ndctl", "memhpctl list --devices shows the devices that have memory, or could" },
	{ "create-namespace",
	  "ndctl makes namespaces, memhpctl add DEVICE adds the memory of one" },
	{ "attach-device", "virsh attaches on the host; memhpctl monitor shows here what comes" },
	{ "device_add", "QEMU adds on the host; memhpctl monitor shows here what comes" },
	{ "detach-device",
	  "virsh detaches on the host; memhpctl remove DEVICE gives it back here" },
	{ "device_del", "QEMU removes on the host; memhpctl remove DEVICE gives it back here" },
	{ "setmem", "virsh resizes on the host; memhpctl status shows the memory here" },
	{ "setmaxmem", "virsh resizes on the host; memhpctl status shows the memory here" },
	{ "update-memory-device", "virsh resizes on the host; memhpctl status shows the memory "
				  "here" },
	{ "qom-set", "QEMU resizes on the host; memhpctl status shows the memory here" },
	{ "balloon", "the host does that; memhpctl status shows the memory here" },
	{ "resize", "memhpctl online --size=1G and memhpctl offline --size=1G change the amount" },
	{ "apply", "memhpctl policy apply does what the policy says" },
	{ "reload", "there is nothing to reload; memhpctl policy show prints the policy" },
};

const char *foreign_word_note(const struct foreign_word *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(notes); i++)
		if ((notes[i].tools & word->tools) &&
		    (!strcmp(notes[i].word, word->word) ||
		     (word->value && !strcmp(notes[i].word, word->value))))
			return notes[i].text;
	return NULL;
}

const char *foreign_word_hint(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (!strcmp(hints[i].word, word))
			return hints[i].text;
	return NULL;
}

const struct foreign_word *foreign_word_find(const char *word, unsigned int tools,
					     const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if ((table[i].tools & tools) && !strcmp(table[i].word, word) &&
		    (!table[i].value || (value && !strcmp(table[i].value, value))))
			return &table[i];
	return NULL;
}

/* The tool that alone has the word; short options say too little, and what people say nothing. */
static unsigned int foreign_word_only(const char *word)
{
	size_t length = strcspn(word, "=");
	unsigned int tools = 0;

	for (size_t i = 0; i < ARRAY_SIZE(table) && (word[0] != '-' || word[1] == '-'); i++)
		if (strlen(table[i].word) == length && !strncmp(table[i].word, word, length))
			tools |= table[i].tools;
	return (tools & TOOL_OTHER) || (tools & (tools - 1)) ? 0 : tools;
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
	return list ? TOOL_LSMEM | TOOL_DAXCTL | TOOL_CXL | TOOL_OTHER :
		      TOOL_LSMEM | TOOL_CHMEM | TOOL_DAXCTL | TOOL_OTHER;
}

const char *foreign_tool_name(unsigned int tools)
{
	return tools == TOOL_LSMEM  ? "lsmem" :
	       tools == TOOL_CHMEM  ? "chmem" :
	       tools == TOOL_DAXCTL ? "daxctl" :
	       tools == TOOL_DRMGR  ? "drmgr" :
	       tools == TOOL_CXL    ? "cxl" :
				      NULL;
}
