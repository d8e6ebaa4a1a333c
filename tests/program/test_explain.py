# SPDX-License-Identifier: GPL-2.0-or-later
"""explain, the column OFFLINE, the map, --size, --rezone and the refusals, on described machines; text compared with the expected."""

from __future__ import annotations

import json
from typing import Any

import pytest

from machine import MEMORY

MEMINFO = """MemTotal:        3096576 kB
MemFree:         {free} kB
MemAvailable:    {free} kB
HardwareCorrupted: {poison} kB"""


def meminfo(free: int, poison: int = 0) -> dict[str, str]:
    """A /proc/meminfo with so many KiB free."""
    return {"/proc/meminfo": MEMINFO.format(free=free, poison=poison)}


def chances(result: Any) -> dict[int, str | None]:
    """Verdict of each block."""
    return {block["block"]: block["offline_chance"] for block in result.json()["blocks"]}


def written(made: Any) -> list[tuple[str, str]]:
    """Block and word of each write, in their order."""
    return [(entry.name.removesuffix("/state").removeprefix("memory"), entry.word) for entry in made.begun()]


def kernel(release: str) -> dict[str, str]:
    """The version of the kernel."""
    return {"/proc/sys/kernel/osrelease": release}


def reasons(result: Any, number: int) -> list[str]:
    """The words of the reasons for a block's verdict."""
    return [reason["reason"] for block in result.json()["blocks"] if block["block"] == number for reason in block["reasons"]]


def test_text(machine: Any) -> None:
    made = machine("kernel-zone", files=meminfo(2 << 20) | kernel("6.12.0-amd64"))
    result = made.memhpctl("explain", "33", "36")
    assert (result.rc, result.err) == (0, "")
    assert result.out == """\
memory33: unlikely
  where     0x108000000-0x10fffffff, 128M, online, zone Normal, node 0,
            PNP0C80:00
  why       slab pages and page tables cannot move
  pages     5 slab (20K), 100 anonymous (400K), 32663 free (127.5M)
  room      400K must move, 1.8G is free elsewhere
memory36: likely
  where     0x120000000-0x127ffffff, 128M, online, zone Normal, node 0,
            PNP0C80:00
  why       nothing has to move
            poisoned pages: once offline, the block cannot come back online
            until its device has been removed and added again
  pages     1 poisoned (4K), 32767 free (127.9M)
  room      0B must move, 1.8G is free elsewhere
"""


def test_a_device_is_as_its_worst_block(machine: Any) -> None:
    made = machine("kernel-zone")
    result = made.memhpctl("explain", "PNP0C80:00")
    assert result.out.startswith("PNP0C80:00 (8 blocks, 1G): no, as memory32\nmemory32: no\n")
    document = made.memhpctl("explain", "PNP0C80:00", "--json").json()
    assert document["devices"] == [{"device": "PNP0C80:00", "offline_chance": "no", "worst_block": 32, "stuck": None}]
    assert not made.memhpctl("explain", "32-38", "--json").json()["devices"]


def test_a_device_that_is_going_offline(machine: Any) -> None:
    made = machine("going-offline", blocks={"32-35,37-39": "offline"})
    assert made.memhpctl("explain", "PNP0C80:00").out.startswith("PNP0C80:00 (8 blocks, 1G): going-offline, as memory36\n")
    document = made.memhpctl("explain", "PNP0C80:00", "--json").json()
    assert document["devices"] == [{"device": "PNP0C80:00", "offline_chance": None, "worst_block": 36, "stuck": None}]


@pytest.mark.parametrize("name", ["kernel-zone", "mixed"])
def test_text_fits(machine: Any, name: str) -> None:
    made = machine(name)
    for width in range(50, 81):
        text = made.memhpctl("explain", "--all", env={"COLUMNS": str(width)}).out
        assert max(len(line) for line in text.splitlines()) <= width


def test_pages_that_the_kernel_does_not_show_tell_nothing(machine: Any) -> None:
    made = machine("x86-dimm", lines="pages 1 slab=100\npages 33 nopage=32768")
    blocks = made.memhpctl("explain", "1", "33", "--json").json()["blocks"]
    assert [(block["offline_chance"], block["reasons"][0]["reason"], "pages" in block) for block in blocks] == [
        ("no", "kernel-pages", True), ("likely", "movable-zone", False)]


def test_verdicts_and_counts(machine: Any) -> None:
    result = machine("kernel-zone").memhpctl("explain", "32-39", "--json")
    assert chances(result) == {32: "no", 33: "unlikely", 34: "likely", 35: "unlikely", 36: "likely", 37: "likely", 38: "unlikely", 39: "no"}
    first = result.json()["blocks"][0]
    assert [reason["reason"] for reason in first["reasons"]] == ["reserved", "kernel-pages"]
    assert {kind: count for kind, count in first["pages"].items() if count} == {
        "slab": 512, "page_table": 64, "anonymous": 2048, "reserved": 512, "free": 32768 - 3136}
    assert first["must_move_bytes"] == 2048 * 4096


def test_holes_zones_and_offline_blocks(machine: Any) -> None:
    made = machine("x86-dimm", lines="pages 32 buddy=1")
    blocks = {block["block"]: block for block in made.memhpctl("explain", "0", "15", "32", "36", "--json").json()["blocks"]}
    assert {number: block["offline_chance"] for number, block in blocks.items()} == {0: "no", 15: "no", 32: "yes", 36: None}
    assert [reason["reason"] for reason in blocks[0]["reasons"]][:2] == ["zones", "holes"]
    assert blocks[15]["reasons"][0]["reason"] == "holes"
    assert "pages" not in blocks[36]


def test_without_page_flags_the_zone_speaks(machine: Any) -> None:
    made = machine("x86-dimm", absent=["/proc/kpageflags"])
    result = made.memhpctl("explain", "1", "32", "--json")
    assert result.rc == 0 and "these verdicts use the zone alone" in result.err
    assert not result.json()["scanned"]
    assert chances(result) == {1: "unlikely", 32: "likely"}
    scan = made.memhpctl("list", "--scan", "--json")
    assert scan.rc == 1 and "/proc/kpageflags" in scan.json()["error"]["message"]


def test_boot_memory_of_arm64_stays(machine: Any) -> None:
    made = machine("x86-dimm", lines="pages 1 buddy=1\npages 32 buddy=1", files={"/proc/sys/kernel/arch": "aarch64"})
    result = made.memhpctl("explain", "1", "32", "--json")
    assert result.json()["blocks"][0]["reasons"][0]["reason"] == "platform"
    assert chances(result) == {1: "no", 32: "yes"}


def test_a_dump_of_sys_alone_tells_its_architecture(machine: Any) -> None:
    """Not the one of the machine that looks at it."""
    made = machine("x86-dimm", files={"/sys/devices/system/clocksource/clocksource0/available_clocksource": "arch_sys_counter "},
                   absent=["/proc/sys/kernel/arch", "/proc/cpuinfo", "/proc/kpageflags"])
    assert chances(made.memhpctl("explain", "1", "--json"))[1] == "no"
    assert made.memhpctl("offline", "--dry-run", "1").rc == 1


@pytest.mark.parametrize("files, chance", [
    ({}, "unlikely"), ({"/proc/cpuinfo": "processor\t: 0\nCPU implementer\t: 0x41"}, "no"), ({"/proc/cpuinfo": "vendor_id\t: GenuineIntel"}, "unlikely"),
])
def test_architecture_of_a_kernel_before_6_1(machine: Any, files: dict[str, str], chance: str) -> None:
    """Without /proc/sys/kernel/arch the processor tells, and not the machine that looks at the tree."""
    made = machine("x86-dimm", files=files | kernel("5.10.0"), absent=["/proc/sys/kernel/arch", "/proc/kpageflags"])
    assert chances(made.memhpctl("explain", "1", "32", "--json")) == {1: chance, 32: "likely"}
    assert [row["offline_chance"] for row in made.memhpctl("list", "1", "--json").json()["ranges"]] == [chance]


@pytest.mark.parametrize("name", ["hyperv", "xen"])
def test_boot_memory_of_arm64_that_cannot_be_told(machine: Any, name: str) -> None:
    """There every block belongs to the hypervisor's driver."""
    made = machine(name, files={"/proc/sys/kernel/arch": "aarch64"}, absent=["/proc/kpageflags"])
    result = made.memhpctl("explain", "--all", "--state=online", "--json")
    found = set(chances(result).values())
    assert found <= {None, "no"} and None in found
    number = next(number for number, chance in chances(result).items() if chance is None)
    assert reasons(result, number)[0] == "platform-unknown"
    assert made.memhpctl("list", "-o", "OFFLINE", "--noheadings", "--raw", str(number)).out == "?\n"
    assert machine(name).memhpctl("explain", str(number)).out.startswith(f"memory{number}: ")


def test_pages_that_are_not_shown(machine: Any) -> None:
    """/proc/kpageflags may end before memory that was added later."""
    made = machine("x86-dimm", lines="pages 1 buddy=1")
    with open(made.path("/proc/kpageflags"), "r+b") as flags:
        flags.truncate(32 * 32768 * 8)
    result = made.memhpctl("explain", "1", "32", "36", "--json")
    assert not result.json()["scanned"] and "pages-hidden" in reasons(result, 32) and "pages-hidden" not in reasons(result, 1)
    assert made.memhpctl("explain", "1", "36", "--json").json()["scanned"]
    assert "the kernel does not show the pages of this block" in made.memhpctl("explain", "32").out


def test_room_that_is_not_known(machine: Any) -> None:
    made = machine("kernel-zone", absent=["/proc/meminfo"])
    block = made.memhpctl("explain", "32", "--json").json()["blocks"][0]
    assert block["must_move_bytes"] is None and block["free_elsewhere_bytes"] is None
    assert "room      unknown: /proc/meminfo cannot be read\n" in made.memhpctl("explain", "32").out


@pytest.mark.parametrize("release, chance", [("6.1.0-50-amd64", "unlikely"), ("6.12.1", "yes"), ("7.2.0-rc1", "yes"), (None, "unlikely")])
def test_free_gigantic_pages(machine: Any, release: str | None, chance: str) -> None:
    made = machine("x86-dimm", lines="pages 32 head+huge=1 tail+huge=32767\npages 33 tail+huge=32768\npages 34 head+huge+mmap=1 tail+huge+mmap=32767",
                   files=meminfo(2 << 20) | (kernel(release) if release else {}))
    result = made.memhpctl("explain", "32-34", "--json")
    assert chances(result) == {32: chance, 33: chance, 34: "unlikely"}
    block = result.json()["blocks"][0]
    assert block["must_move_bytes"] == 0 and block["huge_pool_bytes"] == 128 << 20 and block["pages"]["gigantic_free"] == 32768
    assert "huge-pool" in reasons(result, 32) and "huge-pool" not in reasons(result, 34)
    assert "128M of free huge pages will be dissolved" in made.memhpctl("explain", "32").out


def test_a_pool_of_huge_pages_that_shrinks_is_told(machine: Any) -> None:
    pool = {"/proc/meminfo": MEMINFO.format(free=2 << 20, poison=0) + "\nHugePages_Total: 300\nHugepagesize: 2048 kB\nHugetlb: 614400 kB"}
    lines = "pages 32 head+huge=1 tail+huge=511 head+huge=1 tail+huge=511\npages 33 head+huge+mmap=1 tail+huge+mmap=511"
    made = machine("x86-dimm", lines=lines, files=pool)
    assert made.memhpctl("offline", "32-34", "--dry-run").out.endswith("4M of free huge pages would be dissolved: their pool is smaller\n")
    assert made.memhpctl("remove", "PNP0C80:00", "--dry-run", "--json").json()["huge_pool_bytes"] == 4 << 20
    result = made.memhpctl("offline", "32-33", "--json", rules="memory32 offline EIO 1")
    assert result.json()["huge_pool_bytes"] == 0
    assert made.memhpctl("offline", "32").out.endswith("4M of free huge pages were dissolved: their pool is smaller\n")
    assert "dissolved" not in made.memhpctl("offline", "34").out


def test_a_pool_of_huge_pages_in_blocks_whose_pages_cannot_be_seen(machine: Any) -> None:
    pool = {"/proc/meminfo": MEMINFO.format(free=2 << 20, poison=0) + "\nHugePages_Total: 300\nHugepagesize: 2048 kB\nHugetlb: 614400 kB"}
    made = machine("x86-dimm", files=pool)
    assert made.memhpctl("offline", "-n", "32").out.endswith("free huge pages may be dissolved: the pages of the blocks could not be seen\n")
    assert made.memhpctl("offline", "-n", "32", "--json").json()["huge_pool_bytes"] is None
    assert made.memhpctl("online", "-n", "36", "--json").json()["huge_pool_bytes"] == 0
    assert made.memhpctl("offline", "36", "--json").json()["huge_pool_bytes"] == 0
    assert made.memhpctl("offline", "32").out.endswith("free huge pages may have been dissolved: the pages of the blocks could not be seen\n")
    # Is there a pool at all?
    hidden = machine("x86-dimm", lines="absent /proc/meminfo")
    assert hidden.memhpctl("offline", "-n", "32", "--json").json()["huge_pool_bytes"] is None


@pytest.mark.parametrize("release, words", [
    ("6.1.0-50-amd64", "puts the bad pages back into use"), ("6.2.0", "cannot come back online"), (None, "since Linux 6.2")])
def test_what_becomes_of_poison(machine: Any, release: str | None, words: str) -> None:
    made = machine("kernel-zone", lines="pages 38 buddy+hwpoison=1", files=kernel(release) if release else {})
    for number in (36, 38):
        out = " ".join(made.memhpctl("explain", str(number)).out.split())
        assert "1 poisoned (4K)" in out and words in out


@pytest.mark.parametrize("run, memmap", [(512, 512), (784, 512), (511, 0)])
def test_page_descriptors_of_the_block_itself(machine: Any, run: int, memmap: int) -> None:
    """They stand first, and what comes after them may look like them."""
    made = machine("x86-dimm", lines=f"pages 32 none={run}\npages 1 reserved={run}", params={"memmap_on_memory": "Y"})
    blocks = {block["block"]: block for block in made.memhpctl("explain", "1", "32", "--json").json()["blocks"]}
    assert (blocks[32]["pages"]["memmap"], blocks[32]["pages"]["other"]) == (memmap, run - memmap)
    # Boot memory has none of its own.
    assert (blocks[1]["pages"]["memmap"], blocks[1]["pages"]["reserved"]) == (0, run)


def test_list_says_no_where_it_is_certain(machine: Any) -> None:
    """Holes and the platform need no look at the pages."""
    made = machine("x86-dimm")
    assert made.memhpctl("list", "-o", "OFFLINE", "--noheadings", "--raw", "15").out == "no\n"
    assert "x online, cannot go offline          2 blocks" in made.memhpctl("list", "--map").out
    assert machine("x86-dimm", lines="iomem hidden").memhpctl("list", "-o", "OFFLINE", "--noheadings", "--raw", "15").out == "unlikely\n"
    arm = machine("x86-dimm", files={"/proc/sys/kernel/arch": "aarch64"})
    assert arm.memhpctl("list", "-o", "BLOCKS,OFFLINE", "--noheadings", "--raw").out == "0-15 no\n32-35 likely\n36-39 -\n"


def judged(made: Any, number: int) -> tuple[str, str | None]:
    """Result and cause of the block in a dry run of offline."""
    block = made.memhpctl("offline", str(number), "--dry-run", "--json").json()["blocks"][0]
    return block["result"], block.get("cause")


@pytest.mark.parametrize("name, overrides, expected", [
    ("s390-crash", {}, {0: "zones", 5: None, 6: "holes", 7: "reserved"}),
    ("x86-dimm", {"lines": "pages 33 reserved@100=1\npages 34 lru+anon=1\npages 1 slab=100\npages 2 slab=1"},
     {0: "zones", 15: "holes", 33: "reserved", 34: None, 1: "busy", 2: None}),
    ("x86-dimm", {"files": {"/proc/sys/kernel/arch": "aarch64"}}, {0: "zones", 1: "platform", 15: "holes", 32: None}),
    ("x86-dimm", {"files": {"/proc/sys/kernel/arch": "aarch64_be"}}, {1: "platform", 32: None}),
    ("no-hotremove", {}, {1: "no-hotremove"}),
])
def test_what_explain_calls_no_is_refused(machine: Any, name: str, overrides: dict[str, Any], expected: dict[int, str | None]) -> None:
    """By the dry run, and where it needs no look at the pages by the run too."""
    made = machine(name, **overrides)
    for number, cause in expected.items():
        explained = made.memhpctl("explain", str(number), "--json")
        assert (chances(explained)[number] == "no") == (cause is not None), number
        assert judged(made, number) == (("refused", cause) if cause else ("planned", None)), number
        assert made.memhpctl("offline", str(number), "--dry-run").rc == {None: 0, "busy": 75}.get(cause, 1)
        if cause in ("zones", "holes", "platform", "no-hotremove"):
            result = made.memhpctl("offline", str(number), "--json")
            assert result.rc == 1 and [(block["result"], block["cause"]) for block in result.json()["blocks"]] == [("refused", cause)]
    assert not made.begun()


def test_dry_run_of_several_blocks_ends_as_the_run(machine: Any) -> None:
    made = machine("s390-crash")
    assert made.memhpctl("offline", "5-7", "--dry-run").rc == 64
    assert made.memhpctl("offline", "5-7", "--dry-run", "--atomic").rc == 1
    assert made.memhpctl("offline", "6-7", "--dry-run").rc == 1
    assert made.memhpctl("online", "--rezone", "--zone=movable", "5-6", "--dry-run").rc == 64
    # What a check refuses is tried with --force, and the kernel answers.
    assert made.memhpctl("offline", "6", "--force", "--json", rules="memory6 offline EINVAL").json()["blocks"][0]["errno"] == "EINVAL"


@pytest.mark.parametrize("lines, log", [
    ("pages 33 lru+anon=100 reserved=1", ""),
    ("", "4,1,1,-;page:000000002a613660 refcount:1 mapcount:0 mapping:0000000000000000 index:0x1 pfn:0x108a00\n"
         "4,2,2,-;flags: 0x17ffffc0001000(reserved|node=0|zone=2|lastcpupid=0x1fffff)\n4,3,3,-;page dumped because: unmovable page\n"),
])
def test_reserved_pages_are_not_tried_again(machine: Any, lines: str, log: str) -> None:
    """They never move: no retries, and nothing that a script would wait for."""
    made = machine("x86-dimm", lines=lines, absent=[] if lines else ["/proc/kpageflags"], files={"/dev/kmsg": ""})
    made.rules("memory33 offline delay 300ms\nmemory33 offline EBUSY always")
    process = made.start("offline", "33", "--json")
    if log:
        made.wait_for(lambda: made.state(33) == "going-offline")
        with open(made.path("/dev/kmsg"), "a") as file:
            file.write(log)
    out, err = process.communicate()
    assert process.returncode == 1, (out, err)
    block = json.loads(out)["blocks"][0]
    assert (block["result"], block["cause"], block["errno"], block["attempts"]) == ("failed", "reserved", "EBUSY", 1)
    assert "which never move" in err and "try again" not in err
    assert made.memhpctl("offline", "34", "--retries=0", rules="memory34 offline EBUSY always").rc == 75


def test_size_does_not_try_what_explain_calls_no(machine: Any) -> None:
    made = machine("x86-dimm", lines="pages 32 reserved=1\npages 33 lru+anon=1\npages 34 reserved=1\npages 35 buddy=1")
    assert made.memhpctl("offline", "--size=384M", "32-35", "--dry-run").rc == 1
    result = made.memhpctl("offline", "--size=128M", "32-35", "--retries=0", rules="memory3[35] offline EBUSY always")
    assert result.rc != 0 and {number for number, _ in written(made)} == {"33", "35"}


def test_size_leaves_out_what_never_goes_offline(machine: Any) -> None:
    made = machine("x86-dimm", files={"/proc/sys/kernel/arch": "aarch64"})
    result = made.memhpctl("offline", "--size=1G", "--dry-run")
    assert result.rc == 1 and "only 512M of the selected memory is online and could go offline" in result.err
    # Block 0 lies in several zones, block 15 has a hole.
    assert "only 1.75G" in machine("x86-dimm").memhpctl("offline", "0-15", "--size=2G", "--dry-run").err


def test_nothing_matches(machine: Any) -> None:
    result = machine("x86-dimm").memhpctl("explain", "--all", "--zone=DMA")
    assert (result.rc, result.out) == (0, "explain: no block matches\n")


def test_larger_pages(machine: Any) -> None:
    made = machine("x86-dimm", lines="page-size 65536\npages 32 lru+anon=2048", files={"/proc/self/smaps": "KernelPageSize:       64 kB"})
    block = made.memhpctl("explain", "32", "--json").json()["blocks"][0]
    assert (block["page_size"], block["pages"]["anonymous"], block["offline_chance"]) == (65536, 2048, "likely")


def test_the_kernels_log_is_quoted(machine: Any) -> None:
    log = """4,1,1,-;page:000000002a613660 refcount:1 mapcount:0 mapping:0000000000000000 index:0x1 pfn:0x108a00
4,2,2,-;flags: 0x17ffffc0000200(slab|node=0|zone=2|lastcpupid=0x1fffff)
4,3,3,-;page dumped because: unmovable page
4,4,4,-;migrating pfn 110001 failed ret:1"""
    made = machine("kernel-zone", files={"/dev/kmsg": log})
    blocks = made.memhpctl("explain", "32-34", "--json").json()["blocks"]
    assert [block["kernel_log"] for block in blocks] == [
        None, "page frame 0x108a00: unmovable page (slab)", "page frame 0x110001: it could not be moved"]


def test_list_shows_the_chance(machine: Any) -> None:
    made = machine("kernel-zone")
    assert made.memhpctl("list", "-o", "BLOCKS,OFFLINE", "--noheadings", "32-39").out.split() == ["32-38", "unlikely", "39", "likely"]
    assert made.memhpctl("list", "-o", "BLOCKS", "--scan", "--raw", "--noheadings", "32-39").out == """\
32 no
33 unlikely
34 likely
35 unlikely
36-37 likely
38 unlikely
39 no
"""
    assert [row["offline_chance"] for row in made.memhpctl("list", "0-15", "39", "--json").json()["ranges"]] == ["unlikely", "likely"]


def test_map(machine: Any) -> None:
    made = machine("mixed")
    result = made.memhpctl("list", "--map")
    assert (result.rc, result.err) == (0, "")
    assert result.out == """\
node 0
0x0         xkkkkkkkkkkkkkkk                MMMMMMMM
node 1
0x0                         kkkkkkkk                ....
0x200000000 MMMMkk
node 2
0x400000000 ........

A cell is one block, 128M.
M zone Movable, can go offline      12 blocks      1.5G
k kernel zone, unlikely to go       25 blocks     3200M
x online, cannot go offline          1 block       128M
. offline                           12 blocks      1.5G
"""
    assert made.memhpctl("list", "--map", "--scan", "68-69").out.startswith("node 1\n0x200000000     xk\n")


def test_map_of_nothing(machine: Any) -> None:
    result = machine("x86-dimm").memhpctl("list", "--map", "--state=going-offline")
    assert (result.rc, result.out) == (0, "list: no block matches\n")


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_map_fits(machine: Any, width: int) -> None:
    made = machine("big")
    out = made.memhpctl("list", "--map", env={"COLUMNS": str(width)}).out
    picture, legend = out.split("\n\n")
    assert max(len(line) for line in legend.splitlines()) <= max(width, 32)
    assert max(len(line) for line in picture.splitlines()) <= max(width, 22)  # eight cells at the least
    assert len(picture.splitlines()) <= 32 + 2 * 8
    assert " blocks, " in legend and "shows what most of them are" in legend
    assert out.isascii() and "\033" not in out


def test_map_of_a_selection_fits(machine: Any) -> None:
    # The first block of each row is not selected.
    offline = ",".join(str(number) for number in range(0, 4096, 64))
    made = machine("one-block", lines="block-size 0x8000000\nblocks 0-4095 online zone=Normal", blocks={offline: "offline"})
    out = made.memhpctl("list", "--map", "--state=online").out
    assert len(out.split("\n\n")[0].splitlines()) <= 32 + 1


@pytest.mark.parametrize("words, named", [
    (["list", "--map", "--json"], "--map"), (["list", "--map", "-o", "SIZE"], "--map"), (["explain"], "nothing is selected"),
    (["explain", "999"], "999"), (["offline", "--size", "4096"], "4096"), (["offline", "--size=300M"], "256M and 384M"),
    (["offline", "--size=1X"], "1X"), (["offline", "32", "--align=up"], "--align"), (["offline", "--size=1G", "--align=x"], "--align"),
    (["online", "32", "--rezone"], "--rezone"), (["online", "--rezone", "--size=1G", "--zone=kernel"], "--rezone"),
])
def test_usage_errors(machine: Any, words: list[str], named: str) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl(*words)
    assert result.rc == 2 and named in result.err
    assert not made.begun()


def test_size_takes_the_best(machine: Any) -> None:
    made = machine("kernel-zone", files=meminfo(2 << 20))
    dry = made.memhpctl("offline", "--size=256M", "--device=PNP0C80:00", "--dry-run")
    assert dry.out == "would write offline to memory34 (1 block, 128M)\nwould write offline to memory37 (1 block, 128M)\n"
    assert not made.begun()
    result = made.memhpctl("offline", "--size=256M", "32-39", "--json")
    assert result.rc == 0
    assert [block["block"] for block in result.json()["blocks"]] == [34, 37]
    assert result.json()["goal_bytes"] == 256 << 20


def test_size_is_quiet_about_what_others_made_up_for(machine: Any) -> None:
    made = machine("movable-heavy")
    result = made.memhpctl("offline", "--size=512M", "--zone=Movable", "--retries=0", rules="memory9[0-9] offline EBUSY always")
    assert (result.rc, result.complaints) == (0, "")
    document = machine("movable-heavy").memhpctl("offline", "--size=512M", "--zone=Movable", "--retries=0", "--json",
                                                 rules="memory95 offline EBUSY always").json()
    assert document["result"] == "done"
    assert (document["totals"]["changed"], document["totals"]["passed_over"], document["totals"]["failed"]) == (4, 1, 0)
    passed = [block for block in document["blocks"] if block["result"] == "passed-over"]
    assert [(block["block"], block["errno"]) for block in passed] == [(95, "EBUSY")]


def test_size_that_is_not_reached_names_what_held(machine: Any) -> None:
    made = machine("x86-dimm", lines="pages 32 buddy=1")
    result = made.memhpctl("offline", "32-35", "--size=384M", "--retries=0", rules="memory3[23] offline EBUSY always")
    assert result.rc == 64
    assert "memory32-33: failed" in result.err
    assert result.out.splitlines()[-1].startswith("offline: 2 changed (256M), 2 failed")
    assert made.memhpctl("offline", "--size=64G").rc == 1


def test_atomic_size_puts_back(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("offline", "32-35", "--size=384M", "--retries=0", "--atomic", "--json", rules="memory3[23] offline EBUSY always")
    assert result.json()["result"] == "rolled-back"
    assert {made.state(number) for number in range(32, 36)} == {"online"}
    assert {made.zones(number)[0] for number in range(32, 36)} == {"Movable"}


def test_rezone(machine: Any) -> None:
    made = machine("x86-dimm")
    assert made.memhpctl("online", "32", "--zone=kernel", "--rezone", "-n").out == "would write offline, then online_kernel to memory32 (1 block, 128M)\n"
    result = made.memhpctl("online", "32-33", "--zone=kernel", "--rezone")
    assert (result.rc, result.complaints) == (0, "")
    assert result.out == "memory32-33: online, zone Normal, was in zone Movable (2 blocks, 256M)\n"
    assert written(made) == [("33", "offline"), ("33", "online_kernel"), ("32", "offline"), ("32", "online_kernel")]


def test_rezone_refuses_what_can_never_go_offline(machine: Any) -> None:
    made = machine("x86-dimm")
    for words in ([], ["--dry-run"]):
        result = made.memhpctl("online", "0", "--zone=movable", "--rezone", "--json", *words)
        assert result.rc == 1
        assert [(block["result"], block["cause"]) for block in result.json()["blocks"]] == [("refused", "zones")]
    assert not made.begun()


def test_rezone_goes_back_when_it_fails(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("online", "32", "--zone=kernel", "--rezone", "--retries=0", "--json", rules="memory32 online_kernel EBUSY always")
    block = result.json()["blocks"][0]
    assert (result.rc, block["result"], block["after"], block["zone_after"]) == (75, "failed", "online", "Movable")
    assert block["detail"] == "it was put back into zone Movable"
    assert written(made) == [("32", "offline"), ("32", "online_kernel"), ("32", "online_movable")]


@pytest.mark.parametrize("words", [[], ["--atomic"]])
def test_a_rezone_that_can_go_neither_way_has_changed_something(machine: Any, words: list[str]) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("online", "32-33", "--zone=kernel", "--rezone", "--retries=0", "--json", *words, rules="memory32 online EBUSY always")
    document = result.json()
    assert (result.rc, document["result"], document["blocks"][0]["after"]) == (64, "partial", "offline")
    assert "could not be put back into zone Movable" in document["blocks"][0]["detail"]
    assert made.zones(33)[0] == ("Movable" if words else "Normal")


def test_atomic_rezone_goes_back_as_a_whole(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("online", "32-33", "--zone=kernel", "--rezone", "--retries=0", "--atomic", "--json",
                           rules="memory32 offline EBUSY always")
    assert result.json()["result"] == "rolled-back"
    assert [made.zones(number)[0] for number in (32, 33)] == ["Movable", "Movable"]


@pytest.mark.parametrize("kind", ["lru+anon+mmap", "lru+uptodate+swapbacked"])
def test_an_amount_finds_the_blocks_for_which_there_is_room(machine: Any, kind: str) -> None:
    """Those that are looked at first are all full."""
    pages = "\n".join(f"pages {number} {kind}=32768" for number in range(50, 72))
    made = machine("x86-dimm", lines=f"blocks 40-71 online zone=Movable\n{pages}", files=meminfo(400 << 10))
    result = made.memhpctl("offline", "--size=512M", "40-71")
    assert result.rc == 0 and sum(made.state(number) == "offline" for number in range(40, 72)) == 4, result


@pytest.mark.parametrize("kind", ["lru+anon+mmap", "lru+uptodate+swapbacked"])
def test_offline_without_room_is_refused(machine: Any, kind: str) -> None:
    pages = "\n".join(f"pages {number} {kind}=32768" for number in range(32, 36))
    made = machine("x86-dimm", lines=pages, files=meminfo(500 << 10))
    result = made.memhpctl("offline", "32-35", "--json")
    assert result.rc == 1
    assert {(block["result"], block["cause"], block["detail"]) for block in result.json()["blocks"]} == {
        ("refused", "no-room", "512M would have to move, 500M is free elsewhere")}
    assert not made.begun()
    assert made.memhpctl("offline", "32-34").rc == 0
    assert made.memhpctl("offline", "35", "--force").rc == 0


def test_poison_is_warned_of_and_not_rezoned(machine: Any) -> None:
    made = machine("kernel-zone", files=meminfo(2 << 20, poison=4) | kernel("6.12.0"))
    rezone = made.memhpctl("online", "36-37", "--zone=movable", "--rezone", "--json")
    assert [(block["result"], block.get("cause")) for block in rezone.json()["blocks"]] == [("refused", "poison"), ("changed", None)]
    result = made.memhpctl("offline", "36", "--json")
    assert result.rc == 0 and "memory36: 1 poisoned page: once offline, it cannot come back online" in result.err
    assert "poisoned" in result.json()["blocks"][0]["detail"]


@pytest.mark.parametrize("release, words", [("6.1.0-50-amd64", "this kernel forgets them"), ("6.2.0", "cannot come back online"),
                                            (None, "since Linux 6.2")])
def test_a_block_that_had_poison_comes_online_only_by_force(machine: Any, release: str | None, words: str) -> None:
    made = machine("kernel-zone", lines="dir /run", files=meminfo(2 << 20, poison=4) | (kernel(release) if release else {}))
    assert words in made.memhpctl("offline", "36-37", "--dry-run").err
    assert made.memhpctl("online", "36", "--dry-run").rc == 0
    result = made.memhpctl("offline", "36-37")
    assert result.rc == 0 and words in result.err
    for option in ([], ["--dry-run"]):
        online = made.memhpctl("online", *option, "36", "--json")
        assert (online.rc, made.state(36)) == (1, "offline")
        assert [(block["result"], block["cause"]) for block in online.json()["blocks"]] == [("refused", "poison")]
        assert "it had 1 poisoned page when it was taken offline" in online.err
    assert made.memhpctl("policy", "apply", "36").rc == 1 and made.state(36) == "offline"
    for option in (["-n"], []):
        short = made.memhpctl("online", "--size=256M", "36-37", "--zone=kernel", "--json", *option)
        assert short.rc == 64 and [block["result"] for block in short.json()["blocks"]] == ["refused", "planned" if option else "changed"], short
    made.memhpctl("offline", "37")
    assert made.memhpctl("online", "--size=128M", "36-37", "--zone=kernel").rc == 0 and made.state(37) == "online"
    assert made.memhpctl("online", "--force", "36").rc == 0 and made.state(36) == "online"
    # Another block of this number is as good as any.
    made.memhpctl("offline", "36")
    made.rules("memory36 online replace 1")
    made.memhpctl("online", "--force", "36")
    assert made.memhpctl("online", "36").rc == 0


def test_add_brings_a_block_that_had_poison_online_only_by_force(machine: Any) -> None:
    made = machine("dax-kmem", lines="dir /run\npages 46 hwpoison=1", files=meminfo(2 << 20, poison=4) | kernel("6.1.0"))
    assert made.memhpctl("offline", "46").rc == 0
    for option in (["-n"], []):
        added = made.memhpctl("add", "--zone=movable", "--json", "dax0.0", *option)
        blocks = {block["block"]: (block["result"], block["cause"]) for block in added.json()["blocks"]}
        assert added.rc == 64 and (blocks[46], blocks[47][0]) == (("refused", "poison"), "planned" if option else "changed"), added
    assert (made.state(46), made.state(47)) == ("offline", "online")
    assert made.memhpctl("add", "--zone=movable", "--force", "dax0.0").rc == 0 and made.state(46) == "online"


@pytest.mark.parametrize("name, lines, block, cause", [
    ("kernel-zone", "file /proc/sys/kernel/arch aarch64", 2, "platform"), ("no-hotremove", "", 3, "no-hotremove"), ("kernel-zone", "", 32, None), ("s390-crash", "", 6, None)])
def test_a_dry_run_with_force_ends_as_the_run_with_force(machine: Any, name: str, lines: str, block: int, cause: str | None) -> None:
    made = machine(name, lines=lines)
    dry = made.memhpctl("offline", "-n", "--force", "--json", str(block))
    (one,) = dry.json()["blocks"]
    if cause:
        assert (dry.rc, one["result"], one["cause"]) == (1, "refused", cause)
        return
    assert (dry.rc, one["result"]) == (0, "planned")
    assert made.memhpctl("offline", "--force", str(block)).rc == 0 and made.state(block) == "offline"


@pytest.mark.parametrize("text", [None, "MemTotal: 3096576 kB\nMemFree: 2097152 kB\nMemAvailable: 2097152 kB"])
def test_poison_is_seen_without_its_sum(machine: Any, text: str | None) -> None:
    """A meminfo without HardwareCorrupted: the flags of the pages tell, as they do with it."""
    made = machine("kernel-zone", lines="dir /run", files=({"/proc/meminfo": text} if text else {}) | kernel("6.1.0"))
    result = made.memhpctl("offline", "--force", "--json", "36")
    assert result.rc == 0 and "memory36: 1 poisoned page" in result.err
    online = made.memhpctl("online", "--json", "36")
    assert (online.rc, online.json()["blocks"][0]["cause"], made.state(36)) == (1, "poison", "offline")


def heads(made: Any, *words: str) -> list[str]:
    """The first lines of what is told of blocks and devices."""
    return [line for line in made.memhpctl("explain", *words).out.splitlines() if not line.startswith(" ")]


def test_neighbours_are_told_of_together(machine: Any) -> None:
    """As in list, blocks that are alike make one paragraph; in JSON each has an object."""
    made = machine("x86-dimm")
    assert heads(made, "--all") == ["PNP0C80:00 (8 blocks, 1G): likely, as memory32", "memory0: no", "memory1-14: unlikely", "memory15: no",
                                    "memory32-35: likely", "memory36-39: offline"]
    text = made.memhpctl("explain", "1-14").out
    assert "0x8000000-0x77ffffff, 1.75G, online, zone DMA32, node 0" in text
    assert len(made.memhpctl("explain", "1-14", "--json").json()["blocks"]) == 14
    assert heads(made, "1", "3-4") == ["memory1: unlikely", "memory3-4: unlikely"]
    lmbs = machine("pseries-v2")
    assert heads(lmbs, "--all") == ["drc-80000000-80000007 (8 blocks, 2G): unlikely", "drc-80000008-80000009 (2 blocks, 512M): likely",
                                    "drc-8000000a-8000000b (2 blocks, 512M): unlikely", "memory0-7: unlikely", "memory8-9: likely",
                                    "memory10-11: unlikely"]


def test_what_the_kernel_logged_is_told_of_its_block(machine: Any) -> None:
    logged = "6,1,1,-;page:000000 refcount:2 mapcount:0 mapping:0000000000000000 index:0x0 pfn:0x109000\n6,2,2,-;page dumped because: migration failure\n"
    made = machine("x86-dimm", files={"/dev/kmsg": logged})
    assert heads(made, "32-35") == ["memory32: likely", "memory33: likely", "memory34-35: likely"]


BOOT = {"/proc/sys/kernel/random/boot_id": "6e1a8f8c-3a5e-4e63-9d3e-3a4a0a8f5d10\n"}


def test_a_failure_is_remembered(machine: Any) -> None:
    """explain knows that offline failed a moment ago, until it succeeds, the block is another one, or the machine was booted."""
    made = machine("x86-dimm", files=BOOT)
    made.path("/run").mkdir(mode=0o755)
    made.rules("memory32 offline EBUSY always")
    assert made.memhpctl("offline", "--retries=1", "32-33").rc == 64
    block = made.memhpctl("explain", "32", "--json").json()["blocks"][0]
    assert {key: block["last_failure"][key] for key in ("cause", "errno", "attempts")} == {"cause": "busy", "errno": "EBUSY", "attempts": 2}
    text = " ".join(made.memhpctl("explain", "32").out.split())
    assert "ago it did not go offline: " in text and "(EBUSY, 2 attempts)" in text
    assert made.memhpctl("explain", "33-35", "--json").json()["blocks"][0]["last_failure"] is None
    boot_id, record = made.path("/proc/sys/kernel/random/boot_id"), made.path("/run/memhpctl/failures")
    boot_id.write_text("another\n")
    assert "tried" not in made.memhpctl("explain", "32").out
    boot_id.write_text(BOOT["/proc/sys/kernel/random/boot_id"])
    record.chmod(0o666)
    assert "tried" not in made.memhpctl("explain", "32").out
    record.chmod(0o600)
    assert "tried" in made.memhpctl("explain", "32").out
    made.rules("")
    assert made.memhpctl("offline", "32").rc == 0 and made.memhpctl("online", "--zone=movable", "32").rc == 0
    assert "tried" not in made.memhpctl("explain", "32").out


@pytest.mark.parametrize("wrong", ["unknown -2147483648 1 5", "busy 4096 1 5", "busy 16 0 5", "busy 16 1 -5", "busy 16 1 9223372036854775807", "busy"])
def test_a_damaged_record_of_a_failure_is_none(machine: Any, wrong: str) -> None:
    made = machine("x86-dimm", files=BOOT)
    block = made.path(f"{MEMORY}/memory32").stat()
    record = made.path("/run/memhpctl/failures")
    record.parent.mkdir(parents=True, mode=0o700)
    for line, there in (("busy 16 2 5", True), (wrong, False)):
        record.write_text(f"{BOOT['/proc/sys/kernel/random/boot_id']}\n32 {block.st_ino} {block.st_dev} {line}\n")
        record.chmod(0o600)
        assert ("tried" in made.memhpctl("explain", "32").out) == there
        assert (made.memhpctl("explain", "32", "--json").json()["blocks"][0]["last_failure"] is not None) == there


def test_a_dry_run_is_no_failure(machine: Any) -> None:
    made = machine("x86-dimm", files=BOOT)
    made.path("/run").mkdir(mode=0o755)
    assert made.memhpctl("offline", "-n", "0").rc == 1 and not made.path("/run/memhpctl/failures").exists()


def test_pages_of_unknown_use_may_have_to_move(machine: Any) -> None:
    """It said that 0B must move, which nobody can know."""
    made = machine("two-nodes", lines="pages 1 none=4096\npages 2 none=4096 mmap+anon=256", files=meminfo(2 << 20))
    assert "  room      16M of unknown use may have to move, 1.8G is free elsewhere\n" in made.memhpctl("explain", "1").out
    assert "  room      1M must move, 16M of unknown use may have to, " in made.memhpctl("explain", "2").out
