# SPDX-License-Identifier: GPL-2.0-or-later
"""A tree that somebody sent in: whatever lies in it, the program ends, with a sentence, and touches nothing outside."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
from typing import Any, Callable

import pytest

from machine import MEMORY, find_program, run, sanitizer_of

OUTSIDE = "outside of the tree\n"
COMMANDS = [("list", "--all"), ("status",), ("explain", "--all"), ("offline", "-n", "32-35"), ("policy", "show")]
# One of each kind of file that a command reads.
VICTIMS = [f"{MEMORY}/block_size_bytes", f"{MEMORY}/auto_online_blocks", f"{MEMORY}/memory33/state", f"{MEMORY}/memory33/valid_zones",
           f"{MEMORY}/memory33", "/sys/devices/system/node/node0", "/sys/devices/system/node/online",
           "/sys/module/memory_hotplug/parameters/online_policy", "/proc/iomem", "/proc/zoneinfo", "/proc/meminfo", "/proc/cmdline",
           "/proc/kpageflags", "/proc/cpuinfo", "/dev/kmsg", "/etc/memhpctl.conf", "/etc/memhpctl.d/50-a.conf",
           "/usr/lib/udev/rules.d/99-a.rules", "/run/memhpctl"]


def fifo(path: pathlib.Path, outside: pathlib.Path) -> None:
    """Opening it waits for a writer."""
    os.mkfifo(path)


def folder(path: pathlib.Path, outside: pathlib.Path) -> None:
    """A directory in place of a file."""
    path.mkdir()


def leads_out(path: pathlib.Path, outside: pathlib.Path) -> None:
    """A link to a file of the system."""
    path.symlink_to(outside)


def climbs_out(path: pathlib.Path, outside: pathlib.Path) -> None:
    """The same by way of its parents."""
    path.symlink_to("../" * 40 + str(outside))


def loop(path: pathlib.Path, outside: pathlib.Path) -> None:
    """A link to itself."""
    path.symlink_to(path.name)


def huge(path: pathlib.Path, outside: pathlib.Path) -> None:
    """100 MB of nothing."""
    with path.open("wb") as file:
        file.truncate(100 << 20)


KINDS = [fifo, folder, leads_out, climbs_out, loop, huge]


def spoil(made: Any, victim: str, kind: Callable[[pathlib.Path, pathlib.Path], None], outside: pathlib.Path) -> None:
    """Put something else in the place of a file."""
    made.path(victim).parent.mkdir(parents=True, exist_ok=True)
    kind(made.clear(victim), outside)


@pytest.fixture
def outside(tmp_path: pathlib.Path) -> pathlib.Path:
    """A file that no run may read or write."""
    path = tmp_path / "outside"
    path.write_text(OUTSIDE)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_it_ends_with_a_sentence(machine: Any, outside: pathlib.Path, kind: Callable[[pathlib.Path, pathlib.Path], None]) -> None:
    for victim in VICTIMS:
        made = machine("x86-dimm")
        spoil(made, victim, kind, outside)
        for words in COMMANDS:
            result = made.memhpctl(*words, timeout=20)
            assert result.rc in (0, 1, 2, 64, 75, 77), (victim, words, result)
            assert result.rc == 0 or result.err, (victim, words)
            assert OUTSIDE.strip() not in result.out + result.err
    assert outside.read_text() == OUTSIDE


@pytest.mark.parametrize("kind", [leads_out, climbs_out, fifo])
def test_nothing_outside_is_written(machine: Any, outside: pathlib.Path, kind: Callable[[pathlib.Path, pathlib.Path], None]) -> None:
    made = machine("x86-dimm")
    spoil(made, f"{MEMORY}/memory33/state", kind, outside)
    spoil(made, f"{MEMORY}/auto_online_blocks", kind, outside)
    for words in (["online", "--all"], ["offline", "32-35", "--timeout=10s"], ["auto", "--boot"], ["policy", "apply"]):
        assert made.memhpctl(*words, timeout=60).rc in (0, 1, 2, 64, 75, 77), words
    assert outside.read_text() == OUTSIDE


def test_run_does_not_lead_out(machine: Any, tmp_path: pathlib.Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for place in ("/run", "/run/memhpctl"):
        made = machine("x86-dimm")
        made.path(place).parent.mkdir(exist_ok=True)
        made.path(place).symlink_to(elsewhere)
        assert made.memhpctl("offline", "35").rc == 0
        assert made.memhpctl("auto", "--boot", timeout=60).rc in (0, 1, 77)
    assert not list(elsewhere.iterdir())


def test_nothing_outside_is_opened(machine: Any, outside: pathlib.Path) -> None:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    program = find_program()
    if sanitizer_of(program):
        pytest.skip("the sanitizers make system calls of their own")
    made = machine("x86-dimm")
    for victim in VICTIMS:
        spoil(made, victim, leads_out, outside)
    for words in COMMANDS:
        log = made.rules_path.with_suffix(".strace")
        result = made.run("strace", "-f", "-y", "-e", "trace=open,openat,openat2", "-o", str(log), program, "--sysroot", str(made.root), *words,
                          env={"LD_PRELOAD": None})
        if "trace" in result.err and "ermi" in result.err:
            pytest.skip("strace is not permitted here")
        opened = [match[1] for line in log.read_text().splitlines() if (match := re.search(r" = \d+<([^>]*)>", line))]
        assert str(outside) not in opened, words
        # After the root was opened there is nothing else but what lies in it.
        after = opened[opened.index(str(made.root)) + 1:]
        assert [path for path in after if not path.startswith(str(made.root)) and
                not re.search(r"/(locale|lib\S*|terminfo|zoneinfo)/|\.so|/gconv|/dev/(null|zero)|^/proc/self|^/proc/\d+|/ld\.so", path)] == [], words


@pytest.mark.parametrize("name, line", [("poisoned", "{} 1 1 1"), ("failures", "{} 1 1 busy 16 1 1"), ("known", "{} 1 o")])
def test_a_record_of_a_million_blocks_takes_no_minutes(machine: Any, name: str, line: str) -> None:
    made = machine("x86-dimm", files={"/proc/sys/kernel/random/boot_id": "a-boot"})
    record = made.path(f"/run/memhpctl/{name}")
    record.parent.mkdir(parents=True, mode=0o700)
    record.write_text("a-boot\n" * (name == "failures") + "".join(line.format(i) + "\n" for i in reversed(range(1000, 1000000))))
    record.chmod(0o600)
    for command in ("status", "explain"):
        assert made.memhpctl(command, *["32"] * (command == "explain")).rc == 0


@pytest.mark.parametrize("path", ["/etc/memhpctl.conf", "/etc/memhpctl.d/50-a.conf", "/run/memhpctl.d/50-a.conf", "/etc/memhpctl.d"])
def test_configuration_that_others_can_write_is_refused(machine: Any, path: str) -> None:
    made = machine("x86-dimm", files={"/etc/memhpctl.conf": "[rule a]\naction = leave", "/etc/memhpctl.d/50-a.conf": "[rule b]\naction = leave",
                                      "/run/memhpctl.d/50-a.conf": "[rule c]\naction = leave"})
    if path.startswith("/run"):
        made.path("/etc/memhpctl.d/50-a.conf").unlink()
    place = made.path(path)
    before = place.stat().st_mode
    assert made.memhpctl("policy", "show").rc == 0
    place.chmod(before | 0o002)
    for words in (["policy", "show"], ["policy", "apply"], ["auto", "--boot"]):
        result = made.memhpctl(*words)
        # For events the policy goes on without the file, as without one that has a mistake.
        assert result.rc in ((0, 1, 77) if words[0] == "auto" else (1, 77)), words
        assert str(place) in result.err and "others" in result.err, words
    # The pass of auto waits for whoever is adding memory with a write that changes nothing.
    assert not [write for write in made.begun() if not write.path.endswith("/online")]
    place.chmod(before)
    if os.geteuid() == 0:
        os.chown(place, 65534, 65534)
        result = made.memhpctl("policy", "show")
        assert result.rc in (1, 77) and str(place) in result.err and "65534" in result.err


def test_a_device_tree_of_garbage(machine: Any) -> None:
    made = machine("pseries-v2")
    cells = made.path("/sys/firmware/devicetree/base/ibm,dynamic-reconfiguration-memory/ibm,dynamic-memory-v2")
    data = bytearray(cells.read_bytes())
    data[4:8] = b"\xff" * 4  # four thousand million of them
    cells.write_bytes(data)
    for words in (["list"], ["status"]):
        result = made.memhpctl(*words, timeout=20)
        assert result.rc == 1 and result.err, (words, result)
    # Which device a block belongs to does not matter to it.
    assert made.memhpctl("offline", "-n", "8", timeout=20).rc == 0


@pytest.mark.parametrize("number", [2**64 - 1, 2**64 - 2, 2**63 - 1, 2**37, 2**37 - 1])
def test_a_block_beyond_all_addresses(machine: Any, number: int) -> None:
    made = machine("x86-dimm")
    right = made.memhpctl("list", "--json", timeout=20).json()
    shutil.copytree(made.path(f"{MEMORY}/memory33"), made.path(f"{MEMORY}/memory{number}"), symlinks=True)
    node = made.path("/sys/devices/system/node/node0")
    if node.is_dir():
        (node / f"memory{number}").symlink_to(f"../../memory/memory{number}")
    for words in COMMANDS + [("list", "--map"), ("list", "-D"), ("list", "node0"), ("offline", "-n", "--node=0"), ("policy", "test", "33")]:
        result = made.memhpctl(*words, timeout=20)
        assert result.rc in (0, 1, 2, 64, 75), (words, result)
        assert str(number) not in result.out, words
    result = made.memhpctl("list", "--json", timeout=20)
    assert result.json() == right and f"memory{number} is left out" in result.err
    result = made.memhpctl("list", str(number), timeout=20)
    assert result.rc == 2 and f"there is no memory block {number}" in result.err


def test_the_last_possible_block(machine: Any) -> None:
    made = machine("x86-dimm")
    number = 2**37 - 2  # of 128 MiB
    shutil.copytree(made.path(f"{MEMORY}/memory33"), made.path(f"{MEMORY}/memory{number}"), symlinks=True)
    for words in COMMANDS + [("list", "--map"), ("list", "-D"), ("list", f"0-{number}"), ("explain", str(number)),
                             ("wait", "--timeout=100ms", f"0-{number}"), ("wait", "--for=absent", "--timeout=100ms", f"0-{number}")]:
        result = made.memhpctl(*words, timeout=20)
        assert result.rc in (0, 1, 2, 64, 75), (words, result)
    assert str(number) in made.memhpctl("list", "--all", timeout=20).out


@pytest.mark.parametrize("block_size", ["0", "1", "fff", "ffffffffffffffff"])
def test_a_block_size_that_cannot_be(machine: Any, block_size: str) -> None:
    made = machine("x86-dimm")
    made.path(f"{MEMORY}/block_size_bytes").unlink()
    made.path(f"{MEMORY}/block_size_bytes").write_text(block_size + "\n")
    for words in COMMANDS:
        result = made.memhpctl(*words, timeout=20)
        assert result.rc in (0, 1, 2, 64, 75) and (result.rc == 0 or result.err), (words, result)


@pytest.mark.parametrize("word", ["0-18446744073709551615", "18446744073709551615", "0-18446744073709551614", "1-18446744073709551615",
                                  "0x0-0xffffffffffffffff", "0xffffffffffffffff", "0x8000000-0xffffffffffffffff"])
def test_a_huge_range(machine: Any, word: str) -> None:
    made = machine("x86-dimm")
    for command in ("list", "explain", "offline -n", "online -n", "offline --timeout=1s", "online --timeout=1s", "policy test", "remove -n", "add -n"):
        result = made.memhpctl(*command.split(), word, timeout=20)
        assert result.rc in (1, 2, 64) and result.err, (command, result)
    assert not made.begun()
    for goal in ("present", "online"):
        result = made.memhpctl("wait", f"--for={goal}", "--timeout=200ms", word, timeout=20)
        assert result.rc == 75 and f"missing: {word}" in result.err, result
    # Some of the range are not absent.
    result = made.memhpctl("wait", "--for=absent", "--timeout=200ms", word, timeout=20)
    assert result.rc == (75 if "-" in word else 0), result


@pytest.mark.parametrize("kind", [folder, loop])
@pytest.mark.parametrize("attribute", ["state", "valid_zones"])
def test_the_block_that_cannot_be_read_is_named(machine: Any, outside: pathlib.Path, attribute: str,
                                                kind: Callable[[pathlib.Path, pathlib.Path], None]) -> None:
    made = machine("x86-dimm")
    spoil(made, f"{MEMORY}/memory33/{attribute}", kind, outside)
    for words in (["list"], ["status"], ["explain", "--all"]):
        result = made.memhpctl(*words, timeout=20)
        assert result.rc == 0 and "memory33: state or valid_zones cannot be read: E" in result.err, (words, result)


@pytest.mark.parametrize("folder, ending, words", [("/etc/memhpctl.d", ".conf", ["policy", "show"]), ("/etc/memhpctl.d", ".conf", ["auto", "--boot"]),
                                                   ("/etc/udev/rules.d", ".rules", ["policy", "check"]), ("/run/udev/rules.d", ".rules", ["status"])])
def test_a_folder_of_very_many_files_takes_no_minutes(machine: Any, folder: str, ending: str, words: list[str]) -> None:
    made = machine("x86-dimm")
    place = made.path(folder)
    place.mkdir(parents=True, exist_ok=True)
    (place / f"0{ending}").touch()
    for i in range(1, 1025):
        os.link(place / f"0{ending}", place / f"{i}{ending}")
    result = made.memhpctl(*words)
    if ending == ".conf":
        assert result.rc == 1 and f"{place}: with the folders before it, it has more than 1024 files" in result.err, result
    elif words != ["status"]:
        warnings = made.memhpctl(*words, "--json").json()["warnings"]
        assert ("too-many-files", "/etc/udev/rules.d") in [(one["warning"], one["place"]) for one in warnings], warnings
    (place / f"1{ending}").unlink()
    result = made.memhpctl(*words)
    assert "more than 1024" not in result.out + result.err


def test_nodes_that_no_kernel_has_are_none(machine: Any) -> None:
    made = machine("x86-dimm")
    commands = [["list", "--json"], ["list", "-D"], ["status"], ["policy", "test", "33"]]
    right = [made.memhpctl(*words) for words in commands]
    for i in range(1024, 6000):
        made.path(f"/sys/devices/system/node/node{i}").symlink_to("node0")
    for words, before in zip(commands, right):
        result = made.memhpctl(*words, timeout=20)
        assert (result.rc, result.out, result.err) == (before.rc, before.out, before.err), words
    for words in (["list", "node1024"], ["offline", "-n", "node1024"], ["list", "--node=1024", "--all"]):
        result = made.memhpctl(*words)
        assert result.rc == 2 and "no such node" in result.err, result


@pytest.mark.parametrize("kind", [fifo, folder, loop])
def test_what_is_in_the_place_of_our_records_is_named(machine: Any, outside: pathlib.Path,
                                                      kind: Callable[[pathlib.Path, pathlib.Path], None]) -> None:
    made = machine("x86-dimm", lines="dir /run/memhpctl")
    made.path("/run/memhpctl").chmod(0o700)
    for name, commands in (("known", ["policy apply", "auto --boot", "auto --boot --adopt"]), ("poisoned", ["policy apply"]),
                           ("knobs", ["auto --restore"])):
        spoil(made, f"/run/memhpctl/{name}", kind, outside)
        for words in commands:
            made.set("memory36/state", "offline")
            result = made.memhpctl(*words.split())
            if "--adopt" not in words:
                place = made.path(f"/run/memhpctl/{name}")
                assert f"remove it: rm -r {place}" in result.err and "not permitted" not in result.err, (words, result)
                assert result.rc == (0 if name == "poisoned" else 1), (words, result)
        place = made.path(f"/run/memhpctl/{name}")
        place.rmdir() if kind is folder else place.unlink()


def test_a_folder_in_the_place_of_the_flag_costs_no_time(machine: Any) -> None:
    made = machine("x86-dimm", lines="dir /run/memhpctl/pending")
    made.path("/run/memhpctl").chmod(0o700)
    for words in (["auto"], ["kick"], ["auto", "--boot"]):
        made.path("/run/memhpctl/pending").mkdir(exist_ok=True)
        result = made.memhpctl(*words)
        assert result.rc == 0 and result.err == "" and result.seconds < 9, (words, result)
        made.wait_for(lambda: not made.processes())
    # One with files in it stays.
    made.path("/run/memhpctl/pending/file").mkdir(parents=True)
    made.set("memory36/state", "offline")
    result = made.memhpctl("auto")
    assert result.rc == 1 and f"rm -r {made.root}/run/memhpctl/pending" in result.err and result.seconds < 9, result


def test_a_rules_file_of_very_many_jumps_takes_no_minutes(machine: Any) -> None:
    made = machine("x86-dimm")
    rules = made.path("/etc/udev/rules.d/99-a.rules")
    rules.parent.mkdir(parents=True, exist_ok=True)
    rules.write_text("".join(f'SUBSYSTEM=="memory", GOTO="missing{i}"\n' for i in range(200000)))
    assert made.memhpctl("policy", "check").rc == 0


def test_there_are_not_too_many_rules(machine: Any) -> None:
    made = machine("x86-dimm", files={"/etc/memhpctl.conf": ""})
    conf = made.path("/etc/memhpctl.conf")
    for n, rc in ((4096, 0), (4097, 1), (200000, 1)):
        conf.write_text("".join(f"[rule r{i}]\naction = leave\n" for i in range(n)))
        result = made.memhpctl("policy", "show")
        assert result.rc == rc and (rc == 0 or "/etc/memhpctl.conf:8193: there are more than 4096 rules" in result.err), (n, result.err)


def test_zones_of_very_many_nodes_take_no_minutes(machine: Any) -> None:
    made = machine("x86-dimm")
    zoneinfo = made.path("/proc/zoneinfo")
    zoneinfo.parent.mkdir(exist_ok=True)
    before = zoneinfo.read_text()
    right = made.memhpctl("status")
    zoneinfo.write_text(before + "".join(f"Node {i}, zone Normal\n present 1\n" for i in range(1024, 800000)))
    assert made.memhpctl("status")[:3] == right[:3]


@pytest.mark.parametrize("name, rc, said", [("site.conf", 1, "'nonsense' is neither"), ("site.rules", 0, "brings each block online by itself")])
def test_a_pipe_that_nobody_has_written_to_is_no_empty_file(tmp_path: pathlib.Path, name: str, rc: int, said: str) -> None:
    """The policy in it was called valid."""
    pipe = tmp_path / name
    os.mkfifo(pipe)
    result = run([find_program(), "policy", "check", str(pipe)], timeout=20)
    assert (result.rc, result.out, result.err) == (
        1, "", f"memhpctl: cannot read {pipe}: this pipe was not written and closed within 2 s\n")
    text = tmp_path / "text"
    text.write_text("nonsense\n" if name.endswith(".conf") else 'SUBSYSTEM=="memory", ATTR{state}="online"\n')
    late = run(["sh", "-c", f"(sleep 0.3; cat '{text}') >'{pipe}' & exec '{find_program()}' policy check '{pipe}'"], timeout=20)
    assert (late.rc, said in late.out + late.err) == (rc, True), late
