/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making sure, right before a removal, that nobody brings a block of the device online. */
#ifndef MEMHP_DEVICE_KEEP_OFFLINE_H
#define MEMHP_DEVICE_KEEP_OFFLINE_H

#include "device/remove-blocks.h"

/*
 * All blocks offline, and nobody at work to change that? With steps that strand, the shield is up
 * when it returns true. Else the outcome is final.
 */
bool keep_offline_others(struct remove_device *detach);

#endif
