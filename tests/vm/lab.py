# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab: finds or builds what guests need, and makes them, booted or from a saved state."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import initramfs
from cache import cache_folder, keep_newest, make_once, used
from guest import QEMU, Guest
from kernel import Kernel, LabUnavailable, chosen_suite
from machine import PLAIN, Machine

STATES_KEPT = 6             # saved machines are 100 to 200 MiB each


class Lab:
    """Kernel and initramfs, built once; raises LabUnavailable with the reason when something is missing."""

    def __init__(self, suite: str | None = None, memhpctl: Path | None = None,
                 extra: Mapping[str, Path] | None = None) -> None:
        """Take the kernel of `suite` (None: $MEMHPCTL_KERNEL_SUITE, else this system's), `memhpctl` and more files.

        `extra` maps paths in the guest to files here; programs are put in with the libraries they need.
        """
        try:
            version = subprocess.run([QEMU, "--version"], stdout=subprocess.PIPE, check=True).stdout
        except FileNotFoundError:
            raise LabUnavailable(f"the program {QEMU} (package qemu-system-x86) is missing") from None
        self.kernel = Kernel.fetched(suite or chosen_suite())
        self.memhpctl = memhpctl
        self.initramfs = initramfs.build(self.kernel, memhpctl, extra)
        self._identity = f"{version!r} {self.kernel.image()} {self.kernel.image().stat().st_mtime_ns} {self.initramfs}"

    def boot(self, machine: Machine = PLAIN) -> Guest:
        """Boot a machine: about 2 s. `setup` has run in it."""
        guest = Guest(self.kernel, self.initramfs, machine)
        try:
            for command in machine.setup:
                guest.check(command)
        except BaseException:
            guest.close()
            raise
        return guest

    def fresh(self, machine: Machine = PLAIN) -> Guest:
        """A machine as after a boot, from a saved state: about 0.3 s once the first has been booted and saved."""
        folder = cache_folder("state")
        key = hashlib.sha256(f"{self._identity} {machine!r} {machine.qemu_options()}".encode()).hexdigest()[:16]

        def boot_and_save(path: Path) -> None:
            with self.boot(machine) as guest:
                guest.save(path)

        state = used(make_once(folder / f"{key}.state", boot_and_save))
        keep_newest(folder, "*.state", STATES_KEPT)
        return Guest.restored(state, self.kernel, self.initramfs, machine)


def memhpctl_to_test() -> Path | None:
    """The program that $MEMHPCTL names, None without one. Raises FileNotFoundError when it names none."""
    name = os.environ.get("MEMHPCTL")
    if not name:
        return None
    path = Path(name).absolute()
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(f"MEMHPCTL names {name}, which is no program")
    return path
