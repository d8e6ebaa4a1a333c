# SPDX-License-Identifier: GPL-2.0-or-later
"""status --prometheus: the text format, what is in it, and the file for the textfile collector."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
from typing import Any

import pytest

from machine import MEMORY, PATIENCE, find_program, sanitizer_of
from test_status_check import AUTO_ONLINE, CASES, make

SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|[+-]Inf|NaN)')
Metrics = dict[tuple[str, ...], float]


def parse(text: str) -> Metrics:
    """Samples by name and label values. Strict: each family has one HELP, one TYPE and then its samples, each sample is there once."""
    assert text.endswith("\n") and "\n\n" not in text
    samples: Metrics = {}
    family, seen = "", []
    for line in text.splitlines():
        if help_line := re.fullmatch(r"# HELP ([a-z_]+) ([^\\]+)", line):
            family = help_line[1]
            assert family not in seen
            seen.append(family)
        elif line.startswith("#"):
            assert line == f"# TYPE {family} gauge"
        else:
            sample = SAMPLE.fullmatch(line)
            assert sample and sample[1] == family, line
            labels = tuple(re.findall(r'="((?:[^"\\]|\\.)*)"', sample[2] or ""))
            assert (family, *labels) not in samples, line
            samples[family, *labels] = float(sample[3].replace("Inf", "inf"))
    return samples


def metrics(made: Any) -> Metrics:
    """What status --prometheus prints."""
    result = made.memhpctl("status", "--prometheus")
    assert result.rc == 0 and result.err == ""
    return parse(result.out)


def test_blocks_and_bytes(machine: Any) -> None:
    found = metrics(make(machine, blocks={}))
    assert {key[1:]: value for key, value in found.items() if key[0] == "memhpctl_blocks"} == {
        ("0", "online", "none"): 1, ("0", "online", "DMA32"): 15, ("0", "online", "Movable"): 4, ("0", "offline", ""): 4}
    assert found["memhpctl_memory_bytes", "0", "offline", ""] == 512 << 20
    assert found["memhpctl_block_size_bytes",] == 128 << 20 and found["memhpctl_supported",] == 1
    assert found["memhpctl_movable_ratio_limit",] == 3.01 and found["memhpctl_movable_ratio", ""] == pytest.approx(0.25, abs=0.01)


def test_each_block_counts_once(machine: Any) -> None:
    found = metrics(make(machine, blocks={"7": "online node=0,1", "36-39": "going-offline"}))
    assert sum(value for key, value in found.items() if key[0] == "memhpctl_blocks") == 24
    assert found["memhpctl_blocks", "0,1", "online", "DMA32"] == 1 and found["memhpctl_blocks", "0", "going-offline", ""] == 4


@pytest.mark.parametrize("word", CASES)
def test_findings(machine: Any, word: str) -> None:
    made = make(machine, **CASES[word])
    there = {finding["finding"] for finding in made.memhpctl("status", "--json").json()["findings"]}
    found = metrics(made)
    for other in CASES:
        assert found["memhpctl_finding", other] == (other in there) and found["memhpctl_finding_unseen", other] == 0


def test_what_could_not_be_seen_has_no_sample(machine: Any) -> None:
    found = metrics(make(machine, files={"/proc/zoneinfo": "nothing"}))
    assert ("memhpctl_finding", "ratio") not in found and found["memhpctl_finding_unseen", "ratio"] == 1
    assert not [key for key in found if key[0] == "memhpctl_movable_ratio"]
    unread = make(machine)
    for block in (36, 37):
        unread.path(f"{MEMORY}/memory{block}/state").unlink()
        unread.path(f"{MEMORY}/memory{block}/state").mkdir()
    result = unread.memhpctl("status", "--prometheus")
    found = parse(result.out)
    for word in ("going-offline", "waiting", "left"):
        assert ("memhpctl_finding", word) not in found and found["memhpctl_finding_unseen", word] == 1
    assert unread.memhpctl("status", "--check").out.count("going-offline: ?: the states of blocks could not be read\n") == 1
    unsupported = metrics(machine("no-hotplug"))
    assert unsupported["memhpctl_supported",] == 0 and not [key for key in unsupported if "finding" in key[0] or "blocks" in key[0]]


def test_the_last_run(machine: Any) -> None:
    made = make(machine, blocks={})
    assert not [key for key in metrics(made) if key[0].startswith("memhpctl_last_run")]
    made.path("/run").mkdir()
    before = int(time.time())
    made.memhpctl("online", "36-37", rules="memory37 online EIO always")
    found = metrics(made)
    assert before <= found["memhpctl_last_run_timestamp_seconds", "online"] <= time.time()
    assert found["memhpctl_last_run_exit_status", "online"] == 64
    assert (found["memhpctl_last_run_blocks", "online", "changed"], found["memhpctl_last_run_blocks", "online", "failed"]) == (1, 1)
    # A dry run changes nothing.
    made.memhpctl("offline", "--dry-run", "36")
    assert ("memhpctl_last_run_exit_status", "online") in metrics(made)
    made.rules("")
    made.memhpctl("auto", "--boot")
    found = metrics(made)
    assert (found["memhpctl_last_run_exit_status", "auto"], found["memhpctl_last_run_blocks", "auto", "changed"]) == (0, 3)
    assert ("memhpctl_last_run_exit_status", "online") not in found
    record = made.path("/run/memhpctl/last-run")
    assert record.stat().st_mode & 0o7777 == 0o600
    record.write_text("1 x{} 0 0 0\n")
    assert not [key for key in metrics(made) if key[0].startswith("memhpctl_last_run")]


def test_the_file(machine: Any, tmp_path: pathlib.Path) -> None:
    made = make(machine)
    folder = tmp_path / "collector"
    folder.mkdir(mode=0o755)
    file = folder / "memhpctl.prom"

    def write(path: pathlib.Path | str = file) -> tuple[int, str]:
        result = made.memhpctl("status", "--prometheus", f"--output-file={path}")
        assert result.out == ""
        return result.rc, result.err

    assert write() == (0, "") and parse(file.read_text()) and file.stat().st_mode & 0o7777 == 0o644
    inode = file.stat().st_ino
    assert write() == (0, "") and file.stat().st_ino != inode and os.listdir(folder) == ["memhpctl.prom"]
    # A link in its place is replaced by nothing, and what it leads to stays.
    file.rename(folder / "other")
    (folder / "other").write_text("mine\n")
    file.symlink_to("other")
    assert write()[0] == 1 and (folder / "other").read_text() == "mine\n" and file.is_symlink()
    (tmp_path / "link").symlink_to(folder)
    file.unlink()
    for link in ("link/memhpctl.prom", "link//memhpctl.prom"):
        code, err = write(tmp_path / link)
        assert code == 1 and "it is a link; name the folder that it leads to" in err
    longest = folder / ("n" * 255)
    assert write(longest) == (0, "")
    longest.unlink()
    assert write(tmp_path / "none/memhpctl.prom")[0] == 1 and write(f"{folder}/")[0] == 1
    folder.chmod(0o777)
    code, err = write()
    assert code == 1 and "everyone may write" in err and os.listdir(folder) == ["other"]


@pytest.mark.parametrize("words", [("--prometheus", "--check"), ("--prometheus", "--json"), ("--output-file=x",)])
def test_what_does_not_go_together(machine: Any, words: tuple[str, ...]) -> None:
    assert make(machine).memhpctl("status", *words).rc == 2


def test_what_is_no_file_stays(machine: Any, tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    result = make(machine).memhpctl("status", "--prometheus", f"--output-file={tmp_path}/fifo")
    assert result.rc == 1 and "not a regular file" in result.err and (tmp_path / "fifo").is_fifo()


@pytest.mark.parametrize("lines", ["", f"file {AUTO_ONLINE} online\nblocks 36-39 offline\n"])
def test_as_prometheus_reads_it(machine: Any, lines: str) -> None:
    parser = pytest.importorskip("prometheus_client.parser")
    text = make(machine, lines=lines).memhpctl("status", "--prometheus").out
    families = list(parser.text_string_to_metric_families(text))
    assert len(families) > 6 and all(family.type == "gauge" and family.samples for family in families)
    assert {sample.name for family in families for sample in family.samples} == {key[0] for key in parse(text)}


def test_promtool_has_no_complaint(machine: Any) -> None:
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("promtool (package prometheus) is not installed")
    made = make(machine, blocks={})
    made.path("/run").mkdir()
    made.memhpctl("online", "36")
    text = made.memhpctl("status", "--prometheus").out
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_killed_process_leaves_no_file(machine: Any, tmp_path: pathlib.Path) -> None:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    program = find_program()
    if sanitizer_of(program):
        pytest.skip("the sanitizers make system calls of their own")
    folder, made = tmp_path / "collector", make(machine)
    folder.mkdir(mode=0o755)
    # After the content was written, before the file has its name.
    result = made.run("strace", "-o", "/dev/null", "-e", "trace=fchmod", "-e", "inject=fchmod:signal=KILL", program, "--sysroot", str(made.root),
                      "status", "--prometheus", f"--output-file={folder}/memhpctl.prom", env={"LD_PRELOAD": None})
    if "trace" in result.err and "ermi" in result.err:
        pytest.skip("strace is not permitted here")
    assert result.rc == -signal.SIGKILL, result
    assert os.listdir(folder) == []
