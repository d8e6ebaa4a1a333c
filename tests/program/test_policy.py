# SPDX-License-Identifier: GPL-2.0-or-later
"""memhpctl policy and wait on described machines: which rule wins, what is written, who competes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

from machine import MEMORY, PATIENCE, find_program, run

CONF = "/etc/memhpctl.conf"


def written(made: Any) -> list[tuple[str, str]]:
    """Block and word of each write to a state, in their order."""
    return [(entry.name.removesuffix("/state").removeprefix("memory"), entry.word)
            for entry in made.begun() if entry.name.endswith("/state")]


def winners(made: Any, *words: str) -> dict[str, tuple[str | None, str]]:
    """For each run of blocks, or each device that has one, the rule and the action."""
    document = made.memhpctl("policy", "test", "--json", *words).json()
    return {answer["device"] or answer["provider"]: (answer["rule"], answer["action"]) for answer in document["answers"]}


KVM = {"/proc/cpuinfo": "flags : fpu hypervisor lahf_lm\n", "/sys/class/dmi/id/sys_vendor": "QEMU",
       "/sys/devices/system/clocksource/clocksource0/available_clocksource": "kvm-clock tsc"}
HYPERV = {"/sys/class/dmi/id/sys_vendor": "Microsoft Corporation", "/sys/class/dmi/id/product_name": "Virtual Machine"}
SURFACE = {"/sys/class/dmi/id/sys_vendor": "Microsoft Corporation", "/sys/class/dmi/id/product_name": "Surface Book 2"}
ZVM = {"/proc/sys/kernel/arch": "s390x", "/proc/sysinfo": "VM00 Control Program: z/VM    7.2.0\n"}
GPU = "blocks 200-201 offline\niomem 0x640000000-0x64fffffff 'System RAM (NVIDIA)'\n"


@pytest.mark.parametrize("name, files, lines, device, rule, action, word", [
    ("x86-dimm", {}, "", "PNP0C80:00", "dimm-on-metal", "online_movable", "online_movable"),
    ("x86-dimm", SURFACE, "", "PNP0C80:00", "dimm-on-metal", "online_movable", "online_movable"),
    ("x86-dimm", KVM, "", "PNP0C80:00", "rest", "online", "online_kernel"),     # the zone that the kernel would take
    ("x86-dimm", HYPERV, "", "PNP0C80:00", "balloon", "online_kernel", "online_kernel"),
    ("x86-dimm", {}, GPU, "driver", "foreign", "leave", None),
    ("dax-kmem", {}, "blocks 44-47 offline\n", "dax0.0", "dax", "online_movable", "online_movable"),
    ("virtio-mem", KVM, "blocks 38-39 offline\n", "virtio0", "rest", "online", "online"),
    ("virtio-mem", ZVM, "blocks 38-39 offline\n", "virtio0", "rest", "online", "online"),
    ("hyperv", {}, "blocks 46-47 offline\n", "hyperv", "balloon", "online_kernel", "online_kernel"),
    ("xen", {}, "", "xen", "balloon", "online_kernel", "online_kernel"),
    ("xen", {"/proc/xen/capabilities": "control_d"}, "", "xen", "dom0", "online_kernel", "online_kernel"),
    ("s390-new", {}, "", "sclp10", "s390", "leave", None),
    ("s390-old", {}, "blocks 14-15 offline\n", "increment1", "s390", "leave", None),
    ("pseries-v1", {}, "blocks 3 offline\n", "drc-80000003", "ppc64", "leave", None),
    ("pseries-v2", {}, "blocks 11 offline\n", "drc-8000000b", "ppc64", "leave", None),
    ("pseries-v2", {"/proc/sys/kernel/arch": "ppc64"}, "blocks 11 offline\n", "drc-8000000b", "ppc64", "leave", None),
])
def test_the_built_in_rules(machine: Any, name: str, files: dict[str, str], lines: str, device: str, rule: str, action: str,
                            word: str | None) -> None:
    """Which rule `test` names, and that the runner writes it, or nothing."""
    made = machine(name, files=files, lines=lines)
    found = winners(made)
    assert device in found, found
    assert found[device] == (f"built-in-{rule}", action)
    offline = {number for number, state in made.states().items() if state == "offline"}
    made.path("/run").mkdir(exist_ok=True)
    result = made.memhpctl("auto", "--boot")
    assert result.rc == 0, result.err
    assert made.read("auto_online_blocks") == "offline"
    words = dict(written(made))
    if word:
        assert words and set(words.values()) == {word}
    else:
        assert not set(words) & {str(number) for number in offline if device != "driver" or number >= 200}


def test_a_file_goes_before_the_built_in_rules(machine: Any) -> None:
    made = machine("x86-dimm", files={CONF: "[rule mine]\ndevice = PNP0C80:*\nnode = 0\naction = online_kernel\n"})
    assert winners(made)["PNP0C80:00"] == ("mine", "online_kernel")
    shown = made.memhpctl("policy", "show", "--json").json()
    assert shown["files"] == [CONF, "built-in"]
    assert (shown["rules"][0]["rule"], shown["rules"][0]["file"], shown["rules"][0]["line"]) == ("mine", CONF, 1)


def test_a_rule_for_kvm_fits_under_kvm(machine: Any) -> None:
    """oVirt's texts are its own; the clock is KVM's."""
    made = machine("x86-dimm", files={**KVM, "/sys/class/dmi/id/sys_vendor": "oVirt", "/sys/class/dmi/id/product_name": "oVirt Node",
                                      CONF: "[rule dimm]\nprovider = acpi\nvirt = kvm\naction = online_movable\n"})
    assert winners(made)["PNP0C80:00"] == ("dimm", "online_movable")


def test_a_question_without_a_block(machine: Any) -> None:
    made = machine("x86-dimm", files={CONF: "[rule a]\nblock = 3\naction = leave\n[rule b]\naddress = 0x0-0xffffffff\naction = leave\n"})
    answer, = made.memhpctl("policy", "test", "--json", "--provider=acpi", "--virt=microsoft").json()["answers"]
    assert (answer["rule"], answer["action"]) == ("built-in-balloon", "online_kernel")
    assert [rule["is"] for rule in answer["passed_over"]][:2] == ["(not said)"] * 2


def test_what_show_prints_is_a_policy(machine: Any) -> None:
    shown = machine("x86-dimm").memhpctl("policy", "show").out
    again = machine("x86-dimm", files={CONF: shown.replace("built-in-rules = yes", "built-in-rules = no")})
    result = again.memhpctl("policy", "show")
    assert result.rc == 0, result.err
    assert [line for line in result.out.splitlines() if line.startswith("[rule")] == \
        [line for line in shown.splitlines() if line.startswith("[rule")]


def test_the_last_drop_in_wins_for_keys_and_the_first_rule_decides(machine: Any) -> None:
    """The example of memhpctl.conf(5)."""
    page = (Path(__file__).resolve().parents[2] / "man/memhpctl.conf.5").read_text()
    texts = re.findall(r"^\.Pa (/\S+\.conf) :\n\.Bd.*?\n(.*?)\.Ed$", page, re.MULTILINE | re.DOTALL)
    assert [path for path, _ in texts] == ["/usr/lib/memhpctl.d/10-vendor.conf", "/etc/memhpctl.d/90-site.conf"]
    made = machine("x86-dimm", files={**dict(texts), CONF: "[policy]\nretries = 1\nratio-scope = node\n"})
    shown = made.memhpctl("policy", "show").out
    assert "retries = 9  # /etc/memhpctl.d/90-site.conf:2\n" in shown and f"ratio-scope = node  # {CONF}:3\n" in shown
    assert re.findall(r"^\[rule (.*)\]$", shown, re.MULTILINE)[:2] == ["vendor", "site"]
    assert "online_kernel, by rule vendor" in made.memhpctl("policy", "test", "36").out


def test_a_mistake_stops_everything(machine: Any) -> None:
    made = machine("x86-dimm", files={"/etc/memhpctl.d/10-a.conf": "[rule a]\naction = online_kernel\n",
                                      CONF: "[policy]\nretires = 3\n"})
    for verb in ("show", "check", "test", "apply"):
        result = made.memhpctl("policy", verb)
        assert result.rc == 1 and result.err.startswith(f"memhpctl: {made.path(CONF)}:2: 'retires' is not a key of [policy]"), result.err
    assert not made.begun()


def test_apply(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("policy", "apply", "--json")
    assert result.rc == 0, result.err
    assert written(made) == [(str(number), "online_movable") for number in (39, 38, 37, 36)]
    assert result.json()["totals"]["changed"] == 4
    assert made.read("auto_online_blocks") == "offline"


def test_a_node_with_very_many_processors_has_some(machine: Any) -> None:
    cpus = ",".join(str(number) for number in range(0, 4000, 2))
    made = machine("dax-kmem", files={"/sys/devices/system/node/node0/cpulist": cpus + "\n", CONF: "[rule far]\nnode = cpuless\naction = leave\n"})
    assert winners(made, "5", "47") == {"none": ("built-in-rest", "online"), "dax0.0": ("far", "leave")}


def test_a_knob_that_cannot_be_read_is_not_restored_in_silence(machine: Any) -> None:
    made = machine("x86-dimm", lines="file /sys/devices/system/memory/auto_online_blocks online\ndir /run")
    assert made.memhpctl("auto", "--boot").rc == 0 and made.read("auto_online_blocks") == "offline"
    made.path("auto_online_blocks").unlink()
    made.path("auto_online_blocks").mkdir()
    result = made.memhpctl("auto", "--restore")
    assert result.rc == 1 and "auto_online_blocks, which is left alone" in result.err


def test_apply_dry_run_writes_nothing(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.memhpctl("policy", "apply", "-n")
    assert result.rc == 0
    assert "would write online_movable to memory39 down to memory36 (4 blocks, 512M)" in result.out
    assert not made.begun()


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_knobs_that_were_set_are_told_if_the_pass_fails(machine: Any, words: list[str]) -> None:
    made = machine("x86-dimm", lines="file /sys/devices/system/memory/auto_online_blocks online\ndir /run/memhpctl")
    made.path("/run/memhpctl/known").symlink_to("elsewhere")
    result = made.memhpctl("policy", "apply", *words)
    assert made.read("auto_online_blocks") == "offline" and result.rc == 64, result.err
    assert "cannot read which blocks were online before" in result.err
    if words:
        assert (result.json()["result"], [knob["after"] for knob in result.json()["knobs"]]) == ("partial", ["offline"])
        assert result.json()["block_size"] == 128 << 20
    else:
        assert result.out == "auto_online_blocks: offline, was online\n"


def test_apply_to_some(machine: Any) -> None:
    made = machine("x86-dimm")
    assert made.memhpctl("policy", "apply", "37-38").rc == 0
    assert written(made) == [("38", "online_movable"), ("37", "online_movable")]


def test_what_came_online_is_noted_and_below_a_root_no_hook_runs(machine: Any) -> None:
    made = machine("x86-dimm", files={"/etc/memhpctl/hooks.d/hook": "#!/bin/sh\n"})
    made.path("/run").mkdir(exist_ok=True)
    hook = made.path("/etc/memhpctl/hooks.d/hook")
    hook.write_text(f"#!/bin/sh\ntouch {made.root}/ran\n")
    hook.chmod(0o755)
    assert made.memhpctl("policy", "apply", "-n").rc == 0
    assert not made.path("/run/memhpctl/changed").exists()
    assert made.memhpctl("policy", "apply", "36", "38").rc == 0
    size = 128 << 20
    assert made.read("/run/memhpctl/changed") == f'MEMHPCTL_BLOCKS="36 38"\nMEMHPCTL_NODES="0"\nMEMHPCTL_BYTES={2 * size}'
    assert made.memhpctl("auto", "--boot").rc == 0
    noted = f'MEMHPCTL_BLOCKS="36-39"\nMEMHPCTL_NODES="0"\nMEMHPCTL_BYTES={4 * size}'
    assert made.read("/run/memhpctl/changed") == noted
    # A pass that changes nothing notes nothing.
    assert made.memhpctl("policy", "apply").rc == made.memhpctl("auto", "--announce").rc == 0
    assert made.read("/run/memhpctl/changed") == noted
    # What is damaged is left out: the next pass says what it knows.
    made.set("/run/memhpctl/changed", "MEMHPCTL_BLOCKS=\"x 5-3 99999999999999999999 7\nnonsense\nMEMHPCTL_BYTES=x")
    made.path("/run/memhpctl/changed").chmod(0o600)
    assert made.memhpctl("offline", "39").rc == made.memhpctl("policy", "apply").rc == 0
    assert made.read("/run/memhpctl/changed") == f'MEMHPCTL_BLOCKS="7 39"\nMEMHPCTL_NODES="0"\nMEMHPCTL_BYTES={size}'
    # A pass that was killed had moved the note.
    made.path("/run/memhpctl/changed").rename(made.path("/run/memhpctl/changed.old"))
    assert made.memhpctl("offline", "38").rc == made.memhpctl("policy", "apply").rc == 0
    assert made.read("/run/memhpctl/changed") == f'MEMHPCTL_BLOCKS="7 38-39"\nMEMHPCTL_NODES="0"\nMEMHPCTL_BYTES={2 * size}'
    assert not made.path("/run/memhpctl/changed.old").exists()
    made.wait_for(lambda: not made.processes())
    assert not (made.root / "ran").exists()


def test_the_guard(machine: Any) -> None:
    made = machine("x86-dimm", files={CONF: "[policy]\nmax-movable-ratio = 10%\n"})
    assert made.memhpctl("policy", "apply").rc == 0
    assert {word for _, word in written(made)} == {"online_kernel"}


def test_the_guard_of_a_node_where_there_are_no_nodes(machine: Any) -> None:
    """A kernel without NUMA, as on s390: the guard was not asked."""
    made = machine("s390-new", files={CONF: "[policy]\nmax-movable-ratio = 0%\nratio-scope = node\n[rule a]\naction = online_movable\n"})
    assert made.memhpctl("policy", "apply", "10").rc == 0 and made.zones(10) == ["Normal"]


def test_the_kernel_does_it(machine: Any) -> None:
    conf = "[policy]\nkernel = yes\nonline-policy = auto-movable\nmax-movable-ratio = 200%\n[rule all]\naction = online\n"
    made = machine("x86-dimm", files={CONF: conf})
    assert made.memhpctl("policy", "apply").rc == 0
    assert made.read("auto_online_blocks") == "online"
    assert made.read("/sys/module/memory_hotplug/parameters/online_policy") == "auto-movable"
    assert made.read("/sys/module/memory_hotplug/parameters/auto_movable_ratio") == "200"


LIB, ETC = "/usr/lib/systemd/system", "/etc/systemd/system"
RULE_FILE = "/usr/lib/udev/rules.d/80-memhpctl.rules"
OWN_UNITS = ("memhpctl.path", "memhpctl.service", "memhpctl-boot.service", "memhpctl-restore.service", "memhpctl-changed.path",
             "memhpctl-changed.target", "memhpctl-changed.service")
INSTALLED = {RULE_FILE: "#"} | {f"{LIB}/{unit}": "[Unit]\n" for unit in OWN_UNITS}
ENABLED = {f"{ETC}/sysinit.target.wants/{unit}": "[Unit]\n" for unit in ("memhpctl.path", "memhpctl-boot.service")}
AUTO = "/sys/devices/system/memory/auto_online_blocks"
RULE = "[rule all]\naction = online_kernel\n"
GRACE = {"/proc/sys/kernel/arch": "aarch64", AUTO: "online_movable", "/sys/class/dmi/id/sys_vendor": "NVIDIA"}
GUEST = {**KVM, AUTO: "online"}


@pytest.mark.parametrize("name, files, decides, after", [
    # The command line is the administrator's word, unless a file of ours says something.
    ("x86-dimm", {"/proc/cmdline": "memhp_default_state=online", AUTO: "online"}, "the kernel", "online"),
    ("x86-dimm", {"/proc/cmdline": "memhp_default_state=online", AUTO: "online", CONF: RULE}, "memhpctl", "offline"),
    ("x86-dimm", {"/proc/cmdline": "memhp_default_state=online", AUTO: "online", CONF: "[policy]\nkernel = no\n"}, "memhpctl", "offline"),
    ("x86-dimm", {"/proc/cmdline": "memhp_default_state=online", AUTO: "online", CONF: "[policy]\nretries = 2\n"}, "the kernel", "online"),
    # A kernel that does it by itself: only where the policy says something else.
    ("x86-dimm", {AUTO: "online"}, "memhpctl", "offline"),
    ("x86-dimm", GUEST, "the kernel", "online"),
    ("x86-dimm", {**GUEST, AUTO: "online_movable"}, "memhpctl", "offline"),
    ("x86-dimm", {**GUEST, CONF: "[policy]\nkernel = no\n"}, "memhpctl", "offline"),
    ("x86-dimm", {**GUEST, CONF: RULE}, "memhpctl", "offline"),
    ("x86-dimm", {**GUEST, AUTO: "online_kernel", CONF: RULE}, "the kernel", "online_kernel"),
    ("x86-dimm", {**GUEST, CONF: "[rule a]\nnode = 1\naction = leave\n"}, "memhpctl", "offline"),
    ("dax-kmem", GUEST, "memhpctl", "offline"),
    ("virtio-mem", GUEST, "the kernel", "online"),
    ("x86-dimm", {**GUEST, AUTO: "offline"}, "memhpctl", "offline"),
    # A driver that needs the kernel's onlining.
    ("x86-bare", GRACE, "the kernel", "online_movable"),
    ("x86-bare", {**GRACE, "/sys/class/dmi/id/sys_vendor": "Acme", "/sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de",
                  "/sys/bus/pci/devices/0000:01:00.0/class": "0x030200"}, "the kernel", "online_movable"),
    ("x86-dimm", {**GRACE, "/sys/class/dmi/id/sys_vendor": "Acme"}, "memhpctl", "offline"),
    ("x86-bare", {**GRACE, CONF: "[policy]\nkernel = no\n"}, "memhpctl", "offline"),
])
def test_who_decides(machine: Any, name: str, files: dict[str, str], decides: str, after: str) -> None:
    made = machine(name, files=files)
    made.path("/run").mkdir(exist_ok=True)
    before = made.read("auto_online_blocks")
    checked = made.memhpctl("policy", "check", "--json").json()
    assert checked["decides"] == decides, checked
    assert ("coherent-gpu" in [warning["warning"] for warning in checked["warnings"]]) == ("coherent" in checked["why"])
    planned = made.memhpctl("policy", "apply", "-n", "--json").json()["knobs"]
    assert made.memhpctl("auto", "--boot").rc == 0
    assert made.read("auto_online_blocks") == after
    changes = [] if before == after else [{"knob": "auto_online_blocks", "before": before, "after": after, "result": "planned"}]
    assert planned == changes


def test_what_the_rules_leave_offline_is_said(machine: Any) -> None:
    """Memory that a rule leaves is no memory that is not there."""
    made = machine("s390-new")
    left = "policy: left offline by the rules: 1 block, 256M; memhpctl policy test shows which\n"
    for words in (), ("10",):
        result = made.memhpctl("policy", "apply", "-n", *words)
        assert (result.rc, result.out) == (0, left), words
    assert made.memhpctl("policy", "apply", "-n", "9").out == "policy: no selected block is offline\n"
    some = machine("x86-dimm", files={CONF: "[rule one]\nblock = 38\naction = leave\n"})
    result = some.memhpctl("policy", "apply")
    assert result.rc == 0 and some.state(38) == "offline"
    assert result.out.endswith("\npolicy: left offline by the rules: 1 block, 128M; memhpctl policy test shows which\n")


def test_memory_that_cannot_be_read_may_be_offline(machine: Any) -> None:
    made = machine("x86-dimm", lines="blocks 36-39 online zone=Movable\n")
    state = made.path(f"{MEMORY}/memory36/state")
    state.unlink()
    state.mkdir()
    result = made.memhpctl("policy", "apply", "-n")
    assert result.rc == 1 and result.out == "" and "cannot read memory36: Is a directory" in result.err


def test_a_knob_is_said_with_both_values(machine: Any) -> None:
    made = machine("x86-bare", files={AUTO: "online", CONF: RULE})
    made.set("auto_online_blocks", "online_movable")
    result = made.memhpctl("policy", "apply")
    assert (result.rc, result.out) == (0, "auto_online_blocks: offline, was online_movable\n")
    assert made.memhpctl("policy", "apply", "-n").out == "policy: no memory is offline\n"
    made.set("auto_online_blocks", "online")
    knob, = made.memhpctl("policy", "apply", "--json").json()["knobs"]
    assert knob == {"knob": "auto_online_blocks", "before": "online", "after": "offline", "result": "changed"}


def test_two_processes_note_knobs_one_after_the_other(machine: Any) -> None:
    policy = "/sys/module/memory_hotplug/parameters/online_policy"
    made = machine("x86-bare", files={AUTO: "online", CONF: RULE})
    made.path("/run").mkdir(exist_ok=True)
    assert made.memhpctl("auto", "--boot").rc == 0
    made.set(CONF, RULE + "[policy]\nonline-policy = auto-movable")
    # The service stops, and a command sets another knob meanwhile.
    made.rules("auto_online_blocks write delay 2s 1")
    before = len(made.begun())
    stopping = made.start("auto", "--restore")
    made.wait_for(lambda: len(made.begun()) > before)
    assert made.memhpctl("policy", "apply").rc == 0
    stopping.communicate()
    assert (made.read("auto_online_blocks"), made.read(policy)) == ("offline", "auto-movable")
    assert made.memhpctl("auto", "--restore").rc == 0
    assert (made.read("auto_online_blocks"), made.read(policy)) == ("online", "contig-zones")


def test_the_knobs_are_given_back(machine: Any) -> None:
    made = machine("x86-bare", files={AUTO: "online", CONF: RULE + "[policy]\nonline-policy = auto-movable\n"})
    made.path("/run").mkdir(exist_ok=True)
    policy = "/sys/module/memory_hotplug/parameters/online_policy"
    for _ in range(2):
        assert made.memhpctl("auto", "--boot").rc == 0
        assert (made.read("auto_online_blocks"), made.read(policy)) == ("offline", "auto-movable")
        # Once more, as after a change of the configuration.
        assert made.memhpctl("auto", "--boot").rc == 0
        assert made.memhpctl("auto", "--restore").rc == 0
        assert (made.read("auto_online_blocks"), made.read(policy)) == ("online", "contig-zones")
        assert made.memhpctl("auto", "--restore").rc == 0
        assert made.read("auto_online_blocks") == "online"


def test_an_upgrade_leaves_what_was_set_by_hand(machine: Any) -> None:
    made = machine("x86-bare", files={AUTO: "online", CONF: RULE})
    made.path("/run").mkdir(exist_ok=True)
    assert made.memhpctl("auto", "--boot").rc == 0
    made.set("auto_online_blocks", "online_movable")
    for words in (["--restore"], ["--boot"], ["--restore"], ["--boot"]):
        assert made.memhpctl("auto", *words).rc == 0
        assert made.read("auto_online_blocks") == "online_movable"
    assert made.memhpctl("policy", "apply").rc == 0
    assert made.read("auto_online_blocks") == "offline"
    assert made.memhpctl("auto", "--restore").rc == 0
    assert made.read("auto_online_blocks") == "online_movable"


def test_competitors(machine: Any) -> None:
    made = machine("x86-dimm", files={
        "/usr/lib/udev/rules.d/40-redhat.rules": '# c\nSUBSYSTEM=="memory", ACTION=="add", ATTR{state}="online"',
        "/usr/lib/udev/rules.d/41-masked.rules": 'SUBSYSTEM=="memory", ATTR{state}="online"',
        "/etc/udev/rules.d/41-masked.rules": "# nothing of memory",
        "/usr/lib/udev/rules.d/42-reads.rules": 'SUBSYSTEM=="memory", ATTR{state}=="offline", TAG+="x"',
        "/usr/lib/udev/rules.d/50-kdump-tools.rules": 'SUBSYSTEM=="memory", PROGRAM="/usr/sbin/kdump-config try-reload"',
        "/usr/lib/udev/rules.d/98-kdump.rules": 'SUBSYSTEM=="memory", ATTRS{crash_hotplug}=="1", GOTO="e"\n'
                                                'SUBSYSTEM=="memory", RUN+="kdump"\nLABEL="e"',
        "/etc/daxctl.conf.d/a.conf": "[reconfigure-device one]\nmode = system-ram",
        "/proc/cmdline": "quiet memhp_default_state=online"})
    result = made.memhpctl("policy", "check", "--json")
    found = {(warning["warning"], warning["place"]) for warning in result.json()["warnings"]}
    assert found >= {("udev-rule", "/usr/lib/udev/rules.d/40-redhat.rules:2"),
                     ("kdump-rule", "/usr/lib/udev/rules.d/50-kdump-tools.rules:1"),
                     ("daxctl", "/etc/daxctl.conf.d/a.conf"), ("command-line", "/proc/cmdline")}
    assert not [place for _, place in found if "masked" in place or "reads" in place or "98-kdump" in place]


RULES = {
    # The numbers of the lines that bring memory online; the files as the distributions have them.
    "40-redhat.rules": ([12], """# do not edit this file, it will be overwritten on update

# CPU hotadd request
SUBSYSTEM=="cpu", ACTION=="add", TEST=="online", ATTR{online}=="0", ATTR{online}="1"

# Memory hotadd request
SUBSYSTEM!="memory", GOTO="memory_hotplug_end"
ACTION!="add", GOTO="memory_hotplug_end"
CONST{arch}=="s390*", GOTO="memory_hotplug_end"
ENV{.state}="online"
CONST{virt}=="none", ENV{.state}="online_movable"
ATTR{state}=="offline", ATTR{state}="$env{.state}"
LABEL="memory_hotplug_end"
"""),
    "40-redhat-7.rules": ([2], """# Memory hotadd request
SUBSYSTEM=="memory", ACTION=="add", PROGRAM="/bin/uname -p", RESULT!="s390*", ATTR{state}=="offline", ATTR{state}="online"
"""),
    "40-vm-hotadd.rules": ([9], """# On Hyper-V and Xen Virtual Machines we want to add memory and cpus as soon as they appear
ATTR{[dmi/id]sys_vendor}=="Microsoft Corporation", ATTR{[dmi/id]product_name}=="Virtual Machine", GOTO="vm_hotadd_apply"
ATTR{[dmi/id]sys_vendor}=="Xen", GOTO="vm_hotadd_apply"
GOTO="vm_hotadd_end"

LABEL="vm_hotadd_apply"

# Memory hotadd request
SUBSYSTEM=="memory", ACTION=="add", DEVPATH=="/devices/system/memory/memory[0-9]*", TEST=="state", ATTR{state}!="online", ATTR{state}="online"

# CPU hotadd request
SUBSYSTEM=="cpu", ACTION=="add", DEVPATH=="/devices/system/cpu/cpu[0-9]*", TEST=="online", ATTR{online}!="1", ATTR{online}="1"

LABEL="vm_hotadd_end"
"""),
    "80-hotplug-cpu-mem.rules": ([5], """# Hotplug physical CPU
SUBSYSTEM=="cpu", ACTION=="add", TEST=="online", ATTR{online}=="0", ATTR{online}="1"
# Hotplug physical memory \\
# SUBSYSTEM=="memory", ACTION=="add", ATTR{state}="online"
SUBSYSTEM=="memory", ACTION=="add", TEST=="state", ATTR{state}=="offline", \\
    ATTR{state} = "online"
"""),
    "99-xen.rules": ([1], """SUBSYSTEM=="memory", ACTION=="add", RUN+="/bin/sh -c '[ -f /sys$devpath/state ] && echo online > /sys$devpath/state'"
SUBSYSTEM=="memory", ACTION=="offline", ENV{online}="0"
"""),
    "99-online.rules": ([1], 'SUBSYSTEM=="memory", ACTION=="add", ATTR{online}=="0", ATTR{online}="1"\n'),
    "40-redhat-6.rules": ([2], """SUBSYSTEM=="cpu", ACTION=="add", TEST=="online", ATTR{online}=="0", ATTR{online}="1"
SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"
"""),
    "40-redhat-7.6.rules": ([5], """SUBSYSTEM!="memory", ACTION!="add", GOTO="memory_hotplug_end"
PROGRAM="/bin/uname -p", RESULT=="s390*", GOTO="memory_hotplug_end"
ENV{.state}="online"
PROGRAM="/bin/systemd-detect-virt", RESULT=="none", ENV{.state}="online_movable"
ATTR{state}=="offline", ATTR{state}="$env{.state}"
LABEL="memory_hotplug_end"
"""),
    # As NVIDIA's guide for POWER9 edits it.
    "40-redhat-nvidia.rules": ([], """SUBSYSTEM=="*", GOTO="memory_hotplug_end"
ENV{.state}="online"
ATTR{state}=="offline", ATTR{state}="$env{.state}"
LABEL="memory_hotplug_end"
"""),
    "40-redhat-hotplug.rules": ([11], """SUBSYSTEM!="cpu", GOTO="cpu_online_end"
CONST{arch}=="s390*", ATTR{configure}=="0", GOTO="cpu_online_end"
TEST=="online", ATTR{online}=="0", ATTR{online}="1"
LABEL="cpu_online_end"

SUBSYSTEM!="memory", GOTO="memory_hotplug_end"
ACTION!="add", GOTO="memory_hotplug_end"
CONST{arch}=="ppc64*", GOTO="memory_hotplug_end"
ENV{.state}="online"
CONST{virt}=="none", ENV{.state}="online_movable"
ATTR{state}=="offline", ATTR{state}="$env{.state}"
LABEL="memory_hotplug_end"
"""),
    "40-config-memhotplug.rules": ([5], """SUBSYSTEM!="memory", GOTO="memory_hotplug_end"
ACTION!="add", GOTO="memory_hotplug_end"
PROGRAM=="grep online /sys/devices/system/memory/auto_online_blocks", GOTO="memory_hotplug_end"
ENV{.state}="online"
ATTR{state}=="offline", ATTR{state}="$env{.state}"
LABEL="memory_hotplug_end"
"""),
    "80-hotplug-zvm.rules": ([4], """SUBSYSTEM!="memory", GOTO="memory_end"
ACTION!="add", GOTO="memory_end"
PROGRAM=="/bin/sh -c '/usr/bin/systemd-detect-virt || :'", RESULT=="zvm", GOTO="memory_end"
TEST=="state", ATTR{state}=="offline", ATTR{state}="online"
LABEL="memory_end"
"""),
    "40-vm-hotadd-14.rules": ([5], """ATTR{[dmi/id]sys_vendor}=="Microsoft Corporation", ATTR{[dmi/id]product_name}=="Virtual Machine", GOTO="vm_hotadd_apply"
ATTR{[dmi/id]sys_vendor}=="Xen", GOTO="vm_hotadd_apply"
GOTO="vm_hotadd_end"
LABEL="vm_hotadd_apply"
SUBSYSTEM=="memory", ACTION=="add", DEVPATH=="/devices/system/memory/memory[0-9]*", TEST=="state", ATTR{state}="online"
LABEL="vm_hotadd_end"
"""),
    "100-balloon.rules": ([1], 'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}="online"\n'),
    "99-vmware-hotplug-udev.rules": ([2], """ACTION=="add", SUBSYSTEM=="cpu", ATTR{online}="1"
ACTION=="add", SUBSYSTEM=="memory", ATTR{state}="online"
"""),
    "99-no-blanks.rules": ([1], 'SUBSYSTEM=="memory",ACTION=="add",DEVPATH=="/devices/system/memory/memory[0-9]*",TEST=="state",'
                                'ATTR{state}!="online",ATTR{state}="online"\n'),
    "99-no-commas.rules": ([1], 'ACTION=="add" SUBSYSTEM=="memory" ATTR{state}="online"\n'),
    "80-hotplug-mem.rules": ([1], 'SUBSYSTEM=="memory", ACTION=="add", TEST=="state", ATTR{state}=="offline", ATTR{state}="online"\n'),
    "99-ovirt.rules": ([1], 'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online_movable"\n'),
    "99-ppc64.rules": ([1], 'SUBSYSTEM=="memory", ACTION=="add", PROGRAM="/bin/uname -p", RESULT!="s390*|ppc64*", '
                            'ATTR{state}=="offline", ATTR{state}="online"\n'),
    "99-removable.rules": ([1], 'SUBSYSTEM=="memory", ACTION=="add|change", KERNEL=="memory[0-9]*", ATTR{removable}=="1", '
                                'ATTR{state}="online_kernel"\n'),
    "99-run.rules": ([1], 'SUBSYSTEM=="memory", ACTION=="add", DEVPATH=="/devices/system/memory/memory*[0-9]", '
                          'TEST=="/sys$devpath/state", RUN+="/bin/sh -c \'echo online > /sys$devpath/state\'"\n'),
    "99-tee.rules": ([1], 'SUBSYSTEM=="memory", ACTION=="add", RUN+="/bin/sh -c \'echo online | tee /sys%p/state\'"\n'),
    "99-all.rules": ([1], 'SUBSYSTEM=="memory", ACTION=="add", RUN+="/bin/bash -c \'for i in /sys/devices/system/memory/memory*/state; '
                          'do echo online > $$i; done\'"\n'),
    "99-chmem.rules": ([1], 'SUBSYSTEM=="memory", ACTION=="add", RUN+="/usr/sbin/chmem -e --blocks %n"\n'),
    "90-daxctl-device.rules": ([], """ACTION=="remove", GOTO="daxctl_end"
SUBSYSTEM!="dax", GOTO="daxctl_end"
TAG+="systemd"
PROGRAM="/usr/bin/systemd-escape -p --template=daxdev-reconfigure@.service $env{DEVNAME}", ENV{SYSTEMD_WANTS}="%c"
LABEL="daxctl_end"
"""),
    "71-seat.rules": ([], """ACTION=="remove", GOTO="seat_end"
TAG=="uaccess", SUBSYSTEM!="sound", TAG+="seat"
TAG=="seat", ENV{ID_PATH}=="", IMPORT{builtin}="path_id"
ENV{ID_SMARTCARD_READER}=="?*", ATTR{state}="online"
LABEL="seat_end"
"""),
    # WAIT_FOR was once a key of udev.
    "99-wait.rules": ([], 'ACTION=="add", KERNEL=="memory[0-9]*", WAIT_FOR="state", ATTR{state}="online"\n'),
}


@pytest.mark.parametrize("name", RULES)
def test_the_rules_of_distributions(machine: Any, name: str) -> None:
    lines, text = RULES[name]
    made = machine("x86-dimm", files={f"/usr/lib/udev/rules.d/{name}": text})
    found = [warning["place"] for warning in made.memhpctl("policy", "check", "--json").json()["warnings"]
             if warning["warning"] == "udev-rule"]
    assert found == [f"/usr/lib/udev/rules.d/{name}:{line}" for line in lines]


ONLINES = 'SUBSYSTEM=="memory", ACTION=="add", ENV{ID_ONLINE}=="yes", ATTR{state}="online"\n'


def rules_found(made: Any, *words: str) -> list[tuple[str, str]]:
    found = made.memhpctl("policy", "check", "--json", *words).json()["warnings"]
    return [(warning["warning"], warning["place"].rpartition("/")[2]) for warning in found if ".rules:" in warning["place"]]


@pytest.mark.parametrize("files, warned", [
    ({"/etc/udev/rules.d/40-x.rules": 'SUBSYSTEM=="memory", ENV{ID_ONLINE}="yes"'}, True),
    ({"/run/udev/rules.d/40-x.rules": 'IMPORT{cmdline}="ID_ONLINE"'}, True),
    ({"/usr/lib/udev/rules.d/40-x.rules": 'IMPORT{db}="ID_ONLINE"'}, True),
    ({"/usr/lib/udev/rules.d/40-x.rules": 'IMPORT{file}="/etc/x"'}, True),
    ({"/usr/lib/udev/rules.d/40-x.rules": 'IMPORT{parent}="ID_*"'}, True),
    ({"/usr/lib/udev/rules.d/40-x.rules": 'IMPORT{parent}="$kernel"'}, True),
    ({"/usr/lib/udev/rules.d/40-x.rules": 'IMPORT{program}="/bin/cat /etc/x"'}, True),
    ({"/usr/lib/udev/rules.d/40-x.rules": 'IMPORT{builtin}="hwdb"'}, True),
    ({"/usr/lib/udev/rules.d/40-x.rules": 'IMPORT{builtin}="path_id"'}, False),
    ({"/usr/lib/udev/rules.d/40-x.rules": 'IMPORT{cmdline}="ID_OTHER"'}, False),
    ({"/usr/lib/udev/rules.d/40-x.rules": 'IMPORT{parent}="OTHER_*"'}, True),
    ({"/usr/lib/udev/rules.d/40-x.rules": 'SUBSYSTEM=="net", IMPORT{file}="/etc/x"'}, False),
    ({"/usr/lib/udev/rules.d/40-x.rules": 'ENV{DEVTYPE}=="disk", IMPORT{file}="/etc/x"'}, False),
    # Another file may make that one match.
    ({"/usr/lib/udev/rules.d/40-x.rules": 'ENV{ID_SWITCH}=="1", ENV{ID_ONLINE}="yes"',
      "/etc/udev/rules.d/30-x.rules": 'SUBSYSTEM=="memory", ENV{ID_SWITCH}="1"'}, True),
    # udev reads 60 after 50, and nothing of what is hidden.
    ({"/etc/udev/rules.d/60-x.rules": 'SUBSYSTEM=="memory", ENV{ID_ONLINE}="yes"'}, False),
    ({"/usr/lib/udev/rules.d/40-x.rules": 'ENV{ID_ONLINE}="yes"', "/etc/udev/rules.d/40-x.rules": ""}, False),
    ({}, False)])
def test_what_a_rule_in_another_file_sets_is_not_unset(machine: Any, tmp_path: pathlib.Path, files: dict[str, str], warned: bool) -> None:
    made = machine("x86-dimm", files=files | {"/usr/lib/udev/rules.d/50-y.rules": ONLINES})
    found = [("udev-rule", "50-y.rules:1")] if warned else []
    assert rules_found(made) == found
    # A file that is not installed yet is checked as if it were.
    given = tmp_path / "50-y.rules"
    given.write_text(ONLINES)
    assert rules_found(made, str(given)) == found
    # Its name, not its place on the command line, says when udev reads it.
    (tmp_path / "41-z.rules").write_text('SUBSYSTEM=="memory", ENV{ID_ONLINE}="yes"\n')
    assert rules_found(made, str(given), str(tmp_path / "41-z.rules")) == [("udev-rule", "50-y.rules:1")]
    assert rules_found(made, str(given), "/dev/null") == found


def test_a_given_file_takes_the_place_of_the_installed_one(machine: Any, tmp_path: pathlib.Path) -> None:
    made = machine("x86-dimm", files={"/usr/lib/udev/rules.d/40-x.rules": 'SUBSYSTEM=="memory", ENV{ID_ONLINE}="yes"',
                                      "/usr/lib/udev/rules.d/50-y.rules": ONLINES})
    for name, text in (("40-x.rules", "# nothing\n"), ("50-y.rules", ONLINES)):
        (tmp_path / name).write_text(text)
    assert rules_found(made, str(tmp_path / "50-y.rules"))
    assert not rules_found(made, str(tmp_path / "40-x.rules"), str(tmp_path / "50-y.rules"))


def test_a_file_that_cannot_be_read_may_set_anything(machine: Any) -> None:
    made = machine("x86-dimm", files={"/usr/lib/udev/rules.d/50-y.rules": ONLINES})
    made.path("/usr/lib/udev/rules.d/40-x.rules").mkdir()
    assert rules_found(made) == [("udev-rule", "50-y.rules:1")]


@pytest.mark.parametrize("name, lines, text", [
    ("98-kexec.rules", [1, 2], 'SUBSYSTEM=="memory", ACTION=="online", GOTO="kdump_reload_mem"\n'
     'SUBSYSTEM=="memory", ACTION=="offline", GOTO="kdump_reload_mem"\nGOTO="kdump_reload_end"\nLABEL="kdump_reload_mem"\n'
     'RUN+="/bin/sh -c \'/usr/bin/systemctl is-active kdump.service || exit 0; /usr/bin/systemd-run --quiet --no-block '
     '/usr/lib/udev/kdump-udev-throttler\'"\nLABEL="kdump_reload_end"\n'),
    ("50-kdump-tools.rules", [1], 'SUBSYSTEM=="memory", ACTION=="online", PROGRAM="/usr/sbin/kdump-config try-reload"\n'
     'SUBSYSTEM=="cpu", ACTION=="add", PROGRAM="/usr/sbin/kdump-config try-reload"\n'),
    ("70-kdump.rules", [1], 'SUBSYSTEM=="memory", ACTION=="add|remove", GOTO="kdump_try_restart"\nGOTO="kdump_end"\n'
     'LABEL="kdump_try_restart"\nRUN+="/usr/lib/kdump/load-once.sh"\nLABEL="kdump_end"\n'),
    # A comment and a rule for processors avoid nothing.
    ("71-kdump.rules", [3], '# See crash_hotplug\nSUBSYSTEM=="cpu", ATTRS{crash_hotplug}=="1", GOTO="end"\n'
     'SUBSYSTEM=="memory", ACTION=="add", RUN+="/usr/lib/kdump/load-once.sh"\nLABEL="end"\n'),
    ("72-kdump.rules", [], 'ATTRS{crash_hotplug}=="1", GOTO="end"\n'
     'SUBSYSTEM=="memory", ACTION=="add", RUN+="/usr/lib/kdump/load-once.sh"\nLABEL="end"\n'),
])
def test_the_kdump_rules_of_distributions(machine: Any, name: str, lines: list[int], text: str) -> None:
    made = machine("x86-dimm", files={f"/usr/lib/udev/rules.d/{name}": text})
    found = [warning["place"] for warning in made.memhpctl("policy", "check", "--json").json()["warnings"]
             if warning["warning"] == "kdump-rule"]
    assert found == [f"/usr/lib/udev/rules.d/{name}:{line}" for line in lines]


@pytest.mark.parametrize("name, rule, warned", [
    ("70-x.rules", 'RUN="/opt/x"', "udev-program"), ("70-x.rules", 'RUN=""', None), ("70-x.rules", 'RUN:="/opt/x"', "udev-run"),
    ("90-x.rules", 'RUN="/opt/x"', "udev-run"), ("90-x.rules", 'RUN=""', "udev-run"), ("90-x.rules", 'RUN+="/opt/x"', "udev-program")])
def test_a_rule_that_takes_our_program_off_the_list(machine: Any, name: str, rule: str, warned: str | None) -> None:
    """udev runs a list of programs after all files; RUN= clears what is on it, RUN:= also keeps others from adding to it."""
    made = machine("x86-dimm", files=INSTALLED | ENABLED | {f"/usr/lib/udev/rules.d/{name}": f'SUBSYSTEM=="memory", {rule}\n'})
    found = made.memhpctl("policy", "check", "--json").json()["warnings"]
    assert [warning["warning"] for warning in found if name in warning["place"]] == ([warned] if warned else [])


def test_files_are_checked_before_they_are_put_in_place(machine: Any, tmp_path: pathlib.Path) -> None:
    made = machine("x86-dimm", files={CONF: "[broken\n"})
    conf, rules = tmp_path / "new.conf", tmp_path / "99-new.rules"
    conf.write_text("[policy]\nkernel = yes\n[rule all]\naction = online_kernel\n")
    rules.write_text('SUBSYSTEM!="memory", GOTO="end"\nKERNEL=="memory*", ATTR{online}="1"\nRUN+="/opt/x"\nLABEL="end"\n')
    checked = made.memhpctl("policy", "check", "--json", str(conf), str(rules)).json()
    assert (checked["rules"], checked["decides"]) == (9, "the kernel")
    assert [(warning["warning"], warning["place"]) for warning in checked["warnings"]] == \
        [("udev-rule", f"{rules}:2"), ("udev-program", f"{rules}:3")]
    conf.write_text("[policy]\nkernle = yes\n")
    result = made.memhpctl("policy", "check", str(conf))
    assert result.rc == 1 and result.err.startswith(f"memhpctl: {conf}:2: 'kernle' is not a key"), result.err
    assert made.memhpctl("policy", "check", str(rules)).rc == 0
    other = tmp_path / "99-other.rules"
    other.write_text("# nothing of memory\n")
    both = made.memhpctl("policy", "check", "--json", str(rules), str(other), str(rules)).json()["warnings"]
    assert [warning["place"] for warning in both if warning["warning"] == "udev-rule"] == [f"{rules}:2", f"{rules}:2"]
    assert made.memhpctl("policy", "check", str(tmp_path / "none.conf")).rc == 1
    # Who gives udev rules alone is told about these, and not that the policy is valid.
    checked = made.memhpctl("policy", "check", str(rules), str(other))
    assert "policy is valid" not in checked.out and f"\nwarning: {rules}:2: " in checked.out
    assert checked.out.startswith(f"{other}: no rule here brings new memory online or gets in the way of memhpctl\n")
    unnamed = tmp_path / "rules"
    unnamed.write_text(rules.read_text().partition("\n")[2])
    assert "udev rules ends in .rules" in made.memhpctl("policy", "check", str(unnamed)).err


@pytest.mark.parametrize("rule, why", [
    ("SUBSYSTEM=='memory', ACTION=='add', ATTR{state}='online'", "a value is not in double quotes"),
    ("SUBSYSTEM==memory, ACTION==add, ATTR{state}=online", "a value is not in double quotes"),
    ('KERNEL=="memory*", ATTR{state}==online', "a value is not in double quotes"),
    ('SUBSYSTEM=="memory"; ACTION=="add"; ATTR{state}="online"', "it is not of the form KEY=="),
    ('SUBSYSTEM=="net", NAME="x', "a value is not in double quotes"),
    ("Put this line into /etc/udev/rules.d:", "it is not of the form KEY=="),
    ('SUBSYSTEM=="net" ATTR{{x}}="1"', "it is not of the form KEY=="),
    ('subsystem=="net", TAG+="x"', "it has an unknown key"), ('BUS=="usb", NAME="x"', "it has an unknown key"),
    ('ATTR="1"', "a key does not take its attribute"), ('KERNEL{x}=="sda"', "a key does not take its attribute"),
    ('CONST{os}=="linux", TAG+="x"', "a key does not take its attribute"), ('RUN{x}+="y"', "a key does not take its attribute"),
    ('KERNEL="sda", TAG+="x"', "a key does not take its operator"), ('GOTO+="x"', "a key does not take its operator"),
    ('TAG+="x", \\', "the file ends before it does"), (f'TAG+="{"x" * 9000}", \\\nTAG+="{"x" * 9000}"', "it is too long")])
def test_a_line_that_udev_does_not_understand(machine: Any, tmp_path: pathlib.Path, rule: str, why: str) -> None:
    """Whoever names the file wants to know whether it is one of udev rules."""
    rules = tmp_path / "99-new.rules"
    rules.write_text(f"# c\nSUBSYSTEM==\"net\", TAG+=\"x\"\n{rule}\n")
    made = machine("x86-dimm")
    checked = made.memhpctl("policy", "check", str(rules))
    assert checked.rc == 1 and checked.out.startswith(f"warning: {rules}:3: udev ignores this rule: {why}") and checked.out.count("\n") == 1
    assert made.memhpctl("policy", "check", "--quiet", str(rules)).rc == 1
    checked = made.memhpctl("policy", "check", "--json", str(rules))
    assert checked.rc == 1 and checked.json()["valid"] is False and checked.json()["exit_code"] == 1
    # Of what is installed only a rule for memory is told, and its mistake is none of the policy.
    installed = machine("x86-dimm", files={"/etc/udev/rules.d/99-new.rules": rules.read_text()})
    checked = installed.memhpctl("policy", "check", "--json")
    assert checked.rc == 0 and checked.json()["valid"] is True
    assert [warning["place"] for warning in checked.json()["warnings"] if warning["warning"] == "udev-syntax"] == \
        (["/etc/udev/rules.d/99-new.rules:3"] if "memory" in rule else [])


NO_LABEL = "udev ignores the GOTO of this rule: no rule after it in this file has such a LABEL"


@pytest.mark.parametrize("text, lines", [
    ('SUBSYSTEM!="net", GOTO="end"\nTAG+="x"\n', [1]), ('LABEL="end"\nTAG+="x", GOTO="end"\n', [2]), ('LABEL="end", GOTO="end"\n', [1]),
    ('SUBSYSTEM!="net", \\\nGOTO="end"\nGOTO="x"\nLABEL="end"\n', [3]), ('GOTO="end"\nLABEL="END"\n', [1]), ('GOTO="a", GOTO="b"\nLABEL="b"\n', [1]),
    ('GOTO="a"\nLABEL="a", LABEL="b"\nTAG+="x"\n', [1]), ('GOTO="b"\nLABEL="a", LABEL="b"\nTAG+="x"\n', []),
    ('GOTO="end"\nTAG+="x"\nLABEL="end"\n', []), ('GOTO="end"\nLABEL="end", TAG+="x"\nLABEL="end"\n', [])])
def test_a_goto_without_a_label(machine: Any, tmp_path: pathlib.Path, text: str, lines: list[int]) -> None:
    """udev goes on with the next line, so rules that were to be skipped are not."""
    rules = tmp_path / "99-new.rules"
    rules.write_text(text)
    made = machine("x86-dimm")
    checked = made.memhpctl("policy", "check", str(rules))
    assert checked.rc == (1 if lines else 0)
    assert [line for line in checked.out.splitlines() if "udev ignores" in line] == [f"warning: {rules}:{line}: {NO_LABEL}" for line in lines]
    assert made.memhpctl("policy", "check", "--json", str(rules)).json()["valid"] is not bool(lines)


def test_rules_that_were_to_be_skipped(machine: Any, tmp_path: pathlib.Path) -> None:
    rules = tmp_path / "99-new.rules"
    rules.write_text('SUBSYSTEM=="memory", GOTO="end"\nSUBSYSTEM=="memory", ATTR{state}="online"\nLABEL="stop"\n')
    assert rules_found(machine("x86-dimm"), str(rules)) == [("udev-syntax", "99-new.rules:1"), ("udev-rule", "99-new.rules:2")]
    # Of what is installed only a rule for memory is told.
    installed = machine("x86-dimm", files={"/etc/udev/rules.d/99-new.rules": 'SUBSYSTEM=="net", GOTO="x"\n' + rules.read_text()})
    assert rules_found(installed) == [("udev-syntax", "99-new.rules:2"), ("udev-rule", "99-new.rules:3")]


def test_udev_stops_to_read_at_a_line_that_is_too_long(machine: Any, tmp_path: pathlib.Path) -> None:
    rules = tmp_path / "99-new.rules"
    rules.write_text(f'TAG+="x"\n# {"x" * 17000}\nSUBSYSTEM=="memory", ATTR{{state}}="online"\n')
    checked = machine("x86-dimm").memhpctl("policy", "check", str(rules))
    assert checked.rc == 1 and checked.out == f"warning: {rules}:2: udev reads this file only up to here: the line is too long\n"


def test_nul_ends_a_line(machine: Any, tmp_path: pathlib.Path) -> None:
    rules = tmp_path / "99-new.rules"
    rules.write_text('TAG+="x"\0SUBSYSTEM=="memory", ATTR{state}="online"\n')
    assert rules_found(machine("x86-dimm"), str(rules)) == [("udev-rule", "99-new.rules:2")]


@pytest.mark.parametrize("action, warned", [
    ("", True), ('ACTION=="add", ', True), ('ACTION=="change", ', True), ('ACTION=="online", ', True), ('ACTION=="offline", ', False),
    ('ACTION=="add", ATTR{state}=="offline", ', False), ('ACTION!="add|change|online", ', False)])
def test_a_rule_that_takes_memory_offline(machine: Any, action: str, warned: bool) -> None:
    """An event may come for a block that has long been online: udevadm trigger."""
    made = machine("x86-dimm", files={"/etc/udev/rules.d/99-new.rules": f'SUBSYSTEM=="memory", {action}ATTR{{state}}="offline"\n'})
    assert rules_found(made) == ([("udev-offline", "99-new.rules:1")] if warned else [])


def test_an_empty_list_of_programs_is_to_be_removed(machine: Any, tmp_path: pathlib.Path) -> None:
    rules = tmp_path / "99-new.rules"
    rules.write_text('SUBSYSTEM=="memory", RUN=""\n')
    assert machine("x86-dimm").memhpctl("policy", "check", str(rules)).out.endswith("or remove an empty RUN=\n")


def test_its_own_rule_is_not_unknown_to_it(machine: Any) -> None:
    rules = pathlib.Path(__file__).resolve().parents[2] / "data/80-memhpctl.rules.in"
    made = machine("x86-dimm", files={"/etc/udev/rules.d/99-copy.rules": rules.read_text().replace("@sbindir@", "/usr/sbin")})
    assert "99-copy" not in made.memhpctl("policy", "check").out


def parts_of(made: Any) -> list[str]:
    return [part["state"] for part in made.memhpctl("policy", "check", "--json").json()["parts"]]


def test_the_state_of_its_own_parts(machine: Any) -> None:
    started = ["active"] * 4
    made = machine("x86-dimm", files=INSTALLED)
    assert parts_of(made) == ["active", "disabled", "active", "disabled", *started]
    for folder, state in ((LIB, "static"), (ETC, "enabled")):
        made.path(f"{folder}/sysinit.target.wants").mkdir(parents=True)
        made.path(f"{folder}/sysinit.target.wants/memhpctl.path").symlink_to(f"{LIB}/memhpctl.path")
        assert parts_of(made) == ["active", state, "active", "disabled", *started]
    made.path(f"{ETC}/memhpctl-boot.service").symlink_to("/dev/null")
    made.path(f"{ETC}/memhpctl.service").write_text("[Service]\n")
    made.path("/etc/udev/rules.d").mkdir(parents=True)
    made.path("/etc/udev/rules.d/80-memhpctl.rules").symlink_to("/dev/null")
    assert parts_of(made) == ["masked", "enabled", "overridden", "masked", *started]
    assert "80-memhpctl.rules: masked, /etc/udev/rules.d/80-memhpctl.rules\n" in made.memhpctl("policy", "check").out
    assert parts_of(machine("x86-dimm")) == ["missing"] * 8


def test_what_systemd_makes_of_the_files_of_its_own_units(machine: Any) -> None:
    # Enabled by another target; masked by a relative link, by an empty file, for this boot; changed by "systemctl edit" and by a file
    # of /usr/local, which is not the package's. A mask for this boot hides nothing of /etc.
    made = machine("x86-dimm", files=INSTALLED | {
        f"{ETC}/multi-user.target.requires/memhpctl.path": "[Unit]\n", f"{ETC}/memhpctl-changed.target": "",
        f"{ETC}/memhpctl-restore.service.d/override.conf": "[Service]\n", f"{ETC}/memhpctl-boot.service.d/override.conf": "[Service]\n",
        "/usr/local/lib/systemd/system/memhpctl-changed.service": "[Service]\n", f"{ETC}/memhpctl.service": "[Service]\n",
        "/run/systemd/system.control/memhpctl.path.d/50-x.conf": "[Unit]\n"})
    made.path("/run/systemd/system").mkdir()
    made.path("/run/systemd/system/memhpctl-changed.path").symlink_to("../../../dev/null")
    made.path("/run/systemd/system/memhpctl.service").symlink_to("/dev/null")
    assert parts_of(made) == ["active", "overridden", "overridden", "disabled", "overridden", "masked", "masked", "overridden"]
    places = {part["part"]: part["place"] for part in made.memhpctl("policy", "check", "--json").json()["parts"]}
    assert places["memhpctl-restore.service"] == f"{ETC}/memhpctl-restore.service.d/override.conf"
    assert places["memhpctl-changed.path"] == "/run/systemd/system/memhpctl-changed.path"
    assert places["memhpctl.service"] == f"{ETC}/memhpctl.service"
    # A folder of wants that cannot be read may enable the unit; a changed setting does not tell.
    made.path(f"{ETC}/loop.target.wants").symlink_to("loop.target.wants")
    assert parts_of(made)[3] == "unknown"
    # What only tells others of memory is not missed by those who mask it.
    assert "masked" not in made.memhpctl("status", "--check").out


@pytest.mark.parametrize("unit, state, warned", [
    ("memhpctl.path", "masked", True), ("memhpctl.service", "masked", True), ("memhpctl.path", "disabled", True),
    ("memhpctl.path", "missing", True), ("memhpctl-changed.path", "masked", False), ("memhpctl-boot.service", "masked", False)])
@pytest.mark.parametrize("systemd", [True, False])
def test_a_unit_that_answers_nobody(machine: Any, unit: str, state: str, warned: bool, systemd: bool) -> None:
    files = INSTALLED | ENABLED | ({"/run/systemd/system/x": "x"} if systemd else {}) | \
        ({f"{ETC}/{unit}": ""} if state == "masked" else {})
    for file in [f"{ETC}/sysinit.target.wants/{unit}"] * (state == "disabled") + [f"{LIB}/{unit}"] * (state == "missing"):
        del files[file]
    made = machine("x86-dimm", files=files)
    checked = made.memhpctl("policy", "check", "--json").json()
    assert {part["part"]: part["state"] for part in checked["parts"]}[unit] == state
    assert checked["systemd"] == systemd
    assert [warning["place"] for warning in checked["warnings"] if warning["warning"] == "no-unit"] == ([unit] if warned and systemd else [])
    assert ("the units do nothing" in made.memhpctl("policy", "check").out) != systemd


@pytest.mark.parametrize("file, why", [("/run/systemd/container", "this is a container"), ("/proc/vmcore", "saves a crash dump")])
def test_where_memhpctl_leaves_new_memory_alone(machine: Any, file: str, why: str) -> None:
    made = machine("x86-dimm", files=INSTALLED | {file: "x\n", "/run/systemd/system/x": "x"})
    checked = made.memhpctl("policy", "check", "--json").json()
    assert checked["decides"] is None and why in checked["why"]
    assert not [warning for warning in checked["warnings"] if warning["warning"] in ("no-rule", "no-unit")]
    assert f"memhpctl leaves new memory alone here: {checked['why']}.\n" in made.memhpctl("policy", "check").out


def test_a_broken_file_is_left_out_and_said_once(machine: Any) -> None:
    made = machine("x86-dimm", files={"/etc/memhpctl.d/10-bad.conf": "[rule a]\naction = fly\n", "/etc/memhpctl.d/20-bad.conf": "[x]\n",
                                      "/etc/memhpctl.d/30-good.conf": "[rule b]\nprovider = acpi\naction = online_kernel\n"})
    made.path("/run").mkdir()
    result = made.memhpctl("auto", "--boot")
    assert result.rc == 0 and result.err.count("10-bad.conf:2") == 1 and result.err.count("\n") == 1, result.err
    assert written(made) == [(str(number), "online_kernel") for number in (39, 38, 37, 36)]
    assert made.memhpctl("auto", "--boot").err == ""
    # Right again, and wrong again: said again.
    bad = made.path("/etc/memhpctl.d/10-bad.conf")
    made.path("/etc/memhpctl.d/20-bad.conf").unlink()
    text = bad.read_text()
    bad.write_text("")
    assert made.memhpctl("auto", "--boot").err == ""
    bad.write_text(text)
    assert "10-bad.conf:2" in made.memhpctl("auto", "--boot").err
    assert made.memhpctl("policy", "apply").rc == 1


def test_a_pass_is_repeated_after_a_transient_failure(machine: Any) -> None:
    made = machine("x86-dimm", files={CONF: "[policy]\nretries = 0\n[rule all]\naction = online_kernel\n"})
    made.path("/run/memhpctl").mkdir(parents=True, mode=0o700)
    made.path("/run/memhpctl/pending").write_text("")
    made.path("/run/memhpctl/pending").chmod(0o600)
    made.rules("memory37 online_kernel EBUSY 2\n")
    result = made.memhpctl("auto", "--wait")
    assert result.rc == 0, result.err
    assert [made.state(number) for number in (36, 37, 38, 39)] == ["online"] * 4
    assert [block for block, _ in written(made)] == ["39", "38", "37", "36", "37", "37"]


def test_a_first_start_takes_what_is_offline_as_a_choice(machine: Any) -> None:
    made = machine("x86-dimm")
    made.path("/run").mkdir()
    for _ in range(2):
        assert made.memhpctl("auto", "--boot", "--adopt").rc == 0
        assert made.state(36) == "offline"
    # Only what comes later is new.
    made.add_block(40)
    assert made.memhpctl("auto", "--boot", "--adopt").rc == 0
    assert (made.state(36), made.state(40)) == ("offline", "online")


def test_the_runner_leaves_what_was_taken_offline(machine: Any) -> None:
    made = machine("x86-dimm")
    made.path("/run").mkdir()
    assert made.memhpctl("auto", "--boot").rc == 0
    assert made.state(36) == "online"
    assert made.memhpctl("offline", "36").rc == 0
    made.add_block(40)
    assert made.memhpctl("kick").rc == 0
    made.wait_for(lambda: made.state(40) == "online")
    made.wait_for(lambda: not made.path("/run/memhpctl/running").exists())
    assert made.state(36) == "offline"
    assert made.memhpctl("policy", "apply").rc == 0
    assert made.state(36) == "online"


def test_a_lock_on_what_everybody_can_open_stops_nothing(machine: Any) -> None:
    made = machine("x86-dimm")
    made.path("/run").mkdir()
    made.path("/run/memhpctl").mkdir(mode=0o755)
    with contextlib.ExitStack() as stack:
        for path in (MEMORY, f"{MEMORY}/memory36/state", "/run", "/run/memhpctl", "/"):
            fd = os.open(made.path(path), os.O_RDONLY)
            stack.callback(os.close, fd)
            fcntl.flock(fd, fcntl.LOCK_EX)
        assert made.memhpctl("auto", "--boot").rc == 0
        assert made.state(36) == "online"
    assert made.path("/run/memhpctl").stat().st_mode & 0o777 == 0o700


def test_the_deadline_holds_for_the_lock_of_the_knobs(machine: Any) -> None:
    """A process of root's that was stopped may hold it."""
    made = machine("x86-dimm")
    made.path("/run").mkdir()
    made.path("/run/memhpctl").mkdir(mode=0o700)
    with made.path("/run/memhpctl/knobs.lock").open("w") as lock:
        os.fchmod(lock.fileno(), 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = made.memhpctl("policy", "apply", "--timeout=500ms", timeout=10)
    assert result.rc == 75 and "knobs.lock" in result.err, result
    assert made.state(36) == "offline"
    assert made.memhpctl("policy", "apply").rc == 0 and made.state(36) == "online"


def test_only_root_starts_a_pass(memhpctl: Any) -> None:
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("setpriv and root are needed")
    for words in (["kick"], ["auto"], ["auto", "--wait"], ["auto", "--boot"]):
        result = run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", find_program(), *words],
                     env={"ASAN_OPTIONS": "detect_leaks=0"})
        if result.rc in (126, 127):
            pytest.skip("another user cannot get to the program here")
        assert result.rc == 77 and "only root" in result.err and not result.out


@pytest.mark.parametrize("file", ["/proc/vmcore", "/run/systemd/container"])
def test_where_memory_is_left_alone(machine: Any, file: str) -> None:
    """In a kernel that saves a crash dump; in a container, where the units do not start either."""
    made = machine("x86-dimm", files={file: "x"})
    for words in (["kick"], ["auto"], ["auto", "--boot"]):
        assert made.memhpctl(*words).rc == 0
    assert not made.begun() and not made.path("/run/memhpctl/pending").exists()


def test_a_kernel_without_hotplug_has_nothing_to_do(machine: Any) -> None:
    """Otherwise the path unit starts the service again and again."""
    made = machine("no-hotplug", lines="node 0 cpus=0-3\nnode 1\ndir /sys/devices/system/memory_tiering\ndir /run/systemd/system")
    for words in (["kick"], ["auto", "--boot"], ["auto"], ["auto", "--wait"]):
        made.path("/run/memhpctl").mkdir(exist_ok=True)
        made.path("/run/memhpctl/pending").write_text("")
        made.path("/run/memhpctl/running").write_text("x")
        result = made.memhpctl(*words)
        assert (result.rc, result.err) == (0, "")
        assert not made.path("/run/memhpctl/pending").exists() and not made.path("/run/memhpctl/running").exists()


def test_check_and_apply_on_a_kernel_without_hotplug(machine: Any) -> None:
    made = machine("no-hotplug", lines="node 0 cpus=0-3\nnode 1\ndir /sys/devices/system/memory_tiering\ndir /sys/bus/vmbus/drivers/hv_balloon")
    check = made.memhpctl("policy", "check")
    assert check.rc == 0 and "no memory hot-plug" in check.out and "warning" not in check.out and "left to memhpctl" not in check.out
    checked = made.memhpctl("policy", "check", "--json").json()
    assert (checked["decides"], checked["warnings"]) == (None, []) and "no memory hot-plug" in checked["why"]
    for words in ([], ["-n"]):
        result = made.memhpctl("policy", "apply", *words)
        assert (result.rc, result.err) == (0, "") and "no memory hot-plug" in result.out
        applied = made.memhpctl("policy", "apply", "--json", *words).json()
        assert (applied["exit_code"], applied["supported"]) == (0, False) and "no memory hot-plug" in applied["reason"]
    assert made.memhpctl("policy", "apply", "3").rc == 1


def test_the_log(machine: Any) -> None:
    made = machine("x86-dimm")
    place = made.path("/run/systemd/journal")
    place.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(place / "socket"))
        journal.settimeout(PATIENCE)
        assert made.memhpctl("policy", "apply").rc == 0
        fields = dict(line.split("=", 1) for line in journal.recv(65536).decode().splitlines())
        assert fields["MEMHPCTL_RANGE"] == "memory36-39" and fields["MEMHPCTL_RULE"] == "built-in-dimm-on-metal"
        assert fields["MEMHPCTL_ZONE"] == "Movable" and fields["MEMHPCTL_DEVICE"] == "acpi PNP0C80:00"
        assert made.memhpctl("offline", "39").rc == 0
        texts = [journal.recv(65536).decode(), journal.recv(65536).decode()]
        assert any("MEMHPCTL_COMMAND=offline\nMEMHPCTL_RANGE=39\n" in text for text in texts)
        assert made.memhpctl("offline", "39").rc == 0
        journal.setblocking(False)
        with pytest.raises(BlockingIOError):
            journal.recv(65536)


def test_the_log_without_a_journal(machine: Any) -> None:
    made = machine("x86-dimm")
    made.path("/dev").mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(made.path("/dev/log")))
        log.settimeout(5)
        assert made.memhpctl("policy", "apply").rc == 0
        assert re.fullmatch(r"<29>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d memhpctl: memory36-39: online, zone Movable \(4 .*",
                            log.recv(65536).decode())
        log.setblocking(False)
        # It stops reading, and its queue runs full.
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other, pytest.raises(BlockingIOError):
            other.setblocking(False)
            while True:
                other.sendto(b"x", str(made.path("/dev/log")))
        assert made.memhpctl("offline", "39", timeout=20).rc == 0


@pytest.mark.parametrize("words, says", [
    (["apply", "--device=PNP0C80:00"], "policy apply takes selectors"), (["apply", "--node=0"], "policy apply takes selectors"),
    (["apply", "--cpuless"], "--cpuless"), (["show", "--provider=acpi"], "policy test"), (["check", "-n"], "policy apply"),
    (["test", "--timeout=1s"], "policy apply"),
])
def test_an_option_of_another_verb_is_refused(machine: Any, words: list[str], says: str) -> None:
    """It would be taken for a filter, and everything would be changed."""
    made = machine("x86-dimm")
    result = made.memhpctl("policy", *words)
    assert result.rc == 2 and says in result.err and made.begun() == []


def test_completion_of_policy_wait_and_add(machine: Any) -> None:
    made = machine("dax-kmem")

    def offered(*words: str) -> list[str]:
        return [line.split("\t")[0] for line in made.memhpctl("complete", "--", f"--sysroot={made.root}", *words).out.splitlines()]

    assert offered("policy", "") == ["show", "check", "test", "apply"]
    assert offered("policy", "show", "") == [] and "dax0.0" in offered("policy", "apply", "")
    assert offered("policy", "test", "--provider=a") == ["--provider=acpi"]
    assert offered("wait", "--for=") == ["--for=online", "--for=offline", "--for=present", "--for=absent"]
    assert "dax1.0" in offered("add", "") and offered("list", "--zone=Dev") == []


def test_wait(machine: Any) -> None:
    made = machine("x86-dimm")
    assert made.memhpctl("wait", "32-35").rc == 0
    result = made.memhpctl("wait", "32-40", "--timeout", "300ms", "--json")
    document = result.json()
    assert (result.rc, document["result"]) == (75, "try-again")
    assert document["unfinished"] == [36, 37, 38, 39] and document["missing"]
    assert made.memhpctl("wait", "36-39", "--for=offline").rc == 0
    assert made.memhpctl("wait", "50", "node7", "dax9.9", "--for=absent").rc == 0
    process = made.start("wait", "40", "--for=online")
    made.add_block(40)
    made.set("memory40/state", "online")
    assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("words", [["wait"], ["wait", "1-0"], ["wait", "1", "--for=on"], ["wait", "1", "--timeout=x"], ["policy"],
                                   ["policy", "test", "--provider=dimm"], ["policy", "test", "--virt=hyperv"], ["policy", "test", "--arch=x86_64"],
                                   ["policy", "test", "--provider=acpi,dax"], ["policy", "test", "--node=x"], ["policy", "list"], ["policy", "show", "1"], ["policy", "test", "1", "--provider=acpi"], ["monitor"]])
def test_usage(machine: Any, words: list[str]) -> None:
    assert machine("x86-dimm").memhpctl(*words).rc == 2


def test_the_dry_run_is_what_is_done(machine: Any) -> None:
    """Also where the kernel's knobs, which are written first, change what is written to the blocks."""
    conf = "[policy]\nkernel = yes\nonline-policy = auto-movable\nmax-movable-ratio = 200%\n[rule all]\naction = online\n"
    made = machine("x86-dimm", files={CONF: conf})
    result = made.memhpctl("policy", "apply", "-n")
    assert result.out.splitlines()[:4] == ["would write auto-movable to online_policy", "would write 200 to auto_movable_ratio",
                                           "would write online to auto_online_blocks",
                                           "would write online to memory39 down to memory36 (4 blocks, 512M)"]
    assert not made.begun()
    assert made.memhpctl("policy", "apply").rc == 0
    assert written(made) == [(str(number), "online") for number in (39, 38, 37, 36)]


def test_memory_is_left_to_memhpctl_without_its_rule(machine: Any) -> None:
    # To udev an empty file that hides another is a mask.
    for files, warned in (({}, True), ({RULE_FILE: "# the rule\n"}, False), ({RULE_FILE: "#", "/etc/udev/rules.d/80-memhpctl.rules": "#"}, False),
                          ({RULE_FILE: "#", "/etc/udev/rules.d/80-memhpctl.rules": ""}, True)):
        made = machine("x86-dimm", files=files)
        found = [warning["place"] for warning in made.memhpctl("policy", "check", "--json").json()["warnings"] if warning["warning"] == "no-rule"]
        assert found == (["80-memhpctl.rules"] if warned else [])
        assert ("nothing tells memhpctl about new memory" in made.memhpctl("policy", "check").out) == warned


@pytest.mark.parametrize("name, files", [
    ("x86-dimm", {}), ("x86-dimm", {CONF: "[policy]\nretries = 7\n[rule a]\nprovider = acpi\naction = online_movable\n"}),
    ("x86-dimm", {CONF: "[policy]\nbuilt-in-rules = no\n[rule a]\naction = leave\n"})])
def test_what_show_prints_is_a_file_with_the_same_meaning(machine: Any, name: str, files: dict[str, str]) -> None:
    made = machine(name, files=files)
    shown = made.memhpctl("policy", "show").out
    again = machine(name, files={CONF: shown})
    strip = lambda text: re.sub(r"\S+:\d+|built-in:\d+", "", text)  # noqa: E731
    assert strip(again.memhpctl("policy", "show").out) == strip(shown)
    (before, after) = (one.memhpctl("policy", "check", "--json").json() for one in (made, again))
    assert (before["decides"], before["why"], before["rules"]) == (after["decides"], after["why"], after["rules"])


def put(made: Any, where: str, kind: str) -> str:
    """Put something else in the place of a file; returns the path as messages have it."""
    path = made.path(where)
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "folder":
        path.mkdir()
    else:
        os.mknod(path, 0o644 | {"FIFO": stat.S_IFIFO, "socket": stat.S_IFSOCK}[kind])
    return str(path)


@pytest.mark.parametrize("kind", ["folder", "FIFO", "socket"])
@pytest.mark.parametrize("where", [CONF, "/etc/memhpctl.d/a.conf"])
def test_what_is_no_file_is_named_with_the_way_out(machine: Any, where: str, kind: str) -> None:
    made = machine("x86-dimm")
    path = put(made, where, kind)
    told = f"{path} is not a regular file but a {kind}; remove it, or put a file in its place"
    for words in ["check"], ["show"], ["test"], ["apply"]:
        result = made.memhpctl("policy", *words)
        assert (result.rc, result.err) == (1, f"memhpctl: {told}\n")
    assert told in made.memhpctl("status", "--check").out
    assert made.memhpctl("auto", "--boot").err.count(f": {told}\n")
    if kind != "FIFO":
        given = made.memhpctl("policy", "check", path)
        assert (given.rc, given.err) == (1, f"memhpctl: {path} is not a regular file but a {kind}; name a file or a pipe\n")


@pytest.mark.parametrize("kind", ["FIFO", "socket"])
def test_what_is_no_folder_is_named_with_the_way_out(machine: Any, kind: str) -> None:
    made = machine("x86-dimm")
    path = put(made, "/etc/memhpctl.d", kind)
    assert made.memhpctl("policy", "check").err == \
        f"memhpctl: cannot read the folder {path}: it is not a folder; remove it, or put a folder in its place\n"


@pytest.mark.parametrize("text, told", [
    ("[rule a]\nx = y\n", "{}:2: 'x' is not a key of a rule"), ("[rule a]\n", "{}:1: [rule a] of line 1 has no action"), ("x", "{}:1: 'x'"),
    ("[rule b]\naction = leave\n", "{}:1: there is already a rule b, at {}.d/a.conf:1"),
    ("[rule built-in-rest]\naction = leave\n", "built-in:25: there is already a rule built-in-rest, at {}:1")])
def test_messages_name_files_where_they_can_be_opened(machine: Any, text: str, told: str) -> None:
    """Below --sysroot, too, mistakes of a file as well as that it cannot be read."""
    made = machine("x86-dimm", files={CONF: text, "/etc/memhpctl.d/a.conf": "[rule b]\naction = leave\n"})
    path = str(made.path(CONF))
    assert made.memhpctl("policy", "check").err.startswith("memhpctl: " + told.replace("{}.d", path.replace(".conf", ".d")).replace("{}", path))
    # Documents tell the places in the tree.
    made.path(CONF).write_text("")
    assert "\n# /etc/memhpctl.d/a.conf:1\n" in made.memhpctl("policy", "show").out
