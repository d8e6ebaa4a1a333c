# SPDX-License-Identifier: GPL-2.0-or-later
"""memhpctl list and status: what they show, and what they leave alone."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from machine import TESTS, find_program

MIB128 = 128 << 20

TABLE = """\
ADDRESS      SIZE STATE   ZONE           NODE BLOCKS DEVICE     OFFLINE
0x0          128M online  none              0      0 -          no
0x8000000   1.75G online  DMA32             0   1-14 -          unlikely
0x78000000   128M online  DMA32             0     15 -          no
0x100000000  512M online  Movable           0  32-35 PNP0C80:00 likely
0x120000000  512M offline Normal/Movable    0  36-39 PNP0C80:00 -

Block size:    128M
Total online:  2.5G (20 blocks)
Total offline: 512M (4 blocks)
"""


def test_table(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("list")
    assert [line.split() for line in result.out.splitlines()] == [line.split() for line in TABLE.splitlines()]
    assert (result.rc, result.err) == (0, "")
    assert made.reads() == [] and made.begun() == []


def test_json_of_ranges(machine: Any) -> None:
    document = machine("x86-dimm").memhpctl("list", "--json").json()
    assert document["block_size"] == MIB128 and document["vanished"] == 0
    assert document["ranges"][3] == {
        "address": 32 * MIB128, "size": 4 * MIB128, "state": "online", "zones": ["Movable"], "nodes": [0],
        "first_block": 32, "last_block": 35, "device": "PNP0C80:00", "provider": "acpi", "offline_chance": "likely"}
    assert {total["state"]: total["blocks"] for total in document["totals"]["states"]} == {
        "online": 20, "offline": 4, "going-offline": 0, None: 0}
    assert document["totals"]["blocks"] == 24 and document["totals"]["bytes"] == 24 * MIB128
    assert (document["result"], document["exit_code"]) == ("done", 0)


def test_json_of_all_blocks(machine: Any) -> None:
    made = machine("x86-dimm")
    blocks = made.memhpctl("list", "--json", "--all", "-o", "+provider").json()["blocks"]
    assert {block["block"]: block["state"] for block in blocks} == made.states()
    assert [block["zones"] for block in blocks if block["block"] == 36] == [["Normal", "Movable"]]
    assert {block["provider"] for block in blocks if block["device"]} == {"acpi"}


@pytest.mark.parametrize("words, blocks", [
    (["0"], [0]), (["32-33", "memory36"], [32, 33, 36]), (["0x100000000"], [32]), (["0x107ffffff"], [32]),
    (["0x100000000-0x10fffffff"], [32, 33]), (["/devices/system/memory/memory39"], [39]),
    (["node0", "--state", "offline"], [36, 37, 38, 39]), (["PNP0C80:00"], list(range(32, 40))),
    (["--device=PNP0C80:00", "--zone=movable"], list(range(32, 40))), (["--zone", "none"], [0]),
    (["--zone=kernel", "--device=PNP0C80:00"], [36, 37, 38, 39]), (["--node=0", "0-3"], [0, 1, 2, 3]),
    (["--node=node0", "--zone=Movable"], list(range(32, 40))), (["--state=going-offline"], []), (["--zone=DMA"], []), (["39", "0", "39"], [0, 39]),
])
def test_selectors_and_filters(machine: Any, words: list[str], blocks: list[int]) -> None:
    document = machine("x86-dimm").memhpctl("list", "--json", "--all", *words).json()
    assert [block["block"] for block in document["blocks"]] == blocks


@pytest.mark.parametrize("words, named", [
    (["40"], "memory block 40"), (["16-33"], "of this range there are 32-33"), (["0x80000000"], "memory16"), (["0x8000001-0x10000000"], "block boundaries"),
    (["node7"], "node7"), (["PNP0C80:07"], "PNP0C80:07"), (["4G"], "4G"), ([""], "empty"), (["--state=on"], "--state=on"),
    (["--zone=mov"], "--zone=mov"), (["--node=x"], "--node=x"), (["-o", "SIZE,WHAT"], "WHAT"), (["-o", "SIZE,SIZE"], "SIZE"),
    (["-o", ""], "column"), (["-o", "SIZE,"], "column"), (["--what"], "--what"), (["-o"], "-o"), (["32,33"], "32 33"),
    (["134217728"], "134217728"),
])
def test_usage_errors(machine: Any, words: list[str], named: str) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("list", *words)
    assert (result.rc, result.out) == (2, "") and named in result.err and len(result.err.splitlines()) == 1
    error = made.memhpctl("list", "--json", *words)
    assert error.rc == 2 and named in error.json()["error"]["message"]


def test_columns(machine: Any) -> None:
    made = machine("x86-dimm")
    assert made.memhpctl("list", "--raw", "--noheadings", "-o", "blocks,Size", "--bytes", "node0").out.splitlines() == [
        "0-15 2147483648", "32-39 1073741824"]
    # Only what is shown keeps blocks apart.
    assert made.memhpctl("list", "--raw", "-o", "STATE,BLOCKS").out.splitlines() == [
        "STATE BLOCKS", "online 0-15", "online 32-35", "offline 36-39"]
    assert made.memhpctl("list", "-r", "--noheadings", "-a", "-o", "BLOCKS", "38-39").out == "38\n39\n"
    assert "PROVIDER" in made.memhpctl("list", "-o", "+provider").out.splitlines()[0]
    assert set(made.memhpctl("list", "--json", "-o", "SIZE,STATE").json()["ranges"][0]) == {"size", "state"}


def test_going_offline_and_unknown_states(machine: Any) -> None:
    made = machine("going-offline", files={"/sys/devices/system/memory/memory37/state": "ERROR-UNKNOWN-9"})
    states = {block["block"]: block["state"] for block in made.memhpctl("list", "-aj").json()["blocks"]}
    assert (states[36], states[37], states[38]) == ("going-offline", None, "online")
    table = made.memhpctl("list").out
    assert "Going offline: 128M (1 block)" in table and "Total unknown:" in table
    status = made.memhpctl("status", "--json").json()
    assert [warning["warning"] for warning in status["warnings"]] == ["going-offline"]
    assert made.reads() == []


def test_an_unknown_zone_is_no_unknown_state(machine: Any) -> None:
    made = machine("x86-dimm")
    for name in "memory33/state", "memory35/valid_zones":
        made.path(f"/sys/devices/system/memory/{name}").unlink()
        made.path(f"/sys/devices/system/memory/{name}").mkdir()
    columns, amounts = [line.split() for line in made.memhpctl("status").out.splitlines()[2:4]]
    assert dict(zip(columns, amounts)) == {"NODE": "0", "ONLINE": "2432M", "OFFLINE": "512M", "UNKNOWN": "128M", "unknown-zone": "128M", "none": "128M",
                                           "DMA32": "1920M", "Movable": "256M"}


def test_no_hotremove(machine: Any) -> None:
    made = machine("no-hotremove")
    assert {tuple(row["zones"]) for row in made.memhpctl("list", "--json").json()["ranges"]} == {()}
    status = made.memhpctl("status", "--json").json()
    assert "no-hotremove" in [warning["warning"] for warning in status["warnings"]]
    assert "CONFIG_MEMORY_HOTREMOVE" in made.memhpctl("status").out


def test_no_hotplug(machine: Any) -> None:
    made = machine("no-hotplug")
    for command in ("list", "online", "offline"):
        result = made.memhpctl(command, "--json", "0")
        assert result.rc == 1 and "CONFIG_MEMORY_HOTPLUG" in result.json()["error"]["message"]
    assert made.memhpctl("status").rc == 0 and "CONFIG_MEMORY_HOTPLUG" in made.memhpctl("status").out
    assert made.memhpctl("status", "--json").json()["supported"] is False


def test_status(machine: Any) -> None:
    made = machine("two-nodes")
    document = made.memhpctl("status", "--json").json()
    assert document["totals"]["blocks"] == 36 and [node["node"] for node in document["nodes"]] == [0, 1]
    # Block 16 counts on both.
    assert [node["blocks"] for node in document["nodes"]] == [17, 20]
    zones = {zone["zone"]: zone["blocks"] for zone in document["totals"]["zones"]}
    assert zones == {"none": 2, "DMA32": 22, "Movable": 8}
    assert document["settings"]["online_policy"] == "contig-zones" and document["settings"]["auto_movable_ratio"] == 301
    text = made.memhpctl("status").out
    assert "NODE" in text and "auto_online_blocks" in text and "Movable" in text
    assert made.memhpctl("status", "32").rc == 2
    assert made.reads() == []


def test_one_block(machine: Any) -> None:
    made = machine("one-block")
    row = made.memhpctl("list", "--json").json()["ranges"]
    assert row == [{"address": 0, "size": 1 << 30, "state": "online", "zones": ["none"], "nodes": [],
                    "first_block": 0, "last_block": 0, "device": None, "provider": "none", "offline_chance": "no"}]


def test_help_fits_a_terminal(memhpctl: Any) -> None:
    commands = [line.split()[0] for line in memhpctl("help").out.split("Commands:\n")[1].split("\n\n")[0].splitlines()]
    assert {"list", "online", "policy"} <= set(commands)
    for words in ([], *([command] for command in commands)):
        result = memhpctl("help", *words)
        assert result.rc == 0 and result.err == ""
        assert [line for line in result.out.splitlines() if len(line) > 80] == []
        if words:
            assert memhpctl(*words, "--help").out == result.out


def test_commands(memhpctl: Any) -> None:
    assert memhpctl("--version").out.startswith("memhpctl ")
    assert memhpctl().rc == 2 and "list memory blocks" in memhpctl().out
    assert "did you mean 'offline'" in memhpctl("ofline", "3").err
    assert "memhpctl help" in memhpctl("frobnicate").err
    assert memhpctl("frobnicate", "--json").json()["error"]["errno"] is None
    assert memhpctl("--json", "--frobnicate").json()["exit_code"] == 2
    assert memhpctl("help", "frobnicate", "--json").json()["exit_code"] == 2
    assert "did you mean 'offline'" in memhpctl("help", "ofline").err
    assert memhpctl("help", "list", "3").rc == 2 and "'3'" in memhpctl("help", "list", "3").err


@pytest.mark.parametrize("command", ["list", "status", "help", "monitor", "policy"])
def test_help_has_no_empty_group(memhpctl: Any, command: str) -> None:
    lines = memhpctl("help", command).out.splitlines()
    assert all(lines[i + 1].startswith(" ") for i, line in enumerate(lines) if line.endswith(":")), lines


@pytest.mark.parametrize("option", ["-b", "-r", "--noheadings", "-a", "-D", "-oSIZE", "--json"])
def test_the_map_takes_nothing_for_tables(machine: Any, option: str) -> None:
    result = machine("x86-dimm").memhpctl("list", "--map", option)
    assert result.rc == 2 and "--map" in result.err


def test_bytes_everywhere(machine: Any) -> None:
    lines = machine("x86-dimm").memhpctl("list", "-b").out.splitlines()
    assert lines[-3:] == [f"Block size:    {MIB128}", f"Total online:  {20 * MIB128} (20 blocks)", f"Total offline: {4 * MIB128} (4 blocks)"]


def test_examples_of_the_man_page(machine: Any) -> None:
    """The documents in it are what the commands above them print, but for the time."""
    page = (TESTS.parent / "man/memhpctl.8").read_text(encoding="utf-8")
    examples = re.findall(r"^\.Dl # memhpctl ([^\n]*)\n\.Bd -literal\n(.*?)^\.Ed", page, re.MULTILINE | re.DOTALL)
    assert len(examples) == 2
    for words, printed in examples:
        made = machine("x86-dimm")
        made.rules("memory35 offline EBUSY always")
        shown, real = json.loads(re.sub(r"\n *", " ", printed)), made.memhpctl(*words.split()).json()
        for part in (shown, real, *shown.get("blocks", []), *real.get("blocks", [])):
            part.pop("elapsed_ms", None)
        assert json.dumps(shown, indent=1) == json.dumps(real, indent=1)


def test_status_counts_one_block_as_one(machine: Any) -> None:
    assert "\n1 block disappeared" in machine("one-block", lines="blocks 7 empty").memhpctl("status").out


def test_status_of_a_kernel_that_takes_nothing_offline(machine: Any) -> None:
    """Nothing in it says that memory can go offline."""
    out = machine("no-hotremove").memhpctl("status").out
    assert "can neither take memory offline" in out and "can go offline" not in out


def test_sysroot_that_is_not_there(memhpctl: Any) -> None:
    result = memhpctl("--sysroot=/nowhere", "list", "--json")
    assert result.rc == 2 and "/nowhere" in result.json()["error"]["message"]


@pytest.mark.parametrize("words", [("list",), ("status",), ("offline", "--dry-run", "0"), ("explain", "0"), ("wait", "--timeout=1ms", "0")])
def test_an_empty_sysroot_is_not_the_running_system(memhpctl: Any, words: tuple[str, ...]) -> None:
    """As a script has it whose variable is not set."""
    for arguments in (("--sysroot=", *words), ("--sysroot", "", *words), (*words, "--sysroot=")):
        result = memhpctl(*arguments)
        assert result.rc == 2 and result.out == "" and "--sysroot=" in result.err


@pytest.mark.parametrize("words", [("-aj", "--what"), ("--what", "-aj"), ("--what", "-ja"), ("-aj", "99"), ("-jo", "WHAT")])
def test_json_among_other_short_options(machine: Any, words: tuple[str, ...]) -> None:
    assert machine("x86-dimm").memhpctl("list", *words).json()["exit_code"] == 2


@pytest.mark.parametrize("word, shown", [
    (b"\xff", "\ufffd"), (b"a\xc3\xa4z", "a\u00e4z"), (b"\xc3", "\ufffd"), (b"\xc0\xaf", "\ufffd\ufffd"), (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
    (b"\xe2\x82\xac\"\\\x01", "\u20ac\"\\\x01"), (b"\xf0\x9f\x98\x80", "\U0001f600"), (b"\xf4\x90\x80\x80", "\ufffd" * 4), (b"\xe2\x82", "\ufffd\ufffd"),
])
def test_json_is_utf8_whatever_was_typed(machine: Any, word: bytes, shown: str) -> None:
    made = machine("x86-dimm")
    done = subprocess.run([find_program(), "--sysroot", str(made.root), "--json", "list", word], capture_output=True, check=False)
    assert f"'{shown}'" in json.loads(done.stdout.decode("utf-8"))["error"]["message"]


def test_nothing_to_list(machine: Any) -> None:
    made = machine("one-block")
    assert made.memhpctl("list", "--devices").out == "list: this machine has no memory devices\n"
    assert machine("x86-dimm").memhpctl("list", "--devices", "--state=going-offline").out == "list: no device matches\n"
    assert made.memhpctl("list", "--devices", "--raw").out == made.memhpctl("list", "--raw", "--state=offline").out == ""
    assert made.memhpctl("list", "--state=offline").out.startswith("Block size:")


def test_zones_of_a_block_without_its_node_are_not_read(machine: Any) -> None:
    """It is being added, and to read them would kill the reader inside the kernel."""
    made = machine("x86-dimm", blocks={"38": "offline node=-"})
    blocks = made.memhpctl("list", "-o", "RANGE,ZONE", "--json", "--all", "36-39").json()["blocks"]
    assert [block["zones"] for block in blocks] == [["Normal", "Movable"], ["Normal", "Movable"], [], ["Normal", "Movable"]]


# --- each block is a device of its own: POWER, s390


def rows(made: Any, *words: str) -> list[list[str]]:
    """The cells of list --raw --noheadings."""
    result = made.memhpctl("list", "--raw", "--noheadings", *words)
    assert (result.rc, result.err) == (0, ""), result
    return [line.split() for line in result.out.splitlines()]


LMBS = "file /sys/kernel/dlpar \"\"\n"
MANY = "blocks 0-1023 online zone=Normal\nblocks 8-9 zone=Normal\nblocks 512-1023 node=1\npseries v2 lmbs=0-1100\n"
SINGLE = [
    ("pseries-v2", "", [["0-7", "drc-80000000-80000007", "pseries"], ["8-9", "drc-80000008-80000009", "pseries"],
                        ["10-11", "drc-8000000a-8000000b", "pseries"]]),
    ("pseries-v2", "blocks 6-7 offline", [["0-5", "drc-80000000-80000005", "pseries"], ["6-7", "drc-80000006-80000007", "pseries"],
                                          ["8-9", "drc-80000008-80000009", "pseries"], ["10-11", "drc-8000000a-8000000b", "pseries"]]),
    ("s390-new", "", [["0", "sclp0", "s390"], ["1-7", "sclp1-7", "s390"], ["8-9", "sclp8-9", "s390"], ["10", "sclp10", "s390"]]),
    ("s390-new", "blocks 10 online zone=Movable", [["0", "sclp0", "s390"], ["1-7", "sclp1-7", "s390"], ["8-10", "sclp8-10", "s390"]]),
    ("s390-virtio", "", [["0", "increment0", "s390"], ["1-7", "increment128-896", "s390"], ["16-23", "virtio1", "virtio"]]),
    ("pseries-v2", MANY, [["0-511", "drc-80000000-800001ff", "pseries"], ["512-1023", "drc-80000200-800003ff", "pseries"]]),
    ("x86-dimm", "blocks 32-39 online zone=Movable\nblocks 40-47 online zone=Movable acpi=PNP0C80:01", [
        ["0", "-", "-"], ["1-14", "-", "-"], ["15", "-", "-"], ["32-39", "PNP0C80:00", "acpi"], ["40-47", "PNP0C80:01", "acpi"]]),
]


@pytest.mark.parametrize("name, lines, expected", SINGLE)
def test_single_block_devices_merge(machine: Any, name: str, lines: str, expected: list[list[str]]) -> None:
    made = machine(name, lines=lines)
    assert [row[:3] for row in rows(made, "-o", "BLOCKS,DEVICE,PROVIDER,STATE,ZONE,NODE,OFFLINE")] == expected
    blocks = {block["block"]: block for block in made.memhpctl("list", "--json", "--all").json()["blocks"]}
    ranges = made.memhpctl("list", "--json").json()["ranges"]
    assert len(blocks) == len(made.states()) and not any("last_device" in block for block in blocks.values())
    assert [f"{row['first_block']}-{row['last_block']}" if row["first_block"] != row["last_block"] else str(row["first_block"])
            for row in ranges] == [row[0] for row in expected]
    for row in ranges:
        first, last = blocks[row["first_block"]], blocks[row["last_block"]]
        assert row["device"] == first["device"] and row.get("last_device", row["device"]) == last["device"]
        assert ("last_device" in row) == (first["device"] != last["device"])
        assert {blocks[number]["provider"] for number in range(row["first_block"], row["last_block"] + 1)} == {row["provider"]}


def test_single_block_devices_stay_apart_with_all(machine: Any) -> None:
    assert rows(machine("pseries-v2"), "--all", "-o", "BLOCKS,DEVICE") == [[str(n), f"drc-8000000{n:x}"] for n in range(12)]
    assert rows(machine("pseries-v2"), "-o", "BLOCKS,DEVICE", "3-4", "6") == [["3-4", "drc-80000003-80000004"], ["6", "drc-80000006"]]
    assert rows(machine("pseries-v2"), "-o", "BLOCKS,DEVICE", "drc-80000008", "drc-8000000a") == [["8", "drc-80000008"], ["10", "drc-8000000a"]]


@pytest.mark.parametrize("name, lines, words, expected", [
    ("pseries-v2", LMBS, [], [["drc-80000000-8000000b", "pseries", "0-11", "3G", "0", "online", "-", "yes", "-"],
                              ["drc-8000000c-8000000f", "pseries", "-", "1G", "-", "-", "-", "no", "1G"]]),
    ("pseries-v2", LMBS + "blocks 4 offline\nblocks 8-9 node=1", [], [
        ["drc-80000000-80000003", "pseries", "0-3", "1G", "0", "online", "-", "yes", "-"],
        ["drc-80000004", "pseries", "4", "256M", "0", "offline", "-", "yes", "-"],
        ["drc-80000005-80000007", "pseries", "5-7", "768M", "0", "online", "-", "yes", "-"],
        ["drc-80000008-80000009", "pseries", "8-9", "512M", "1", "online", "-", "yes", "-"],
        ["drc-8000000a-8000000b", "pseries", "10-11", "512M", "0", "online", "-", "yes", "-"],
        ["drc-8000000c-8000000f", "pseries", "-", "1G", "-", "-", "-", "no", "1G"]]),
    ("pseries-v2", LMBS, ["drc-80000003", "drc-80000005", "drc-8000000c", "drc-8000000e"], [
        ["drc-80000003", "pseries", "3", "256M", "0", "online", "-", "yes", "-"], ["drc-80000005", "pseries", "5", "256M", "0", "online", "-", "yes", "-"],
        ["drc-8000000c", "pseries", "-", "256M", "-", "-", "-", "no", "256M"], ["drc-8000000e", "pseries", "-", "256M", "-", "-", "-", "no", "256M"]]),
    ("pseries-v2", LMBS + MANY, [], [["drc-80000000-800001ff", "pseries", "0-511", "128G", "0", "online", "-", "yes", "-"],
                                     ["drc-80000200-800003ff", "pseries", "512-1023", "128G", "1", "online", "-", "yes", "-"],
                                     ["drc-80000400-8000044c", "pseries", "-", "19.25G", "-", "-", "-", "no", "19.25G"]]),
    ("s390-new", "", [], [["sclp0-9", "s390", "0-9", "2.5G", "-", "online", "-", "yes", "-"], ["sclp10", "s390", "10", "256M", "-", "offline", "-", "yes", "-"],
                          ["sclp11-15", "s390", "-", "1.25G", "-", "-", "-", "no", "1.25G"]]),
    ("mixed", "", [], None),
])
def test_devices_that_look_alike_merge(machine: Any, name: str, lines: str, words: list[str], expected: list[list[str]] | None) -> None:
    made = machine(name, lines=lines)
    objects = made.memhpctl("list", "--devices", "--json", *words).json()["devices"]
    assert [row[0] for row in rows(made, "--devices", "--all", *words)] == [device["device"] for device in objects]
    if expected is None:
        assert rows(made, "--devices") == rows(made, "--devices", "--all")
    else:
        assert rows(made, "--devices", *words) == expected


def test_numbers_of_no_device_part_a_row_of_devices(machine: Any) -> None:
    """A range of names without blocks covers no name that is not a device."""
    made = machine("s390-new")
    (made.root / "sys/firmware/memory/memory13").rename(made.root / "sys/firmware/memory/was13")
    assert [row[0] for row in rows(made, "--devices")] == ["sclp0-9", "sclp10", "sclp11-12", "sclp14-15"]


def test_status_is_short(machine: Any) -> None:
    """An ordinary machine takes a dozen lines, and one with a single node shows no sum."""
    lines = machine("x86-dimm").memhpctl("status").out.partition("\nFindings")[0].splitlines()
    assert len(lines) <= 13 and all(len(line) <= 80 for line in lines)
    assert lines[0] == "24 memory blocks of 128M"
    assert [line.split() for line in lines[2:4]] == [["NODE", "ONLINE", "OFFLINE", "none", "DMA32", "Movable"],
                                                     ["0", "2.5G", "512M", "128M", "1920M", "512M"]]
    nodes = machine("two-nodes").memhpctl("status").out.splitlines()
    assert [line.split()[0] for line in nodes[2:6]] == ["NODE", "0", "1", "all"]
    assert machine("s390-new").memhpctl("status").out.splitlines()[2].split()[0] == "ONLINE"
    assert "GOING-OFFLINE" in machine("going-offline").memhpctl("status").out
