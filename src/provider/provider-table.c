// SPDX-License-Identifier: GPL-2.0-or-later
#include "provider/provider.h"

/*
 * One line per provider. The platforms come last, because theirs is the memory that no other
 * provider has.
 */
#define PROVIDER_TABLE(each)                                                              \
	each(acpi) each(dax) each(cxl) each(virtio) each(pseries) each(s390) each(hyperv) \
		each(xen) each(probe)

#define PROVIDER_DECLARE(name) extern const struct provider provider_##name;
#define PROVIDER_LIST(name) &provider_##name,

PROVIDER_TABLE(PROVIDER_DECLARE)

const struct provider *const providers[] = { PROVIDER_TABLE(PROVIDER_LIST) NULL };
