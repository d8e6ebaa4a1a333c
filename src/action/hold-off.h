/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making sure, right before a removal, that nobody brings a block of the device online. */
#ifndef MEMHP_ACTION_HOLD_OFF_H
#define MEMHP_ACTION_HOLD_OFF_H

#include "action/detach-blocks.h"

/*
 * All blocks offline, and nobody at work to change that? With steps that strand, the shield is up
 * when it returns true. Else the outcome is final.
 */
bool hold_off_others(struct detach *detach);

#endif
