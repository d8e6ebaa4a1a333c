# SPDX-License-Identifier: GPL-2.0-or-later
"""memhpctl online and offline when the kernel does not do what it is asked to."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from typing import Any, Iterator

import pytest

from machine import LIMITS_MS, PATIENCE, TESTS, Result, find_program, fitting

EXACT_MS = 100  # so exact are deadlines, see test_deadlines_are_exact()


def outcomes(result: Any) -> dict[int, tuple[str, str | None]]:
    """Result and cause of each block."""
    return {block["block"]: (block["result"], block.get("cause")) for block in result.json()["blocks"]}


def limited(made: Any, *words: str, option: str = "--timeout") -> Iterator[Result]:
    """Runs with longer and longer limits, for fitting()."""
    for limit_ms in LIMITS_MS:
        yield made.memhpctl(*words, f"{option}={limit_ms}ms", "--json")
        made.wait_for(lambda: not made.processes())


# --- errnos ---

@pytest.mark.parametrize("errno, cause, rc", [
    ("EBUSY", "busy", 75), ("EAGAIN", "busy", 75), ("EINTR", "interruption", 75), ("ENOMEM", "memory", 75),
    ("EINVAL", "unknown", 1), ("EPERM", "veto", 1), ("EHWPOISON", "poison", 1), ("EIO", "unknown", 1), ("512", "unknown", 1),
])
def test_errnos_of_offline(machine: Any, errno: str, cause: str, rc: int) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("offline", "35", "--json", "--retries=1", rules=f"memory35 offline {errno} always")
    assert result.rc == rc and outcomes(result) == {35: ("failed", cause)}
    block = result.json()["blocks"][0]
    assert block["errno"] == ("errno 512" if errno == "512" else errno)
    assert (block["before"], block["after"]) == ("online", "online") == (made.state(35),) * 2
    # Only what may pass is tried again.
    assert block["attempts"] == len(made.begun()) == (2 if rc == 75 else 1)
    assert f"memory35: failed (1 block, 128M): {block['errno']}: " in result.err


GONE = ("ENODEV", "ENXIO", "ENOENT")
DIRECTIONS = [("offline", 35, "online"), ("online", 36, "offline")]


@pytest.mark.parametrize("errno", GONE)
@pytest.mark.parametrize("command, block, before", DIRECTIONS)
def test_called_gone_but_still_there(machine: Any, command: str, block: int, before: str, errno: str) -> None:
    """The block's directory decides, and not the answer of the kernel."""
    made = machine("x86-dimm")
    rules = f"memory{block} {command} {errno} always"
    result = made.memhpctl(command, str(block), "--json", rules=rules)
    assert result.rc == 1 and outcomes(result) == {block: ("failed", "still-there")}
    told = result.json()["blocks"][0]
    assert (told["before"], told["after"], told["errno"], told["attempts"]) == (before, before, errno, 1)
    assert result.json()["totals"]["vanished"] == 0 and made.state(block) == before
    text = made.memhpctl(command, str(block))
    assert text.rc == 1 and text.out == "" and f"memory{block}: failed (1 block, 128M): {errno}: " in text.err
    assert "still there" in text.err and "gone" not in text.err


@pytest.mark.parametrize("errno", GONE)
@pytest.mark.parametrize("command, block, before", DIRECTIONS)
@pytest.mark.parametrize("when", ["0ms", "400ms"])
def test_called_gone_and_gone(machine: Any, command: str, block: int, before: str, errno: str, when: str) -> None:
    """At once, or a moment later: the kernel may be taking the block down."""
    made = machine("x86-dimm")
    rules = f"memory{block} {command} vanish {when}\nmemory{block} {command} {errno} always"
    result = made.memhpctl(command, str(block), "--json", rules=rules)
    assert outcomes(result) == {block: ("vanished", "gone")} and result.rc == (0 if command == "offline" else 1)
    told = result.json()["blocks"][0]
    assert told["after"] is None and told["errno"] == errno and not made.exists(block)


@pytest.mark.parametrize("errno", GONE)
def test_called_gone_among_others(machine: Any, errno: str) -> None:
    made = machine("x86-dimm")
    rules = f"memory34 offline {errno} always\nmemory37 online {errno} always"
    offline = made.memhpctl("offline", "33-35", "--json", rules=rules)
    assert offline.rc == 64 and outcomes(offline) == {33: ("changed", None), 34: ("failed", "still-there"), 35: ("changed", None)}
    online = made.memhpctl("online", "36-38", "--json")
    assert online.rc == 64 and outcomes(online) == {36: ("changed", None), 37: ("failed", "still-there"), 38: ("changed", None)}


@pytest.mark.parametrize("errno", GONE)
def test_called_gone_all_or_nothing(machine: Any, errno: str) -> None:
    """What is still there fails an atomic run, and one that cannot be put back is told as it is."""
    made = machine("x86-dimm")
    before = made.states()
    result = made.memhpctl("offline", "33-35", "--atomic", "--json", rules=f"memory34 offline {errno} always")
    assert result.rc == 1 and made.states() == before and outcomes(result)[34] == ("failed", "still-there")
    made = machine("x86-dimm")
    result = made.memhpctl("offline", "33-35", "--atomic", "--json",
                           rules=f"memory35 offline EPERM always\nmemory33 online {errno} always\nmemory34 online {errno} always")
    told = {block["block"]: block for block in result.json()["blocks"]}
    assert result.rc == 64 and told[35]["cause"] == "veto"
    for number, block in told.items():
        assert block["after"] == made.state(number) and block["result"] != "vanished"
    assert [told[number]["errno"] for number in (33, 34) if told[number]["after"] == "offline"]


@pytest.mark.parametrize("errno", GONE)
def test_called_gone_on_the_way_into_another_zone(machine: Any, errno: str) -> None:
    made = machine("kernel-zone")
    result = made.memhpctl("online", "--zone=movable", "--rezone", "33", "--json", rules=f"memory33 offline {errno} always")
    assert result.rc == 1 and outcomes(result) == {33: ("failed", "still-there")}
    assert made.state(33) == "online" and [entry.word for entry in made.begun()] == ["offline"]
    made = machine("kernel-zone")
    result = made.memhpctl("online", "--zone=movable", "--rezone", "33", "--json", rules=f"memory33 online {errno} 1")
    told = result.json()["blocks"][0]
    assert result.rc == 1 and (told["cause"], told["errno"], told["after"]) == ("still-there", errno, "online")
    assert made.zones(33) == ["Normal"] and told["zone_after"] == "Normal"


def test_unreadable_after_the_write(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("offline", "34", "--json", rules="memory34 offline also hide 34 1")
    block = result.json()["blocks"][0]
    assert (block["result"], block["cause"], block["after"]) == ("failed", "unreadable", None)
    # The kernel did it, so "nothing was changed" would be a lie.
    assert result.rc == 64
    assert made.state(34) == "offline"


def test_unreadable_after_the_write_of_a_removal(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("remove", "PNP0C80:00", "--json", "--atomic", rules="memory35 offline also hide 35 1")
    assert result.rc == 64 and result.json()["result"] == "partial"


@pytest.mark.parametrize("options", [[], ["--atomic"]])
def test_already_offline_and_unreadable_before_a_removal(machine: Any, options: list[str]) -> None:
    """Nothing is claimed of a block that nobody can read any more."""
    made = machine("x86-dimm")
    result = made.memhpctl("remove", "PNP0C80:00", "--json", "--retries=0", *options, rules="memory35 offline also hide 36 1")
    hidden = next(block for block in result.json()["blocks"] if block["block"] == 36)
    assert (hidden["before"], hidden["after"], hidden["result"], hidden["cause"]) == ("offline", None, "failed", "unreadable"), result
    assert result.rc == (1 if options else 64) and result.json()["totals"]["failed"] == 1


def test_unreadable_is_not_passed_over(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("offline", "32-35", "--size=128M", "--force", rules="memory35 offline also hide 35 1")
    assert result.rc == 64
    assert "memory35" in result.err and "could not be read" in result.err


@pytest.mark.parametrize("errno", GONE)
def test_called_gone_in_a_removal_and_a_policy(machine: Any, errno: str) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("remove", "PNP0C80:00", "--json", rules=f"memory34 offline {errno} always")
    device, = result.json()["devices"]
    assert (result.rc, device["result"], device["cause"]) == (64, "failed", "still-there")
    assert outcomes(result)[34] == ("failed", "still-there") and made.state(34) == "online" and made.exists(39)
    made = machine("x86-dimm")
    result = made.memhpctl("policy", "apply", "36-39", "--json", rules=f"memory37 online {errno} always")
    assert result.rc == 64 and outcomes(result)[37] == ("failed", "still-there") and made.state(37) == "offline"


def test_replaced_in_the_middle(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("offline", "33-35", "--json", rules="memory34 offline replace")
    assert outcomes(result) == {33: ("changed", None), 34: ("replaced", "replaced"), 35: ("changed", None)}
    assert result.rc == 64 and [entry.name for entry in made.begun()].count("memory34/state") == 1


def test_replaced_before_its_turn(machine: Any) -> None:
    """That another block was found is no answer of the kernel: there is no errno."""
    result = machine("x86-dimm").memhpctl("offline", "32-34", "--json", rules="memory33 offline also replace 34 1")
    assert outcomes(result) == {32: ("changed", None), 33: ("changed", None), 34: ("replaced", "replaced")}
    assert result.json()["blocks"][2]["errno"] is None


def test_json_needs_no_other_block(machine: Any) -> None:
    """A block that cannot be read does not keep others from being changed, with --json as without."""
    for words in (["--json"], []):
        made = machine("x86-dimm")
        made.path("memory33/valid_zones").unlink()
        made.path("memory33/valid_zones").write_text("Movable\n")
        made.path("memory33/valid_zones").chmod(0o200)
        result = made.memhpctl("offline", "35", *words)
        assert result.rc == 0, result


def test_zones_are_those_of_now(machine: Any) -> None:
    """Online before and after, and in another zone: `zones` tells the one it is in."""
    result = machine("x86-dimm").memhpctl("online", "35", "--zone=kernel", "--rezone", "--json")
    block = result.json()["blocks"][0]
    assert (block["zone_before"], block["zone_after"], block["zones"]) == ("Movable", "Normal", ["Normal"])


def test_rezoned_into_a_third_zone(machine: Any) -> None:
    """Neither in the zone asked for nor back in its own: that is not "nothing was changed"."""
    made = machine("x86-dimm", blocks={"35": "zone=DMA32"})
    result = made.memhpctl("online", "35", "--zone=movable", "--rezone", "--retries=0", "--json",
                           rules="memory35 online_movable EIO 1\nmemory35 online zone=Normal")
    block = result.json()["blocks"][0]
    assert (block["result"], block["after"], block["zone_before"], block["zone_after"]) == ("failed", "online", "DMA32", "Normal")
    assert result.rc == 64


def test_claimed_but_not_done(machine: Any) -> None:
    result = machine("x86-dimm").memhpctl("offline", "35", "--json", rules="memory35 offline ignore")
    assert result.rc == 1 and outcomes(result) == {35: ("failed", "reverted")}


def test_undone_once_each(machine: Any) -> None:
    """Somebody who undoes each block once is got over, wherever in a batch the block stands."""
    made = machine("x86-dimm")
    rules = "\n".join(f"memory{number} offline ignore 1" for number in range(32, 36))
    result = made.memhpctl("offline", "32-35", "--json", rules=rules)
    assert result.rc == 0 and [block["attempts"] for block in result.json()["blocks"]] == [2] * 4


@pytest.mark.parametrize("command, block, after", [("offline", 35, "offline"), ("online", 36, "online")])
def test_worker_killed_when_it_had_just_done_it(machine: Any, command: str, block: int, after: str) -> None:
    """Then nobody else did it: it is changed, and can be put back."""
    made = machine("x86-dimm")
    result = made.memhpctl(command, str(block), "--json", rules=f"memory{block} {command} die 1")
    assert result.rc == 0 and outcomes(result) == {block: ("changed", None)} and made.state(block) == after
    made = machine("x86-dimm")
    before = made.states()
    result = made.memhpctl("offline", "34-35", "--atomic", "--json", rules="memory35 offline die 1\nmemory34 offline EPERM always")
    assert result.rc == 1 and made.states() == before
    assert outcomes(result) == {35: ("rolled-back", "all-or-nothing"), 34: ("failed", "veto")}


def test_few_descriptors(machine: Any) -> None:
    """A block that cannot be looked at is not gone."""
    made = machine("x86-dimm")
    for limit in range(4, 20):
        result = made.run("sh", "-c", 'ulimit -n "$0"; exec "$@"', str(limit), find_program(), "--sysroot", str(made.root),
                          "offline", "35", "--retries=0", env=made.environment(find_program()))
        assert (result.rc == 0) == (made.state(35) == "offline") and "gone" not in result.out, (limit, result)
        # It ended with 64, "the result is not known", although no file could be opened to write to.
        assert made.begun() or result.rc in (1, 75), (limit, result)
        if result.rc == 0:
            break
    assert result.rc == 0


@pytest.mark.parametrize("name, words", [
    ("x86-dimm", ["list"]), ("x86-dimm", ["status"]), ("x86-dimm", ["explain", "35"]), ("x86-dimm", ["policy", "test", "36"]),
    ("dax-kmem", ["list"]), ("dax-kmem", ["remove", "-n", "dax0.0"]), ("virtio-mem", ["list"]), ("pseries-v2", ["list"]),
    ("s390-old", ["list"]), ("s390-new", ["list"]),
])
def test_few_descriptors_hide_no_device(machine: Any, name: str, words: list[str]) -> None:
    """Out of descriptors while devices are looked for: an error, and never a machine without them."""
    made = machine(name)
    right = made.memhpctl(*words)
    ended = []
    for limit in range(4, 20):
        result = made.run("sh", "-c", 'ulimit -n "$0"; exec "$@"', str(limit), find_program(), "--sysroot", str(made.root),
                          *words, env=made.environment(find_program()))
        ended.append(result.rc)
        if result.rc == right.rc:
            assert result.out == right.out, (limit, result)
        else:
            assert result.rc == 1 and result.out == "" and "Too many open files" in result.err, (limit, result)
    assert 1 in ended and ended[-1] == right.rc


@pytest.mark.parametrize("words", [["auto", "--boot"], ["auto"], ["kick"], ["auto", "--restore"]])
def test_few_descriptors_are_not_success(machine: Any, words: list[str]) -> None:
    """The unit does not end well, and soon, where it could not even see whether there is something to do."""
    made = machine("x86-dimm", lines="dir /run/memhpctl")
    result = made.run("sh", "-c", 'ulimit -n 4; exec "$@"', "sh", find_program(), "--sysroot", str(made.root), *words,
                      env=made.environment(find_program()))
    if result.rc == 127:
        pytest.skip("the program cannot be loaded with four descriptors here")
    assert result.rc == 1 and "Too many open files" in result.err and result.seconds < 9, result


def test_retries_are_bounded(machine: Any) -> None:
    made = machine("kernel-zone")
    rules = "* offline EBUSY always"
    # In a kernel zone EBUSY rarely passes: one retry; else four.
    assert made.memhpctl("offline", "33", "--json", rules=rules).json()["blocks"][0]["attempts"] == 2
    assert "zone Movable" in made.memhpctl("offline", "33", rules=rules).err
    made = machine("x86-dimm")
    assert made.memhpctl("offline", "35", "--json", rules=rules).json()["blocks"][0]["attempts"] == 5
    assert made.memhpctl("offline", "35", "--json", "--retries=0", rules=rules).json()["blocks"][0]["attempts"] == 1


# --- deadlines ---

OFFLINE_HANGS, ONLINE_HANGS = "memory35 offline hang always", "memory36 online hang always"


@pytest.mark.parametrize("words, option, rules, held", [
    (["offline", "35"], "--timeout", OFFLINE_HANGS, False), (["online", "36"], "--timeout", ONLINE_HANGS, False),
    (["offline", "35"], "--block-timeout", OFFLINE_HANGS, False), (["online", "36"], "--block-timeout", ONLINE_HANGS, False),
    (["offline", "35"], "--timeout", "", True), (["online", "36"], "--timeout", "", True),
    (["offline", "35", "--retries=1000000"], "--timeout", "memory35 offline EBUSY always", False),
])
def test_deadlines_are_exact(machine: Any, words: list[str], option: str, rules: str, held: bool) -> None:
    """By the program's own clock, in the best of some runs: a slow machine makes some of them late, a late program all."""
    made = machine("x86-dimm")
    made.rules(rules)
    late_ms: list[float] = []
    while len(late_ms) < 10 and (not late_ms or min(late_ms) > EXACT_MS):
        with made.lock_held() if held else contextlib.nullcontext():
            result = made.memhpctl(*words, f"{option}=300ms", "--json")
        elapsed_ms = result.json()["elapsed_ms"]
        assert result.rc == 75 and 300 <= elapsed_ms <= 1000 * result.seconds
        late_ms.append(elapsed_ms - 300)
        made.wait_for(lambda: not made.processes())
    assert min(late_ms) <= EXACT_MS, late_ms


@pytest.mark.parametrize("command, block", [("offline", 35), ("online", 36)])
def test_hang_ends_at_the_deadline(machine: Any, command: str, block: int) -> None:
    made = machine("x86-dimm")
    before = made.state(block)
    made.rules(f"memory{block} {command} hang always")
    wanted = {block: ("failed", "deadline")}
    result = fitting(limited(made, command, str(block)), lambda result: outcomes(result) == wanted)
    assert result.rc == 75 and outcomes(result) == wanted
    made.wait_for(lambda: made.state(block) == before and not made.processes())


def test_block_timeout_lets_the_others_go_on(machine: Any) -> None:
    def tries() -> Iterator[tuple[Any, Result]]:
        for limit_ms in LIMITS_MS:
            made = machine("x86-dimm")
            yield made, made.memhpctl("offline", "33-35", "--json", f"--block-timeout={limit_ms}ms", rules="memory34 offline hang always")

    wanted = {33: ("changed", None), 34: ("failed", "deadline"), 35: ("changed", None)}
    made, result = fitting(tries(), lambda one: outcomes(one[1]) == wanted)
    assert result.rc == 64 and outcomes(result) == wanted
    assert result.json()["blocks"][1]["elapsed_ms"] <= result.json()["elapsed_ms"]
    made.wait_for(lambda: made.state(34) == "online")


def test_what_is_left_at_the_deadline_is_skipped(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("memory34 offline hang always")
    wanted = {33: ("skipped", "deadline"), 34: ("failed", "deadline"), 35: ("skipped", "deadline")}
    result = fitting(limited(made, "offline", "33-35"), lambda result: outcomes(result) == wanted)
    assert result.rc == 75 and outcomes(result) == wanted
    assert {entry.name for entry in made.begun()} == {"memory34/state"}


@pytest.mark.parametrize("command, block", [("offline", 35), ("online", 36)])
def test_lock_that_is_held(machine: Any, command: str, block: int) -> None:
    made = machine("x86-dimm")
    before = made.state(block)
    with made.lock_held():
        result = made.memhpctl(command, str(block), "--json", "--timeout=400ms")
        made.wait_for(lambda: not made.processes())
    assert result.rc == 75 and made.state(block) == before


def test_holder_is_named(machine: Any) -> None:
    made = machine("going-offline")
    with made.lock_held():
        process = made.start("offline", "35", "--timeout=1min", "--block-timeout=1min")
        assert process.stderr
        assert "memory36 is going offline" in process.stderr.readline()
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 143


# --- all or nothing ---

def test_atomic_rolls_back(machine: Any) -> None:
    made = machine("kernel-zone", blocks={"38": "zone=Movable"})
    before = made.states()
    result = made.memhpctl("offline", "--atomic", "36-39", "--json", "--retries=0", rules="memory38 offline EBUSY always")
    document = result.json()
    assert (result.rc, document["result"]) == (75, "rolled-back") and made.states() == before
    assert outcomes(result) == {38: ("failed", "busy"), **{number: ("rolled-back", "all-or-nothing") for number in (36, 37, 39)}}
    # Each into the zone that it had, by name.
    back = {entry.name: entry.word for entry in made.begun() if entry.word != "offline"}
    assert back == {"memory36/state": "online_kernel", "memory37/state": "online_kernel", "memory39/state": "online_movable"}
    assert (made.zones(37), made.zones(39)) == (["Normal"], ["Movable"])
    assert all(block["after"] == "online" for block in document["blocks"])
    # Away and back.
    assert [block["attempts"] for block in document["blocks"]] == [2, 2, 1, 2]


def test_atomic_online(machine: Any) -> None:
    made = machine("x86-dimm")
    before = made.states()
    result = made.memhpctl("online", "--atomic", "36-39", "--json", rules="memory37 online EPERM always")
    assert result.rc == 1 and made.states() == before
    assert outcomes(result) == {36: ("skipped", "all-or-nothing"), 37: ("failed", "veto"),
                                38: ("rolled-back", "all-or-nothing"), 39: ("rolled-back", "all-or-nothing")}


def test_atomic_begins_nothing_where_one_is_refused(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("offline", "--atomic", "0", "35", "--json")
    assert result.rc == 1 and made.begun() == []
    assert outcomes(result) == {0: ("refused", "zones"), 35: ("skipped", "all-or-nothing")}


def test_atomic_roll_back_that_fails(machine: Any) -> None:
    """What could not be put back stays, is a failure, and is said: as text, in JSON, and by the exit code."""
    rules = "memory32 offline EBUSY always\nmemory34 online EPERM always"
    made = machine("x86-dimm")
    result = made.memhpctl("offline", "--atomic", "32-35", "--json", "--retries=0", rules=rules)
    assert (result.rc, result.json()["result"]) == (64, "partial")
    block = result.json()["blocks"][2]
    assert (block["result"], block["cause"], block["errno"], block["after"]) == ("changed", "veto", "EPERM", "offline")
    assert "could not be put back" in block["detail"] and made.state(34) == "offline"
    assert "memory34" in result.err and "could not be put back" in result.err
    assert "could not be put back" in machine("x86-dimm").memhpctl(
        "offline", "--atomic", "32-35", "--retries=0", rules=rules).err


def test_atomic_after_a_signal(machine: Any) -> None:
    made = machine("x86-dimm")
    before = made.states()
    made.rules("memory33 offline hang always")
    process = made.start("offline", "--atomic", "33-35", "--json", "--block-timeout=10min")
    made.wait_for(lambda: made.state(33) == "going-offline")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130 and '"rolled-back"' in out
    made.wait_for(lambda: made.states() == before)


# --- signals ---

@contextlib.contextmanager
def hanging(made: Any, *args: str) -> Iterator[subprocess.Popen[str]]:
    """A run that has done memory34 and hangs in memory35; memory33 would come last."""
    made.rules("memory35 offline hang always")
    process = made.start("offline", "33-35", "--block-timeout=10min", *args)
    made.wait_for(lambda: made.state(35) == "going-offline")
    yield process
    process.kill()


# Those of the manual, below Deadlines.
ENDING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGVTALRM", "SIGPROF", "SIGPWR", "SIGIO"]


def test_the_manual_has_all_signals() -> None:
    text = (TESTS.parent / "man/memhpctl.8").read_text()
    told = text[text.index("So do SIGINT"):text.index(", unless the caller ignores them")]
    assert re.findall("SIG[A-Z0-9]+", told) == ENDING


@pytest.mark.parametrize("name", ENDING)
def test_signal_in_the_middle(machine: Any, name: str) -> None:
    number = getattr(signal, name)
    rc = 128 + number

    def interrupted() -> tuple[Any, Result]:
        made = machine("x86-dimm")
        with hanging(made, "--json") as process:
            process.send_signal(number)
            process.send_signal(number)  # a second one does not lose the report
            out, err = process.communicate(timeout=PATIENCE)
        return made, Result(process.returncode, out, err, 0)

    # A worker that gets no processor in time is said to be stuck.
    made, result = fitting((interrupted() for _ in range(5)), lambda one: outcomes(one[1])[35] != ("failed", "stuck"))
    assert result.rc == rc and result.json()["result"] == "interrupted"
    assert outcomes(result) == {33: ("skipped", "signal"), 34: ("changed", None), 35: ("failed", "signal")}
    made.wait_for(lambda: made.state(35) == "online" and not made.processes())


def size_ended(made: Any, command: str, ending: str) -> Iterator[Result]:
    """A run for 384M that hangs in its second block, or waits for the lock there, until it is ended."""
    blocks, first, second = ("32-35", 33, 34) if command == "offline" else ("36-39", 39, 38)
    made.rules(f"memory{second} {command} {'EBUSY' if ending == 'busy' else 'hang'} always")
    before = made.states()
    for limit_ms in LIMITS_MS:
        limit = "10min" if ending == "SIGINT" else f"{limit_ms}ms"
        process = made.start(command, blocks, "--size=384M", "--json", "--retries=1000000", f"--timeout={limit}", "--block-timeout=10min")
        if ending == "SIGINT":
            made.wait_for(lambda: [entry.name for entry in made.begun()][-1:] == [f"memory{second}/state"])
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
        made.wait_for(lambda: not made.processes())
        yield Result(process.returncode, out, err, 0)
        made.memhpctl("online" if command == "offline" else "offline", str(first))
        assert made.states() == before


@pytest.mark.parametrize("command", ["offline", "online"])
@pytest.mark.parametrize("ending, cause", [("SIGINT", "signal"), ("hang", "deadline"), ("busy", "busy")])
def test_an_ended_run_for_an_amount_lists_what_the_amount_needs(machine: Any, command: str, ending: str, cause: str) -> None:
    """The block in which the run was ended is one of them."""
    made = machine("x86-dimm")
    over = "signal" if ending == "SIGINT" else "deadline"
    wanted = [("changed", None), ("failed", cause), ("skipped", over)]
    result = fitting(size_ended(made, command, ending), lambda one: sorted(outcomes(one).values(), key=str) == wanted)
    assert sorted(outcomes(result).values(), key=str) == wanted
    totals = result.json()["totals"]
    assert (totals["blocks"], totals["changed"], totals["failed"], totals["skipped"]) == (3, 1, 1, 1)
    assert result.rc == (130 if ending == "SIGINT" else 64)


@pytest.mark.parametrize("args", [("offline", "33-35"), ("offline", "--atomic", "33-35"), ("online", "36-39")])
def test_signal_before_the_first_write(machine: Any, args: tuple[str, ...]) -> None:
    """Ctrl-C while memhpctl still reads: it begins nothing."""
    made = machine("x86-dimm")
    interrupted = ("import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}); "
                   "os.kill(os.getpid(), signal.SIGINT); os.execv(sys.argv[1], sys.argv[1:])")
    result = made.run(sys.executable, "-c", interrupted, find_program(), "--sysroot", str(made.root), *args, "--json",
                      env=made.environment(find_program()))
    assert result.rc == 130 and made.begun() == []
    assert {outcome for outcome in outcomes(result).values()} == {("skipped", "signal")}


def test_kill_leaves_no_worker(machine: Any) -> None:
    made = machine("x86-dimm")
    with hanging(made) as process:
        process.kill()
        process.wait()
        made.wait_for(lambda: not made.processes())
        assert made.state(35) == "online"
    made.rules("")
    assert made.memhpctl("offline", "33-35").rc == 0


def test_reader_that_went_away(machine: Any) -> None:
    """A closed pipe does not stop a change half-way unreported."""
    made = machine("x86-dimm")
    process = made.start("offline", "0", "33-35", "--json")
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    err = process.stderr.read()
    assert process.wait(PATIENCE) == 64 and "memory0: refused" in err
    assert {made.state(number) for number in (33, 34, 35)} == {"offline"}


def test_full_disk(machine: Any) -> None:
    """What cannot be printed is said to be lost, whatever else went wrong."""
    made = machine("x86-dimm")
    for words, rc in (("0 35", 64), ("34", 1), ("0 33 --json", 64)):
        result = made.run("sh", "-c", f'exec "$0" --sysroot {made.root} offline {words} >/dev/full', find_program(),
                          env=made.environment(find_program()))
        assert result.rc == rc and result.err.count("cannot write the") == 1


# --- two at once ---

def test_slow_reader_keeps_nobody_out(machine: Any) -> None:
    """Who does not read the report does not keep other runs from working."""
    made = machine("x86-dimm", lines="dir /run")
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, bytes(4096))
    os.set_blocking(writer, True)
    process = made.start("offline", "35", "--json", stdout=writer)
    made.wait_for(lambda: made.state(35) == "offline")
    assert made.memhpctl("online", "36", "--timeout=5s").rc == 0
    assert process.poll() is None
    os.close(writer)
    with open(reader, "rb") as file:
        assert b'"result": "done"' in file.read()
    assert process.wait(20) == 0


def test_one_at_a_time(machine: Any) -> None:
    made = machine("x86-dimm", lines="dir /run")
    with hanging(made) as process:
        other = made.memhpctl("online", "36", "--timeout=300ms", "--json")
        assert other.rc == 75 and f"process {process.pid}" in other.json()["error"]["message"]
        assert made.state(36) == "offline"
        # Looking is never kept waiting.
        assert made.memhpctl("online", "36", "--dry-run").rc == 0
        assert made.memhpctl("list").rc == 0
        waiting = made.start("online", "36", "--timeout=1min")
        assert waiting.stderr
        assert f"waiting for another memhpctl, process {process.pid}" in waiting.stderr.readline()
        process.send_signal(signal.SIGTERM)
        waiting.communicate(timeout=PATIENCE)
        assert waiting.returncode == 0 and made.state(36) == "online"


def test_eight_at_once(machine: Any) -> None:
    made = machine("x86-dimm", lines="dir /run")
    made.rules("* offline delay 20ms always")
    processes = [made.start("offline", f"{first}-35") for first in (32, 33, 34, 32, 33, 34, 32, 33)]
    assert [process.wait(PATIENCE) for process in processes] == [0] * 8
    assert {made.state(number) for number in range(32, 36)} == {"offline"}
    assert len([entry for entry in made.writes() if entry.result == "ok"]) == 4


@pytest.mark.parametrize("words, rules, number, after, result, cause, rc", [
    ("offline 33-35", "memory35 offline EBUSY 1\nmemory35 offline also online 34 1", 34, "online", "failed", "changed-since", 64),
    ("offline 33-35", "memory35 offline EBUSY 1\nmemory35 offline also remove 34 1", 34, None, "vanished", "gone", 0),
    ("offline 33-35", "memory35 offline vanish 1\nmemory33 offline also add 35 1", 35, None, "replaced", "replaced", 64),
    ("offline 33-36", "memory35 offline also online 36 1", 36, "online", "failed", "changed-since", 64),
    ("offline 36", "memory36 offline also online 36", 36, "offline", "already", None, 0),
    ("online 36-38", "memory36 online EBUSY 1\nmemory36 online also offline 37 1", 37, "offline", "failed", "changed-since", 64),
    ("offline --retries=0 33-35", "memory34 offline EBUSY\nmemory35 offline also offline 34 1", 34, "offline", "already", None, 0),
    ("offline 33-34", "memory34 offline also hide 33 1", 33, None, "failed", "unreadable", 64)])
def test_a_block_that_something_else_changes_after_its_turn(machine: Any, words: str, rules: str, number: int, after: str | None,
                                                            result: str, cause: str | None, rc: int) -> None:
    """The report tells how the blocks are at its time, and does not claim what is no longer so."""
    made = machine("x86-dimm")
    run = made.memhpctl(*words.split(), "--json", rules=rules)
    block = next(block for block in run.json()["blocks"] if block["block"] == number)
    assert (block["after"], block["result"], block["cause"], run.rc) == (after, result, cause, rc), run
    text = machine("x86-dimm").memhpctl(*words.split(), rules=rules)
    assert text.rc == rc
    if cause == "changed-since":
        assert f"memory{number}: failed (1 block, 128M): something else changed the block after its turn in this run; it is {after} now" in text.err


def test_a_block_without_a_known_state_that_goes_after_its_turn(machine: Any) -> None:
    """It was failed, and what was wanted is done: nothing of it is online."""
    made = machine("x86-dimm", lines="file /sys/devices/system/memory/memory34/state strange mode=644\n")
    run = made.memhpctl("offline", "--retries=0", "34-35", "--json", rules="memory35 offline also remove 34 1")
    states = {block["block"]: (block["result"], block["cause"], block["after"]) for block in run.json()["blocks"]}
    assert states == {34: ("vanished", "gone", None), 35: ("changed", None, "offline")} and run.rc == 0, run


def test_what_was_put_back_and_changed_since(machine: Any) -> None:
    made = machine("x86-dimm")
    run = made.memhpctl("offline", "--atomic", "--retries=0", "32-35", "--json",
                        rules="memory35 offline EBUSY\nmemory33 online also offline 34 1")
    states = {block["block"]: (block["result"], block["cause"], block["after"]) for block in run.json()["blocks"]}
    assert states[34] == ("failed", "changed-since", "offline") and states[33][0] == "rolled-back", run
    assert run.rc == 64
