# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab: finds or builds what guests need, and makes them, booted or from a saved state."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import initramfs
from cache import cache_folder, keep_newest, make_once, used
from command import run
from guest import Guest
from kernel import Kernel, LabUnavailable, chosen_suite
from machine import BOOT_ACCELERATOR, PLAIN, Machine

STATES_KEPT = 10            # saved machines are 100 to 200 MiB each


class Lab:
    """Kernel and initramfs, built once; raises LabUnavailable with the reason when something is missing."""

    def __init__(self, suite: str | None = None, memhpctl: Path | None = None,
                 extra: Mapping[str, Path] | None = None) -> None:
        """Take the kernel of `suite` (None: $MEMHPCTL_KERNEL_SUITE, else this system's) and `memhpctl`.

        `extra` maps paths in the guest to more files here; programs are put in with the libraries they need.
        """
        try:
            version = run([PLAIN.qemu, "--version"]).stdout
        except FileNotFoundError:
            raise LabUnavailable(f"the program {PLAIN.qemu} (package qemu-system-x86) is missing") from None
        self.kernel = Kernel.fetched(suite or chosen_suite())
        self.memhpctl = memhpctl
        self.initramfs = initramfs.build(self.kernel, memhpctl, extra)
        image = self.kernel.image()
        self._identity = f"{version} {image} {image.stat().st_mtime_ns} {self.initramfs}"

    def boot(self, machine: Machine = PLAIN) -> Guest:
        """Boot a machine: about 2 s. `setup` has run in it."""
        guest = Guest(self.kernel, used(self.initramfs), machine)
        try:
            for command in machine.setup:
                guest.check(command)
        except BaseException:
            guest.close()
            raise
        return guest

    def fresh(self, machine: Machine = PLAIN) -> Guest:
        """A machine as after a boot, from a saved state if it can be: 0.3 s, once the first has been booted and saved."""
        if not machine.can_be_saved:
            return self.boot(machine.but(accelerator=BOOT_ACCELERATOR))
        folder = cache_folder("state")
        identity = f"{self._identity} {machine!r} {machine.qemu_options()}"
        key = hashlib.sha256(identity.encode()).hexdigest()[:16]

        def boot_and_save(path: Path) -> None:
            with self.boot(machine.but(accelerator=BOOT_ACCELERATOR)) as guest:
                guest.save(path)

        state = used(make_once(folder / f"{key}.state", boot_and_save))
        keep_newest(folder, "*.state", STATES_KEPT)
        return Guest.restored(state, self.kernel, used(self.initramfs), machine)


def memhpctl_to_test() -> Path | None:
    """The program that $MEMHPCTL names, None without one. Raises FileNotFoundError when it names none."""
    name = os.environ.get("MEMHPCTL")
    if not name:
        return None
    path = Path(name).absolute()
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(f"MEMHPCTL names {name}, which is no program")
    return path
