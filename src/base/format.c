// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/format.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/units.h"

char *format_size(uint64_t bytes, char *buffer)
{
	static const char units[] = "BKMGTPE";

	for (int i = 6; i >= 0; i--) {
		uint64_t unit = 1ULL << (10 * i);
		/* Digit by digit: a hundred times an exbibyte does not fit. */
		uint64_t tenths = bytes % unit * 10, hundredths = tenths % unit * 10;

		if ((bytes < unit && i) || hundredths % unit)
			continue;
		tenths /= unit;
		hundredths /= unit;
		if (!tenths && !hundredths)
			snprintf(buffer, FORMAT_SIZE, "%" PRIu64 "%c", bytes / unit, units[i]);
		else if (!hundredths)
			snprintf(buffer, FORMAT_SIZE, "%" PRIu64 ".%u%c", bytes / unit,
				 (unsigned)tenths, units[i]);
		else
			snprintf(buffer, FORMAT_SIZE, "%" PRIu64 ".%u%u%c", bytes / unit,
				 (unsigned)tenths, (unsigned)hundredths, units[i]);
		break;
	}
	return buffer;
}

char *format_amount(uint64_t bytes, bool in_bytes, char *buffer)
{
	if (!in_bytes)
		return format_size(bytes, buffer);
	snprintf(buffer, FORMAT_SIZE, "%" PRIu64, bytes);
	return buffer;
}

char *format_about(uint64_t bytes, char *buffer)
{
	static const char units[] = "BKMGTPE";
	int i = 6;

	while (i && bytes < 1ULL << (10 * i))
		i--;
	if (bytes % (1ULL << (10 * i)))
		snprintf(buffer, FORMAT_SIZE, "%" PRIu64 ".%u%c", bytes >> (10 * i),
			 (unsigned)(bytes % (1ULL << (10 * i)) * 10 >> (10 * i)), units[i]);
	else
		snprintf(buffer, FORMAT_SIZE, "%" PRIu64 "%c", bytes >> (10 * i), units[i]);
	return buffer;
}

char *format_duration(int64_t ns, char *buffer)
{
	int64_t s = ns / CLOCK_NS_PER_S;

	if (ns < CLOCK_NS_PER_S)
		snprintf(buffer, FORMAT_SIZE, "%" PRId64 " ms", ns / CLOCK_NS_PER_MS);
	else if (s < 60)
		snprintf(buffer, FORMAT_SIZE, "%" PRId64 ".%" PRId64 " s", s,
			 ns / (CLOCK_NS_PER_S / 10) % 10);
	else
		snprintf(buffer, FORMAT_SIZE, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
	return buffer;
}
