# SPDX-License-Identifier: GPL-2.0-or-later
"""The lie detector (tests/truth) on a real kernel: random runs in one guest, each statement compared with its sysfs."""

from __future__ import annotations

import os
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "truth"))

from guest import INJECTION, MEMORY, Guest
from machine import DAX
from oracle import Oracle, Run, compare_dry, judge
from scenario import Device, Made, Scenario, make_change, make_selection, make_wait
from snapshot import Block, Snapshot

RUNS = int(os.environ.get("TRUTH_VM_RUNS") or 300)
FIRST = int(os.environ.get("TRUTH_FIRST") or 1)
DIMM = "PNP0C80:00"
# Offlining with one of these is over at once: those that are tried again come rarely, and end by --retries.
ERRNOS = {"EPERM": 1, "ENOENT": 2, "EIO": 5, "ENXIO": 6, "EAGAIN": 11, "ENOMEM": 12, "EACCES": 13, "EBUSY": 16, "ENODEV": 19, "EINVAL": 22,
          "ENOSPC": 28, "EROFS": 30, "ETIMEDOUT": 110, "EHWPOISON": 133, "ECANCELED": 125, "EINTR": 4}
LOOK = f"""look() {{
cd {MEMORY}
grep -s . memory[0-9]*/state memory[0-9]*/valid_zones
ls -id memory[0-9]*
echo memory[0-9]*/node[0-9]*
}}
"""


def read_look(text: str, block_size: int) -> Snapshot:
    """A snapshot from what look() has printed."""
    snapshot = Snapshot(block_size)
    states = {int(n): state for n, state in re.findall(r"^memory(\d+)/state:(.*)$", text, re.MULTILINE)}
    zones = {int(n): tuple(zone.split()) for n, zone in re.findall(r"^memory(\d+)/valid_zones:(.*)$", text, re.MULTILINE)}
    inodes = {int(n): int(inode) for inode, n in re.findall(r"^ *(\d+) memory(\d+)$", text, re.MULTILINE)}
    nodes: dict[int, list[int]] = {}
    for number, node in re.findall(r"memory(\d+)/node(\d+)", text):
        nodes.setdefault(int(number), []).append(int(node))
    for number, state in states.items():
        snapshot.blocks[number] = Block(number, inodes.get(number, 0), state, True, True, zones.get(number, ()), tuple(sorted(nodes.get(number, []))))
    return snapshot


class Truth:
    """One guest with a DIMM and dax memory, and what is random in it."""

    def __init__(self, guest: Guest, memhpctl: str) -> None:
        self.guest = guest
        self.memhpctl = memhpctl
        guest.check("modprobe memory-notifier-error-inject")
        guest.check("echo dax0.0 >/sys/bus/dax/drivers/device_dax/unbind; echo dax0.0 >/sys/bus/dax/drivers/kmem/new_id")
        self.size = int(guest.read(f"{MEMORY}/block_size_bytes"), 16)
        self.dimm = guest.plug_dimm("d1", "768M")
        self.dax = list(range(40, 48))
        self.now = self.look()
        assert set(self.dax) <= set(self.now.blocks), "dax0.0 has no blocks"
        self.lies: list[str] = []
        self.checks = 0

    def look(self, before: str = "") -> Snapshot:
        """What is there now, after some commands."""
        return read_look(self.guest.check(LOOK + before + "look").out, self.size)

    def made(self, now: Snapshot, everything: bool) -> Made:
        """The guest's memory as the generator knows machines."""
        devices = {DIMM: Device(DIMM, "acpi", self.dimm), "dax0.0": Device("dax0.0", "dax", self.dax)}
        made = Made(self.size, devices=devices, is_part=not everything)
        for number, block in now.blocks.items():
            if everything or number in self.dimm or number in self.dax:
                made.states[number], made.zones[number], made.nodes[number] = block.state or "", " ".join(block.zones), block.nodes
        return made

    def scenario(self, seed: int, dice: random.Random) -> Scenario:
        """A command on what is there."""
        now = self.now
        command = dice.choices(("offline", "online", "remove", "wait", "list", "status", "explain"), (36, 36, 7, 6, 8, 3, 4))[0]
        scenario = Scenario(seed, self.made(now, command in ("list", "status", "explain")))
        if not any(number in now.blocks for number in self.dax):
            command = "add"
        scenario.command = command
        if command in ("offline", "online"):
            make_change(dice, scenario)
        elif command == "remove":
            scenario.words = [dice.choice((DIMM, "dax0.0", "dax0.0"))]
            scenario.selected = {n for n in scenario.machine.devices[scenario.words[0]].numbers if n in now.blocks}
            scenario.options = ["--retries=0", *(["--atomic"] if dice.random() < 0.5 else [])]
            scenario.atomic = "--atomic" in scenario.options
        elif command == "add":
            scenario.words, scenario.selected = ["dax0.0"], set()
            scenario.zone = dice.choice((None, "movable", "kernel"))
            scenario.options = [f"--zone={scenario.zone}"] if scenario.zone else []
        elif command == "wait":
            make_wait(dice, scenario)
            scenario.actors = []
            scenario.modes = []
        elif command != "status":
            make_selection(dice, scenario, "" if command == "list" else "--all")
        return scenario

    def shell(self, scenario: Scenario, as_json: bool, dry: bool, error: tuple[str, int] | None, meddler: str) -> Run:
        """One call between two looks."""
        words = [self.memhpctl, *(["--json"] if as_json else []), *scenario.argv, *(["-n"] if dry else [])]
        quoted = " ".join("'" + word + "'" for word in words)
        inject = f"echo -{error[1]} >{INJECTION}/{error[0]}/error\n" if error else ""
        reset = f"echo 0 >{INJECTION}/{error[0]}/error\n" if error else ""
        script = (LOOK + f"{inject}{meddler}cut -d' ' -f1 /proc/uptime\n{quoted} >/run/out 2>/run/err; rc=$?\n"
                  f"cut -d' ' -f1 /proc/uptime\necho $rc\n{reset}echo =====; look; echo; echo =====; cat /run/out; echo =====; cat /run/err\nwait\n")
        how, after, out, err = self.guest.check(script).out.split("=====\n", 3)
        began, ended, rc = how.split()
        before, self.now = self.now, read_look(after, self.size)
        return Run(scenario, before, self.now, int(rc), out, err, float(ended) - float(began) + 0.02, None, as_json, dry)

    def judge(self, run: Run) -> Oracle:
        """Check one call."""
        oracle = judge(run)
        self.checks += oracle.checks
        self.lies += [f"seed {run.scenario.seed}: memhpctl {' '.join(run.scenario.argv)} -> {run.rc}: {lie}\n{run.before.text()}--\n"
                      f"{run.after.text()}{run.out}{run.err}" for lie in oracle.lies]
        return oracle

    def shuffle(self, dice: random.Random) -> None:
        """Some blocks get another state."""
        words = []
        for number in dice.sample([*self.dimm, *self.dax], dice.choice((0, 2, 6))):
            block = self.now.get(number)
            word = dice.choice(("online_movable", "online_movable", "online_kernel", "offline"))
            if block and (block.state == "offline") != (word == "offline"):
                words.append(f"echo {word} 2>/dev/null >{MEMORY}/memory{number}/state;")
        if words:
            self.now = self.look("(" + " ".join(words) + ") 2>/dev/null\n")

    def run(self, seed: int) -> None:
        """Everything of one seed; what it does depends on what those before have left."""
        dice = random.Random(seed)
        self.shuffle(dice)
        scenario = self.scenario(seed, dice)
        is_change = scenario.command in ("online", "offline")
        if is_change and dice.random() < 0.25:
            dry = self.judge(self.shell(scenario, True, True, None, ""))
            real = self.judge(self.shell(scenario, True, False, None, ""))
            # What the pages of a kernel zone do cannot be foreseen.
            if dry.report and real.report and not any(s.result in ("failed", "skipped", "rolled-back") for s in real.report.statements):
                self.lies += [f"seed {seed}: memhpctl {' '.join(scenario.argv)}: dry run: {lie}" for lie in compare_dry(dry, real)]
            return
        error, meddler = None, ""
        if scenario.command in ("online", "offline", "remove") and dice.random() < 0.6:
            name = dice.choice(sorted(ERRNOS))
            direction = dice.choice(("MEM_GOING_OFFLINE", "MEM_GOING_ONLINE"))
            error = (direction, ERRNOS[name])
            scenario.rules = [f"* {direction} {name}"]
        run = None
        if is_change and not error and dice.random() < 0.3:
            number = dice.choice(sorted(scenario.machine.states))
            word = dice.choice(("online_movable", "offline"))
            meddler = f"(sleep 0.0{dice.randrange(1, 6)}; echo {word} >{MEMORY}/memory{number}/state) 2>/dev/null &\n"
        run = self.shell(scenario, scenario.command != "list" and dice.random() < 0.8 or scenario.command == "list", False, error, meddler)
        if meddler:
            # It comes before, between or after: what is said of this block may be of any of these moments.
            run.meddled, run.late = {number}, {number}
            self.now = self.look()
        self.judge(run)
        if not any(n in run.after.blocks for n in self.dimm):
            self.guest.wait_ejected("d1")
            self.dimm = self.guest.plug_dimm("d1", "768M")
            self.now = self.look()


def test_no_run_tells_a_lie(boot: Callable[..., Guest], memhpctl: str) -> None:
    truth = Truth(boot(DAX, memhp_default_state="offline"), memhpctl)
    began = time.monotonic()
    for seed in range(FIRST, FIRST + RUNS):
        truth.run(seed)
        if len(truth.lies) > 20:
            break
    print(f"{RUNS} runs, {truth.checks} checks, {time.monotonic() - began:.0f} s")
    assert not truth.lies, "\n".join(truth.lies)
    assert truth.checks > RUNS * 10
