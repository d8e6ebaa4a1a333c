# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes which tests passed on which kernel and processor into results/, from which the table in README is made.

MEMHPCTL_RECORD=1 does it, for whole files of tests. A test belongs to each kernel that a guest of it has run.
"""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

import guest

RESULTS = Path(__file__).with_name("results")

Outcomes = dict[str, str]       # of each test of a file: "passed" or "failed"


class Recorder:
    """A plugin of pytest."""

    def __init__(self) -> None:
        self._results: dict[tuple[str, str], dict[str, Outcomes]] = {}
        self._unknown: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        """What is started from here on belongs to this test."""
        guest.started.clear()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A test has passed, or failed before, in or after itself."""
        if not report.failed and (report.when != "call" or report.skipped):
            return
        if report.failed and not guest.started:
            self._unknown.append(report.nodeid)
        path, _, name = report.nodeid.partition("::")
        for key in guest.started:
            outcomes = self._results.setdefault(key, {}).setdefault(Path(path).stem.removeprefix("test_"), {})
            if outcomes.get(name) != "failed":
                outcomes[name] = report.outcome

    def pytest_sessionfinish(self) -> None:
        """Write it all, unless tests failed of which it is not known where."""
        if self._unknown:
            raise pytest.UsageError(f"nothing is recorded, since these failed without a guest: {' '.join(self._unknown)}")
        for (processor, kernel), files in self._results.items():
            write(processor, kernel, files)


def write(processor: str, kernel: str, files: dict[str, Outcomes]) -> None:
    """Write the outcomes on one kernel, beside those of other files of tests on the very same."""
    path = RESULTS / f"{processor}-{re.match(r'[0-9]+[.][0-9]+', kernel)[0]}.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    tests = before["tests"] if before.get("kernel") == kernel else {}
    for name, outcomes in files.items():
        failed = sorted(test for test, outcome in outcomes.items() if outcome == "failed")
        tests[name] = {"passed": len(outcomes) - len(failed), "failed": failed}
    content = {"processor": processor, "kernel": kernel, "date": time.strftime("%Y-%m-%d"), "tests": dict(sorted(tests.items()))}
    RESULTS.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def configure(config: pytest.Config) -> None:
    """Record this run, if all of each file runs."""
    if config.option.keyword or config.option.markexpr or any("::" in word for word in config.args):
        raise pytest.UsageError("MEMHPCTL_RECORD=1 is for whole files of tests")
    config.pluginmanager.register(Recorder())
