# SPDX-License-Identifier: GPL-2.0-or-later
"""One block that is there but cannot be read: it is unknown, the rest is shown, and nothing succeeds on it."""

from __future__ import annotations

import errno
import os
import re
import shutil
from typing import Any, Callable

import pytest
from machine import Machine

Machines = Callable[..., Machine]
ATTRIBUTES = pytest.mark.parametrize("attribute", ["state", "valid_zones"])
WARNING = "memory33: state or valid_zones cannot be read: E"


def spoil(made: Machine, attribute: str, how: str = "folder", number: int = 33) -> Machine:
    """An error that even root gets: EISDIR, ELOOP, or with the fake kernel EACCES."""
    place = made.path(f"memory{number}/{attribute}")
    text = place.read_text()
    place.unlink()
    if how == "folder":
        place.mkdir()
    elif how == "loop":
        place.symlink_to(attribute)
    else:
        place.write_text(text)
        place.chmod(0o200)
    return made


def row_of(blocks: list[dict[str, Any]], number: int) -> dict[str, Any]:
    return next(block for block in blocks if block["block"] == number)


@ATTRIBUTES
@pytest.mark.parametrize("how", ["folder", "loop", "mode"])
@pytest.mark.parametrize("words", [[], ["33"], ["32-39"], ["PNP0C80:00"], ["--device=PNP0C80:00"], ["node0"]], ids=" ".join)
def test_list_shows_the_rest(machine: Machines, attribute: str, how: str, words: list[str]) -> None:
    made = spoil(machine("x86-dimm"), attribute, how)
    right = machine("x86-dimm").memhpctl("list", "--all", "--json", *words).json()
    result = made.memhpctl("list", "--all", "--json", *words)
    assert result.rc == 0 and WARNING in result.err, result
    blocks = result.json()["blocks"]
    assert [block["block"] for block in blocks] == [block["block"] for block in right["blocks"]]
    assert [block for block in blocks if block["block"] != 33] == [block for block in right["blocks"] if block["block"] != 33]
    if right["blocks"] and any(block["block"] == 33 for block in blocks):
        row = row_of(blocks, 33)
        assert row["zones"] is None and row["offline_chance"] is None
        assert row["state"] == (None if attribute == "state" else "online")
        assert row["nodes"] == [0]
    text = made.memhpctl("list", "--raw", "--noheadings", "-o", "BLOCKS,STATE,ZONE,OFFLINE", *words)
    assert f"33 {'?' if attribute == 'state' else 'online'} ? ?\n" in text.out, text


@ATTRIBUTES
def test_the_others_say_unknown(machine: Machines, attribute: str) -> None:
    made = spoil(machine("x86-dimm"), attribute)
    status = made.memhpctl("status", "--json")
    right = machine("x86-dimm").memhpctl("status", "--json").json()
    assert status.rc == 0 and WARNING in status.err
    assert status.json()["totals"]["blocks"] == right["totals"]["blocks"]
    unknown = {state["state"]: state["blocks"] for state in status.json()["totals"]["states"]}[None]
    assert unknown == (1 if attribute == "state" else 0)
    explained = made.memhpctl("explain", "32-33", "--json")
    assert explained.rc == 0 and WARNING in explained.err
    block = row_of(explained.json()["blocks"], 33)
    assert (block["offline_chance"], block["reasons"][0]["reason"], block["zones"]) == (None, "unreadable", None)
    assert row_of(explained.json()["blocks"], 32)["offline_chance"] is not None
    for words in (["list", "--map"], ["explain", "--all"], ["status"], *([["list", "-D"]] if attribute == "state" else [])):
        result = made.memhpctl(*words)
        assert result.rc == 0 and WARNING in result.err, result
    text = made.memhpctl("explain", "33").out
    assert "memory33: ?" in text and "zone ?" in text


@pytest.mark.parametrize("words", [["list", "--state=online"], ["list", "--zone=Movable"], ["explain", "--all", "--state=online"],
                                   ["list", "32-34", "--state=offline"], ["online", "--all", "--state=offline"],
                                   ["offline", "32-35", "--zone=Movable"]], ids=" ".join)
def test_a_filter_does_not_succeed_on_it(machine: Machines, words: list[str]) -> None:
    made = spoil(machine("x86-dimm"), "state", "mode")
    before = made.states()
    result = made.memhpctl(*words)
    assert result.rc == 77 and "cannot read memory33" in result.err, result
    assert not made.begun() and made.states() == before


def test_a_filter_that_leaves_it_out(machine: Machines) -> None:
    """What is known of it decides."""
    made = spoil(machine("two-nodes"), "state", number=1)
    assert made.memhpctl("list", "--state=online", "--node=1").rc == 0
    assert made.memhpctl("list", "--state=online", "--node=0").rc == 1


@ATTRIBUTES
@pytest.mark.parametrize("how, rc", [("folder", 1), ("mode", 77)])
@pytest.mark.parametrize("words", [["offline", "33"], ["offline", "32-34", "-n"], ["online", "33"], ["online", "--all"], ["remove", "PNP0C80:00"],
                                   ["remove", "-n", "PNP0C80:00"], ["wait", "--for=online", "33"], ["wait", "--for=offline", "33", "--timeout=1s"],
                                   ["policy", "apply", "33"], ["policy", "test", "33"]], ids=" ".join)
def test_what_selects_it_fails(machine: Machines, attribute: str, how: str, rc: int, words: list[str]) -> None:
    made = spoil(machine("x86-dimm"), attribute, how)
    if (words[0] == "wait" or words[:2] == ["policy", "test"]) and attribute == "valid_zones":
        pytest.skip("it does not read the zones")
    result = made.memhpctl(*words)
    assert result.rc == rc and "memory33" in result.err, result
    assert not made.begun()


@ATTRIBUTES
def test_what_does_not_select_it_goes_on(machine: Machines, attribute: str) -> None:
    made = spoil(machine("x86-dimm"), attribute)
    assert made.memhpctl("offline", "35").rc == 0
    assert made.memhpctl("wait", "--for=offline", "35", "--timeout=1s").rc == 0
    chosen = made.memhpctl("offline", "--size=256M", "--json")
    assert chosen.rc == 0 and 33 not in {block["block"] for block in chosen.json()["blocks"]}, chosen


def test_zones_that_nobody_may_read_are_not_known(machine: Machines) -> None:
    """A report said of a block that was offline already that it could join none."""
    made = spoil(machine("x86-dimm", blocks={"32-35": "offline"}), "valid_zones", "mode")
    result = made.memhpctl("remove", "--dry-run", "--whole-device", "32", "--json")
    zones = {block["block"]: block["zones"] for block in result.json()["blocks"]}
    assert zones[33] is None and zones[34], result


def test_an_amount_of_devices_leaves_its_device_out(machine: Machines) -> None:
    made = spoil(machine("x86-dimm"), "state")
    result = made.memhpctl("remove", "--size=1G", "--json")
    assert "PNP0C80:00" not in {device["device"] for device in result.json().get("devices", [])}, result
    assert made.path("memory33").is_dir()


@ATTRIBUTES
def test_the_policy_goes_on_with_the_others(machine: Machines, attribute: str) -> None:
    made = spoil(machine("x86-dimm", blocks={"33": "offline"}), attribute, "mode")
    result = made.memhpctl("policy", "apply")
    assert result.rc == 64 and "cannot read memory33" in result.err, result
    assert made.states()[36] == "online"
    again = made.memhpctl("policy", "apply")
    assert again.rc == 1 and "cannot read memory33" in again.err, again


def test_several_are_named_by_error(machine: Machines) -> None:
    made = machine("x86-dimm")
    for number, how in ((32, "folder"), (33, "folder"), (36, "folder"), (38, "loop")):
        spoil(made, "state", how, number)
    err = made.memhpctl("list").err
    assert "memory32-33,36: state or valid_zones cannot be read: EISDIR: Is a directory" in err
    assert "memory38: state or valid_zones cannot be read: ELOOP" in err


def test_add_of_what_is_there_and_cannot_be_read(machine: Machines) -> None:
    """It has added nothing, and cannot tell whether the blocks are online."""
    made = machine("dax-kmem")
    number = max(made.states())
    spoil(made, "state", "mode", number)
    for dry in ([], ["-n"]):
        result = made.memhpctl("add", "--zone=movable", "dax0.0", *dry)
        assert result.rc == 77 and f"cannot read memory{number}" in result.err, result


def test_a_slot_whose_status_cannot_be_read_is_not_empty(machine: Machines) -> None:
    made = machine("dimm-unaligned")
    made.path("/sys/bus/acpi/devices/PNP0C80:04/status").chmod(0)
    for words in (["wait", "--for=absent", "--timeout=1s"], ["remove"], ["remove", "-n"], ["add"]):
        result = made.memhpctl(*words, "PNP0C80:04")
        assert result.rc == 77 and "status cannot be read" in result.err, (words, result)
    listed = made.memhpctl("list", "-D", "--json", "PNP0C80:04").json()["devices"]
    assert [(d["blocks"], d["size"], d["addable"]) for d in listed] == [(None, None, None)]


@pytest.mark.parametrize("word", [None, "", "xyz"])
@pytest.mark.parametrize("attribute, member, column", [("size", "size", "SIZE"), ("target_node", "nodes", "NODE")])
def test_what_a_dax_device_does_not_tell_is_unknown(machine: Machines, attribute: str, member: str, column: str, word: str | None) -> None:
    made = machine("dax-small")
    if word is None:
        made.path(f"/sys/bus/dax/devices/dax1.0/{attribute}").chmod(0)
    else:
        made.set(f"/sys/bus/dax/devices/dax1.0/{attribute}", word)
    assert made.memhpctl("list", "-D", "--json", "dax1.0").json()["devices"][0][member] is None
    assert made.memhpctl("list", "-D", "--raw", "--noheadings", f"--output={column}", "dax1.0").out == "?\n"


# What would tell cannot be read: (machine, path, device, what was said of it before, all of it untrue).
UNSEEN = [("dax-kmem", "/sys/bus/dax/devices/dax0.0/driver", "dax0.0", "stuck until the next boot"),
          ("dax-kmem-state", "/sys/bus/dax/devices/dax0.0/state", "dax0.0", "unbind"),
          ("x86-dimm", "/sys/bus/acpi/devices/PNP0C80:00/eject", "PNP0C80:00", "_EJ0"),
          ("dimm-unaligned", "/sys/firmware/acpi/hotplug/memory", "PNP0C80:04", "CONFIG_ACPI_HOTPLUG_MEMORY"),
          ("pseries-v2", "/sys/kernel/dlpar", "drc-80000003", "this kernel has no")]


@pytest.mark.parametrize("name, path, device, untrue", UNSEEN, ids=[path for _, path, _, _ in UNSEEN])
def test_what_cannot_be_seen_of_a_device_is_neither_yes_nor_no(machine: Machines, name: str, path: str, device: str, untrue: str) -> None:
    made = machine(name)
    place = made.clear(path)
    is_driver = path.endswith("driver")
    if is_driver:  # a link is read, not followed
        place.write_text("")
    else:
        place.symlink_to(place.name)
    (shown,) = (one for one in made.memhpctl("list", "-jD").json()["devices"] if one["device"] == device)
    assert shown["removable"] is None and re.search("cannot (be|tell)", shown["obstacle"]) and untrue not in shown["obstacle"], shown
    assert shown["driver"] is None if is_driver else shown["driver"] is not None
    check = made.memhpctl("status", "--check").out
    assert "reboot" not in check and untrue not in check, check
    for words in (["remove", "-n", device], ["remove", device], ["wait", "--for=absent", "--timeout=10ms", device]):
        result = made.memhpctl(*words)
        assert result.rc not in (0, 2) and untrue not in result.out + result.err, (words, result)
    assert not made.begun()


def test_providers_that_cannot_be_seen_are_not_absent(machine: Machines) -> None:
    made = machine("x86-dimm")
    place = made.path("/sys/firmware/acpi/hotplug/memory")
    assert [one["provider"] for one in made.memhpctl("status", "--json").json()["providers"]] == ["acpi"]
    shutil.rmtree(place)
    place.symlink_to(place.name)
    status = made.memhpctl("status", "--json")
    assert status.json()["providers"] is None, status
    text = made.memhpctl("status").out
    assert f"acpi      ? ({os.strerror(errno.ELOOP)})" in text and "none" not in text.partition("Providers")[2].splitlines()[1], text


def test_files_that_are_not_what_they_say_are_no_mistake_of_the_users(machine: Machines) -> None:
    """They did not end with 2; of a malformed list of addresses nothing follows for other devices."""
    made = machine("mixed")
    made.path("/proc/iomem").write_text("zzz\n")
    assert made.memhpctl("list", "-o", "DEVICE", "--raw", "--noheadings", "32", "64").out.split() == ["PNP0C80:00", "?"]
    result = made.memhpctl("offline", "-n", "virtio3")
    assert result.rc == 1 and "which blocks belong to virtio3 cannot be read" in result.err, result
    made.set("/proc/zoneinfo", "zzz\n")
    assert made.memhpctl("policy", "apply", "-n").rc == 0
    path = made.path("/sys/devices/system/memory/block_size_bytes")
    path.unlink()
    path.write_text("xyz\n")
    result = made.memhpctl("list")
    assert result.rc == 1 and "block_size_bytes" in result.err, result


DAX_START = "/sys/bus/dax/devices/dax0.0/mapping0/start"


@pytest.mark.parametrize("how", ["folder", "garbage"])
def test_a_range_that_cannot_be_read_hides_one_device(machine: Machines, how: str) -> None:
    """All commands failed for all devices, without a name; or with 2, as if it were the user's mistake."""
    made = machine("dax-kmem")
    made.set(DAX_START, "xyz")
    if how == "folder":
        made.path(DAX_START).unlink()
        made.path(DAX_START).mkdir()
    said = f"which blocks belong to dax0.0 cannot be read: {os.strerror(errno.EISDIR if how == 'folder' else errno.EBADMSG)}"
    listed = {one["device"]: one for one in made.memhpctl("list", "-jD").json()["devices"]}
    assert (listed["dax0.0"]["blocks"], listed["dax0.0"]["obstacle"], listed["dax1.0"]["blocks"]) == (None, said, [])
    assert listed["dax1.0"]["addable"] == 1 << 30
    for words in (["remove", "dax0.0"], ["remove", "-n", "40"], ["explain", "dax0.0"], ["policy", "test", "47"], ["policy", "apply", "-n"]):
        result = made.memhpctl(*words)
        assert (result.rc, result.out) == (1, "") and said in result.err, (words, result)
    assert not made.begun()


@pytest.mark.parametrize("name, path, words", [("virtio-mem", "/proc/iomem", ["38"]), ("x86-dimm", "/proc/iomem", ["3"]),
                                               ("dax-kmem", "/sys/bus/dax/devices/dax0.0/driver", ["47"])])
def test_no_rule_applies_to_memory_whose_device_is_not_known(machine: Machines, name: str, path: str, words: list[str]) -> None:
    """Root was told that only root can see it; or that it belongs to a driver, and that no memory is offline."""
    made = machine(name)
    made.path(path).unlink()
    made.path(path).write_text("garbage\n")
    for command in (["policy", "test", *words], *([] if name == "x86-dimm" else [["policy", "apply", "-n"]])):
        result = made.memhpctl(*command)
        assert (result.rc, result.out) == (1, "") and "cannot tell which rule applies to " in result.err, result


@pytest.mark.parametrize("name, path", [("virtio-mem", "/proc/iomem"), ("x86-dimm", "/sys/bus/acpi/devices/PNP0C80:01/status")])
def test_a_device_that_cannot_be_read_is_not_one_that_was_not_taken(machine: Machines, name: str, path: str) -> None:
    made = machine(name)
    made.path(path).unlink()
    made.path(path).write_text("garbage\n") if name == "virtio-mem" else made.path(path).mkdir()
    document = made.memhpctl("status", "--check", "--json").json()
    assert "not-taken" not in [finding["finding"] for finding in document["findings"]], document
    assert "not-taken" in [one["finding"] for one in document["unseen"]]


@pytest.mark.parametrize("status, said", [("7", "the firmware says that it does not work (_STA is 7)"),
                                          ("0xf", "its status cannot be read: Bad message")])
def test_a_slot_with_an_odd_status_is_not_empty(machine: Machines, status: str, said: str) -> None:
    """The DIMM is plugged in, but the kernel takes only one that works; it was not listed, and 'absent'."""
    made = machine("dimm-unaligned")
    made.set("/sys/bus/acpi/devices/PNP0C80:04/status", status)
    (shown,) = made.memhpctl("list", "-D", "--json", "PNP0C80:04").json()["devices"]
    assert said in shown["obstacle"]
    for words in (["wait", "--for=absent", "--timeout=0"], ["remove", "-n"]):
        assert made.memhpctl(*words, "PNP0C80:04").rc in (1, 75)
    findings = [finding["finding"] for finding in made.memhpctl("status", "--check", "--json").json()["findings"]]
    assert ("not-taken" in findings) == (status != "0xf")


def test_a_size_of_an_lmb_that_is_no_number_is_no_machine_without_devices(machine: Machines) -> None:
    made = machine("pseries-v2")
    made.path("/sys/firmware/devicetree/base/ibm,dynamic-reconfiguration-memory/ibm,lmb-size").write_bytes(b"\0\0\0\1")
    result = made.memhpctl("list", "-D")
    assert (result.rc, result.out) == (1, "") and "Bad message (EBADMSG)" in result.err, result


# What a provider needs to find its devices: (machine, path, provider).
PROVIDER_PLACES = [("x86-dimm", "/sys/bus/acpi/devices", "acpi"), ("dax-kmem", "/sys/bus/dax/devices", "dax"),
                   ("cxl", "/sys/bus/cxl/devices", "cxl"), ("virtio-mem", "/sys/bus/virtio/drivers/virtio_mem", "virtio"),
                   ("s390-new", "/sys/firmware/memory", "s390"), ("hyperv", "/sys/bus/vmbus/drivers/hv_balloon", "hyperv"),
                   ("xen", "/sys/devices/system/xen_memory/xen_memory0", "xen"),
                   ("pseries-v2", "/sys/firmware/devicetree/base/ibm,dynamic-reconfiguration-memory/ibm,lmb-size", "pseries")]


@pytest.mark.parametrize("name, path, provider", PROVIDER_PLACES, ids=[provider for _, _, provider in PROVIDER_PLACES])
def test_a_provider_that_cannot_look_names_the_file(machine: Machines, name: str, path: str, provider: str) -> None:
    """It said "Too many levels of symbolic links" only: of what?"""
    made = machine(name)
    place = made.clear(path)
    place.symlink_to(place.name)
    for words in (["list"], ["remove", "-n", "--size=1G"]):
        result = made.memhpctl(*words)
        assert (result.rc, result.out) == (1, "") and result.err == (
            f"memhpctl: cannot find the devices of provider {provider}: {place}: {os.strerror(errno.ELOOP)} (ELOOP); "
            "it is not what the kernel makes there\n"), (words, result)
    assert made.memhpctl("list", "--json").json()["error"]["errno"] == "ELOOP"


@pytest.mark.parametrize("block, others", [(6, "0-5,7 8-15"), (15, "0-7 8-14"), (0, "1-7 8-15")])
def test_an_increment_that_cannot_be_seen_hides_no_other(machine: Machines, block: int, others: str) -> None:
    """It ended every command with 1, although only this block's number is missing."""
    made = machine("s390-old")
    path = made.path(f"/sys/devices/system/memory/memory{block}/phys_device")
    path.unlink()
    path.symlink_to(path.name)
    rows = {row["device"]: row for row in made.memhpctl("list", "-D", "--json").json()["devices"]}
    assert list(rows) == ["increment0", "increment1", "increment?"]
    assert rows["increment?"]["blocks"] is rows["increment?"]["removable"] is None and f"memory{block} belongs" in rows["increment?"]["obstacle"]
    first, second = made.memhpctl("list", "-D", "-n", "-o", "BLOCKS", "increment0", "increment1").out.split()
    assert f"{first} {second}" == others
    result = made.memhpctl("list", "-n", "-o", "DEVICE", str(block))
    assert (result.rc, result.out) == (0, "?\n") and f"cannot read {path}: " in result.err
    assert made.memhpctl("status").rc == 0 and made.memhpctl("online", "-n", "9").rc == 0
    # No command acts on a guess.
    for words in (["policy", "test", str(block)], ["remove", "-n", str(block)]):
        result = made.memhpctl(*words)
        assert result.rc == 1 and f"it cannot be seen to which increment memory{block} belongs" in result.err, result


def test_a_file_that_only_s390_needs_is_missed_nowhere_else(machine: Machines) -> None:
    made = machine("x86-dimm", lines="block 39 phys-device=0")
    path = made.path("/sys/devices/system/memory/memory39/phys_device")
    path.unlink()
    path.symlink_to(path.name)
    assert made.memhpctl("list").rc == 0
    assert [row["device"] for row in made.memhpctl("list", "-D", "--json").json()["devices"]] == ["PNP0C80:00"]


def test_a_malformed_file_of_a_provider_is_named(machine: Machines) -> None:
    """The list of memory of a partition has the wrong length; what is no link to a block ended with 2, as if the user had mistyped."""
    made = machine("pseries-v2")
    path = made.path("/sys/firmware/devicetree/base/ibm,dynamic-reconfiguration-memory/ibm,lmb-size")
    path.write_text("xyz")
    result = made.memhpctl("list")
    assert result.rc == 1 and f"provider pseries: {path}: {os.strerror(errno.EBADMSG)} (EBADMSG); it is not what " in result.err, result
    made = machine("x86-dimm")
    link = made.path("/sys/bus/acpi/devices/PNP0C80:00/physical_node")
    link.unlink()
    link.write_text("")
    result = made.memhpctl("list")
    assert result.rc == 1 and f"provider acpi: {link.resolve()}: {os.strerror(errno.EINVAL)} (EINVAL); it" in result.err, result


@pytest.mark.parametrize("attribute, how", [("target0", "loop"), ("target0", "a word"), ("target0", "no endpoint"),
                                            ("mode", "loop"), ("mode", "empty"), ("", "dangling")])
def test_the_cards_of_a_region_that_cannot_be_read_are_not_without_memory(machine: Machines, attribute: str, how: str) -> None:
    """remove mem0: "has no memory blocks", exit 0, while its memory is in the system."""
    made = machine("cxl")
    place = made.path(f"/sys/bus/cxl/devices/region0/{attribute}")
    if how == "dangling":
        place = made.root / "sys/bus/cxl/devices/region0"
        place.unlink()
        place.symlink_to("nowhere")
    elif how == "no endpoint":
        (made.root / "sys/bus/cxl/devices/endpoint2").unlink()
    else:
        place.unlink()
    if how == "loop":
        place.symlink_to(place.name)
    elif how in ("a word", "empty"):
        place.write_text({"a word": "banana\n", "empty": "\n"}[how])
    found = {one["device"]: one for one in made.memhpctl("list", "-D", "--json").json()["devices"]}
    for name in ("mem0", "mem1"):
        assert [found[name][key] for key in ("blocks", "removable", "addable")] == [None] * 3, found
        for words in (["remove", "-n"], ["wait", "--for=absent", "--timeout=10ms"], ["add", "-n"]):
            result = made.memhpctl(*words, name)
            assert result.rc == 1 and f"which blocks belong to {name} cannot be read" in result.err, (words, result)
    assert found["dax0.0"]["serials"] is None and len(found["dax0.0"]["blocks"]) == 8
    assert found["dax0.0"]["within"] == (["region0"] if attribute == "target0" else [])
    if attribute == "target0":
        assert found["region0"]["serials"] is None and found["dax0.0"]["blocks"] == found["region0"]["blocks"]
    assert {one["provider"] for one in made.memhpctl("list", "--all", "--json").json()["blocks"]} == {"none", "dax"}


@pytest.mark.parametrize("device, attribute", [("mem1", "ram/size"), ("region0", "size")])
def test_the_size_of_cxl_memory_that_cannot_be_read_is_unknown(machine: Machines, device: str, attribute: str) -> None:
    made = machine("cxl")
    made.path(f"/sys/bus/cxl/devices/{device}/{attribute}").chmod(0)
    (found,) = (one for one in made.memhpctl("list", "-D", "--json").json()["devices"] if one["device"] == device)
    assert found["size"] is None, found


def test_a_list_of_lmbs_that_breaks_off_is_no_machine_without_devices(machine: Machines) -> None:
    for name, file in (("pseries-v1", "ibm,dynamic-memory"), ("pseries-v2", "ibm,dynamic-memory-v2")):
        made = machine(name)
        path = made.path(f"/sys/firmware/devicetree/base/ibm,dynamic-reconfiguration-memory/{file}")
        path.write_bytes(path.read_bytes()[:-1])
        result = made.memhpctl("list", "-D")
        assert (result.rc, result.out) == (1, "") and f"{path}: {os.strerror(errno.EBADMSG)}" in result.err, result


def test_a_block_size_that_no_kernel_has(machine: Machines) -> None:
    """It is a power of two (drivers/base/memory.c: memory_dev_init()); addresses of any other are made up."""
    made = machine("x86-dimm")
    made.set("block_size_bytes", "8000001")
    result = made.memhpctl("list")
    assert (result.rc, result.out) == (1, "") and "block_size_bytes: " in result.err, result


def test_a_node_whose_processors_cannot_be_read_is_named(machine: Machines) -> None:
    made = machine("two-nodes")
    place = made.path("/sys/devices/system/node/node1/cpulist")
    place.unlink()
    place.symlink_to("cpulist")
    for words in (["policy", "test", "40"], ["policy", "apply", "-n"]):
        result = made.memhpctl(*words)
        assert result.rc == 1 and f"cannot tell where the memory comes from: {place}: " in result.err, (words, result)


@pytest.mark.parametrize("words", [["policy", "test", "36"], ["policy", "show"], ["policy", "check"], ["policy", "apply"]], ids=" ".join)
def test_a_configuration_that_cannot_be_seen_is_not_none(machine: Machines, words: list[str]) -> None:
    """The built-in rules applied, and policy check said that the policy is valid."""
    made = machine("x86-dimm", files={"/etc/memhpctl.conf": "[rule all]\naction = leave\n"})
    place = made.path("/etc/memhpctl.conf")
    place.unlink()
    place.symlink_to(place.name)
    result = made.memhpctl(*words)
    assert result.rc == 1 and f"cannot read {place}: {os.strerror(errno.ELOOP)}" in result.err, result
    assert not made.begun()


def test_whether_ejecting_is_allowed_cannot_be_seen(machine: Machines) -> None:
    made = machine("x86-dimm")
    place = made.path("/sys/firmware/acpi/hotplug/memory/enabled")
    place.unlink(missing_ok=True)
    place.symlink_to(place.name)
    shown = next(one for one in made.memhpctl("list", "-jD").json()["devices"] if one["device"] == "PNP0C80:00")
    assert shown["removable"] is None and "may be ejected" in shown["obstacle"], shown
    for dry in ([], ["-n"]):
        result = made.memhpctl("remove", "PNP0C80:00", *dry)
        assert result.rc == 1 and "may be ejected" in result.err, result
    assert not made.begun()


def test_a_range_that_ends_before_it_begins_is_not_empty(machine: Machines) -> None:
    """The device had no blocks: eight of them are online."""
    made = machine("dax-kmem")
    made.set(DAX_START, "0x1ffffffff")
    shown = next(one for one in made.memhpctl("list", "-jD").json()["devices"] if one["device"] == "dax0.0")
    assert shown["blocks"] is None and "which blocks belong to dax0.0 cannot be read" in shown["obstacle"], shown
    for words in (["remove"], ["wait", "--for=absent", "--timeout=10ms"]):
        assert made.memhpctl(*words, "dax0.0").rc == 1
    assert not made.begun()


def test_a_hypervisor_that_cannot_be_seen_is_not_none(machine: Machines) -> None:
    """A rule for hardware without one applied; the processor cannot be asked under another root."""
    rules = "[rule metal]\nvirt = none\naction = leave\n[rule rest]\naction = online\n"
    made = machine("x86-dimm", lines="file /sys/class/dmi/id/product_name KVM\n", files={"/etc/memhpctl.conf": rules})
    made.path("/sys/class/dmi/id/product_name").chmod(0)
    for words in (["policy", "test", "36"], ["policy", "test", "--provider=acpi"], ["policy", "apply"]):
        result = made.memhpctl(*words)
        assert result.rc == 77 and "the hypervisor is not known" in result.err and not result.out, (words, result)
    assert made.state(36) == "offline"
    assert made.memhpctl("policy", "test", "--virt=kvm").rc == 0
    made.path("/etc/memhpctl.conf").write_text("[rule all]\naction = online\n", encoding="utf-8")
    assert made.memhpctl("policy", "test", "36").rc == 0


@pytest.mark.parametrize("name, entry, device, number", [("x86-dimm", "/sys/bus/acpi/devices/PNP0C80:00", "PNP0C80:00", 32),
                                                         ("dax-kmem", "/sys/bus/dax/devices/dax0.0", "dax0.0", 40),
                                                         ("dax-kmem", "/sys/bus/dax/devices/dax0.0/mapping0", "dax0.0", 40)])
@pytest.mark.parametrize("how", ["dangling", "file"])
def test_a_device_whose_entry_leads_nowhere_is_not_absent(machine: Machines, name: str, entry: str, device: str, number: int,
                                                          how: str) -> None:
    """As in a copy of /sys/bus without the devices that its links lead to."""
    made = machine(name)
    place = made.root / entry[1:]
    if place.is_symlink():
        place.unlink()
    else:
        shutil.rmtree(place)
    if how == "dangling":
        place.symlink_to("nowhere")
    else:
        place.write_text("")
    for goal in ("absent", "offline"):
        waited = made.memhpctl("wait", f"--for={goal}", "--timeout=0", device)
        assert waited.rc == 1 and f"which blocks belong to {device} cannot be read: Link has been severed" in waited.err, waited
    row = row_of(made.memhpctl("list", "--all", "--json").json()["blocks"], number)
    assert row["device"] is None and row["provider"] is None
    shown = next(shown for shown in made.memhpctl("list", "-D", "--json").json()["devices"] if shown["device"] == device)
    assert shown["blocks"] is None and shown["removable"] is None
    assert made.memhpctl("remove", device).rc == 1


def test_a_memory_device_whose_entry_leads_nowhere_is_not_absent(machine: Machines) -> None:
    made = machine("cxl")
    place = made.root / "sys/bus/cxl/devices/mem0"
    place.unlink()
    place.symlink_to("nowhere")
    shown = next(shown for shown in made.memhpctl("list", "-D", "--json").json()["devices"] if shown["device"] == "mem0")
    assert shown["blocks"] is None and shown["size"] is None
    assert made.memhpctl("wait", "--for=absent", "--timeout=0", "mem0").rc == 1


def test_lmbs_of_no_size_are_no_machine_without_devices(machine: Machines) -> None:
    made = machine("pseries-v2")
    (size,) = made.root.glob("**/ibm,lmb-size")
    size.unlink()
    size.write_bytes(bytes(8))
    result = made.memhpctl("list")
    assert result.rc == 1 and "ibm,lmb-size" in result.err, result


@pytest.mark.parametrize("how", ["folder", "pipe"])
def test_an_architecture_that_cannot_be_read_is_not_silently_another(machine: Machines, how: str) -> None:
    """policy test on a tree of POWER went on with the architecture of the machine that looked at it."""
    made = machine("pseries-v2")
    place = made.root / "proc/sys/kernel/arch"
    place.unlink()
    if how == "folder":
        place.mkdir()
    else:
        os.mkfifo(place)
    assert f"cannot read {place}: " in made.memhpctl("policy", "test").err
