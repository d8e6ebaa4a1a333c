# SPDX-License-Identifier: GPL-2.0-or-later
"""The folder where the lab keeps what is slow to make: kernels, programs, initramfs images, machines."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path


def cache_folder(*names: str) -> Path:
    """Return (and create) a folder of the cache.

    The cache is $MEMHPCTL_CACHE, else $XDG_CACHE_HOME/memhpctl, else ~/.cache/memhpctl.
    """
    if own := os.environ.get("MEMHPCTL_CACHE"):
        top = Path(own)
    elif xdg := os.environ.get("XDG_CACHE_HOME"):
        top = Path(xdg) / "memhpctl"
    else:
        top = Path.home() / ".cache" / "memhpctl"
    folder = top.absolute().joinpath(*names)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock for `path` (on the file `path`.lock) among all processes that use the cache."""
    with open(f"{path}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_once(path: Path, make: Callable[[Path], None]) -> Path:
    """Return `path`; when it does not exist, let `make` create it first.

    `make` is given another name in the same folder, to create as file or folder; the result is renamed to
    `path` when `make` has returned, so that nobody ever sees half of it. Two processes do not make the same
    thing twice. What `make` raises is passed on, and nothing stays behind.
    """
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path):
        if path.exists():
            return path
        prefix = f".making-{path.name}-"
        for stale in path.parent.glob(f"{prefix}*"):
            shutil.rmtree(stale, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix=prefix, dir=path.parent))
        try:
            make(scratch / path.name)
            os.rename(scratch / path.name, path)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return path


def keep_newest(folder: Path, pattern: str, count: int) -> None:
    """Remove all but the `count` files of `folder` that were used last (see `used`) and match `pattern`."""
    def age(path: Path) -> float:
        with contextlib.suppress(FileNotFoundError):
            return -path.stat().st_mtime
        return 0.0

    for path in sorted(folder.glob(pattern), key=age)[count:]:
        path.unlink(missing_ok=True)
        Path(f"{path}.lock").unlink(missing_ok=True)


def used(path: Path) -> Path:
    """Note that `path` was used now, for `keep_newest`."""
    with contextlib.suppress(OSError):
        os.utime(path)
    return path
