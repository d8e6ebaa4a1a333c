# SPDX-License-Identifier: GPL-2.0-or-later
"""A plugin of pytest: the trees of the tests are made in memory, and a test that passed leaves none.

All of them together are half a million files, and some disks need minutes to forget those.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any, Iterator

import pytest

MEMORY = "/dev/shm"

_failed: set[str] = set()


def _has_room() -> bool:
    """Whether programs can be run there, too; in some containers it is tiny, or not for programs."""
    try:
        status = os.statvfs(MEMORY)
    except OSError:
        return False
    free = status.f_bavail * status.f_frsize
    return os.access(MEMORY, os.W_OK) and not status.f_flag & os.ST_NOEXEC and free >= 2 << 30


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest makes its own folder."""
    if not config.option.basetemp:
        config.option.basetemp = tempfile.mkdtemp(prefix="memhpctl-tests-", dir=MEMORY if _has_room() else None)
        config.add_cleanup(lambda: _failed or shutil.rmtree(config.option.basetemp, ignore_errors=True))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Iterator[None]:
    """What a failed test leaves is for whoever looks for the cause."""
    report = (yield).get_result()
    if report.failed:
        _failed.add(item.nodeid)
    elif call.when == "teardown" and item.nodeid not in _failed and "tmp_path" in item.funcargs:
        shutil.rmtree(item.funcargs["tmp_path"], ignore_errors=True)
