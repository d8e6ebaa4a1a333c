# SPDX-License-Identifier: GPL-2.0-or-later
"""The test machines themselves: their descriptions and trees, and collecting them again."""

from __future__ import annotations

import os
import pathlib
import shutil
import struct
from typing import Any

import pytest

from machine import MACHINES, MEMORY, NODE, DescriptionError, describe, expand, read_description, run

NAMES = sorted(path.stem for path in MACHINES.glob("*.machine"))
EJECT = "/sys/bus/acpi/devices/PNP0C80:00/eject"

def tree_of(root: pathlib.Path) -> dict[str, tuple[Any, ...]]:
    """All that is in a tree: kinds, modes, contents, link targets."""
    found: dict[str, tuple[Any, ...]] = {}
    for directory, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(directory, name)
            key = path[len(str(root)):]
            if os.path.islink(path):
                found[key] = ("link", os.readlink(path))
            elif os.path.isdir(path):
                found[key] = ("directory",)
            elif os.access(path, os.R_OK):
                with open(path, "rb") as content:
                    found[key] = ("file", oct(os.stat(path).st_mode & 0o7777), content.read())
            else:
                found[key] = ("file", oct(os.stat(path).st_mode & 0o7777))
    return found


# --- descriptions and trees ---


@pytest.mark.parametrize("name", NAMES)
def test_every_machine_has_its_blocks(machine: Any, name: str) -> None:
    made = machine(name)
    wanted = {number for number, block in made.description.blocks.items()}
    there = {entry for entry in os.listdir(made.path("")) if entry.removeprefix("memory").isdigit()} \
        if made.description.block_size else set()
    assert there == {f"memory{number}" for number in wanted}
    if name != "no-hotplug":
        assert int(made.read("block_size_bytes"), 16) == made.description.block_size


def test_the_promised_machines_are_there() -> None:
    assert set(NAMES) >= set("""x86-dimm x86-bare ids-8192 hole two-nodes big huge no-hotplug no-hotremove
        vanishing dax-kmem dax-kmem-state virtio-mem pseries-v1 pseries-v2 s390-old s390-new hyperv xen
        going-offline movable-heavy kernel-zone one-block mixed""".split())


def test_big_machines_have_so_many_blocks(machine: Any) -> None:
    assert len(machine("big").description.blocks) == 32768
    assert len(machine("huge").description.blocks) == 100000


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("big", "huge")])
def test_collect_gives_the_same_machine_again(machine: Any, tmp_path: pathlib.Path, name: str) -> None:
    made = machine(name)
    collected = run(["/bin/sh", str(MACHINES / "collect"), str(made.root)])
    assert (collected.rc, collected.err) == (0, "")
    again = tmp_path / "again"
    expand(read_description(collected.out, "collected"), str(again))
    before, after = tree_of(made.root), tree_of(again)
    for key in [key for key in before if key.endswith(("/removable", "/proc/kpageflags"))]:
        before.pop(key)  # the one is never read, the other too large for a description
        after.pop(key, None)
    assert {key for key in before if key not in after} == set()
    assert {key: value for key, value in after.items() if before.get(key) != value} == {}


def test_collect_is_compact_and_runs_in_busybox(machine: Any) -> None:
    busybox = shutil.which("busybox")
    if not busybox:
        pytest.skip("busybox is not installed")
    out = run([busybox, "sh", str(MACHINES / "collect"), str(machine("big").root)]).out
    assert [line for line in out.splitlines() if line.startswith("blocks ")] == [
        "blocks 0 online zones=none node=0", "blocks 1-31 online zones=DMA32 node=0",
        "blocks 32-8191 online zones=Normal node=0", "blocks 8192-16383 online zones=Normal node=1",
        "blocks 16384-24575 online zones=Movable node=2",
        "blocks 24576-32767 offline zones='Normal Movable' node=3"]


def test_collect_reads_nothing_that_can_block(machine: Any) -> None:
    made = machine("mixed")
    assert made.run("/bin/sh", str(MACHINES / "collect"), str(made.root)).rc == 0
    assert made.reads() == []
    made.run("/bin/cat", str(made.path("memory33/online")), str(made.path("memory33/uevent")))
    assert [entry.name for entry in made.reads()] == ["memory33/online", "memory33/uevent"]


def test_expand_program(tmp_path: pathlib.Path) -> None:
    target = tmp_path / "root"
    assert run([str(MACHINES / "expand"), "one-block", str(target)]) [:3] == (0, "", "")
    assert (target / "sys/devices/system/memory/memory0/state").read_text() == "online\n"
    again = run([str(MACHINES / "expand"), "one-block", str(target)])
    assert again.rc == 1 and "not empty" in again.err
    assert run([str(MACHINES / "expand")]).rc == 2
    wrong = run([str(MACHINES / "expand"), "-", str(tmp_path / "x")],
                input="block-size 1\nblocks 0-3 onlin\n")
    assert wrong.rc == 1 and "-:2: blocks 0-3 onlin: unknown state 'onlin'" in wrong.err


@pytest.mark.parametrize("line", ["blocks x online", "blocks 1 zonk=1", "nonsense", "dax dax0.0 range=5",
                                  "| text", "file relative x", "blocks 1 without=nothing", "pages 7 lru",
                                  "iomem 5 x"])
def test_wrong_lines_are_named(line: str) -> None:
    with pytest.raises(DescriptionError, match="description:2: "):
        read_description("block-size 0x8000000\n" + line)


def test_later_lines_override(tmp_path: pathlib.Path) -> None:
    expand(read_description(describe("x86-dimm", blocks={"33": "offline", "34": "absent"},
                                     files={MEMORY + "/auto_online_blocks": "online"},
                                     params={"online_policy": "auto-movable"},
                                     absent=[MEMORY + "/memory35/state"])),
           str(tmp_path / "root"))
    memory = tmp_path / f"root{MEMORY}"
    assert (memory / "memory33/state").read_text() == "offline\n"
    assert (memory / "memory33/valid_zones").read_text() == "Movable\n"
    assert not (memory / "memory34").exists() and not (memory / "memory35/state").exists()
    assert (memory / "auto_online_blocks").read_text() == "online\n"
    assert (memory / "auto_online_blocks").stat().st_mode & 0o777 == 0o644


def test_trees_can_be_moved(machine: Any) -> None:
    made = machine("mixed")
    moved = made.root.rename(made.root.with_name("elsewhere"))
    for directory, names, files in os.walk(moved):
        for path in (os.path.join(directory, name) for name in names + files):
            if os.path.islink(path):
                assert not os.readlink(path).startswith("/") and os.path.exists(path), path


def test_acpi_links_lead_both_ways(machine: Any) -> None:
    made = machine("x86-dimm")
    device = made.path("/sys/bus/acpi/devices/PNP0C80:00").resolve()
    assert made.path("memory33/firmware_node").resolve() == device
    assert (device / "physical_node").resolve() == made.path("memory32")
    assert (device / "physical_node7").resolve() == made.path("memory39")
    assert made.read("/sys/bus/acpi/devices/PNP0C80:00/status") == "15"
    assert made.read("/sys/bus/acpi/devices/PNP0C80:01/status") == "0"
    assert made.path(EJECT).stat().st_mode & 0o777 == 0o200


@pytest.mark.parametrize("name", ["x86-dimm", "hole", "two-nodes", "ids-8192", "mixed", "movable-heavy"])
def test_zoneinfo_agrees_with_the_blocks(machine: Any, name: str) -> None:
    made = machine(name)
    pages: dict[str, int] = {}
    for line in made.read("/proc/zoneinfo").splitlines():
        words = line.split()
        if words[0] == "Node":
            zone = words[3]
        elif words[0] == "present":
            pages[zone] = pages.get(zone, 0) + int(words[1])
    blocks, size = made.description.blocks, made.description.block_size
    movable = sum(1 for block in blocks.values() if block.state == "online" and block.zones == "Movable")
    assert pages["Movable"] * made.description.page_size == movable * size
    holes = sum(size - (block.ram[1] + 1 - block.ram[0]) for block in blocks.values()
                if block.ram and block.state == "online")
    online = sum(1 for block in blocks.values() if block.state == "online") * size - holes
    assert sum(pages.values()) * made.description.page_size == online


def test_iomem_shows_owners_and_holes(machine: Any) -> None:
    mixed, hole = (machine(name).read("/proc/iomem") for name in ("mixed", "hole"))
    assert "200000000-2ffffffff : virtio3\n  200000000-22fffffff : System RAM (virtio_mem)\n" \
           "400000000-43fffffff : dax0.0\n  400000000-43fffffff : System RAM (kmem)" in mixed
    assert "00001000-bbffffff : System RAM\nbc000000-bfffffff : Reserved\n" in hole


def test_block_of_two_nodes(machine: Any) -> None:
    made = machine("two-nodes")
    for node in (0, 1):
        assert made.path(f"memory16/node{node}").resolve() == made.path(f"{NODE}/node{node}")
        assert made.path(f"{NODE}/node{node}/memory16").resolve() == made.path("memory16")


def test_pseries_formats_say_the_same(machine: Any) -> None:
    drconf = "/proc/device-tree/ibm,dynamic-reconfiguration-memory/"
    first = machine("pseries-v1").path(drconf + "ibm,dynamic-memory").read_bytes()
    second = machine("pseries-v2").path(drconf + "ibm,dynamic-memory-v2").read_bytes()
    count = struct.unpack_from(">I", first)[0]
    lmbs = [struct.unpack_from(">QIIII", first, 4 + 24 * i) for i in range(count)]
    expanded = []
    for i in range(struct.unpack_from(">I", second)[0]):
        count, base, drc, associativity, flags = struct.unpack_from(">IQIII", second, 4 + 24 * i)
        expanded += [(base + n * 0x10000000, drc + n, 0, associativity, flags) for n in range(count)]
    assert lmbs == expanded and len(lmbs) == 16 and len(second) < len(first) / 4
    assert lmbs[4] == (0x40000000, 0x80000004, 0, 0, 0x108) and lmbs[12][4] == 0x100 and lmbs[3][4] == 0x8


def test_kpageflags(machine: Any) -> None:
    made = machine("kernel-zone")
    with open(made.path("/proc/kpageflags"), "rb") as flags:
        flags.seek(32 * 32768 * 8)
        words = struct.unpack("=32768Q", flags.read(32768 * 8))
    assert [words.count(1 << bit) for bit in (7, 26, 32, 10)] == [512, 64, 512, 32768 - 512 - 64 - 2048 - 512]
    assert made.path("/proc/kpageflags").stat().st_blocks * 512 < 4 << 20
