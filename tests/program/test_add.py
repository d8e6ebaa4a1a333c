# SPDX-License-Identifier: GPL-2.0-or-later
"""add: the zone is chosen before the memory comes, what is in use is not taken, and a failure leaves nothing behind."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from machine import Machine

AUTO = "auto_online_blocks"
# The driver device_dax has dax1.0, on a node without processors.
KMEM = "dir /sys/module/kmem\n"
ONLINE = {"lines": KMEM + "file /sys/devices/system/memory/auto_online_blocks online"}


def told(made: Machine) -> list[tuple[str, str]]:
    """What was written, in order, without the blocks' own files."""
    return [(write.path.rpartition("/")[2], write.word) for write in made.writes() if "/memory/memory" not in write.path]


@pytest.mark.parametrize("zone, word, shown", [("movable", "online_movable", "Movable"), ("kernel", "online_kernel", "Normal")])
@pytest.mark.parametrize("before", ["online", "offline", "online_kernel", "online_movable"])
def test_the_zone_is_chosen_before_the_memory_comes(machine: Any, zone: str, word: str, shown: str, before: str) -> None:
    made = machine("dax-kmem", lines=f"{KMEM}file /sys/devices/system/memory/auto_online_blocks {before}")
    result = made.memhpctl("add", f"--zone={zone}", "dax1.0")
    assert result.rc == 0 and made.read(AUTO) == before, result
    assert {made.state(n) for n in range(64, 72)} == {"online"} and {made.zones(n)[0] for n in range(64, 72)} == {shown}
    # Not one block had to be taken out of another zone.
    assert not any(write.word == "offline" for write in made.writes() if write.name.startswith("memory"))
    held = [(AUTO, word), (AUTO, before)] if before != word else []
    assert [one for one in told(made) if one[0] == AUTO] == held
    if held:
        assert told(made)[0] == held[0] and told(made)[-1] == held[1]


@pytest.mark.parametrize("words", [["add", "dax1.0"], ["add", "--zone=auto", "dax1.0"], ["add", "-n", "--zone=movable", "dax1.0"],
                                   ["add", "--zone=movable", "dax0.0"]])
def test_it_is_the_kernels_otherwise(machine: Any, words: list[str]) -> None:
    made = machine("dax-kmem", **ONLINE)
    made.memhpctl(*words)
    assert not any(name == AUTO for name, _ in told(made)) and made.read(AUTO) == "online"


def test_a_kernel_that_does_not_know_the_word(machine: Any) -> None:
    made = machine("dax-kmem", **ONLINE)
    result = made.memhpctl("add", "--zone=movable", "dax1.0", rules=f"{AUTO} write EINVAL 1")
    assert result.rc == 0 and [word for name, word in told(made) if name == AUTO] == ["online_movable", "offline", "online"], result
    assert made.read(AUTO) == "online" and {made.zones(n)[0] for n in range(64, 72)} == {"Movable"}


@pytest.mark.parametrize("rules", ["dax1.0 bind EBUSY always", "dax1.0 unbind EPERM always", "dax1.0 bind EINVAL always", "* bind ignore"])
def test_a_failure_gives_it_back(machine: Any, rules: str) -> None:
    made = machine("dax-kmem", **ONLINE)
    assert made.memhpctl("add", "--zone=movable", "--timeout=2s", "dax1.0", rules=rules).rc != 0
    assert made.read(AUTO) == "online"


def eventually(made: Machine, value: str) -> bool:
    until = time.monotonic() + 30
    while made.read(AUTO) != value and time.monotonic() < until:
        time.sleep(0.02)
    return made.read(AUTO) == value


@pytest.mark.parametrize("signal", [2, 9, 15])
def test_an_end_in_the_middle_gives_it_back(machine: Any, signal: int) -> None:
    made = machine("dax-kmem", **ONLINE)
    made.rules("dax1.0 bind delay 1500ms")
    process = made.start("add", "--zone=movable", "dax1.0")
    assert eventually(made, "online_movable")
    process.send_signal(signal)
    process.communicate()
    assert eventually(made, "online")


def test_what_somebody_else_sets_meanwhile_stays(machine: Any) -> None:
    made = machine("dax-kmem", **ONLINE)
    made.rules("dax1.0 bind delay 1s")
    process = made.start("add", "--zone=movable", "dax1.0")
    assert eventually(made, "online_movable")
    made.path(AUTO).unlink()
    made.path(AUTO).write_text("online_kernel\n")
    process.communicate()
    assert process.returncode == 0 and made.read(AUTO) == "online_kernel"


# --- a device that is in use


def use(made: Machine, place: str) -> None:
    """Have a process use dax1.0."""
    made.path("/sys/bus/dax/devices/dax1.0/dev").write_text("250:1\n")
    process = made.path("/proc/4711")
    for name in ("fd", "map_files"):
        (process / name).mkdir(parents=True)
    (process / "comm").write_text("qemu-system-x86\n")
    os.symlink("/dev/dax1.00", process / "fd/0")
    os.symlink("/dev/dax1.0", process / place)


@pytest.mark.parametrize("place", ["fd/3", "map_files/7f0000000000-7f0000200000"])
def test_a_device_in_use_is_not_taken_from_its_user(machine: Any, place: str) -> None:
    made = machine("dax-kmem", lines=KMEM)
    use(made, place)
    for words in (["-n"], [], ["--zone=movable"]):
        result = made.memhpctl("add", *words, "dax1.0")
        assert result.rc == 1 and "process 4711 (qemu-system-x86) uses it" in result.err and "--force" in result.err, result
    assert made.begun() == []
    assert made.memhpctl("add", "--force", "dax1.0").rc == 0


def test_a_device_that_another_has_in_use(machine: Any) -> None:
    made = machine("dax-kmem", lines=KMEM)
    use(made, "fd/3")
    made.path("/proc/4711/fd/3").unlink()
    assert made.memhpctl("add", "dax1.0").rc == 0


# --- what a failure leaves behind


def test_the_name_does_not_stay_in_the_drivers_list(machine: Any) -> None:
    made = machine("dax-kmem", lines=KMEM)
    result = made.memhpctl("add", "dax1.0", rules="dax1.0 bind ENODEV\ndax1.0 new_id ignore")
    assert result.rc == 1 and "dax1.0 is back with its driver" in result.err or "its driver" in result.err, result
    assert [(name, word) for name, word in told(made) if name.endswith("_id")] == [("new_id", "dax1.0"), ("remove_id", "dax1.0")]
    # One that was not put there is not taken out.
    made = machine("dax-kmem", lines=KMEM)
    assert made.memhpctl("add", "dax1.0", rules="dax1.0 bind EINVAL always").rc == 1
    assert not any(name.endswith("_id") for name, _ in told(made))


def test_the_kernels_words_are_quoted(machine: Any) -> None:
    made = machine("dax-kmem", lines=KMEM, files={"/dev/kmsg": ""})
    made.rules("dax1.0 bind delay 300ms\ndax1.0 bind EINVAL always")
    process = made.start("add", "dax1.0")
    until = time.monotonic() + 30
    while not made.begun() and time.monotonic() < until:
        time.sleep(0.01)
    with made.path("/dev/kmsg").open("a") as log:
        log.write("4,9,9,-;kmem dax1.0: rejecting DAX region without any memory after alignment\n")
    _, err = process.communicate()
    assert process.returncode == 1 and "the kernel's log: rejecting DAX region without any memory after alignment" in err, err


def test_a_driver_that_is_there_needs_no_module(machine: Any) -> None:
    """Not even one that has no directory in /sys/module; but one that is not there does."""
    made = machine("dax-kmem")
    dry = made.memhpctl("add", "-n", "--json", "dax1.0")
    assert [step["module"] for step in dry.json()["devices"][0]["steps"]] == [None, None, None]
    assert made.memhpctl("add", "dax1.0").rc == 0 and made.exists(64)
    made = machine("dax-kmem", absent=["/sys/bus/dax/drivers/kmem"])
    assert "dax1.0: would load the module kmem" in made.memhpctl("add", "-n", "dax1.0").out
    result = made.memhpctl("add", "dax1.0")
    assert result.rc == 1 and "the module kmem is not loaded" in result.err and made.begun() == []
