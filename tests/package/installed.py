# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that runs an installed Debian system: made by debootstrap, and booted from memory."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "vm"))

from cache import cache_folder, make_once, used  # noqa: E402
from command import find, run  # noqa: E402
from initramfs import Initramfs  # noqa: E402
from kernel import Kernel, LabUnavailable  # noqa: E402
from lab import Lab  # noqa: E402
from machine import PLAIN  # noqa: E402
from packages import system_codename  # noqa: E402
from program import program, programs  # noqa: E402

# What the package depends on must be there: a guest has no network.
INCLUDED = ("systemd", "systemd-sysv", "udev", "kmod", "libjson-c5", "libpopt0", "libsmartcols1")
LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/i18n", "usr/share/zoneinfo", "usr/lib/udev/hwdb.d",
            "usr/lib/x86_64-linux-gnu/gconv", "var/cache", "var/lib/apt")
AGENT = """[Unit]
Description=Agent of the tests
After=multi-user.target
[Service]
Environment=PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=linux DEBIAN_FRONTEND=noninteractive
ExecStartPre=/bin/sh -c 'mkdir -p /run/lab /var/cache; dmesg -n 7; echo 14 >/sys/class/tty/ttyS1/rx_trig_bytes'
ExecStart=/usr/bin/agent /dev/ttyS1
OOMScoreAdjust=-1000
TasksMax=infinity
[Install]
WantedBy=multi-user.target
"""
INSTALLED = PLAIN.but(memory="3G,slots=8,maxmem=64G", append="rdinit=/sbin/init systemd.show_status=false")


class InstalledLab(Lab):
    """Guests of one suite of Debian. Raises LabUnavailable when it cannot be made."""

    def __init__(self, suite: str | None = None) -> None:
        self.suite = suite or system_codename()
        self.kernel = Kernel.fetched(self.suite)
        self.memhpctl = None
        archive = used(make_once(cache_folder("installed") / f"{self.suite}-{_recipe()}.cpio", self._make))
        self.initramfs = archive
        self._identity = f"{run([PLAIN.qemu, '--version']).stdout} {self.kernel.image()} {archive} {archive.stat().st_mtime_ns}"

    def _make(self, to: Path) -> None:
        """Write the initramfs of the system with the programs of the lab."""
        key = hashlib.sha256(" ".join(INCLUDED).encode()).hexdigest()[:8]
        to.write_bytes(_archive(make_once(cache_folder("installed") / f"{self.suite}-{key}", self._install)))

    def _install(self, folder: Path) -> None:
        """Make the system in a folder."""
        debootstrap = find("debootstrap")
        if not debootstrap or os.geteuid():
            raise LabUnavailable("root and the program debootstrap make an installed system")
        done = subprocess.run([debootstrap, "--variant=minbase", f"--include={','.join(INCLUDED)}", self.suite, str(folder), _mirror()],
                              check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise LabUnavailable(f"debootstrap {self.suite} failed: {done.stdout.splitlines()[-1:]} {done.stderr.strip()}")


def _recipe() -> str:
    """Another one for another content of this file."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]


def _mirror() -> str:
    """Where this system takes its own packages from."""
    places = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]).stdout.split()
    if not places:
        raise LabUnavailable("apt has no source of packages")
    return places[0]


def _archive(folder: Path) -> bytes:
    """An initramfs with the system and the agent."""
    image = Initramfs()
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if any(name == left or name.startswith(f"{left}/") for left in LEFT_OUT):
            continue
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            image.link(name, os.readlink(path))
        elif stat.S_ISDIR(mode):
            image.folder(name)
        elif stat.S_ISREG(mode):
            image.file(name, path.read_bytes(), stat.S_IMODE(mode))
    for name in programs():
        image.file(f"/usr/bin/{name}", program(name).read_bytes(), 0o755)
    image.file("/etc/systemd/system/lab-agent.service", AGENT.encode())
    image.link("/etc/systemd/system/multi-user.target.wants/lab-agent.service", "../lab-agent.service")
    return image.archive()
