# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the output goes: descriptors that are closed or full, other locales, terminals."""

from __future__ import annotations

import os
import pty
import subprocess
import termios
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


def on_terminal(made: Any, stream: str, columns: int, *words: str) -> tuple[str, str]:
    """Run the program with one of its streams on a terminal. Returns what came out there, and on the other one."""
    program = find_program()
    environment = {**os.environ, **made.environment(program), "TERM": "xterm"}
    environment.pop("COLUMNS", None)
    main, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, columns))
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: terminal}
    process = subprocess.Popen([program, "--sysroot", str(made.root), *words], env=environment, stdin=subprocess.DEVNULL,
                               text=True, **streams)
    out, err = process.communicate(timeout=60)
    os.close(terminal)
    drawn = b""
    try:
        while data := os.read(main, 4096):
            drawn += data
    except OSError:
        pass
    os.close(main)
    assert process.returncode == 0
    return drawn.decode(), err if stream == "stdout" else out


@pytest.mark.parametrize("quiet", [False, True])
def test_progress_on_a_terminal(machine: Any, quiet: bool) -> None:
    """A line on standard error, after half a second, wiped at the end; standard output has the report only."""
    made = machine("x86-dimm")
    made.rules("* offline delay 250ms always")
    drawn, out = on_terminal(made, "stderr", 80, "offline", "32-35", *(["--quiet"] if quiet else []))
    if quiet:
        assert (out, drawn) == ("", "")
    else:
        assert out.startswith("memory32-35: offline") and "offline: " in drawn and " of 4, memory" in drawn
        assert drawn.endswith("\r\x1b[K")


def test_progress_keeps_to_one_line(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("* offline delay 250ms always")
    drawn, _ = on_terminal(made, "stderr", 20, "offline", "32-35")
    lines = [line.removesuffix("\x1b[K") for line in drawn.split("\r")]
    assert max(len(line) for line in lines) == 19 and "\n" not in drawn


@pytest.mark.parametrize("columns", [80, 120])
def test_table_fits_the_terminal(machine: Any, columns: int) -> None:
    """The zones of an offline block take two lines where the terminal is narrow; a program gets one."""
    made = machine("mixed")
    shown, _ = on_terminal(made, "stdout", columns, "list")
    lines = shown.replace("\r", "").splitlines()
    assert max(len(line) for line in lines) <= columns and "\\x0a" not in shown
    assert (sum("Movable/Normal" in line for line in lines), [line.strip() for line in lines].count("Normal")) == \
        ((0, 1) if columns == 80 else (1, 0))
    assert "Movable/Normal" in made.memhpctl("list", env={"COLUMNS": "40"}).out


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
