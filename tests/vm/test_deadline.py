# SPDX-License-Identifier: GPL-2.0-or-later
"""Never hangs: endless offlines, a lock that is kept, signals and kills in the middle, on a real kernel."""

import json
import random
import signal
import time
from collections.abc import Iterator

import pytest

from agent import Job, Result
from fitting import fitting, is_overloaded
from guest import Guest

# Deadlines are so exact, unless the machine is slow.
EXACT_MS = 100
# No machine is so slow that a run may end this much later.
SLOW_MS = 3000
# Limits to give a run one after the other: the first is enough, unless the machine is slow.
LIMITS_S = (2, 10, 60)


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


def results_of(result: Result) -> dict[int, tuple[str, str | None]]:
    """Result and cause of each block."""
    return {block["block"]: (block["result"], block.get("cause")) for block in report(result)["blocks"]}


def wait_for_no_worker(guest: Guest) -> None:
    """No worker process may be left; one that ends takes the kernel a moment to take down."""
    guest.wait_for(lambda: not guest.run("grep -l memhpctl-write /proc/[0-9]*/comm 2>/dev/null").out, "the end of the workers")


def limited(guest: Guest, *command: str, option: str = "--timeout") -> Iterator[Result]:
    """Runs with longer and longer limits, for fitting(); before each all blocks of the DIMM are online again."""
    for limit_s in LIMITS_S:
        yield guest.run([*command, option, f"{limit_s}s", "--json"])
        wait_for_no_worker(guest)
        put_back(guest)


def put_back(guest: Guest) -> None:
    """Bring the blocks of the DIMM online again that went offline in a try that was too slow."""
    for number in range(39, 31, -1):
        if guest.block_state(number) == "offline":
            assert guest.set_block_state(number, "online_movable") == "OK"


def test_an_endless_offline_ends_at_the_deadline_fifty_times(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pin(guest, 33)
    late_ms: list[float] = []
    limit_ms = 300
    for _ in range(50):
        result = guest.run([memhpctl, "offline", "33", "--timeout", f"{limit_ms}ms", "--json"])
        document = report(result)
        block = block_of(document, 33)
        assert (result.rc, document["result"]) == (75, "try-again")
        late_ms.append(document["elapsed_ms"] - limit_ms)
        if (block["result"], block["cause"]) != ("failed", "deadline"):
            # Too slow to begin before the deadline, or to be ended at once after it.
            assert block["cause"] in ("deadline", "lock", "stuck")
            limit_ms = min(2 * limit_ms, 20000)
            wait_for_no_worker(guest)
            continue
        assert block["after"] == "online" and block["zone_after"] == "Movable"
        assert guest.block_state(33) == "online"
    late_ms.sort()
    print(f"later than the deadline, ms: median {late_ms[25]:.1f}, worst {late_ms[-1]:.1f}; the deadline in the end: {limit_ms} ms")
    # A slow machine makes some of them late, a late program all of them.
    assert 0 <= late_ms[0] <= EXACT_MS
    assert limit_ms < 20000
    wait_for_no_worker(guest)


@pytest.mark.core
def test_the_block_timeout_ends_one_block_and_the_run_goes_on(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pin(guest, 35)
    wanted = {34: ("changed", None), 35: ("failed", "deadline"), 36: ("changed", None)}
    result = fitting(limited(guest, memhpctl, "offline", "34-36", option="--block-timeout"), lambda result: results_of(result) == wanted)
    assert result.rc == 64 and results_of(result) == wanted
    assert [guest.block_state(number) for number in (34, 35, 36)] == ["offline", "online", "offline"]


def test_the_offline_goes_through_when_the_pin_goes(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pinning = pin(guest, 33)
    job = guest.spawn([memhpctl, "offline", "33", "--block-timeout", "10min"])
    guest.wait_state(33, "going-offline")
    pinning.kill(signal.SIGKILL)
    assert job.wait().rc == 0
    assert guest.block_state(33) == "offline"


def hold_the_lock(guest: Guest, block: int) -> tuple[Job, Job]:
    """Keeps the hotplug lock through an offline of the block that does not end. Returns the pinning and the writing job."""
    pinning = pin(guest, block)
    writer = guest.spawn(["write-word", f"/sys/devices/system/memory/memory{block}/state", "offline"])
    guest.wait_state(block, "going-offline")
    return pinning, writer


def lock_wait_ms(result: Result, block: int) -> float:
    """How long a block's write has waited for the lock."""
    return block_of(report(result), block).get("lock_wait_ms", 0)


@pytest.mark.core
@pytest.mark.parametrize("command", ["offline", "online"])
def test_a_run_that_waits_for_the_lock_ends_at_its_deadline_and_names_the_holder(
        guest: Guest, memhpctl: str, movable: list[int], command: str) -> None:
    block = 36
    if command == "online":
        assert guest.set_block_state(block, "offline") == "OK"
    before = guest.block_state(block)
    _, writer = hold_the_lock(guest, 33)
    waiting = "waiting for the memory hotplug lock; memory33 is going offline"
    named = f"{waiting}, by process {writer.pid} (write-word)"

    def one_try(limit_s: int) -> Result:
        """A run, with what must hold on every machine."""
        result = guest.run([memhpctl, command, str(block), "--timeout", f"{limit_s}s", "--json"])
        wait_for_no_worker(guest)
        print(result.err, json.dumps(block_of(report(result), block)))
        assert result.rc == 75 and guest.block_state(block) == before
        assert 0 <= report(result)["elapsed_ms"] - 1000 * limit_s <= SLOW_MS
        # A search for the process that took too long says so, and not that there is none.
        assert waiting not in result.err or named in result.err or f"{waiting}; the process is not known" in result.err
        return result

    def is_fit(result: Result) -> bool:
        return block_of(report(result), block)["cause"] == "lock" and lock_wait_ms(result, block) > 1000 and named in result.err

    # It says so after a second. Only 50 ms are spent on the name, which is not enough each time on a slow machine.
    assert is_fit(fitting(map(one_try, (2, *[10] * 5)), is_fit)) or is_overloaded()


def test_a_run_that_waits_goes_on_when_the_lock_comes_free(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pinning, _ = hold_the_lock(guest, 33)
    job = guest.spawn([memhpctl, "offline", "36", "--json", "--timeout", "10min"])
    job.wait_output("waiting for the memory hotplug lock", errors=True)
    pinning.kill(signal.SIGKILL)
    result = job.wait()
    block = block_of(report(result), 36)
    assert (result.rc, block["result"], block["attempts"]) == (0, "changed", 1)
    assert block["lock_wait_ms"] > 500


@pytest.mark.core
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_an_endless_offline_with_a_report(
        guest: Guest, memhpctl: str, movable: list[int], number: signal.Signals, code: int) -> None:
    def interrupted() -> Iterator[Result]:
        for _ in range(5):
            job = guest.spawn([memhpctl, "offline", "34-37", "--json", "--block-timeout", "10min"])
            guest.wait_state(36, "going-offline")
            job.kill(number)
            time.sleep(0.02)
            job.kill(number)
            yield job.wait()
            wait_for_no_worker(guest)
            put_back(guest)

    pin(guest, 36)
    # A worker that gets no processor in time is said to be stuck.
    result = fitting(interrupted(), lambda result: results_of(result)[36] != ("failed", "stuck"))
    assert (result.rc, report(result)["result"]) == (code, "interrupted")
    # The lowest goes last.
    assert results_of(result) == {34: ("skipped", "signal"), 35: ("changed", None), 36: ("failed", "signal"), 37: ("skipped", "signal")}
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
        job.wait()
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
        jobs = [guest.spawn([memhpctl, *command, share, "--timeout", "10min"]) for share in shares]
        assert [job.wait().rc for job in jobs] == [0] * runs
        assert {guest.block_state(number) for number in movable} == {command[0]}


def test_a_second_run_waits_for_the_first_and_names_it(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pin(guest, 33)
    first = guest.spawn([memhpctl, "offline", "33", "--block-timeout", "10min", "--timeout", "10min"])
    guest.wait_state(33, "going-offline")
    result = guest.run([memhpctl, "offline", "36", "--timeout", "1s", "--json"])
    assert result.rc == 75
    assert f"(process {first.pid})" in report(result)["error"]["message"]
    assert guest.block_state(36) == "online"
    first.kill(signal.SIGTERM)
    assert first.wait().rc == 143


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


@pytest.mark.core
def test_atomic_puts_back_what_was_changed(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pin(guest, 37)
    zones = {number: guest.block_zone(number) for number in movable}
    result = fitting(limited(guest, memhpctl, "offline", "32-39", "--atomic", option="--block-timeout"),
                     lambda result: results_of(result)[37] == ("failed", "deadline"))
    document = report(result)
    assert (result.rc, document["result"]) == (75, "rolled-back"), result.out
    assert document["totals"]["rolled_back"] == 4 and document["totals"]["changed"] == 0
    wait_for_no_worker(guest)
    assert {number: guest.block_zone(number) for number in movable} == zones


def test_atomic_rolls_back_after_ctrl_c(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    pin(guest, 37)
    job = guest.spawn([memhpctl, "offline", "32-39", "--atomic", "--json", "--block-timeout", "10min"])
    guest.wait_state(37, "going-offline")
    job.kill(signal.SIGINT)
    result = job.wait()
    assert result.rc == 130
    assert report(result)["totals"]["changed"] == 0
    wait_for_no_worker(guest)
    assert {guest.block_zone(number) for number in movable} == {"Movable"}


def test_events_that_keep_coming_do_not_delay_the_deadline(guest: Guest, memhpctl: str, movable: list[int]) -> None:
    """Two that make an event of a block without end, as a udev rule does that triggers itself."""
    loop = "while :; do echo change > /sys/devices/system/memory/memory33/uevent; done"
    busy = [guest.spawn(loop), guest.spawn(loop)]

    def waited() -> Iterator[tuple[int, Result, float]]:
        for limit_s in LIMITS_S:
            began = time.monotonic()
            result = guest.run([memhpctl, "wait", "--for=offline", f"--timeout={limit_s}s", "32"])
            yield limit_s, result, time.monotonic() - began

    for limit_s, result, took_s in waited():
        assert result.rc == 75, result
        if took_s < limit_s + 1:
            break
    else:
        pytest.fail(f"the last took {took_s:.1f} s")
    # What is waited for is seen meanwhile.
    job = guest.spawn([memhpctl, "wait", "--for=offline", "--timeout=60s", "32"])
    assert guest.set_block_state(32, "offline") == "OK"
    assert job.wait().rc == 0
    # And a signal ends it.
    job = guest.spawn([memhpctl, "wait", "--for=offline", "--timeout=60s", "34"])
    time.sleep(1)
    job.kill(signal.SIGINT)
    assert job.wait().rc == 128 + signal.SIGINT
    for other in busy:
        other.kill(signal.SIGKILL, group=True)
