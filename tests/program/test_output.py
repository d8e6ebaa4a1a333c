# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the output goes: descriptors that are closed or full, other locales, terminals."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import termios
from typing import Any, Iterator

import pytest

from machine import PATIENCE, find_program

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


@contextlib.contextmanager
def on_a_terminal(made: Any, *words: str, stream: str = "stderr", columns: int = 80) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A run with one of its streams on a terminal: the process, and where to read what it writes there."""
    program = find_program()
    environment = {**os.environ, **made.environment(program), "TERM": "xterm"}
    environment.pop("COLUMNS", None)
    main, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, columns))
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: terminal}
    process = subprocess.Popen([program, "--sysroot", str(made.root), *words], env=environment, text=True,
                               stdin=subprocess.DEVNULL, **streams)
    os.close(terminal)
    yield process, main
    os.close(main)


def read_terminal(main: int, until: bytes | None = None) -> bytes:
    """What comes up to a text, or to the end."""
    drawn = b""
    while until is None or until not in drawn:
        if not select.select([main], [], [], PATIENCE)[0]:
            pytest.fail(f"waited in vain after {drawn!r}")
        try:
            drawn += os.read(main, 4096)
        except OSError:
            break
    return drawn


def test_progress_on_a_terminal(machine: Any) -> None:
    """A line on standard error, after half a second, wiped at the end; standard output has the report only."""
    made = machine("x86-dimm")
    with contextlib.ExitStack() as lock:
        lock.enter_context(made.lock_held())
        with on_a_terminal(made, "offline", "32-35") as (process, main):
            drawn = read_terminal(main, until=b" of 4, taking memory")
            lock.close()
            drawn += read_terminal(main)
            out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and out.startswith("memory32-35: offline") and b"offline: " in drawn
    assert b"\r\x1b[K" in drawn and b" of 4" not in drawn.rpartition(b"\r")[2]


def test_no_progress_when_quiet(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("* offline delay 250ms always")
    with on_a_terminal(made, "offline", "32-35", "--quiet") as (process, main):
        drawn = read_terminal(main)
        out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, drawn) == (0, "", b"")


def test_progress_keeps_to_one_line(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("* offline delay 250ms always")
    with on_a_terminal(made, "offline", "32-35", columns=20) as (process, main):
        drawn = read_terminal(main).decode()
        process.communicate(timeout=PATIENCE)
    # On a slow machine a block takes so long that it is said what is waited for: on a line of its own.
    drawn = re.sub(r"memhpctl: [^\n]*: waiting for [^\n]*\n", "", drawn)
    lines = [line.removesuffix("\x1b[K") for line in drawn.split("\r")]
    assert max(len(line) for line in lines) == 19 and "\n" not in drawn


@pytest.mark.parametrize("columns", [70, 120])
def test_table_fits_the_terminal(machine: Any, columns: int) -> None:
    """The zones of an offline block take two lines where the terminal is narrow; a program gets one."""
    made = machine("mixed")
    with on_a_terminal(made, "list", stream="stdout", columns=columns) as (process, main):
        lines = read_terminal(main).decode().replace("\r", "").splitlines()
        process.communicate(timeout=PATIENCE)
    assert max(len(line) for line in lines) <= columns and not any("\\x0a" in line for line in lines)
    assert (sum("Movable/Normal" in line for line in lines), [line.strip() for line in lines].count("Normal")) == \
        ((0, 1) if columns == 70 else (1, 0))
    assert "Movable/Normal" in made.memhpctl("list", env={"COLUMNS": "40"}).out


def test_no_progress_elsewhere(machine: Any) -> None:
    made = machine("x86-dimm")
    assert made.memhpctl("offline", "32-35", rules="* offline delay 250ms always").complaints == ""


def test_waiting_is_told(machine: Any) -> None:
    made = machine("x86-dimm", lines="dir /run")
    made.rules("memory35 offline hang always")
    first = made.start("offline", "35", "--block-timeout=10min")
    made.wait_for(lambda: made.state(35) == "going-offline")
    second = made.start("offline", "34", "--timeout=1min")
    assert second.stderr
    assert f"waiting for another memhpctl, process {first.pid}" in second.stderr.readline()
    for process in (second, first):
        process.terminate()
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 143


def test_a_kernel_zone_is_told_on_a_terminal(machine: Any) -> None:
    """Where the kernel chooses Normal and chmem would have chosen Movable; once, and nowhere else."""
    made = machine("x86-dimm")
    told = b"the kernel chooses a kernel zone for 4 blocks that could be in Movable"
    for words, n in (["36-39"], 1), (["--zone=kernel", "36-39"], 0), (["--zone=movable", "36-39"], 0), (["--quiet", "36-39"], 0):
        with on_a_terminal(made, "online", "-n", *words) as (process, main):
            drawn = read_terminal(main)
            process.communicate(timeout=PATIENCE)
        assert drawn.count(told) == n
    assert made.memhpctl("online", "-n", "36-39").err == ""


def test_only_the_blocks_that_the_size_takes_are_told(machine: Any) -> None:
    """With --size the plan also has the blocks that would take the place of others."""
    for size, n in ("512M", 0), ("640M", 1):
        made = machine("x86-dimm")
        assert made.memhpctl("offline", "32-35").rc == 0
        with on_a_terminal(made, "online", f"--size={size}") as (process, main):
            drawn = read_terminal(main)
            process.communicate(timeout=PATIENCE)
        assert drawn.count(b"a kernel zone for") == n
        assert drawn.count(b"a kernel zone for 1 block that could be in Movable") == n


def test_sentences_are_wrapped_on_a_terminal_only(machine: Any) -> None:
    """Between words, in lines that a terminal of 80 columns has room for; elsewhere each is one line, for programs."""
    made = machine("mixed")
    for words in ("status", "--check"), ("list", "--devices"), ("policy", "check"):
        lines = made.memhpctl(*words).out.splitlines()
        assert max(map(len, lines)) > 80
        with on_a_terminal(made, *words, stream="stdout") as (process, main):
            drawn = read_terminal(main).decode().replace("\r\n", "\n")
            process.communicate(timeout=PATIENCE)
        assert max(map(len, drawn.splitlines())) <= 80
        assert drawn.replace("\n    ", " ").splitlines() == lines


def test_only_a_terminal_loses_spaces(machine: Any, tmp_path: Any) -> None:
    """A name that has two of them is printed as it is where programs read it."""
    rules = tmp_path / "two  spaces.rules"
    rules.write_text("# nothing\n")
    assert f"{rules}: no rule" in machine("x86-dimm").memhpctl("policy", "check", str(rules)).out
