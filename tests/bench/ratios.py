# SPDX-License-Identifier: GPL-2.0-or-later
"""How the benchmarks print: ratios of medians with their spread, beside a target that never fails anything."""

import os
import statistics
from collections.abc import Sequence

ROUNDS = int(os.environ.get("ROUNDS", "5"))


def row(what: str, ours: Sequence[float], others: Sequence[float], target: float, against: str) -> None:
    """One line: `ours` by `others`, which were measured in turn, so that what else the machine does hits both."""
    ratio = statistics.median(ours) / statistics.median(others)
    rounds = [mine / other for mine, other in zip(ours, others, strict=True)]
    print(f"{what:48} / {against:22} {ratio:6.2f}  ({min(rounds):.2f}-{max(rounds):.2f}, {len(rounds)} runs)  target {target:4.2f}: "
          f"{'met' if ratio <= target else 'missed'}", flush=True)


def times(what: str, seconds: Sequence[float]) -> None:
    """The times behind the ratios."""
    print(f"    {what:44} {statistics.median(seconds) * 1e3:10.2f} ms  ({min(seconds) * 1e3:.2f}-{max(seconds) * 1e3:.2f})", flush=True)
