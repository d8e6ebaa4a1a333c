# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the output goes: descriptors that are closed or full, other locales, terminals."""

from __future__ import annotations

import os
import pty
import subprocess
from typing import Any

import pytest

from machine import find_program

LOOKING = [("list",), ("list", "--json"), ("status",), ("status", "--json"), ("help",), ("--version",)]


def shell(made: Any, command: str) -> Any:
    """Run a shell command in which $memhpctl is the program on this machine."""
    return made.run("/bin/sh", "-c", command, env={
        **made.environment(find_program()), "memhpctl": f"{find_program()} --sysroot {made.root}"})


@pytest.mark.parametrize("words", LOOKING)
def test_full_disk(machine: Any, words: tuple[str, ...]) -> None:
    result = shell(machine("x86-dimm"), f"$memhpctl {' '.join(words)} >/dev/full")
    assert result.rc == 1 and "No space left on device" in result.err and len(result.err.splitlines()) == 1


@pytest.mark.parametrize("words", LOOKING)
def test_stdout_closed(machine: Any, words: tuple[str, ...]) -> None:
    for closed in (">&-", "<&- >&-"):
        result = shell(machine("x86-dimm"), f"$memhpctl {' '.join(words)} {closed}")
        assert result.rc == 1 and "cannot write" in result.err


@pytest.mark.parametrize("closed", [">&-", ">/dev/full", "<&- >&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("json", ["", "--json"])
def test_a_change_goes_on_without_its_output(machine: Any, closed: str, json: str) -> None:
    """The change is made whole, nothing but the state is written to, and the exit code tells of the lost report."""
    made = machine("x86-dimm", lines="dir /run")
    result = shell(made, f"$memhpctl offline 33-35 {json} {closed}")
    assert result.rc == (1 if ">&-" in closed.replace("2>&-", "") or "full" in closed else 0)
    assert [made.state(number) for number in (33, 34, 35)] == ["offline"] * 3
    assert made.path("/run/memhpctl/lock").read_text() == ""
    assert {entry.word for entry in made.begun()} == {"offline"}


@pytest.mark.parametrize("words", [("list", "--json"), ("list",), ("status", "--json"), ("list", "999", "--json"),
                                   ("offline", "--dry-run", "32-39", "0", "--json")])
def test_locale_changes_nothing(machine: Any, words: tuple[str, ...]) -> None:
    made = machine("x86-dimm")
    outputs = set()
    for locale in ("C", "C.UTF-8", "zh_CN.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8"):
        result = made.memhpctl(*words, env={"LC_ALL": locale, "LANG": locale, "LANGUAGE": locale})
        outputs.add("\n".join(line for line in result.out.splitlines() if '"elapsed_ms": ' not in line[:16]))
    assert len(outputs) == 1


@pytest.mark.parametrize("quiet", [False, True])
def test_progress_on_a_terminal(machine: Any, quiet: bool) -> None:
    """A line on standard error, after half a second, wiped at the end; standard output has the report only."""
    made = machine("x86-dimm")
    made.rules("* offline delay 250ms always")
    program = find_program()
    environment = {**os.environ, **made.environment(program), "TERM": "xterm"}
    main, terminal = pty.openpty()
    process = subprocess.Popen([program, "--sysroot", str(made.root), "offline", "32-35", *(["--quiet"] if quiet else [])],
                               env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=terminal, text=True)
    out, _ = process.communicate(timeout=20)
    os.close(terminal)
    drawn = b""
    try:
        while data := os.read(main, 4096):
            drawn += data
    except OSError:
        pass
    os.close(main)
    assert process.returncode == 0
    if quiet:
        assert (out, drawn) == ("", b"")
    else:
        assert out.startswith("memory32-35: offline") and b"offline: " in drawn and b" of 4, memory" in drawn
        assert drawn.endswith(b"\r\x1b[K")


def test_no_progress_elsewhere(machine: Any) -> None:
    made = machine("x86-dimm")
    assert made.memhpctl("offline", "32-35", rules="* offline delay 250ms always").err == ""


def test_waiting_is_told(machine: Any) -> None:
    made = machine("x86-dimm", lines="dir /run")
    made.rules("memory35 offline hang always")
    first = made.start("offline", "35")
    made.wait_for(lambda: made.state(35) == "going-offline")
    second = made.memhpctl("offline", "34", "--timeout=1500ms")
    first.terminate()
    first.communicate(timeout=20)
    assert second.rc == 75 and f"waiting for another memhpctl, process {first.pid}" in second.err
