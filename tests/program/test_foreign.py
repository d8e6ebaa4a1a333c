# SPDX-License-Identifier: GPL-2.0-or-later
"""The words of other tools and other spellings: an error that ends with the finished command, and that command works."""

from __future__ import annotations

import os
import pathlib
import shlex
import shutil

import pytest

from conftest import MachineFactory
from machine import Machine, find_fake_kernel, find_program, sanitizer_of

# A line as it is typed, what the error ends with, and what is added to try that without a change.
LINES = [
    ("x86-dimm", "enable 512m", "memhpctl online --zone=movable --size=512M", ["-n"]),
    ("x86-dimm", "enable 36", "memhpctl online --zone=movable 36", ["-n"]),
    ("x86-dimm", "-e -b 36-39", "memhpctl online --zone=movable 36-39", ["-n"]),
    ("x86-dimm", "--disable 0x100000000-0x107ffffff", "memhpctl offline 0x100000000-0x107ffffff", ["-n"]),
    ("x86-dimm", "online 512m", "memhpctl online --size=512M", ["-n"]),
    ("x86-dimm", "online -z Movable 36", "memhpctl online --zone=movable 36", ["-n"]),
    ("x86-dimm", "-vd 512m", "memhpctl offline -v --size=512M", ["-n"]),
    ("x86-dimm", "-vbd 33", "memhpctl offline -v 33", ["-n"]),
    # What is missing is looked up.
    ("x86-dimm", "-e", "memhpctl list --state=offline", []),
    ("x86-dimm", "-vd", "memhpctl list --state=online", []),
    ("x86-dimm", "chmem -g", "memhpctl list --devices", []),
    ("x86-dimm", "-c 512m", "memhpctl online --zone=movable --size=512M", ["-n"]),
    ("s390-new", "-c 512m", "memhpctl add sclp11 sclp12", ["-n"]),
    ("s390-new", "-c -b 11-12 -m 1", "memhpctl add 11-12", ["-n"]),
    ("s390-new", "-c 64g", "memhpctl list --devices", []),
    ("s390-new", "add 1g", "memhpctl add sclp11 sclp12 sclp13 sclp14", ["-n"]),
    ("s390-new", "-g -b 10", "memhpctl remove 10", ["-n"]),
    ("x86-dimm", "-a -b", "memhpctl list -a -b", []),
    ("x86-dimm", "-ao RANGE,SIZE", "memhpctl list -a -o RANGE,SIZE", []),
    ("x86-dimm", "-o +ZONES -a", "memhpctl list -o +ZONES -a", []),
    ("x86-dimm", "-ao +ZONES", "memhpctl list -a -o +ZONES", []),
    ("x86-dimm", "-S STATE -S NODE", "memhpctl list -o RANGE,SIZE,NODE", []),
    ("x86-dimm", "-o RANGE,STATE -S NODE", "memhpctl list -o RANGE,STATE,NODE", []),
    ("x86-dimm", "list -S STATE", "memhpctl list -o RANGE,SIZE,STATE", []),
    ("x86-dimm", "list --summary=only", "memhpctl list --summary", []),
    ("x86-dimm", "chmem --version", "memhpctl --version", []),
    ("dax-kmem", "offline-memory dax0.0", "memhpctl offline dax0.0", ["-n"]),
    ("dax-kmem", "reconfigure-device --mode=devdax dax0.0", "memhpctl remove dax0.0", ["-n"]),
    ("dax-kmem", "reconfigure-device -m system-ram -f dax1.0", "memhpctl add --zone=movable dax1.0", ["-n"]),
    ("dax-kmem", "destroy-device dax0.0", "memhpctl remove dax0.0", ["-n"]),
    ("dax-kmem", "daxctl list", "memhpctl list --devices", []),
    ("dax-kmem", "daxctl list -d dax0.0 -Du", "memhpctl list --devices dax0.0", []),
    ("cxl", "cxl list -RTu", "memhpctl list --devices", []),
    ("cxl", "list -m mem0", "memhpctl list mem0", []),
    ("cxl", "cxl list -m 0 1", "memhpctl list --devices mem0 mem1", []),
    ("cxl", "cxl disable-region 0", "memhpctl remove region0", ["-n"]),
    ("cxl", "disable-memdev 0", "memhpctl remove mem0", ["-n"]),
    ("cxl", "daxctl offline-memory -r 0", "memhpctl offline region0", ["-n"]),
    ("cxl", "daxctl reconfigure-device --mode=devdax --force dax0.0", "memhpctl remove dax0.0", ["-n"]),
    ("pseries-v2", "remove -q 2", "memhpctl remove --size=512M", ["-n"]),
    ("pseries-v2", "drmgr -c mem -r -s 0x80000009", "memhpctl remove drc-80000009", ["-n"]),
    ("pseries-v2", "drmgr -c mem -r -s 'LMB 9'", "memhpctl list --devices", []),
    ("pseries-v2", "-c mem -a -q 2", "memhpctl add drc-8000000c drc-8000000d", ["-n"]),
    # The order of the words, and words between them.
    ("x86-dimm", "36 online -n", "memhpctl online -n 36", []),
    ("x86-dimm", "memory33 status", "memhpctl list memory33", []),
    ("x86-dimm", "33", "memhpctl list 33", []),
    ("x86-dimm", "set 33 offline", "memhpctl offline 33", ["-n"]),
    ("x86-dimm", "set-offline 33", "memhpctl offline 33", ["-n"]),
    ("x86-dimm", "on memory36", "memhpctl online memory36", ["-n"]),
    ("x86-dimm", "stop memory33", "memhpctl offline memory33", ["-n"]),
    ("x86-dimm", "is-online memory33", "memhpctl wait --timeout=0 memory33", []),
    ("x86-dimm", "why 33", "memhpctl explain 33", []),
    ("x86-dimm", "wait 36 offline", "memhpctl wait --for=offline 36", []),
    ("x86-dimm", "list memory", "memhpctl list", []),
    ("x86-dimm", "list offline", "memhpctl list --state=offline", []),
    ("x86-dimm", "list devices", "memhpctl list --devices", []),
    ("x86-dimm", "info", "memhpctl status", []),
    ("x86-dimm", "online 36 movable", "memhpctl online --zone=movable 36", ["-n"]),
    ("x86-dimm", "offline --dryrun 33", "memhpctl offline --dry-run 33", []),
    ("x86-dimm", "offline -y 33", "memhpctl offline 33", ["-n"]),
    # Spellings.
    ("x86-dimm", "online 36..39", "memhpctl online 36-39", ["-n"]),
    ("x86-dimm", "online 36:39", "memhpctl online 36-39", ["-n"]),
    ("x86-dimm", "online 36-", "memhpctl online 36-39", ["-n"]),
    ("x86-dimm", "list -39", "memhpctl list 0-39", None),
    ("x86-dimm", "online memory36-memory39", "memhpctl online 36-39", ["-n"]),
    ("x86-dimm", "offline 00000021", "memhpctl offline 33", ["-n"]),
    ("x86-dimm", "offline /sys/devices/system/memory/memory33/state", "memhpctl offline memory33", ["-n"]),
    ("x86-dimm", "list node 0", "memhpctl list node0", []),
    ("x86-dimm", "list nid=0", "memhpctl list node0", []),
    ("x86-dimm", "online +512M", "memhpctl online --size=512M", ["-n"]),
    ("x86-dimm", "offline -512MiB", "memhpctl offline --size=512MiB", ["-n"]),
    ("x86-dimm", "online 512 MiB", "memhpctl online --size=512M", ["-n"]),
]


def states(made: Machine) -> str:
    """The states of all blocks."""
    return made.memhpctl("list", "-a", "-r").out


@pytest.mark.parametrize("name, line, command, dry", LINES, ids=[line for _, line, _, _ in LINES])
def test_foreign_words(machine: MachineFactory, name: str, line: str, command: str, dry: list[str] | None) -> None:
    """The error names the finished command, in JSON too, nothing is changed; the command is no mistake."""
    made = machine(name)
    before = states(made)
    typed = made.memhpctl(*shlex.split(line))
    assert (typed.rc, typed.out) == (2, "")
    assert typed.err.rstrip("\n").replace(f" --sysroot {made.root}", "").endswith(f": {command}")
    message = made.memhpctl("--json", *shlex.split(line)).json()["error"]["message"]
    assert set(shlex.split(command)) <= set(shlex.split(message))
    if dry is not None:
        assert made.memhpctl(*shlex.split(command)[1:], *dry).rc == 0
    assert states(made) == before


@pytest.mark.parametrize(
    "line, words",
    [
        ("create-device -r 0", "memhpctl add DEVICE"),
        ("reconfigure-device dax0.0", "memhpctl remove DEVICE"),
        ("virsh setmem guest 2G", "memhpctl status"),
        ("detach-device guest dimm.xml", "memhpctl remove DEVICE"),
        ("version", "memhpctl --version"),
        ("ndctl list", "memhpctl list --devices"),
        ("drmgr -c cpu -r -q 1", "memhpctl help"),
        ("cxl set-partition mem0", "memhpctl help"),
        ("cxl create-region -s 1G -m mem1", "memhpctl help"),
        ("daxctl offline-memory -r 0,1", "memhpctl help"),
        ("daxctl offline-memory -r 1 dax0.0", "memhpctl help"),
        ("reconfigure-device -m system-ram -s 1G dax0.0", "memhpctl add DEVICE"),
        ("status --zone=Movable", "memhpctl help status"),
        ("-e -z Device 512m", "--zone=Device: must be auto, kernel or movable"),
        ("-e -z bogus -b 36", "--zone=bogus: must be auto, kernel or movable"),
        ("-d -z Device 512m", "--zone=Device: no such zone; DMA, DMA32, Normal, HighMem, Movable"),
        ("list --zone=Device", "--zone=Device: no such zone; DMA, DMA32, Normal, HighMem, Movable"),
        ("help enable", "memhpctl help online"),
        ("offline 0x21", "the block with this number is 33"),
        ("online mem36", "a block is written memory36"),
        ("add 36", "memhpctl online 36"),
    ],
)
def test_no_such_command(machine: MachineFactory, line: str, words: str) -> None:
    """What memhpctl does not do, and what is nearly a selector, is answered with what there is."""
    typed = machine("x86-dimm").memhpctl(*shlex.split(line))
    assert typed.rc == 2 and words in typed.err


@pytest.mark.parametrize("line", ["-e 1,5g", "-e 512M 256M", "-e 1G 36", "online 1g 2g", "online --size=4G 1g", "online 1g --size 4G"])
def test_two_amounts_have_no_answer(machine: MachineFactory, line: str) -> None:
    """Of two amounts the command would take the last: 5 GiB for "1,5g"."""
    typed = machine("x86-dimm").memhpctl(*line.split())
    assert typed.rc == 2 and ": memhpctl online" not in typed.err, typed.err


def test_the_machine_of_the_line(machine: MachineFactory) -> None:
    """Also where --sysroot stands after an option that is not known: the answer is about that machine."""
    made, other = machine("s390-new"), machine("x86-dimm")
    typed = made.run(find_program(), "-c", "512m", "-s", str(made.root))
    assert typed.err.endswith(f": memhpctl add -s {made.root} sclp11 sclp12\n"), typed.err
    typed = other.run(find_program(), "-c", "512m", f"--sysroot={other.root}")
    assert typed.err.endswith(f": memhpctl online --zone=movable --size=512M --sysroot={other.root}\n"), typed.err


def test_nothing_is_said_of_what_cannot_be_read(machine: MachineFactory) -> None:
    """Files that cannot be read are not files that are not there: "nothing can be added" must be seen."""
    made = machine("s390-new")
    shutil.rmtree(made.path("/sys/firmware/memory/memory11"))
    made.path("/sys/firmware/memory/memory11").symlink_to("memory11")
    for path in made.path("/sys/firmware/memory").glob("memory1[2-5]/config"):
        path.unlink()
        path.symlink_to("config")
    typed = made.memhpctl("-c", "512m")
    assert typed.rc == 2 and "nothing can be added" not in typed.err, typed.err


@pytest.mark.parametrize("line", ["-c 512m", "-vd 1g", "-e -z Movable -b 36", "-S NODE -ao RANGE", "-ve"])
def test_without_memory_no_word_is_lost(machine: MachineFactory, tmp_path: pathlib.Path, line: str) -> None:
    """Whichever allocation fails: the command is whole, or there is none."""
    if "FAIL_NTH_SO" not in os.environ:
        pytest.skip("FAIL_NTH_SO does not say where the library is that lets calls fail")
    made = machine("s390-new")
    whole = made.memhpctl(*line.split()).err
    counters = tmp_path / "counters"
    preload = [*sanitizer_of(find_program()), os.environ["FAIL_NTH_SO"], find_fake_kernel()]
    env = {"LD_PRELOAD": " ".join(preload), "FAIL_NTH_CLASS": "memory", "FAIL_NTH_FILE": str(counters)}
    for number in range(1, 60):
        counters.write_bytes(bytes(16))
        typed = made.memhpctl(*line.split(), env={**env, "FAIL_NTH_NUMBER": str(number)})
        command = typed.err.rpartition(": memhpctl ")[2]
        assert typed.rc in (1, 2)
        cut = typed.err.endswith("...\n")
        assert ": memhpctl " not in typed.err or cut or command in whole or command.startswith("list --devices "), typed.err


def test_more_than_asked(machine: MachineFactory) -> None:
    """Where memhpctl's command does more than the word says, the error says so."""
    made = machine("cxl")
    for line in ("disable-device dax0.0", "cxl disable-region region0", "disable-memdev mem0", "destroy-device dax0.0", "enable-memdev mem1"):
        typed = made.memhpctl(*line.split())
        assert typed.rc == 2 and "region" in typed.err.partition(": memhpctl ")[0]
    for line in ("offline -N 0", "offline --no-movable dax0.0", "online -1G"):
        assert ": memhpctl offline" not in made.memhpctl(*line.split()).err
