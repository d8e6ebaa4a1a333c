# SPDX-License-Identifier: GPL-2.0-or-later
"""The guide: each of its commands runs, and ends as the guide says. README: what it shows is what is printed."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
from typing import Any, NamedTuple

import pytest

from machine import TESTS, run

GUIDE = TESTS.parent / "man/memhpctl-guide.7"
README = TESTS.parent / "README.md"


class Display(NamedTuple):
    """What is shown together, and runs on one machine."""

    line: int
    machine: str
    exits: int
    commands: list[str]


def displays() -> list[Display]:
    """The displays and lists of the guide that have commands of ours, each list entry as one that runs alone."""
    found, machine, exits, shown = [], "", 0, False
    for number, line in enumerate(GUIDE.read_text().splitlines(), 1):
        words = line.split()
        if line.startswith('.\\" machine '):
            machine, exits = words[2], int(words[4]) if "exits" in words else 0
        elif line.startswith(".Bd -literal"):
            shown, display = True, Display(number, machine, exits, [])
        elif line == ".Ed" and shown:
            shown, exits = False, 0
            if display.commands:
                found.append(display)
        elif shown and line[2:].startswith("memhpctl ") and line[:2] in ("# ", "$ "):
            display.commands.append(line[2:])
        elif shown and display.commands and display.commands[-1].endswith("|"):
            display.commands[-1] += " " + line.strip()
        elif line.startswith(".Li memhpctl "):
            found.append(Display(number, machine, 0, [line[4:]]))
    return found


def test_there_are_commands() -> None:
    assert len(displays()) > 30 and sum(len(display.commands) for display in displays()) > 45


@pytest.mark.parametrize("display", displays(), ids=lambda display: str(display.line))
def test_a_command_of_the_guide(machine: Any, tmp_path: pathlib.Path, display: Display) -> None:
    made = machine(display.machine)
    # Only the program runs on the machine, not the shell and what follows in a pipe.
    folder = tmp_path / "bin"
    folder.mkdir()
    made.shim(folder)
    for number, command in enumerate(display.commands, 1):
        if "jq" in command and not shutil.which("jq"):
            pytest.skip("jq is not installed")
        # A folder to stand for the reader's own.
        command = re.sub(r"--sysroot=DIR", f"--sysroot={made.root}", command).replace("\\e", "\\")
        result = run(["bash", "-o", "pipefail", "-c", command], env={"PATH": f"{folder}:{os.environ['PATH']}"})
        assert result.rc == (display.exits if number == len(display.commands) else 0), f"{command}: {result}"


def translations() -> list[tuple[str, str, str]]:
    """The lines of other programs with a command of ours below, and the machine; options of lsmem have two names."""
    found, machine, lines = [], "", GUIDE.read_text().splitlines()
    for line, below in zip(lines, lines[1:]):
        if line.startswith('.\\" machine '):
            machine = line.split()[2]
        elif line.startswith(".It Li ") and below.startswith(".Li memhpctl ") and not line.startswith(".It Li lsmem"):
            found.append((machine, line[7:], below[4:]))
    return found


@pytest.mark.parametrize("name, line, command", translations(), ids=lambda words: words)
def test_an_error_says_what_the_guide_says(machine: Any, name: str, line: str, command: str) -> None:
    made = machine(name)
    typed = made.memhpctl(*line.split())
    assert typed.rc == 2
    assert typed.err.rstrip("\n").replace(f" --sysroot {made.root}", "").endswith(": " + command.replace(" --atomic", ""))


def test_there_are_translations() -> None:
    assert len(translations()) > 15


def test_readme_shows_what_is_printed(machine: Any) -> None:
    """On the machine `mixed`, but for the time that it took."""
    made = machine("mixed")
    shown = README.read_text().split("## What it looks like\n")[1].split("\n`--json`")[0]
    printed = ""
    for command in re.findall(r"^    # memhpctl (.*)$", shown, re.MULTILINE):
        result = made.memhpctl(*command.split())
        printed += f"# memhpctl {command}\n{result.err}{result.out}"
    printed = "\n" + "".join(f"    {line}".rstrip() + "\n" for line in printed.splitlines())
    assert re.sub(r"in \d+ ms", "in N ms", printed) == re.sub(r"in \d+ ms", "in N ms", shown)
