# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian package in guests that run installed systems: installed, upgraded, masked and removed, it changes no memory.

$MEMHPCTL_DEB names the package, $MEMHPCTL_SUITES the suites (default: that of this system).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from installed import INSTALLED, InstalledLab, LabUnavailable, system_codename

KNOB = "/sys/devices/system/memory/auto_online_blocks"
UNITS = "memhpctl.path memhpctl-boot.service"
SUITES = (os.environ.get("MEMHPCTL_SUITES") or system_codename()).split()
# Seconds. A package manager waits for nothing of ours: it takes a few, unless the machine is slow.
PATIENCE = 600


@pytest.fixture(params=SUITES)
def guest(request: pytest.FixtureRequest) -> Iterator:
    """A guest of each suite."""
    try:
        lab = InstalledLab(request.param)
    except LabUnavailable as error:
        if os.environ.get("MEMHPCTL_REQUIRE_ALL") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))
    with lab.boot(INSTALLED) as running:
        yield running


@pytest.fixture
def package() -> Path:
    """The package under test."""
    name = os.environ.get("MEMHPCTL_DEB")
    if not name:
        pytest.skip("MEMHPCTL_DEB does not say where the package is: make check-package")
    return Path(name).absolute()


def next_version(package: Path, folder: Path) -> Path:
    """The same as an upgrade."""
    tree = folder / "next"
    subprocess.run(["dpkg-deb", "-R", str(package), str(tree)], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(control.read_text().replace("\nVersion: ", "\nVersion: 1:"))
    upgrade = folder / "upgrade.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", str(tree), str(upgrade)], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return upgrade


def test_install_upgrade_mask_remove(guest, package: Path, tmp_path: Path) -> None:
    def states() -> dict[int, str]:
        return guest.blocks()

    def dpkg(*words: str) -> None:
        before = states()
        guest.check(["dpkg", *words], timeout=PATIENCE)
        guest.check("! test -e /run/memhpctl/running || sleep 2")
        assert states() == before

    def unit_states(verb: str) -> list[str]:
        return guest.run(f"systemctl {verb} {UNITS}").out.split()

    def plug_and_wait(name: str, blocks: str) -> None:
        guest.plug_dimm(name, "256M")
        guest.check(["memhpctl", "wait", blocks, "--for=online", f"--timeout={PATIENCE}"], timeout=PATIENCE + 60)

    guest.put(package.read_bytes(), "/root/memhpctl.deb")
    guest.put(next_version(package, tmp_path).read_bytes(), "/root/upgrade.deb")
    default = guest.read(KNOB)

    # What is offline when it is installed stays so; what comes later is brought online.
    guest.write(KNOB, "offline")
    guest.plug_dimm("d1", "256M")
    guest.check("udevadm settle")
    guest.write(KNOB, default)
    first = min(number for number, state in states().items() if state == "offline")
    dpkg("--install", "/root/memhpctl.deb")
    assert unit_states("is-enabled") == ["enabled"] * 2 and unit_states("is-active") == ["active"] * 2
    plug_and_wait("d2", f"{first + 2}-{first + 3}")
    assert states()[first] == "offline"

    # The administrator's own word survives an upgrade.
    guest.write(KNOB, "online_movable")
    dpkg("--install", "/root/upgrade.deb")
    assert guest.read(KNOB) == "online_movable" and unit_states("is-active") == ["active"] * 2
    guest.check(f"systemctl restart {UNITS}")
    plug_and_wait("d3", f"{first + 4}-{first + 5}")

    # Masked, unmasked.
    guest.check(f"systemctl mask --now {UNITS}")
    assert unit_states("is-enabled") == ["masked"] * 2 and unit_states("is-active") == ["inactive"] * 2
    parts = {part["part"]: part["state"] for part in json.loads(guest.run("memhpctl policy check --json").out)["parts"]}
    assert parts["memhpctl.path"] == "masked"
    assert guest.read(KNOB) == "online_movable"
    guest.write(KNOB, default)
    guest.check(f"systemctl unmask {UNITS} && systemctl start {UNITS}")

    # Removed, it leaves the knob as it was, and nothing else.
    dpkg("--remove", "memhpctl")
    assert guest.read(KNOB) == default
    assert unit_states("is-active") == ["inactive"] * 2
    dpkg("--purge", "memhpctl")
    left = guest.run("find /etc /usr /lib /var/lib /run -xdev -name '*memhpctl*' ! -path '/run/log/*' ! -path '/run/lab/*'").out.split()
    assert left == []
    assert guest.run("systemctl --failed --no-legend --plain").out.strip() == ""
    assert states()[first] == "offline"
