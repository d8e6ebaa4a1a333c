# SPDX-License-Identifier: GPL-2.0-or-later
"""A plugin of pytest: only a part of the tests, $TAP_PART, such as 1/2; the others are for processes that run beside this one."""

from __future__ import annotations

import os
from typing import Any


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Neighbours are alike, so each part gets every second of them, or third."""
    number, parts = map(int, os.environ.get("TAP_PART", "1/1").split("/"))
    mine = items[number - 1::parts]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(mine)])
    items[:] = mine
