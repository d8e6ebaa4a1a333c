# SPDX-License-Identifier: GPL-2.0-or-later
"""The lie detector as a test, and that it would detect: reports in which one statement is made untrue."""

from __future__ import annotations

import json
import os
import pathlib
import sys
import time
from typing import Any

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from mutants import MUTANTS, TOP  # noqa: E402
from oracle import judge  # noqa: E402
from runner import Call, Programs, find_programs, try_seeds  # noqa: E402
from scenario import Made, Scenario, make_scenario  # noqa: E402

# A release was tried before: its builders only see that it works with what they have.
CHECKOUT = (pathlib.Path(__file__).resolve().parents[2] / ".git").exists()
RUNS = int(os.environ.get("TRUTH_RUNS") or (20000 if CHECKOUT else 1000))
# A slow machine makes fewer, but a quarter of them in any case.
SECONDS = float(os.environ.get("TRUTH_SECONDS") or "inf")
FIRST = int(os.environ.get("TRUTH_FIRST") or 1)
SHOWN = 20


@pytest.fixture
def programs() -> Programs:
    """Program and fake kernel, or a skip."""
    found = find_programs()
    if not found:
        pytest.skip("MEMHPCTL and FAKE_KERNEL_SO do not say where program and fake kernel are")
    return found


def test_no_run_tells_a_lie(programs: Programs) -> None:
    lies: list[str] = []
    checks = runs = 0
    until = time.monotonic() + SECONDS
    for verdict in try_seeds(programs, range(FIRST, FIRST + RUNS)):
        checks += verdict.checks
        runs += 1
        if verdict.lies:
            lies.append(f"tests/truth/run --seed {verdict.seed} --verbose: " + "; ".join(verdict.lies))
            if len(lies) >= SHOWN:
                break
        if runs * 4 >= RUNS and time.monotonic() > until:
            break
    print(f"{runs} runs, {checks} checks")
    assert not lies, "\n".join(lies)
    assert checks > runs * 20


def test_a_seed_makes_the_same_run_again() -> None:
    for seed in range(200):
        assert make_scenario(seed) == make_scenario(seed)


def machine() -> Made:
    """Four blocks in zone Movable, of which the last is offline, and one of the boot memory."""
    made = Made(0x1000000, {0: "online"}, {0: "Normal"}, {n: (0,) for n in (0, 32, 33, 34, 35)})
    for number in range(32, 36):
        made.states[number], made.zones[number] = "online", "Movable"
    made.states[35], made.zones[35] = "offline", "Movable Normal"
    return made


def spoil_blocks(document: dict[str, Any], **members: Any) -> None:
    document["blocks"][0].update(members)


SPOILT = {
    "after": lambda d: spoil_blocks(d, after="online"),
    "before": lambda d: spoil_blocks(d, before="offline"),
    "zone_before": lambda d: spoil_blocks(d, zone_before="Normal"),
    "zone_after": lambda d: spoil_blocks(d, zone_after="Movable"),
    "result already": lambda d: (spoil_blocks(d, result="already"), d["totals"].update(changed=1, already=2, bytes_changed=0x1000000)),
    "result failed": lambda d: (spoil_blocks(d, result="failed", cause="busy"), d["totals"].update(changed=1, failed=2)),
    "result vanished": lambda d: (spoil_blocks(d, result="vanished"), d["totals"].update(changed=1, vanished=1)),
    "attempts": lambda d: spoil_blocks(d, attempts=3),
    "write": lambda d: spoil_blocks(d, write="online"),
    "totals": lambda d: d["totals"].update(already=0),
    "bytes_changed": lambda d: d["totals"].update(bytes_changed=0x1000000),
    "exit_code": lambda d: d.update(exit_code=0),
    "result of the run": lambda d: d.update(result="done"),
    "a block is missing": lambda d: d["blocks"].pop(),
    "errno": lambda d: d["blocks"][2].update(errno="ENOMEM"),
    "address": lambda d: spoil_blocks(d, address=0),
    "elapsed_ms": lambda d: d.update(elapsed_ms=1e9),
}


@pytest.fixture
def partial(programs: Programs, tmp_path: pathlib.Path) -> Any:
    """A run in which one block changes, one is busy, one is offline already."""
    scenario = Scenario(0, machine(), "offline", ["32-35"], ["--retries=0"], {32, 33, 34, 35}, rules=["memory34 offline EBUSY"])
    return Call(programs, scenario, str(tmp_path / "tree")).run(scenario.argv, True)


def test_the_true_report_is_believed(partial: Any) -> None:
    assert partial.rc == 64
    assert judge(partial).lies == []


@pytest.mark.parametrize("spoilt", SPOILT)
def test_each_untrue_statement_is_a_lie(partial: Any, spoilt: str) -> None:
    document = json.loads(partial.out)
    SPOILT[spoilt](document)
    partial.out = json.dumps(document)
    assert judge(partial).lies


@pytest.mark.parametrize("rc", [0, 1, 2, 75, 77, 130])
def test_each_untrue_exit_code_is_a_lie(partial: Any, rc: int) -> None:
    partial.rc = rc
    partial.out = json.dumps(json.loads(partial.out) | {"exit_code": rc})
    assert judge(partial).lies


def test_what_is_not_in_the_report_has_not_changed(partial: Any) -> None:
    partial.after.blocks[0] = partial.after.blocks[0]._replace(state="offline", zones=("Normal",))
    assert judge(partial).lies


def test_each_mutant_can_be_made() -> None:
    """Making and running them is for check-all; where the code has moved on, it is told here."""
    lost = [f"{name}: {edit.file}: {edit.old}" for name, edits in MUTANTS.items() for edit in edits
            if (TOP / "src" / edit.file).read_text(encoding="utf-8").count(edit.old) != 1]
    assert not lost, "\n".join(lost)
