# SPDX-License-Identifier: GPL-2.0-or-later
"""memhpctl online and offline when the kernel does what it is asked to, and what they refuse beforehand."""

from __future__ import annotations

import os

from typing import Any

import pytest

from machine import PATIENCE


def written(made: Any) -> list[tuple[str, str]]:
    """Block and word of each write, in their order."""
    return [(entry.name.removesuffix("/state").removeprefix("memory"), entry.word) for entry in made.begun()]


@pytest.mark.parametrize("words, zone, word", [
    ([], "Normal", "online_kernel"), (["--zone=auto"], "Normal", "online_kernel"),
    (["--zone=kernel"], "Normal", "online_kernel"), (["--zone", "movable"], "Movable", "online_movable"),
])
def test_online(machine: Any, words: list[str], zone: str, word: str) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("online", "--json", *words, "36-39")
    document = result.json()
    assert (result.rc, result.complaints, document["result"]) == (0, "", "done")
    # Downwards: cheap for the kernel.
    assert written(made) == [(str(number), word) for number in (39, 38, 37, 36)]
    assert [made.state(number) for number in range(36, 40)] == ["online"] * 4
    assert document["totals"]["changed"] == 4 and document["totals"]["bytes_changed"] == 4 * 128 << 20
    for block in document["blocks"]:
        assert (block["before"], block["after"], block["zone_after"]) == ("offline", "online", zone)
        assert (block["write"], block["attempts"]) == (word, 1)


def test_offline(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("offline", "32-35")
    assert (result.rc, result.complaints) == (0, "")
    assert result.out == "memory32-35: offline, was in zone Movable (4 blocks, 512M)\n"
    # The lowest of the zone last: cheap for the kernel.
    assert written(made) == [(number, "offline") for number in ("33", "34", "35", "32")]
    assert {made.state(number) for number in range(32, 40)} == {"offline"}


@pytest.mark.parametrize("words, blocks", [
    (["--all", "--zone=Movable", "--state=online"], {32, 33, 34, 35}), (["PNP0C80:00"], {32, 33, 34, 35}),
    (["0x100000000-0x10fffffff", "memory35"], {32, 33, 35}), (["node0", "--device=PNP0C80:00"], {32, 33, 34, 35}),
    (["/sys/devices/system/memory/memory34"], {34}),
])
def test_offline_selection(machine: Any, words: list[str], blocks: set[int]) -> None:
    made = machine("x86-dimm")
    before = made.states()
    assert made.memhpctl("offline", *words).rc == 0
    assert {number for number, state in made.states().items() if state != before[number]} == blocks


def test_already(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("online", "32-35")
    assert (result.rc, result.out) == (0, "memory32-35: already online, zone Movable (4 blocks, 512M)\n")
    assert made.memhpctl("offline", "--json", "36").json()["blocks"][0]["result"] == "already"
    assert made.begun() == []


def test_wrong_zone_beforehand(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("online", "--zone=kernel", "35", "--json")
    assert result.rc == 1 and result.json()["blocks"][0]["cause"] == "wrong-zone"
    assert "zone Movable" in result.err and made.begun() == []


def test_dry_run(machine: Any) -> None:
    made = machine("x86-dimm")
    before = made.states()
    text = made.memhpctl("offline", "-n", "32-35")
    assert text.rc == 0 and "memory33 up to memory35" in text.out and "memory32" in text.out
    document = made.memhpctl("online", "--dry-run", "--zone=movable", "--json", "34-39").json()
    assert document["dry_run"] is True and document["order"] == [39, 38, 37, 36]
    assert [block["result"] for block in document["blocks"]] == ["already"] * 2 + ["planned"] * 4
    # As the run would: memory0 can never go, the others could, and all or nothing is nothing.
    some, none = (made.memhpctl("offline", "--dry-run", "--all", *atomic) for atomic in ([], ["--atomic"]))
    assert some.rc == 64 and "would write" in some.out
    assert none.rc == 1 and "would" not in none.out and "memory32-35: skipped" in none.err
    assert made.begun() == [] and made.states() == before
    assert not made.path("/run/memhpctl").exists()


def test_auto_movable_lets_the_kernel_decide(machine: Any) -> None:
    made = machine("x86-dimm", params={"online_policy": "auto-movable"})
    assert made.memhpctl("online", "36").rc == 0 and written(made) == [("36", "online")]


@pytest.mark.parametrize("words, named", [
    ([], "nothing is selected"), (["--state=online"], "nothing is selected"), (["--all", "3"], "--all"), (["99"], "99"),
    (["33", "99"], "99"), (["32-99"], "the last one is 39"), (["14-33"], "there are 14-15 32-33"), (["--timeout=0", "33"], "--timeout=0"), (["--timeout=x", "33"], "--timeout=x"),
    (["--block-timeout=-1", "33"], "--block-timeout"), (["--retries=-1", "33"], "--retries"), (["--retries=x", "33"], "--retries=x"),
])
@pytest.mark.parametrize("command", ["online", "offline"])
def test_usage_errors(machine: Any, command: str, words: list[str], named: str) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl(command, *words, "--json")
    assert result.rc == 2 and named in result.json()["error"]["message"] and named in result.err
    assert made.begun() == []


def test_zone_word(machine: Any) -> None:
    made = machine("x86-dimm")
    for word in ("Device", "Movabl", "", "none"):
        assert made.memhpctl("online", f"--zone={word}", "36", "--json").rc == 2
    assert made.begun() == []


def test_filters_that_leave_nothing(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("offline", "--all", "--state=going-offline")
    assert (result.rc, result.out) == (0, "offline: no block matches\n")
    assert made.memhpctl("offline", "--all", "--state=going-offline", "--json").json()["blocks"] == []


@pytest.mark.parametrize("word", ["--node=7", "--device=PNP0C80:07", "--device=dax0.0"])
def test_filters_that_name_nothing(machine: Any, word: str) -> None:
    made = machine("x86-dimm")
    for command in ("list", "offline"):
        result = made.memhpctl(command, *(["--all"] if command == "offline" else []), word, "--json")
        assert result.rc == 2 and word in result.json()["error"]["message"]
    assert made.begun() == []


def test_quiet_and_verbose(machine: Any) -> None:
    made = machine("x86-dimm")
    assert made.memhpctl("online", "--quiet", "36")[:3] == (0, "", "")
    result = made.memhpctl("offline", "--quiet", "0", "35")
    assert (result.rc, result.out) == (64, "") and "memory0: refused" in result.err
    assert "memory37: EBUSY" in made.memhpctl("online", "-vv", "37", rules="memory37 online EBUSY 1").err


def test_a_line_of_sums(machine: Any) -> None:
    result = machine("x86-dimm").memhpctl("offline", "0", "35-36")
    assert result.rc == 64
    assert result.out.splitlines()[-1].startswith("offline: 1 changed (128M), 1 already, 1 refused, in ")


def test_unwritable_state(machine: Any) -> None:
    """The first refusal ends the run: no other block would fare better."""
    made = machine("x86-dimm")
    for number in range(32, 36):
        made.path(f"memory{number}/state").chmod(0o444)
    result = made.memhpctl("offline", "--json", "32-35")
    document = result.json()
    assert (result.rc, document["result"]) == (77, "not-permitted")
    assert [block["cause"] for block in document["blocks"]] == ["access"] * 4 and document["totals"]["skipped"] == 3
    assert "permission denied" in result.err and ("run as root" in result.err) == (os.geteuid() != 0)


def test_ranges_as_the_reports_write_them(machine: Any) -> None:
    made = machine("x86-dimm")
    said = made.memhpctl("offline", "32-35").out.split(":")[0]
    assert said == "memory32-35"
    assert made.memhpctl("online", said, "--zone=movable").rc == 0 and made.state(33) == "online"
    assert made.memhpctl("list", str(made.path("memory33")).removeprefix(str(made.root)) + "/").rc == 0


@pytest.mark.parametrize("word", ["memory032", "memory32-", "memory0x20", "node00", "node1x"])
def test_words_that_look_like_a_block_or_a_node_are_no_device(machine: Any, word: str) -> None:
    made = machine("x86-dimm")
    assert made.memhpctl("offline", word).rc == 2
    # Waiting for the absence of what cannot be there would end at once.
    assert made.memhpctl("wait", "--for=absent", word).rc == 2
    assert made.memhpctl("wait", "--for=absent", "memory32-39", "--timeout=50ms").rc == 75


def test_wait_names_what_is_missing(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("wait", "--for=online", "35-37", "999", "node3", "0", "--timeout=50ms", "--json")
    assert result.rc == 75 and "not online: 36-37; missing: 999 node3" in result.err
    some = made.memhpctl("wait", "--for=present", "--timeout=0", "30-40", "100-101", "0x0-0x7ffffff")
    assert (some.rc, some.err) == (75, "memhpctl: now; missing: 30-40 (in part) 100-101\n")
    assert result.json()["missing"] is True and result.json()["missing_selectors"] == ["999", "node3"]


@pytest.mark.parametrize("command", [["offline", "33-35"], ["remove", "PNP0C80:00"]])
@pytest.mark.parametrize("json", [[], ["--json"]])
def test_a_report_that_is_lost_tells_on_standard_error_what_was_changed(machine: Any, command: list[str], json: list[str]) -> None:
    made = machine("x86-dimm")
    with open("/dev/full", "w", encoding="ascii") as full:
        process = made.start(*command, *json, stdout=full.fileno())
        _, err = process.communicate(timeout=PATIENCE)
    blocks = "33-35 (384M)" if command[0] == "offline" else "32-39 (1G)"
    assert process.returncode == 1 and f"the report is lost; these were changed: memory{blocks}" in err


def test_messages_are_no_commands_to_the_terminal(machine: Any) -> None:
    err = machine("x86-dimm").memhpctl("list", "a\x1b[31mb", "--quiet").err
    assert "a?[31mb" in err and err.count("\n") == 1


@pytest.mark.parametrize("words", ["19-23 34 35", "node1 3", "22 33 20 34", "2-3 18-19 32-33"])
def test_the_order_is_the_same_in_text_and_json(machine: Any, words: str) -> None:
    """On two nodes: what else the report shows does not decide what is written first."""
    orders = []
    for form in ([], ["--json"]):
        made = machine("two-nodes")
        made.memhpctl("offline", "--force", "--retries=0", *words.split(), *form)
        orders.append([write.path for write in made.begun()])
    assert orders[0] == orders[1] and len(orders[0]) > 2


def test_an_amount_of_which_nothing_is_there(machine: Any) -> None:
    made = machine("x86-dimm", blocks={"36-39": "online"})
    assert "1G was requested, but none of the selected memory is offline and could come online" in made.memhpctl("online", "--size=1G").err


@pytest.mark.parametrize("size", ["16E", "17179869184G", "99999999999999999999G"])
def test_a_size_that_no_machine_has(machine: Any, size: str) -> None:
    """It said that this is not a size."""
    result = machine("x86-dimm").memhpctl("offline", "--dry-run", f"--size={size}")
    assert result.rc == 2 and f"--size={size}: no machine has this much memory" in result.err, result


def test_an_amount_names_a_block_that_came_into_another_zone(machine: Any) -> None:
    """Others made up the amount; it was counted as passed over, and no line had its name."""
    words, rules = ("online", "--size=128M", "--zone=movable"), "memory39 online zone=Normal 1"
    document = machine("x86-dimm").memhpctl(*words, "--json", rules=rules).json()
    assert [(block["block"], block["result"], block["cause"]) for block in document["blocks"]] == [
        (38, "changed", None), (39, "changed", "wrong-zone")], document
    result = machine("x86-dimm").memhpctl(*words, rules=rules)
    assert result.rc == 64 and "2 changed (256M)" in result.out and "memory39: online (1 block, 128M) in zone Normal" in result.err, result
