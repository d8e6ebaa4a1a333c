# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the runs: a tree in memory for each call, the program under the fake kernel, then the oracle."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import pathlib
import random
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import NamedTuple

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "machines"), str(pathlib.Path(__file__).resolve().parent), str(TESTS)]

from read_only_sys import make_sys_read_only  # noqa: E402

if not make_sys_read_only():
    sys.exit("/sys cannot be made read-only: a program that loses its --sysroot would change this machine; run this as an ordinary user")

from description import read_description  # noqa: E402
from oracle import CHANGES, Entry, Oracle, Run, compare_dry, compare_text, judge  # noqa: E402
from scenario import Scenario, make_scenario  # noqa: E402
from snapshot import MEMORY, look  # noqa: E402
from sysfs_tree import expand  # noqa: E402

# Seconds after which a call hangs: it is killed then.
HANGS_S = 60.0
# Most runs wait for something part of the time.
WORKERS_PER_CPU = 3


class Verdict(NamedTuple):
    """What came of one seed."""

    seed: int
    checks: int
    calls: int
    lies: list[str]


class Programs(NamedTuple):
    """The program under test and the libraries to preload; `starve` makes allocations fail, and comes before the others."""

    program: str
    preload: str
    starve: str = ""


def find_programs() -> Programs | None:
    """From $MEMHPCTL and $FAKE_KERNEL_SO; None where they do not say."""
    program, library = os.environ.get("MEMHPCTL", ""), os.environ.get("FAKE_KERNEL_SO", "")
    if not os.path.exists(program) or not os.path.exists(library):
        return None
    # The address sanitizer's library, of a program that has one, must be preloaded first.
    ldd = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    sanitizers = [line.split()[2] for line in ldd.splitlines() if "asan" in line.split()[0]]
    starve = os.environ.get("FAIL_NTH_SO", "")
    # The sanitizers have an allocator of their own.
    return Programs(os.path.abspath(program), " ".join([*sanitizers, os.path.abspath(library)]),
                    os.path.abspath(starve) if os.path.exists(starve) and not sanitizers else "")


def read_log(place: str) -> list[Entry]:
    """The fake kernel's log."""
    entries = []
    with open(place, encoding="utf-8") as lines:
        for line in lines:
            _, _, operation, path, word, result = line.rstrip("\n").split(" ")
            entries.append(Entry(operation, path, "" if word == "-" else word, result))
    return entries


class Call:
    """One call of the program on a fresh tree of a scenario."""

    def __init__(self, programs: Programs, scenario: Scenario, root: str) -> None:
        self.programs = programs
        self.scenario = scenario
        self.root = root
        self.meddled: set[int] = set()
        expand(read_description(scenario.machine.text()), root)
        for name in ("rules", "log", "out", "err"):
            with open(f"{root}.{name}", "w", encoding="utf-8"):
                pass

    def path(self, number: int, name: str) -> str:
        """A file of a block."""
        return f"{self.root}/{MEMORY}/memory{number}/{name}"

    def set_up_faults(self) -> None:
        """Rules of the fake kernel, and files that nobody may read or write."""
        with open(f"{self.root}.rules", "w", encoding="utf-8") as rules:
            rules.write("\n".join(self.scenario.rules) + "\n")
        modes = [(self.path(number, name), mode) for number, name, mode in self.scenario.modes]
        for place, mode in modes + [(self.root + path, 0) for path in self.scenario.hidden]:
            if os.path.exists(place):
                with open(place, "rb") as file:
                    content = file.read()
                # Equal files are one: it gets one of its own.
                os.unlink(place)
                with open(place, "wb") as file:
                    file.write(content)
                os.chmod(place, mode)

    def run(self, words: list[str], as_json: bool, dry: bool = False, faults: bool = True) -> Run:
        """Call it, and look before and after."""
        if faults:
            self.set_up_faults()
        else:
            with open(f"{self.root}.rules", "w", encoding="utf-8"):
                pass
        os.truncate(f"{self.root}.log", 0)
        argv = ["memhpctl", "--sysroot", self.root, *(["--json"] if as_json else []), *words, *(["-n"] if dry else [])]
        before = look(self.root)
        rc, seconds = self.call(argv, faults)
        after = look(self.root)
        with open(f"{self.root}.out", encoding="utf-8") as out, open(f"{self.root}.err", encoding="utf-8") as err:
            return Run(self.scenario, before, after, rc, out.read(), err.read(), seconds, read_log(f"{self.root}.log"), as_json, dry,
                       faults, self.meddled)

    def call(self, argv: list[str], faults: bool) -> tuple[int, float]:
        """Start it, let others do what they do meanwhile, and wait for its end."""
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "LD_PRELOAD": self.programs.preload,
                       "FAKE_KERNEL_ROOT": self.root, "FAKE_KERNEL_RULES": f"{self.root}.rules", "FAKE_KERNEL_LOG": f"{self.root}.log"}
        if faults and self.scenario.out_of == "memory" and self.programs.starve:
            with open(f"{self.root}.fails", "wb") as counters:
                counters.write(bytes(16))
            environment |= {"LD_PRELOAD": f"{self.programs.starve} {self.programs.preload}", "FAIL_NTH_CLASS": "memory",
                            "FAIL_NTH_NUMBER": str(self.scenario.out_of_n), "FAIL_NTH_FILE": f"{self.root}.fails"}
            if self.scenario.out_of_ever:
                environment["FAIL_NTH_EVER"] = "1"
        for name, value in os.environ.items():
            if name.endswith("SAN_OPTIONS"):
                environment[name] = value
        flags = os.O_WRONLY | os.O_TRUNC
        lock = None
        if faults and self.scenario.locked_ms:
            lock = os.open(f"{self.root}/.fake-kernel/lock", os.O_RDWR)
            fcntl.flock(lock, fcntl.LOCK_EX)
        began = time.monotonic()
        few = faults and self.scenario.out_of == "files"
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if few:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.scenario.out_of_n, hard))
        pid = os.posix_spawn(self.programs.program, argv, environment, setsigdef=[signal.SIGINT, signal.SIGTERM], file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, f"{self.root}.out", flags, 0),
            (os.POSIX_SPAWN_OPEN, 2, f"{self.root}.err", flags, 0)])
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        actors = [(ms, what, number) for ms, what, number in self.scenario.actors] if faults else []
        if lock is not None:
            actors.append((self.scenario.locked_ms, "unlock", lock))
        status = self.wait(pid, began, sorted(actors))
        seconds = time.monotonic() - began
        if lock is not None:
            os.close(lock)
        return os.waitstatus_to_exitcode(status), seconds

    def wait(self, pid: int, began: float, actors: list[tuple[int, str, int]]) -> int:
        """Until it ends, and no longer than a minute."""
        pidfd = os.pidfd_open(pid)
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        try:
            while True:
                until = began + (actors[0][0] / 1000 if actors else HANGS_S)
                if poll.poll(max(0.0, until - time.monotonic()) * 1000):
                    break
                if not actors:
                    os.kill(pid, signal.SIGKILL)
                    break
                _, what, number = actors.pop(0)
                self.act(what, number, pid)
        finally:
            os.close(pidfd)
        return os.waitpid(pid, 0)[1]

    def act(self, what: str, number: int, pid: int) -> None:
        """What somebody else does."""
        if what in ("SIGINT", "SIGTERM"):
            os.kill(pid, getattr(signal, what))
        elif what == "unlock":
            fcntl.flock(number, fcntl.LOCK_UN)
        elif what == "remove":
            self.meddled.add(number)
            grave = f"{self.root}/.fake-kernel/removed/actor-{number}"
            place = self.path(number, "")
            if os.path.exists(f"{place}state"):
                os.unlink(f"{place}state")
                os.rename(place.rstrip("/"), grave)
        elif os.path.exists(self.path(number, "state")):
            self.meddled.add(number)
            with open(self.path(number, "state.new"), "w", encoding="utf-8") as file:
                file.write(what + "\n")
            os.rename(self.path(number, "state.new"), self.path(number, "state"))

    def done(self) -> None:
        """Throw it away."""
        shutil.rmtree(self.root, ignore_errors=True)
        for name in ("rules", "rules.count", "log", "out", "err", "fails"):
            if os.path.exists(f"{self.root}.{name}"):
                os.unlink(f"{self.root}.{name}")


TEXT_OF_DEVICES = ["--all", "--raw", "--noheadings", "--bytes", "--output=DEVICE,BLOCKS,NODE,STATE"]
TEXT_OF_LIST = ["--raw", "--noheadings", "--bytes", "--output=BLOCKS,STATE,ZONE,NODE,SIZE"]


class Trial:
    """All calls of one seed."""

    def __init__(self, programs: Programs, seed: int, folder: str, verbose: bool = False) -> None:
        self.programs = programs
        self.scenario = make_scenario(seed)
        self.folder = folder
        self.verbose = verbose
        self.lies: list[str] = []
        self.checks = 0
        self.calls = 0
        self.trees = 0

    def tree(self) -> Call:
        """A fresh one."""
        self.trees += 1
        return Call(self.programs, self.scenario, f"{self.folder}/{self.scenario.seed}-{os.getpid()}-{self.trees}")

    def judge(self, run: Run, what: str) -> Oracle:
        """Check one call."""
        oracle = judge(run)
        self.calls += 1
        self.checks += oracle.checks
        self.lies += [f"{what}: {lie}" for lie in oracle.lies]
        if self.verbose:
            self.show(run, what, oracle)
        return oracle

    def show(self, run: Run, what: str, oracle: Oracle) -> None:
        """Everything that there is to know about a call."""
        print(f"=== {what}: memhpctl {' '.join(self.scenario.argv)} -> {run.rc} in {run.seconds:.3f} s, {oracle.checks} checks")
        print("before:\n" + run.before.text() + "after:\n" + run.after.text())
        print("".join(f"  {entry.operation} {entry.path} {entry.word} {entry.result}\n" for entry in run.log or []))
        print(run.out + run.err)

    def compare(self, lies: list[str]) -> None:
        """What two calls say of each other."""
        self.checks += 1
        self.lies += lies

    def make(self) -> Verdict:
        """All of it."""
        scenario = self.scenario
        dice = random.Random(scenario.seed + 0.5)
        if self.verbose:
            print(f"seed {scenario.seed}: memhpctl {' '.join(repr(word) for word in scenario.argv)}\n{scenario.machine.text()}")
            print(f"selected: {sorted(scenario.selected) if scenario.selected is not None else 'nothing that there is'}")
            print("".join(f"rule {rule}\n" for rule in scenario.rules) + "".join(f"mode {mode}\n" for mode in scenario.modes)
                  + "".join(f"hidden {path}\n" for path in scenario.hidden) + "".join(f"actor {actor}\n" for actor in scenario.actors) + (f"locked {scenario.locked_ms}" if scenario.locked_ms else "")
                  + (f"out of {scenario.out_of} {scenario.out_of_n} {scenario.out_of_ever}" if scenario.out_of else ""))
        is_change = scenario.command in CHANGES
        document = text = None
        if not is_change or dice.random() < 0.85:
            document = self.one("json", True)
        if not document or dice.random() < (0.35 if is_change else 0.6):
            text = self.one("text", False)
        if document and text and scenario.is_exact and is_change:
            self.compare([f"text and JSON: {lie}" for lie in compare_text(text, document)])
        if is_change and dice.random() < 0.4:
            self.foresee(dice.random() < 0.2)
        return Verdict(scenario.seed, self.checks, self.calls, self.lies)

    def one(self, what: str, as_json: bool) -> Oracle:
        """With all faults."""
        call = self.tree()
        words = list(self.scenario.argv)
        if self.scenario.is_devices and not as_json:
            words += TEXT_OF_DEVICES
        elif self.scenario.is_devices:
            pass
        elif self.scenario.command == "list" and not as_json:
            words += TEXT_OF_LIST
        elif self.scenario.command == "list" and self.scenario.seed % 2:
            words.append("--all")
        try:
            return self.judge(call.run(words, as_json), what)
        finally:
            call.done()

    def foresee(self, text: bool) -> None:
        """A dry run, and then the run on the same tree, without faults; is the one true of the other?"""
        call = self.tree()
        try:
            dry = self.judge(call.run(self.scenario.argv, True, dry=True, faults=False), "dry run")
            if text:
                shown = self.judge(call.run(self.scenario.argv, False, dry=True, faults=False), "dry run as text")
                self.compare([f"dry run, text and JSON: {lie}" for lie in compare_text(shown, dry)])
            real = self.judge(call.run(self.scenario.argv, True, faults=False), "run after a dry run")
        finally:
            call.done()
        states = set(self.scenario.machine.states.values())
        if not states & {"going-offline", "strange"} and not self.scenario.timeout_ms and \
                not self.scenario.block_timeout_ms:
            self.compare([f"dry run: {lie}" for lie in compare_dry(dry, real)])


_programs: Programs
_folder: str


def _begin(programs: Programs, folder: str) -> None:
    global _programs, _folder
    _programs, _folder = programs, folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _try(seed: int) -> Verdict:
    try:
        return Trial(_programs, seed, _folder).make()
    except Exception as error:                                  # pylint: disable=broad-except
        return Verdict(seed, 0, 0, [f"the lie detector itself: {error!r}"])


def try_seeds(programs: Programs, seeds: range, workers: int = 0) -> Iterator[Verdict]:
    """The verdict of each seed, as they come."""
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="memhpctl-truth-", dir=where, ignore_cleanup_errors=True) as folder, \
            multiprocessing.get_context("fork").Pool(workers or WORKERS_PER_CPU * len(os.sched_getaffinity(0)), _begin,
                                                     (programs, folder)) as pool:
        yield from pool.imap_unordered(_try, seeds, 8)
