/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzz targets share: the input as text, and as a file of a small tree. */
#ifndef MEMHP_TESTS_FUZZ_H
#define MEMHP_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "system/sysfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy that ends with a NUL byte; the caller frees it. */
char *fuzz_text(const uint8_t *data, size_t size);

/* Makes this the content of a file of the tree, by absolute path in it. */
void fuzz_file(const char *path, const void *data, size_t size);

/* The tree, open as --sysroot opens it. It goes with the process. */
const struct sysfs *fuzz_sysfs(void);

#endif
