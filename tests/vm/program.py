# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's own small C programs for the guest: compiled statically, once for each content."""

import hashlib
from pathlib import Path

from cache import cache_folder, make_once
from command import find, run
from kernel import LabUnavailable

SOURCES = Path(__file__).with_name("guest")
FLAGS = ["-static", "-O2", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra"]


def programs() -> list[str]:
    """The names of all programs of the lab."""
    return sorted(path.stem for path in SOURCES.glob("*.c"))


def program(name: str, compiler: str = "cc") -> Path:
    """Return the program `name` (guest/NAME.c), compiled with `compiler`.

    Raises LabUnavailable without a C compiler, CalledProcessError (with the compiler's words in `stderr`)
    when the source does not compile.
    """
    source = SOURCES / f"{name}.c"
    path = find(compiler)
    if not path:
        raise LabUnavailable(f"the program {compiler} (a C compiler) is missing")
    command = [path, *FLAGS, "-o"]
    key = hashlib.sha256(source.read_bytes() + " ".join([str(Path(path).resolve()), *FLAGS]).encode())
    target = cache_folder("program") / f"{name}-{key.hexdigest()[:16]}"

    def compile_to(to: Path) -> None:
        run([*command, str(to), str(source)])

    return make_once(target, compile_to)
