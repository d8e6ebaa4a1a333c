# SPDX-License-Identifier: GPL-2.0-or-later
"""What the program asks of the kernel: counted system calls, never times."""

from __future__ import annotations

import collections
import os
import pathlib
import re
import shutil
from typing import Any

import pytest

from machine import find_program, sanitizer_of


def trace(made: Any, *words: str) -> list[str]:
    """System calls of `memhpctl WORDS` on a machine that is only looked at, without the fake kernel."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    program = find_program()
    if sanitizer_of(program):
        pytest.skip("the sanitizers make system calls of their own")
    log = made.rules_path.with_suffix(".strace")
    result = made.run("strace", "-f", "-o", str(log), program, "--sysroot", str(made.root), *words, env={"LD_PRELOAD": None})
    if "ptrace" in result.err or "PTRACE" in result.err:
        pytest.skip("strace is not permitted here")
    assert result.rc == 0, result
    return log.read_text().splitlines()


def names(calls: list[str]) -> collections.Counter[str]:
    """How often each system call was made."""
    return collections.Counter(match[1] for call in calls if (match := re.match(r"\d+ +(\w+)\(", call)))


def test_eight_calls_a_block(machine: Any) -> None:
    """Below --sysroot: opening its directory, for each of two files a look, an open and a read, and one close. On the running system
    neither the directory nor the looks."""
    few, many = machine("x86-dimm"), machine("big")
    for words in (["list", "--json", "--all"], ["list"], ["status"]):
        calls = [names(trace(made, *words)) for made in (many, few)]
        more = calls[0] - calls[1]
        # Two threads take their descriptors from the same numbers: then three are not closed by one call.
        closes = more.pop("close", 0) + more.pop("close_range", 0)
        # A few more for the nodes' directories, and for the output and its memory.
        assert more.total() <= 7.05 * (32768 - 24) and closes <= 3.05 * (32768 - 24), words


def test_one_block_does_not_look_at_all_blocks(machine: Any) -> None:
    """What udev calls for each block must not grow with the machine (acceptance test 18 of the peers)."""
    counts = []
    for made in (machine("big", blocks={"200-32767": "absent"}), machine("big")):
        calls = trace(made, "online", "--dry-run", "/devices/system/memory/memory42")
        assert names(calls)["getdents64"] == 0
        counts.append(names(calls).total())
    assert counts[0] == counts[1]


def test_list_of_one_block_reads_one_block(machine: Any) -> None:
    calls = trace(machine("big"), "list", "--json", "-o", "RANGE,STATE,ZONE", "42")
    assert names(calls)["getdents64"] == 0
    assert {match[0] for call in calls for match in re.finditer(r"memory\d+", call)} == {"memory42"}


@pytest.mark.parametrize("words", [("list", "--all"), ("list", "-o", "+provider"), ("status",), ("list", "32"),
                                   ("online", "--all", "--dry-run"), ("list", "node0"), ("list", "PNP0C80:00")])
def test_never_opens_what_can_hang(machine: Any, words: tuple[str, ...]) -> None:
    calls = trace(machine("x86-dimm"), *words)
    assert [call for call in calls if re.search(r'open.*(online|uevent|removable)"', call)] == []


def test_threads_have_small_stacks(machine: Any) -> None:
    """auto locks its memory: what is mapped is resident, whatever `ulimit -s` says."""
    made = machine("big", blocks={"1024-32767": "absent"})
    sizes = [int(match[1]) for call in trace(made, "list", "--json", "--all") if (match := re.search(r"mmap\(NULL, (\d+), .*MAP_STACK", call))]
    assert sizes or len(os.sched_getaffinity(0)) == 1
    assert all(size <= 256 << 10 for size in sizes)


@pytest.mark.parametrize("words, needed", [(("list",), ["libsmartcols.so"]), (("list", "--json"), []), (("status", "--json"), []),
                                           (("online", "--all", "--dry-run"), [])])
def test_libraries_that_are_not_needed_are_not_loaded(machine: Any, words: tuple[str, ...], needed: list[str]) -> None:
    opened_files = " ".join(trace(machine("x86-dimm"), *words))
    assert "libc.so" in opened_files
    assert [name for name in ("libsmartcols.so", "libudev.so", "libkmod.so", "libcrypto.so") if name in opened_files] == needed


def test_a_library_that_is_missing_is_named(machine: Any, tmp_path: pathlib.Path) -> None:
    """Only what needs it fails."""
    for name in ("libsmartcols.so.1", "libudev.so.1"):
        (tmp_path / name).write_text("not a library\n")
    made, env = machine("x86-dimm"), {"LD_LIBRARY_PATH": str(tmp_path)}
    for words in (["list"], ["list", "-D"], ["status"]):
        result = made.memhpctl(*words, env=env)
        assert result.rc == 1 and "tables need libsmartcols.so.1, which cannot be loaded (" in result.err, result
        assert f"{tmp_path}/libsmartcols.so.1: file too short): install it, or use --json" in result.err, result
    for words in (["list", "--json"], ["status", "--json"], ["offline", "35"]):
        assert made.memhpctl(*words, env=env).rc == 0


def test_nodes_are_not_looked_up_where_there_is_one(machine: Any) -> None:
    """The order of what goes offline depends on them; looking them up means a directory a block."""
    def listings(name: str) -> int:
        return names(trace(machine(name), "offline", "--dry-run", "32-35" if name == "x86-dimm" else "16-19"))["getdents64"]

    assert listings("x86-dimm") < listings("mixed")


def opened(calls: list[str], block: int) -> int:
    """How often the block's state was opened, by its path or by way of its directory, not counting what is only looked at."""
    return sum(f'memory{block}/state"' in call and "open" in call and "O_PATH" not in call or
               re.search(rf'open\w*\(.*memory{block}".*O_PATH\|O_DIRECTORY', call) is not None for call in calls)


def test_what_was_written_is_read_back_without_opening_it_again(machine: Any) -> None:
    """The first look, the write, and the look before the report."""
    calls = trace(machine("x86-dimm"), "offline", "33-34")
    assert [opened(calls, block) for block in (33, 34)] == [3, 3]


def test_no_last_look_where_the_kernel_sent_no_event(machine: Any) -> None:
    counts = [opened(trace(machine("x86-dimm", files=files), "offline", "36"), 36)
              for files in ({}, {"/sys/kernel/uevent_seqnum": "4711\n"})]
    assert counts == [2, 1]


CXL = "/sys/bus/cxl/devices"
ROOT = "/sys/devices/platform/ACPI0017:00/root0"


def cxl_devices(numbers: range) -> str:
    """Lines for a machine: CXL memory devices, each with a region and its dax device, which no driver uses."""
    lines = []
    for i in numbers:
        memory, endpoint, region = f"/sys/devices/pci0000:0c/{i}/mem{i}", f"{ROOT}/port1/endpoint{i}", f"{ROOT}/decoder0.0/region{i}"
        lines += [f"link {CXL}/mem{i} {memory}", f"file {memory}/ram/size 0x40000000", f"link {memory}/driver /sys/bus/cxl/drivers/cxl_mem",
                  f"link {CXL}/endpoint{i} {endpoint}", f"link {endpoint}/uport {memory}", f"link {CXL}/decoder{i}.0 {endpoint}/decoder{i}.0",
                  f"file {endpoint}/decoder{i}.0/locked 0", f"link {CXL}/region{i} {region}", f"file {region}/mode ram",
                  f"file {region}/target0 decoder{i}.0", f"link {CXL}/dax_region{i} {region}/dax_region{i}",
                  f"dax dax{i}.0 at={region}/dax_region{i} range={0x10000000000 + i * 0x40000000:#x}-{0x1003fffffff + i * 0x40000000:#x} node=1"]
    return "\n".join(lines) + "\n"


def test_a_list_asks_about_each_cxl_device_once(machine: Any) -> None:
    """Twice as many devices cost twice as much, whatever is to be known of each."""
    for words in (["list", "-D"], ["list", "-D", "--json"], ["status"]):
        counts = [names(trace(machine("cxl", lines=cxl_devices(range(10, 10 + n))), *words)).total() for n in (20, 40, 60)]
        assert 0 < counts[2] - counts[1] <= 1.1 * (counts[1] - counts[0]), (words, counts)


def test_a_region_has_no_more_members_than_a_kernel_allows(machine: Any) -> None:
    made = machine("cxl", lines="".join(f"file {ROOT}/decoder0.0/region0/target{i} decoder2.0\n" for i in range(1, 100)))
    calls = "".join(trace(made, "list", "-D"))
    assert "region0/target15" in calls and "region0/target16" not in calls


def test_the_owners_of_memory_are_read_once(machine: Any) -> None:
    """/proc/iomem tells whether memory of a dax device that no driver has is stuck: one look for all of them."""
    counts = []
    for n in (1, 20):
        lines = "".join(f"dax dax{i}.0 range={i << 32:#x}-{(i << 32) + 0x7ffffff:#x} node=1 driver=-\n" for i in range(16, 16 + n))
        counts.append([sum("/iomem" in call or '"iomem"' in call for call in trace(machine("dax-stranded", lines=lines), *words))
                       for words in (["list"], ["list", "-D"], ["status"])])
    assert counts[0] == counts[1] and all(counts[0]), counts
