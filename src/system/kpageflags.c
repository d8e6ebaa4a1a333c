// SPDX-License-Identifier: GPL-2.0-or-later
#include "system/kpageflags.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

int kpageflags_open(const struct sysfs *sysfs)
{
	return sysfs_open_file(sysfs, "/proc/kpageflags");
}

int kpageflags_read(int fd, uint64_t first, uint64_t n,
		    void (*function)(const uint64_t *words, size_t n, void *data), void *data)
{
	_cleanup_free_ uint64_t *words = malloc(KPAGEFLAGS_CHUNK_PAGES * sizeof(*words));

	if (!words)
		return -ENOMEM;
	while (n) {
		size_t wanted = n < KPAGEFLAGS_CHUNK_PAGES ? (size_t)n : KPAGEFLAGS_CHUNK_PAGES;
		ssize_t length =
			pread(fd, words, wanted * sizeof(*words), (off_t)(first * sizeof(*words)));

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		length /= (ssize_t)sizeof(*words);
		if (!length)
			break;
		function(words, (size_t)length, data);
		first += (uint64_t)length;
		n -= (uint64_t)length;
	}
	return 0;
}

uint64_t kpageflags_page_size(const struct sysfs *sysfs)
{
	_cleanup_free_ char *text = NULL;
	const char *line;

	if (!sysfs_is_running_system(sysfs) &&
	    sysfs_read_all(sysfs, "/proc/self/smaps", &text, NULL) == 0 &&
	    (line = strstr(text, "KernelPageSize:"))) {
		uint64_t kib = strtoull(line + strlen("KernelPageSize:"), NULL, 10);

		if (kib && kib <= 1024)
			return kib * 1024;
	}
	return (uint64_t)sysconf(_SC_PAGESIZE);
}
