# SPDX-License-Identifier: GPL-2.0-or-later
"""status --check: every finding on a machine that has it, none on a machine that has nothing wrong, and what could not be seen."""

from __future__ import annotations

import json
import pathlib
import re
import shlex
import subprocess
from typing import Any, Iterator

import pytest

from machine import TESTS, Machine, as_nobody, describe, expand, read_description

CONF = "/etc/memhpctl.conf"
RULES = "/usr/lib/udev/rules.d"
UNITS = "/usr/lib/systemd/system"
AUTO_ONLINE = "/sys/devices/system/memory/auto_online_blocks"
# memhpctl is installed; without /run/systemd/system its rule is enough.
PARTS = {f"{RULES}/80-memhpctl.rules": "#", f"{UNITS}/memhpctl.path": "#", f"{UNITS}/memhpctl.service": "#",
         f"{UNITS}/memhpctl-boot.service": "#"}
ALL_ONLINE = {"36-39": "online zone=Movable"}
ONLINING = 'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"'
OFFLINING = 'SUBSYSTEM=="memory", ACTION=="change", ATTR{state}="offline"'
MEMINFO = "MemTotal: 3096576 kB\nMemFree: {free} kB\nMemAvailable: {free} kB\nHardwareCorrupted: {poison} kB"

# What a machine without findings needs to get each, and the command that should mend it. `on`: the machine, if not x86-dimm.
CASES: dict[str, dict[str, Any]] = {
    "poisoned": {"lines": "pages 36 hwpoison=2", "command": "memhpctl offline 36"},
    "poisoned-unknown": {"lines": "pages 36 lru=1", "files": {"/proc/meminfo": MEMINFO.format(free=1 << 20, poison=8)}, "command": "journalctl -k -g 'Memory failure'"},
    "poisoned-offline": {"lines": "pages 36 hwpoison=1\nfile /proc/sys/kernel/osrelease 6.1.0\ndir /run",
                         "first": ["offline", "--force", "36"], "command": "memhpctl remove PNP0C80:00"},
    "going-offline": {"blocks": ALL_ONLINE | {"37": "going-offline"}, "command": "fuser -k -15 /sys/devices/system/memory/memory37/state"},
    "stuck": {"on": "dax-stranded", "blocks": {}, "command": "systemctl reboot"},
    "not-taken": {"on": "dimm-unaligned", "blocks": {}, "lines": "acpi PNP0C80:04 status=15", "command": "journalctl -k -g PNP0C80:04"},
    "ratio": {"on": "movable-heavy", "blocks": {"96-99": "absent"}, "command": "memhpctl online --rezone --zone=kernel 32-41"},
    "waiting": {"blocks": {}, "command": "memhpctl policy apply"},
    "left": {"blocks": {}, "files": {CONF: "[policy]\nbuilt-in-rules = no\n"}, "command": "memhpctl online 36-39"},
    "reserve": {"on": "dax-kmem", "blocks": {"47": "online zone=Movable"}, "files": {"/proc/meminfo": MEMINFO.format(free=8192, poison=0)},
                "command": "ps -eo rss,pid,comm --sort=-rss"},
    "policy": {"files": {CONF: "[policy]\nkernle = yes\n"}, "command": "memhpctl policy check"},
    "rule-masked": {"mask": "/etc/udev/rules.d/80-memhpctl.rules", "command": "rm /etc/udev/rules.d/80-memhpctl.rules"},
    "unit-masked": {"mask": "/etc/systemd/system/memhpctl.path", "command": "systemctl unmask memhpctl.path"},
    "not-installed": {"parts": False, "command": "make install"},
    "unwatched": {"lines": "dir /run/systemd/system", "command": "systemctl enable --now memhpctl.path memhpctl-boot.service"},
    "udev-rule": {"files": {f"{RULES}/40-vendor.rules": f"# Their own\n{ONLINING}\nSUBSYSTEM==\"cpu\", ATTR{{online}}=\"1\""},
                  "command": "test -e /etc/udev/rules.d/40-vendor.rules || cp /usr/lib/udev/rules.d/40-vendor.rules /etc/udev/rules.d/; "
                             "sed -i '2 s/^/#/' /etc/udev/rules.d/40-vendor.rules"},
    "udev-offline": {"files": {f"{RULES}/40-vendor.rules": f"# Their own\n{OFFLINING}\n"},
                     "command": "test -e /etc/udev/rules.d/40-vendor.rules || cp /usr/lib/udev/rules.d/40-vendor.rules /etc/udev/rules.d/; "
                                "sed -i '2 s/^/#/' /etc/udev/rules.d/40-vendor.rules"},
    "daxctl": {"files": {"/etc/daxctl.conf.d/a.conf": "[reconfigure-device one]\nmode = system-ram"},
               "command": "mv /etc/daxctl.conf.d/a.conf /etc/daxctl.conf.d/a.conf.off"},
    "auto-online": {"lines": f"file {AUTO_ONLINE} online", "files": {CONF: "[policy]\nkernel = no\n"}, "command": "memhpctl policy apply"},
    "knob": {"files": {CONF: "[policy]\nonline-policy = auto-movable\n"}, "command": "memhpctl policy apply"},
}


def make(machine: Any, lines: str = "", blocks: dict[str, str] | None = None, files: dict[str, str] | None = None, parts: bool = True,
         on: str = "x86-dimm", mask: str = "", first: list[str] | None = None, command: str = "") -> Machine:
    """A machine on which nothing is wrong but what the arguments say."""
    made = machine(on, lines=f"dir /etc/udev/rules.d\n{lines}", blocks=ALL_ONLINE if blocks is None else blocks,
                   files=(PARTS if parts else {}) | (files or {}))
    if mask:
        made.path(mask).parent.mkdir(parents=True, exist_ok=True)
        made.path(mask).symlink_to("/dev/null")
    if first:
        assert made.memhpctl(*first).rc == 0
    return made


def check(made: Machine) -> dict[str, Any]:
    """The document of status --check, whose exit code fits it."""
    result = made.memhpctl("status", "--check", "--json")
    document = result.json()
    wanted = 1 if document["findings"] else 64 if document["unseen"] else 0
    assert result.rc == document["exit_code"] == wanted
    assert document["result"] == {0: "done", 1: "findings", 64: "partial"}[wanted]
    return document


def words(document: dict[str, Any]) -> list[str]:
    """The words of the findings."""
    return [finding["finding"] for finding in document["findings"]]


def test_nothing_is_wrong(machine: Any) -> None:
    made = make(machine)
    document = check(made)
    assert (document["findings"], document["unseen"], document["exit_code"]) == ([], [], 0)
    assert made.memhpctl("status", "--check").out == "Nothing wrong was found.\n"
    assert made.memhpctl("status", "--check", "--quiet").out == ""


def test_every_word_has_a_machine() -> None:
    schema = json.loads((TESTS.parent / "schema/memhpctl.schema.json").read_text())
    assert list(CASES) == schema["$defs"]["finding"]["enum"]


@pytest.mark.parametrize("word", CASES)
def test_a_finding(machine: Any, word: str) -> None:
    made = make(machine, **CASES[word])
    document = check(made)
    found = [finding for finding in document["findings"] if finding["finding"] == word]
    assert len(found) == 1 and found[0]["command"] == CASES[word]["command"], document["findings"]
    # What else is there comes of the same cause, not by itself.
    assert set(words(document)) <= {word} | ({"auto-online"} if word == "ratio" else set()), words(document)
    # With -q only the exit code; plain status, which is no failure, has it in short.
    assert made.memhpctl("status", "--check", "-q")[:2] == (1, "")
    explained, short = made.memhpctl("status", "--check"), made.memhpctl("status")
    assert explained.rc == 1 and f"{word}: {found[0]['about']}: {found[0]['text']}" in explained.out
    assert f"\n  {CASES[word]['command']}\n" in explained.out
    assert short.rc == 0 and re.search(rf"\n  {word} +{re.escape(found[0]['about'])}: {re.escape(CASES[word]['command'])}\n", short.out)
    if word == "policy":
        assert f"{CONF}:2" in found[0]["detail"]


def test_poisoned_memory_is_named_with_its_device(machine: Any) -> None:
    made = make(machine, lines="pages 36 hwpoison=2\npages 5 hwpoison@0x7=1")
    found = check(made)["findings"]
    assert [(one["about"], one["command"]) for one in found] == [("memory5", "memhpctl offline 5"), ("memory36", "memhpctl offline 36")]
    assert "no device" in found[0]["detail"] and "2 pages" in found[1]["detail"] and "device PNP0C80:00" in found[1]["detail"]


def test_mended_by_the_policy(machine: Any) -> None:
    for word in "waiting", "auto-online", "knob":
        made = make(machine, **CASES[word])
        made.path("/run").mkdir()
        assert made.memhpctl(*CASES[word]["command"].split()[1:]).rc == 0
        assert words(check(made)) == [], word


@pytest.mark.parametrize("word", ["left", "ratio"])
def test_the_command_about_blocks_works(machine: Any, word: str) -> None:
    made = make(machine, **CASES[word])
    blocks = CASES[word]["command"].split()[1:]
    assert made.memhpctl(*blocks).rc == 0
    # The fake kernel's /proc does not follow.
    assert made.zones(32) == ["Normal"] if word == "ratio" else words(check(made)) == []


def mend(made: Machine, finding: dict[str, Any]) -> None:
    """Do what a finding says."""
    subprocess.run(["sh", "-c", finding["command"].replace(" /", f" {made.root}/")], check=True)


@pytest.mark.parametrize("rule", [ONLINING, ONLINING.replace(", ", ", \\\n  "), ONLINING.replace(", ", ", \\\n  # comment \\\n# another\n"),
                                  ONLINING.replace(", ", ", \\\r\n") + "\r"])
@pytest.mark.parametrize("folder", [RULES, "/etc/udev/rules.d"])
def test_a_rule_is_mended_alone(machine: Any, folder: str, rule: str) -> None:
    made = make(machine, files={f"{folder}/40-vendor.rules": ""})
    made.path(f"{folder}/40-vendor.rules").write_bytes(f"# Their own\n{rule}\nSUBSYSTEM==\"cpu\", ATTR{{online}}=\"1\"".encode())
    (finding,) = check(made)["findings"]
    assert finding["about"] == f"{folder}/40-vendor.rules:2"
    mend(made, finding)
    assert words(check(made)) == []
    left = made.path("/etc/udev/rules.d/40-vendor.rules").read_text()
    assert "\nSUBSYSTEM==\"cpu\"" in left and "\n#SUBSYSTEM==\"memory\"" in left


def test_a_rule_that_takes_memory_offline_is_mended(machine: Any) -> None:
    made = make(machine, **CASES["udev-offline"])
    (finding,) = check(made)["findings"]
    assert finding["about"] == f"{RULES}/40-vendor.rules:2"
    mend(made, finding)
    assert words(check(made)) == []
    # Where nobody wants the policy, it is none of its business.
    assert words(check(make(machine, parts=False, files=CASES["udev-offline"]["files"], lines=f"file {AUTO_ONLINE} online"))) == []


def test_two_rules_of_a_file_are_mended_one_after_the_other(machine: Any) -> None:
    made = make(machine, files={f"{RULES}/40-vendor.rules": f"{ONLINING}\n# c\n{ONLINING}"})
    for finding in check(made)["findings"]:
        mend(made, finding)
    assert words(check(made)) == []
    assert made.path("/etc/udev/rules.d/40-vendor.rules").read_text() == f"#{ONLINING}\n# c\n#{ONLINING}\n"


def test_a_name_cannot_say_more_to_the_shell(machine: Any, tmp_path: pathlib.Path) -> None:
    name = "a';touch x;'$(touch y).conf"
    made = make(machine)
    made.path("/etc/daxctl.conf.d").mkdir()
    made.path(f"/etc/daxctl.conf.d/{name}").write_text("[reconfigure-device one]\nmode = system-ram\n")
    (finding,) = check(made)["findings"]
    assert shlex.split(finding["command"]) == ["mv", f"/etc/daxctl.conf.d/{name}", f"/etc/daxctl.conf.d/{name}.off"]


def test_what_somebody_took_offline_is_no_finding(machine: Any) -> None:
    made = make(machine, blocks={})
    made.path("/run").mkdir()
    assert made.memhpctl("auto", "--boot").rc == 0 and words(check(made)) == []
    assert made.memhpctl("offline", "36").rc == 0 and words(check(made)) == []
    # A rule that says so is none either.
    assert words(check(make(machine, blocks={}, files={CONF: "[rule a]\naction = leave\n"}))) == []


def test_memory_may_have_been_taken_offline_before_the_service_ran(machine: Any) -> None:
    """memhpctl cannot tell it from memory that waits then, and says so."""
    made = make(machine, parts=False)
    made.path("/run").mkdir()
    assert made.memhpctl("offline", "36").rc == 0
    (waiting,) = [one for one in check(made)["findings"] if one["finding"] == "waiting"]
    assert "nothing tells memhpctl" in waiting["detail"] and "taken offline on purpose" in waiting["detail"]
    assert made.memhpctl("auto", "--boot").rc == 0 and made.memhpctl("offline", "37").rc == 0
    assert "on purpose" not in json.dumps(check(made))


def test_the_limit_on_movable_memory_leaves_it(machine: Any) -> None:
    made = make(machine, blocks={}, files={CONF: "[rule a]\naction = online_movable\nmax-movable-ratio = 26%\nover-ratio = leave\n"})
    (finding,) = check(made)["findings"]
    assert finding["finding"] == "left" and "the limit on movable memory" in finding["detail"]


def test_memory_that_a_pass_is_about_to_bring_online_does_not_wait(machine: Any) -> None:
    made = make(machine, blocks={})
    made.path("/run/memhpctl").mkdir(parents=True, mode=0o700)
    (made.path("/run/memhpctl") / "pending").touch(0o600)
    assert words(check(made)) == []
    made.path("/run/memhpctl/pending").rename(made.path("/run/memhpctl/failed"))
    (finding,) = check(made)["findings"]
    assert finding["finding"] == "waiting" and "gave up" in finding["detail"]


def test_units_that_are_not_enabled(machine: Any) -> None:
    made = make(machine, lines="dir /run/systemd/system")
    assert words(check(made)) == ["unwatched"]
    made.path("/etc/systemd/system/sysinit.target.wants").mkdir(parents=True)
    made.path("/etc/systemd/system/sysinit.target.wants/memhpctl.path").symlink_to(f"{UNITS}/memhpctl.path")
    assert words(check(made)) == []
    # Somebody else brings it online, and nobody wants the policy: not wrong.
    other = make(machine, parts=False, files={f"{RULES}/40-vendor.rules": ONLINING})
    assert words(check(other)) == []


@pytest.mark.parametrize("changed, word, why", [
    ({"files": {"/proc/meminfo": "MemTotal: 3096576 kB\nMemFree: 2097152 kB\nMemAvailable: 2097152 kB"}}, "poisoned", "HardwareCorrupted"),
    ({"files": {"/proc/zoneinfo": "nothing"}}, "ratio", "zoneinfo"),
    ({"files": {f"{RULES}/50-program.rules": 'SUBSYSTEM=="memory", RUN+="/opt/x"'}}, "udev-rule", "50-program.rules:1"),
])
def test_what_cannot_be_seen_is_not_fine(machine: Any, changed: dict[str, Any], word: str, why: str) -> None:
    made = make(machine, **changed)
    document = check(made)
    assert document["exit_code"] == 64 and document["findings"] == []
    assert any(one["finding"] == word and why in one["text"] for one in document["unseen"]), document["unseen"]
    text = made.memhpctl("status", "--check").out
    assert text.startswith("Nothing wrong was found, but not everything could be seen:\n") and why in text
    # Plain status does not go on about it.
    assert why not in made.memhpctl("status").out


def test_rules_that_are_too_many_are_not_judged(machine: Any) -> None:
    made = make(machine)
    for i in range(1025):
        made.path(f"/run/udev/rules.d/{i}.rules").parent.mkdir(parents=True, exist_ok=True)
        made.path(f"/run/udev/rules.d/{i}.rules").touch()
    for word in "udev-rule", "udev-offline":
        (unseen,) = [one for one in check(made)["unseen"] if one["finding"] == word]
        assert "more than 1024 files" in unseen["text"]


def test_a_node_that_may_have_no_processor_needs_no_kernel_memory(machine: Any) -> None:
    made = machine("dax-kmem", lines="block 47 online zone=Movable")
    assert "ratio" not in words(check(made))
    made.path("/sys/devices/system/node/node1/cpulist").chmod(0)
    document = check(made)
    assert "ratio" not in words(document) and "ratio" in [one["finding"] for one in document["unseen"]], document
    assert "  ?             not known: ratio, waiting, left, others\n" in made.memhpctl("status").out


def test_no_provider_is_wider_than_a_terminal(machine: Any) -> None:
    text = machine("cxl").memhpctl("status").out
    assert "modules:" in text and max(map(len, text.splitlines())) <= 80, text
    for module in ("cxl_acpi", "cxl_port", "cxl_mem", "device_dax", "kmem"):
        assert f"{module} unknown" in text


def test_a_knob_that_cannot_be_read_may_contradict(machine: Any) -> None:
    made = make(machine, files={CONF: "[policy]\nonline-policy = auto-movable\n"})
    path = made.path("/sys/module/memory_hotplug/parameters/online_policy")
    path.unlink()
    path.mkdir()
    document = check(made)
    assert "knob" not in words(document) and "knob" in [one["finding"] for one in document["unseen"]]


def test_whether_new_memory_stays_offline_may_not_be_known(machine: Any) -> None:
    """It was 'Nothing is wrong', although nothing is installed."""
    made = make(machine, parts=False)
    assert words(check(made)) == ["not-installed"]
    path = made.path("auto_online_blocks")
    path.unlink()
    path.mkdir()
    document = check(made)
    assert (words(document), document["exit_code"]) == ([], 64)
    assert {"finding": "not-installed", "text": "auto_online_blocks could not be read"} in document["unseen"]


@pytest.fixture
def users_tree(tmp_path: pathlib.Path) -> Iterator[Machine]:
    """A machine whose files another user may read."""
    description = read_description(describe("x86-dimm", blocks={}, files=PARTS), "x86-dimm")
    expand(description, str(tmp_path / "tree"))
    for folder in tmp_path.parents:
        if folder.owner() != "root" or folder == pathlib.Path("/tmp"):
            break
        folder.chmod(0o755)
    tmp_path.chmod(0o755)
    yield Machine(tmp_path / "tree", tmp_path / "tree", description)


def test_without_root_it_is_never_fine(users_tree: Machine) -> None:
    result = as_nobody(users_tree, "status", "--check", "--json")
    document = result.json()
    assert result.rc == 64 and document["findings"] == []
    assert {"waiting", "left", "poisoned-offline"} <= {one["finding"] for one in document["unseen"]}


def test_a_kernel_without_memory_blocks_cannot_be_checked(machine: Any) -> None:
    made = machine("no-hotplug")
    assert made.memhpctl("status").rc == 0
    result = made.memhpctl("status", "--check", "--json")
    assert result.rc == 64 and result.json()["supported"] is False
