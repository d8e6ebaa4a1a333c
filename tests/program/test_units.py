# SPDX-License-Identifier: GPL-2.0-or-later
"""The units: least privilege, without what could keep them from starting where no memory is left."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess

import pytest

from machine import TESTS

UNITS = ["memhpctl.service", "memhpctl-boot.service"]
# It starts when there is memory left, so that namespaces protect it.
METRICS = "memhpctl-metrics.service"
EXPOSURE_MAX = 4.0
# Each makes a namespace, above all of mounts.
NAMESPACES = re.compile(r"^(Protect(System|Home|Kernel\w+|ControlGroups|Proc|Hostname)|ProcSubset|Private\w+|RootDirectory|"
                        r"(Read|Write|ReadWrite|Inaccessible|Exec|NoExec)\w*Paths|BindPaths|TemporaryFileSystem|DynamicUser)=", re.MULTILINE)


def unit(name: str) -> str:
    """The text of a unit as installed."""
    return (TESTS.parent / "data" / f"{name}.in").read_text().replace("@sbindir@", "/usr/sbin").replace("@metricsdir@", "/var/lib/prometheus/node-exporter")


@pytest.mark.parametrize("name", [*UNITS, METRICS])
def test_least_privilege(tmp_path: pathlib.Path, name: str) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    path = tmp_path / name
    path.write_text(unit(name))
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)], capture_output=True, text=True, check=False)
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    if not found:
        pytest.skip(f"systemd-analyze cannot look at a file: {done.stderr.strip()}")
    assert float(found[1]) <= EXPOSURE_MAX


@pytest.mark.parametrize("name", UNITS)
def test_no_namespace(name: str) -> None:
    assert NAMESPACES.findall(unit(name)) == []


def test_the_metrics_units_are_right(tmp_path: pathlib.Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    for name in (METRICS, "memhpctl-metrics.timer"):
        # The program and its manual are not installed here.
        text = re.sub("^Documentation=.*\n", "", unit(name), flags=re.MULTILINE)
        (tmp_path / name).write_text(text.replace("/usr/sbin/memhpctl", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(tmp_path / "memhpctl-metrics.timer"), str(tmp_path / METRICS)],
                          capture_output=True, text=True, check=False)
    if "Failed to" in done.stderr and "manager" in done.stderr:
        pytest.skip(f"systemd-analyze cannot verify here: {done.stderr.strip()}")
    complaints = [line for line in done.stderr.splitlines() if "memhpctl-metrics" in line]
    assert (done.returncode, complaints) == (0, []), done.stderr
