# SPDX-License-Identifier: GPL-2.0-or-later
"""Every command while its n-th call of some kind fails: never a crash, a hang, "Success", or half an answer with exit 0.

FAULTS=all in the environment tries every n; without, a sample of each command's calls, the same one every time.
"""

from __future__ import annotations

import concurrent.futures
import errno
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
from typing import Any, NamedTuple

import pytest

from machine import MEMORY, Result, describe, expand, find_fake_kernel, find_program, read_description, run, sanitizer_of

LIMIT = 60.0  # seconds after which a run hangs
SAMPLE = 6  # runs of each command, kind and manner where not all are made
EVERY = os.environ.get("FAULTS") == "all"

# Small, so that no command makes thousands of calls: a DIMM, a dax device, two nodes.
MACHINE = """
block-size 0x8000000
blocks 0-1 online zone=DMA32 node=0
blocks 32-33 online zone=Movable acpi=PNP0C80:00 node=0
blocks 34-35 offline zones="Normal Movable" acpi=PNP0C80:00 node=0
blocks 40-41 offline zones="Movable Normal" node=1
dax dax0.0 range=0x140000000-0x14fffffff node=1 driver=kmem
dax dax1.0 range=0x200000000-0x20fffffff node=1 driver=device_dax
node 0 cpus=0-1
pages 32 lru+anon+mmap=100
pages 33 slab=100
dir /sys/module/kmem
file /sys/devices/system/memory/crash_hotplug 0
file /proc/sys/kernel/arch x86_64
"""

# Kinds of calls, and what they fail with in place of the usual.
KINDS = [("memory", None), ("open", None), ("open", errno.EACCES), ("read", None), ("start", None), ("talk", None)]

LOOKING = [
    "list", "list --json", "list -D", "list -D --json", "list --all --scan", "list --map", "status", "status --json",
    "explain 33", "explain --json 33", "offline -n 33", "online -n --json 34", "remove -n PNP0C80:00", "add -n dax1.0",
    "wait --for=online 33", "wait --for=online --json 33", "policy show", "policy show --json", "policy check",
    "policy test 34", "policy test --json 34", "policy apply -n", "help", "help list", "complete -- list --d", "complete -- offline d",
    "online -n --size=128M --zone=movable",
]
CHANGING = [f"{words} --timeout=2s" if not words.startswith("auto") else words for words in [
    "online 34", "online --json 34", "offline --json 33", "offline --json --atomic 32-33", "online --json --size=256M",
    "offline --json --size=128M", "remove --json dax0.0", "remove --json PNP0C80:00", "add --json dax1.0", "add --zone=movable dax1.0",
    "policy apply", "policy apply --json", "auto --boot", "online --json --rezone --zone=kernel 33",
]]


class Tree:
    """One machine of its own for a thread, that is as described before each run."""

    def __init__(self, place: pathlib.Path, pristine: pathlib.Path) -> None:
        self.place, self.pristine, self.root = place, place / "pristine", place / "tree"
        # No links to those of the others: a run changes the modes of its files.
        subprocess.run(["cp", "-a", pristine, self.pristine], check=True)
        (place / "rules").write_text("")
        self.counters = place / "counters"
        self.restore()

    def restore(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        # Nobody rewrites a file of it: each is replaced, or made.
        subprocess.run(["cp", "-al", self.pristine, self.root], check=True)

    def states(self) -> dict[int, tuple[str, str]]:
        """State and zones of each block."""
        found = {}
        for entry in os.scandir(f"{self.root}{MEMORY}"):
            if re.fullmatch("memory[0-9]+", entry.name):
                texts = [pathlib.Path(entry.path, name).read_text().strip() for name in ("state", "valid_zones")]
                found[int(entry.name[6:])] = (texts[0], texts[1])
        return found

    def run(self, words: str, kind: str, number: int, ever: bool, error: int | None) -> tuple[Result, int, int]:
        """The command's result, and how many calls of the kind were made and failed."""
        program = find_program()
        self.counters.write_bytes(bytes(16))
        preload = sanitizer_of_cached(program) + [os.environ["FAIL_NTH_SO"], find_fake_kernel()]
        result = run([program, "--sysroot", str(self.root), *words.split()], LIMIT, {
            "LD_PRELOAD": " ".join(preload), "FAKE_KERNEL_ROOT": str(self.root), "FAKE_KERNEL_RULES": str(self.place / "rules"),
            "FAIL_NTH_CLASS": kind, "FAIL_NTH_NUMBER": str(number), "FAIL_NTH_EVER": "1" if ever else None,
            "FAIL_NTH_ERRNO": str(error) if error else None, "FAIL_NTH_FILE": str(self.counters)})
        calls, failures = struct.unpack("qq", self.counters.read_bytes())
        return result, calls, failures


_sanitizer: list[list[str]] = []


def sanitizer_of_cached(program: str) -> list[str]:
    if not _sanitizer:
        _sanitizer.append(sanitizer_of(program))
    return _sanitizer[0]


class Right(NamedTuple):
    """What a command does when nothing fails."""

    result: Result
    before: dict[int, tuple[str, str]]
    after: dict[int, tuple[str, str]]


TIMES = re.compile(r'("(?:elapsed_ms|lock_wait_ms|attempts)": )[0-9.]+|\bin [0-9.]+ m?s\b|\b[0-9.]+ m?s\b')


def timeless(text: str) -> str:
    """Output without the times in it, however it is wrapped, in either of two orders."""
    # Added memory may come online by itself, or be brought online afterwards.
    text = text.replace(": already online", ": online")
    text = re.sub(r"memory(\d+) down to memory(\d+)", r"memory\2 up to memory\1", text)
    return " ".join(TIMES.sub(r"\1TIME", text).split())


def unknowns(text: str) -> int:
    """How often an output says that something is not known."""
    return len(re.findall(r"\?|\bnull\b|not known|unknown|could not be (?:seen|read)", text))


def documents(out: str) -> list[Any]:
    """The JSON documents of an output."""
    decoder, found, rest = json.JSONDecoder(), [], out.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        found.append(document)
        rest = rest[end:].strip()
    return found


def violations(words: str, right: Right, result: Result, after: dict[int, tuple[str, str]]) -> list[str]:
    """What a run did wrong."""
    wrong = []
    text = result.out + result.err
    # What popt leaves out of a help, or of the words to complete, cannot be seen from outside of it.
    by_popt = words.startswith(("help", "complete"))
    is_json = "--json" in words
    if result.rc < 0 or 124 < result.rc < 160:
        wrong.append(f"ended by signal {result.rc}")
    if re.search(r"Success|\(null\)|errno 0|: $", text, re.M):
        wrong.append("says Success, (null) or nothing")
    if result.rc == 0 and timeless(result.out) != timeless(right.result.out) and not result.err and "--size" not in words and \
            not by_popt and unknowns(result.out) <= unknowns(right.result.out):
        wrong.append("exit 0 with another output, without a word")
    # The service tells the system log, and tries again at the next event. For an amount any block will do, if the report says which.
    if result.rc == 0 == right.result.rc and after != right.after and not result.err and not re.search("auto|--size", words):
        wrong.append("exit 0 with another machine")
    if result.rc and not result.err and result.rc != right.result.rc:
        wrong.append("failed without a word")
    found = []
    if is_json:
        try:
            found = documents(result.out)
        except ValueError:
            if not result.rc or "cannot write the JSON document" not in result.err:
                wrong.append("half a document")
        if len(found) != 1 and not result.err:
            wrong.append(f"{len(found)} documents without a word")
        wrong += [f"exit_code {document['exit_code']}" for document in found if document.get("exit_code", result.rc) != result.rc]
    changed = {number for number in after.keys() | right.before.keys() if after.get(number) != right.before.get(number)}
    reported = {block["block"]: block for document in found
                for block in (document.get("blocks") if isinstance(document.get("blocks"), list) else []) if isinstance(block, dict)}
    if found and right.before != right.after and "blocks" in found[0]:
        of_devices = {number for device in found[0].get("devices", []) for number in device["blocks"]}
        if "not known what was added" in result.err:
            changed = set()
        for number in changed - reported.keys() - of_devices:
            wrong.append(f"memory{number} changed and is not reported")
        for number, block in reported.items():
            told, is_now = block.get("after"), after.get(number, (None,))[0]
            if told is not None and told != is_now:
                wrong.append(f"memory{number} is said to be {told} and is {is_now}")
    elif changed and not words.startswith("auto") and not re.search("memory|changed|blocks cannot be read", text):
        wrong.append(f"changed {sorted(changed)} without a word")
    return wrong


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> Tree:
    """The machine, for a test that makes its runs one after the other."""
    expand(read_description(MACHINE, "faults"), str(tmp_path / "made"))
    (place := tmp_path / "place").mkdir()
    return Tree(place, tmp_path / "made")


@pytest.mark.parametrize("words", ["list 0-1 --json", "list --json --node=1 --state=offline", "list --json PNP0C80:00 0", "list 32-33 --json --zone=Movable"])
def test_no_word_is_lost_if_memory_runs_out(tree: Tree, words: str) -> None:
    """popt goes on without an option's value or a word: without --sysroot that is the running system, without a filter all of its memory."""
    if "FAIL_NTH_SO" not in os.environ:
        pytest.skip("FAIL_NTH_SO does not say where the library is that lets calls fail")
    right, _, _ = tree.run(words, "none", 0, False, None)
    for number in range(1, 50):
        result, _, _ = tree.run(words, "memory", number, False, None)
        assert result.rc == 1 and "memory" in result.err or (result.rc, result.out) == (0, right.out), (number, result)


@pytest.mark.skipif("FAIL_NTH_SO" not in os.environ, reason="FAIL_NTH_SO does not say where the library is")
@pytest.mark.parametrize("words", ["list --node=0 --state=online", "list -D dax0.0", "explain 40", "explain --json 40"])
def test_nothing_is_lost_silently_if_memory_runs_out(tree: Tree, words: str) -> None:
    """A cell of a table was empty; zones of a block whose node could not be looked for were none."""
    result, _, _ = tree.run(words, "none", 0, False, None)
    right = Right(result, {}, {})
    _, calls, _ = tree.run(words, "memory", 1 << 60, False, None)
    for number in range(1, calls + 1):
        result, _, _ = tree.run(words, "memory", number, False, None)
        assert not violations(words, right, result, {}), (number, result)
        assert result.rc or "zone -" not in result.out and '"zones": [],' not in result.out.replace("[ ]", "[]"), (number, result)


@pytest.mark.skipif("FAIL_NTH_SO" not in os.environ, reason="FAIL_NTH_SO does not say where the library is")
def test_no_udev_rule_is_overlooked_if_memory_runs_out(tree: Tree, tmp_path: pathlib.Path) -> None:
    """Patterns were copied; without a copy none of them fitted."""
    (rules := tmp_path / "40-x.rules").write_text('ACTION=="add", SUBSYSTEM=="memory", KERNEL=="memory40", ATTR{state}="online"\n')
    right, calls, _ = tree.run(f"policy check {rules}", "memory", 1 << 60, False, None)
    assert f"{rules}:1" in right.out
    for number in range(1, calls + 1):
        result, _, _ = tree.run(f"policy check {rules}", "memory", number, False, None)
        assert result.rc or result.out == right.out, (number, result)


@pytest.mark.skipif("FAIL_NTH_SO" not in os.environ, reason="FAIL_NTH_SO does not say where the library is")
@pytest.mark.parametrize("words", ["list --json", "list -D --json", "explain --json 33", "policy show --json"])
def test_a_whole_document_says_how_the_run_ended_with_no_memory_at_all(tree: Tree, words: str) -> None:
    """Devices were missing from a list that said it was done."""
    _, calls, _ = tree.run(words, "memory", 1 << 60, False, None)
    for number in range(1, calls + 1):
        result, _, _ = tree.run(words, "memory", number, True, None)
        try:
            found = documents(result.out)
        except ValueError:
            assert result.rc == 1 and "cannot write the JSON document" in result.err, (number, result)
            continue
        assert all(document["exit_code"] == result.rc for document in found), (number, result)


@pytest.mark.skipif("FAIL_NTH_SO" not in os.environ, reason="FAIL_NTH_SO does not say where the library is")
@pytest.mark.parametrize("words, numbers_of", [("offline --json --retries=0 32-33", {32, 33}), ("policy apply --json", {34, 35, 40, 41})])
def test_a_lost_report_names_what_was_changed_with_no_memory_at_all(tree: Tree, words: str, numbers_of: set[int]) -> None:
    if sanitizer_of(find_program()):
        pytest.skip("the sanitizer has an allocator of its own")
    before, lost = tree.states(), 0
    _, calls, _ = tree.run(words, "memory", 1 << 60, False, None)
    for number in range(calls // 4, calls + 1, 1 if EVERY else 7):
        tree.restore()
        result, _, _ = tree.run(words, "memory", number, True, None)
        after = tree.states()
        changed = {n for n in before if before[n] != after[n]}
        assert changed <= numbers_of
        if not result.out and changed:
            lost += 1
            assert "these were changed: memory" in result.err, (number, result)
    assert lost


def numbers(calls: int) -> list[int]:
    """Which calls are to fail, of so many."""
    if EVERY or calls <= SAMPLE:
        return list(range(1, calls + 1))
    # More of the last ones: the first are those of starting up, which are the same for all.
    return sorted({calls - round((calls - 1) * (i / (SAMPLE - 1)) ** 1.3) for i in range(SAMPLE)})


def try_command(tree: Tree, words: str) -> tuple[int, list[str]]:
    """Runs with each fault: how many there were, and what was wrong."""
    n, wrong = 0, []
    tree.restore()
    before = tree.states()
    result, _, _ = tree.run(words, "none", 0, False, None)
    right = Right(result, before, tree.states())
    if result.rc or result.err:
        wrong.append(f"{words}: not right without any fault: {result}")
    for kind, error in KINDS:
        if right.after != before:
            tree.restore()
        _, calls, _ = tree.run(words, kind, 1 << 60, False, error)
        for ever in (False, True):
            for number in numbers(calls):
                if tree.states() != before or right.before != right.after:
                    tree.restore()
                n += 1
                fault = f"{words}: {kind} {number}/{calls}{' ever' if ever else ''}{f' errno {error}' if error else ''}"
                try:
                    result, _, failures = tree.run(words, kind, number, ever, error)
                except pytest.fail.Exception as hang:
                    wrong.append(f"{fault}: {hang}")
                    return n, wrong
                # The order of the calls of several processes is their own.
                if failures:
                    wrong += [f"{fault}: {what}: {result}" for what in violations(words, right, result, tree.states())]
    return n, wrong


@pytest.mark.skipif("FAIL_NTH_SO" not in os.environ, reason="FAIL_NTH_SO does not say where the library is")
@pytest.mark.parametrize("commands", [LOOKING, CHANGING], ids=["looking", "changing"])
def test_every_command_with_every_fault(tmp_path: pathlib.Path, commands: list[str], capsys: Any) -> None:
    pristine = tmp_path / "pristine"
    # Once, and before there are threads: it changes into the folders that it makes.
    expand(read_description(MACHINE, "faults"), str(pristine))

    def work(job: tuple[int, str]) -> tuple[int, list[str]]:
        place = tmp_path / str(job[0])
        place.mkdir()
        return try_command(Tree(place, pristine), job[1])

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        done = list(pool.map(work, enumerate(commands)))
    runs = sum(n for n, _ in done)
    wrong = [line for _, lines in done for line in lines]
    with capsys.disabled():
        print(f"# {len(commands)} commands, {runs} runs with a fault, {len(wrong)} wrong")
    assert not wrong, "\n".join(wrong[:40])
