# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU of another Debian suite, unpacked (not installed) with all libraries it needs, for devices that this one lacks."""

import re
import tempfile
from pathlib import Path

from cache import cache_folder, make_once
from command import find, run
from kernel import LabUnavailable
from packages import complaint, private_apt, system_codename

PROGRAM = "qemu-system-x86_64"
# With the library of the same age that sets up what such a QEMU has.
PACKAGES = ("qemu-system-x86", "libcxl1")
LIBRARIES = Path("usr/lib/x86_64-linux-gnu")
LINKER = "ld-linux-x86-64.so.2"
# The program runs under its own dynamic linker, with its own libraries, firmware and (no) modules.
WRAPPER = f"""#!/bin/sh
top=$(dirname "$(readlink -f "$0")")
libraries=$top/usr/lib/x86_64-linux-gnu
QEMU_MODULE_DIR=$top/none exec "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" \\
	"$top/usr/bin/{PROGRAM}" -L "$top/usr/share/qemu" -L "$top/usr/share/seabios" "$@"
"""


def qemu_program(suite: str) -> Path:
    """The program of `suite`, downloaded when it is not in the cache. Raises LabUnavailable when it cannot be had."""
    return make_once(cache_folder("qemu") / f"{suite}-amd64", lambda to: fetch(to, suite)) / PROGRAM


def libcxl(suite: str) -> dict[str, Path]:
    """The files for a guest in which libcxl of `suite` can be loaded, by their places there: it comes with its libc."""
    top = qemu_program(suite).parent / LIBRARIES
    done = run([str(top / LINKER), "--library-path", str(top), "--list", str(top / "libcxl.so.1")])
    names = {"libcxl.so.1", "libc.so.6", *re.findall(r"^\s*(\S+) => ", done.stdout, re.MULTILINE)}
    # Libraries of this system next to a newer libc must be of its age, those that come with it.
    names |= {name for name in ("libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1") if (top / name).exists()}
    return {f"/{LIBRARIES}/{name}": top / name for name in sorted(names)} | {f"/lib64/{LINKER}": top / LINKER}


def fetch(to: Path, suite: str) -> None:
    """Download the packages and unpack them into the new folder `to`."""
    for program in ("apt-get", "apt-config", "dpkg", "dpkg-deb"):
        if not find(program):
            raise LabUnavailable(f"the program {program} is missing")
    if (architecture := run(["dpkg", "--print-architecture"]).stdout.strip()) != "amd64":
        raise LabUnavailable(f"QEMU for amd64 is needed, and this system is {architecture}")
    with tempfile.TemporaryDirectory(prefix="apt-", dir=to.parent) as scratch:
        # The private state has no package installed, so all that it depends on comes along.
        options = ["-c", str(private_apt(Path(scratch), suite, system_codename())), "-q"]
        update = run(["apt-get", *options, "update"], check=False)
        done = run(["apt-get", *options, "-y", "--no-install-recommends", "--download-only",
                    "install", *PACKAGES], check=False)
        if done.returncode:
            raise LabUnavailable(f"apt cannot download {' '.join(PACKAGES)} of {suite}: "
                                 f"{complaint(update.stderr) or complaint(done.stderr)}")
        for package in sorted(Path(scratch).glob("cache/archives/*.deb")):
            run(["dpkg-deb", "-x", str(package), str(to)])
    (to / PROGRAM).write_text(WRAPPER, encoding="utf-8")
    (to / PROGRAM).chmod(0o755)
    run([str(to / PROGRAM), "--version"])
