# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds the initramfs of a guest: busybox, the lab's programs, some of this system, modules."""

import hashlib
import lzma
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from cache import cache_folder, keep_newest, make_once, used
from command import find, run
from kernel import Kernel, LabUnavailable
from program import SOURCES, program, programs

# What the tests of the lab and of memhpctl load; a name that a kernel lacks (built in, or another version) is
# left out.
MODULES = ("memory-notifier-error-inject", "virtio_pci", "virtio_mem", "dax_hmem", "device_dax", "kmem",
           "virtio_console", "hwpoison-inject", "nfit", "dax_pmem", "loop", "ext4", "crc32c_generic",
           "cxl_acpi", "cxl_port", "cxl_pci", "cxl_mem", "dax_cxl")
# Programs of this system that tests and benchmarks compare with, when they are there.
PEERS = ("lsmem", "chmem", "daxctl", "udevadm")
# Libraries that are opened at run time, which no program's header names.
OPENED_LIBRARIES = ("libkmod.so.2", "libsmartcols.so.1", "libudev.so.1")
FOLDERS = ("dev", "proc", "sys", "run", "tmp", "root", "etc", "var",
           "usr/bin", "usr/sbin", "usr/lib", "usr/lib64")
MERGED = ("bin", "sbin", "lib", "lib64")
IMAGES_KEPT = 20            # 15 MB each; other test runs on this system use the same cache


class Initramfs:
    """An archive under construction (format newc, the same bytes for the same content)."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, bytes, tuple[int, int]]] = {}
        for folder in FOLDERS:
            self.folder(folder)
        for name in MERGED:
            self.link(name, f"usr/{name}")
        self._entries["dev/console"] = (stat.S_IFCHR | 0o600, b"", (5, 1))

    def folder(self, path: str) -> None:
        """Add a folder and those above it."""
        parts = self._plain(path).split("/")
        for end in range(1, len(parts) + 1):
            self._entries.setdefault("/".join(parts[:end]), (stat.S_IFDIR | 0o755, b"", (0, 0)))

    def file(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Add a file, in place of one of that name."""
        plain = self._plain(path)
        self.folder(os.path.dirname(plain))
        self._entries[plain] = (stat.S_IFREG | mode, content, (0, 0))

    def link(self, path: str, target: str) -> None:
        """Add a symbolic link, unless something of that name is there."""
        self._entries.setdefault(self._plain(path), (stat.S_IFLNK | 0o777, target.encode(), (0, 0)))

    def program(self, path: str, local: Path) -> None:
        """Add the program `local` as `path`; its libraries and ELF interpreter keep their paths."""
        self.file(path, local.read_bytes(), 0o755)
        for library in libraries(local):
            self.file(library, Path(library).read_bytes(), 0o755)

    def archive(self) -> bytes:
        """The finished archive, uncompressed: unpacking it takes the guest less time than decompressing."""
        parts = []
        entries = [(name, *self._entries[name]) for name in sorted(self._entries)]
        for number, (name, mode, content, device) in enumerate([*entries, ("TRAILER!!!", 0, b"", (0, 0))], 1):
            fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name) + 1, 0)
            head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
            parts += [head, b"\0" * (-len(head) % 4), content, b"\0" * (-len(content) % 4)]
        return b"".join(parts)

    @staticmethod
    def _plain(path: str) -> str:
        """The name in the archive: no leading slash, and /bin, /sbin, /lib* are in /usr."""
        plain = os.path.normpath(path).lstrip("/")
        return f"usr/{plain}" if plain.split("/")[0] in MERGED and "/" in plain else plain


def libraries(local: Path) -> list[str]:
    """The absolute paths of the shared libraries and the interpreter of `local`; none of a static program."""
    done = run(["ldd", str(local)], check=False)
    missing = re.findall(r"(\S+) => not found", done.stdout)
    if missing:
        raise RuntimeError(f"{local} needs libraries that are not here: {' '.join(missing)}")
    return re.findall(r"(/\S+) \(0x", done.stdout)


def library_path(name: str) -> Path | None:
    """Where the dynamic linker finds the library `name`."""
    ldconfig = find("ldconfig")
    if not ldconfig:
        return None
    listing = run([ldconfig, "-p"], check=False).stdout
    found = re.search(rf"^\s*{re.escape(name)} .*x86-64.* => (\S+)$", listing, re.MULTILINE)
    return Path(found[1]) if found else None


def build(kernel: Kernel, memhpctl: Path | None = None, extra: Mapping[str, Path] | None = None) -> Path:
    """Build the initramfs for `kernel` and return its file in the cache.

    `memhpctl` is put in the guest's PATH with everything it needs; `extra` maps absolute paths in the guest
    to programs or other files here. Raises LabUnavailable when a program for the lab is missing.
    """
    image = Initramfs()
    _add_busybox(image)
    for name in programs():
        image.program(f"/usr/bin/{name}", program(name))
    for name in PEERS:
        if local := find(name):
            image.program(f"/usr/bin/{name}", Path(local))
    for name in OPENED_LIBRARIES:
        if path := library_path(name):
            image.program(str(path), path)
    if memhpctl:
        image.program("/usr/sbin/memhpctl", memhpctl)
    for path, local in (extra or {}).items():
        if os.access(local, os.X_OK):
            image.program(path, local)
        else:
            image.file(path, local.read_bytes())
    return finish(image, kernel)


def finish(image: Initramfs, kernel: Kernel) -> Path:
    """Add modules, the first program and users, and return the archive's file in the cache."""
    for path, content in modules(kernel, MODULES).items():
        image.file(f"/lib/modules/{kernel.version}/{path}", content)
    image.file("/init", SOURCES.joinpath("init").read_bytes(), 0o755)
    image.file("/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    image.file("/etc/group", b"root:x:0:\n")
    archive = image.archive()
    folder = cache_folder("initramfs")
    path = folder / f"{hashlib.sha256(archive).hexdigest()[:16]}.cpio"
    used(make_once(path, lambda to: _write(to, archive)))
    keep_newest(folder, "*.cpio", IMAGES_KEPT)
    return path


def _write(path: Path, content: bytes) -> None:
    """Write `content` to the new file `path`."""
    path.write_bytes(content)


def _add_busybox(image: Initramfs) -> None:
    """Add the system's static busybox and a link for each of its applets."""
    local = find("busybox")
    if not local:
        raise LabUnavailable("the program busybox (package busybox-static) is missing")
    if libraries(Path(local)):
        raise LabUnavailable("busybox is not the static one (package busybox-static)")
    image.file("/usr/bin/busybox", Path(local).read_bytes(), 0o755)
    for name in run([local, "--list"]).stdout.split():
        image.link(f"/usr/{'sbin' if name == 'modprobe' else 'bin'}/{name}", "/usr/bin/busybox")


def modules(kernel: Kernel, wanted: Iterable[str]) -> dict[str, bytes]:
    """The modules `wanted` and those they need, uncompressed, and the indexes for modprobe and libkmod.

    The paths are relative to the folder of the kernel's modules. The indexes are made anew for what is
    included.
    """
    index = kernel.modules / "modules.dep"
    if not index.exists():
        raise LabUnavailable(f"{index} is missing (run depmod)")
    needs: dict[str, list[str]] = {}
    paths: dict[str, str] = {}
    for line in index.read_text(encoding="utf-8").splitlines():
        path, _, others = line.partition(":")
        needs[path] = others.split()
        paths[Path(path).name.partition(".ko")[0].replace("-", "_")] = path
    found = [paths[name] for name in (word.replace("-", "_") for word in wanted) if name in paths]
    chosen = sorted({path for first in found for path in [first, *needs[first]]})
    with tempfile.TemporaryDirectory() as scratch:
        top = Path(scratch) / "lib/modules" / kernel.version
        top.mkdir(parents=True)
        for path in chosen:
            plain = top / path.partition(".ko")[0]
            plain.parent.mkdir(parents=True, exist_ok=True)
            plain.with_name(f"{plain.name}.ko").write_bytes(_module(kernel.modules / path))
        for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
            if (kernel.modules / name).exists():
                shutil.copy(kernel.modules / name, top / name)
        depmod = find("depmod")
        if not depmod:
            raise LabUnavailable("the program depmod (package kmod) is missing")
        run([depmod, "-b", scratch, kernel.version])
        files = sorted(path for path in top.rglob("*") if path.is_file())
        return {str(path.relative_to(top)): path.read_bytes() for path in files}


def _module(path: Path) -> bytes:
    """The content of a module, decompressed."""
    content = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(content)
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dcq"], input=content, stdout=subprocess.PIPE, check=True).stdout
    return content
