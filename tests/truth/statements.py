# SPDX-License-Identifier: GPL-2.0-or-later
"""What the program says of each block, from its JSON or from its text, in one form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

UNSAID = object()
# "memory32-39: offline, was in zone Movable (8 blocks, 1G)", "memory33: failed (1 block, 128M) in zone Normal: EBUSY: ..."
LINE = re.compile(r"^(?:memhpctl: )?memory(\d+)(?:-(\d+))?: ([a-z -]+?)((?:, [a-z ]*zone \w+)*) \((\d+) blocks?, ([^)]*)\)(.*)$")
TOTAL = re.compile(r"^(\w+): (.*), in \S.*$")
PLANNED = re.compile(r"^would write (offline, then )?(\w+) to memory(\d+)(?: (up|down) to memory(\d+))? \((\d+) blocks?, ([^)]*)\)")
UNITS = {"B": 0, "K": 10, "M": 20, "G": 30, "T": 40}


@dataclass
class Statement:
    """What is said of one block; UNSAID where nothing is."""

    block: int
    result: Any = UNSAID
    before: Any = UNSAID
    after: Any = UNSAID
    zone_before: Any = UNSAID
    zone_after: Any = UNSAID
    errno: Any = UNSAID
    cause: Any = UNSAID
    write: Any = UNSAID
    attempts: Any = UNSAID
    rezone: bool = False
    verb: str = ""


@dataclass
class Report:
    """What is said of the whole run."""

    statements: list[Statement] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    bytes_changed: int | None = None
    counted: tuple[int, int] | None = None      # blocks and bytes that it is about
    order: list[tuple[int, str]] | None = None
    lies: list[str] = field(default_factory=list)


def from_json(document: dict[str, Any]) -> Report:
    """The blocks of a report of a change."""
    report = Report()
    totals = dict(document["totals"])
    report.bytes_changed = totals.pop("bytes_changed")
    report.counted = (totals.pop("blocks"), totals.pop("bytes"))
    report.totals = {name.replace("_", "-"): count for name, count in totals.items()}
    for block in document["blocks"]:
        report.statements.append(Statement(
            number_of(block), block["result"], block["before"], block["after"], block["zone_before"], block["zone_after"],
            block.get("errno"), block.get("cause"), block.get("write"), block["attempts"], block.get("rezone") or False))
    if "order" in document:
        words = {statement.block: statement.write for statement in report.statements}
        report.order = [(number, words.get(number, "?")) for number in document["order"]]
    return report


def number_of(block: dict[str, Any]) -> int:
    """A block's number."""
    return block["number"] if "number" in block else block["block"]


def size_in_bytes(text: str) -> float:
    """`512M`, `1.5G` as the reports write it."""
    unit = text[-1] if text[-1] in UNITS else "B"
    return float(text.rstrip("".join(UNITS))) * (1 << UNITS[unit])


def from_text(out: str, err: str, wanted: str, block_size: int) -> Report:
    """The same from standard output and standard error."""
    report = Report()
    for line in [*out.splitlines(), *err.splitlines()]:
        if (match := LINE.match(line)):
            from_line(report, match, wanted, block_size)
        elif (match := PLANNED.match(line)):
            from_planned(report, match, block_size)
        elif (match := TOTAL.match(line)) and re.match(r"\d", match[2]):
            for part in match[2].split(", "):
                count, name, size = re.fullmatch(r"(\d+) ([a-z-]+)(?: \((.*)\))?", part).groups()   # type: ignore[union-attr]
                report.totals[name] = int(count)
                if size:
                    report.bytes_changed = round(size_in_bytes(size))
    report.statements.sort(key=lambda statement: statement.block)
    return report


def from_planned(report: Report, match: re.Match[str], block_size: int) -> None:
    """would write online_movable to memory35 down to memory32 (4 blocks, 512M)"""
    first = int(match[3])
    last = int(match[5] or match[3])
    numbers = range(first, last + 1) if last >= first else range(first, last - 1, -1)
    if len(numbers) != int(match[6]) or abs(size_in_bytes(match[7]) / block_size / len(numbers) - 1) > 0.01:
        report.lies.append(f"'{match[0]}' does not count right")
    report.order = (report.order or []) + [(number, match[2]) for number in numbers]


def from_line(report: Report, match: re.Match[str], wanted: str, block_size: int) -> None:
    """One line, of one block or of several that are alike."""
    first, last, verb, zones, count, size, rest = match.groups()
    numbers = range(int(first), int(last or first) + 1)
    if len(numbers) != int(count) or abs(size_in_bytes(size) / block_size / len(numbers) - 1) > 0.01:
        report.lies.append(f"'{match[0]}' does not count right")
    failed = rest.startswith(":") or " in zone " in rest
    for number in numbers:
        said = Statement(number, verb=verb)
        if verb in ("online", "offline", "unknown"):
            said.result = UNSAID if failed else "changed"
            said.after = None if verb == "unknown" else verb
        elif verb.startswith("already "):
            said.result, said.after = "already", verb.removeprefix("already ")
        elif verb == "gone":
            said.result = "vanished"
        else:
            said.result = verb
        if (zone := re.search(r"was in zone (\w+)", zones)):
            said.zone_before = zone[1]
        if (zone := re.search(r", zone (\w+)", zones) or re.match(r" in zone (\w+)", rest)):
            said.zone_after = zone[1]
        if failed:
            found = re.match(r"(?: in zone \w+)?: (E[A-Z0-9]+|errno \d+): ", rest)
            said.errno = found[1] if found else None
        report.statements.append(said)
