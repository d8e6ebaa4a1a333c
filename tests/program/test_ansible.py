# SPDX-License-Identifier: GPL-2.0-or-later
"""The Ansible role and its modules, on two machines at once."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
from typing import Any

import pytest

from machine import TESTS, Machine, Result, run

CONTRIB = TESTS.parent / "contrib/ansible"

pytestmark = pytest.mark.skipif(not shutil.which("ansible-playbook"), reason="ansible-core is not installed")

class Fleet:
    """Two machines, and a folder for their configuration."""

    def __init__(self, folder: pathlib.Path, machines: dict[str, Machine]) -> None:
        self.folder = folder
        self.machines = machines
        hosts = {}
        for name, made in machines.items():
            (folder / name).mkdir()
            hosts[name] = {"memhpctl_executable": str(made.shim(folder / name)), "memhpctl_directory": str(folder / name / "etc")}
        variables = {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3", "ansible_remote_tmp": str(folder / "tmp"),
                     "memhpctl_package": "", "memhpctl_service": False}
        (folder / "ansible.cfg").write_text("")
        (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))

    def play(self, *options: str, **variables: Any) -> Result:
        """Run the role on both."""
        play = [{"hosts": "all", "gather_facts": False, "roles": [{"role": "memhpctl", **variables}]}]
        (self.folder / "play.json").write_text(json.dumps(play))
        return run(["ansible-playbook", "-i", str(self.folder / "hosts.json"), *options, str(self.folder / "play.json")], env={
            "ANSIBLE_ROLES_PATH": str(CONTRIB / "roles"), "ANSIBLE_HOME": str(self.folder / "home"), "ANSIBLE_LOCAL_TEMP": str(self.folder / "local"),
            "LC_ALL": "C.UTF-8", "HOME": str(self.folder), "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg")})

    def changed(self, *options: str, **variables: Any) -> dict[str, int]:
        """The same, without failures; how many tasks changed something, for each machine."""
        result = self.play(*options, **variables)
        assert result.rc == 0, result
        return {host: int(number) for host, number in re.findall(r"^(\w+) +: ok=.* changed=(\d+)", result.out, re.MULTILINE)}


@pytest.fixture
def fleet(machine: Any, tmp_path: pathlib.Path) -> Fleet:
    """A machine with a DIMM of which a half is online, and one with two nodes."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    return Fleet(folder, {"one": machine("x86-dimm"), "two": machine("mixed")})


def test_states_are_reached_once(fleet: Fleet) -> None:
    states = [{"selectors": ["32-39"], "zone": "movable"}]
    before = {name: made.states() for name, made in fleet.machines.items()}
    assert fleet.changed("--check", memhpctl_states=states) == {"one": 1, "two": 0}
    assert before == {name: made.states() for name, made in fleet.machines.items()}
    assert fleet.changed(memhpctl_states=states) == {"one": 1, "two": 0}
    assert fleet.machines["one"].state(39) == "online" and fleet.machines["one"].zones(39) == ["Movable"]
    assert fleet.changed(memhpctl_states=states) == {"one": 0, "two": 0}


def test_an_amount_is_what_is_there_in_the_end(fleet: Fleet) -> None:
    states = [{"selectors": ["node0"], "state": "offline", "size": "768M"}]
    assert fleet.changed(memhpctl_states=states) == {"one": 1, "two": 1}
    for made in fleet.machines.values():
        listed = made.memhpctl("list", "--json", "node0").json()["totals"]["states"]
        assert {state["state"]: state["bytes"] for state in listed}["offline"] == 768 << 20
    assert fleet.changed(memhpctl_states=states) == {"one": 0, "two": 0}


def test_devices_come_and_go(fleet: Fleet) -> None:
    """Only one of the machines has it."""
    states = [{"selectors": ["dax0.0"], "state": "absent"}]
    assert fleet.changed("--limit=two", "--check", memhpctl_states=states) == {"two": 1}
    assert fleet.machines["two"].exists(128)
    for wanted in (1, 0):
        assert fleet.changed("--limit=two", memhpctl_states=states) == {"two": wanted}
        assert not fleet.machines["two"].exists(128)
    states = [{"selectors": ["dax0.0"], "state": "present", "zone": "movable"}]
    for wanted in (1, 0):
        assert fleet.changed("--limit=two", memhpctl_states=states) == {"two": wanted}
        assert fleet.machines["two"].state(128) == "online"


def test_a_failure_says_why(fleet: Fleet) -> None:
    """All or nothing, and the sentence of the program."""
    fleet.machines["one"].rules("memory33 offline EBUSY always")
    result = fleet.play(memhpctl_states=[{"selectors": ["32-35"], "state": "offline", "timeout": "2s"}])
    assert result.rc and "memory33: failed: pages of the block are in use" in result.out
    assert fleet.machines["one"].state(32) == "online" and fleet.machines["two"].state(32) == "offline"
    result = fleet.play("--limit=one", memhpctl_states=[{"selectors": ["99"]}])
    assert result.rc and "there is no memory block 99" in result.out


@pytest.mark.parametrize("state, message", [
    ({"selectors": ["--all"]}, "'--all' is not a selector"), ({"selectors": []}, "the list is empty; leave it out for all memory"),
    ({"selectors": ["36"], "size": "²G"}, "a size is a whole number and a unit"), ({"selectors": ["-n"], "size": "1G"}, "'-n' is not a selector")])
def test_what_is_no_selector_or_size_changes_nothing(fleet: Fleet, state: dict[str, Any], message: str) -> None:
    before = fleet.machines["one"].states()
    result = fleet.play("--limit=one", memhpctl_states=[{"state": "offline", **state}])
    assert result.rc and message in result.out and "Traceback" not in result.out + result.err
    assert fleet.machines["one"].states() == before


def test_a_policy_that_memhpctl_would_not_read(fleet: Fleet) -> None:
    text = "[rule dimm]\r\nprovider = acpi\r\naction = online_movable\r\n"
    file = fleet.folder / "one/etc/memhpctl.d/50-dimm.conf"
    for wanted in (1, 0):
        assert fleet.changed("--limit=one", memhpctl_policy={"50-dimm": text}) == {"one": wanted}
        assert file.read_bytes() == text.encode()
    file.chmod(0o666)
    for wanted in (1, 0):
        assert fleet.changed("--limit=one", memhpctl_policy={"50-dimm": text}) == {"one": wanted}
        assert file.stat().st_mode & 0o777 == 0o644
    assert fleet.play("--limit=one", memhpctl_policy={".hidden": text}).rc and os.listdir(file.parent) == ["50-dimm.conf"]


def test_policy_is_checked_first(fleet: Fleet) -> None:
    files = {name: fleet.folder / name / "etc/memhpctl.d/50-dimm.conf" for name in fleet.machines}
    result = fleet.play(memhpctl_policy={"50-dimm": "[rule dimm]\nacton = online\n"})
    assert result.rc and "50-dimm.conf:2: 'acton' is not a key of a rule" in result.out
    assert not any(file.exists() for file in files.values())
    text = "[rule dimm]\nprovider = acpi\naction = online_movable\n"
    assert fleet.changed("--check", memhpctl_policy={"50-dimm": text}) == {"one": 1, "two": 1}
    assert not any(file.exists() for file in files.values())
    for wanted in (1, 0):
        assert fleet.changed(memhpctl_policy={"50-dimm": text}) == {"one": wanted, "two": wanted}
        assert all(file.read_text() == text and file.stat().st_mode & 0o777 == 0o644 for file in files.values())
    assert fleet.changed(memhpctl_policy_absent=["50-dimm"]) == {"one": 1, "two": 1}
    assert not any(file.exists() for file in files.values())


def test_lint() -> None:
    if not shutil.which("ansible-lint"):
        pytest.skip("ansible-lint is not installed")
    result = run(["ansible-lint", "--offline", "-q", "--nocolor", str(CONTRIB)], env={"LC_ALL": "C.UTF-8", "HOME": os.environ.get("HOME", "/")})
    assert result.rc == 0, result
