# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs of this system that the lab runs to their end."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

# An ordinary user's PATH often lacks the folders of depmod and ldconfig.
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def find(name: str) -> str | None:
    """The path of the program `name`: from PATH, else from the system's folders, else None."""
    return shutil.which(name) or shutil.which(name, path=SYSTEM_PATH)


def run(command: Sequence[str], check: bool = True,
        folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `command` in `folder` with an empty input; the result has stdout and stderr as text.

    Raises CalledProcessError when it fails and `check` is set, FileNotFoundError without it.
    """
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=check,
                          cwd=folder)
