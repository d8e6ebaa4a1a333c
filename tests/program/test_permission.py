# SPDX-License-Identifier: GPL-2.0-or-later
"""Trees that may not be read or written: another user, a read-only mount."""

from __future__ import annotations

import errno
import os
import pathlib
import re
import shutil
import tempfile
from typing import Any, Iterator

import pytest

from machine import MEMORY, NODE, Machine, as_nobody, describe, expand, find_program, read_description, run


@pytest.fixture
def open_machine() -> Iterator[Machine]:
    """A machine where other users can get to it, without the fake kernel."""
    with tempfile.TemporaryDirectory(prefix="memhpctl-") as directory:
        os.chmod(directory, 0o755)
        root = pathlib.Path(directory, "root")
        description = read_description(describe("x86-dimm", lines="dir /run"), "x86-dimm")
        expand(description, str(root))
        yield Machine(root, root, description)


def test_user_may_look_but_not_touch(open_machine: Machine) -> None:
    if os.geteuid() != 0:
        for number in range(32, 40):
            open_machine.path(f"memory{number}/state").chmod(0o444)
    assert as_nobody(open_machine, "list", "--json").json()["ranges"]
    assert as_nobody(open_machine, "status").rc == 0
    # A dry run ends as the run would.
    for words in (["offline", "34-35"], ["online", "36-37"], ["offline", "--size=256M"], ["online", "--rezone", "--zone=kernel", "34-35"]):
        dry = as_nobody(open_machine, *words, "--dry-run", "--json")
        assert dry.rc == 77 and dry.json()["result"] == "not-permitted", words
        assert sorted((block["result"], block["cause"]) for block in dry.json()["blocks"]) == [("refused", "access"), ("skipped", "access")], words
    assert as_nobody(open_machine, "remove", "PNP0C80:00", "--dry-run").rc == 77
    assert as_nobody(open_machine, "policy", "apply", "36-37", "--dry-run").rc == 77
    assert as_nobody(open_machine, "offline", "36", "--dry-run").rc == 0
    result = as_nobody(open_machine, "offline", "34-35", "--json")
    assert result.rc == 77 and result.json()["result"] == "not-permitted" and "run as root" in result.err
    assert [block["cause"] for block in result.json()["blocks"]] == ["access", "access"]
    assert open_machine.state(34) == "online"


@pytest.mark.parametrize("name, device", [("dax-kmem", "dax0.0"), ("virtio-mem", "virtio0")])
def test_an_amount_of_devices_that_only_root_can_see(name: str, device: str) -> None:
    """Not that there is none: that cannot be seen."""
    with tempfile.TemporaryDirectory(prefix="memhpctl-") as directory:
        os.chmod(directory, 0o755)
        root = pathlib.Path(directory, "root")
        description = read_description(describe(name, lines="dir /run"), name)
        expand(description, str(root))
        made = Machine(root, root, description)
        for path in [*made.path("/sys/bus").rglob("mapping*/*"), made.path("/proc/iomem")]:
            path.chmod(0o400)
        if device == "dax0.0":
            path = re.escape(str(made.path("/sys/bus/dax/devices/dax0.0").resolve().parent)) + r"/dax\d\.0/mapping0/start"
            assert re.search(rf"cannot read {path}: Permission denied", as_nobody(made, "list", "-v").err)
            if os.geteuid() == 0:
                assert as_nobody(made, "list").err == ""
            assert re.search(r"node 1,\s+device\s+unknown", as_nobody(made, "explain", "40").out)
            assert re.search(rf"any: \?: {path} could not be read: Permission denied", as_nobody(made, "status", "--check").out)
        for option in ([], ["-n"]):
            result = as_nobody(made, "remove", "--size=1G", *option, "--json")
            assert result.rc == 77 and result.json()["result"] == "not-permitted", result
            assert result.json()["error"] == {"message": f"only root can see which blocks belong to {device}", "errno": "EACCES"}


@pytest.mark.parametrize("name, words", [("s390-new", ["add", "sclp11"]), ("pseries-v2", ["add", "drc-8000000c"]), ("dax-kmem", ["add", "dax1.0"]),
                                         ("s390-new", ["remove", "sclp9"])])
def test_a_dry_run_asks_whether_a_device_may_be_changed(name: str, words: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="memhpctl-") as directory:
        os.chmod(directory, 0o755)
        root = pathlib.Path(directory, "root")
        description = read_description(describe(name, lines="dir /run"), name)
        expand(description, str(root))
        made = Machine(root, root, description)
        for option in (["-n"], []):
            result = as_nobody(made, *words, *option, "--json")
            assert result.rc == 77 and result.json()["devices"][0]["cause"] == "access", result


@pytest.mark.parametrize("number, rc", [(32, 64), (33, 77)])
def test_dry_run_stops_where_the_run_does(open_machine: Machine, number: int, rc: int) -> None:
    """At a block that has lost its write permission, which is none for root either."""
    state = open_machine.path(f"memory{number}/state")
    state.unlink()  # it is the same file as those of its neighbours
    state.write_text("online\n")
    state.chmod(0o444)
    dry = run([find_program(), "--sysroot", str(open_machine.root), "offline", "32-33", "--dry-run", "--json"])
    assert dry.rc == rc and [block["block"] for block in dry.json()["blocks"] if block["result"] == "refused"] == [number]


@pytest.mark.parametrize("path", [MEMORY, "/sys"])
def test_unreadable(open_machine: Machine, path: str) -> None:
    place = open_machine.path(path)
    place.chmod(0)
    try:
        for command in ("list", "status"):
            result = as_nobody(open_machine, command, "--json")
            assert result.rc == 77 and MEMORY in result.json()["error"]["message"]
            assert "Permission denied" in result.err
    finally:
        place.chmod(0o755)


def test_read_only_mount(open_machine: Machine) -> None:
    """As in a container: said as what it is, and where to go."""
    sys_directory = open_machine.path("/sys")
    script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", str(sys_directory), find_program(), "--sysroot",
               str(open_machine.root), "offline", "34-35", "--json"]
    if os.geteuid() != 0 or run(["unshare", "--mount", "true"]).rc != 0:
        pytest.skip("run as root to mount")
    result = run(command)
    assert run([*command, "--dry-run"]).rc == 77
    assert result.rc == 77 and [block["cause"] for block in result.json()["blocks"]] == ["read-only"] * 2
    assert "read-only here, as in a container" in result.err and open_machine.state(35) == "online"


def test_root_that_is_no_directory(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("")
    result = run([find_program(), "--sysroot", str(tmp_path / "file"), "list", "--json"])
    assert result.rc == 2 and str(tmp_path / "file") in result.json()["error"]["message"]


@pytest.mark.parametrize("words", [["kick"], ["auto"], ["auto", "--wait"], ["auto", "--boot"], ["auto", "--restore"]], ids=" ".join)
@pytest.mark.parametrize("run_folder", [False, True])
def test_a_user_applies_no_policy_to_another_tree(open_machine: Machine, words: list[str], run_folder: bool) -> None:
    if os.geteuid() != 0:
        pytest.skip("the tree is the user's own")
    if run_folder:
        open_machine.path("/run/memhpctl").mkdir(mode=0o700)
    result = as_nobody(open_machine, *words)
    assert result.rc == 77 and "only root" in result.err and not result.out, result


@pytest.mark.parametrize("path, what", [("/sys/bus/acpi/devices", "cannot find the devices of provider acpi"),
                                        (MEMORY, "cannot read the memory blocks"), (NODE, "cannot read the nodes")])
def test_a_directory_that_must_not_be_read_is_named(open_machine: Machine, path: str, what: str) -> None:
    """It said "Permission denied" only: to what?"""
    place = open_machine.path(path)
    place.chmod(0)
    result = as_nobody(open_machine, "list")
    place.chmod(0o755)
    assert result.rc == 77 and result.err == f"memhpctl: {what}: {place}: {os.strerror(errno.EACCES)} (EACCES); run as root\n", result
