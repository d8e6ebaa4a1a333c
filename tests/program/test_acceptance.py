# SPDX-License-Identifier: GPL-2.0-or-later
"""One test for each way in which other programs for memory hot-plug are known to fail.

Number 18, a single block on a large machine, is in test_cost.py; 19, output that is closed or full, in test_output.py.
"""

from __future__ import annotations

from typing import Any, Iterator

import pytest

from machine import LIMITS_MS, Result, fitting
from test_faults import limited, outcomes


def test_01_blocks_that_vanish_while_listed(machine: Any) -> None:
    made = machine("vanishing")
    document = made.memhpctl("list", "--all", "--json").json()
    # 3 is empty, 6 has no state; 5 is a dangling link.
    assert [block["block"] for block in document["blocks"]] == [0, 1, 2, 4, 7, 32, 33] and document["vanished"] == 3
    assert "Vanished:" in made.memhpctl("list").out and made.memhpctl("list").rc == 0
    assert made.memhpctl("status", "--json").json()["vanished"] == 3
    assert made.memhpctl("offline", "--all", "--dry-run").rc == 0


def test_02_listing_in_another_language(machine: Any) -> None:
    made = machine("two-nodes")
    outputs = {made.memhpctl("list", env={"LC_ALL": locale}).out for locale in ("C", "zh_CN.UTF-8")}
    assert len(outputs) == 1


@pytest.mark.parametrize("words, rc", [
    (("list", "99"), 2), (("list", "-o", "WHAT"), 2), (("list", "--what"), 2), (("what",), 2), ((), 2), (("online",), 2),
    (("online", "99"), 2), (("online", "--timeout=no", "36"), 2), (("offline", "0"), 1), (("offline", "15"), 1), (("offline", "35"), 75),
    (("online", "36"), 77), (("status", "3"), 2), (("help", "what"), 2),
])
def test_03_every_error_is_one_json_document(machine: Any, words: tuple[str, ...], rc: int) -> None:
    made = machine("x86-dimm", files={})
    made.rules("memory35 offline EBUSY always\nmemory15 offline EINVAL always")
    made.path("memory36/state").chmod(0o444)
    for arguments in ((*words, "--json"), ("--json", *words), ("-j", *words)):
        result = made.memhpctl(*arguments)
        assert result.rc == rc and result.json()["exit_code"] == rc and result.err


@pytest.mark.parametrize("name, count, first", [("ids-8192", 40, 8192), ("hole", 0, 0), ("one-block", 1, 0), ("big", 32768, 0), ("huge", 0, 0)])
def test_04_block_numbers(machine: Any, name: str, count: int, first: int) -> None:
    made = machine(name)
    numbers = sorted(made.description.blocks)
    assert len(numbers) == count or not count
    assert [block["block"] for block in made.memhpctl("list", "-a", "--json").json()["blocks"]] == numbers
    assert numbers[0] == first


def test_04_offline_across_holes(machine: Any) -> None:
    """A selection by filter skips holes; by a range it names the first."""
    made = machine("hole")
    assert made.memhpctl("offline", "--all", "--zone=Normal", "--state=online").rc == 0
    assert {made.state(number) for number in made.description.blocks if number >= 32} == {"offline"}
    result = made.memhpctl("online", "32-47")
    assert result.rc == 2 and "no memory block 35" in result.err
    assert made.memhpctl("online", "32-34", "36-39", "42-47").rc == 0


def test_05_busy_for_a_while(machine: Any) -> None:
    result = machine("x86-dimm").memhpctl("offline", "35", "--json", rules="memory35 offline EBUSY 3")
    assert result.rc == 0 and result.json()["blocks"][0]["attempts"] == 4
    assert result.json()["blocks"][0]["errno"] is None


@pytest.mark.parametrize("errno", ["EBUSY", "EAGAIN", "EINTR"])
def test_06_07_busy_for_ever(machine: Any, errno: str) -> None:
    """Ends at the deadline; how exactly, test_faults.py measures."""
    def tries() -> Iterator[tuple[Any, Result]]:
        for limit_ms in LIMITS_MS:
            made = machine("x86-dimm")
            yield made, made.memhpctl("offline", "32-35", "--json", "--retries=1000000", f"--timeout={limit_ms}ms",
                                      rules=f"memory32 offline {errno} always")

    def results(result: Result) -> list[str]:
        return [result for result, _ in outcomes(result).values()]

    # 32 is the last in the order, so that the others are done.
    wanted = ["failed", "changed", "changed", "changed"]
    made, result = fitting(tries(), lambda one: results(one[1]) == wanted)
    assert result.rc == 64 and results(result) == wanted
    assert made.memhpctl("offline", "32", "--retries=1000000", "--timeout=500ms").rc == 75


def test_08_write_that_blocks_for_ever(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("* online hang always")
    result = fitting(limited(made, "online", "36-39"), lambda result: bool(made.begun()))
    assert result.rc == 75 and {state for number, state in made.states().items() if number >= 36} == {"offline"}
    assert {entry.name for entry in made.begun()} == {"memory39/state"}


@pytest.mark.parametrize("command, block", [("online", 36), ("offline", 35)])
def test_09_somebody_else_was_faster(machine: Any, command: str, block: int) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl(command, str(block), "--json", rules=f"memory{block} {command} already")
    assert result.rc == 0 and outcomes(result) == {block: ("already", None)}
    assert result.json()["blocks"][0]["after"] == command == made.state(block)


def test_10_vanished_in_the_middle(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("offline", "32-35", "--json", rules="memory34 offline vanish")
    assert result.rc == 0 and [result for result, _ in outcomes(result).values()] == ["changed", "changed", "vanished", "changed"]
    assert "memory34: gone" in machine("x86-dimm").memhpctl("offline", "33-35", rules="memory34 offline vanish").out
    made = machine("x86-dimm")
    result = made.memhpctl("online", "36-39", "--json", rules="memory38 online vanish")
    assert result.rc == 64 and outcomes(result)[38] == ("vanished", "gone") and outcomes(result)[36] == ("changed", None)


@pytest.mark.parametrize("word", ["134217728", "5-", "-5", "-", "", "3-1", "17592186044416", "1e3", " 5", "5 ", "0x5-", "05"])
def test_11_words_that_are_no_block(machine: Any, word: str) -> None:
    made = machine("x86-dimm")
    for command in ("online", "offline", "list"):
        result = made.memhpctl(command, "--", word)
        assert result.rc == 2 and (word in result.err) and result.out == ""
    assert made.begun() == []


@pytest.mark.parametrize("word, block", [("0", 0), ("0X10", 0), ("0x40000000", 8), ("0x100000000", 32)])
def test_11_words_are_meant_literally(machine: Any, word: str, block: int) -> None:
    document = machine("x86-dimm").memhpctl("list", "--all", "--json", word).json()
    assert [row["block"] for row in document["blocks"]] == [block]


def test_12_zones_are_whole_words(machine: Any) -> None:
    made = machine("x86-dimm")
    assert made.memhpctl("list", "--json", "--zone=DMA").json()["ranges"] == []
    assert made.memhpctl("list", "--json", "--zone=DMA32").json()["ranges"] != []
    # Without valid_zones nothing is known of a zone, so that none is wrong.
    assert machine("no-hotremove").memhpctl("online", "--zone=movable", "0", "32", "--json").rc == 0


def test_13_unknown_block(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("offline", "33", "4242")
    assert result.rc == 2 and "4242" in result.err and made.begun() == []


def test_14_zone_none_is_refused_without_a_write(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("offline", "0", "--json")
    assert result.rc == 1 and outcomes(result) == {0: ("refused", "zones")} and made.begun() == []
    assert "several zones or nodes" in result.err


@pytest.mark.parametrize("rule, words, cause", [
    ("memory36 online zone=Normal", ["--zone=movable"], "wrong-zone"), ("memory36 online zone=Movable", ["--zone=kernel"], "wrong-zone"),
    ("memory36 online zone=Movable", [], "wrong-zone"), ("", ["--zone=movable"], None),
])
def test_16_another_zone_than_asked_for(machine: Any, rule: str, words: list[str], cause: str | None) -> None:
    result = machine("x86-dimm").memhpctl("online", "36", "--json", *words, rules=rule)
    assert outcomes(result) == {36: ("changed", cause)} and result.rc == (64 if cause else 0)
    if cause:
        assert result.json()["blocks"][0]["zone_after"] in result.err


def test_17_block_on_two_nodes(machine: Any) -> None:
    made = machine("two-nodes")
    for words in (["--all"], ["--all", "16"]):
        blocks = {block["block"]: block["nodes"] for block in made.memhpctl("list", "--json", *words).json()["blocks"]}
        assert blocks[16] == [0, 1]
    assert "0,1" in made.memhpctl("list").out
    numbers = [block["block"] for block in made.memhpctl("list", "--json", "--all", "node1").json()["blocks"]]
    assert numbers[0] == 16 and 15 not in numbers
