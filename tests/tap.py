# SPDX-License-Identifier: GPL-2.0-or-later
"""Results in the Test Anything Protocol, which automake counts: for check scripts, and as a plugin of pytest, see run-pytest."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO


class Tap:
    """Prints results one by one; without numbers and plan where others print to the same stream, see run-pytest."""

    def __init__(self, stream: TextIO = sys.stdout, is_alone: bool = True) -> None:
        self.stream = stream
        self.is_alone = is_alone
        self.count = self.failures = 0

    def result(self, name: str, problems: list[str]) -> None:
        """A check: it passes when there are no problems."""
        self.failures += bool(problems)
        lines = [line for problem in problems for line in problem.splitlines()]
        self._print("\n#   ".join([f"{'not ok' if problems else 'ok'}{self._number()} - {name}", *lines]))

    def skip(self, name: str, reason: str) -> None:
        """A check that cannot be made here."""
        self._print(f"ok{self._number()} - {name} # SKIP {' '.join(reason.split())}")

    def end(self) -> None:
        """Without this the reader knows that the script died."""
        self._print(f"1..{self.count}")

    def _number(self) -> str:
        self.count += 1
        return f" {self.count}" if self.is_alone else ""

    def _print(self, line: str) -> None:
        print(line, file=self.stream, flush=True)


_tap: Tap


def pytest_configure() -> None:
    """The results have a stream of their own: what pytest itself prints would come between."""
    global _tap
    _tap = Tap(os.fdopen(int(os.environ["TAP_FD"]), "w", encoding="utf-8", errors="backslashreplace"), is_alone=False)


def _name(report: Any) -> str:
    # '#' begins a directive, and automake reads an escaped one as well.
    return report.nodeid.replace("#", "")


def pytest_runtest_logreport(report: Any) -> None:
    """One result a test; a failure before or after the test itself is one more."""
    if report.failed:
        texts = [report.longreprtext] + [f"{title}\n{text}" for title, text in report.sections]
        _tap.result(_name(report) + ("" if report.when == "call" else f" ({report.when})"), texts)
    elif report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else getattr(report, "wasxfail", "")
        _tap.skip(_name(report), reason.removeprefix("Skipped: "))
    elif report.when == "call":
        _tap.result(_name(report), [])


def pytest_collectreport(report: Any) -> None:
    """A file that cannot be read is a failure."""
    if report.failed:
        _tap.result(f"{_name(report)} (collection)", [report.longreprtext])


def pytest_internalerror(excrepr: Any) -> None:
    """Whatever it is, it ends the run."""
    _tap.result("pytest", [str(excrepr)])
