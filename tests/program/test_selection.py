# SPDX-License-Identifier: GPL-2.0-or-later
"""Words that could mean other memory than the administrator means are refused by what changes memory and by wait."""

from __future__ import annotations

from typing import Any

import pytest

CHANGES = [["remove"], ["remove", "-n"], ["offline"], ["offline", "-n"], ["online"], ["policy", "apply", "-n"]]


@pytest.mark.parametrize("command", CHANGES, ids=" ".join)
@pytest.mark.parametrize("name, word, wanted", [
    ("pseries-lmb4g", "0x80000009", ["memory0", "DRC index of drc-80000009"]),
    ("pseries-lmb4g", "0x80000007", ["memory0", "DRC index of drc-80000007"]),
    # Both readings are the same memory.
    ("pseries-lmb4g", "0x80000000", ["block boundary", "memory0 at 0x0"]),
    # On a block's boundary, and of another LMB all the same.
    ("pseries-v1", "0x80000000", ["memory8", "DRC index of drc-80000000"]),
    ("pseries-v2", "0x80000000", ["memory8", "DRC index of drc-80000000"]),
    ("pseries-v2", "0x80000007", ["memory8", "DRC index of drc-80000007"]),
    # As lsslot prints it.
    ("pseries-lmb4g", "80000009", ["memory80000009", "DRC index of drc-80000009"]),
    # An index that no LMB has is an address.
    ("pseries-lmb4g", "0x80000010", ["block boundary", "memory0"]),
    ("x86-dimm", "0x107ffffff", ["block boundary", "memory32 at 0x100000000"]),
    ("x86-dimm", "0x100000001", ["block boundary", "memory32 at 0x100000000"]),
    ("x86-dimm", "0x1", ["is an address", "block with this number is 1"]),
])
def test_an_address_that_may_mean_other_memory(machine: Any, command: list[str], name: str, word: str, wanted: list[str]) -> None:
    made = machine(name)
    result = made.memhpctl(*command, word)
    assert result.rc == 2 and word in result.err and all(part in result.err for part in wanted), result
    assert made.begun() == []


def test_what_only_looks_takes_any_address(machine: Any) -> None:
    made = machine("pseries-lmb4g")
    assert "memory0" in made.memhpctl("explain", "0x80000009").out
    assert made.memhpctl("list", "0x80000009").rc == 0
    # Both readings are the same memory.
    assert made.memhpctl("wait", "0x80000000").rc == 0


@pytest.mark.parametrize("goal", ["online", "offline", "present", "absent"])
@pytest.mark.parametrize("name, lines, word", [
    ("pseries-lmb4g", "", "0x80000009"), ("pseries-v1", "", "0x8000000c"), ("pseries-v2", "", "0x80000007"),
    # The address has no block, but the LMB of that index has; and the other way round.
    ("pseries-v2", "block 8 absent", "0x80000009"), ("pseries-v2", "", "0x8000000d"), ("pseries-v2", "", "80000009"),
])
def test_wait_does_not_succeed_on_the_wrong_reading(machine: Any, goal: str, name: str, lines: str, word: str) -> None:
    result = machine(name, lines=lines).memhpctl("wait", f"--for={goal}", "--timeout=50ms", word)
    assert result.rc == 2 and f"DRC index of drc-{word[-8:]}" in result.err, result


@pytest.mark.parametrize("words", [["0x80000009"], ["--force", "0x80000009"], ["--force", "-n", "0x8000000a"]])
def test_an_index_that_add_could_take_for_an_address(machine: Any, words: list[str]) -> None:
    made = machine("pseries-lmb4g")
    result = made.memhpctl("add", *words)
    assert result.rc == 2 and "DRC index of drc-8000000" in result.err, result
    assert made.begun() == []


@pytest.mark.parametrize("words", [["remove", "-q", "2"], ["-q", "remove", "2"], ["offline", "-q", "2"], ["online", "-q", "2"],
                                   ["add", "-q", "2"], ["policy", "apply", "-q", "2"], ["offline", "-nq", "2"]])
def test_what_changes_memory_has_no_q(machine: Any, words: list[str]) -> None:
    made = machine("pseries-v2")
    result = made.memhpctl(*words)
    assert result.rc == 2 and "--quiet" in result.err and "-q:" in result.err, result
    assert made.begun() == []
    command = next(word for word in words if not word.startswith("-"))
    shown = made.memhpctl("help", command).out
    assert "--quiet" in shown and "-q," not in shown
    assert "-q" not in made.memhpctl("complete", "--", command, "-").out.split()


@pytest.mark.parametrize("words", [["list", "-q"], ["-q", "list"], ["explain", "-q", "2"], ["status", "--quiet"]])
def test_what_only_looks_has_q(machine: Any, words: list[str]) -> None:
    assert machine("pseries-v2").memhpctl(*words).rc == 0


@pytest.mark.parametrize("goal", ["absent", "offline", "present", "online"])
@pytest.mark.parametrize("word", ["pnp0c80:00", "PNP0C80", "dax0", "virtio", "all", "node", "node-1", "none", "/dev/dax"])
def test_wait_does_not_take_a_mistake_for_a_device_that_is_gone(machine: Any, goal: str, word: str) -> None:
    """wait --for=absent pnp0c80:00: 0 at once; --for=present waited for five minutes."""
    result = machine("mixed").memhpctl("wait", f"--for={goal}", "--timeout=200ms", word)
    assert result.rc == 2 and f"'{word}' is not there, and no device has such a name" in result.err, result


@pytest.mark.parametrize("word", ["PNP0C80:0a", "dax12.3", "/dev/dax12.3", "region7", "mem7", "virtio12", "drc-8000ffff", "sclp400",
                                  "increment12", "hyperv", "xen", "node7", "4000"])
def test_wait_takes_a_device_that_is_not_there(machine: Any, word: str) -> None:
    made = machine("x86-dimm")
    assert made.memhpctl("wait", "--for=absent", "--timeout=0", word).rc == 0
    assert made.memhpctl("wait", "--for=present", "--timeout=0", word).rc == 75


@pytest.mark.parametrize("word", ["010", "00", "node01", "01"])
def test_a_node_has_no_leading_zeros(machine: Any, word: str) -> None:
    result = machine("mixed").memhpctl("offline", "--dry-run", "--all", f"--node={word}")
    assert result.rc == 2 and f"--node={word}: a node is a number, such as 1" in result.err, result
