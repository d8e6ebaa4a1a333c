# SPDX-License-Identifier: GPL-2.0-or-later
"""remove, add and list --devices on described machines: every provider, and what goes wrong with each."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from typing import Any, Iterator

import pytest

from machine import LIMITS_MS, PATIENCE, Result, fitting

DIMM = "PNP0C80:00"
# Which machine has a device that can be removed, its blocks, and the write that removes it.
REMOVABLE = [
    ("x86-dimm", DIMM, range(32, 40), f"{DIMM}/eject", "1"),
    ("dax-kmem", "dax0.0", range(40, 48), "kmem/unbind", "dax0.0"),
    ("dax-kmem-state", "dax0.0", range(41, 48), "dax0.0/state", "unplugged"),
    ("pseries-v1", "drc-80000008", range(8, 9), "kernel/dlpar", "memory remove index 0x80000008"),
    ("pseries-v2", "drc-80000009", range(9, 10), "kernel/dlpar", "memory remove index 0x80000009"),
    ("s390-new", "sclp8", range(8, 9), "memory8/config", "0"),
]


def device_of(result: Any) -> dict[str, Any]:
    """The only device of a run with --json."""
    (device,) = result.json()["devices"]
    return device


def tries(machine: Any, name: str, *words: str, rules: str, option: str) -> Iterator[tuple[Any, Result]]:
    """Runs with longer and longer limits, each on a machine of its own, for fitting()."""
    for limit_ms in LIMITS_MS:
        made = machine(name)
        yield made, made.memhpctl(*words, "--json", f"{option}={limit_ms}ms", rules=rules)


def zones_of(made: Any, blocks: range) -> set[str]:
    """The zones that online blocks are in."""
    return {made.zones(number)[0] for number in blocks if made.state(number) == "online"}


@pytest.mark.parametrize("name, device, blocks, path, word", REMOVABLE)
def test_a_device_goes(machine: Any, name: str, device: str, blocks: range, path: str, word: str) -> None:
    made = machine(name)
    result = made.memhpctl("remove", "--json", device)
    assert result.rc == 0 and result.complaints == ""
    outcome = device_of(result)
    assert (outcome["device"], outcome["result"], outcome["blocks"]) == (device, "removed", list(blocks))
    assert not any(made.exists(number) for number in blocks)
    assert [block["after"] for block in result.json()["blocks"]] == [None] * len(blocks)
    last = made.writes()[-1]
    assert last.path.endswith(path) and last.word == word
    # Offline before the device, each block, and never left to the kernel.
    offlined = [write.name for write in made.writes() if write.word == "offline"]
    assert made.reads() == [] and all(write.result == "ok" for write in made.writes())
    assert not {entry.word for entry in made.kernel() if entry.path.endswith("/state")} & {"offline"}
    assert len(offlined) == sum(block["before"] == "online" for block in result.json()["blocks"])


@pytest.mark.parametrize("name, device, blocks, path, word", REMOVABLE)
def test_a_dry_run_shows_each_step_and_does_none(machine: Any, name: str, device: str, blocks: range, path: str,
                                                 word: str) -> None:
    made = machine(name)
    result = made.memhpctl("remove", "-n", device)
    assert result.rc == 0 and made.begun() == []
    assert f"would write '{word}' to " in result.out.splitlines()[-1] and result.out.splitlines()[-1].endswith(path)
    document = made.memhpctl("remove", "-n", "--json", device).json()
    assert document["devices"][0]["result"] == "planned" and document["devices"][0]["steps"][0]["value"] == word


@pytest.mark.parametrize("name, words, blocks, says", [
    ("virtio-mem", ["virtio0"], [32, 36, 39], "requested-size"),
    ("hyperv", ["40"], [40], "Hyper-V"),
    ("xen", ["3"], [3], "xl mem-set"),
    ("s390-old", ["1"], [1], "this kernel can only take it offline"),
    ("x86-dimm", ["3"], [3], "nothing on this system can remove memory that belongs to no known device"),
])
def test_what_cannot_be_removed_is_refused_before_anything(machine: Any, name: str, words: list[str], blocks: list[int],
                                                           says: str) -> None:
    """And not taken offline: there is a command for that, which is named."""
    made = machine(name)
    before = made.states()
    for option in ([], ["--atomic"], ["-n"]):
        result = made.memhpctl("remove", "--json", *option, *words)
        assert result.rc == 1 and says in result.err
        assert (device_of(result)["result"], device_of(result)["cause"]) == ("refused", "not-removable")
    assert made.begun() == [] and made.states() == before
    hint = re.search(r"to take it offline instead: memhpctl (offline [0-9,-]+)", result.err)
    assert hint
    assert made.memhpctl(*hint[1].split()).rc == 0 and {made.state(number) for number in blocks} == {"offline"}


def test_a_dry_run_ends_as_the_run_would(machine: Any) -> None:
    made = machine("virtio-mem", blocks={"200-207": "online zone=Movable acpi=PNP0C80:00"})
    assert made.memhpctl("remove", "-n", "PNP0C80:00").rc == 0
    only_offline = made.memhpctl("remove", "-n", "virtio0")
    assert only_offline.rc == 1 and "to take it offline" in only_offline.err
    assert made.memhpctl("remove", "-n", "virtio0", "PNP0C80:00").rc == 64
    nothing = made.memhpctl("remove", "-n", "--atomic", "virtio0", "PNP0C80:00")
    assert nothing.rc == 1 and nothing.out == "" and "PNP0C80:00 (memory200-207, 8 blocks, 1G): skipped" in nothing.err
    # What is so already is not skipped.
    made = machine("virtio-mem", blocks={"200-203": "online zone=Movable acpi=PNP0C80:00", "204-207": 'offline zones="Movable Normal" acpi=PNP0C80:00'})
    for dry in (["-n"], []):
        blocks = made.memhpctl("remove", *dry, "--atomic", "--json", "virtio0", "PNP0C80:00").json()["blocks"]
        assert [block["result"] for block in blocks] == ["skipped"] * 4 + ["already"] * 4
    assert made.begun() == []
    # A block in several zones keeps its device.
    made = machine("x86-dimm", blocks={"33": "online zone=none acpi=PNP0C80:00"})
    kept = made.memhpctl("remove", "-n", "--json", DIMM)
    assert kept.rc == 64 and device_of(kept)["result"] == "failed" and device_of(kept)["cause"] == "zones"
    assert made.memhpctl("remove", "-n", "--atomic", DIMM).rc == 1
    assert made.begun() == []


def test_part_of_a_device_is_refused_or_taken_whole(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("remove", "32-34", "37")
    assert result.rc == 2 and "35-36,38-39" in result.err and "--whole-device" in result.err and made.begun() == []
    assert made.memhpctl("remove", "--state=offline", DIMM).rc == 2
    assert made.memhpctl("remove", "--whole-device", "32").rc == 0
    assert not made.exists(39)


def test_an_amount_takes_the_device_whose_pages_can_move(machine: Any) -> None:
    two = {"32-39": "online zone=Movable", "40-47": "online zone=Movable acpi=PNP0C80:01"}
    made = machine("x86-dimm", blocks=two, lines="pages 32 buddy=1\npages 47 reserved=1")
    assert "PNP0C80:00/eject" in made.memhpctl("remove", "--size=1G", "--dry-run").out
    assert "PNP0C80:01/eject" in machine("x86-dimm", blocks=two).memhpctl("remove", "--size=1G", "--dry-run").out


def test_an_amount_takes_whole_devices(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("remove", "--size", "512M")
    assert result.rc == 1 and "no removable device fits into 512M" in result.err
    assert made.begun() == []
    result = made.memhpctl("remove", "--size", "1G", "--json")
    assert result.rc == 0, result.err
    assert [device["device"] for device in result.json()["devices"]] == ["PNP0C80:00"]
    assert not any(made.exists(number) for number in range(32, 40))


# PNP0C80:00 and :01 as two DIMMs that are equally good: the higher one is tried first. Likewise with three.
TWO = {"32-39": "online zone=Movable", "40-47": "online zone=Movable acpi=PNP0C80:01"}
THREE = {**TWO, "48-55": "online zone=Movable acpi=PNP0C80:02"}


def dimms(machine: Any, blocks: dict[str, str]) -> Any:
    """A machine with those DIMMs in its slots."""
    return machine("x86-dimm", blocks=blocks, lines="acpi PNP0C80:01-02 status=15\ndir /run\nfile /proc/sys/kernel/random/boot_id 6e1a8f8c")


@pytest.mark.parametrize("atomic", [[], ["--atomic"]])
def test_an_amount_takes_another_device_for_one_that_fails(machine: Any, atomic: list[str]) -> None:
    made, rule = dimms(machine, TWO), "memory43 offline EBUSY always"
    words = ["remove", "--size=1G", "--retries=0", *atomic]
    result = made.memhpctl(*words, rules=rule)
    assert (result.rc, result.complaints) == (0, "")
    assert result.out == "PNP0C80:00: removed (memory32-39, 8 blocks, 1G)\n"
    assert not any(made.exists(number) for number in range(32, 40))
    # Nobody asked for just this one: it is as it was, and nobody hears of it, but in the JSON.
    assert {made.state(number) for number in range(40, 48)} == {"online"} and zones_of(made, range(40, 48)) == {"Movable"}
    explained = made.memhpctl("explain", "40-47", "--json").json()["blocks"]
    assert [block["block"] for block in explained if block["last_failure"]] == [43]
    document = dimms(machine, TWO).memhpctl(*words, "--json", rules=rule).json()
    assert [(device["device"], device["result"]) for device in document["devices"]] == [
        ("PNP0C80:01", "passed-over"), ("PNP0C80:00", "removed")]
    assert {block["result"] for block in document["blocks"] if block["block"] >= 40} == {"passed-over"}
    assert (document["totals"]["changed"], document["totals"]["passed_over"]) == (8, 8)


def test_an_amount_that_is_not_reached_says_what_held_it(machine: Any) -> None:
    made = dimms(machine, TWO)
    result = made.memhpctl("remove", "--size=2G", "--retries=0", rules="memory43 offline EBUSY always")
    assert result.rc == 64 and "PNP0C80:00: removed" in result.out
    assert "PNP0C80:01 (memory40-47, 8 blocks, 1G): failed: EBUSY: memory43 is online" in result.err
    assert "nothing else makes up the missing 1G" in result.err
    assert not made.exists(32) and {made.state(number) for number in range(40, 48)} == {"online"}
    made = dimms(machine, TWO)
    result = made.memhpctl("remove", "--size=1G", "--retries=0", rules="memory3* offline EBUSY always\nmemory4* offline EBUSY always")
    assert result.rc == 75 and set(made.states().values()) == {"online"}
    assert result.err.count(": failed: EBUSY: memory") == 2


def test_an_atomic_amount_begins_anew(machine: Any) -> None:
    made = dimms(machine, THREE)
    result = made.memhpctl("remove", "--size=2G", "--retries=0", "--atomic", "--json", rules="memory53 offline EBUSY always")
    assert result.rc == 0
    # PNP0C80:01 was put back with the one that would not go, and taken again with another: that is what is told of it.
    assert [(device["device"], device["result"]) for device in result.json()["devices"]] == [
        ("PNP0C80:02", "passed-over"), ("PNP0C80:00", "removed"), ("PNP0C80:01", "removed")]
    assert [block["block"] for block in result.json()["blocks"]] == list(range(32, 56))
    assert sorted(number for number in made.states() if number >= 32) == list(range(48, 56))
    assert {made.state(number) for number in range(48, 56)} == {"online"}


@pytest.mark.parametrize("atomic", [[], ["--atomic"]])
def test_an_amount_is_not_looked_for_while_the_kernel_may_still_remove_a_device(machine: Any, atomic: list[str]) -> None:
    made = dimms(machine, TWO)
    result = made.memhpctl("remove", "--size=1G", "--block-timeout=5s", "--json", *atomic, rules="PNP0C80:01 eject delay 15s")
    (device,) = result.json()["devices"]
    assert (result.rc, device["device"], device["cause"]) == (64, "PNP0C80:01", "pending")
    assert {made.state(number) for number in range(40, 48)} == {"offline"}
    made.wait_for(lambda: not made.exists(40))
    assert {made.state(number) for number in range(32, 40)} == {"online"}


def test_an_amount_leaves_out_what_is_refused(machine: Any) -> None:
    """In the run and in the dry run; where there is nothing else, it says why."""
    made = machine("x86-dimm", blocks=TWO, lines="acpi PNP0C80:01 status=15 eject=no")
    assert "PNP0C80:00/eject" in made.memhpctl("remove", "--size=1G", "-n").out
    both = made.memhpctl("remove", "--size=2G", "-n")
    assert both.rc == 64 and "PNP0C80:00/eject" in both.out and "PNP0C80:01 (memory40-47, 8 blocks, 1G): refused" in both.err
    result = made.memhpctl("remove", "--size=1G", "--json")
    assert result.rc == 0 and device_of(result)["device"] == "PNP0C80:00" and made.exists(40)


def test_an_amount_takes_what_is_offline_first(machine: Any) -> None:
    made = dimms(machine, {**TWO, "32-39": "offline zones=\"Normal Movable\""})
    dry = made.memhpctl("remove", "--size=1G", "-n")
    assert dry.rc == 0 and "PNP0C80:00/eject" in dry.out and "offline to" not in dry.out
    # What is not selected is not taken along.
    made = dimms(machine, {"36-39": "online zone=Movable", "32-35": "absent", "40-43": "online zone=Movable acpi=PNP0C80:01",
                           "44-47": "offline zones=\"Normal Movable\" acpi=PNP0C80:01"})
    result = made.memhpctl("remove", "--size=512M", "--state=online", "--json")
    assert result.rc == 0 and device_of(result)["device"] == "PNP0C80:00" and made.exists(44)


def test_the_time_that_is_over_while_a_device_is_put_back_ends_the_search(machine: Any) -> None:
    made = dimms(machine, TWO)
    made.rules("memory43 offline EBUSY always\nmemory40 online_movable hang")
    process = made.start("remove", "--size=1G", "--retries=0", "--block-timeout=3s", "--json")
    made.wait_for(lambda: any(entry.name == "memory40/state" and entry.word == "online_movable" for entry in made.begun()))
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert [device["device"] for device in json.loads(out)["devices"]] == ["PNP0C80:01"]


def test_a_device_that_nobody_touched_is_not_called_rolled_back(machine: Any) -> None:
    made = dimms(machine, TWO)
    result = made.memhpctl("remove", "--atomic", "--retries=0", "--json", "PNP0C80:00", "PNP0C80:01", rules="memory33 offline EBUSY always")
    assert result.rc == 75
    assert [device["result"] for device in result.json()["devices"]] == ["failed", "skipped"]


def test_an_amount_is_not_looked_for_without_permission(machine: Any) -> None:
    made = dimms(machine, TWO)
    for number in range(40, 48):
        made.path(f"memory{number}/state").chmod(0o444)
    result = made.memhpctl("remove", "--size=1G")
    assert result.rc == 77 and made.begun() == []


def test_a_removal_without_room_is_refused(machine: Any) -> None:
    meminfo = "MemTotal: 3145728 kB\nMemFree: 0 kB\nMemAvailable: 65536 kB\nHardwareCorrupted: 0 kB\n"
    made = machine("x86-dimm", lines="\n".join(f"pages {number} lru+anon=32768" for number in range(32, 36)), files={"/proc/meminfo": meminfo})
    result = made.memhpctl("remove", "PNP0C80:00")
    assert result.rc == 1 and "free" in result.err
    assert made.begun() == [] and made.exists(32)


def test_a_disabled_eject_is_refused_before_anything_is_done(machine: Any) -> None:
    made = machine("x86-dimm", files={"/sys/firmware/acpi/hotplug/memory/enabled": "0"})
    result = made.memhpctl("remove", DIMM, "--json")
    assert result.rc == 1 and "write 1 to" in result.err and made.begun() == []
    assert device_of(result)["result"] == "refused"


def test_a_firmware_without_eject_is_refused(machine: Any) -> None:
    made = machine("x86-dimm", absent=["/sys/bus/acpi/devices/PNP0C80:00/eject"])
    result = made.memhpctl("remove", DIMM)
    assert result.rc == 1 and "_EJ0" in result.err and made.begun() == []


@pytest.mark.parametrize("atomic", [False, True])
def test_a_block_that_stays_online_keeps_the_device(machine: Any, atomic: bool) -> None:
    made = machine("x86-dimm")
    made.rules("memory34 offline EBUSY always")
    options = ["--retries=0", "--json"] + (["--atomic"] if atomic else [])
    result = made.memhpctl("remove", DIMM, *options)
    assert result.rc == (75 if atomic else 64)
    assert device_of(result)["result"] == "failed" and result.json()["result"] == ("rolled-back" if atomic else "partial")
    assert "memory34" in device_of(result)["reason"]
    assert [write for write in made.begun() if write.path.endswith("eject")] == []
    if atomic:
        assert {made.state(number) for number in range(32, 36)} == {"online"}
        assert zones_of(made, range(32, 36)) == {"Movable"}


@pytest.mark.parametrize("atomic", [False, True])
def test_an_eject_that_does_not_end_is_left_alone(machine: Any, atomic: bool) -> None:
    """The kernel may still carry it out, and would take blocks offline by itself that come online now, without a deadline."""
    runs = tries(machine, "x86-dimm", "remove", DIMM, *(["--atomic"] if atomic else []), rules=f"{DIMM} eject fail",
                 option="--block-timeout")
    # With a limit that is too short for the machine there is no eject.
    made, result = fitting(runs, lambda one: any(write.path.endswith("eject") for write in one[0].begun()))
    device = device_of(result)
    assert (result.rc, device["result"], device["cause"]) == (64, "failed", "pending") and "left offline" in device["reason"]
    assert {made.state(number) for number in range(32, 40)} == {"offline"}
    # Those that were offline before may go, too.
    assert {(block["result"], block["cause"]) for block in result.json()["blocks"]} == {("changed", "pending"), ("already", "pending")}


def test_zones_that_a_failed_eject_changed_are_put_right(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules(f"{DIMM} eject ignore")
    process = made.start("remove", DIMM, "--json", "--atomic", "--block-timeout=10min")
    made.wait_for(lambda: made.writes() and made.writes()[-1].path.endswith("eject"))
    # Somebody brings memory33 online while the eject is under way, which then fails and puts it into a kernel zone.
    for name, text in (("valid_zones", "Normal"), ("online", "1"), ("state", "online")):
        made.set(f"memory33/{name}", text)
    out, err = process.communicate(timeout=PATIENCE)
    result = Result(process.returncode, out, err, 0)
    assert result.rc != 0
    assert zones_of(made, range(32, 36)) == {"Movable"}
    details = [block["detail"] or "" for block in result.json()["blocks"]]
    assert made.state(33) == "online" and any("moved back to zone Movable" in detail for detail in details)


def test_dax_memory_is_never_stranded(machine: Any) -> None:
    made = machine("dax-kmem")
    made.rules("memory44 offline reonline 0ms always")
    result = made.memhpctl("remove", "dax0.0", "--json")
    assert device_of(result)["result"] == "failed" and "memory44" in device_of(result)["reason"]
    assert result.rc == 64
    assert [write for write in made.begun() if write.path.endswith("unbind")] == []
    assert [entry for entry in made.kernel() if entry.result == "stranded"] == []
    # The way is free again for everybody.
    assert {made.path(f"memory{number}/state").stat().st_mode & 0o777 for number in range(40, 48)} == {0o644}


def test_who_was_faster_than_the_removal_is_named(machine: Any) -> None:
    made = machine("dax-kmem", files={"/proc/812/comm": "agent", "/proc/812/fdinfo/7": "flags:\t0100001"})
    made.path("/proc/812/fd").mkdir()
    made.path("/proc/812/fd/7").symlink_to("/sys/devices/system/memory/memory44/state")
    result = made.memhpctl("remove", "dax0.0", "--json", rules="memory44 offline ignore always")
    assert device_of(result)["result"] == "failed" and result.rc == 64
    assert device_of(result)["reason"] == "memory44 was brought online again, by process 812 (agent); nothing was removed"


def test_one_who_comes_back_once_is_overcome(machine: Any) -> None:
    made = machine("dax-kmem")
    made.rules("memory44 offline reonline 0ms 1")
    result = made.memhpctl("remove", "dax0.0")
    assert result.rc == 0 and not made.exists(44)
    assert [entry for entry in made.kernel() if entry.result == "stranded"] == []


def modes_of(made: Any, blocks: range) -> set[int]:
    """The permissions of the blocks' `state` and `online`."""
    return {made.path(f"memory{number}/{name}").stat().st_mode & 0o777 for number in blocks for name in ("state", "online")}


def test_a_kill_in_the_middle_of_an_unbind_leaves_no_file_without_its_permission(machine: Any) -> None:
    made = machine("dax-kmem")
    made.rules("dax0.0 unbind delay 10s always")
    made.path("memory42/state").chmod(0o660)
    modes = modes_of(made, range(40, 48))
    process = made.start("remove", "dax0.0")
    made.wait_for(lambda: [write for write in made.begun() if write.path.endswith("unbind")])
    assert not any(mode & 0o222 for mode in modes_of(made, range(40, 48)))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    made.wait_for(lambda: modes_of(made, range(40, 48)) == modes)


def test_a_dax_device_goes_and_comes(machine: Any) -> None:
    made = machine("dax-kmem", files={"/sys/module/kmem/initstate": "live"})
    assert made.memhpctl("remove", "dax0.0").rc == 0
    result = made.memhpctl("add", "dax0.0", "--zone=movable", "--json")
    assert result.rc == 0 and device_of(result)["result"] == "added"
    assert {made.state(number) for number in range(40, 48)} == {"online"} and zones_of(made, range(40, 48)) == {"Movable"}
    result = made.memhpctl("add", "dax0.0", "--json")
    assert result.rc == 0 and device_of(result)["result"] == "already"
    # From the other driver.
    assert made.memhpctl("add", "dax1.0").rc == 0 and made.state(64) == "offline"


def test_a_dax_device_that_the_driver_does_not_know_by_name(machine: Any) -> None:
    made = machine("dax-kmem", files={"/sys/module/kmem/initstate": "live"})
    made.rules("dax1.0 bind ENODEV always")
    assert made.memhpctl("add", "dax1.0").rc == 0
    assert [write.path.rpartition("/")[2] for write in made.writes()] == ["unbind", "bind", "new_id"]


def driver_of(made: Any, device: str) -> str:
    """The driver that a dax device is bound to."""
    return os.path.basename(os.readlink(made.path(f"/sys/bus/dax/devices/{device}/driver")))


@pytest.mark.parametrize("rules, says", [
    ("dax1.0 bind EINVAL 1", "EINVAL"),
    ("dax1.0 bind ENODEV 1\ndax1.0 new_id EINVAL", "EINVAL"),
    ("dax1.0 bind ENODEV 1\ndax1.0 new_id ignore", "no memory block appeared"),
    ("dax1.0 bind delay 60s 1", "the deadline passed"),
])
def test_a_dax_device_that_brings_no_memory_goes_back_to_its_driver(machine: Any, rules: str, says: str) -> None:
    def tries() -> Iterator[tuple[Any, Result]]:
        # On a slow machine the first deadline passes before the device was taken from its driver.
        for limit in ("1s", "5s", "20s"):
            made = machine("dax-kmem", files={"/sys/module/kmem/initstate": "live"})
            yield made, made.memhpctl("add", "dax1.0", f"--timeout={limit}", rules=rules)

    made, result = fitting(tries(), lambda one: says in one[1].err and "it was given back to its driver" in one[1].err)
    assert result.rc in (1, 75) and says in result.err and result.err.endswith("; it was given back to its driver\n")
    assert driver_of(made, "dax1.0") == "device_dax"
    # Only to a device that kmem does not know it is told by name.
    assert [write for write in made.begun() if write.path.endswith("new_id")] == [] or "ENODEV" in rules


def test_added_blocks_come_into_the_zone_that_was_asked_for(machine: Any) -> None:
    made = machine("dax-kmem", files={"/sys/module/kmem/initstate": "live", "/sys/devices/system/memory/auto_online_blocks": "online"})
    result = made.memhpctl("add", "-n", "dax0.0", "dax1.0", "--zone=movable")
    assert result.rc == 0 and "dax1.0: would bring its new blocks online (--zone=movable)" in result.out
    assert "would write online_movable to memory47" in result.out and made.begun() == []
    assert made.memhpctl("add", "-n", "dax1.0", "--zone=kernel", "--json").json()["devices"][0]["online_in"] == "kernel"
    result = made.memhpctl("add", "dax1.0", "--zone=movable", "--json")
    assert result.rc == 0 and zones_of(made, range(64, 72)) == {"Movable"}
    # Those that were there before are somebody's.
    result = made.memhpctl("add", "dax1.0", "--zone=kernel", "--json")
    assert result.rc == 1 and zones_of(made, range(64, 72)) == {"Movable"} and "online --rezone" in result.err


@pytest.mark.parametrize("name, device, rule, rc, errno", [
    ("pseries-v1", "drc-80000008", "dlpar remove EINVAL always", 64, "EINVAL"),
    ("pseries-v1", "drc-80000008", "dlpar remove EBUSY always", 64, "EBUSY"),
    ("s390-new", "sclp8", "memory8 config EIO always", 64, "EIO"),
    ("dax-kmem-state", "dax0.0", "dax0.0 state EBUSY always", 64, "EBUSY"),
    ("x86-dimm", DIMM, f"{DIMM} eject ENODEV always", 64, "ENODEV"),
])
def test_the_kernels_errno_is_reported(machine: Any, name: str, device: str, rule: str, rc: int, errno: str) -> None:
    # What is removed behind the write is waited for all the same, until the limit.
    runs = tries(machine, name, "remove", device, rules=rule, option="--block-timeout")
    made, result = fitting(runs, lambda one: device_of(one[1]).get("errno") == errno)
    assert result.rc == rc and device_of(result)["errno"] == errno and device_of(result)["result"] == "failed"


def test_a_removal_that_hangs_ends_at_the_deadline(machine: Any) -> None:
    runs = tries(machine, "pseries-v1", "remove", "drc-80000008", rules="dlpar remove delay 3600s always", option="--timeout")
    made, result = fitting(runs, lambda one: any(write.path.endswith("dlpar") for write in one[0].begun()))
    assert result.rc == 64 and device_of(result)["cause"] in ("deadline", "lock", "stuck")
    assert device_of(result)["result"] == "failed" and made.exists(8)


@pytest.mark.parametrize("name, words, rc, says", [
    ("s390-new", ["12"], 0, "sclp12: added"),
    ("pseries-v2", ["drc-8000000c", "drc-8000000d"], 0, "drc-8000000d: added"),
    ("pseries-v1", ["--force", "0xc0000000"], 0, "0xc0000000: added"),
    ("pseries-v1", ["0xc0000000"], 2, "--force"),
    ("pseries-v1", ["--force", "0xc0000001"], 2, "block boundary"),
    ("pseries-v1", ["--force", "0x10000000"], 0, "0x10000000: already there (memory1, 1 block, 256M)"),
    ("pseries-v1", ["0x10000000"], 0, "0x10000000: already there (memory1, 1 block, 256M)"),
    ("pseries-v1", ["drc-80000008"], 0, "drc-80000008: already there (memory8, 1 block, 256M)"),
    ("x86-dimm", [DIMM], 0, f"{DIMM}: already there (memory32-39, 8 blocks, 1G)"),
    ("s390-new", ["8"], 0, "sclp8: already there (memory8, 1 block, 256M)"),
    ("x86-dimm", ["--force", "0x200000000"], 1, "CONFIG_ARCH_MEMORY_PROBE"),
    ("x86-dimm", ["dax0.0"], 2, "'dax0.0'"),
    ("x86-dimm", [], 2, "nothing is selected"),
])
def test_add(machine: Any, name: str, words: list[str], rc: int, says: str) -> None:
    result = machine(name).memhpctl("add", *words)
    assert result.rc == rc and says in result.out + result.err


@pytest.mark.parametrize("name, device, blocks, path, word", REMOVABLE)
def test_what_is_gone_already_is_done(machine: Any, name: str, device: str, blocks: range, path: str, word: str) -> None:
    made = machine(name)
    assert made.memhpctl("remove", device).rc == 0
    before = made.begun()
    # The slot is empty; other devices are still there, without memory.
    says = "already gone" if device == DIMM else "has no memory blocks"
    for words in ([device], ["-n", device], [device, device], ["--atomic", device]):
        result = made.memhpctl("remove", *words)
        assert (result.rc, result.out, result.err) == (0, f"{device}: {says}\n", ""), result
    result = made.memhpctl("remove", "--json", device)
    assert result.rc == 0 and result.json()["result"] == "done" and result.json()["blocks"] == []
    assert (device_of(result)["device"], device_of(result)["result"], device_of(result)["blocks"]) == (device, "already", [])
    assert made.begun() == before


@pytest.mark.parametrize("name, words", [("x86-dimm", ["PNP0C80:01"]), ("pseries-v1", ["drc-8000000c"]), ("s390-new", ["sclp12"]),
                                         ("s390-new", ["12"]), ("dax-kmem", ["dax1.0"]), ("dax-small", ["dax0.0"]), ("dax-nonode", ["dax0.0"])])
def test_what_was_never_there_is_done(machine: Any, name: str, words: list[str]) -> None:
    """The machine has a place for it."""
    made = machine(name)
    result = made.memhpctl("remove", *words)
    assert result.rc == 0 and made.begun() == []
    assert result.out.endswith(": already gone\n" if name == "x86-dimm" else ": has no memory blocks\n")


@pytest.mark.parametrize("name, word", [("x86-dimm", "PNP0C80:08"), ("x86-dimm", "dax0.0"), ("x86-dimm", "12345"), ("pseries-v1", "drc-8000ffff"),
                                        ("s390-new", "99"), ("dax-kmem", "dax7.0"), ("dax-kmem", "virtio7")])
def test_what_cannot_be_there_is_a_mistake(machine: Any, name: str, word: str) -> None:
    result = machine(name).memhpctl("remove", word)
    assert result.rc == 2 and f"'{word}'" in result.err


def test_one_is_gone_and_the_other_goes(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("remove", "PNP0C80:01", DIMM)
    assert result.rc == 0 and result.out.splitlines()[-2:] == [f"{DIMM}: removed (memory32-39, 8 blocks, 1G)", "PNP0C80:01: already gone"]


def test_stranded_memory_is_not_gone(machine: Any) -> None:
    """Without its driver a device looks removed; its blocks say that it is not."""
    made = machine("dax-kmem")
    made.path("/sys/bus/dax/devices/dax0.0/driver").unlink()
    result = made.memhpctl("remove", "dax0.0")
    assert result.rc == 1 and "already" not in result.out and made.begun() == []


def test_devices_are_listed(machine: Any) -> None:
    made = machine("mixed")
    devices = {device["device"]: device for device in made.memhpctl("list", "--devices", "--json").json()["devices"]}
    assert list(devices) == [DIMM, "PNP0C80:01", "dax0.0", "virtio3"]
    assert [device["provider"] for device in devices.values()] == ["acpi", "acpi", "dax", "virtio"]
    assert devices["virtio3"]["blocks"] == list(range(64, 70)) and devices["virtio3"]["removable"] is False
    assert devices["dax0.0"]["nodes"] == [2] and devices["dax0.0"]["size"] == 1 << 30
    table = made.memhpctl("list", "--devices", "--noheadings", "64").out.split()
    assert table == ["virtio3", "virtio", "64-69", "768M", "1", "online", "-", "no", "-"]
    assert made.memhpctl("list", "-r", "--noheadings", "-o", "BLOCKS,PROVIDER", "dax0.0").out == "128-135 dax\n"


def test_several_devices_one_of_which_stays(machine: Any) -> None:
    made = machine("mixed")
    made.rules("memory36 offline EBUSY always")
    result = made.memhpctl("remove", DIMM, "PNP0C80:01", "--json", "--retries=0")
    assert result.rc == 64
    assert [device["result"] for device in result.json()["devices"]] == ["failed", "removed"]
    assert made.exists(32) and not made.exists(40)


@pytest.mark.parametrize("offline, failing", [(range(32, 40), 41), (range(40, 44), 33)])
def test_all_or_nothing_keeps_a_device_whose_blocks_were_offline_already(machine: Any, offline: range, failing: int) -> None:
    made = machine("mixed", blocks={"32-43": "online zone=Movable", f"{offline[0]}-{offline[-1]}": 'offline zones="Movable Normal"'})
    made.rules(f"memory{failing} offline EBUSY always")
    result = made.memhpctl("remove", "--atomic", "--retries=0", "--json", DIMM, "PNP0C80:01")
    assert result.rc == 75 and result.json()["result"] in ("try-again", "rolled-back")
    assert sorted(device["result"] for device in result.json()["devices"]) == ["failed", "skipped"]
    assert [write for write in made.begun() if write.path.endswith("eject")] == []
    assert {number: made.state(number) for number in range(32, 44)} == \
           {number: "offline" if number in offline else "online" for number in range(32, 44)}


@pytest.mark.parametrize("name, device, blocks, path, word", REMOVABLE)
def test_a_removal_waits_for_the_lock_where_it_can_still_be_ended(machine: Any, name: str, device: str, blocks: range, path: str,
                                                                 word: str) -> None:
    made = machine(name, blocks={f"{blocks[0]}-{blocks[-1]}": 'offline zones="Movable Normal"'})
    with made.lock_held():
        result = made.memhpctl("remove", device, "--timeout=500ms", "--json")
        assert result.rc == 75 and device_of(result)["cause"] == "lock"
        result = made.memhpctl("remove", device, "--block-timeout=500ms", "--json")
        assert result.rc == 75 and device_of(result)["cause"] == "lock"
        process = made.start("remove", device)
        made.wait_for(lambda: len(made.begun()) == 3)
        process.send_signal(signal.SIGINT)
        process.communicate()
        assert process.returncode == 128 + signal.SIGINT
    # Nothing was asked of the kernel that it might come to later.
    assert {write.word for write in made.begun()} == {"offline"}
    assert made.memhpctl("remove", device).rc == 0


def test_an_eject_that_the_kernel_refuses_is_not_waited_for(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules(f"{DIMM} eject ENODEV always")
    result = made.memhpctl("remove", DIMM)
    assert result.rc == 64 and result.seconds < 10 and "ENODEV" in result.err


def test_a_skipped_device_says_why(machine: Any) -> None:
    made = machine("mixed", blocks={"32-43": 'offline zones="Movable Normal"'})
    made.rules(f"{DIMM} eject fail")
    result = made.memhpctl("remove", DIMM, "PNP0C80:01", "--timeout=1s", "--json")
    second = result.json()["devices"][1]
    assert result.rc == 75 and (second["result"], second["cause"]) == ("skipped", "deadline") and "deadline" in second["reason"]
    assert "PNP0C80:01 (memory40-43, 4 blocks, 512M): skipped: the deadline passed" in result.err


def test_what_can_be_removed_is_what_remove_would_try(machine: Any) -> None:
    def removable(made: Any) -> dict[str, bool]:
        return {device["device"]: device["removable"] for device in made.memhpctl("list", "--devices", "--json").json()["devices"]}

    assert removable(machine("x86-dimm")) == {DIMM: True}
    assert removable(machine("x86-dimm", absent=[f"/sys/bus/acpi/devices/{DIMM}/eject"])) == {DIMM: False}
    assert removable(machine("x86-dimm", files={"/sys/firmware/acpi/hotplug/memory/enabled": "0"})) == {DIMM: False}
    # The second has no memory to take away.
    assert removable(machine("dax-kmem")) == {"dax0.0": True, "dax1.0": False}


def test_a_device_that_only_the_host_fills_is_not_to_be_added(machine: Any) -> None:
    result = machine("virtio-mem", blocks={"32-39": "absent"}).memhpctl("remove", "virtio0")
    assert result.rc == 2 and "memhpctl add" not in result.err and "the host" in result.err


def test_status_names_the_back_ends(machine: Any) -> None:
    made = machine("mixed", files={"/sys/module/kmem/initstate": "live", "/sys/module/virtio_mem/parameters/unplug_online": "Y"})
    providers = {one["provider"]: one for one in made.memhpctl("status", "--json").json()["providers"]}
    assert list(providers) == ["acpi", "dax", "virtio"]
    assert {one["module"]: one["state"] for one in providers["dax"]["modules"]}["kmem"] == "loaded"
    assert providers["virtio"]["modules"] == [{"module": "virtio_mem", "state": "built-in"}]
    assert providers["virtio"]["can_remove"] is False and providers["dax"]["can_add"] is True


def test_a_block_that_cannot_be_read_is_not_gone(machine: Any) -> None:
    made = machine("s390-new")
    made.rules("memory8 config delay 2s\nmemory8 config ignore always")
    process = made.start("remove", "sclp8", "--json")
    made.wait_for(lambda: [write for write in made.begun() if write.path.endswith("config")])
    made.path("memory8/state").unlink()
    made.path("memory8/state").mkdir()
    out, err = process.communicate(timeout=PATIENCE)
    result = Result(process.returncode, out, err, 0)
    assert device_of(result)["result"] == "failed" and "EISDIR" in device_of(result)["reason"]
    assert result.rc == 64


def test_a_device_of_which_nothing_is_known_is_not_passed_over(machine: Any) -> None:
    made = machine("s390-new")
    made.rules("memory9 config delay 2s\nmemory9 config ignore always")
    process = made.start("remove", "--size=256M", "8-9", "--json")
    made.wait_for(lambda: [write for write in made.begun() if write.path.endswith("config")])
    made.path("memory9/state").unlink()
    made.path("memory9/state").mkdir()
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 64, (out, err)
    results = {device["device"]: (device["result"], device["cause"]) for device in Result(0, out, err, 0).json()["devices"]}
    assert results == {"sclp9": ("failed", "unreadable"), "sclp8": ("removed", None)}


def test_memory_that_cannot_be_read_is_not_unplugged(machine: Any) -> None:
    """Before the removal, too: what is not known to be offline stays."""
    made = machine("dax-kmem")
    made.rules("memory40 offline delay 2s")
    process = made.start("remove", "dax0.0", "--json")
    made.wait_for(lambda: made.state(40) == "going-offline")
    # That it went offline has been read back by then.
    time.sleep(0.5)
    made.path("memory44/state").unlink()
    made.path("memory44/state").mkdir()
    out, err = process.communicate(timeout=PATIENCE)
    result = Result(process.returncode, out, err, 0)
    assert device_of(result)["result"] == "failed" and "memory44" in device_of(result)["reason"]
    assert [write for write in made.begun() if write.path.endswith("unbind")] == []


@pytest.mark.parametrize("name, device, path", [
    ("x86-dimm", "PNP0C80:00", "/sys/bus/acpi/devices/PNP0C80:00/eject"), ("dax-kmem", "dax0.0", "/sys/bus/dax/drivers/kmem/unbind"),
    ("dax-kmem-state", "dax0.0", "/sys/bus/dax/devices/dax0.0/state"), ("pseries-v2", "drc-80000008", "/sys/kernel/dlpar")])
@pytest.mark.parametrize("option", [[], ["--atomic"]], ids=["", "atomic"])
def test_a_dry_run_asks_whether_the_device_may_be_removed(machine: Any, name: str, device: str, path: str, option: list[str]) -> None:
    """And the run does not take the blocks offline for nothing."""
    made = machine(name)
    made.path(path).chmod(0o444)
    before = made.states()
    dry = made.memhpctl("remove", "-n", *option, device, "--json")
    assert dry.rc == 77 and dry.json()["devices"][0]["result"] == "refused" and dry.json()["devices"][0]["cause"] == "access", dry
    assert path.rsplit("/", 1)[1] in dry.json()["devices"][0]["reason"]
    run = made.memhpctl("remove", *option, device, "--json")
    assert run.rc == 77 and made.states() == before and not made.begun(), run


@pytest.mark.parametrize("name", ["dax-kmem", "dax-kmem-state"])
def test_a_device_that_its_driver_has_without_blocks_can_be_removed(machine: Any, name: str) -> None:
    """remove ended with 2, "add adds them", while wait --for=absent said that it is there."""
    made = machine(name, blocks={"40-47": "absent"})
    assert made.memhpctl("wait", "--for=absent", "--timeout=10ms", "dax0.0").rc == 75
    dry = made.memhpctl("remove", "-n", "dax0.0")
    assert dry.rc == 0 and dry.out.startswith("dax0.0: would write "), dry
    result = made.memhpctl("remove", "--json", "dax0.0")
    assert result.rc == 0 and [(one["device"], one["result"]) for one in result.json()["devices"]] == [("dax0.0", "removed")], result
    assert made.memhpctl("wait", "--for=absent", "--timeout=10ms", "dax0.0").rc == 0
    again = made.memhpctl("remove", "dax0.0")
    assert (again.rc, again.out) == (0, "dax0.0: has no memory blocks\n"), again


@pytest.mark.parametrize("words", [["PNP0C80:00", "--node=1"], ["--device=dax0.0", "32-39"], ["PNP0C80:00", "--state=offline", "-n"]])
def test_nothing_to_remove_is_said(machine: Any, words: list[str]) -> None:
    result = machine("mixed").memhpctl("remove", *words)
    assert (result.rc, result.out, result.err) == (0, "remove: no block matches\n", "")


@pytest.mark.parametrize("words, there", [(["--size=100G"], "only 2.5G"), (["--size=1G", "virtio3"], "none"),
                                          (["--size=1G", "32-35"], "none"), (["--size=1G", "PNP0C80:01"], "only 512M")])
def test_an_amount_that_is_not_there_is_counted_in_whole_devices(machine: Any, words: list[str], there: str) -> None:
    """Blocks that were offline, belonged to no device or could not be removed were "online and could go offline"."""
    result = machine("mixed").memhpctl("remove", "--dry-run", *words)
    assert result.rc == 1 and f"{there} of the selected memory belongs to whole devices that this system can remove" in result.err, result
