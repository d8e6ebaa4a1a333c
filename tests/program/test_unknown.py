# SPDX-License-Identifier: GPL-2.0-or-later
"""What cannot be seen is not known, which is another thing than not being there; and everything that is there is named."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile
from typing import Any, Callable, Iterator

import pytest
from machine import MEMORY, Machine, as_nobody, describe, expand, find_program, read_description, run

Users = Callable[..., Machine]


@pytest.fixture
def users_machine() -> Iterator[Users]:
    """users_machine(name, lines="") -> a machine as an ordinary user sees it, without the fake kernel."""
    directories: list[str] = []

    def make(name: str, lines: str = "") -> Machine:
        directory = tempfile.mkdtemp(prefix="memhpctl-")
        directories.append(directory)
        os.chmod(directory, 0o755)
        root = pathlib.Path(directory, "root")
        description = read_description(describe(name, lines=f"iomem hidden\n{lines}"), name)
        expand(description, str(root))
        # The modes do not hold for their owner.
        if os.geteuid() != 0:
            for path in [*root.glob("sys/devices/**/mapping*/*"), *root.glob("sys/devices/**/dax*/resource")]:
                path.chmod(0)
        return Machine(root, root, description)

    yield make
    for directory in directories:
        shutil.rmtree(directory)


# A device that only root knows the blocks of: bound to kmem, without a driver, a virtio-mem device, all that others do not have.
HIDDEN = [("dax-kmem", "dax0.0", ""), ("dax-kmem-state", "dax0.0", ""), ("dax-stranded", "dax0.0", ""), ("virtio-mem", "virtio0", ""),
          ("virtio-mem", "hyperv", "dir /sys/bus/vmbus/drivers/hv_balloon"), ("dax-kmem", "xen", "dir /sys/devices/system/xen_memory/xen_memory0")]
hidden = pytest.mark.parametrize("name, device, lines", HIDDEN, ids=[f"{name}-{device}" for name, device, _ in HIDDEN])


@hidden
@pytest.mark.parametrize("words", [["wait", "--for=absent"], ["wait", "--for=offline"], ["wait", "--for=online"], ["wait", "--for=present"],
                                   ["list"], ["explain"], ["remove", "-n"], ["offline", "-n"], ["online", "-n"], ["policy", "test"]], ids=" ".join)
def test_blocks_that_only_root_can_see(users_machine: Users, name: str, device: str, lines: str, words: list[str]) -> None:
    made = users_machine(name, lines)
    result = as_nobody(made, *words, "--json", device)
    assert result.rc == 77 and f"only root can see which blocks belong to {device}" in result.err, result
    assert result.json()["error"]["errno"] == "EACCES"


@hidden
def test_a_filter_by_what_only_root_can_see(users_machine: Users, name: str, device: str, lines: str) -> None:
    result = as_nobody(users_machine(name, lines), "list", f"--device={device}")
    assert result.rc == 77 and "only root can see" in result.err, result


@hidden
def test_devices_that_only_root_can_see_into(users_machine: Users, name: str, device: str, lines: str) -> None:
    made = users_machine(name, lines)
    shown = {one["device"]: one for one in as_nobody(made, "list", "-jD").json()["devices"]}[device]
    assert (shown["blocks"], shown["totals"], shown["removable"]) == (None, None, None)
    assert shown["size"] == (int(made.read(f"/sys/bus/dax/devices/{device}/size")) if device.startswith("dax") else None)
    assert "only root" in shown["obstacle"]
    row = next(line for line in as_nobody(made, "list", "-D", device).out.splitlines() if line.startswith(device + " "))
    assert row.split()[2] == "?" and row.split()[-1] == "?", row


@hidden
def test_a_block_whose_device_is_not_known(users_machine: Users, name: str, device: str, lines: str) -> None:
    made = users_machine(name, lines)
    block = str(max(made.states()))
    assert as_nobody(made, "list", "-o", "DEVICE,PROVIDER", "--raw", "--noheadings", block).out.split() == ["?", "?"]
    (row,) = as_nobody(made, "list", "--json", block).json()["ranges"]
    assert (row["device"], row["provider"]) == (None, None)
    for command in (["policy", "test"], ["remove", "-n"]):
        result = as_nobody(made, *command, block)
        assert result.rc == 77 and "only root can see" in result.err, result


def test_no_policy_without_knowing_the_provider(users_machine: Users) -> None:
    made = users_machine("virtio-mem")
    result = as_nobody(made, "policy", "apply", "-n")
    assert result.rc == 77 and "only root can see which provider" in result.err, result
    # Where no rule asks for it, it does not matter.
    made.path("/etc").mkdir(exist_ok=True)
    made.path("/etc/memhpctl.conf").write_text("[rule all]\naction = online_movable\n")
    assert as_nobody(made, "policy", "test", "38").rc == 0


def test_adding_what_may_be_there_already(users_machine: Users) -> None:
    result = as_nobody(users_machine("dax-kmem"), "add", "-n", "dax0.0")
    assert result.rc == 77 and "only root can see" in result.err, result


def test_what_everybody_can_see_is_known(users_machine: Users) -> None:
    made = users_machine("dax-kmem")
    # Another driver has it: it is no memory of the system.
    assert as_nobody(made, "list", "-jD", "dax1.0").json()["devices"][0]["blocks"] == []
    assert as_nobody(made, "wait", "--for=absent", "dax1.0").rc == 0
    dimms = users_machine("x86-dimm")
    assert as_nobody(dimms, "list", "PNP0C80:00").rc == 0 and as_nobody(dimms, "wait", "PNP0C80:00", "--timeout=50ms").rc == 75
    assert "?" not in as_nobody(dimms, "list", "-o", "DEVICE,PROVIDER", "--noheadings", "--raw").out


# --- what is there is named

# A device that has got no memory from its region yet.
SEED = "".join(line + "\n" for line in [
    "dax dax7.0 range=0x7000000000-0x6fffffffff node=0 driver=-", "absent /sys/devices/platform/hmem.0/dax7.0/mapping0",
    "absent /sys/devices/platform/hmem.0/dax7.0/resource"])
KMSG = "\n".join([
    "6,100,1247984219210,-;Block size [0x80000000] unaligned hotplug range: start 0x1280000000, size 0xec0000000",
    "3,101,1247984219218,-;acpi PNP0C80:04: add_memory failed", "3,102,1247984219334,-;acpi PNP0C80:04: acpi_memory_enable_device() error",
    "3,103,1247984219357,-;acpi PNP0C80:04: Enumeration failure"])


def reasons(made: Machine) -> dict[str, str]:
    """Why each device cannot come or go."""
    return {one["device"]: one["obstacle"] for one in made.memhpctl("list", "-jD").json()["devices"]}


def test_memory_that_somebody_stranded(machine: Any) -> None:
    made = machine("dax-stranded")
    assert made.memhpctl("list", "-o", "DEVICE", "--raw", "--noheadings", "40-47").out == "dax0.0\n"
    for command in (["add"], ["add", "-n"], ["remove"], ["remove", "-n"], ["remove", "--atomic"]):
        result = made.memhpctl(*command, "dax0.0")
        assert result.rc == 1 and "until the next boot" in result.err, result
    for words in (["remove", "40"], ["remove", "40-47"]):
        assert "until the next boot" in made.memhpctl(*words).err
    assert made.begun() == [] and made.state(40) == "online"
    assert made.memhpctl("wait", "--for=absent", "--timeout=200ms", "dax0.0").rc == 75
    explained = made.memhpctl("explain", "dax0.0").out
    assert "dax0.0 (8 blocks, 1G): likely, as memory40\n  device    it is stuck until the next boot" in explained
    devices = made.memhpctl("explain", "40-47", "--json").json()["devices"]
    assert [("until the next boot" in one["stuck"], one["worst_block"]) for one in devices] == [(True, 40)]
    warning = made.memhpctl("status", "--json").json()["warnings"]
    assert [(one["warning"], "dax0.0" in one["text"]) for one in warning] == [("stuck", True)]
    assert "stuck: dax0.0: its memory can no longer be removed (it is stuck until the next boot" in made.memhpctl("status", "--check").out


def test_memory_that_is_not_stranded(machine: Any) -> None:
    """Without a driver, and nothing of it in the system; or with its own."""
    for name, lines in (("dax-stranded", "blocks 40-47 absent"), ("dax-kmem", ""), ("dax-kmem-state", "")):
        made = machine(name, lines=lines)
        assert reasons(made)["dax0.0"] is None
        assert made.memhpctl("status", "--json").json()["warnings"] == []
    assert machine("dax-stranded", lines="blocks 40-47 absent").memhpctl("add", "-n", "dax0.0").rc == 0


@pytest.mark.parametrize("name, device, words, size", [
    ("dax-small", "dax0.0", ["no whole memory block", "250M", "2G"], 0xfa00000),
    ("dax-nonode", "dax0.0", ["no node", "-1"], 1 << 30),
    ("dax-nonode", "dax7.0", ["no memory", "size is 0"], 0),
])
def test_dax_devices_that_cannot_be_added(machine: Any, name: str, device: str, words: list[str], size: int) -> None:
    made = machine(name, lines=SEED)
    for command in (["add", "-n"], ["add"], ["add", "--force"]):
        result = made.memhpctl(*command, device)
        assert result.rc == 1 and all(word in result.err for word in words), result
    assert made.begun() == []
    for command in ("list", "explain", "offline"):
        result = made.memhpctl(command, device)
        assert result.rc == 1 and all(word in result.err for word in words), result
    # Of its memory, which is what counts here, nothing is in the system.
    assert made.memhpctl("wait", "--for=absent", "--timeout=10ms", device).rc == 0
    (shown,) = made.memhpctl("list", "-jD", device).json()["devices"]
    assert shown["size"] == size and all(word in shown["obstacle"] for word in words)
    assert shown["driver"] == ("" if size == 0 else "device_dax")


@pytest.mark.parametrize("ranges", ["range=0x200000000-0x203ffffff range=0x204000000-0x207ffffff", "range=0x204000000-0x20bffffff"])
def test_a_dax_device_as_large_as_a_block_may_hold_none(machine: Any, ranges: str) -> None:
    """It was said only that it has 128M, and a block too."""
    made = machine("dax-kmem", lines=f"dax dax2.0 {ranges} node=1 driver=device_dax")
    result = made.memhpctl("add", "-n", "dax2.0")
    said = "it holds no whole memory block: it has 128M in pieces or across block boundaries, and a block 128M"
    assert (result.rc, result.err) == (1, f"memhpctl: dax2.0: refused: {said}\n")


def test_a_dax_device_without_blocks_can_be_listed(machine: Any) -> None:
    made = machine("dax-kmem")
    result = made.memhpctl("list", "-D", "dax1.0")
    assert result.rc == 0 and "dax1.0" in result.out and "dax0.0" not in result.out and " 1G " in result.out, result
    assert made.memhpctl("list", "-D", "--device=dax1.0").out == result.out
    assert made.memhpctl("list", "-D", "dax7.0").rc == 2


def test_a_dimm_that_the_kernel_did_not_take(machine: Any) -> None:
    made = machine("dimm-unaligned", files={"/dev/kmsg": KMSG})
    wanted = "its log says: Block size [0x80000000] unaligned hotplug range: start 0x1280000000, size 0xec0000000 (a block has 2G)"
    assert wanted in made.memhpctl("list", "-D").out
    assert made.memhpctl("list", "-jD", "PNP0C80:04").json()["devices"][0]["size"] == 0xec0000000
    (warning,) = made.memhpctl("status", "--json").json()["warnings"]
    assert warning["warning"] == "not-taken" and warning["text"].startswith("PNP0C80:04: ") and wanted in warning["text"]
    assert sorted(reasons(made)) == ["PNP0C80:00", "PNP0C80:04"]
    for command in ("remove", "offline", "explain", "list"):
        result = made.memhpctl(command, "PNP0C80:04")
        assert result.rc == 1 and wanted in result.err, result
    # It is there, although nothing of it is in the system.
    for word, rc in (("PNP0C80:04", 75), ("PNP0C80:08", 0)):
        result = made.memhpctl("wait", "--for=absent", "--timeout=100ms", "--json", word)
        assert result.rc == rc and result.json()["present_selectors"] == ([word] if rc else []), result
    assert "not absent: PNP0C80:04\n" in made.memhpctl("wait", "--for=absent", "--timeout=10ms", "PNP0C80:04").err
    result = made.memhpctl("wait", "--for=absent", "--timeout=10ms", "PNP0C80:04", "PNP0C80:00")
    assert result.rc == 75 and "not absent: PNP0C80:04, " in result.err, result
    # Another device's words, and a program's, are not this one's.
    made = machine("dimm-unaligned", files={"/dev/kmsg": "6,1,1,-;Block size [0x80000000] unaligned hotplug range: start 0x0, size 0x1\n"
                                                         "3,2,2,-;acpi PNP0C80:03: add_memory failed\n"
                                                         "12,3,3,-;acpi PNP0C80:04: lies\n3,4,4,-;x acpi PNP0C80:04: lies"})
    assert reasons(made)["PNP0C80:04"] == "it is plugged in, but the kernel did not add it; its log may say why (a block has 2G)"
    assert made.memhpctl("list", "-jD", "PNP0C80:04").json()["devices"][0]["size"] is None


@pytest.mark.parametrize("status, named", [(0, False), (9, False), (11, True), (15, True), (2, False)])
def test_slots_are_named_when_memory_is_in_them(machine: Any, status: int, named: bool) -> None:
    made = machine("dimm-unaligned", lines=f"acpi PNP0C80:04 status={status}")
    assert ("PNP0C80:04" in reasons(made)) == named
    assert bool(made.memhpctl("status", "--json").json()["warnings"]) == named


def test_a_kernel_without_acpi_hotplug(machine: Any) -> None:
    made = machine("dimm-unaligned", absent=["/sys/firmware/acpi/hotplug/memory"])
    (one,) = (one for one in made.memhpctl("list", "-jD").json()["devices"] if one["device"] == "PNP0C80:04")
    assert one["blocks"] is None and one["size"] is None and "CONFIG_ACPI_HOTPLUG_MEMORY" in one["obstacle"]
    assert "acpi_no_memhotplug" in made.memhpctl("status", "--check").out
    # It may be memory of the boot.
    result = made.memhpctl("wait", "--for=absent", "PNP0C80:04")
    assert result.rc == 1 and "not known" in result.err, result


# --- nodes


def test_nodes_from_the_links_of_the_blocks(machine: Any) -> None:
    """As in the archives that support is sent: the memory directory alone."""
    made, whole = machine("two-nodes"), machine("two-nodes")
    shutil.rmtree(made.path("/sys/devices/system/node"))
    assert made.memhpctl("list", "--json").json() == whole.memhpctl("list", "--json").json()
    for words in (["node1"], ["--node=1"], ["--node=1", "--state=online"], ["node0", "node1"]):
        assert made.memhpctl("list", *words).out == whole.memhpctl("list", *words).out != ""
    result = made.memhpctl("list", "node7")
    assert result.rc == 2 and "no such node" in result.err


def test_a_kernel_without_nodes(machine: Any) -> None:
    made = machine("x86-bare", lines="blocks 0-127 node=-", absent=["/sys/devices/system/node"])
    assert all(row["nodes"] == [] for row in made.memhpctl("list", "--json").json()["ranges"])


# --- s390


KVM = "text /proc/sysinfo\n| LPAR Name:            LINUX\n| VM00 Control Program: KVM/Linux\n"


@pytest.mark.parametrize("lines, boot", [("", "increment"), (KVM, None), ("file /proc/sys/kernel/osrelease 7.2.0", None),
                                         ("file /proc/sys/kernel/osrelease 6.18.1", "increment")])
def test_virtio_mem_is_no_standby_memory(machine: Any, lines: str, boot: str | None) -> None:
    made = machine("s390-virtio", lines=lines)
    owners = {row["first_block"]: row["device"] for row in made.memhpctl("list", "--json").json()["ranges"]}
    assert owners[16] == "virtio1"
    assert all((device or "").startswith(boot or "") and bool(device) == bool(boot) for first, device in owners.items() if 0 < first < 8)
    answer = made.memhpctl("policy", "test", "20").out
    assert "virtio1" in answer and "leave" not in answer.splitlines()[0], answer
    result = made.memhpctl("remove", "-n", "20")
    assert "increment" not in result.out + result.err, result


def test_a_guest_of_kvm_gives_nothing_back(machine: Any) -> None:
    made = machine("s390-old", lines=f"dir /sys/bus/ccw\n{KVM}")
    assert made.memhpctl("list", "-jD").json()["devices"] == []
    assert not any(provider["provider"] == "s390" for provider in made.memhpctl("status", "--json").json()["providers"])
    assert "hypervisor" not in made.memhpctl("remove", "-n", "6").err
    lpar = machine("s390-old", lines="dir /sys/bus/ccw")
    assert any(provider["provider"] == "s390" for provider in lpar.memhpctl("status", "--json").json()["providers"])


@pytest.mark.parametrize("name, can", [("s390-old", False), ("s390-new", True)])
def test_status_says_what_standby_memory_can_do_on_this_kernel(machine: Any, name: str, can: bool) -> None:
    made = machine(name, lines="dir /sys/bus/ccw\nfile /proc/sys/kernel/osrelease 6.12.0")
    assert [(one["provider"], one["can_remove"], one["can_add"]) for one in made.memhpctl("status", "--json").json()["providers"]] == [
        ("s390", can, can)]
    assert ("not removable from here" in made.memhpctl("status").out) != can


# --- kernel modules

LISTS = {"modules.builtin": "kernel/drivers/dax/dax.ko\n", "modules.dep": "kernel/drivers/dax/device_dax.ko.xz:\n"}


@pytest.mark.parametrize("there, kmem", [(["modules.builtin", "modules.dep"], "missing"), (["modules.builtin"], "unknown"),
                                         (["modules.dep"], "unknown"), ([], "unknown")])
def test_a_module_is_missing_only_from_lists_that_are_there(machine: Any, there: list[str], kmem: str) -> None:
    """What is built in has no directory in /sys/module, and a kernel without modules no lists."""
    made = machine("dax-kmem", files={f"/lib/modules/6.12.0/{name}": LISTS[name] for name in there} |
                   {"/proc/sys/kernel/osrelease": "6.12.0"}, absent=["/sys/module/kmem", "/sys/module/device_dax"])
    states = {one["module"]: one["state"] for one in made.memhpctl("status", "--json").json()["providers"][0]["modules"]}
    assert states == {"kmem": kmem, "device_dax": "available" if "modules.dep" in there else "unknown"}


@pytest.mark.parametrize("target", ["{}/outside", "../../../../../../../outside", "/outside"])
def test_a_state_that_leads_out_of_the_tree_is_not_a_block_that_is_gone(users_machine: Users, target: str) -> None:
    made = users_machine("x86-dimm")
    outside = made.root.parent / "outside"
    outside.write_text("offline\n")
    state = made.path(f"{MEMORY}/memory36/state")
    state.unlink()
    state.symlink_to(target.format(made.root.parent))
    for words, rc in ((["list"], 0), (["list", "36"], 0), (["status"], 0), (["online", "36"], 1), (["explain", "36"], 0), (["policy", "apply"], 1)):
        result = run([find_program(), "--sysroot", str(made.root), *words])
        assert result.rc == rc and "memory36: " in result.err and "its state is a link that leads out of the tree" in result.err, result
        assert "anished" not in result.out and "no memory block 36" not in result.err
    assert outside.read_text() == "offline\n"


AUTO_ONLINE = f"{MEMORY}/auto_online_blocks"
KNOBS = {"auto_online_blocks": AUTO_ONLINE, "online_policy": "/sys/module/memory_hotplug/parameters/online_policy",
         "memmap_on_memory": "/sys/module/memory_hotplug/parameters/memmap_on_memory"}
KINDS: dict[str, tuple[Callable[[pathlib.Path], Any], str]] = {
    "directory": (pathlib.Path.mkdir, "Is a directory"), "fifo": (os.mkfifo, "Operation not supported"),
    "loop": (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
    "hidden": (lambda path: path.touch(0), "Permission denied")}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", KNOBS)
def test_a_knob_that_cannot_be_read_is_not_known(users_machine: Users, name: str, kind: str) -> None:
    made = users_machine("x86-dimm")
    path = made.path(KNOBS[name])
    path.unlink(missing_ok=True)
    KINDS[kind][0](path)
    shown = as_nobody(made, "status")
    assert shown.rc == 0 and f"{name} ? ({KINDS[kind][1]})" in " ".join(shown.out.split()), shown
    assert "memory cannot be added" not in shown.out
    document = as_nobody(made, "status", "-j").json()
    assert document["settings"][name] is None and "no-hotplug" not in [warning["warning"] for warning in document["warnings"]]


@pytest.mark.parametrize("value", ["", "x", "301\n301", "-1", "\u00e9"])
@pytest.mark.parametrize("name", ["auto_movable_ratio", "auto_movable_numa_aware", "memmap_on_memory"])
def test_what_is_no_value_of_a_knob_is_not_known(users_machine: Users, name: str, value: str) -> None:
    """The schema has a number or a flag there."""
    made = users_machine("x86-dimm")
    path = made.path(f"/sys/module/memory_hotplug/parameters/{name}")
    path.unlink(missing_ok=True)
    path.write_text(value + "\n")
    assert as_nobody(made, "status", "-j").json()["settings"][name] is None
    assert f"{name} ? (Bad message)" in " ".join(as_nobody(made, "status").out.split())


def test_a_knob_that_is_not_there_is_none(users_machine: Users) -> None:
    made = users_machine("x86-dimm")
    made.path(AUTO_ONLINE).unlink()
    assert as_nobody(made, "status", "-j").json()["warnings"][-1]["warning"] == "no-hotplug"


@pytest.mark.parametrize("words", [["policy", "apply"], ["policy", "apply", "-n"], ["auto", "--boot"]], ids=" ".join)
def test_a_knob_that_cannot_be_read_is_not_written(users_machine: Users, words: list[str]) -> None:
    """What was in it could neither be told nor restored."""
    made = users_machine("x86-dimm")
    path = made.path(AUTO_ONLINE)
    path.unlink()
    path.write_text("online" * 40)  # too long for any value: not readable for root either
    result = run([find_program(), "--sysroot", str(made.root), *words])
    assert result.rc == 1 and "auto_online_blocks, which is left alone: " in result.err, result
    assert path.read_text() == "online" * 40
    check = run([find_program(), "--sysroot", str(made.root), "policy", "check", "--json"]).json()
    assert ["auto-online", AUTO_ONLINE] in [[warning["warning"], warning["place"]] for warning in check["warnings"]]


def test_no_device_is_not_said_where_the_blocks_of_one_cannot_be_read(machine: Any) -> None:
    """Without /proc/iomem nobody can tell which blocks are virtio-mem's."""
    made = machine("virtio-mem", absent=["/proc/iomem"])
    block = str(max(made.states()))
    (row,) = made.memhpctl("list", "--json", block).json()["ranges"]
    assert (row["device"], row["provider"]) == (None, None)
    assert made.memhpctl("list", "-o", "DEVICE,PROVIDER", "--raw", "--noheadings", block).out.split() == ["?", "?"]


@pytest.mark.parametrize("attribute, word, reason", [
    ("state", "ERROR-UNKNOWN-5", "unreadable"), ("state", "half-online", "unreadable"), ("valid_zones", "Fast", "zone-unknown"),
    ("valid_zones", "Movable Normal", "zone-unknown")])
def test_a_word_of_the_kernel_that_is_new(machine: Callable[..., Machine], attribute: str, word: str, reason: str) -> None:
    """Whether such a block can go offline is not known, and that it is in a kernel zone is not either."""
    made = machine("dax-kmem")
    made.set(f"{MEMORY}/memory40/{attribute}", word)
    block, = made.memhpctl("explain", "--json", "40").json()["blocks"]
    assert (block["offline_chance"], [why["reason"] for why in block["reasons"]]) == (None, [reason])
    assert "kernel zone" not in made.memhpctl("explain", "40").out
    assert made.memhpctl("list", "--raw", "--noheadings", "-o", "BLOCKS,OFFLINE", "40").out == "40 ?\n"
    assert "? not known" in made.memhpctl("list", "--map").out


@pytest.mark.parametrize("words, rc", [(["remove", "-n", "40"], 1), (["remove", "-n", "dax0.0"], 1), (["remove", "-n", "--size=1G"], 1), (["add", "-n", "dax0.0"], 1),
                                       (["wait", "--for=absent", "--timeout=10ms", "dax0.0"], 1), (["list", "dax0.0"], 1), (["list", "--device=dax0.0"], 1),
                                       (["policy", "test", "40"], 1), (["list", "-D"], 0), (["list", "-D", "--raw"], 0), (["status"], 0)])
@pytest.mark.parametrize("empty", [False, True])
def test_a_dump_of_the_blocks_alone_does_not_say_that_there_are_no_devices(tmp_path: pathlib.Path, machine: Users, words: list[str], rc: int,
                                                                           empty: bool) -> None:
    """list -D: "this machine has no memory devices"; wait --for=absent succeeded."""
    shutil.copytree(machine("two-nodes").path(MEMORY), tmp_path / MEMORY.lstrip("/"), symlinks=True)
    if empty:   # masked
        (tmp_path / "sys/bus").mkdir()
    result = run([find_program(), "--sysroot", str(tmp_path), *words])
    assert result.rc == rc and "/sys/bus, which would show the devices, is missing or empty here" in result.out + result.err, result


def test_a_dump_of_the_blocks_alone_in_json(tmp_path: pathlib.Path, machine: Users) -> None:
    shutil.copytree(machine("two-nodes").path(MEMORY), tmp_path / MEMORY.lstrip("/"), symlinks=True)

    def shown(*words: str) -> Any:
        return run([find_program(), "--sysroot", str(tmp_path), *words, "--json"]).json()

    assert shown("list", "-D")["devices"] is None and shown("status")["providers"] is None
    assert {one["provider"] for one in shown("list", "--all")["blocks"]} == {None}
    unseen = {one["finding"]: one["text"] for one in shown("status", "--check")["unseen"]}
    assert {"stuck", "not-taken"} <= set(unseen) and unseen["poisoned"] == "/proc/meminfo could not be read"
