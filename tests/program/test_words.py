# SPDX-License-Identifier: GPL-2.0-or-later
"""Habits that memhpctl shares: zones by any name, devices by their files and regions, lsmem's options."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

import pytest

from conftest import MachineFactory
from machine import Machine, Result, find_program, run


def test_no_command(memhpctl: Callable[..., Result]) -> None:
    """Alone it prints what there is, and is no success that a script could mistake for one."""
    alone = memhpctl()
    assert (alone.rc, alone.err) == (2, "") and "\n  online " in alone.out and "--json" not in alone.out
    assert "--json" in memhpctl("help").out
    assert memhpctl("-v").rc == 2


def test_zone_names(machine: MachineFactory) -> None:
    """Zones in any case and by the table's names; a kernel zone's name is taken for kernel, and said so."""
    made = machine("x86-dimm")
    for zone in ("Movable", "MOVABLE", "movable"):
        result = made.memhpctl("online", "-n", f"--zone={zone}", "36")
        assert (result.rc, result.err) == (0, "") and "online_movable" in result.out
    for zone in ("Normal", "dma32"):
        result = made.memhpctl("online", "-n", f"--zone={zone}", "36")
        assert "online_kernel" in result.out and f"--zone={zone} is --zone=kernel" in result.err
    assert made.memhpctl("online", "-n", "--zone=Device", "36").rc == 2


def put_in_region(made: Machine, name: str, region: str) -> None:
    """Make the path of a dax device lead through a region, as that of CXL memory does."""
    link = made.path(f"/sys/bus/dax/devices/{name}")
    folder = made.path("/sys/devices/platform") / "root0/decoder0.0" / region / f"dax_{region}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).symlink_to(os.path.relpath(link.resolve(), folder))
    link.unlink()
    link.symlink_to(os.path.relpath(folder / name, link.parent))


def test_device_words(machine: MachineFactory) -> None:
    """A device by its file, and by its region; of a region with several none is guessed."""
    made = machine("dax-kmem")
    plain = made.memhpctl("offline", "-n", "dax0.0").out
    assert made.memhpctl("offline", "-n", "/dev/dax0.0").out == plain
    assert made.memhpctl("add", "-n", "/dev/dax1.0").rc == 0
    assert made.memhpctl("list", "--device=/dev/dax0.0").out == made.memhpctl("list", "dax0.0").out
    put_in_region(made, "dax0.0", "region4")
    put_in_region(made, "dax1.0", "region5")
    assert made.memhpctl("offline", "-n", "region4").out == plain
    assert made.memhpctl("list", "-D", "-n", "region5").out.split()[0] == "dax1.0"
    assert made.memhpctl("offline", "-n", "region6").rc == 2
    put_in_region(made, "dax1.0", "region4")
    for words in (["offline", "-n", "region4"], ["add", "-n", "region4"], ["list", "--device=region4"]):
        result = made.memhpctl(*words)
        assert result.rc == 2 and "dax0.0 dax1.0" in result.err


def test_lsmem_options(machine: MachineFactory) -> None:
    """-J, -n, -s, -P, --output-all, --summary, lsmem's columns and the columns of the environment."""
    made = machine("x86-dimm")
    assert made.memhpctl("list", "-J").json() == made.memhpctl("list", "--json").json()
    assert made.memhpctl("list", "-n").out == made.memhpctl("list", "--noheadings").out
    assert run([find_program(), "list", "-s", "/nowhere-at-all"]).rc == 2
    pairs = made.memhpctl("list", "-P", "-o", "BLOCK,zones,REMOVABLE,SIZE").out.splitlines()
    assert pairs[1] == 'BLOCK="1-14" ZONES="DMA32" REMOVABLE="unlikely" SIZE="1.75G"'
    assert made.memhpctl("list", "--summary").out == made.memhpctl("list").out.partition("\n\n")[2]
    everything = made.memhpctl("list", "--output-all").out.splitlines()[0].split()
    assert "PROVIDER" in everything and "RANGE" in everything
    keys = made.memhpctl("list", "--output-all", "--json").json()["ranges"][0]
    assert "provider" in keys
    chosen = made.memhpctl("list", env={"MEMHPCTL_COLUMNS": "size,STATE"})
    assert chosen.out.splitlines()[0].split() == ["SIZE", "STATE"]
    assert made.memhpctl("list", "-o", "NODE", env={"MEMHPCTL_COLUMNS": "SIZE"}).out.split()[0] == "NODE"
    for words in (["list", "--json"], ["list", "-r"], ["list", "-P"], ["list", "-D"]):
        assert made.memhpctl(*words, env={"MEMHPCTL_COLUMNS": "SIZE"}).out == made.memhpctl(*words).out
    wrong = made.memhpctl("list", env={"MEMHPCTL_COLUMNS": "SIZES"})
    assert wrong.rc == 2 and "MEMHPCTL_COLUMNS=SIZES" in wrong.err
    for words in (["-P", "-r"], ["--summary", "-r"], ["--summary", "--json"], ["--output-all", "-o", "SIZE"]):
        assert made.memhpctl("list", *words).rc == 2


@pytest.mark.parametrize("name", ["x86-dimm", "two-nodes", "mixed", "pseries-v2", "s390-new", "ids-8192", "big", "hole"])
def test_list_is_narrow(machine: MachineFactory, name: str) -> None:
    """The default columns fit into 80 characters in a pipe, too; what programs read keeps them all."""
    made = machine(name)
    for words in (["list"], ["list", "--devices"]):
        table = made.memhpctl(*words).out.partition("\n\n")[0].splitlines()
        assert all(len(line) <= 80 for line in table if ": " not in line)
    assert made.memhpctl("list", "-r").out.startswith("RANGE SIZE STATE ZONE NODE BLOCKS DEVICE OFFLINE\n")
    assert made.memhpctl("list", "-o", "+RANGE").out.startswith("RANGE ")


def test_devices_columns(machine: MachineFactory) -> None:
    """--devices takes columns, in JSON too, and shows what add would bring."""
    made = machine("dax-kmem")
    assert made.memhpctl("list", "-D", "-r", "-n", "-o", "device,ADDABLE,DRIVER").out == "dax0.0 - kmem\ndax1.0 1G device_dax\n"
    assert [one["addable"] for one in made.memhpctl("list", "-D", "--json").json()["devices"]] == [0, 1 << 30]
    assert made.memhpctl("list", "-D", "--json", "-o", "NODE").json()["devices"] == [{"nodes": [1]}, {"nodes": [1]}]
    assert made.memhpctl("list", "-D", "-o", "ZONE").rc == 2
    assert machine("pseries-v2").memhpctl("list", "-D", "-r", "-n", "-o", "ADDABLE").out == "-\n1G\n"


def test_a_look(machine: MachineFactory) -> None:
    """wait --timeout=0 looks once, and says what is missing."""
    made = machine("x86-dimm")
    assert made.memhpctl("wait", "--timeout=0", "32-35").rc == 0
    for timeout in ("0", "0s"):
        result = made.memhpctl("wait", f"--timeout={timeout}", "32-36", "99")
        assert (result.rc, result.err) == (75, "memhpctl: now; not online: 36; missing: 99\n")
    assert made.memhpctl("wait", "--timeout=0", "--json", "36").json()["unfinished"] == [36]
    assert made.memhpctl("offline", "--timeout=0", "32").rc == 2


def test_s390_blocks_by_their_numbers(machine: MachineFactory) -> None:
    """add takes ranges of blocks or addresses where a block is enough to name a device."""
    made = machine("s390-new")
    plan = made.memhpctl("add", "-n", "12-13").out
    assert "sclp12" in plan and "sclp13" in plan and "sclp14" not in plan
    assert made.memhpctl("add", "-n", "0xc0000000-0xdfffffff").out == plan
    beyond = made.memhpctl("add", "-n", "14-99")
    assert beyond.rc == 2 and "block 16" in beyond.err
    assert machine("x86-dimm").memhpctl("add", "-n", "36-99").rc == 2


def test_policy_help(memhpctl: Callable[..., Result]) -> None:
    """Each verb is explained."""
    text = memhpctl("policy", "--help").out
    for verb in ("show", "check", "test", "apply"):
        assert f"\n  {verb} " in text


LONG = "w" * 2100


@pytest.mark.parametrize("words, reason", [
    (["list", LONG], "': no device of this name"), (["list", "w " * 1100], " w ' is not a selector"), (["list", "\u00e4" * 2000], "' is not a selector"),
    (["list", f"0x{LONG}"], "' is n"), (["list", f"1-{LONG}"], "' is n"), (["list", f"/dev/{LONG}"], "': no device of this name"),
    (["list", "-o", LONG], "'; the columns are RANGE"), (["list", f"--state={LONG}"], ": a block is online, offline"), (["list", f"--node={LONG}"], ": "),
    (["online", f"--zone={LONG}", "36"], ": must be auto, kernel or movable"), (["offline", f"--size={LONG}"], ": not a size"),
    (["offline", f"--{LONG}"], ": unknown option; memhpctl help offline lists"), (["offline", f"--retries={LONG}", "36"], ": "),
    ([LONG], "'; memhpctl help lists them"), (["policy", "check", LONG], ": File name too long"), (["policy", "check", f"{LONG} {LONG}"], ": File name too long"),
    (["wait", f"--for={LONG}", "36"], ": must be "), (["policy", "test", f"--virt={LONG}"], ": none, vm, or a word of")])
def test_a_long_word_leaves_room_for_the_reason(machine: MachineFactory, words: list[str], reason: str) -> None:
    """The word is cut in the middle, so that the quote after it stays."""
    result = machine("x86-dimm").memhpctl(*words)
    assert result.rc in (1, 2) and reason in result.err and "..." in result.err, result.err
    assert "?" not in result.err and len(result.err) < 2100


def test_a_long_path_keeps_the_line(machine: MachineFactory, tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 150) / ("y" * 150)
    folder.mkdir(parents=True)
    (folder / "a.conf").write_text(f"[rule a]\nvirt = {LONG}\n")
    made = machine("x86-dimm")
    assert "a.conf:2: virt = w" in made.memhpctl("policy", "check", str(folder / "a.conf")).err
    assert f"{folder}/a.conf:2: virt = {LONG}: none, vm" in made.memhpctl("policy", "check", "--json", str(folder / "a.conf")).json()["error"]["message"]


@pytest.mark.parametrize("words, meant", [
    (["offline", "--dryrn", "36"], "dry-run"), (["offline", "--dry_run", "36"], "dry-run"), (["offline", "--Dry-Run", "36"], "dry-run"),
    (["offline", "36", "--timout=5s"], "timeout"), (["offline", "36", "--time-out", "5s"], "timeout"), (["online", "--zones=movable", "36"], "zone"),
    (["list", "--jsno"], "json"), (["list", "--sysrot=/x"], "sysroot"), (["--jsn", "list"], "json"), (["--vesion"], "version"),
    (["list", "--al"], "all"), (["policy", "test", "--virtt=kvm"], "virt"), (["list", "--output_all"], "output-all"),
    # Too far, too short, of another command, or no long option.
    (["offline", "--dry", "36"], None), (["offline", "--x", "36"], None), (["list", "--ab"], None), (["list", "--atomi"], None), (["list", "--nothing"], None),
    (["list", "-x"], None), (["list", "--=x"], None), (["list", "--json=x"], None)])
def test_a_mistyped_option(machine: MachineFactory, words: list[str], meant: str | None) -> None:
    """Where the line is not known as another program's, which is answered with the finished command."""
    result = machine("x86-dimm").memhpctl(*words)
    assert (result.rc, result.out) == (2, "") and ("did you mean" in result.err) == bool(meant), result
    if meant:
        word = next(word for word in words if word.startswith("--"))
        assert result.err == f"memhpctl: {word}: unknown option; did you mean --{meant}?\n"
