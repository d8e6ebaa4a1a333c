# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes which tests passed on which kernel and processor into results/, from which the table in README is made.

MEMHPCTL_RECORD=1 does it, for whole files of tests. A test belongs to each kernel that a guest of it has run. Single tests may be run
again when their file is recorded: what fails on a loaded machine, where a guest gets no time, has to pass alone.
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

    def __init__(self, whole: bool) -> None:
        self._write = write if whole else amend
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

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write it all, unless the run was stopped, or tests failed of which it is not known where."""
        if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return
        if self._unknown:
            raise pytest.UsageError(f"nothing is recorded, since these failed without a guest: {' '.join(self._unknown)}")
        for (processor, kernel), files in self._results.items():
            self._write(processor, kernel, files)


def path_of(processor: str, kernel: str) -> Path:
    """The record of a kernel, and of others of the same series."""
    return RESULTS / f"{processor}-{re.match(r'[0-9]+[.][0-9]+', kernel)[0]}.json"


def recorded(processor: str, kernel: str) -> dict[str, Any]:
    """What is recorded of the files of tests on this very kernel."""
    path = path_of(processor, kernel)
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return before["tests"] if before.get("kernel") == kernel else {}


def save(processor: str, kernel: str, tests: dict[str, Any]) -> None:
    """Write the record of a kernel."""
    content = {"processor": processor, "kernel": kernel, "date": time.strftime("%Y-%m-%d"), "tests": dict(sorted(tests.items()))}
    RESULTS.mkdir(exist_ok=True)
    path_of(processor, kernel).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def write(processor: str, kernel: str, files: dict[str, Outcomes]) -> None:
    """Write the outcomes of whole files of tests on one kernel, beside those of others."""
    tests = recorded(processor, kernel)
    for name, outcomes in files.items():
        failed = sorted(test for test, outcome in outcomes.items() if outcome == "failed")
        tests[name] = {"passed": len(outcomes) - len(failed), "failed": failed}
    save(processor, kernel, tests)


def amend(processor: str, kernel: str, files: dict[str, Outcomes]) -> None:
    """Note which of the failed tests in the record have passed now."""
    tests = recorded(processor, kernel)
    for name, outcomes in files.items():
        failed = tests.get(name, {"failed": []})["failed"]
        for test in [test for test in failed if outcomes.get(test) == "passed"]:
            failed.remove(test)
            tests[name]["passed"] += 1
    save(processor, kernel, tests)


def configure(config: pytest.Config) -> None:
    """Record this run: of whole files, or of tests that are named."""
    if config.option.keyword or config.option.markexpr:
        raise pytest.UsageError("MEMHPCTL_RECORD=1 is for whole files of tests, and for tests by their names (FILE::TEST)")
    config.pluginmanager.register(Recorder(whole=not any("::" in word for word in config.args)))
