# SPDX-License-Identifier: GPL-2.0-or-later
"""Never hangs: endless offlines, a lock that is kept, signals and kills in the middle, on a real kernel."""

import json
import random
import signal
import time
from collections.abc import Callable

import pytest

from agent import Job
from guest import Guest

# What one more process start, and a slow machine, may add to a deadline here. The program itself promises 100 ms.
SLACK_S = 1.5


@pytest.fixture
def movable(guest: Guest) -> list[int]:
    """Blocks 32 to 39 of a DIMM, online in zone Movable."""
    numbers = guest.plug_dimm("d1", "1G")
    for number in reversed(numbers):
        assert guest.set_block_state(number, "online_movable") == "OK"
    return numbers


def pin(guest: Guest, block: int) -> Job:
    """Makes an offline of the block endless. Takes more memory than the DIMM has, so that it finds pages of any block."""
    return guest.pin(block, megabytes=1200)


def report(result) -> dict:
    """The JSON document of a run."""
    return json.loads(result.out)


def block_of(document: dict, number: int) -> dict:
    return next(block for block in document["blocks"] if block["block"] == number)


def wait_for_no_worker(guest: Guest) -> None:
    """No worker process may be left; one that ends takes the kernel a moment to take down."""
    deadline = time.monotonic() + 3
    while left := guest.run("grep -l memhpctl-write /proc/[0-9]*/comm 2>/dev/null").out:
        assert time.monotonic() < deadline, left


def test_an_endless_offline_ends_at_the_deadline_fifty_times(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pin(guest, 33)
    late_ms = []
    for _ in range(50):
        result = guest.run([memhpctl, "offline", "33", "--timeout", "300ms", "--json"], timeout=20)
        document = report(result)
        block = block_of(document, 33)
        assert (result.rc, document["result"], block["cause"]) == (75, "try-again", "deadline")
        assert block["after"] == "online" and block["zone_after"] == "Movable"
        assert guest.block_state(33) == "online"
        late_ms.append(document["elapsed_ms"] - 300)
    print(f"later than the deadline, ms: median {sorted(late_ms)[25]:.1f}, worst {max(late_ms):.1f}")
    assert max(late_ms) < 1000 * SLACK_S
    wait_for_no_worker(guest)


def test_the_block_timeout_ends_one_block_and_the_run_goes_on(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pin(guest, 35)
    result = guest.run([memhpctl, "offline", "34-36", "--block-timeout", "2s", "--json"], timeout=20)
    document = report(result)
    assert result.rc == 64
    assert block_of(document, 35)["cause"] == "deadline"
    assert [guest.block_state(number) for number in (34, 35, 36)] == ["offline", "online", "offline"]


def test_the_offline_goes_through_when_the_pin_goes(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pinning = pin(guest, 33)
    job = guest.spawn([memhpctl, "offline", "33"])
    time.sleep(1)
    pinning.kill(signal.SIGKILL)
    assert job.wait(20).rc == 0
    assert guest.block_state(33) == "offline"


def hold_the_lock(guest: Guest, block: int) -> tuple[Job, Job]:
    """Keeps the hotplug lock through an offline of the block that does not end. Returns the pinning and the writing job."""
    pinning = pin(guest, block)
    writer = guest.spawn(["write-word", f"/sys/devices/system/memory/memory{block}/state", "offline"])
    deadline = time.monotonic() + 10
    while guest.block_state(block) != "going-offline":
        assert time.monotonic() < deadline, "the offline does not begin"
    return pinning, writer


@pytest.mark.parametrize("command", ["offline", "online"])
def test_a_run_that_waits_for_the_lock_ends_at_its_deadline_and_names_the_holder(
        guest: Guest, memhpctl: str, movable: list[int], command: str) -> None:
    block = 36
    if command == "online":
        assert guest.set_block_state(block, "offline") == "OK"
    before = guest.block_state(block)
    _, writer = hold_the_lock(guest, 33)
    started = time.monotonic()
    result = guest.run([memhpctl, command, str(block), "--timeout", "2s", "--json"], timeout=20)
    took = time.monotonic() - started
    document = report(result)
    print(result.err, json.dumps(block_of(document, block)))
    assert (result.rc, block_of(document, block)["cause"]) == (75, "lock")
    assert block_of(document, block)["lock_wait_ms"] > 1000
    assert f"waiting for the memory hotplug lock; memory33 is going offline, by process {writer.pid} (write-word)" in result.err
    assert guest.block_state(block) == before
    assert took < 2 + SLACK_S
    wait_for_no_worker(guest)


def test_a_run_that_waits_goes_on_when_the_lock_comes_free(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pinning, _ = hold_the_lock(guest, 33)
    job = guest.spawn([memhpctl, "offline", "36", "--json", "--timeout", "30s"])
    time.sleep(1.5)
    pinning.kill(signal.SIGKILL)
    result = job.wait(20)
    block = block_of(report(result), 36)
    assert (result.rc, block["result"], block["attempts"]) == (0, "changed", 1)
    assert block["lock_wait_ms"] > 500


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_an_endless_offline_with_a_report(
        guest: Guest, memhpctl: str, movable: list[int], number: signal.Signals, code: int) -> None:
    pin(guest, 36)
    job = guest.spawn([memhpctl, "offline", "34-37", "--json"])
    deadline = time.monotonic() + 10
    while guest.block_state(36) != "going-offline":
        assert time.monotonic() < deadline
    job.kill(number)
    time.sleep(0.02)
    job.kill(number)
    result = job.wait(10)
    document = report(result)
    results = {block["block"]: (block["result"], block.get("cause")) for block in document["blocks"]}
    assert (result.rc, document["result"]) == (code, "interrupted")
    # The lowest goes last.
    assert results == {34: ("skipped", "signal"), 35: ("changed", None), 36: ("failed", "signal"), 37: ("skipped", "signal")}
    assert [guest.block_state(block) for block in range(34, 38)] == ["online", "offline", "online", "online"]
    wait_for_no_worker(guest)


def worker(guest: Guest) -> str:
    """The process that writes."""
    return guest.check("basename $(dirname $(grep -lx memhpctl-write /proc/[0-9]*/comm))").out.strip()


@pytest.mark.parametrize(("signals", "attempts"), [("TERM", 2), ("KILL", 2), ("ALRM", 2), ("STOP CONT", 1), ("STOP", 1)])
def test_a_signal_to_the_worker_alone_is_an_interruption(
        guest: Guest, memhpctl: str, movable: list[int], signals: str, attempts: int) -> None:
    pin(guest, 36)
    job = guest.spawn([memhpctl, "offline", "36", "--timeout", "3s", "--json"])
    deadline = time.monotonic() + 10
    while guest.block_state(36) != "going-offline":
        assert time.monotonic() < deadline
    for name in signals.split():
        guest.check(f"kill -{name} {worker(guest)}")
    result = job.wait(10)
    block = block_of(report(result), 36)
    assert (result.rc, block["result"], block["cause"], block["attempts"]) == (75, "failed", "deadline", attempts), result
    assert 2500 < block["elapsed_ms"] <= report(result)["elapsed_ms"]
    assert guest.block_state(36) == "online"
    wait_for_no_worker(guest)


def test_stopped_until_after_the_deadline(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    """Ctrl-Z: the worker's own alarm ends it, and that is the deadline, not a stranger's doing."""
    pin(guest, 36)
    job = guest.spawn([memhpctl, "offline", "36", "--timeout", "1s", "--json"])
    deadline = time.monotonic() + 10
    while guest.block_state(36) != "going-offline":
        assert time.monotonic() < deadline
    job.kill(signal.SIGSTOP)
    while guest.block_state(36) != "online":
        assert time.monotonic() < deadline
    job.kill(signal.SIGCONT)
    result = job.wait(10)
    block = block_of(report(result), 36)
    assert (result.rc, block["result"], block["cause"], block["after"]) == (75, "failed", "deadline", "online")


@pytest.mark.parametrize("group", [False, True])
def test_a_signal_at_random_moments_leaves_a_true_report(
        guest: Guest, memhpctl: str, movable: list[int], group: bool) -> None:
    """Whatever a block is said to be, it is; and one that is skipped was not touched. With `group` the worker gets the signal too, as from systemd."""
    random_moment = random.Random(2)
    seen = set()
    for turn in range(60):
        command = "offline" if turn % 2 == 0 else "online"
        atomic = ["--atomic"] if turn % 6 > 3 else []
        before = {number: guest.block_state(number) for number in movable}
        job = guest.spawn([memhpctl, command, "32-39", "--json", *atomic, *(["--zone", "movable"] if command == "online" else [])])
        while turn % 4 > 1 and job.running() and guest.block_state(first := 33 if command == "offline" else 39) == before[first]:
            pass
        time.sleep(random_moment.uniform(0, 0.1))
        job.kill(signal.SIGTERM, group=group)
        result = job.wait(10)
        if not result.out:  # before it could do anything
            assert result.rc == -signal.SIGTERM and before == {number: guest.block_state(number) for number in movable}
            continue
        document = report(result)
        seen |= {block["result"] for block in document["blocks"]}
        for block in document["blocks"]:
            assert block["after"] == guest.block_state(block["block"]), document
            assert block["result"] in ("changed", "already", "skipped", "failed", "rolled-back")
            assert block["result"] != "skipped" or (block["attempts"] == 0 and block["after"] == before[block["block"]])
            assert block["result"] not in ("failed", "rolled-back") or block["after"] == before[block["block"]]
        counted = {result: sum(block["result"] == result for block in document["blocks"]) for result in ("changed", "skipped", "failed")}
        assert counted == {result: document["totals"][result] for result in counted}
        wait_for_no_worker(guest)
    assert "changed" in seen and seen & {"skipped", "failed"}


def test_kill_9_at_random_moments_leaves_no_process_and_no_nameless_state(
        guest: Guest, memhpctl: str, movable: list[int]) -> None:
    random_moment = random.Random(1)
    for turn in range(100):
        command = "offline" if turn % 2 == 0 else "online"
        job = guest.spawn([memhpctl, command, "32-39", *(["--zone", "movable"] if command == "online" else [])])
        time.sleep(random_moment.uniform(0, 0.15))
        job.kill(signal.SIGKILL)
        job.wait(10)
        wait_for_no_worker(guest)
    assert guest.check([memhpctl, "list", "-o", "STATE", "--raw", "--noheadings", "--all"]).out.split() \
        == list(guest.blocks().values())
    assert set(guest.blocks().values()) <= {"online", "offline"}
    guest.check([memhpctl, "offline", "32-39"])
    guest.check([memhpctl, "online", "32-39", "--zone", "movable"])
    assert {guest.block_zone(number) for number in movable} == {"Movable"}


@pytest.mark.parametrize("runs", [2, 8])
def test_runs_at_once_do_the_union_and_nobody_fails(
        guest: Guest, memhpctl: str, movable: list[int], runs: int) -> None:
    shares = ["32-36", "35-39"] if runs == 2 else [f"{32 + run % 4}-{36 + run % 4}" for run in range(runs)]
    for command in (["offline"], ["online", "--zone", "movable"]):
        jobs = [guest.spawn([memhpctl, *command, share, "--timeout", "60s"]) for share in shares]
        assert [job.wait(60).rc for job in jobs] == [0] * runs
        assert {guest.block_state(number) for number in movable} == {command[0]}


def test_a_second_run_waits_for_the_first_and_names_it(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pin(guest, 33)
    first = guest.spawn([memhpctl, "offline", "33", "--timeout", "6s"])
    time.sleep(0.5)
    result = guest.run([memhpctl, "offline", "36", "--timeout", "2s", "--json"], timeout=20)
    assert result.rc == 75
    assert f"(process {first.pid})" in report(result)["error"]["message"]
    assert guest.block_state(36) == "online"
    assert first.wait(20).rc == 75


def test_a_broken_pipe_or_a_full_disk_does_not_hide_what_was_done(
        guest: Guest, memhpctl: str, movable: list[int]) -> None:
    assert guest.run(f"{memhpctl} offline 33-35 --json >/dev/full").rc != 0
    assert {guest.block_state(number) for number in (33, 34, 35)} == {"offline"}
    result = guest.run(f"({memhpctl} online 33-35 --zone movable; echo $? >/tmp/rc) | true; cat /tmp/rc")
    assert result.out.strip() == "1", result.err
    assert {guest.block_state(number) for number in (33, 34, 35)} == {"online"}


def test_a_log_daemon_that_hangs_holds_nobody_up(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    """The audit line goes to syslogd where there is no journal, and is lost when that does not take it."""
    daemon = guest.spawn(["syslogd", "-n", "-O", "/tmp/messages"])
    guest.check("while ! test -S /dev/log; do sleep 0.1; done")
    guest.check([memhpctl, "offline", "33"])
    guest.check("until grep -q 'daemon.notice memhpctl: offline: offline 33 (128M, 1 changed' /tmp/messages; do sleep 0.1; done")
    daemon.kill(signal.SIGSTOP)
    for _ in range(8):
        guest.check([memhpctl, "online", "33", "--zone=movable"], timeout=10)
        guest.check([memhpctl, "offline", "33"], timeout=10)
    daemon.kill(signal.SIGKILL)


def test_atomic_puts_back_what_was_changed(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pin(guest, 37)
    zones = {number: guest.block_zone(number) for number in movable}
    result = guest.run([memhpctl, "offline", "32-39", "--atomic", "--block-timeout", "3s", "--json"], timeout=30)
    document = report(result)
    assert (result.rc, document["result"]) == (75, "rolled-back"), result.out
    assert document["totals"]["rolled_back"] == 4 and document["totals"]["changed"] == 0
    assert {number: guest.block_zone(number) for number in movable} == zones


def test_atomic_rolls_back_after_ctrl_c(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pin(guest, 37)
    job = guest.spawn([memhpctl, "offline", "32-39", "--atomic", "--json"])
    deadline = time.monotonic() + 10
    while guest.block_state(37) != "going-offline":
        assert time.monotonic() < deadline
    job.kill(signal.SIGINT)
    result = job.wait(20)
    assert result.rc == 130
    assert report(result)["totals"]["changed"] == 0
    assert {guest.block_zone(number) for number in movable} == {"Movable"}
