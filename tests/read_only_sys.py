# SPDX-License-Identifier: GPL-2.0-or-later
"""Keeps the machine's own memory safe from programs under test that lose their --sysroot."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18


def make_sys_read_only() -> bool:
    """For this process and its children, /sys is mounted read-only from now on; returns whether nothing there can be written.

    For an ordinary user that is so anyway, also where fakeroot makes one look like root.
    """
    memory = Path("/sys/devices/system/memory")
    if not any(os.access(path, os.W_OK) for path in [memory / "auto_online_blocks", *memory.glob("memory*/state")]):
        return True
    libc = ctypes.CDLL(None, use_errno=True)
    return (libc.unshare(CLONE_NEWNS) == 0 and libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) == 0
            and libc.mount(b"none", b"/sys", None, MS_REMOUNT | MS_BIND | MS_RDONLY, None) == 0
            and not os.access(memory / "auto_online_blocks", os.W_OK))
