# SPDX-License-Identifier: GPL-2.0-or-later
"""One expanded test machine: run the program on it under the fake kernel, and see what became of it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import Any, Callable, Iterator, NamedTuple, Sequence

import pytest

TESTS = pathlib.Path(__file__).resolve().parent.parent
MACHINES = TESTS / "machines"
MEMORY = "/sys/devices/system/memory"
NODE = "/sys/devices/system/node"

# Seconds after which something hangs: nothing here takes more than a few, even on a slow machine.
PATIENCE = 120.0
# Limits to give a program one after the other: the first is enough, unless the machine is slow. See fitting().
LIMITS_MS = (300, 2000, 10000, 40000)

sys.path[:0] = [str(MACHINES), str(TESTS)]

from description import DescriptionError  # noqa: E402
from description import Machine as Description  # noqa: E402
from description import read_description  # noqa: E402
from fitting import fitting  # noqa: E402
from schema import check_document  # noqa: E402
from sysfs_tree import expand  # noqa: E402


class Result(NamedTuple):
    """How a program ended."""

    rc: int
    out: str
    err: str
    seconds: float

    def json(self) -> Any:
        """Standard output as exactly one JSON document, which the schema knows."""
        try:
            document = json.loads(self.out)
        except ValueError as error:
            raise AssertionError(f"not one JSON document ({error}): {self}") from None
        check_document(document)
        return document

    @property
    def complaints(self) -> str:
        """Standard error without what a run on a slow machine rightly says there: that it waits, for a second already."""
        return "".join(line for line in self.err.splitlines(True) if ": waiting for " not in line)


class Write(NamedTuple):
    """One line of the fake kernel's log; result is `ok` or the name of an errno."""

    time: float
    pid: int
    operation: str
    path: str
    word: str
    result: str

    @property
    def name(self) -> str:
        """The path without the memory directory: `memory35/state`."""
        return self.path.removeprefix(MEMORY + "/")


def run(argv: Sequence[str], timeout: float = PATIENCE, env: dict[str, str | None] | None = None,
        input: str | None = None) -> Result:
    """Run a program in the C locale to its end; a program that does not end by itself is a failed test."""
    environment = {**os.environ, "LC_ALL": "C", **(env or {})}
    started = time.monotonic()
    process = subprocess.Popen(
        argv, env={name: value for name, value in environment.items() if value is not None}, text=True,
        stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    try:
        out, err = process.communicate(input, timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        pytest.fail(f"did not end within {timeout} s: {' '.join(argv)}\nstdout: {out}\nstderr: {err}")
    return Result(process.returncode, out, err, time.monotonic() - started)


def find_program() -> str:
    """The program under test, from $MEMHPCTL."""
    program = os.environ.get("MEMHPCTL")
    if not program:
        pytest.skip("MEMHPCTL does not say where the program is")
    return os.path.abspath(program)


def find_fake_kernel() -> str:
    """The fake kernel library, from $FAKE_KERNEL_SO."""
    library = os.environ.get("FAKE_KERNEL_SO")
    if not library or not os.path.exists(library):
        pytest.skip("FAKE_KERNEL_SO does not say where the fake kernel library is")
    return os.path.abspath(library)


def sanitizer_of(program: str) -> list[str]:
    """The address sanitizer's library of a program that has one: it must be preloaded first."""
    ldd = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    return re.findall(r"lib[a-z_]*asan\S* => (\S+)", ldd.stdout)


def describe(name: str, lines: str = "", blocks: dict[str, str] | None = None,
             files: dict[str, str] | None = None, params: dict[str, str] | None = None,
             absent: Sequence[str] = ()) -> str:
    """Text of a shipped machine followed by what a test changes of it."""
    text = (MACHINES / f"{name}.machine").read_text() + "\n" + lines + "\n"
    for ranges, words in (blocks or {}).items():
        text += f"blocks {ranges} {words}\n"
    for path, content in (files or {}).items():
        text += f"text {path}\n" + "".join(f"| {line}\n" for line in content.splitlines())
    for parameter, value in (params or {}).items():
        text += f"param {parameter} {value}\n"
    return text + "".join(f"absent {path}\n" for path in absent)


class Machine:
    """A tree, the rules and the log of its fake kernel."""

    def __init__(self, root: pathlib.Path, beside: pathlib.Path, description: Description) -> None:
        self.root = root
        self.description = description
        self.rules_path = beside.with_name(beside.name + ".rules")
        self.log_path = beside.with_name(beside.name + ".log")
        self.rules_path.write_text("")
        self.log_path.write_text("")

    # --- running ---

    def environment(self, program: str | None = None) -> dict[str, str | None]:
        """Environment that puts a program on this machine."""
        preload = (sanitizer_of(program) if program else []) + [find_fake_kernel()]
        return {"LD_PRELOAD": " ".join(preload), "FAKE_KERNEL_ROOT": str(self.root),
                "FAKE_KERNEL_RULES": str(self.rules_path), "FAKE_KERNEL_LOG": str(self.log_path)}

    def run(self, *argv: str, timeout: float = PATIENCE, env: dict[str, str | None] | None = None,
            input: str | None = None) -> Result:
        """Run any program under the fake kernel."""
        return run(argv, timeout, {**self.environment(argv[0]), **(env or {})}, input)

    def memhpctl(self, *args: str, timeout: float = PATIENCE, env: dict[str, str | None] | None = None,
                 rules: str | None = None, input: str | None = None) -> Result:
        """Run `memhpctl --sysroot ROOT ARGS`, after setting rules if any are given."""
        if rules is not None:
            self.rules(rules)
        return self.run(find_program(), "--sysroot", str(self.root), *args,
                        timeout=timeout, env=env, input=input)

    def start(self, *args: str, env: dict[str, str | None] | None = None,
              stdout: int = subprocess.PIPE) -> subprocess.Popen[str]:
        """Start `memhpctl --sysroot ROOT ARGS` and go on: for signals, and for changes while it runs."""
        program = find_program()
        environment = {**os.environ, "LC_ALL": "C", **self.environment(program), **(env or {})}
        return subprocess.Popen([program, "--sysroot", str(self.root), *args], text=True,
                                env={name: value for name, value in environment.items() if value is not None},
                                stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE)

    def shim(self, folder: pathlib.Path) -> pathlib.Path:
        """A program `memhpctl` in a folder that runs the real one on this machine: for other programs that call it."""
        program = find_program()
        settings = " ".join(f"{name}='{value}'" for name, value in self.environment(program).items())
        shim = folder / "memhpctl"
        shim.write_text(f'#!/bin/sh\n{settings} exec "{program}" --sysroot="{self.root}" "$@"\n')
        shim.chmod(0o755)
        return shim

    # --- looking ---

    def path(self, path: str) -> pathlib.Path:
        """Place of a path of the machine; a relative one is below the memory directory."""
        return self.root / (path if path.startswith("/") else f"{MEMORY}/{path}").lstrip("/")

    def clear(self, path: str) -> pathlib.Path:
        """Take away what is there, whatever it is; its place, for something else."""
        place = self.path(path)
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        return place

    def read(self, path: str) -> str:
        """Content of a file without the newline."""
        return self.path(path).read_text().removesuffix("\n")

    def exists(self, number: int) -> bool:
        """Is there a block of this number?"""
        return self.path(f"memory{number}/state").exists()

    def state(self, number: int) -> str:
        """State of a block."""
        return self.read(f"memory{number}/state")

    def zones(self, number: int) -> list[str]:
        """Words of the block's valid_zones."""
        return self.read(f"memory{number}/valid_zones").split()

    def states(self) -> dict[int, str]:
        """States of all blocks that have one."""
        names = (name for name in os.listdir(self.path("")) if re.fullmatch("memory[0-9]+", name))
        return {int(name[6:]): self.read(f"{name}/state") for name in sorted(names, key=lambda n: int(n[6:]))
                if self.path(f"{name}/state").exists()}

    def log(self) -> list[Write]:
        """All lines of the log."""
        entries = []
        for line in self.log_path.read_text().splitlines():
            when, pid, operation, path, word, result = line.split(" ")
            word = "" if word == "-" else word.encode().decode("unicode_escape")
            entries.append(Write(float(when), int(pid), operation, path, word, result))
        return entries

    def writes(self) -> list[Write]:
        """Writes that came to an end, in that order."""
        return [entry for entry in self.log() if entry.operation == "write"]

    def begun(self) -> list[Write]:
        """Writes that were begun, in that order; one of a program that was killed inside is only here."""
        return [entry for entry in self.log() if entry.operation == "begin"]

    def kernel(self) -> list[Write]:
        """What the fake kernel did by itself: blocks added, removed, brought online by others, undone."""
        return [entry for entry in self.log() if entry.operation == "kernel"]

    def reads(self) -> list[Write]:
        """Blocks' `online`, `uevent` and `removable` that were opened to read, which nobody should."""
        return [entry for entry in self.log() if entry.operation == "read"]

    def processes(self) -> dict[int, str]:
        """Processes on this tree that are still there, by what they have in their environment, and their names."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if str(self.rules_path).encode() in pathlib.Path(f"/proc/{pid}/environ").read_bytes():
                    found[int(pid)] = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        return found

    # --- changing ---

    def rules(self, text: str, keep_counts: bool = False) -> None:
        """Set the faults, from the next operation on; counted rules start anew unless told otherwise."""
        new = self.rules_path.with_suffix(".new")
        new.write_text(text.rstrip("\n") + "\n")
        if not keep_counts:
            pathlib.Path(f"{self.rules_path}.count").unlink(missing_ok=True)
        new.rename(self.rules_path)

    def set(self, path: str, text: str) -> None:
        """Replace a file in one step, with its mode; never rewrite one, equal files may be one file."""
        place = self.path(path)
        new = place.with_name(place.name + ".new")
        new.write_text(text + "\n")
        if place.exists():
            new.chmod(place.stat().st_mode & 0o7777)
        new.rename(place)

    def add_block(self, number: int, state: str = "offline", zones: str = "Normal Movable",
                  node: int = 0) -> None:
        """Plug a block in while the program runs."""
        new = self.root / ".fake-kernel" / f"plugged{number}"
        new.mkdir()
        for name, text in (("state", state), ("valid_zones", zones), ("phys_index", f"{number:08x}")):
            (new / name).write_text(text + "\n")
        (new / f"node{node}").symlink_to(f"../../node/node{node}")
        new.rename(self.path(f"memory{number}"))
        self.path(f"{NODE}/node{node}/memory{number}").symlink_to(f"../../memory/memory{number}")

    def remove_block(self, number: int) -> None:
        """Take a block away while the program runs."""
        for link in (self.root / NODE.lstrip("/")).glob(f"node*/memory{number}"):
            link.unlink()
        self.path(f"/sys/bus/memory/devices/memory{number}").unlink(missing_ok=True)
        grave = self.root / ".fake-kernel/removed" / f"by-test-{number}-{time.monotonic_ns()}"
        block = self.path(f"memory{number}")
        for name in block.iterdir():
            if name.is_dir() and not name.is_symlink():
                continue
            name.unlink()
        block.rename(grave)

    @contextlib.contextmanager
    def lock_held(self) -> Iterator[None]:
        """Hold the hot-plug lock, as another operation of the kernel would."""
        with open(self.root / ".fake-kernel/lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # --- waiting ---

    def wait_for(self, condition: Callable[[], Any], timeout: float = PATIENCE) -> Any:
        """Wait until a condition holds; returns its value."""
        end = time.monotonic() + timeout
        while not (value := condition()):
            if time.monotonic() > end:
                pytest.fail("waited in vain; log:\n" + self.log_path.read_text())
            time.sleep(0.005)
        return value


__all__ = ["LIMITS_MS", "MACHINES", "MEMORY", "NODE", "PATIENCE", "TESTS", "Description", "DescriptionError", "Machine",
           "Result", "Write", "describe", "expand", "find_fake_kernel", "find_program", "fitting", "read_description",
           "run", "sanitizer_of"]


def as_nobody(made: Machine, *args: str) -> Result:
    """Run the program as a user who owns nothing."""
    command = [find_program(), "--sysroot", str(made.root), *args]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("setpriv is not installed")
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    result = run(command, env={"ASAN_OPTIONS": "detect_leaks=0"})
    if result.rc in (126, 127):
        pytest.skip("another user cannot get to the program here")
    return result
