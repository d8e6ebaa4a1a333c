# SPDX-License-Identifier: GPL-2.0-or-later
"""Every errno that the kernel can answer, injected by its own notifier error injection, and blocks that go and come back."""

import json
import signal
from collections.abc import Callable, Iterator

import pytest

from agent import Result
from fitting import fitting
from guest import Guest
from machine import LARGE

BLOCK = 33

# errno, its cause, the exit code, and whether it is tried again.
ANSWERS = [
    ("EBUSY", "busy", 75, True),
    ("EAGAIN", "busy", 75, True),
    ("EINTR", "interruption", 75, True),
    ("ENOMEM", "memory", 75, True),
    ("EPERM", "veto", 1, False),
    ("EHWPOISON", "poison", 1, False),
    ("EIO", "unknown", 1, False),
    ("ETIMEDOUT", "unknown", 1, False),
]
GONE = ["ENODEV", "ENXIO", "ENOENT"]


@pytest.fixture
def movable(guest: Guest) -> Guest:
    """A guest with blocks 32 to 39 of a DIMM online in zone Movable."""
    for number in reversed(guest.plug_dimm("d1", "1G")):
        assert guest.set_block_state(number, "online_movable") == "OK"
    return guest


def prepare(guest: Guest, command: str) -> list[str]:
    """Brings the block into the state from which the command has something to do. Returns the command's words."""
    if command == "offline":
        return ["offline", str(BLOCK)]
    assert guest.set_block_state(BLOCK, "offline") == "OK"
    return ["online", str(BLOCK), "--zone", "movable"]


def inject(guest: Guest, command: str, error: str | int) -> None:
    guest.inject(f"MEM_GOING_{command.upper()}", 133 if error == "EHWPOISON" else error)


@pytest.mark.core
@pytest.mark.parametrize("command", ["offline", "online"])
def test_each_errno_always(movable: Guest, memhpctl: str, command: str) -> None:
    words = prepare(movable, command)
    before = movable.block_state(BLOCK)
    for error, cause, code, again in ANSWERS:
        inject(movable, command, error)
        result = movable.run([memhpctl, *words, "--retries", "2", "--json"])
        document = json.loads(result.out)
        block = document["blocks"][0]
        assert (result.rc, block["cause"], block["errno"]) == (code, cause, error), document
        assert block["attempts"] == (3 if again else 1), document
        assert block["result"] == "failed" and block["after"] == before
        assert f"memory{BLOCK}" in result.err and error in result.err
        assert movable.block_state(BLOCK) == before
    inject(movable, command, 524)
    result = movable.run([memhpctl, *words, "--json"])
    block = json.loads(result.out)["blocks"][0]
    assert (result.rc, block["cause"], block["errno"], block["attempts"]) == (1, "unknown", "errno 524", 1)
    inject(movable, command, 0)
    assert movable.run([memhpctl, *words]).rc == 0


@pytest.mark.parametrize("command", ["offline", "online"])
def test_einval_that_does_not_mean_already(movable: Guest, memhpctl: str, command: str) -> None:
    words = prepare(movable, command)
    inject(movable, command, "EINVAL")
    result = movable.run([memhpctl, *words, "--json"])
    block = json.loads(result.out)["blocks"][0]
    assert (result.rc, block["errno"], block["attempts"]) == (1, "EINVAL", 1)
    assert block["cause"] == "unknown"


@pytest.mark.parametrize("command", ["offline", "online"])
@pytest.mark.parametrize("error", GONE)
def test_called_gone_although_the_block_is_there(movable: Guest, memhpctl: str, command: str, error: str) -> None:
    """A driver's ENODEV, ENXIO or ENOENT says nothing about the block: its directory does."""
    words = prepare(movable, command)
    before = movable.block_state(BLOCK)
    inject(movable, command, error)
    result = movable.run([memhpctl, *words, "--json"])
    block = json.loads(result.out)["blocks"][0]
    assert (block["result"], block["cause"], block["errno"]) == ("failed", "still-there", error)
    assert result.rc == 1 and block["before"] == block["after"] == before == movable.block_state(BLOCK)
    inject(movable, command, 0)
    assert movable.run([memhpctl, *words]).rc == 0


@pytest.mark.parametrize("error", GONE)
def test_what_is_called_gone_is_not_removed(movable: Guest, memhpctl: str, error: str) -> None:
    """Neither are its device removed, its blocks left offline, nor a zone changed half-way."""
    inject(movable, "offline", error)
    result = movable.run([memhpctl, "remove", "--atomic", "PNP0C80:00", "--json"])
    document = json.loads(result.out)
    assert result.rc == 1 and "vanished" not in {block["result"] for block in document["blocks"]}
    assert {movable.block_state(number) for number in range(32, 40)} == {"online"}
    result = movable.run([memhpctl, "online", "--rezone", "--zone=kernel", str(BLOCK), "--json"])
    block = json.loads(result.out)["blocks"][0]
    assert (result.rc, block["cause"], block["zone_after"]) == (1, "still-there", "Movable")
    assert movable.block_state(BLOCK) == "online"


@pytest.mark.parametrize("command", ["offline", "online"])
@pytest.mark.parametrize("error", GONE)
def test_called_gone_and_gone_soon(movable: Guest, memhpctl: str, command: str, error: str) -> None:
    """The writer is stopped after the answer, the block removed meanwhile: now it is gone."""
    movable.check("memhpctl offline 32 34-39")
    words = prepare(movable, command)
    inject(movable, command, "EBUSY")
    job = movable.spawn([memhpctl, *words, "--retries", "1000", "--timeout", "10min", "--json", "-vv"])
    job.wait_output("try 2", errors=True)
    inject(movable, command, error)
    job.kill(signal.SIGSTOP)
    inject(movable, command, 0)
    assert movable.write("/sys/bus/acpi/devices/PNP0C80:00/eject", "1") == "OK"
    movable.wait_ejected("d1")
    job.kill(signal.SIGCONT)
    result = job.wait()
    block = json.loads(result.out)["blocks"][0]
    assert (block["result"], block["cause"], block["after"]) == ("vanished", "gone", None), result.out
    assert result.rc == (0 if command == "offline" else 1)


@pytest.mark.core
@pytest.mark.parametrize("command", ["offline", "online"])
def test_each_transient_errno_first_then_success(movable: Guest, memhpctl: str, command: str) -> None:
    for error in ("EBUSY", "EAGAIN", "EINTR", "ENOMEM"):
        words = prepare(movable, command)
        inject(movable, command, error)
        job = movable.spawn([memhpctl, *words, "--retries", "1000", "--json", "-vv"])
        job.wait_output("try 2", errors=True)
        inject(movable, command, 0)
        result = job.wait()
        block = json.loads(result.out)["blocks"][0]
        assert (result.rc, block["result"]) == (0, "changed")
        assert block["attempts"] > 1
        assert block["errno"] is None
        if command == "offline":
            assert movable.set_block_state(BLOCK, "online_movable") == "OK"


def test_ebusy_for_ever_ends_at_the_timeout_and_the_others_are_done(movable: Guest, memhpctl: str) -> None:
    """In the best of some runs: a slow machine makes some of them late, a late program all."""
    def runs() -> Iterator[Result]:
        for _ in range(5):
            yield movable.run([memhpctl, "offline", "33", "--retries", "1000", "--timeout", "2s", "--json"])

    movable.inject("MEM_GOING_OFFLINE", "EBUSY")
    result = fitting(runs(), lambda result: json.loads(result.out)["elapsed_ms"] < 2100)
    assert result.rc == 75
    assert 2000 <= json.loads(result.out)["elapsed_ms"] < 2100


def test_a_block_that_goes_while_it_waits_for_the_lock(movable: Guest, memhpctl: str) -> None:
    """The kernel's own eject loops on a pinned page and keeps the lock; when it gets through, the block is gone."""
    movable.check("memhpctl offline 38")
    pin = movable.pin(33, megabytes=1200)
    assert movable.write("/sys/bus/acpi/devices/PNP0C80:00/eject", "1") == "OK"
    movable.wait_state(33, "going-offline")
    offline = movable.spawn([memhpctl, "offline", "36", "--json", "--timeout", "10min"])
    # Who does it is looked for in 50 ms, which a slow machine may need for its processes.
    offline.wait_output("memory33 is going offline", errors=True)
    pin.kill(signal.SIGKILL)
    movable.wait_ejected("d1")
    result = offline.wait()
    block = json.loads(result.out)["blocks"][0]
    assert (result.rc, block["result"], block["cause"]) == (0, "vanished", "gone"), result.out
    assert block["after"] is None


def test_online_of_a_block_that_goes_is_a_failure(movable: Guest, memhpctl: str) -> None:
    movable.check("memhpctl offline 36")
    pin = movable.pin(33, megabytes=1200)
    assert movable.write("/sys/bus/acpi/devices/PNP0C80:00/eject", "1") == "OK"
    movable.wait_state(33, "going-offline")
    online = movable.spawn([memhpctl, "online", "36", "--json", "--timeout", "10min"])
    online.wait_output("memory33 is going offline", errors=True)
    pin.kill(signal.SIGKILL)
    movable.wait_ejected("d1")
    result = online.wait()
    block = json.loads(result.out)["blocks"][0]
    assert (result.rc, block["result"], block["cause"]) == (1, "vanished", "gone"), result.out


def test_the_successor_of_a_block_is_left_alone(movable: Guest, memhpctl: str) -> None:
    """Ejected and plugged again between selection and write: the same number is another block."""
    movable.inject("MEM_GOING_OFFLINE", "EBUSY")
    job = movable.spawn([memhpctl, "offline", "34", "--retries", "1000", "--timeout", "10min", "--json", "-vv"])
    job.wait_output("try 2", errors=True)
    job.kill(signal.SIGSTOP)
    movable.inject("MEM_GOING_OFFLINE", 0)
    assert movable.write("/sys/bus/acpi/devices/PNP0C80:00/eject", "1") == "OK"
    movable.wait_ejected("d1")
    assert 34 in movable.plug_dimm("d1", "1G")
    assert movable.set_block_state(34, "online_movable") == "OK"
    job.kill(signal.SIGCONT)
    result = job.wait()
    block = json.loads(result.out)["blocks"][0]
    # Either its last write before the stop went through, or it meets the successor: that one must still be online.
    assert block["result"] == "replaced" and block["cause"] == "replaced", result.out
    assert result.rc == 1
    assert movable.block_state(34) == "online"


def test_einval_because_somebody_was_faster_is_success(movable: Guest, memhpctl: str) -> None:
    """Two writers on one block: whoever comes second finds it done."""
    script = "for i in 1 2 3 4 5 6; do (write-word /sys/devices/system/memory/memory33/state offline >/dev/null &) ; " \
             "memhpctl offline 33 || exit 1; (write-word /sys/devices/system/memory/memory33/state online_movable >/dev/null &); " \
             "memhpctl online 33 --zone movable || exit 1; done"
    assert movable.run(script).rc == 0


def test_looking_while_memory_is_added_does_no_harm(boot: Callable[..., Guest], memhpctl: str) -> None:
    """A block can be seen before it has a node, and reading its valid_zones then kills the reader inside the kernel."""
    guest = boot(LARGE)
    first = guest.plug_dimm("d0", "128M")[0] + 1
    looking = [guest.spawn(f"while :; do {memhpctl} list {first} >/dev/null 2>&1; done") for _ in range(2)]
    for _ in range(2):
        # The first block is seen for as long as it takes to make the others.
        assert guest.plug_dimm("d1", "32G", timeout=600)[0] == first
        assert "BUG: " not in guest.check("dmesg").out
        guest.unplug_dimm("d1")
    for job in looking:
        job.kill(signal.SIGTERM)
