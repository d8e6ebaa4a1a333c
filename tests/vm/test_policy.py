# SPDX-License-Identifier: GPL-2.0-or-later
"""Hot-plug by the policy, in a guest with systemd and udevd: all comes online, in order, with few processes."""

import contextlib
import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from fitting import fitting
from guest import Guest
from kernel import LabUnavailable
from lab import Lab, memhpctl_to_test
from machine import DAX, PLAIN, Machine
from services import METRICS, services, services_lab

GIB = 1 << 30
DIMMS = services(PLAIN.but(memory="2G,slots=32,maxmem=160G"))
VIRTIO = services(PLAIN.but(memory="3G,slots=4,maxmem=64G", options=(
    "-object", "memory-backend-ram,id=vmem0,size=16G,reserve=off",
    "-device", "virtio-mem-pci,id=vm0,memdev=vmem0,requested-size=0")))
# Since 6.3 kmem takes soft-reserved memory by itself: not before a test has loaded it.
UNTAKEN_ALONE = replace(DAX, setup=()).but(append="modprobe.blacklist=kmem")
UNTAKEN = services(UNTAKEN_ALONE)
THREE = UNTAKEN.but(options=(
    "-object", "memory-backend-ram,id=vmem0,size=4G,reserve=off",
    "-device", "virtio-mem-pci,id=vm0,memdev=vmem0,node=0,requested-size=0"))
RACING_RULE = 'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"\n'
WAIT_S = 600                # for memory to come online: a few seconds, unless the machine is slow
slow = pytest.mark.skipif(os.environ.get("MEMHPCTL_SLOW") != "1", reason="MEMHPCTL_SLOW=1 runs it")


@pytest.fixture(scope="module")
def own_lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The lab with systemd and memhpctl's rule and units."""
    program = memhpctl_to_test()
    if not program:
        pytest.skip("MEMHPCTL does not name the program to test")
    try:
        return services_lab(tmp_path_factory.mktemp("services"), program)
    except LabUnavailable as error:
        reason = f"no virtual machine: {error}"
    if os.environ.get("MEMHPCTL_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def start(own_lab: Lab) -> Iterator[Callable[..., Guest]]:
    """A function that makes a guest of a machine, with a configuration."""
    guests: list[Guest] = []

    def make(machine: Machine, conf: str = "") -> Guest:
        guest = own_lab.fresh(machine)
        guests.append(guest)
        if conf:
            guest.put(conf.encode(), "/etc/memhpctl.conf")
        return guest

    yield make
    for guest in guests:
        guest.close()


def forks(guest: Guest) -> int:
    """How many processes and threads the guest has made since it booted. Waiting for something here makes some, too."""
    return int(re.search(r"^processes (\d+)$", guest.read("/proc/stat"), re.MULTILINE)[1])


def runs(guest: Guest) -> int:
    """How often the service has started."""
    return int(guest.run("journalctl --sync; journalctl -u memhpctl.service -o cat --no-pager | grep -c ^Starting").out)


def wait(guest: Guest, blocks: str) -> None:
    """Wait until the blocks are online, and the runner has ended."""
    result = guest.run(["memhpctl", "wait", blocks, "--for", "online", "--timeout", str(WAIT_S)], WAIT_S + 60)
    assert result.rc == 0, result.err + log(guest)
    quiet(guest)


def quiet(guest: Guest) -> None:
    """Wait until nobody is at work and nothing is pending. The agent looks itself, without a process for each look."""
    def at_work(name: str) -> bool:
        try:
            guest.get(f"/run/memhpctl/{name}")
        except FileNotFoundError:
            return False
        return True

    guest.wait_for(lambda: not at_work("pending") and not at_work("running"), "the end of the runner")


def log(guest: Guest) -> str:
    """What memhpctl has said."""
    return guest.run("journalctl --sync; journalctl -t memhpctl -o cat --no-pager").out


def follow(guest: Guest) -> str:
    """Start a monitor; its lines go to the file that is returned."""
    guest.spawn("exec memhpctl monitor --json >/tmp/events")
    guest.wait_for(lambda: '"start"' in guest.run("cat /tmp/events").out, "the start of the monitor")
    return "/tmp/events"


def onlined(guest: Guest, path: str) -> list[int]:
    """The blocks in the order in which they came online."""
    events = [json.loads(line) for line in guest.get(path).decode().splitlines(True) if line.endswith("\n")]
    return [event["block"] for event in events if event["event"] == "online"]


def test_a_large_dimm_comes_online_from_the_top_with_few_processes(start: Callable[..., Guest]) -> None:
    def tries() -> Iterator[tuple[int, int]]:
        for _ in range(3):
            guest = start(services(DIMMS.but(memory="4G,slots=8,maxmem=160G")))
            before, runs_before = forks(guest), runs(guest)
            blocks = guest.plug_dimm("d1", "64G", timeout=WAIT_S)
            assert len(blocks) == 512
            wait(guest, f"{blocks[0]}-{blocks[-1]}")
            made = forks(guest) - before, runs(guest) - runs_before
            assert set(guest.blocks().values()) == {"online"}
            assert f"memory{blocks[0]}-{blocks[-1]}: online" in log(guest)
            yield made
            guest.close()

    # On a slow machine udevd takes more workers, and events may come when the first run has ended: not each time. A process
    # for each block would be 512.
    processes, started = fitting(tries(), lambda made: made[0] < 100 and made[1] == 1)
    assert processes < 256 and started < 8


@pytest.mark.core
def test_the_order_is_downwards(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS)
    events = follow(guest)
    blocks = guest.plug_dimm("d1", "8G")
    wait(guest, f"{blocks[0]}-{blocks[-1]}")
    guest.wait_for(lambda: len(onlined(guest, events)) >= len(blocks), "the last event")
    assert onlined(guest, events) == blocks[::-1]


@pytest.mark.core
def test_virtio_mem_grows(start: Callable[..., Guest]) -> None:
    guest = start(VIRTIO)
    before = forks(guest)
    guest.qmp("qom-set", path="vm0", property="requested-size", value=8 * GIB)
    guest.wait_event("MEMORY_DEVICE_SIZE_CHANGE", WAIT_S, size=8 * GIB)
    # The guest adds the last block only after the host has noted the size.
    first = int(re.search(r"^([0-9a-f]+)-\S+ : virtio\d+$", guest.read("/proc/iomem"), re.MULTILINE)[1], 16) >> 27
    wait(guest, f"{first}-{first + 63}")
    assert forks(guest) - before < 200
    assert set(guest.blocks().values()) == {"online"}


def test_many_small_dimms_one_after_another(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS)
    for number in range(20):
        guest.plug_dimm(f"d{number}", "128M")
    wait(guest, "32-51")
    assert guest.run("systemctl is-active memhpctl.path").out.strip() == "active"
    assert set(guest.blocks().values()) == {"online"}


@pytest.mark.core
def test_three_providers_under_three_rules(start: Callable[..., Guest]) -> None:
    guest = start(THREE, "[policy]\nmax-movable-ratio = off\n"
                  "[rule dimm]\nprovider = acpi\naction = online_movable\n"
                  "[rule vmem]\nprovider = virtio\naction = online_kernel\n"
                  "[rule dax]\nprovider = dax\naction = leave\n")
    guest.check("modprobe virtio_pci; modprobe virtio_mem; for m in dax_hmem device_dax kmem; do modprobe $m; done")
    guest.qmp("qom-set", path="vm0", property="requested-size", value=GIB)
    guest.plug_dimm("d1", "1G", node=0)
    guest.run("echo dax0.0 >/sys/bus/dax/drivers/device_dax/unbind; echo dax0.0 >/sys/bus/dax/drivers/kmem/new_id; "
              "echo dax0.0 >/sys/bus/dax/drivers/kmem/bind")
    guest.check(["memhpctl", "wait", "dax0.0", "--for", "present"], timeout=WAIT_S)
    guest.wait_event("MEMORY_DEVICE_SIZE_CHANGE", WAIT_S, size=GIB)
    wait(guest, "PNP0C80:00")
    wait(guest, "virtio0")
    text = log(guest)
    assert re.search(r"online, zone Movable .*acpi PNP0C80:00, rule dimm", text), text
    assert re.search(r"online, zone Normal .*virtio virtio\d+, rule vmem", text), text
    assert re.search(r"left offline .*dax dax0.0, rule dax", text), text


@pytest.mark.core
def test_a_block_taken_offline_stays_so(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS, "[rule all]\naction = online_movable\nmax-movable-ratio = off\n")
    guest.plug_dimm("d1", "1G")
    wait(guest, "32-39")
    guest.check(["memhpctl", "offline", "35"])
    guest.plug_dimm("d2", "1G")
    wait(guest, "40-47")
    assert guest.block_state(35) == "offline"
    assert "offline: offline 35 (128M, 1 changed" in log(guest)
    guest.check(["memhpctl", "policy", "apply"])
    assert guest.block_state(35) == "online"


def test_events_for_what_stays_offline_start_few_processes(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS, "[rule all]\naction = leave\n")
    blocks = guest.plug_dimm("d1", "16G", timeout=WAIT_S)
    guest.check("udevadm settle --timeout=600", timeout=WAIT_S)
    quiet(guest)

    started = runs(guest)

    def tries() -> Iterator[int]:
        for _ in range(3):
            before = forks(guest)
            for _ in range(4):
                guest.check("udevadm trigger --action=add --subsystem-match=memory; udevadm settle --timeout=600", timeout=WAIT_S)
            quiet(guest)
            yield forks(guest) - before

    # For 640 events and more. How many workers udevd takes, and how often the service starts, depends on what else the machine does:
    # about 150 alone, up to 280 beside another guest.
    assert fitting(tries(), lambda made: made < 320) < 320
    # Four to seven for each 640 events, whatever else the machine does.
    assert runs(guest) - started < 40
    assert log(guest).count("left offline") == 1
    assert {guest.blocks()[number] for number in blocks} == {"offline"}
    guest.put(b"[rule all]\naction = online_kernel\n", "/etc/memhpctl.conf")
    guest.check("udevadm trigger --action=add --subsystem-match=memory")
    wait(guest, f"{blocks[0]}-{blocks[-1]}")


@pytest.mark.core
def test_when_the_kernel_does_it_no_process_runs(start: Callable[..., Guest]) -> None:
    guest = start(services(DIMMS.but(memory="4G,slots=8,maxmem=160G")),
                  "[policy]\nkernel = yes\nonline-policy = auto-movable\n[rule all]\naction = online\n")
    guest.check(["memhpctl", "policy", "apply"])
    before = runs(guest)
    # Large enough for many events to be handled before the kernel brings the first block online.
    guest.plug_dimm("d1", "32G", timeout=WAIT_S)
    guest.check("udevadm settle --timeout=600", timeout=WAIT_S)
    assert set(guest.blocks().values()) == {"online"}
    assert runs(guest) == before
    assert guest.run("ls /run/memhpctl/pending").rc != 0


def test_for_which_events_the_rule_runs_memhpctl(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS, "[rule all]\naction = leave\n")
    guest.plug_dimm("d1", "1G")
    guest.check("udevadm settle; echo online >/sys/devices/system/memory/memory32/state; udevadm settle")
    quiet(guest)

    def kicks(block: int, action: str = "add", before: str = "true") -> bool:
        text = guest.check(f"unshare -m sh -c '{before}; udevadm test --action={action} "
                           f"/sys/devices/system/memory/memory{block} 2>&1'").out
        assert f"DEVPATH=/devices/system/memory/memory{block}" in text
        return bool(re.search(r"^run: .*/memhpctl kick", text, re.MULTILINE))

    assert kicks(33)
    assert not kicks(32)
    for action in ("remove", "change", "online", "offline"):
        assert not kicks(33, action)
    # Where the units do not see it.
    hidden = "mount -t tmpfs tmpfs /run/memhpctl"
    assert kicks(33, before=hidden)
    assert not kicks(33, before=f"{hidden}; touch /run/memhpctl/pending")
    guest.check("mkdir /tmp/proc")
    other = "mount -t proc proc /tmp/proc; mount -t tmpfs tmpfs /proc; ln -s /tmp/proc/* /proc/"
    assert kicks(33, before=other)
    assert not kicks(33, before=f"{other}; touch /proc/vmcore")
    guest.check("echo online >/sys/devices/system/memory/auto_online_blocks")
    assert not kicks(33)


def test_a_killed_runner_is_taken_up(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS)
    # Each time when one is at work.
    job = guest.spawn("n=0; while [ $n -lt 3 ]; do [ -e /run/memhpctl/running ] && kill -9 $(pidof memhpctl) 2>/dev/null && "
                      "n=$((n + 1)) && usleep 20000; usleep 1000; done; echo killed $n")
    blocks = guest.plug_dimm("d1", "32G", timeout=WAIT_S)
    assert "killed 3" in job.wait(WAIT_S).out
    wait(guest, f"{blocks[0]}-{blocks[-1]}")
    assert set(guest.blocks().values()) == {"online"}


def test_a_restart_of_udevd_loses_nothing(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS)
    job = guest.spawn("usleep 400000; systemctl restart systemd-udevd.service")
    blocks = guest.plug_dimm("d1", "16G", timeout=WAIT_S)
    job.wait()
    wait(guest, f"{blocks[0]}-{blocks[-1]}")


def test_an_unplug_in_the_middle(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS, "[rule all]\naction = online_movable\nmax-movable-ratio = off\n")
    guest.plug_dimm("d1", "8G", timeout=WAIT_S)
    guest.unplug_dimm("d1", timeout=WAIT_S)
    blocks = guest.plug_dimm("d2", "1G")
    wait(guest, f"{blocks[0]}-{blocks[-1]}")
    quiet(guest)


@pytest.mark.parametrize("what", ["size=64k,nr_inodes=4", "ro"])
def test_a_run_folder_that_takes_nothing(start: Callable[..., Guest], what: str) -> None:
    guest = start(DIMMS)
    # Under the folder that is there: the rule and the units see the same.
    guest.check(f"mkdir -p /run/memhpctl && mount -t tmpfs -o {what} tmpfs /run/memhpctl && "
                "(touch /run/memhpctl/1 /run/memhpctl/2 /run/memhpctl/3 2>/dev/null; true)")
    assert guest.run("touch /run/memhpctl/another").rc != 0
    guest.check("systemctl restart systemd-udevd.service")
    blocks = guest.plug_dimm("d1", "4G", timeout=WAIT_S)
    result = guest.run(["memhpctl", "wait", f"{blocks[0]}-{blocks[-1]}", "--timeout", str(WAIT_S)], WAIT_S + 60)
    assert result.rc == 0, result.err


def test_little_memory_left(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS)
    guest.plug_dimm("d1", "128M")
    wait(guest, "32")
    # What is left after the struct pages of the new DIMM.
    guest.check("mount -t tmpfs -o size=100% tmpfs /tmp; n=0; "
                "while free=$(awk '/MemAvailable/{print int($2/1024)}' /proc/meminfo); [ $free -gt 132 ]; do "
                "n=$((n + 1)); dd if=/dev/zero of=/tmp/fill$n bs=1M count=$((free - 64 - 64)) 2>/dev/null; done", timeout=WAIT_S)
    left = int(guest.check("awk '/MemAvailable/{print int($2/1024)}' /proc/meminfo").out)
    assert left < 64 + 64 + 8
    blocks = guest.plug_dimm("d2", "4G", timeout=WAIT_S)
    wait(guest, f"{blocks[0]}-{blocks[-1]}")
    assert not re.search(r"Killed process.*memhpctl", guest.check("dmesg").out)


def test_a_stuck_journal_keeps_nobody_from_ending(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS, "[rule all]\naction = online_movable\nmax-movable-ratio = off\n")
    guest.plug_dimm("d1", "128M")
    wait(guest, "32")
    # Short queues, which a journal that does not read lets run full.
    guest.check("echo 2 >/proc/sys/net/unix/max_dgram_qlen; "
                "systemctl stop systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket; "
                "systemctl start systemd-journald.service; kill -STOP $(pidof systemd-journald)")
    guest.run("for i in 1 2 3 4 5 6 7 8; do timeout 1 logger fill || exit; done")
    for _ in range(4):
        guest.check(["memhpctl", "offline", "32"], timeout=20)
        guest.check(["memhpctl", "policy", "apply"], timeout=20)


def test_the_word_of_systemd_detect_virt(start: Callable[..., Guest]) -> None:
    """Also where the texts of DMI are somebody else's: both ask the processor."""
    names = "type=1,manufacturer=oVirt,product=oVirt Node"
    for machine in (services(DIMMS.but(options=("-smbios", names))),
                    services(DIMMS.but(options=("-smbios", "type=1,manufacturer=Xen,product=HVM domU"))),
                    services(DIMMS.but(options=("-cpu", "max,hypervisor=off")))):
        with contextlib.closing(start(machine)) as guest:
            word = guest.run("systemd-detect-virt --vm").out.strip()
            document = json.loads(guest.check(["memhpctl", "policy", "test", "--json", "--provider=virtio"]).out)
            balloon, = [rule for rule in document["answers"][0]["passed_over"] if rule["rule"] == "built-in-balloon"] or [{"is": "xen"}]
            assert word and balloon["is"] == word, machine.options


UNITS = "memhpctl.path memhpctl-boot.service memhpctl-changed.path memhpctl-restore.service memhpctl.service"


def nothing_runs(guest: Guest) -> None:
    """No unit is started or fails, and no flag stays that would start one again and again."""
    guest.check(f"systemctl start {UNITS}")
    assert guest.run(f"systemctl is-active {UNITS}").out.split() == ["inactive"] * 5
    assert guest.run("memhpctl kick && memhpctl auto --boot && memhpctl auto --wait").rc == 0
    assert guest.run("ls /run/memhpctl/pending /run/memhpctl/running").rc != 0
    assert guest.run("systemctl --failed --no-legend").out.strip() == ""


def test_a_read_only_sys_is_left_alone(start: Callable[..., Guest]) -> None:
    """As in a container: no failed unit, no flag that starts the service again and again."""
    guest = start(DIMMS)
    guest.check("systemctl stop memhpctl-boot.service memhpctl.service memhpctl.path; mount -o remount,ro /sys")
    assert guest.run("memhpctl kick && memhpctl auto --boot && memhpctl auto --wait").rc == 0
    assert guest.run("ls /run/memhpctl/pending").rc != 0
    guest.check("systemctl start memhpctl.path memhpctl-boot.service memhpctl.service")
    assert guest.run("systemctl is-active memhpctl.path memhpctl-boot.service").out.split() == ["inactive"] * 2
    assert guest.run("systemctl --failed --no-legend").out.strip() == ""


def test_a_container_is_left_alone(start: Callable[..., Guest]) -> None:
    """Systemd takes WSL for a container, by the kernel's release; it notes its own container where memhpctl looks."""
    guest = start(DIMMS)
    guest.check(f"systemctl stop {UNITS}; rm -rf /run/memhpctl; uname -r | sed s/$/-WSL2/ >/run/release; echo wsl >/run/systemd/container; "
                "mount --bind /run/release /proc/sys/kernel/osrelease; systemctl daemon-reexec")
    assert guest.run("systemd-detect-virt --container").out.strip() == "wsl"
    before = runs(guest)
    # Newer kernels bring memory online by themselves.
    guest.check("echo offline >/sys/devices/system/memory/auto_online_blocks")
    guest.plug_dimm("d1", "256M")
    guest.check("udevadm settle --timeout=600", timeout=WAIT_S)
    document = json.loads(guest.check("memhpctl policy check --json").out)
    assert document["decides"] is None and "container" in document["why"]
    nothing_runs(guest)
    assert runs(guest) == before and guest.block_state(32) == "offline"


def test_a_kernel_without_hotplug_is_left_alone(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS)
    quiet(guest)
    guest.check(f"systemctl stop {UNITS}; rm -rf /run/memhpctl; mount -t tmpfs tmpfs /sys/devices/system")
    before = runs(guest)
    document = json.loads(guest.check("memhpctl policy check --json").out)
    assert document["decides"] is None and "no memory hot-plug" in document["why"]
    nothing_runs(guest)
    assert runs(guest) == before


@pytest.mark.core
def test_the_timer_writes_metrics(start: Callable[..., Guest]) -> None:
    """Confined as it is, the service sees what root sees, and writes its file; without the folder it does nothing."""
    guest = start(DIMMS)
    guest.check("systemctl start memhpctl-metrics.service")
    assert guest.run(f"test -e {METRICS}").rc != 0
    guest.plug_dimm("d1", "1G")
    wait(guest, "32-39")
    # Another user's folder, as the packages of node_exporter have it.
    guest.check(f"mkdir -p {METRICS} && chown 65534 {METRICS}; systemctl start memhpctl-metrics.timer")
    text = guest.wait_for(lambda: guest.run(f"cat {METRICS}/memhpctl.prom").out, "the file of the timer")
    assert 'memhpctl_last_run_blocks{command="auto",result="changed"} 8\n' in text
    assert 'memhpctl_finding{finding="waiting"} 0\n' in text and 'memhpctl_finding_unseen{finding="waiting"} 0\n' in text
    # It sees the same as outside of the unit, where nothing is confined.
    assert text == guest.run("memhpctl status --prometheus").out
    assert guest.run(f"ls -A {METRICS}").out.split() == ["memhpctl.prom"]


def test_starting_and_stopping_changes_no_memory(start: Callable[..., Guest]) -> None:
    """As the installation of a package, its upgrade and its removal do, on a kernel that brings memory online by itself."""
    guest = start(DIMMS)
    knob = "/sys/devices/system/memory/auto_online_blocks"
    guest.plug_dimm("d1", "1G")
    wait(guest, "32-39")
    guest.check("systemctl stop memhpctl.path")
    assert guest.run("systemctl is-active memhpctl-boot.service").out.strip() == "inactive"
    guest.check(f"memhpctl offline 32 && rm -rf /run/memhpctl; echo offline >{knob}")
    guest.plug_dimm("d2", "1G")
    guest.check(f"udevadm settle; rm -rf /run/memhpctl; echo online_kernel >{knob}")
    guest.put(b"[rule all]\naction = online_movable\nmax-movable-ratio = off\n", "/etc/memhpctl.conf")
    # Installed: what is offline stays so, and the knob is taken over.
    guest.check("systemctl start memhpctl.path memhpctl-boot.service")
    quiet(guest)
    assert guest.read(knob) == "offline"
    assert "auto_online_blocks: offline, was online_kernel" in log(guest)
    guest.plug_dimm("d3", "1G")
    wait(guest, "48-55")
    assert [guest.block_state(block) for block in (32, 33, 40, 47)] == ["offline", "online", "offline", "offline"]
    # Upgraded: what was set by hand stays so.
    guest.check(f"echo online >{knob}; systemctl restart memhpctl.path memhpctl-boot.service")
    assert guest.read(knob) == "online"
    guest.check(f"echo offline >{knob}; systemctl restart memhpctl.path memhpctl-boot.service")
    assert guest.read(knob) == "offline"
    assert guest.run("systemctl is-active memhpctl.path memhpctl-boot.service").out.split() == ["active"] * 2
    # Removed, masked.
    guest.check("systemctl mask --now memhpctl.path memhpctl-boot.service")
    assert guest.read(knob) == "online_kernel"
    states = {part["part"]: part["state"] for part in json.loads(guest.check("memhpctl policy check --json").out)["parts"]}
    assert states["memhpctl.path"] == states["memhpctl-boot.service"] == "masked"
    assert guest.block_state(40) == "offline"
    assert guest.run("systemctl --failed --no-legend").out.strip() == ""


def test_a_broken_file_is_said_once_and_the_service_is_confined(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS, "[rule all]\naction = online_movable\nmax-movable-ratio = off\n")
    guest.check("mkdir -p /etc/memhpctl.d")
    guest.put(b"[policy]\nretires = 3\n", "/etc/memhpctl.d/10-broken.conf")
    # What the process may do is seen while it works: the process that writes is one of the service, too.
    job = guest.spawn("until p=$(systemctl show -p MainPID --value memhpctl.service) && [ $p -gt 0 ] && "
                      "grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/$p/status; do usleep 5000; done")
    guest.plug_dimm("d1", "2G", timeout=WAIT_S)
    wait(guest, "32-47")
    said = dict(re.findall(r"^(\w+):\s+(\w+)$", job.wait(WAIT_S).out, re.MULTILINE))
    # SYS_ADMIN, SYS_RESOURCE, IPC_LOCK, SYSLOG; a filter of system calls.
    assert said["NoNewPrivs"] == "1" and said["Seccomp"] == "2"
    assert int(said["CapBnd"], 16) == 1 << 21 | 1 << 24 | 1 << 14 | 1 << 34
    assert {guest.block_zone(number).split()[0] for number in range(32, 48)} == {"Movable"}
    guest.plug_dimm("d2", "256M")
    wait(guest, "48-49")
    assert log(guest).count("10-broken.conf:2: 'retires' is not a key") == 1
    assert guest.run("systemctl --failed --no-legend").out.strip() == ""


def test_the_failed_state_ends_when_the_policy_is_right(start: Callable[..., Guest]) -> None:
    """Others may write to the folder: no rule in it can be trusted, and nothing comes online until that is over."""
    guest = start(DIMMS)
    guest.check("mkdir -p /etc/memhpctl.d; chmod 777 /etc/memhpctl.d")
    guest.plug_dimm("d1", "128M")
    guest.wait_for(lambda: "memhpctl.service" in guest.run("systemctl --failed --no-legend").out, "the failure", WAIT_S)
    assert guest.block_state(32) == "offline"
    assert log(guest).count("/etc/memhpctl.d can be written by others") == 1
    guest.check("chmod 755 /etc/memhpctl.d")
    guest.plug_dimm("d2", "128M")
    wait(guest, "32-33")
    assert guest.run("systemctl --failed --no-legend").out.strip() == ""


FOLLOWER = """[Unit]
After=memhpctl-changed.service
[Service]
Type=oneshot
EnvironmentFile=/run/memhpctl/announced
ExecStart=/bin/sh -c 'echo "$MEMHPCTL_BLOCKS on $MEMHPCTL_NODES: $MEMHPCTL_BYTES" >>/run/followed'
ExecStart=/usr/bin/systemctl try-restart cache.service
"""
CACHE = """[Service]
ExecStart=/bin/sh -c 'echo begun >>/run/begun; exec sleep 100000'
"""


def test_units_and_hooks_follow(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS, "[rule all]\naction = online_movable\nmax-movable-ratio = off\n")
    guest.put(FOLLOWER.encode(), "/etc/systemd/system/follower.service")
    guest.put(CACHE.encode(), "/etc/systemd/system/cache.service")
    guest.check("mkdir -p /etc/memhpctl/hooks.d /etc/systemd/system/memhpctl-changed.target.wants; "
                "ln -s ../follower.service /etc/systemd/system/memhpctl-changed.target.wants/; systemctl daemon-reload; "
                "systemctl start cache.service")
    guest.put(b'#!/bin/sh\necho "$MEMHPCTL_BLOCKS came"; exit 4\n', "/etc/memhpctl/hooks.d/10-say", 0o755)
    guest.put(b"#!/bin/sh\ntouch /run/bad\n", "/etc/memhpctl/hooks.d/20-not-trusted", 0o777)

    def followed() -> list[str]:
        return guest.run("cat /run/followed 2>/dev/null").out.splitlines()

    guest.plug_dimm("d1", "1G")
    wait(guest, "32-39")
    guest.wait_for(lambda: followed() == [f"32-39 on 0: {GIB}"], "the first call", WAIT_S)
    guest.wait_for(lambda: guest.read("/run/begun").count("begun") == 2, "the restart", WAIT_S)
    # Nothing comes online: nothing follows.
    guest.check("udevadm trigger --action=add --subsystem-match=memory; udevadm settle --timeout=600", timeout=WAIT_S)
    quiet(guest)
    # Several passes while one follower works: none is lost, and what one is told is not told again.
    for number in range(4):
        guest.plug_dimm(f"s{number}", "128M")
    wait(guest, "40-43")
    guest.wait_for(lambda: guest.run("ls /run/memhpctl/changed").rc != 0 and
                   sum(int(line.rpartition(" ")[2]) for line in followed()) == GIB + (GIB >> 1), "the last call", WAIT_S)
    told = [int(number) for line in followed()[1:] for part in line.partition(" on ")[0].split()
            for number in range(int(part.partition("-")[0]), int(part.rpartition("-")[2]) + 1)]
    assert sorted(told) == [40, 41, 42, 43]
    text = log(guest)
    assert "hook 10-say: 32-39 came" in text
    assert "/etc/memhpctl/hooks.d/10-say: failed with exit code 4" in text
    assert "20-not-trusted can be written by others" in text
    assert guest.run("ls /run/bad").rc != 0
    assert guest.run("systemctl --failed --no-legend").out.strip() == ""
    # One that hangs does not keep memory from coming online.
    guest.put(b"#!/bin/sh\ntouch /run/hanging; sleep 100000\n", "/etc/memhpctl/hooks.d/30-hang", 0o755)
    guest.plug_dimm("d2", "1G")
    guest.wait_for(lambda: guest.run("ls /run/hanging").rc == 0, "the hook's start", WAIT_S)
    guest.plug_dimm("d3", "1G")
    wait(guest, "44-59")


def test_a_rule_of_the_distribution_races_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    try:
        lab = services_lab(tmp_path_factory.mktemp("racing"), memhpctl_to_test(), {"40-redhat.rules": RACING_RULE})
    except LabUnavailable as error:
        pytest.skip(str(error))
    with lab.fresh(DIMMS) as guest:
        blocks = guest.plug_dimm("d1", "8G", timeout=WAIT_S)
        wait(guest, f"{blocks[0]}-{blocks[-1]}")
        assert "failed" not in log(guest)
        assert "40-redhat.rules:1" in guest.check(["memhpctl", "policy", "check"]).out


def without_systemd(start: Callable[..., Guest], machine: Machine) -> Guest:
    """A guest with udevd, but without systemd."""
    guest = start(machine)
    guest.check("/usr/lib/systemd/systemd-udevd --daemon; memhpctl auto --boot")
    assert guest.run("ls -d /run/systemd/system").rc != 0
    assert guest.read("/sys/devices/system/memory/auto_online_blocks") == "offline"
    return guest


@pytest.fixture
def udevd_alone(start: Callable[..., Guest]) -> Guest:
    """Such a guest with place for large DIMMs."""
    return without_systemd(start, PLAIN.but(memory="2G,slots=32,maxmem=160G"))


def test_without_systemd(udevd_alone: Guest) -> None:
    guest = udevd_alone
    before = forks(guest)
    blocks = guest.plug_dimm("d1", "16G", timeout=WAIT_S)
    wait_alone(guest, blocks)
    assert forks(guest) - before < 150
    for number in range(8):
        blocks += guest.plug_dimm(f"small{number}", "128M")
    wait_alone(guest, blocks)


def single_dimms(make: Callable[[], Guest]) -> None:
    """Pairs of DIMMs of one block under eight busy loops, the second at a random moment of the first one's pass.

    16 DIMMs, or MEMHPCTL_SINGLE_DIMMS; a guest has place for 240.
    """
    left = int(os.environ.get("MEMHPCTL_SINGLE_DIMMS", "16"))
    while left > 0:
        guest = make()
        for _ in range(8):
            guest.spawn("while :; do :; done")
        for number in range(0, min(left, 240), 2):
            first = guest.plug_dimm(f"d{number}", "128M", timeout=WAIT_S)
            time.sleep(random.choice((0, 0.05, 0.1, 0.2, 0.4)) * random.random())
            second = guest.plug_dimm(f"d{number + 1}", "128M", timeout=WAIT_S)
            # As long as a block of a pass may take, and much more than a pass takes.
            result = guest.run(["memhpctl", "wait", *map(str, first + second), "--timeout", "120"], WAIT_S)
            assert result.rc == 0, f"DIMM {number}: {result.err}" + guest.run("ls -la /run/memhpctl").out
            left -= 2
        guest.close()


SINGLE = PLAIN.but(memory="2G,slots=250,maxmem=64G")


def test_single_dimms_without_systemd(start: Callable[..., Guest]) -> None:
    single_dimms(lambda: without_systemd(start, SINGLE))


def test_single_dimms_with_systemd(start: Callable[..., Guest]) -> None:
    single_dimms(lambda: start(services(SINGLE)))


def test_without_systemd_the_next_event_takes_up_a_killed_run(udevd_alone: Guest) -> None:
    guest = udevd_alone
    # When others wait for it: the flag is up again.
    job = guest.spawn("for i in $(seq 5000); do [ -e /run/memhpctl/running -a -e /run/memhpctl/pending ] && break; usleep 1000; done; "
                      "kill -9 $(pidof memhpctl); usleep 500000")
    blocks = guest.plug_dimm("d1", "16G", timeout=WAIT_S)
    # Unless an event of the same DIMM was still to come, nobody is at work now, and the flag is up.
    job.wait(WAIT_S)
    blocks += guest.plug_dimm("d2", "128M")
    wait_alone(guest, blocks)


def test_without_systemd_hooks_follow(udevd_alone: Guest) -> None:
    guest = udevd_alone
    guest.check("mkdir -p /etc/memhpctl/hooks.d")
    guest.put(b'#!/bin/sh\nsleep 1; echo "$MEMHPCTL_BLOCKS $(cat /proc/self/oom_score_adj)" >>/run/followed\n',
              "/etc/memhpctl/hooks.d/10-say", 0o755)
    blocks = [number for dimm in range(3) for number in guest.plug_dimm(f"d{dimm}", "256M")]
    guest.check(["memhpctl", "wait", *map(str, blocks), "--timeout", str(WAIT_S)], WAIT_S + 60)

    def told() -> list[int]:
        lines = [line.rpartition(" ") for line in guest.run("cat /run/followed 2>/dev/null").out.splitlines()]
        assert all(score == "0" for _, _, score in lines), lines
        return sorted(number for text, _, _ in lines for part in text.split()
                      for number in range(int(part.partition("-")[0]), int(part.rpartition("-")[2]) + 1))

    guest.wait_for(lambda: len(told()) == len(blocks), "the last call", WAIT_S)
    assert told() == blocks


def wait_alone(guest: Guest, blocks: list[int]) -> None:
    """Wait until the blocks are online, and all is quiet."""
    guest.check(["memhpctl", "wait", *map(str, blocks), "--timeout", str(WAIT_S)], WAIT_S + 60)
    guest.check("udevadm settle --timeout=600", timeout=WAIT_S)
    script = ("for i in $(seq 2000); do [ -e /run/memhpctl/pending ] || [ -e /run/memhpctl/running ] || "
              "pidof memhpctl >/dev/null || exit 0; usleep 100000; done; exit 1")
    assert guest.run(script, WAIT_S).rc == 0, guest.run("ls -la /run/memhpctl").out


def test_monitor_ends_with_its_reader_and_by_sigterm(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS)
    result = guest.run("memhpctl monitor | head -1")
    assert "listening" in result.out and not result.err
    job = guest.spawn(["memhpctl", "monitor"])
    job.wait_output("listening")
    job.kill()
    assert job.wait().rc == 0


def test_wait_for_each_state(start: Callable[..., Guest]) -> None:
    guest = start(DIMMS, "[rule all]\naction = online_movable\nmax-movable-ratio = off\n")
    present = guest.spawn(["memhpctl", "wait", "32-39", "--for", "present"])
    online = guest.spawn(["memhpctl", "wait", "PNP0C80:00", "--for", "online"])
    guest.plug_dimm("d1", "1G")
    assert present.wait().rc == 0
    assert online.wait().rc == 0
    offline = guest.spawn(["memhpctl", "wait", "32-33", "--for", "offline"])
    absent = guest.spawn(["memhpctl", "wait", "32-39", "--for", "absent"])
    guest.check(["memhpctl", "offline", "32-33"])
    assert offline.wait().rc == 0
    guest.unplug_dimm("d1")
    assert absent.wait().rc == 0
    assert guest.run(["memhpctl", "wait", "32", "--timeout", "200ms"]).rc == 75


def test_an_overrun_is_told_and_caught_up(start: Callable[..., Guest]) -> None:
    """The events that the buffer had room for are older than those lost, and must not be the last word."""
    guest = start(DIMMS, "[rule all]\naction = online_movable\nmax-movable-ratio = off\n")
    guest.plug_dimm("d1", "2G")
    wait(guest, "32-47")
    events = follow(guest)
    guest.check("systemctl stop systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udevd.service; "
                "killall -STOP memhpctl")
    guest.plug_dimm("d2", "1G")
    guest.check("memhpctl online --zone=movable --quiet 48-55")
    # 40,000 events, of which none is taken; the buffer has room for half of them.
    guest.check("cd /sys/devices/system/memory; for i in $(seq 1000); do for b in memory*/uevent; do echo change >$b; "
                "done; done", timeout=WAIT_S)
    guest.check("memhpctl offline --quiet 48-55")
    guest.check("memhpctl offline --quiet 40-41")
    guest.unplug_dimm("d2")
    guest.check("killall -CONT memhpctl")
    # A sign that it has come to the end.
    for _ in range(100):
        guest.check("memhpctl offline --quiet 32; memhpctl online --zone=movable --quiet 32")
        if "online 32" in (told := _told(guest, events)):
            break
        time.sleep(0.2)
    assert told.count("overrun None") == 1
    assert [told.count(f"add {block}") for block in range(48, 56)] == [1] * 8
    at = told.index("overrun None")
    assert set(told[at:]) >= {"offline 40", "offline 41", *(f"remove {block}" for block in range(48, 56))}
    assert not [event for event in told[at:] if event.startswith("add")]


def _told(guest: Guest, path: str) -> list[str]:
    """What the monitor has told up to now but changes: "online 32"."""
    lines = guest.check(f"grep -v '\"change\"' {path}").out.splitlines()
    return [f"{event['event']} {event.get('block')}" for event in map(json.loads, lines)]


@slow
def test_ten_thousand_events(start: Callable[..., Guest]) -> None:
    guest = start(services(DIMMS.but(memory="6G,slots=8,maxmem=512G")), "[rule all]\naction = leave\n")
    guest.plug_dimm("d1", "128G", timeout=WAIT_S)
    guest.check("udevadm settle --timeout=600", timeout=WAIT_S)
    quiet(guest)
    before = forks(guest)
    for _ in range(10):
        guest.check("udevadm trigger --action=add --subsystem-match=memory; udevadm settle --timeout=600", timeout=WAIT_S)
    quiet(guest)
    print("processes for 10,000 events:", forks(guest) - before)
    # One for each pass that an event finds over; a process for each event would be ten times as many.
    assert forks(guest) - before < 3000
    guest.put(b"[rule all]\naction = online_kernel\n", "/etc/memhpctl.conf")
    guest.check("udevadm trigger --action=add --subsystem-match=memory")
    wait(guest, "32-1055")


@pytest.mark.parametrize("systemd", [True, False], ids=["with systemd", "without systemd"])
def test_a_block_that_comes_in_the_last_moment(start: Callable[..., Guest], systemd: bool) -> None:
    """20 rounds, 1,000 with MEMHPCTL_SLOW=1; see guest/last-moment.c.

    Kernel, events, udevd, rule, units and runner are the real ones, and so is the memory that comes: a dax device of one
    block that kmem adds and removes, which stands in for a DIMM because the guest can do that by itself, in milliseconds.
    """
    rounds = 1000 if os.environ.get("MEMHPCTL_SLOW") == "1" else 20
    guest = start(UNTAKEN) if systemd else without_systemd(start, UNTAKEN_ALONE)
    guest.check("modprobe dax_hmem; modprobe device_dax; cd /sys/bus/dax; "
                "[ ! -e drivers/device_dax/dax0.0 ] || echo dax0.0 >drivers/device_dax/unbind; region=$(readlink -f devices/dax0.0)/../dax_region; "
                "echo 0 >devices/dax0.0/size; echo 0x8000000 >devices/dax0.0/size; "
                "echo 1 >$region/create; echo 0x8000000 >devices/dax0.1/size; "
                "modprobe kmem; for d in dax0.0 dax0.1; do [ -e drivers/kmem/$d ] || echo $d >drivers/kmem/new_id; done")
    wait(guest, "40-41")
    guest.check("memhpctl offline --quiet 40-41; for d in dax0.0 dax0.1; do echo $d >/sys/bus/dax/drivers/kmem/unbind; done")
    result = guest.run(["last-moment", str(rounds)], 60 + 3 * rounds)
    print(result.out)
    assert result.rc == 0, result.out + (log(guest)[-2000:] if systemd else guest.run("ls -la /run/memhpctl").out)
