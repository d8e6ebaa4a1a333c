# SPDX-License-Identifier: GPL-2.0-or-later
"""add: the zone is chosen before the memory comes, what is in use is not taken, and a failure leaves nothing behind."""

from __future__ import annotations

import os
import re
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


@pytest.mark.parametrize("options, tries", [([], ["2", "3", "4", "5"]), (["--retries=1"], ["2"])])
def test_a_busy_device_is_tried_as_often_as_a_block(machine: Any, options: list[str], tries: list[str]) -> None:
    result = machine("dax-kmem").memhpctl("add", "-vv", *options, "dax1.0", rules="dax1.0 bind EBUSY always")
    # Giving it back to its driver is tried from the beginning.
    assert re.findall(r"EBUSY .*, try (\d)", result.err)[:len(tries) + 1] == [*tries, "2"], result


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


def test_the_modules_references_tell_without_a_look_at_open_files(machine: Any) -> None:
    """However many files others have open: nobody has a device of this driver open."""
    for references, status in (("0", 0), ("1", 1)):
        made = machine("dax-kmem", lines=KMEM, files={"/sys/module/device_dax/refcnt": references + "\n"})
        use(made, "fd/3")
        assert made.memhpctl("add", "dax1.0").rc == status


@pytest.mark.parametrize("link", ["sys/bus/dax/devices/dax1.0/dev", "proc/4712/fd"])
def test_a_use_that_cannot_be_seen_is_not_taken_for_none(machine: Any, link: str) -> None:
    """As where descriptors run out, though a process may use it."""
    made = machine("dax-kmem", lines=KMEM)
    use(made, "fd/3")
    (made.path("/proc/4711/fd") / "3").unlink()
    path = made.path("/" + link)
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(path.name)
    result = made.memhpctl("add", "dax1.0")
    assert result.rc == 1 and "cannot tell whether a process uses it" in result.err, result
    assert made.begun() == []


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


# The memory map of a GiB in pages of 4 KiB.
MAP = 16 << 20
ON_MEMORY = "/sys/bus/dax/devices/dax1.0/memmap_on_memory"


def meminfo(available: int) -> dict[str, str]:
    return {"/proc/meminfo": f"MemTotal: 4194304 kB\nMemFree: {available // 1024} kB\nMemAvailable: {available // 1024} kB"}


def test_what_the_kernel_needs_for_the_memory_map(machine: Any) -> None:
    made = machine("dax-kmem", lines=KMEM, files=meminfo(MAP - 4096))
    for words in (["-n"], []):
        result = made.memhpctl("add", "--json", *words, "dax1.0")
        device, = result.json()["devices"]
        assert (result.rc, device["result"], device["cause"], device["memmap_bytes"]) == (1, "refused", "memmap", MAP)
        assert "needs 16M of memory for its memory map" in result.err and "--force" in result.err
    assert not made.writes()
    assert made.memhpctl("add", "-n", "--force", "dax1.0").rc == 0 and not made.writes()
    result = made.memhpctl("add", "--force", "dax1.0")
    assert result.rc == 0 and "warning: dax1.0: the kernel needs 16M" in result.err
    assert made.exists(64)
    # Those that are there need none.
    device, = made.memhpctl("add", "--json", "dax1.0").json()["devices"]
    assert (device["result"], device["memmap_bytes"]) == ("already", None)


def test_enough_memory_for_the_memory_map(machine: Any) -> None:
    made = machine("dax-kmem", lines=KMEM, files=meminfo(MAP))
    result = made.memhpctl("add", "-n", "dax1.0")
    assert result.rc == 0 and "dax1.0: the kernel would need 16M of memory for its memory map\n" in result.out
    device, = made.memhpctl("add", "--json", "dax1.0").json()["devices"]
    assert (device["result"], device["memmap_bytes"]) == ("added", MAP)


def test_the_devices_before_it_take_memory_too(machine: Any) -> None:
    other = "dax dax2.0 range=0x280000000-0x2bfffffff node=1 driver=device_dax\n"
    made = machine("dax-kmem", lines=KMEM + other, files=meminfo(2 * MAP - 4096))
    result = made.memhpctl("add", "--json", "dax1.0", "dax2.0")
    assert [(device["result"], device["cause"]) for device in result.json()["devices"]] == [("added", None), ("refused", "memmap")]
    assert result.rc == 64 and "(32M with the devices before it)" in result.err


@pytest.mark.parametrize("parameter, own, needed", [
    ("Y", "1", 0), ("force", "1", 0), ("N", "1", MAP), ("Y", "0", MAP), ("Y", None, MAP), (None, "1", MAP)])
def test_a_device_that_holds_its_own_memory_map(machine: Any, parameter: str | None, own: str | None, needed: int) -> None:
    made = machine("dax-kmem", lines=KMEM, files=meminfo(4096), params={"memmap_on_memory": parameter} if parameter else {},
                   absent=[] if parameter else ["/sys/module/memory_hotplug/parameters/memmap_on_memory"])
    if own is not None:
        made.path(ON_MEMORY).write_text(own + "\n")
    result = made.memhpctl("add", "-n", "--json", "dax1.0")
    assert (result.json()["devices"][0]["memmap_bytes"], result.rc) == (needed, 1 if needed else 0)


def test_what_cannot_be_seen_refuses_nothing(machine: Any) -> None:
    made = machine("dax-kmem", lines=KMEM, absent=["/proc/meminfo"])
    result = made.memhpctl("add", "dax1.0")
    assert result.rc == 0 and "cannot check whether there is enough memory for its memory map" in result.err and made.exists(64)
    made = machine("dax-kmem", lines=KMEM, files=meminfo(4096))
    made.path("/sys/bus/dax/devices/dax1.0/size").unlink()
    result = made.memhpctl("add", "-n", "--json", "dax1.0")
    assert result.json()["devices"][0]["memmap_bytes"] is None and "its size is not known" in result.err and result.rc == 0
