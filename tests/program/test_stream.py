# SPDX-License-Identifier: GPL-2.0-or-later
"""Readers that do not read, limits, signals while printing: what a run costs then, and what it leaves behind; and text that is no text."""

from __future__ import annotations

import contextlib
import fcntl
import json as json_module
import os
import re
import resource
import signal
import socket
import subprocess
import time
from typing import Any, Iterator

import pytest

from machine import PATIENCE, find_program

# A run with nothing to wait for ends so soon after its deadline, on a slow machine too.
LATE = 10.0
# The fake kernel, too, writes files under this limit: only one that is as long already feels it.
FILE_LIMIT = 1 << 20
HOSTILE = "\x1b]0;x\x07\x9b"


@contextlib.contextmanager
def full_pipe() -> Iterator[tuple[int, int]]:
    """A pipe that takes nothing more: where to read, where to write."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    yield reader, writer
    os.close(reader)
    os.close(writer)


@contextlib.contextmanager
def journal_of(made: Any) -> Iterator[socket.socket]:
    """The journal of the machine."""
    place = made.path("/run/systemd/journal")
    place.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(place / "socket"))
        journal.settimeout(PATIENCE)
        yield journal


def start(made: Any, *words: str, stdout: Any = subprocess.DEVNULL, stderr: Any = subprocess.DEVNULL, **more: Any) -> subprocess.Popen[str]:
    """The program with these streams."""
    program = find_program()
    environment = {**os.environ, "LC_ALL": "C", **made.environment(program)}
    return subprocess.Popen([program, "--sysroot", str(made.root), *words], env=environment, text=True, stdin=subprocess.DEVNULL,
                            stdout=stdout, stderr=stderr, **more)


def end(process: subprocess.Popen[str]) -> int:
    """Its exit code; a process that does not end is a failed test."""
    try:
        return process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        pytest.fail(f"{process.args!r} did not end")


def limit_files() -> None:
    """For the process that is being started: `ulimit -f`."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT, FILE_LIMIT))


def lock_is_free(made: Any) -> bool:
    """Could another run begin?"""
    with open(made.path("/run/memhpctl/lock"), "r+") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@pytest.mark.parametrize("json", [[], ["--json"]])
@pytest.mark.parametrize("command", [["offline", "32-35"], ["remove", "PNP0C80:00"], ["policy", "apply"], ["online", "36-39"]])
def test_a_reader_that_does_not_read(machine: Any, command: list[str], json: list[str]) -> None:
    made = machine("x86-dimm", lines="dir /run")
    with journal_of(made) as journal, full_pipe() as (_, pipe):
        began = time.monotonic()
        process = start(made, *command, "--timeout=3s", *json, stdout=pipe)
        entry = journal.recv(65536).decode()
        made.wait_for(lambda: lock_is_free(made))
        rc = end(process)
        assert time.monotonic() - began < 3 + LATE and rc == 1
        assert re.search(r"^MEMHPCTL_RANGE=.*3[2-9]", entry, re.MULTILINE)


def test_the_work_goes_on_where_nobody_reads_the_messages(machine: Any) -> None:
    """Each retry is a message that nobody takes; the deadline holds, and the lock is free."""
    made = machine("x86-dimm", lines="dir /run")
    made.rules("memory35 offline EBUSY 3")
    with full_pipe() as (_, pipe), journal_of(made):
        process = start(made, "-vv", "offline", "32-35", "--timeout=60s", stderr=pipe)
        assert end(process) == 0
    assert [made.state(number) for number in range(32, 36)] == ["offline"] * 4


def test_both_streams_are_stuck(machine: Any) -> None:
    made = machine("x86-dimm", lines="dir /run")
    made.rules("memory35 offline EBUSY always")
    with full_pipe() as (_, pipe), journal_of(made) as journal:
        began = time.monotonic()
        process = start(made, "-vv", "offline", "32-35", "--timeout=2s", "--json", stdout=pipe, stderr=pipe)
        assert "3 changed" in journal.recv(65536).decode()
        assert end(process) != 0 and time.monotonic() - began < 2 + LATE
    assert lock_is_free(made)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_signal_ends_a_run_that_prints(machine: Any, stream: str, number: int) -> None:
    made = machine("x86-dimm", lines="dir /run")
    made.rules("memory35 offline EINVAL always")
    with full_pipe() as (_, pipe), journal_of(made) as journal:
        process = start(made, "offline", "32-35", "--timeout=1h", **{stream: pipe})
        journal.recv(65536)
        made.wait_for(lambda: lock_is_free(made))
        time.sleep(0.1)
        assert process.poll() is None
        began = time.monotonic()
        process.send_signal(number)
        rc = end(process)
        assert time.monotonic() - began < LATE and rc == (128 + number if stream == "stdout" else 64)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_signal_before_the_report_ends_a_run_that_nobody_reads(machine: Any, stream: str) -> None:
    made = machine("x86-dimm")
    with full_pipe() as (_, pipe):
        process = start(made, "wait", "--json", "--for=absent", "32", stdout=pipe, stderr=subprocess.PIPE) if stream == "stdout" else \
            start(made, "wait", "--for=absent", "32", stderr=pipe)
        time.sleep(1.0)
        process.terminate()
        # Without a deadline of its own.
        assert end(process) == 128 + signal.SIGTERM
        assert stream == "stderr" or "cannot write the JSON document: nobody read it" in process.stderr.read()


def test_a_report_comes_out_though_signals_come(machine: Any) -> None:
    """Two signals before the report do not cost it: it says what was changed."""
    made = machine("x86-dimm", lines="dir /run")
    made.rules("memory34 offline hang always")
    process = start(made, "offline", "32-35", "--json", stdout=subprocess.PIPE)
    made.wait_for(lambda: made.state(34) == "going-offline")
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode in (128 + signal.SIGTERM, 128 + signal.SIGINT) and out.endswith("}\n") and '"interrupted"' in out


def test_a_slow_reader_gets_it_all(machine: Any) -> None:
    made = machine("x86-dimm", lines="dir /run")
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    process = start(made, "offline", "--all", "-n", "--json", "--timeout=1h", stdout=writer)
    os.close(writer)
    time.sleep(1)
    assert process.poll() is None
    with open(reader, encoding="ascii") as out:
        assert out.read().endswith("}\n")
    assert end(process) in (0, 1, 64)


@pytest.mark.parametrize("json", [[], ["--json"]])
def test_a_file_that_may_not_grow(machine: Any, tmp_path: Any, json: list[str]) -> None:
    """SIGXFSZ would kill the run at its report."""
    made = machine("x86-dimm", lines="dir /run")
    with journal_of(made) as journal, open(tmp_path / "out", "wb") as out:
        out.seek(FILE_LIMIT)
        process = start(made, "offline", "32-35", *json, stdout=out, stderr=subprocess.PIPE, preexec_fn=limit_files)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1 and "the report is lost; these were changed: memory32-35 (512M)" in err
        assert "MEMHPCTL_RANGE=32-35\n" in journal.recv(65536).decode()
    assert [made.state(number) for number in range(32, 36)] == ["offline"] * 4


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["status"], ["explain", "32"], ["policy", "show"]])
def test_what_only_looks_and_a_file_that_may_not_grow(machine: Any, tmp_path: Any, words: list[str]) -> None:
    made = machine("x86-dimm")
    with open(tmp_path / "out", "wb") as out:
        out.seek(FILE_LIMIT)
        process = start(made, *words, stdout=out, stderr=subprocess.PIPE, preexec_fn=limit_files)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1 and "File too large" in err


@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["explain", "--all"], ["policy", "show"]])
def test_what_only_looks_waits_and_dies_of_a_signal(machine: Any, words: list[str]) -> None:
    made = machine("x86-dimm")
    with full_pipe() as (_, pipe):
        process = start(made, *words, stdout=pipe)
        time.sleep(0.3)
        assert process.poll() is None
        process.terminate()
        assert end(process) == -signal.SIGTERM


@pytest.mark.parametrize("closed", [">/dev/full", ">&-", ">&- 2>&-"])
@pytest.mark.parametrize("json", ["", "--json"])
def test_the_system_log_says_what_was_changed(machine: Any, closed: str, json: str) -> None:
    made = machine("x86-dimm", lines="dir /run")
    with journal_of(made) as journal:
        program = find_program()
        subprocess.run(["/bin/sh", "-c", f'"$0" --sysroot "$1" offline 32-35 {json} {closed}', program, str(made.root)], check=False,
                       env={**os.environ, **made.environment(program)}, timeout=PATIENCE)
        assert "MEMHPCTL_RANGE=32-35\n" in journal.recv(65536).decode()


def test_the_system_log_names_devices(machine: Any) -> None:
    """A device whose blocks were offline is removed without a change of a block."""
    made = machine("mixed", lines="dir /run")
    with journal_of(made) as journal, open("/dev/full", "w", encoding="ascii") as full:
        for words, told in (("remove dax0.0", "dax0.0 removed"), ("add dax0.0", "dax0.0 added"), ("remove PNP0C80:00", "PNP0C80:00 removed")):
            process = start(made, *words.split(), stdout=full, stderr=subprocess.PIPE)
            _, err = process.communicate(timeout=PATIENCE)
            assert process.returncode == 1 and "the report is lost" in err and told in err
            entry = journal.recv(65536).decode()
            assert f"MEMHPCTL_DEVICES={told}\n" in entry and told in entry.partition("MESSAGE=")[2].partition("\n")[0]
        assert "MEMHPCTL_RANGE=32-39\n" in entry


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_monitor_with_a_reader_that_does_not_read(number: int) -> None:
    """On this machine, for there are no events elsewhere; it only listens."""
    program = find_program()
    probe = subprocess.Popen([program, "monitor"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert probe.stdout
    if "start" not in probe.stdout.readline():
        probe.communicate()
        pytest.skip("there is nothing to monitor here")
    probe.terminate()
    probe.communicate()
    with full_pipe() as (_, pipe):
        process = subprocess.Popen([program, "monitor"], stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(number)
        end(process)


@pytest.mark.parametrize("words", [["explain", "32"], ["policy", "show"], ["policy", "test", "32"], ["policy", "check"], ["list", "-D"],
                                   ["status"], ["offline", "-n", "32"], ["remove", "-n", "32"], ["wait", "32", "--timeout=0s"]])
@pytest.mark.parametrize("json", [[], ["--json"]])
def test_nothing_that_is_printed_is_a_command_to_the_terminal(machine: Any, words: list[str], json: list[str]) -> None:
    made = machine("dax-kmem", blocks={"32-33": "online zone=Movable node=1"},
                   files={"/etc/memhpctl.d/10-a.conf": "[rule a" + HOSTILE + "]\ndevice = b\x1b[2J*\naction = leave\n",
                          "/dev/kmsg": ""})
    made.path("/sys/bus/dax/devices/dax0.0").rename(made.path("/sys/bus/dax/devices/dax0.0\x1b[31m\nx"))
    program = find_program()
    done = subprocess.run([program, "--sysroot", str(made.root), *words, *json], capture_output=True, check=False, timeout=PATIENCE,
                          env={**os.environ, **made.environment(program)})
    for text in (done.stdout, done.stderr):
        assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", text), text
        text.decode()


@pytest.mark.parametrize("name", ["caf\u00e9", "\u4e2d", "\u202e", "\u0301", "\U0001f600", "\ue000"])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_table_ends_whatever_characters_are_in_it(machine: Any, name: str, locale: str) -> None:
    """list -D never ended, and took a processor."""
    made = machine("dax-kmem", files={"/sys/bus/dax/devices/dax9.0/size": "0"})
    place = made.path("/sys/bus/dax/devices/dax9.0")
    place.rename(place.with_name(f"dax9.{name}"))
    program = find_program()

    def output(*words: str) -> str:
        return subprocess.run([program, "--sysroot", str(made.root), "list", "-D", *words], capture_output=True, check=True, text=True,
                              timeout=PATIENCE, env={**os.environ, "LC_ALL": locale}).stdout

    ascii_only = re.sub(r"[^\x00-\x7f]", "?", name)
    assert f"\ndax9.{ascii_only} " in output()
    assert output("--raw").isascii() and output("--pairs").isascii()
    assert json_module.loads(output("--json"))["devices"][-1]["device"] == f"dax9.{name}"


def test_a_word_cannot_turn_the_direction_of_writing(machine: Any) -> None:
    result = machine("x86-dimm").memhpctl("list", "dax\u202e0.0\u2066\u2028")
    assert result.rc == 2 and "dax?0.0??" in result.err, result
