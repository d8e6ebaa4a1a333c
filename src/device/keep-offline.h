/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes sure, right before a removal, that nobody brings a block of the device online. */
#ifndef MEMHP_DEVICE_KEEP_OFFLINE_H
#define MEMHP_DEVICE_KEEP_OFFLINE_H

#include "device/remove-blocks.h"

/*
 * Are all blocks offline, and is nobody about to change that? For steps that could strand the
 * memory, the write protection is on when this returns true. If false, the outcome is final.
 */
bool keep_offline_others(struct remove_device *removing);

#endif
