# SPDX-License-Identifier: GPL-2.0-or-later
"""The Ansible role against two guests at once.

The modules run here, with Ansible's local connection, since the guests have no Python; what they run is memhpctl in
the guests, through a stand-in that hands its arguments to the agent there.
"""

import json
import os
import re
import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guest import Guest

CONTRIB = Path(__file__).resolve().parents[2] / "contrib/ansible"
PLAY_S = 600                # a run of some tasks: half a minute, unless the machine is slow

pytestmark = [
    pytest.mark.skipif(not shutil.which("ansible-playbook"), reason="ansible-core is not installed"),
    pytest.mark.skipif(os.environ.get("MEMHPCTL_SLOW") != "1", reason="MEMHPCTL_SLOW=1 runs it")]

STAND_IN = """#!{python}
import json, socket, sys
with socket.socket(socket.AF_UNIX) as agent:
    agent.connect({path!r})
    agent.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n")
    answer = json.load(agent.makefile())
sys.stdout.write(answer["out"])
sys.stderr.write(answer["err"])
sys.exit(answer["rc"])
"""


class Agent(socketserver.ThreadingUnixStreamServer):
    """Runs memhpctl in a guest for whoever connects."""

    daemon_threads = True

    def __init__(self, guest: Guest, folder: Path) -> None:
        self.guest = guest
        folder.mkdir()
        super().__init__(str(folder / "agent"), Handler)
        self.program = folder / "memhpctl"
        self.program.write_text(STAND_IN.format(python=sys.executable, path=str(folder / "agent")))
        self.program.chmod(0o755)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(socketserver.StreamRequestHandler):
    """One command."""

    def handle(self) -> None:
        assert isinstance(self.server, Agent)
        result = self.server.guest.run(["memhpctl", *json.loads(self.rfile.readline())], timeout=PLAY_S)
        self.wfile.write(json.dumps({"rc": result.rc, "out": result.out, "err": result.err}).encode())


class Fleet:
    """Guests, and the role to run on all of them."""

    def __init__(self, folder: Path, guests: dict[str, Guest]) -> None:
        self.folder = folder
        self.agents = {name: Agent(guest, folder / name) for name, guest in guests.items()}
        hosts = {name: {"memhpctl_executable": str(agent.program), "memhpctl_directory": str(folder / name / "etc")}
                 for name, agent in self.agents.items()}
        variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "memhpctl_package": "",
                     "memhpctl_service": False, "ansible_remote_tmp": str(folder / "tmp")}
        (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
        (folder / "ansible.cfg").write_text("")

    def changed(self, *options: str, states: list[dict[str, object]]) -> dict[str, int]:
        """How many tasks changed something, for each guest."""
        play = [{"hosts": "all", "gather_facts": False, "roles": [{"role": "memhpctl", "memhpctl_states": states}]}]
        (self.folder / "play.json").write_text(json.dumps(play))
        done = subprocess.run(["ansible-playbook", "-i", str(self.folder / "hosts.json"), *options, str(self.folder / "play.json")], env=os.environ | {
            "ANSIBLE_ROLES_PATH": str(CONTRIB / "roles"), "ANSIBLE_HOME": str(self.folder / "home"), "HOME": str(self.folder), "LC_ALL": "C.UTF-8",
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "local"), "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg")},
            capture_output=True, text=True, timeout=PLAY_S, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return {host: int(number) for host, number in re.findall(r"^(\w+) +: ok=.* changed=(\d+)", done.stdout, re.MULTILINE)}

    def close(self) -> None:
        """Answer nobody any more."""
        for agent in self.agents.values():
            agent.shutdown()
            agent.server_close()


@pytest.fixture
def fleet(boot: Callable[..., Guest], memhpctl: str, tmp_path: Path) -> Iterator[Fleet]:
    """Two guests with a DIMM each, of which the second is half online."""
    guests = {name: boot(memhp_default_state="offline") for name in ("one", "two")}
    for guest in guests.values():
        guest.plug_dimm("d1", "512M")
    guests["two"].check(f"{memhpctl} online --zone=movable 32-33")
    fleet = Fleet(tmp_path, guests)
    yield fleet
    fleet.close()


def test_two_guests_reach_a_state_once_and_give_their_dimms_back(fleet: Fleet) -> None:
    one, two = (agent.guest for agent in fleet.agents.values())
    online = [{"selectors": ["32-35"], "zone": "movable"}]
    assert fleet.changed("--check", states=online) == {"one": 1, "two": 1}
    assert [one.block_state(32), two.block_state(34)] == ["offline", "offline"]
    assert fleet.changed(states=online) == {"one": 1, "two": 1}
    assert all(guest.block_zone(number) == "Movable" for guest in (one, two) for number in range(32, 36))
    assert fleet.changed(states=online) == {"one": 0, "two": 0}
    # One of them has less already: an amount is what is there in the end.
    one.check("memhpctl offline 35")
    amount: list[dict[str, object]] = [{"selectors": ["32-35"], "state": "offline", "size": "128M"}]
    assert fleet.changed(states=amount) == {"one": 0, "two": 1}
    removed: list[dict[str, object]] = [{"selectors": ["PNP0C80:00"], "state": "absent"}]
    assert fleet.changed(states=removed) == {"one": 1, "two": 1}
    assert list(one.blocks()) == list(two.blocks()) == list(range(16))
    assert fleet.changed(states=removed) == {"one": 0, "two": 0}
