# SPDX-License-Identifier: GPL-2.0-or-later
"""What `make install` puts into a system, and that `make uninstall` takes all of it away."""

from __future__ import annotations

import os
import pathlib
import re
import shutil

import pytest

from machine import find_program, run


@pytest.fixture
def build() -> pathlib.Path:
    """The folder that the program was built in."""
    folder = pathlib.Path(find_program()).parent
    if not (folder / "Makefile").exists() or not shutil.which("make"):
        pytest.skip("the program was not built here, or there is no make")
    return folder


def make(folder: pathlib.Path, *words: str) -> None:
    """Run make, as if not by another make."""
    result = run(["make", "-C", str(folder), *words], env={name: None for name in os.environ if name.startswith(("MAKE", "MFLAGS"))})
    assert result.rc == 0, result.err


def test_install_and_uninstall(build: pathlib.Path, tmp_path: pathlib.Path) -> None:
    staged = tmp_path / "staged"
    make(build, "install", f"DESTDIR={staged}")
    files = {path.name: path for path in staged.rglob("*") if not path.is_dir()}
    assert {"memhpctl", "80-memhpctl.rules", "memhpctl.path", "memhpctl.service", "memhpctl-boot.service",
            "memhpctl-changed.path", "memhpctl-changed.service", "memhpctl-changed.target",
            "memhpctl-metrics.service", "memhpctl-metrics.timer"} <= files.keys()
    for name in ("memhpctl.path", "memhpctl-boot.service"):
        # Either can be enabled, by the preset, or is started by a link that belongs to the installation: `is-enabled` tells.
        links = [path for path in staged.rglob(name) if path.is_symlink()]
        preset = "80-memhpctl.preset" in files and f"enable {name}" in files["80-memhpctl.preset"].read_text()
        text = (files[name] if not links else files[name].parent.parent / name).read_text()
        assert ("[Install]" in text, preset, bool(links)) in ((True, True, False), (False, False, True))
    # The others are static, and nothing enables them: not debhelper either, which enables whatever has the section.
    for path in staged.rglob("memhpctl*.*"):
        if path.suffix in (".path", ".service", ".timer", ".target") and path.name not in ("memhpctl.path", "memhpctl-boot.service"):
            assert "\n[Install]\n" not in path.read_text(), path
    texts = "".join(path.read_text() for name, path in files.items() if name.startswith("memhpctl") and name.endswith(("service", "path")))
    assert not re.search(r"@\w+@", texts) and "infinity" not in texts
    make(build, "uninstall", f"DESTDIR={staged}")
    assert not list(staged.rglob("*")) if staged.exists() else True
