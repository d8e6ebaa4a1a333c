# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares what the program said with what is: the machine before and after, and what the kernel's log has.

It knows the promises of the man page, and nothing of how the program is made. A lie is a sentence.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from scenario import Scenario
from snapshot import Snapshot
from statements import UNSAID, Report, Statement, from_json, from_text, number_of

# Late by this much is the machine's load and not the program.
PATIENCE_S = 5.0
RESULTS = {0: "done", 1: "failed", 2: "usage", 64: "partial", 75: "try-again", 77: "not-permitted"}
TRANSIENT = {"busy", "lock", "memory", "interruption", "deadline", "stuck", "pending"}
CHANGES = ("online", "offline", "remove", "add", "policy")
OF_BLOCKS = ("online", "offline", "policy")
DEVICES_TO_FORESEE = {"planned": ("removed", "added", "offlined", "failed")}


class Entry(NamedTuple):
    """One line of the fake kernel's log."""

    operation: str
    path: str
    word: str
    result: str

    @property
    def block(self) -> int | None:
        """The block whose state it is about."""
        match = re.search(r"/memory(\d+)/state$", self.path)
        return int(match[1]) if match else None


@dataclass
class Run:
    """One call of the program, and what was there before and after it."""

    scenario: Scenario
    before: Snapshot
    after: Snapshot
    rc: int
    out: str
    err: str
    seconds: float
    log: list[Entry] | None = None      # None: a real kernel has none
    json: bool = True
    dry: bool = False
    faults: bool = True
    meddled: set[int] = field(default_factory=set)      # blocks that somebody else may have changed
    late: set[int] = field(default_factory=set)         # and nobody knows when: before, between or after its looks


class Oracle:
    """Checks one run; `lies` is what came out, `checks` how many statements were compared."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.scenario = run.scenario
        self.lies: list[str] = []
        self.checks = 0
        self.document: dict[str, Any] = {}
        self.report: Report | None = None
        self.writes: dict[int, list[Entry]] = {}
        self.begun: dict[int, list[Entry]] = {}
        self.meddled = set(run.meddled)
        self.stale: set[int] = set(run.late)
        for entry in run.log or []:
            number = entry.block
            if number is None:
                continue
            if entry.operation == "write":
                self.writes.setdefault(number, []).append(entry)
            elif entry.operation == "begin":
                self.begun.setdefault(number, []).append(entry)
            elif entry.operation == "kernel" and entry.word != "hide":
                self.meddled.add(number)
            if entry.operation == "kernel" and self.is_overlooked(number, entry):
                self.stale.add(number)
            elif entry.operation != "kernel":
                self.stale.discard(number)

    def is_overlooked(self, number: int, entry: Entry) -> bool:
        """May the program's last look at all blocks miss what somebody else did? It does not come after the deadline, and sees states."""
        after, writes = self.run.after.get(number), self.writes.get(number, [])
        in_another_zone = after is not None and after.known == "online" and bool(writes) and writes[-1].word.startswith("online")
        return self.scenario.timeout_ms is not None or entry.word in ("replace", "add") or in_another_zone

    def check(self, truth: object, lie: str) -> bool:
        """Count one statement, and note it when it is not true."""
        self.checks += 1
        if not truth:
            self.lies.append(lie)
        return bool(truth)

    def changed(self, number: int) -> bool:
        """Is the block another one than before, or in another state?"""
        before, after = self.run.before.get(number), self.run.after.get(number)
        return not before.same(after) if before else after is not None

    def all_numbers(self) -> set[int]:
        """The blocks that were or are there."""
        return set(self.run.before.blocks) | set(self.run.after.blocks)

    def changed_by_it(self) -> set[int]:
        """What the program has changed, as far as it was not somebody else."""
        return {n for n in self.all_numbers() - self.meddled if self.changed(n)}

    def is_wanted(self, number: int) -> bool:
        """Is the block as the command line asks for?"""
        after = self.run.after
        if self.scenario.wanted == "offline":
            return after.get(number) is None or after.state(number) == "offline"
        if after.state(number) != "online":
            return False
        zone = after.zone(number)
        if self.scenario.zone == "movable":
            return zone in ("Movable", None)
        return zone != "Movable" if self.scenario.zone == "kernel" else True

    # --- all commands ---

    def check_all(self) -> None:
        """Everything."""
        run, scenario = self.run, self.scenario
        self.check_time()
        if run.rc < 0 and scenario.signalled and run.faults and not self.begun:
            # It had not begun, nor said anything.
            self.check(not self.changed_by_it(), "it was killed before it began, and something has changed")
            return
        if not self.check(run.rc >= 0, f"it died of signal {-run.rc}"):
            return
        self.check("memhpctl: Success" not in run.err, "an error has no reason: Success")
        if self.is_short() and run.rc and run.json and not run.out.endswith("}\n"):
            self.check_lost_report()
            return
        if run.json and not self.read_document():
            return
        if run.rc in (1, 2, 75, 77):
            self.check_nothing_changed()
        if run.rc > 128:
            self.check(scenario.signalled, f"exit {run.rc} without a signal")
        if run.dry:
            self.check(not any(self.begun.values()), f"a dry run wrote: {self.begun}")
            self.check(not self.changed_by_it(), f"a dry run changed {self.changed_by_it()}")
        self.check_knobs()
        if scenario.selected is None:
            self.check(run.rc not in (0, 64), f"exit {run.rc}, but the command line names something that is not there")
        if run.rc == 2:
            self.check(scenario.selected is None or scenario.command in ("remove", "add") or self.is_refused_size(),
                       "exit 2 for a command line that is right: " + run.err.strip())
        if self.is_short() and scenario.command in ("list", "status", "explain", "wait"):
            # What is missing is said.
            self.check(run.err or run.rc == 0, f"exit {run.rc} without a word")
            if run.err:
                return
        if scenario.command in ("list", "status", "explain") and scenario.selected is not None and not scenario.is_filtered:
            self.check(run.rc == 0, f"exit {run.rc}, but all that could be wrong is a block that cannot be read: {run.err.strip()}")
        if (named := re.search(r"cannot read memory(\d+)", run.err)) and not scenario.is_filtered and run.json and "error" in self.document:
            self.check(int(named[1]) in (scenario.selected or set()) | scenario.named, f"memory{named[1]} cannot be read, but nobody asked for it")
        if run.json and "error" in self.document:
            self.check(run.rc != 0, "an error and exit 0")
            return
        if scenario.command in CHANGES:
            self.check_change()
        elif scenario.command == "wait":
            self.check_wait()
        elif scenario.is_devices:
            # As to an ordinary user: which devices there are is known.
            self.check(run.rc == 0 or scenario.modes or self.is_short(), f"exit {run.rc}: {run.err.strip()}")
            if run.rc == 0:
                self.check_devices()
        elif run.rc == 0 and not scenario.actors:
            {"list": self.check_list, "status": self.check_status, "explain": self.check_explain}[scenario.command]()

    def is_short(self) -> bool:
        """Was there too little memory, or too few descriptors, so that some of what it tells may be missing, with a word of it?"""
        return bool(self.scenario.out_of and self.run.faults)

    def check_knobs(self) -> None:
        """The kernel's settings: as it says, and else as they were."""
        before, after = self.run.before.knobs, self.run.after.knobs
        said = set()
        for knob in self.document.get("knobs", []):
            name, planned = knob["knob"], knob["result"] == "planned"
            said.add(name)
            self.check(planned == self.run.dry, f"{name}: {knob['result']}")
            self.check(knob["before"] == before[name], f"{name}: before is {knob['before']}, but it is {before[name]}")
            truth = before[name] if planned else knob["after"]
            self.check(after[name] == truth, f"{name}: {knob['result']}, from {before[name]} to {knob['after']}, but it is {after[name]}")
        # A text names them where it can; a run that could not even report says that.
        if self.run.json and not self.is_short() or self.scenario.command != "policy":
            changed = {name for name in before if before[name] != after[name]} - said
            self.check(not changed, f"{sorted(changed)} changed, and nothing says so")

    def check_lost_report(self) -> None:
        """It could not even report: standard error says so, and names what was changed."""
        run = self.run
        self.check(run.err, f"exit {run.rc} without a word")
        named: set[int] = set()
        for numbers in re.findall(r"memory([0-9][0-9,-]*)", run.err):
            for part in filter(None, numbers.strip(",-").split(",")):
                first, _, last = part.partition("-")
                named |= set(range(int(first), int(last or first) + 1))
        self.check(self.changed_by_it() <= named or self.scenario.command in ("remove", "add"),
                   f"{sorted(self.changed_by_it() - named)} changed, and the lost report does not say so")

    def is_refused_size(self) -> bool:
        """An amount that is not there is a matter of the plan."""
        return bool(self.scenario.size)

    def check_time(self) -> None:
        """The deadline, and what may come after it: putting back has as long again."""
        limit = self.scenario.timeout_ms
        if limit is None:
            return
        allowed = limit / 1000
        if self.scenario.atomic or self.scenario.command == "remove":
            allowed *= 2
        if self.scenario.rezone:
            allowed += (self.scenario.block_timeout_ms or 30000) / 1000 if self.run.faults else 0
        self.check(self.run.seconds <= allowed + PATIENCE_S,
                   f"it took {self.run.seconds:.1f} s with --timeout of {limit} ms")

    def read_document(self) -> bool:
        """One JSON document that goes with the exit code."""
        run = self.run
        try:
            self.document = json.loads(run.out)
        except ValueError:
            return self.check(False, f"standard output is not one JSON document: {run.out[:200]!r}")
        if "exit_code" in self.document:
            self.check(self.document["exit_code"] == run.rc, f"exit_code {self.document['exit_code']}, but it ended with {run.rc}")
        if "result" in self.document:
            result = self.document["result"]
            expected = RESULTS.get(run.rc, "interrupted")
            self.check(result == expected or (result == "rolled-back" and run.rc in (1, 64, 75, 77)),
                       f"result {result} with exit {run.rc}")
        elapsed = self.document.get("elapsed_ms")
        if elapsed is not None:
            self.check(elapsed <= run.seconds * 1000 + 1, f"elapsed_ms {elapsed}, but it took {run.seconds * 1000:.1f} ms")
        return True

    def check_nothing_changed(self) -> None:
        """Exit 1, 2, 75 and 77 mean that nothing was changed."""
        changed = self.changed_by_it()
        if self.run.rc == 1 and self.is_short() and re.search("report is lost|cannot write", self.run.err):
            return
        if self.run.rc == 1 and self.scenario.command == "remove":
            # Blocks that nothing here can remove go offline, which the man page says.
            changed = {n for n in changed if self.run.after.state(n) != "offline"}
        self.check(not changed, f"exit {self.run.rc} says that nothing changed, but {sorted(changed)} did")
        if self.run.rc == 2:
            self.check(not any(self.begun.values()), "exit 2, but something was written")

    # --- changes ---

    def check_change(self) -> None:
        """A report of online, offline, remove or add."""
        run, scenario = self.run, self.scenario
        if run.json:
            report = from_json(self.document)
            self.check(self.document["dry_run"] == run.dry, "dry_run is untrue")
            self.check(self.document["block_size"] == run.before.block_size, "block_size is untrue")
            self.check_bookkeeping(report)
        else:
            report = from_text(run.out, run.err, scenario.wanted, run.before.block_size)
            self.check(not report.lies, "; ".join(report.lies))
            if run.rc in (2,) or not (report.statements or report.order or report.totals):
                return
            self.check_text_totals(report)
        self.report = report
        said = {statement.block: statement for statement in report.statements}
        self.check(len(said) == len(report.statements), "a block is reported twice")
        for statement in report.statements:
            self.check_statement(statement)
        self.check_rest(said)
        self.check_exit(said)
        if run.json:
            self.check_order(report)
        if run.json and "devices" in self.document:
            for device in self.document["devices"]:
                self.check_device(device)

    def check_bookkeeping(self, report: Report) -> None:
        """Sums, addresses and sizes."""
        size = self.run.before.block_size
        counts: dict[str, int] = {}
        for statement in report.statements:
            counts[statement.result] = counts.get(statement.result, 0) + 1
        for name, count in report.totals.items():
            self.check(count == counts.get(name, 0), f"totals: {count} {name}, but there are {counts.get(name, 0)}")
        self.check(set(counts) <= set(report.totals), f"totals do not have {set(counts) - set(report.totals)}")
        self.check(report.bytes_changed == counts.get("changed", 0) * size,
                   f"bytes_changed {report.bytes_changed}, but {counts.get('changed', 0)} blocks of {size} bytes are changed")
        self.check(report.counted == (len(report.statements), len(report.statements) * size), f"totals: {report.counted} is untrue")
        for block in self.document["blocks"]:
            number = number_of(block)
            self.check_members(block)
            self.check(block["address"] == number * size and block["size"] == size, f"memory{number}: address or size is untrue")
            self.check(block["elapsed_ms"] <= self.document["elapsed_ms"] + 1, f"memory{number}: took longer than the run")
        if "goal_bytes" in self.document:
            self.check(self.document["goal_bytes"] == self.scenario.size * size, "goal_bytes is untrue")

    def check_members(self, block: dict[str, Any]) -> None:
        """What stands in every document of a block: as it was read last, or null."""
        number = number_of(block)
        before, after = self.run.before.get(number), self.run.after.get(number)
        self.check(block["state"] == block["after"], f"memory{number}: state is {block['state']}, after {block['after']}")
        self.check(block["device"] in (self.scenario.machine.device_of(number), None), f"memory{number}: device is {block['device']}")
        if before and block["nodes"] is not None:
            self.check(block["nodes"] == list(before.nodes), f"memory{number}: nodes are {block['nodes']}, but they are {before.nodes}")
        # On a real kernel those of an offline block change with its neighbours.
        settled = not self.is_unsettled(number) and (self.run.log is not None or (after and after.state == "online"))
        if after and block["zones"] is not None and settled:
            self.check(block["zones"] == list(after.zones), f"memory{number}: zones are {block['zones']}, but they are {after.zones}")

    def check_text_totals(self, report: Report) -> None:
        """The last line's sums; lines before it may be lost without memory, which is said."""
        if self.is_short() and "the report is lost" in self.run.err:
            return
        counts: dict[str, int] = {}
        for statement in report.statements:
            if isinstance(statement.result, str):
                counts[statement.result] = counts.get(statement.result, 0) + 1
        for name, count in report.totals.items():
            # Those are only counted.
            if name == "passed-over":
                continue
            unsaid = sum(statement.result is UNSAID for statement in report.statements)
            self.check(counts.get(name, 0) <= count <= counts.get(name, 0) + unsaid,
                       f"the last line has {count} {name}, but {counts.get(name, 0)} are shown")
        if report.bytes_changed is not None:
            size = self.run.before.block_size * report.totals.get("changed", 0)
            self.check(abs(report.bytes_changed - size) <= size * 0.01, f"the last line says {report.bytes_changed} bytes, not {size}")

    def tells(self, statement: Statement, name: str, truth: object) -> None:
        """One member of a statement, where it is said."""
        value = getattr(statement, name)
        if value is UNSAID:
            return
        self.check(value == truth, f"memory{statement.block}: {name} is {value}, but it is {truth}")

    def check_statement(self, said: Statement) -> None:
        """What is said of one block."""
        run, number = self.run, said.block
        before, after = run.before.get(number), run.after.get(number)
        if self.scenario.command == "add" and before is None:
            self.check_added(said)
            return
        if not self.check(before is not None, f"memory{number} was not there"):
            return
        assert before
        if number not in run.late:
            self.tells(said, "before", before.known)
            self.tells(said, "zone_before", before.zone)
        replaced = after is not None and after.identity != before.identity
        # It failed, and there was too little of something to look at it again.
        unseen = self.is_short() and said.result == "failed" and said.after is None
        unseen = unseen or (after is None and self.may_still_go())
        if not self.is_unsettled(number) and not unseen:
            self.tells(said, "after", None if after is None or replaced else after.known)
            self.tells(said, "zone_after", None if after is None or replaced else after.zone)
            if said.cause == "gone":
                self.check(after is None or replaced, f"memory{number}: gone, but it is there")
        check = getattr(self, "result_" + str(said.result).replace("-", "_"), None)
        if said.result is not UNSAID and self.check(check is not None, f"memory{number}: unknown result {said.result}"):
            assert check
            check(said)
        if run.log is not None:
            self.check_against_log(said)

    def check_added(self, said: Statement) -> None:
        """A block that came during the run."""
        if not self.is_unsettled(said.block):
            after = self.run.after.get(said.block)
            self.tells(said, "after", after.known if after else None)
            self.tells(said, "zone_after", after.zone if after else None)

    def is_unsettled(self, number: int) -> bool:
        """May the block have changed between the report and the look at it?"""
        return number in self.stale or any("reonline" in rule and "0ms" != rule.split()[rule.split().index("reonline") + 1] for rule in self.scenario.rules
                   ) or (self.scenario.command == "remove" and any(" eject " in rule for rule in self.scenario.rules)
                         and self.run.faults)

    def may_still_go(self) -> bool:
        """A device that was told to go may go after a run that was stopped, or whose time was over."""
        run = self.run
        told = run.rc != 0 and any(entry.operation == "write" and entry.path.endswith("/eject") for entry in run.log or [])
        return self.scenario.command == "remove" and (run.rc > 128 or told)

    def untouched(self, said: Statement) -> None:
        """Nothing was written to it, and it is as before."""
        self.check(not self.begun.get(said.block), f"memory{said.block}: {said.result}, but something was written to it")
        if said.block not in self.meddled:
            self.check(not self.changed(said.block), f"memory{said.block}: {said.result}, but it has changed")

    def result_changed(self, said: Statement) -> None:
        """The kernel did it, for us."""
        run, number = self.run, said.block
        after = run.after.get(number)
        self.check(not run.dry, f"memory{number}: changed in a dry run")
        before = run.before.get(number)
        if self.scenario.command == "remove" and (after is None or (before and before.identity != after.identity)):
            return
        if said.cause in (None, UNSAID) and not self.is_unsettled(number) and self.scenario.command != "remove":
            self.check(run.after.state(number) == self.scenario.wanted, f"memory{number}: changed, but it is {run.after.state(number)}")
            if self.scenario.zone in ("movable", "kernel"):
                self.check(self.is_wanted(number), f"memory{number}: changed, but it is in zone {run.after.zone(number)}")
        if run.log is not None:
            self.check(self.begun.get(number), f"memory{number}: changed, but nothing was written to it")
            done = sum(entry.result == "ok" for entry in self.writes.get(number, []))
            unheard = len(self.begun.get(number, [])) - len(self.writes.get(number, []))
            # A write that was stopped has no answer: the state is all there is.
            unheard += run.rc > 128 or bool(self.scenario.timeout_ms or self.scenario.block_timeout_ms)
            self.check(done or unheard, f"memory{number}: changed, but the kernel never did it for us: somebody else")

    def result_already(self, said: Statement) -> None:
        """It was so, or somebody else did it."""
        number = said.block
        gone_later = self.run.after.get(number) is None and self.may_still_go()
        if not self.is_unsettled(number) and not gone_later:
            self.check(self.run.after.state(number) == self.scenario.wanted,
                       f"memory{number}: already {self.scenario.wanted}, but it is {self.run.after.state(number)}")
        writes = self.writes.get(number, [])
        # Before a removal what somebody brings online is taken offline again.
        self.check(not writes or writes[-1].result != "ok" or self.scenario.command == "remove", f"memory{number}: already, but we have done it")
        if not writes and number not in self.meddled and self.run.log is not None and not self.begun.get(number):
            self.check(self.run.before.state(number) == self.scenario.wanted, f"memory{number}: already, but it was not, and nobody did it")

    def result_failed(self, said: Statement) -> None:
        """It is not as wanted."""
        number = said.block
        self.check(not self.run.dry, f"memory{number}: failed in a dry run")
        if said.cause in ("unreadable", "wrong-zone", "stuck", "pending", "reverted", UNSAID) or self.is_unsettled(number):
            return
        known = self.run.after.state(number)
        self.check(known is None or known != self.scenario.wanted or self.scenario.rezone,
                   f"memory{number}: failed for {said.cause}, but it is {known}")

    def result_refused(self, said: Statement) -> None:
        """Not tried."""
        self.untouched(said)

    def result_skipped(self, said: Statement) -> None:
        """Not its turn; a write that was stopped before the kernel did anything is as none."""
        if self.run.rc <= 128 or any(entry.result == "ok" for entry in self.writes.get(said.block, [])):
            self.untouched(said)

    def result_planned(self, said: Statement) -> None:
        """Would be tried."""
        self.check(self.run.dry, f"memory{said.block}: planned, but this is no dry run")

    def result_vanished(self, said: Statement) -> None:
        """It is gone."""
        self.check(self.run.after.get(said.block) is None, f"memory{said.block}: vanished, but it is there")

    def result_replaced(self, said: Statement) -> None:
        """Another block has its number."""
        before, after = self.run.before.get(said.block), self.run.after.get(said.block)
        self.check(before and (after is None or after.identity != before.identity), f"memory{said.block}: replaced, but it is the same")

    def result_rolled_back(self, said: Statement) -> None:
        """As it was, state and zone."""
        number = said.block
        if number not in self.meddled:
            self.check(not self.changed(number), f"memory{number}: rolled back, but it is not as it was")
        if self.run.log is not None:
            self.check(len(self.begun.get(number, [])) > 1, f"memory{number}: rolled back, but nothing was undone")

    def result_passed_over(self, said: Statement) -> None:
        """It would not go, and others made up the amount."""
        self.check(self.scenario.size, f"memory{said.block}: passed over without --size")

    def check_against_log(self, said: Statement) -> None:
        """errno, word and attempts: the kernel's log has them."""
        number = said.block
        begun, writes = self.begun.get(number, []), self.writes.get(number, [])
        if isinstance(said.errno, str):
            # Opening a block's file fails before a write.
            heard = {entry.result for entry in writes} | {"ENOENT", "ENODEV"}
            heard |= {"ENOMEM", "EMFILE", "EAGAIN"} if self.is_short() else set()
            heard |= {"EACCES"} if self.scenario.modes or "hide" in " ".join(self.scenario.rules) else set()
            heard |= {"EINTR"} if self.scenario.command == "remove" or self.scenario.signalled or \
                any(" die" in rule for rule in self.scenario.rules) else set()
            self.check(said.errno in heard or said.errno.removeprefix("errno ") in heard,
                       f"memory{number}: {said.errno}, but the kernel said {sorted(heard)}")
        if said.write is not UNSAID and said.write and begun and self.scenario.command in OF_BLOCKS:
            self.check(said.write in [entry.word for entry in begun] or said.rezone,
                       f"memory{number}: write is {said.write}, but {[entry.word for entry in begun]} was written")
        if said.attempts is not UNSAID and said.result in ("changed", "already", "rolled-back") and \
                self.scenario.command in OF_BLOCKS:
            self.check(said.attempts == len(begun) or self.has_lost_attempts(),
                       f"memory{number}: {said.attempts} attempts, but {len(begun)} writes were begun")

    def has_lost_attempts(self) -> bool:
        """A worker that is stopped before it comes to write, or whose open fails, leaves no trace."""
        return not self.scenario.is_exact or bool(self.scenario.modes) or any("replace" in rule or "hide" in rule or "remove" in rule
                                                                            for rule in self.scenario.rules)

    def named_as_changed(self) -> set[int]:
        """The blocks that an error names because the report, or the rest of it, is lost."""
        found = re.search("the report is lost; these were changed: memory([0-9,-]+)", self.run.err)
        ranges = [part.split("-") for part in found[1].split(",")] if found and self.is_short() else []
        return {number for part in ranges for number in range(int(part[0]), int(part[-1]) + 1)}

    def check_rest(self, said: dict[int, Statement]) -> None:
        """What is not in the report has not changed, and what was selected is in it."""
        named = self.named_as_changed()
        for number in named - self.meddled:
            self.check(self.changed(number), f"memory{number} is named as changed, but it has not")
        for number in self.all_numbers() - set(said) - self.meddled - named:
            if self.scenario.command in ("remove", "add") and self.is_of_reported_device(number):
                continue
            self.check(not self.changed(number), f"memory{number} is not in the report, but it has changed")
        selected = self.scenario.selected
        if selected is None or not self.run.json:
            return
        if self.scenario.command in OF_BLOCKS:
            missing = selected - set(said) - self.run.late
            if self.scenario.command == "policy" and not self.scenario.words and self.run.rc:
                missing -= self.named_as_unreadable()
            self.check(not missing or self.scenario.size or missing <= {n for n in missing if not self.run.before.get(n)},
                       f"selected, but not in the report: {sorted(missing)}")
            self.check(set(said) <= selected | self.run.late, f"not selected, but in the report: {sorted(set(said) - selected)}")

    def named_as_unreadable(self) -> set[int]:
        """Blocks of which standard error says that they cannot be read, and that cannot be read."""
        named: set[int] = set()
        for ranges in re.findall(r"memory([\d,-]+): state or valid_zones cannot be read", self.run.err):
            for part in ranges.split(","):
                first, _, last = part.partition("-")
                named |= set(range(int(first), int(last or first) + 1))
        return {n for n in named if (block := self.run.before.get(n)) and not (block.readable and block.zones_readable)}

    def is_of_reported_device(self, number: int) -> bool:
        """Is the block of a device that the report is about?"""
        names = [device["device"] for device in self.document.get("devices", [])] if self.run.json else self.scenario.words
        return self.scenario.machine.device_of(number) in names

    def check_exit(self, said: dict[int, Statement]) -> None:
        """The exit code, from what is and not from what is said."""
        run, scenario = self.run, self.scenario
        selected = scenario.selected or set()
        unsettled = any(self.is_unsettled(n) for n in selected - self.stale)
        if run.rc == 0 and not run.dry and scenario.command in OF_BLOCKS and not unsettled:
            wrong = sorted(n for n in selected - self.stale if not self.is_wanted(n))
            if scenario.size:
                right = sum(self.changed(n) and self.is_wanted(n) for n in selected)
                self.check(right >= scenario.size or self.meddled, f"exit 0, but only {right} of {scenario.size} blocks were changed")
            else:
                self.check(not wrong, f"exit 0, but {wrong} are not as wanted")
        if run.rc == 0 and not run.dry and scenario.command == "remove" and not unsettled:
            there = sorted(n for n in selected if run.after.get(n) and n not in self.meddled)
            self.check(not there or scenario.size, f"exit 0, but {there} are still there")
        if run.rc not in (0, 2) and not run.dry and scenario.command in OF_BLOCKS and run.json and not scenario.size:
            # One that could not be put back may be as wanted just for that.
            excused = (scenario.atomic or scenario.rezone) and any(statement.cause for statement in said.values()) or any(statement.cause in ("wrong-zone", "unreadable", "replaced") or statement.result == "rolled-back"
                          for statement in said.values())
            excused = excused or bool(scenario.command == "policy" and not scenario.words and self.named_as_unreadable())
            excused = excused or any(s.result in ("refused", "skipped") and s.block in self.meddled for s in said.values())
            self.check(excused or scenario.signalled or unsettled or self.stale or not selected or
                       any(not self.is_wanted(n) for n in selected) or (scenario.wanted == "online" and self.meddled),
                       f"exit {run.rc}, but all is as wanted")
        if run.rc == 75 and run.json:
            wrong_causes = {s.cause for s in said.values() if s.result in ("failed", "refused") and s.cause not in TRANSIENT}
            self.check(not wrong_causes, f"exit 75, but {wrong_causes} will not go away")
        if run.rc == 77:
            self.check(scenario.modes or any("EACCES" in rule or "EROFS" in rule for rule in scenario.rules),
                       "exit 77, but nothing was forbidden")
        if run.rc == 64 and not run.dry and run.json:
            self.check(any(s.result == "changed" or s.cause in ("unreadable", "changed-since") or s.before != s.after for s in said.values()) or self.changed_by_it() or
                       self.run.after.knobs != self.run.before.knobs or
                       any(d["result"] in ("removed", "added") for d in self.document.get("devices", [])),
                       "exit 64, but nothing was changed")
        if scenario.atomic and run.rc and not run.dry and not scenario.size:
            self.check_atomic(said, unsettled)

    def check_atomic(self, said: dict[int, Statement], unsettled: bool) -> None:
        """All or nothing: what is not as it was is said to be so, with the reason."""
        if unsettled or (self.run.rc > 128 and all(self.is_wanted(n) for n in self.scenario.selected or ())):
            return
        # It had come to its end, and then somebody else changed one of the blocks.
        if any(s.block in self.meddled and s.cause in ("changed-since", "gone", "replaced", "unreadable") for s in said.values()):
            return
        # The same, by making it unreadable: the fake kernel's rule "also hide".
        if any(before.readable and self.run.after.get(number) and not self.run.after.blocks[number].readable
               for number, before in self.run.before.blocks.items()):
            return
        removed: set[int] = set()
        if self.run.json:
            for device in self.document.get("devices", []):
                if device["result"] == "removed":
                    removed |= set(self.scenario.machine.devices[device["device"]].numbers)
        for number in self.changed_by_it() - removed:
            statement = said.get(number)
            if statement and self.run.json:
                self.check(statement.cause, f"memory{number}: all or nothing, but it has changed, and nothing says why")
                self.check(self.run.rc == 64 or self.run.rc > 128 or self.scenario.command == "remove",
                           f"exit {self.run.rc}, but memory{number} was not put back")

    def check_order(self, report: Report) -> None:
        """The dry run's order is that of blocks that would be written to."""
        if report.order is None:
            self.check(not self.run.dry, "a dry run without an order")
            return
        planned = {s.block for s in report.statements if s.result == "planned"}
        self.check({n for n, _ in report.order} == planned, f"order has {[n for n, _ in report.order]}, planned are {sorted(planned)}")

    def check_device(self, device: dict[str, Any]) -> None:
        """What came of a device."""
        name, result = device["device"], device["result"]
        made = self.scenario.machine.devices.get(name) if name else None
        numbers = made.numbers if made else device["blocks"]
        there = sorted(n for n in numbers if self.run.after.get(n) and n not in self.meddled)
        if result == "removed" and not self.is_unsettled(0):
            back = [n for n in numbers if self.run.after.get(n)]
            self.check(not there, f"{name}: removed, but {there} are there")
            self.check(not back or set(back) <= self.meddled, f"{name}: removed, but {back} are there")
        if result == "added":
            self.check(any(self.run.after.get(n) for n in numbers), f"{name}: added, but it has no blocks")
            self.check(not any(self.run.before.get(n) for n in numbers), f"{name}: added, but it was there")
        if result == "already" and self.scenario.command == "remove":
            self.check(not any(self.run.before.get(n) for n in numbers), f"{name}: not there already, but it was")
        elif result == "already":
            self.check(any(self.run.before.get(n) for n in numbers), f"{name}: already there, but it was not")
        if result in ("failed", "refused", "skipped", "offlined", "rolled-back") and self.scenario.command == "remove":
            was = [n for n in numbers if self.run.before.get(n)]
            self.check(not was or any(self.run.after.get(n) for n in was) or device.get("cause") is not None or set(was) <= self.meddled,
                       f"{name}: {result}, but all its blocks are gone, and nothing says so")
        if result == "offlined":
            self.check(not self.run.dry, f"{name}: offlined in a dry run")
        if result == "planned":
            self.check(self.run.dry, f"{name}: planned, but this is no dry run")
        if made:
            self.check(set(device["blocks"]) <= set(made.numbers), f"{name}: {device['blocks']} are not its blocks")
        self.check(device["size"] == len(device["blocks"]) * self.run.before.block_size, f"{name}: size is untrue")

    # --- wait ---

    def check_wait(self) -> None:
        """It ended because all is as wanted, or it says what is not."""
        run, scenario = self.run, self.scenario
        selected = scenario.selected or set()

        def is_so(number: int) -> bool:
            block = run.after.get(number)
            if scenario.goal == "present":
                return block is not None
            if scenario.goal == "absent":
                return block is None
            if scenario.goal == "offline":
                return block is None or block.known == "offline"
            return block is not None and block.known == "online"
        wrong = sorted(n for n in selected if not is_so(n))
        if run.rc == 0:
            self.check(not wrong, f"waited for {scenario.goal}, exit 0, but not {wrong}")
        elif run.rc == 75:
            self.check(run.seconds * 1000 >= (scenario.timeout_ms or 0) - 1, "the time was not over")
            # Who comes at the last moment is not seen.
            self.check(wrong or scenario.actors, f"waited for {scenario.goal} in vain, but all is so")
        if not run.json or "blocks" not in self.document:
            return
        blocks = [number_of(b) if isinstance(b, dict) else b for b in self.document["blocks"]]
        unfinished = [number_of(b) if isinstance(b, dict) else b for b in self.document["unfinished"]]
        self.check(set(blocks) | set(unfinished) <= selected, "blocks that were not asked for")
        if run.rc == 0:
            self.check(not unfinished and not self.document["missing"], "exit 0 with something unfinished")
        if not scenario.actors:
            self.check(set(blocks) == {n for n in selected if run.after.get(n) and is_so(n)}, f"blocks is untrue: {blocks}")
            self.check(set(unfinished) == {n for n in selected if run.after.get(n) and not is_so(n)}, f"unfinished is untrue: {unfinished}")

    # --- those that look ---

    def check_row(self, row: dict[str, Any], number: int) -> None:
        """The members of a block, whichever are there."""
        block = self.run.after.get(number)
        if not self.check(block is not None, f"memory{number} is listed, but it is not there"):
            return
        assert block
        device = self.scenario.machine.device_of(number)
        hidden = not block.readable or not block.zones_readable
        if hidden and "zones" in row:
            self.check(f"memory{number}" in self.run.err, f"memory{number} cannot be read, and no warning names it")
        for key, truth in (("state", block.known), ("zones", None if hidden else list(block.zones)), ("nodes", list(block.nodes)),
                           ("device", device)):
            if key in row:
                self.check(row[key] == truth, f"memory{number}: {key} is {row[key]}, but it is {truth}")
        if "zone" in row:
            self.check(row["zone"] == block.zone, f"memory{number}: zone is {row['zone']}, but it is {block.zone}")
        if "offline_chance" in row:
            self.check((row["offline_chance"] is None) == (block.known in ("offline", "going-offline") or
                                                           ((block.known is None or hidden) and row["offline_chance"] is None)),
                       f"memory{number}: offline_chance is {row['offline_chance']}, but it is {block.state}")

    def check_state_totals(self, totals: list[dict[str, Any]], numbers: set[int], where: str) -> None:
        """Blocks and bytes a state."""
        for total in totals:
            count = sum(self.run.after.state(n) == total["state"] for n in numbers)
            self.check((total["blocks"], total["bytes"]) == (count, count * self.run.before.block_size),
                       f"{where}: {total['blocks']} blocks {total['state']}, but there are {count}")
        self.check(sum(total["blocks"] for total in totals) == len(numbers), f"{where}: the states do not add up")

    def check_list(self) -> None:
        """Each row, and that there is one for each block."""
        selected = self.scenario.selected or set()
        size = self.run.before.block_size
        if not self.run.json:
            self.check_list_text(selected)
            return
        listed: list[int] = []
        for row in self.document.get("ranges", self.document.get("blocks", [])):
            first = row["first_block"] if "first_block" in row else number_of(row)
            last = row["last_block"] if "last_block" in row else first
            self.check(row["address"] == first * size and row["size"] == (last + 1 - first) * size, f"memory{first}: address or size")
            for number in range(first, last + 1):
                listed.append(number)
                self.check_row(row, number)
        self.check(listed == sorted(selected), f"listed are {listed}, selected {sorted(selected)}")
        totals = self.document["totals"]
        self.check((totals["blocks"], totals["bytes"]) == (len(selected), len(selected) * size), "list: totals are untrue")
        self.check_state_totals(totals["states"], selected, "list")
        self.check(self.document["vanished"] == 0, "blocks vanished that did not")

    def check_list_text(self, selected: set[int]) -> None:
        """list --raw --noheadings --output=BLOCKS,STATE,ZONE,NODE,SIZE --bytes"""
        listed: list[int] = []
        for line in self.run.out.splitlines():
            if re.fullmatch(r"list: no block matches", line):
                continue
            blocks, state, zone, node, size = line.split()
            first, _, last = blocks.partition("-")
            numbers = range(int(first), int(last or first) + 1)
            self.check(int(size) == len(numbers) * self.run.before.block_size, f"'{line}': size is untrue")
            for number in numbers:
                listed.append(number)
                block = self.run.after.get(number)
                zones = "/".join(block.zones) or "-" if block and block.readable and block.zones_readable else "?"
                truth = (block.known or "?", zones, ",".join(map(str, block.nodes)) or "-") if block else None
                self.check((state, zone, node.replace("/", ",")) == truth, f"'{line}', but memory{number} is {truth}")
        self.check(listed == sorted(selected), f"listed are {listed}, selected {sorted(selected)}")

    def check_devices(self) -> None:
        """list --devices: each device, with its blocks as they are."""
        machine, after = self.scenario.machine, self.run.after
        names = self.scenario.words or list(machine.devices)
        said: dict[str, tuple[Any, ...]] = {}
        truths = {}
        for name in names:
            there = [n for n in machine.devices[name].numbers if after.get(n)]
            nodes = sorted({node for n in there for node in after.blocks[n].nodes})
            truths[name] = (there, nodes, {state: count for state in ("online", "offline", "going-offline", None)
                                           if (count := sum(after.state(n) == state for n in there))})
        if self.run.json:
            for device in self.document["devices"]:
                self.check(device["device"] not in said, f"{device['device']} is listed twice")
                totals = device["totals"] and {total["state"]: total["blocks"] for total in device["totals"]["states"] if total["blocks"]}
                said[device["device"]] = (device["blocks"], device["nodes"], totals)
                self.check_addable(device)
        else:
            for line in self.run.out.splitlines():
                if not line.startswith("list: no device") and ": " not in line:
                    name, blocks, node, state = line.replace("\\x20", " ").split(" ", 3)
                    said[name] = (blocks, node, state)
            truths = {name: self.device_as_text(name, *truth) for name, truth in truths.items()}
        self.check(sorted(said) == sorted(names), f"listed are {sorted(said)}, there are {sorted(names)}")
        for name in set(said) & set(names):
            there = [n for n in machine.devices[name].numbers if after.get(n)]
            hidden = any(f"/{name}/" in path for path in self.scenario.hidden)
            for what, value, truth in zip(("blocks", "nodes", "states"), said[name], truths[name]):
                unknown = value in (None, "?")
                if what == "nodes" and not there:
                    self.check(not any(path.endswith(f"/{name}/target_node") for path in self.scenario.hidden) or unknown,
                               f"{name}: nodes are {value}, and cannot be known")
                    continue
                self.check(hidden or self.is_short() if unknown else value == truth, f"{name}: {what} are {value}, but they are {truth}")

    def device_as_text(self, name: str, there: list[int], nodes: list[int], states: dict[str | None, int]) -> tuple[str, str, str]:
        """The cells of a row."""
        def numbers(values: list[int]) -> str:
            parts: list[list[int]] = []
            for value in values:
                if parts and parts[-1][1] == value - 1:
                    parts[-1][1] = value
                else:
                    parts.append([value, value])
            return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts) or "-"
        words = [(state or "unknown", states[state]) for state in ("going-offline", "online", "offline", None) if state in states]
        return (numbers(there), numbers(nodes),
                words[0][0] if len(words) == 1 else ", ".join(f"{count} {word}" for word, count in words) or "-")

    def check_addable(self, device: dict[str, Any]) -> None:
        """What could be added or removed of it."""
        name, size = device["device"], self.run.before.block_size
        made = self.scenario.machine.devices.get(name)
        if not made:
            return
        there = [n for n in made.numbers if self.run.after.get(n)]
        if made.kind in ("pseries", "s390"):
            self.check(device["addable"] == (0 if there else size), f"{name}: addable is {device['addable']}")
            self.check(device["size"] == size, f"{name}: size is {device['size']}")
        if made.kind == "dax" and any(path.endswith(f"/{name}/size") for path in self.scenario.hidden):
            self.check(device["size"] is None, f"{name}: size is {device['size']}, and cannot be known")
        elif made.kind == "dax":
            self.check(device["size"] in (len(made.numbers) * size, None), f"{name}: size is {device['size']}")
        self.check(device["removable"] is not True or there, f"{name}: removable without blocks")
        self.check(not (device["removable"] and device["addable"]), f"{name}: removable and addable")

    def check_status(self) -> None:
        """Totals of all and of each node."""
        after = self.run.after
        if not self.run.json:
            return
        numbers = set(after.blocks)
        self.check(self.document["block_size"] == after.block_size, "block_size is untrue")
        self.check_totals(self.document["totals"], numbers, "status")
        nodes = sorted({node for block in after.blocks.values() for node in block.nodes})
        said = [node["node"] for node in self.document["nodes"]]
        self.check(said == nodes, f"nodes are {said}, but there are {nodes}")
        for node in self.document["nodes"]:
            self.check_totals(node, {n for n in numbers if node["node"] in after.blocks[n].nodes}, f"node{node['node']}")
        going = any(block.known == "going-offline" for block in after.blocks.values())
        warned = any(warning["warning"] == "going-offline" for warning in self.document["warnings"])
        self.check(going == warned, "the warning of going-offline is untrue")

    def check_totals(self, totals: dict[str, Any], numbers: set[int], where: str) -> None:
        """Blocks, bytes, states and zones."""
        size = self.run.before.block_size
        self.check((totals["blocks"], totals["bytes"]) == (len(numbers), len(numbers) * size), f"{where}: blocks or bytes are untrue")
        self.check_state_totals(totals["states"], numbers, where)
        zones: dict[str | None, int] = {}
        for number in numbers:
            if self.run.after.state(number) == "online":
                zone = self.run.after.zone(number)
                zones[zone] = zones.get(zone, 0) + 1
        said = {zone["zone"]: zone["blocks"] for zone in totals["zones"]}
        self.check(said == zones, f"{where}: zones are {said}, but there are {zones}")

    def check_explain(self) -> None:
        """Each block."""
        if not self.run.json:
            return
        selected = self.scenario.selected or set()
        said = [number_of(block) for block in self.document["blocks"]]
        self.check(said == sorted(selected), f"explained are {said}, selected {sorted(selected)}")
        for block in self.document["blocks"]:
            self.check_row(block, number_of(block))
            if self.run.after.zones_of_several(number_of(block)):
                self.check(block["offline_chance"] == "no", f"memory{number_of(block)}: lies in several zones, chance {block['offline_chance']}")


def judge(run: Run) -> Oracle:
    """Check a run."""
    oracle = Oracle(run)
    oracle.check_all()
    return oracle


def compare_dry(dry: Oracle, real: Oracle) -> list[str]:
    """Did the dry run predict the run? Both without faults."""
    lies = []
    if dry.run.rc != real.run.rc:
        lies.append(f"the dry run ends with {dry.run.rc}, the run with {real.run.rc}")
    if dry.report is None or real.report is None:
        return lies
    planned = {s.block: s for s in dry.report.statements}
    for statement in real.report.statements:
        foreseen = planned.pop(statement.block, None)
        if foreseen is None:
            if dry.scenario.command != "add":
                lies.append(f"memory{statement.block} is {statement.result}, and the dry run does not have it")
            continue
        result = "changed" if foreseen.result == "planned" else foreseen.result
        # What is offline already goes with its device.
        went = result == "already" and statement.result == "changed" and statement.after is None and dry.scenario.command == "remove"
        if result != statement.result and not went:
            lies.append(f"memory{statement.block} is {statement.result}, and the dry run says {foreseen.result}")
        for name in ("before", "zone_before", "write"):
            if getattr(foreseen, name) != getattr(statement, name):
                lies.append(f"memory{statement.block}: {name} is {getattr(statement, name)}, in the dry run {getattr(foreseen, name)}")
    if planned:
        lies.append(f"the dry run has {sorted(planned)}, the run has not")
    if dry.report.order is not None and dry.scenario.command in OF_BLOCKS and real.run.log is not None:
        written: list[int] = []
        for entry in real.run.log:
            if entry.operation == "begin" and entry.block is not None and entry.block not in written:
                written.append(entry.block)
        if [number for number, _ in dry.report.order] != written:
            lies.append(f"the dry run's order is {[n for n, _ in dry.report.order]}, the run's {written}")
    lies += compare_devices(dry.document.get("devices", []), real.document.get("devices", []))
    return lies


def compare_devices(dry: list[dict[str, Any]], real: list[dict[str, Any]]) -> list[str]:
    """The same for devices."""
    lies = []
    if [device["device"] for device in dry] != [device["device"] for device in real]:
        return [f"devices are {[d['device'] for d in real]}, in the dry run {[d['device'] for d in dry]}"]
    for foreseen, device in zip(dry, real):
        expected = foreseen["result"]
        if expected == "planned":
            expected = "offlined" if not foreseen["steps"] else "removed" if dry and device["result"] != "added" else "added"
        if device["result"] != expected:
            lies.append(f"{device['device']} is {device['result']}, and the dry run says {foreseen['result']}")
    return lies


def compare_text(text: Oracle, document: Oracle) -> list[str]:
    """Do both say the same of the same run?"""
    lies = []
    if text.run.rc != document.run.rc:
        lies.append(f"as text it ends with {text.run.rc}, as JSON with {document.run.rc}")
    if text.report is None or document.report is None or document.document.get("devices") is not None:
        return lies
    said = {s.block: s for s in text.report.statements}
    for statement in document.report.statements:
        other = said.pop(statement.block, None)
        if other is None:
            if statement.result not in ("passed-over", "planned", "rolled-back"):
                lies.append(f"memory{statement.block} is {statement.result} in JSON, the text does not have it")
            continue
        for name in ("result", "after", "zone_after", "errno"):
            value = getattr(other, name)
            if value is not UNSAID and value != getattr(statement, name):
                lies.append(f"memory{statement.block}: {name} is {getattr(statement, name)} in JSON, {value} in the text")
    if said:
        lies.append(f"the text has {sorted(said)}, JSON has not")
    for name, count in text.report.totals.items():
        if document.report.totals.get(name) != count:
            lies.append(f"{count} {name} in the text, {document.report.totals.get(name)} in JSON")
    # Not their order: where lowest blocks of a zone stand in it depends on how many were read.
    if text.report.order is not None and sorted(text.report.order) != sorted(document.report.order or []):
        lies.append(f"order {text.report.order} in the text, {document.report.order} in JSON")
    return lies
