// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/uevent-message.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"

bool uevent_message_read(const char *message, size_t size, struct uevent *ret)
{
	struct uevent event = { 0 };
	const char *seqnum = NULL;
	const struct {
		const char *name;
		const char **value;
	} variables[] = {
		{ "ACTION=", &event.action },
		{ "DEVPATH=", &event.devpath },
		{ "SUBSYSTEM=", &event.subsystem },
		{ "SEQNUM=", &seqnum },
	};

	if (!size || message[size - 1] || !strstr(message, "@/"))
		return false;
	for (size_t at = strlen(message) + 1; at < size; at += strlen(message + at) + 1)
		for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
			size_t length = strlen(variables[i].name);

			if (!strncmp(message + at, variables[i].name, length))
				*variables[i].value = message + at + length;
		}
	if (!event.action || !event.subsystem || !event.devpath || !seqnum ||
	    *event.devpath != '/' || parse_decimal(seqnum, &event.seqnum) < 0)
		return false;
	event.sysname = strrchr(event.devpath, '/') + 1;
	*ret = event;
	return true;
}
