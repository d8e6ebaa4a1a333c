# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab for one processor: a bare initramfs of busybox, memhpctl and its libraries, with the stock kernel for it.

For another processor than this system's, kernel, busybox and libraries are Debian's for it, unpacked, and memhpctl is
cross-compiled. For this system's, memhpctl is the program that $MEMHPCTL names, so that a static one proves itself.
"""

import functools
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import machine
from cache import cache_folder, make_once
from command import find, run
from initramfs import Initramfs, finish
from kernel import Kernel, LabUnavailable
from lab import Lab, memhpctl_to_test
from machine import Machine
from packages import complaint, private_apt, system_codename
from program import program

# The C library is that of the cross compiler, or of the suite that has the processor. The tests do without libkmod,
# which is opened at run time.
PACKAGES = ("busybox-static", "libpopt0", "libpopt-dev", "libjson-c5", "libjson-c-dev", "libsmartcols1",
            "libsmartcols-dev", "libudev1", "libudev-dev", "libkmod-dev")
OPENED_LIBRARIES = ("libsmartcols.so.1", "libudev.so.1")
# busybox of another processor cannot be asked for what it has.
APPLETS = ("cat", "dmesg", "echo", "grep", "hostname", "ip", "kill", "mkdir", "mount", "sh", "sleep")
PROGRAMS = ("agent", "pin", "write-word")
TOP = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Processor:
    """A processor, by Debian's name for it.

    `kernel` is the package of the stock kernel, `qemu` that of the emulator, `linker` the path of the dynamic linker,
    `suite` the one that has it if this system's has not: the C library is that suite's then;
    `plug` says how a machine of it gets memory at run time: dimm, virtio (a virtio-mem device), or boot (none; a part
    of its boot memory is in zone Movable).
    """

    name: str
    triplet: str
    machine: Machine
    plug: str
    kernel: str = ""
    qemu: str = ""
    linker: str = ""
    suite: str = ""

    @property
    def compiler(self) -> str:
        """The C compiler for it."""
        return f"{self.triplet}-gcc"


PROCESSORS = {processor.name: processor for processor in (
    Processor("amd64", "x86_64-linux-gnu", machine.PLAIN, "dimm"),
    Processor("arm64", "aarch64-linux-gnu", machine.ARM64, "virtio", "linux-image-arm64", "qemu-system-arm",
              "/lib/ld-linux-aarch64.so.1"),
    Processor("ppc64el", "powerpc64le-linux-gnu", machine.PSERIES, "dimm", "linux-image-powerpc64le", "qemu-system-ppc",
              "/lib64/ld64.so.2"),
    Processor("s390x", "s390x-linux-gnu", machine.S390X, "boot", "linux-image-s390x", "qemu-system-misc",
              "/lib/ld64.so.1"),
    Processor("riscv64", "riscv64-linux-gnu", machine.RISCV64, "boot", "linux-image-riscv64", "qemu-system-misc",
              "/lib/ld-linux-riscv64-lp64d.so.1", suite="trixie"),
)}


def chosen_processor() -> Processor | None:
    """The one that $MEMHPCTL_ARCH names, None without. Raises KeyError for a name that is not known here."""
    name = os.environ.get("MEMHPCTL_ARCH")
    return PROCESSORS[name] if name else None


class ProcessorLab(Lab):
    """A lab whose guests are machines of a processor."""

    def __init__(self, processor: Processor) -> None:
        """Make kernel and initramfs, with memhpctl as it is in this tree. Raises LabUnavailable."""
        emulator = processor.machine.qemu
        if not find(emulator):
            raise LabUnavailable(f"the program {emulator} (package {processor.qemu}) is missing")
        self.kernel, self.memhpctl, self.initramfs = own(processor) if not processor.kernel else foreign(processor)
        image = self.kernel.image()
        version = run([emulator, "--version"]).stdout
        self._identity = f"{version} {image} {image.stat().st_mtime_ns} {self.initramfs}"


@functools.cache
def processor_lab(processor: Processor) -> ProcessorLab:
    """The lab of a processor, made once: compiling takes a while. Raises LabUnavailable."""
    return ProcessorLab(processor)


def own(processor: Processor) -> tuple[Kernel, Path, Path]:
    """Kernel, program and initramfs for this system's processor."""
    memhpctl = memhpctl_to_test()
    busybox = find("busybox")
    if not memhpctl or not busybox:
        raise LabUnavailable("MEMHPCTL does not name the program to test, or there is no busybox")
    kernel = Kernel.fetched()
    image = bare(Path(busybox), processor)
    image.program("/usr/sbin/memhpctl", memhpctl)
    return kernel, memhpctl, finish(image, kernel)


def foreign(processor: Processor) -> tuple[Kernel, Path, Path]:
    """Kernel, program and initramfs for another processor."""
    needed = {processor.compiler: f"gcc-{processor.triplet}", "depmod": "kmod", "make": "make", "pkg-config": "pkg-config",
              "apt-get": "apt", "dpkg-deb": "dpkg"}
    for name, package in needed.items():
        if not find(name):
            raise LabUnavailable(f"the program {name} (package {package}) is missing")
    if not (TOP / "configure").exists() or (TOP / "config.status").exists():
        raise LabUnavailable("cross-compiling memhpctl needs a source tree with configure, built in another folder")
    packages = make_once(cache_folder(processor.name) / suite_of(processor), lambda to: unpack(processor, to))
    kernel = Kernel(packages, next((packages / "lib/modules").iterdir()).name)
    with tempfile.TemporaryDirectory() as scratch:
        memhpctl = cross_compile(processor, packages, Path(scratch))
        image = bare(packages / "bin/busybox", processor)
        add_program(image, processor, packages, memhpctl)
        return kernel, memhpctl, finish(image, kernel)


def suite_of(processor: Processor) -> str:
    """The suite that the packages come from: this system's if that has the processor."""
    codename = system_codename()
    return processor.suite if processor.suite and codename == "bookworm" else codename


def unpack(processor: Processor, to: Path) -> None:
    """Download the packages with lists of apt that are of another architecture, and unpack them into `to`."""
    scratch = to.with_name("apt")
    scratch.mkdir()
    options = ["-c", str(private_apt(scratch, suite_of(processor), system_codename())),
               "-o", f"APT::Architecture={processor.name}", "-o", f"APT::Architectures={processor.name}"]
    updated = run(["apt-get", *options, "-q", "update"], check=False)
    shown = run(["apt-cache", *options, "show", "--no-all-versions", processor.kernel], check=False).stdout
    images = re.findall(r"^Depends: (linux-image-[a-z0-9.+-]*)", shown, re.MULTILINE)
    if not images:
        raise LabUnavailable(f"apt has no kernel for {processor.name}: {complaint(updated.stderr)}")
    library = ["libc6", "libcap2"] if processor.suite else []
    done = run(["apt-get", *options, "-qq", "download", images[0], *PACKAGES, *library], check=False, folder=scratch)
    if done.returncode:
        raise LabUnavailable(f"apt cannot download packages of {processor.name}: {complaint(done.stderr)}")
    for deb in scratch.glob("*.deb"):
        run(["dpkg-deb", "-x", str(deb), str(to)])
    for name in ("bin", "lib"):     # trixie's packages have all in usr
        if not (to / name).exists():
            (to / name).symlink_to(f"usr/{name}")
    for version in (to / "lib/modules").iterdir():
        run([find("depmod") or "depmod", "-b", str(to), version.name])


def cross_compile(processor: Processor, packages: Path, folder: Path) -> Path:
    """Compile memhpctl in the empty `folder`, and return the program. Raises RuntimeError."""
    libraries = [packages / "usr/lib" / processor.triplet, packages / "lib" / processor.triplet]
    environment = os.environ | {"PKG_CONFIG_LIBDIR": str(libraries[0] / "pkgconfig"),
                                "PKG_CONFIG_SYSROOT_DIR": str(packages)}
    link = [f"-L{path} -Wl,-rpath-link,{path}" for path in libraries]
    if processor.suite:     # these libraries need a newer C library than the cross compiler's
        link.append("-Wl,--allow-shlib-undefined")
    configure = [str(TOP / "configure"), f"--host={processor.triplet}", "--enable-werror",
                 f"CPPFLAGS=-I{packages}/usr/include", f"LDFLAGS={' '.join(link)}"]
    for command in (configure, ["make", "-j2", "memhpctl"]):
        done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(f"memhpctl cannot be cross-compiled:\n{done.stdout[-4000:]}")
    return folder / "memhpctl"


def bare(busybox: Path, processor: Processor) -> Initramfs:
    """An archive with `busybox` and the lab's programs: no libraries."""
    image = Initramfs()
    image.file("/usr/bin/busybox", busybox.read_bytes(), 0o755)
    for name in APPLETS:
        image.link(f"/usr/bin/{name}", "/usr/bin/busybox")
    image.link("/usr/sbin/modprobe", "/usr/bin/busybox")
    for name in PROGRAMS:
        image.file(f"/usr/bin/{name}", program(name, processor.compiler).read_bytes(), 0o755)
    return image


def add_program(image: Initramfs, processor: Processor, packages: Path, memhpctl: Path) -> None:
    """Add `memhpctl` and its libraries: from `packages`, else from the cross compiler."""
    image.file("/usr/sbin/memhpctl", memhpctl.read_bytes(), 0o755)
    image.file(processor.linker, library(processor, packages, Path(processor.linker).name).read_bytes(), 0o755)
    done = {Path(processor.linker).name}
    waiting = needed_by(processor, memhpctl)
    waiting += OPENED_LIBRARIES if waiting else ()      # a static program needs none
    while waiting:
        name = waiting.pop()
        if name not in done:
            done.add(name)
            path = library(processor, packages, name)
            image.file(f"/lib/{processor.triplet}/{name}", path.read_bytes(), 0o755)
            waiting += needed_by(processor, path)


def needed_by(processor: Processor, path: Path) -> list[str]:
    """The names of the libraries that a program or library is linked with."""
    return re.findall(r"NEEDED.*\[(.*)\]", run([f"{processor.triplet}-readelf", "-d", str(path)]).stdout)


def library(processor: Processor, packages: Path, name: str) -> Path:
    """A shared library: from `packages`, else from the cross compiler."""
    folders = [packages / folder / processor.triplet for folder in ("lib", "usr/lib")]
    found = next((folder / name for folder in folders if (folder / name).exists()), None)
    return found or Path(run([processor.compiler, f"-print-file-name={name}"]).stdout.strip())
