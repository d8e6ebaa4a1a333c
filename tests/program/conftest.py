# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures of the tests of the program: text-described machines under the fake kernel."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import sys
import tempfile
from typing import Any, Callable, Iterator

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1])]

from read_only_sys import make_sys_read_only  # noqa: E402

if not make_sys_read_only():
    pytest.exit("/sys cannot be made read-only: a program that loses its --sysroot would change this machine; run the tests as an ordinary user", 1)

from machine import PATIENCE, Machine, Result, describe, expand, find_program, read_description, run  # noqa: E402

# What was started in the background without job control, or by nohup, ignores some, and so would the programs under test.
signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGHUP, signal.SIGQUIT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, lambda number, frame: None)

# Machines whose expansion takes seconds: one tree serves all tests that only look.
SHARED = ("big", "huge")

MachineFactory = Callable[..., Machine]


class SharedTrees:
    """Expanded large machines, made when first wanted and made again after a test has written to one."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory

    def get(self, name: str) -> pathlib.Path:
        """The tree of a machine."""
        tree = self.directory / name
        if not tree.exists():
            expand(read_description(describe(name), name), str(tree))
        return tree

    def forget(self, name: str) -> None:
        """Throw a tree away that is no longer as described."""
        shutil.rmtree(self.directory / name)


@pytest.fixture(scope="session")
def shared_trees() -> Iterator[SharedTrees]:
    """Trees of the large machines, in memory where the system allows it."""
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="memhpctl-machines-", dir=where) as directory:
        yield SharedTrees(pathlib.Path(directory))


@pytest.fixture
def machine(tmp_path: pathlib.Path, shared_trees: SharedTrees) -> Iterator[MachineFactory]:
    """machine(name, lines="", blocks={}, files={}, params={}, absent=[]) -> Machine, see machine.describe().

    The tree is the test's own, but `big` and `huge` without overrides are shared until a test writes to one.
    """
    shared: list[tuple[str, Machine]] = []
    count = 0

    def make(name: str, **overrides: Any) -> Machine:
        nonlocal count
        count += 1
        description = read_description(describe(name, **overrides), name)
        beside = tmp_path / f"{name}-{count}"
        if name in SHARED and not overrides:
            made = Machine(shared_trees.get(name), beside, description)
            shared.append((name, made))
        else:
            expand(description, str(beside))
            made = Machine(beside, beside, description)
        return made

    yield make
    for name, made in shared:
        if made.begun() or made.kernel():
            shared_trees.forget(name)


@pytest.fixture
def memhpctl() -> Callable[..., Result]:
    """memhpctl(*args, timeout=PATIENCE, env=None, input=None) -> Result: the program without any machine."""
    def call(*args: str, timeout: float = PATIENCE, env: dict[str, str | None] | None = None,
             input: str | None = None) -> Result:
        return run((find_program(), *args), timeout, env, input)

    return call
