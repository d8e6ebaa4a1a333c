# SPDX-License-Identifier: GPL-2.0-or-later
"""An unpacked kernel: its version, its image, its modules, and the ELF image inside a bzImage."""

import hashlib
import lzma
import os
import shutil
import struct
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

from cache import cache_folder, make_once
from command import run

CANNOT_BE_HAD = 77          # exit code of fetch-kernel: no apt, no network, wrong architecture


class LabUnavailable(Exception):
    """Something outside the project is missing (QEMU, a kernel, busybox): tests skip with this sentence."""


@dataclass(frozen=True)
class Kernel:
    """A folder with boot/vmlinuz-VERSION and lib/modules/VERSION (as a Debian package unpacks)."""

    folder: Path
    version: str

    @classmethod
    def in_folder(cls, folder: Path) -> "Kernel":
        """The newest kernel of `folder` with image and modules. Raises LabUnavailable when there is none."""
        versions = [path.name.removeprefix("vmlinuz-") for path in folder.glob("boot/vmlinuz-*")]
        versions = [name for name in versions if (folder / "lib/modules" / name).is_dir()]
        if not versions:
            raise LabUnavailable(f"{folder} has no boot/vmlinuz-VERSION with lib/modules/VERSION")
        newest = max(versions, key=lambda name: (folder / "boot" / f"vmlinuz-{name}").stat().st_mtime)
        return cls(folder, newest)

    @classmethod
    def fetched(cls, suite: str | None = None) -> "Kernel":
        """The kernel that fetch-kernel finds or downloads. Raises LabUnavailable when it cannot."""
        program = str(Path(__file__).with_name("fetch-kernel"))
        done = run([sys.executable, program] + ([suite] if suite else []), check=False)
        if done.returncode == CANNOT_BE_HAD:
            raise LabUnavailable(done.stderr.strip())
        if done.returncode:
            raise RuntimeError(f"fetch-kernel failed with {done.returncode}: {done.stderr.strip()}")
        return cls.in_folder(Path(done.stdout.strip()))

    @property
    def modules(self) -> Path:
        """The folder of the modules and their indexes."""
        return self.folder / "lib/modules" / self.version

    def image(self) -> Path:
        """The file to boot: the ELF vmlinux (boots in half the time) if it can be extracted, else vmlinuz."""
        ready = self.folder / "boot" / f"vmlinux-{self.version}"
        if ready.exists():
            return ready
        packed = self.folder / "boot" / f"vmlinuz-{self.version}"
        name = hashlib.sha256(packed.read_bytes()).hexdigest()[:16]
        try:
            return make_once(cache_folder("vmlinux") / name, lambda to: extract_vmlinux(packed, to))
        except ValueError:
            return packed


def extract_vmlinux(bzimage: Path, to: Path) -> None:
    """Write the ELF image that `bzimage` holds compressed to the file `to`.

    The place is in the header that Linux documents in Documentation/arch/x86/boot.rst (setup_sects,
    payload_offset, payload_length). Raises ValueError when the file is no bzImage or is compressed in a way
    not known here.
    """
    data = bzimage.read_bytes()
    if data[0x202:0x206] != b"HdrS":
        raise ValueError(f"{bzimage} is not a bzImage")
    setup_sectors = data[0x1f1] or 4
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    elf = _decompress(data[start:start + length])
    if not elf.startswith(b"\x7fELF"):
        raise ValueError(f"{bzimage} holds no ELF image")
    to.write_bytes(elf)


def _decompress(payload: bytes) -> bytes:
    """Decompress xz, gzip or zstd (with the program zstd); the 4 bytes behind (the size) are left aside."""
    if payload.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(payload)
    if payload.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(wbits=31).decompress(payload)
    if payload.startswith(b"\x28\xb5\x2f\xfd") and shutil.which("zstd"):
        command = ["zstd", "-dcq", "--no-check"]
        return subprocess.run(command, input=payload[:-4], stdout=subprocess.PIPE, check=True).stdout
    raise ValueError("unknown compression")


def chosen_suite() -> str | None:
    """The suite that $MEMHPCTL_KERNEL_SUITE asks for, None for the one this system runs."""
    return os.environ.get("MEMHPCTL_KERNEL_SUITE") or None
