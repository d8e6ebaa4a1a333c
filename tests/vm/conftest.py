# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures for tests with a real kernel: `lab`, `guest`, `boot`; a failing test's report has the consoles."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1]))

import record
from guest import Guest
from kernel import LabUnavailable
from lab import Lab, memhpctl_to_test
from machine import PLAIN, Machine

GUESTS = pytest.StashKey[list[Guest]]()
CONSOLE_SHOWN = 8000        # characters from the end of a console


def pytest_configure(config: pytest.Config) -> None:
    """The marks, and the record of the results if it is wanted."""
    config.addinivalue_line("markers", "core: a test of the few that CI runs on one more kernel")
    if os.environ.get("MEMHPCTL_RECORD") == "1":
        record.configure(config)


@pytest.fixture(scope="session")
def lab() -> Lab:
    """Kernel and initramfs. Without, tests are skipped, or fail with MEMHPCTL_REQUIRE_ALL=1."""
    try:
        return Lab(memhpctl=memhpctl_to_test())
    except LabUnavailable as error:
        reason = f"no virtual machine: {error}"
    if os.environ.get("MEMHPCTL_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def boot(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Callable[..., Guest]]:
    """A function that makes guests, which end with the test: boot(machine.DAX), boot(smp=4, append="...").

    Keywords change fields of the machine (see Machine.but). Guests come from a saved state unless cold=True.
    """
    guests = request.node.stash.setdefault(GUESTS, [])

    def make(machine: Machine = PLAIN, cold: bool = False, **changes: object) -> Guest:
        wanted = machine.but(**changes)
        guest = lab.boot(wanted) if cold else lab.fresh(wanted)
        guests.append(guest)
        return guest

    yield make
    for guest in guests:
        guest.close()


@pytest.fixture
def guest(boot: Callable[..., Guest]) -> Guest:
    """A fresh guest: 2 GiB in blocks 0 to 15, two processors; what is plugged stays offline."""
    return boot(memhp_default_state="offline")


@pytest.fixture
def memhpctl(lab: Lab) -> str:
    """The name of memhpctl in the guest; without the program MEMHPCTL the test is skipped."""
    if not lab.memhpctl:
        pytest.skip("MEMHPCTL does not name the program to test")
    return "memhpctl"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Add the consoles of a failing test's guests to its report."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for number, guest in enumerate(item.stash.get(GUESTS, []), 1):
            report.sections.append((f"Console of guest {number}", guest.console()[-CONSOLE_SHOWN:]))
