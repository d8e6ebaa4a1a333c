# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest with systemd, its journal and udevd, from packages of this system that are unpacked, not installed."""

import os
from pathlib import Path

from cache import cache_folder, make_once
from command import find, run
from kernel import LabUnavailable
from lab import Lab
from machine import PLAIN, Machine

PACKAGES = ("systemd", "libsystemd-shared", "udev")
PROGRAMS = {"lib/systemd/systemd": "/usr/lib/systemd/systemd",
            "lib/systemd/systemd-journald": "/usr/lib/systemd/systemd-journald",
            "lib/systemd/systemd-executor": "/usr/lib/systemd/systemd-executor",
            "bin/journalctl": "/usr/bin/journalctl", "bin/systemctl": "/usr/bin/systemctl",
            "bin/udevadm": "/usr/bin/udevadm", "bin/systemd-detect-virt": "/usr/bin/systemd-detect-virt"}
UNITS = ("sysinit.target", "local-fs.target", "local-fs-pre.target", "swap.target", "slices.target",
         "sockets.target", "paths.target", "shutdown.target", "umount.target", "final.target", "basic.target",
         "systemd-journald.service", "systemd-journald.socket", "systemd-journald-dev-log.socket",
         "systemd-udevd.service", "systemd-udevd-control.socket", "systemd-udevd-kernel.socket",
         "systemd-udev-trigger.service")
OWN_UNITS = ("memhpctl.path", "memhpctl.service", "memhpctl-boot.service", "memhpctl-restore.service",
             "memhpctl-changed.path", "memhpctl-changed.service", "memhpctl-changed.target",
             "memhpctl-metrics.service", "memhpctl-metrics.timer")
METRICS = "/var/lib/prometheus/node-exporter"
DATA = Path(__file__).resolve().parents[2] / "data"

LAB_TARGET = """[Unit]
Wants=sysinit.target systemd-journald.service systemd-udevd.service systemd-udev-trigger.service
Wants=systemd-udevd-control.socket systemd-udevd-kernel.socket lab-agent.service {wanted}
"""
AGENT = """[Unit]
DefaultDependencies=no
After=systemd-udevd.service systemd-udev-trigger.service systemd-journald.service memhpctl-boot.service
[Service]
Environment=PATH=/usr/sbin:/usr/bin HOME=/root TERM=linux
ExecStartPre=/bin/sh -c 'mkdir -p /run/lab; mount -t debugfs debugfs /sys/kernel/debug; dmesg -n 7'
ExecStartPre=/bin/sh -c 'udevadm settle; echo 14 >/sys/class/tty/ttyS1/rx_trig_bytes'
ExecStart=/usr/bin/agent /dev/ttyS1
OOMScoreAdjust=-1000
TasksMax=infinity
"""
JOURNAL = "[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nForwardToConsole=no\n"

# The kernel starts systemd in place of the lab's init.
SERVICES = PLAIN.but(append="rdinit=/usr/lib/systemd/systemd systemd.unit=lab.target "
                            "systemd.show_status=false systemd.mask=systemd-hwdb-update.service")


def services(machine: Machine) -> Machine:
    """The machine with systemd as its first process."""
    return machine.but(append=SERVICES.append)


def services_lab(scratch: Path, memhpctl: Path | None, rules: dict[str, str] | None = None,
                 own: bool = True) -> Lab:
    """A lab whose guests run systemd, udevd and, with `own`, memhpctl's rule and units.

    `rules` are more udev rules, by name. Raises LabUnavailable when the packages cannot be had.
    """
    packages = unpacked_packages()
    extra: dict[str, Path] = {}
    for name, place in PROGRAMS.items():
        for local in (packages / name, packages / "usr" / name):
            if local.exists():
                extra[place] = local
    extra["/usr/lib/systemd/systemd-udevd"] = extra["/usr/bin/udevadm"]
    for name in UNITS:
        extra[f"/usr/lib/systemd/system/{name}"] = _first(packages, f"lib/systemd/system/{name}")
    for path in sorted(_first(packages, "lib/udev/rules.d").glob("*.rules")):
        extra[f"/usr/lib/udev/rules.d/{path.name}"] = path
    texts = {"/etc/systemd/journald.conf": JOURNAL, "/etc/machine-id": "0" * 31 + "1\n",
             "/etc/systemd/system/lab-agent.service": AGENT,
             "/etc/systemd/system/lab.target":
                 LAB_TARGET.format(wanted="memhpctl.path memhpctl-boot.service" if own else "")}
    if own:
        for name in ("80-memhpctl.rules", *OWN_UNITS):
            folder = "udev/rules.d" if name.endswith(".rules") else "systemd/system"
            template = DATA / f"{name}.in"
            texts[f"/usr/lib/{folder}/{name}"] = template.read_text().replace("@sbindir@", "/usr/sbin").replace("@metricsdir@", METRICS)
    for name, text in (rules or {}).items():
        texts[f"/usr/lib/udev/rules.d/{name}"] = text
    for number, (path, text) in enumerate(texts.items()):
        local = scratch / str(number)
        local.write_text(text)
        extra[path] = local
    libraries = sorted(packages.rglob("libsystemd-*.so"))
    for path in libraries:
        extra[f"/usr/lib/{path.parent.relative_to(packages).as_posix().partition('lib/')[2]}/{path.name}"] = path
    shared = sorted({str(path.parent) for path in libraries})
    before = os.environ.get("LD_LIBRARY_PATH")
    os.environ["LD_LIBRARY_PATH"] = ":".join(shared)
    try:
        return Lab(memhpctl=memhpctl, extra=extra)
    finally:
        os.environ.pop("LD_LIBRARY_PATH")
        if before is not None:
            os.environ["LD_LIBRARY_PATH"] = before


def unpacked_packages() -> Path:
    """The folder into which the packages are unpacked, downloaded if it is not in the cache."""
    def fetch(to: Path) -> None:
        for name in ("apt-get", "dpkg-deb"):
            if not find(name):
                raise LabUnavailable(f"the program {name} is missing")
        debs = to.with_name("debs")
        debs.mkdir()
        done = run(["apt-get", "-qq", "download", *PACKAGES], check=False, folder=debs)
        if done.returncode or len(list(debs.glob("*.deb"))) != len(PACKAGES):
            raise LabUnavailable(f"apt cannot download {' '.join(PACKAGES)}: {done.stderr.strip()}")
        for deb in debs.glob("*.deb"):
            run(["dpkg-deb", "-x", str(deb), str(to)])

    return make_once(cache_folder("services") / "packages", fetch)


def _first(packages: Path, name: str) -> Path:
    """The file of the packages, which are merged into /usr or not."""
    for local in (packages / name, packages / "usr" / name):
        if local.exists():
            return local
    raise LabUnavailable(f"the packages {' '.join(PACKAGES)} have no {name}")
