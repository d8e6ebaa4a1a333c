# SPDX-License-Identifier: GPL-2.0-or-later
"""How much memory the program takes: it is there for the moment when there is none."""

from __future__ import annotations

import resource
import sys
from typing import Any

import pytest

from machine import find_program, sanitizer_of

LIMIT_KB = 16 * 1024
# A process begins with the peak of the one that started it: this one is small.
HELPER = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_STACK, (int(sys.argv[1]), resource.getrlimit(resource.RLIMIT_STACK)[1]))
null = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]
_, status, usage = os.wait4(os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=null), 0)
print(usage.ru_maxrss, os.waitstatus_to_exitcode(status))
"""
STACKS = [8 << 20, 64000 << 10, resource.RLIM_INFINITY]
COMMANDS = [("auto", "--boot"), ("auto",), ("list",), ("list", "--all", "--json"), ("list", "--map", "--scan"), ("status", "--json"),
            ("explain", "--all", "--json"), ("online", "--all"), ("offline", "--all", "--dry-run", "--json"),
            ("policy", "show", "--json"), ("policy", "check"), ("policy", "test", "--json"), ("policy", "apply"),
            ("wait", "--for=present", "0-15"), ("status", "--check"), ("list", "-D"), ("offline", "--size=1G", "--json"),
            ("online", "--all", "--zone=movable", "--json"), ("remove", "-n", "--size=1G"), ("help",)]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_sixteen_megabytes(machine: Any, words: tuple[str, ...], stack: int) -> None:
    program = find_program()
    if sanitizer_of(program):
        pytest.skip("the sanitizers need memory of their own")
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    if hard != resource.RLIM_INFINITY and (stack == resource.RLIM_INFINITY or hard < stack):
        pytest.skip("the stack limit cannot be raised")
    # 1,024 blocks, most of which have to be brought online.
    made = machine("big", blocks={"1024-32767": "absent", "200-1023": "offline"})
    made.path("/run").mkdir(exist_ok=True)
    result = made.run(sys.executable, "-I", "-S", "-c", HELPER, str(stack), program, "--sysroot", str(made.root), *words)
    peak, code = map(int, result.out.split())
    assert peak <= LIMIT_KB
    assert code in (0, 1, 64)
