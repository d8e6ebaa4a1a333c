# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab for POWER: kernel, busybox and libraries of Debian's ppc64el, unpacked; memhpctl is cross-compiled."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from cache import cache_folder, make_once
from command import find, run
from initramfs import Initramfs, finish
from kernel import Kernel, LabUnavailable
from machine import PSERIES
from packages import complaint, private_apt, system_codename
from program import program

TRIPLET = "powerpc64le-linux-gnu"
COMPILER = f"{TRIPLET}-gcc"
PROGRAMS = {PSERIES.qemu: "qemu-system-ppc", COMPILER: f"gcc-{TRIPLET}", "depmod": "kmod", "make": "make",
            "pkg-config": "pkg-config", "apt-get": "apt", "dpkg-deb": "dpkg"}
# The C library is that of the cross compiler. libkmod is opened at run time, and the tests do without.
PACKAGES = ("busybox-static", "libpopt0", "libpopt-dev", "libjson-c5", "libjson-c-dev", "libsmartcols1",
            "libsmartcols-dev", "libudev1", "libudev-dev", "libkmod-dev")
# busybox of another architecture cannot be asked for what it has.
APPLETS = ("cat", "dmesg", "echo", "grep", "hostname", "ip", "kill", "mkdir", "mount", "sh", "sleep")
TOP = Path(__file__).resolve().parents[2]


def kernel_and_initramfs() -> tuple[Kernel, Path]:
    """What a machine PSERIES boots, with memhpctl as it is in this tree. Raises LabUnavailable."""
    for name, package in PROGRAMS.items():
        if not find(name):
            raise LabUnavailable(f"the program {name} (package {package}) is missing")
    if not (TOP / "configure").exists() or (TOP / "config.status").exists():
        raise LabUnavailable("cross-compiling memhpctl needs a source tree with configure, built in another folder")
    packages = make_once(cache_folder("pseries") / system_codename(), unpack)
    kernel = Kernel(packages, next((packages / "lib/modules").iterdir()).name)
    with tempfile.TemporaryDirectory() as scratch:
        return kernel, initramfs(kernel, cross_compile(packages, Path(scratch)))


def unpack(to: Path) -> None:
    """Download the packages with lists of apt that are of another architecture, and unpack them into `to`."""
    codename = system_codename()
    scratch = to.with_name("apt")
    scratch.mkdir()
    options = ["-c", str(private_apt(scratch, codename, codename)),
               "-o", "APT::Architecture=ppc64el", "-o", "APT::Architectures=ppc64el"]
    updated = run(["apt-get", *options, "-q", "update"], check=False)
    shown = run(["apt-cache", *options, "show", "--no-all-versions", "linux-image-powerpc64le"], check=False).stdout
    images = re.findall(r"^Depends: (linux-image-[a-z0-9.+-]*)", shown, re.MULTILINE)
    if not images:
        raise LabUnavailable(f"apt has no kernel for ppc64el: {complaint(updated.stderr)}")
    done = run(["apt-get", *options, "-qq", "download", images[0], *PACKAGES], check=False, folder=scratch)
    if done.returncode:
        raise LabUnavailable(f"apt cannot download packages of ppc64el: {complaint(done.stderr)}")
    for deb in scratch.glob("*.deb"):
        run(["dpkg-deb", "-x", str(deb), str(to)])
    for version in (to / "lib/modules").iterdir():
        run([find("depmod") or "depmod", "-b", str(to), version.name])


def cross_compile(packages: Path, folder: Path) -> Path:
    """Compile memhpctl in the empty `folder`, and return the program. Raises CalledProcessError."""
    libraries = [packages / "usr/lib" / TRIPLET, packages / "lib" / TRIPLET]
    environment = os.environ | {"PKG_CONFIG_LIBDIR": str(libraries[0] / "pkgconfig"),
                                "PKG_CONFIG_SYSROOT_DIR": str(packages)}
    link = [f"-L{path} -Wl,-rpath-link,{path}" for path in libraries]
    configure = [str(TOP / "configure"), f"--host={TRIPLET}", "--enable-werror",
                 f"CPPFLAGS=-I{packages}/usr/include", f"LDFLAGS={' '.join(link)}"]
    for command in (configure, ["make", "-j2", "memhpctl"]):
        done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(f"memhpctl cannot be cross-compiled:\n{done.stdout[-4000:]}")
    return folder / "memhpctl"


def initramfs(kernel: Kernel, memhpctl: Path) -> Path:
    """The archive with `memhpctl`, its libraries, the agent and the packages' busybox."""
    image = Initramfs()
    image.file("/usr/bin/busybox", (kernel.folder / "bin/busybox").read_bytes(), 0o755)
    for name in APPLETS:
        image.link(f"/usr/bin/{name}", "/usr/bin/busybox")
    image.link("/usr/sbin/modprobe", "/usr/bin/busybox")
    for name in ("agent", "pin", "write-word"):
        image.file(f"/usr/bin/{name}", program(name, COMPILER).read_bytes(), 0o755)
    image.file("/usr/sbin/memhpctl", memhpctl.read_bytes(), 0o755)
    image.file("/lib64/ld64.so.2", _c_library("ld64.so.2").read_bytes(), 0o755)
    for name in re.findall(r"NEEDED.*\[(.*)\]", run([f"{TRIPLET}-readelf", "-d", str(memhpctl)]).stdout):
        found = [folder / TRIPLET / name for folder in (kernel.folder / "lib", kernel.folder / "usr/lib")]
        local = next((path for path in found if path.exists()), None) or _c_library(name)
        image.file(f"/lib/{TRIPLET}/{name}", local.read_bytes(), 0o755)
    return finish(image, kernel)


def _c_library(name: str) -> Path:
    """A file of the cross compiler's C library."""
    return Path(run([COMPILER, f"-print-file-name={name}"]).stdout.strip())
