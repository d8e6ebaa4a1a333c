# SPDX-License-Identifier: GPL-2.0-or-later
"""CXL memory devices and regions around dax devices, on a described machine. libcxl itself runs in tests/vm/test_cxl.py."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from machine import Result

BLOCKS = range(594, 602)
BUS = "/sys/bus/cxl/devices"
KEPT = "its CXL region region0 stays set up: "


def rows(result: Result) -> dict[str, list[str]]:
    """The table of list --devices, by device."""
    return {words[0]: words for words in (line.split() for line in result.out.splitlines()[1:])}


def devices(made: Any) -> dict[str, dict[str, Any]]:
    """The objects of list --devices, by device."""
    return {device["device"]: device for device in made.memhpctl("list", "--devices", "--json").json()["devices"]}


def test_each_device_is_shown_as_what_it_is(machine: Any) -> None:
    made = machine("cxl")
    result = made.memhpctl("list", "--devices")
    assert result.rc == 0 and result.err == "" and result.out.splitlines()[0].split()[-1] == "SERIAL"
    table = rows(result)
    assert table["dax0.0"] == ["dax0.0", "dax", "594-601", "1G", "1", "online", "kmem", "yes", "-", "0xc0ffee"]
    assert table["region0"] == ["region0", "cxl", "594-601", "1G", "1", "online", "cxl_region", "yes", "-", "0xc0ffee"]
    assert table["mem0"] == ["mem0", "cxl", "594-601", "1G", "1", "online", "cxl_mem", "yes", "-", "0xc0ffee"]
    assert table["mem1"] == ["mem1", "cxl", "-", "1G", "-", "-", "cxl_mem", "no", "1G", "0xbeef"]
    found = devices(made)
    assert {name: device["within"] for name, device in found.items()} == {
        "dax0.0": ["region0"], "region0": ["mem0"], "mem0": [], "mem1": []}
    assert {name: device["serials"] for name, device in found.items()} == {
        "dax0.0": ["0xc0ffee"], "region0": ["0xc0ffee"], "mem0": ["0xc0ffee"], "mem1": ["0xbeef"]}


def test_a_machine_without_serial_numbers_has_no_column_for_them(machine: Any) -> None:
    assert "SERIAL" not in machine("dax-kmem").memhpctl("list", "--devices").out


def test_an_interleaved_region_has_the_serial_numbers_of_all(machine: Any) -> None:
    made = machine("cxl", lines="file /sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0/target1 decoder3.0\n")
    found = devices(made)
    assert found["dax0.0"]["serials"] == found["region0"]["serials"] == ["0xc0ffee", "0xbeef"]
    assert found["region0"]["within"] == ["mem0", "mem1"] and found["mem1"]["blocks"] == list(BLOCKS)


def test_the_blocks_are_the_dax_devices_and_selected_by_each(machine: Any) -> None:
    made = machine("cxl")
    for word in ("mem0", "region0", "dax0.0"):
        assert [block["device"] for block in made.memhpctl("list", "-a", word, "--json").json()["blocks"]] == ["dax0.0"] * 8
        assert made.memhpctl("offline", "-n", "--all", f"--device={word}", "--json").json()["totals"]["blocks"] == 8


def test_memory_is_told_of_once(machine: Any) -> None:
    assert [one["device"] for one in machine("cxl").memhpctl("explain", "mem0", "--json").json()["devices"]] == ["dax0.0"]
    made = machine("cxl", lines="dax dax0.0 driver=-\n")
    findings = [one for one in made.memhpctl("status", "--json").json()["findings"] if one["finding"] == "stuck"]
    assert [one["about"] for one in findings] == ["dax0.0"]
    assert made.memhpctl("remove", "mem0").rc == 1 and made.begun() == []


@pytest.mark.parametrize("word", ["mem0", "region0", "dax0.0", "594-601"])
def test_a_removal_takes_the_region_along(machine: Any, word: str) -> None:
    made = machine("cxl")
    result = made.memhpctl("remove", "-n", word)
    assert result.rc == 0 and result.err == "" and made.begun() == []
    assert result.out.splitlines()[-2:] == ["dax0.0: would write 'dax0.0' to /sys/bus/dax/drivers/kmem/unbind",
                                            "dax0.0: then libcxl disables, decommits and deletes region0"]
    (device,) = made.memhpctl("remove", "-n", word, "--json").json()["devices"]
    assert [(step["value"], step["call"] is None) for step in device["steps"]] == [("dax0.0", True), ("region0", False)]


def test_memory_that_is_gone_while_its_region_is_not_is_a_failure(machine: Any) -> None:
    # libcxl changes the running system only, so that this step fails here.
    made = machine("cxl")
    result = made.memhpctl("remove", "--json", "mem0")
    (device,) = result.json()["devices"]
    assert result.rc == 64 and (device["result"], device["errno"]) == ("failed", "ENOSYS")
    assert device["reason"].startswith("its memory is removed, but not all of it is taken apart: ")
    assert device["reason"].endswith("; memhpctl remove region0 tries again")
    assert not any(made.exists(number) for number in BLOCKS)
    # The next removal goes on with the region.
    for word in ("mem0", "region0"):
        result = made.memhpctl("remove", "-n", word)
        assert (result.rc, result.out) == (0, f"{word}: then libcxl disables, decommits and deletes region0\n")


@pytest.mark.parametrize("decoder", ["decoder2.0", "decoder1.0", "decoder0.0"])
def test_what_the_firmware_has_locked_is_said_and_stays(machine: Any, decoder: str) -> None:
    made = machine("cxl")
    made.set(f"{BUS}/{decoder}/locked", "1")
    why = f"the firmware has locked {decoder}, a decoder of region0"
    result = made.memhpctl("list", "--devices")
    assert rows(result)["mem0"][7] == rows(result)["region0"][7] == "no" and rows(result)["dax0.0"][7] == "yes"
    assert f"mem0: {why}\n" in result.out
    for word in ("mem0", "region0"):
        result = made.memhpctl("remove", word)
        assert result.rc == 1 and made.begun() == [] and f"{word} cannot be removed: {why}" in result.err
        assert "memhpctl remove dax0.0" in result.err
    assert f"dax0.0: {KEPT}{why}\n" in made.memhpctl("remove", "-n", "dax0.0").out
    result = made.memhpctl("remove", "dax0.0")
    assert result.rc == 0 and result.out.endswith(f"; {KEPT}{why}\n")
    assert not any(made.exists(number) for number in BLOCKS)


def test_a_region_that_somebody_else_uses_stays(machine: Any) -> None:
    region = "/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0/dax_region0"
    made = machine("cxl", lines=f"dax dax0.1 at={region} range=0x12d0000000-0x12dfffffff node=1 driver=device_dax\n")
    why = "the driver device_dax uses dax0.1, which is in region0 too"
    result = made.memhpctl("remove", "mem0")
    assert result.rc == 1 and made.begun() == [] and why in result.err
    result = made.memhpctl("remove", "dax0.0")
    assert result.rc == 0 and KEPT + why in result.out


def test_a_region_that_is_left_gives_its_memory_again(machine: Any) -> None:
    made = machine("cxl")
    made.set(f"{BUS}/decoder0.0/locked", "1")
    assert made.memhpctl("remove", "dax0.0").rc == 0
    result = made.memhpctl("add", "--zone=movable", "mem0")
    assert result.rc == 0 and "mem0: added (memory594-601, 8 blocks, 1G)" in result.out
    assert made.memhpctl("add", "region0").out == "region0: already there (memory594-601, 8 blocks, 1G)\n"


def test_a_region_is_made_for_a_memory_device_without_one(machine: Any) -> None:
    made = machine("cxl", files={"/sys/devices/system/memory/auto_online_blocks": "online"})
    result = made.memhpctl("add", "-n", "--zone=movable", "mem1")
    assert (result.rc, result.err) == (0, "") and made.begun() == []
    assert result.out.splitlines() == ["mem1: then libcxl creates and enables a region on mem1",
                                       "mem1: the kernel would need 16M of memory for its memory map",
                                       "mem1: would bring its new blocks online (--zone=movable)"]
    # Here it cannot; the kernel's knob is as it was.
    result = made.memhpctl("add", "--zone=movable", "mem1")
    assert result.rc == 1 and "mem1: failed: ENOSYS: " in result.err and made.read("auto_online_blocks") == "online"


@pytest.mark.parametrize("change, says", [
    ("file {mem1}/ram/size 0x0", "it has no volatile memory"), ("absent {mem1}/driver", "it has no driver (cxl_mem)"),
    ("absent {window}/create_ram_region", "Linux 6.3 can"),
])
def test_what_cannot_be_added_says_why(machine: Any, change: str, says: str) -> None:
    line = change.format(mem1="/sys/devices/pci0000:0c/0000:0c:01.0/0000:0e:00.0/mem1",
                         window="/sys/devices/platform/ACPI0017:00/root0/decoder0.0")
    made = machine("cxl", lines=line + "\n")
    assert f"mem1: {says}" in made.memhpctl("list", "--devices").out or says in made.memhpctl("list", "--devices").out
    result = made.memhpctl("add", "mem1")
    assert result.rc == 1 and made.begun() == [] and says in result.err


def test_a_region_without_memory_devices_or_dax_devices_is_no_obstacle(machine: Any) -> None:
    made = machine("cxl")
    shutil.rmtree(made.path("/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0/dax_region0"))
    for number in BLOCKS:
        made.remove_block(number)
    assert rows(made.memhpctl("list", "--devices"))["region0"][2] == "-"
    assert "no dax device of region0 is free" in made.memhpctl("add", "mem0").err
    assert made.memhpctl("remove", "-n", "region0").out == "region0: then libcxl disables, decommits and deletes region0\n"


def test_status_names_the_provider_where_there_are_cards(machine: Any) -> None:
    def names(name: str) -> set[str]:
        return {one["provider"] for one in machine(name).memhpctl("status", "--json").json()["providers"]}

    assert "cxl" in names("cxl") and "cxl" not in names("dax-kmem")


@pytest.mark.parametrize("condition, fits", [
    ("serial = 0xC0FFEE", True), ("serial = 0x1, 0xc0f*", True), ("serial = 0xbeef", False), ("serial = !0xc0ffee", False),
    ("uuid = *", False), ("uuid = !x", True),
])
def test_a_rule_knows_a_card_by_its_serial_number(machine: Any, condition: str, fits: bool) -> None:
    made = machine("cxl", files={"/etc/memhpctl.conf": f"[rule card]\n{condition}\naction = leave\n"})
    (answer,) = made.memhpctl("policy", "test", "dax0.0", "--json").json()["answers"]
    assert (answer["rule"] == "card") == fits
    if not fits:
        (passed,) = [rule for rule in answer["passed_over"] if rule["rule"] == "card"]
        assert passed["is"] == ("0xc0ffee" if "serial" in condition else "(none)")


def test_a_rule_knows_persistent_memory_by_its_uuid(machine: Any) -> None:
    uuid = "4F6C6B9E-0b7a-4bd5-9b1c-2f4a5a1d7f11"
    namespace = "/sys/devices/LNXSYSTM:00/ndbus0/region0/dax2.0"
    made = machine("dax-kmem", lines=f"blocks 80-87 offline node=1\nfile {namespace}/uuid {uuid}\n"
                   f"dax dax2.0 at={namespace} range=0x280000000-0x2bfffffff node=1 driver=kmem\n",
                   files={"/etc/memhpctl.conf": f"[rule mine]\nuuid = {uuid.lower()}\naction = leave\n"})
    assert [device["uuid"] for device in devices(made).values()] == ["", "", uuid]
    (answer,) = made.memhpctl("policy", "test", "dax2.0", "--json").json()["answers"]
    assert answer["rule"] == "mine"


def test_a_question_can_name_a_serial_number(machine: Any) -> None:
    made = machine("dax-kmem", files={"/etc/memhpctl.conf": "[rule card]\nserial = 0x5\naction = leave\n"})
    (answer,) = made.memhpctl("policy", "test", "--provider=dax", "--serial=0x5", "--json").json()["answers"]
    assert answer["rule"] == "card"


def test_a_serial_number_that_cannot_be_read_is_not_none(machine: Any) -> None:
    """It was "-", and a rule for another card applied."""
    made = machine("cxl", files={"/etc/memhpctl.conf": "[rule mine]\nserial = 0xc0ffee\naction = leave\n[rule rest]\naction = online\n"})
    made.path("/sys/bus/cxl/devices/mem0/serial").chmod(0o200)
    found = {device["device"]: device for device in made.memhpctl("list", "-D", "--json").json()["devices"]}
    assert [found[name]["serials"] for name in ("mem0", "region0", "dax0.0")] == [None] * 3, found
    for name in ("mem0", "dax0.0"):
        assert made.memhpctl("list", "-D", "--raw", "--noheadings", "-o", "SERIAL", name).out.split()[0] == "?"
    number = str(found["dax0.0"]["blocks"][0] if isinstance(found["dax0.0"]["blocks"][0], int) else found["dax0.0"]["blocks"][0]["first"])
    result = made.memhpctl("policy", "test", number)
    assert (result.rc, result.out) == (1, "") and "the serial number of " in result.err, result
    assert made.memhpctl("policy", "test", "0").rc == 0
