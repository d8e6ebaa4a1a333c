# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests with a limit do on a slow machine."""

from __future__ import annotations

import os
from typing import Callable, Iterable, TypeVar

T = TypeVar("T")


def fitting(tries: Iterable[T], is_fit: Callable[[T], bool]) -> T:
    """The first of some tries that came to what the test is about, and was not too slow for it; else the last one.

    A generator makes no more tries than are needed, and gives each a longer limit than the one before.
    """
    for one in tries:
        if is_fit(one):
            break
    return one


def is_overloaded() -> bool:
    """Is there so much else to do here that nothing can be expected within milliseconds?"""
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)
