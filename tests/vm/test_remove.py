# SPDX-License-Identifier: GPL-2.0-or-later
"""memhpctl remove and add on a real kernel: DIMMs, dax memory, virtio-mem; the host's and the kernel's word counts."""

import json
import re
import signal
from collections.abc import Callable, Iterator

import pytest

from agent import Result
from fitting import fitting
from guest import Guest
from machine import DAX, NVDIMM, TWO_NODES, VIRTIO_MEM, Machine

Boot = Callable[..., Guest]

BOOT_BLOCKS = list(range(16))
DIMM = "PNP0C80:00"
DIMM_BLOCKS = list(range(32, 40))
# What the kernel tells the host when an eject has failed: ACPI_OST_EC_OSPM_EJECT, ACPI_OST_SC_DEVICE_BUSY (<linux/acpi.h>).
EJECT_FAILED = {"device": "d1", "source": 0x103, "status": 0x82, "slot": "0", "slot-type": "DIMM"}
# Both kinds of memory that reach kmem, and the blocks that it makes of dax0.0.
EACH_DAX = pytest.mark.parametrize("machine, blocks", [
    pytest.param(DAX, list(range(40, 48)), id="soft-reserved"), pytest.param(NVDIMM, list(range(33, 40)), id="nvdimm")])


def document(result: Result) -> dict:
    """The one JSON document of a run with --json."""
    return json.loads(result.out)


def plug_movable(guest: Guest, memhpctl: str) -> None:
    """Plug a DIMM of 1 GiB and bring all of it online in zone Movable."""
    assert guest.plug_dimm("d1", "1G") == DIMM_BLOCKS
    guest.check([memhpctl, "online", "--zone=movable", DIMM])


def add_dax(guest: Guest, memhpctl: str, blocks: list[int]) -> None:
    """Give the dax memory to the system: all of its blocks, online in zone Movable."""
    guest.check([memhpctl, "add", "dax0.0", "--zone=movable"])
    assert [number for number in guest.blocks() if number >= blocks[0]] == blocks
    assert states_of(guest, blocks) == {"online"}


def states_of(guest: Guest, blocks: list[int]) -> set[str]:
    """The states that these blocks have, as far as they are there."""
    return {state for number, state in guest.blocks().items() if number in blocks}


def modes_of(guest: Guest, blocks: list[int]) -> set[str]:
    """The permissions of these blocks' `state` and `online`."""
    paths = " ".join(f"/sys/devices/system/memory/memory{number}/{name}" for number in blocks
                     for name in ("state", "online"))
    return set(guest.check(f"stat -c %a {paths}").out.split())


def removes_all_or_nothing(guest: Guest) -> bool:
    """Since 7.3 a dax device that is kmem's has `state`, and nothing has to be kept from coming online meanwhile."""
    return guest.run("[ -e /sys/bus/dax/devices/dax0.0/state ]").rc == 0


# ACPI


@pytest.mark.core
def test_a_dimm_goes_and_the_host_sees_it(guest: Guest, memhpctl: str) -> None:
    plug_movable(guest, memhpctl)
    result = guest.check([memhpctl, "remove", DIMM, "--json"])
    device = document(result)["devices"][0]
    assert (device["device"], device["result"], device["blocks"]) == (DIMM, "removed", DIMM_BLOCKS)
    assert {block["after"] for block in document(result)["blocks"]} == {None}
    guest.wait_ejected("d1")
    assert list(guest.blocks()) == BOOT_BLOCKS
    assert guest.read(f"/sys/bus/acpi/devices/{DIMM}/status") == "0"


def test_part_of_a_dimm_is_refused(guest: Guest, memhpctl: str) -> None:
    plug_movable(guest, memhpctl)
    result = guest.run([memhpctl, "remove", "32-37"])
    assert result.rc == 2
    assert "38-39" in result.err and "--whole-device" in result.err
    assert states_of(guest, DIMM_BLOCKS) == {"online"}
    guest.check([memhpctl, "remove", "32-37", "--whole-device"])
    guest.wait_ejected("d1")


@pytest.mark.core
@pytest.mark.parametrize("atomic", [False, True])
def test_a_pinned_page_never_reaches_the_kernels_endless_loop(guest: Guest, memhpctl: str, atomic: bool) -> None:
    plug_movable(guest, memhpctl)
    pin = guest.pin(35)

    def tries() -> Iterator[Result]:
        # On a slow machine also other blocks take longer than the first limit.
        for limit in ("2s", "10s", "60s"):
            guest.check([memhpctl, "online", "--zone=movable", DIMM])
            yield guest.run([memhpctl, "remove", DIMM, f"--block-timeout={limit}", "--retries=0", "--json", *(["--atomic"] if atomic else [])])
            guest.wait_state(35, "online")

    def failed(result: Result) -> list[int]:
        return [block["block"] for block in document(result)["blocks"] if block["result"] == "failed"]

    result = fitting(tries(), lambda result: failed(result) == [35])
    assert result.rc == (75 if atomic else 64)
    report = document(result)
    assert report["devices"][0]["result"] == "failed" and report["result"] == ("rolled-back" if atomic else "partial")
    assert failed(result) == [35] and "memory35 " in report["devices"][0]["reason"]
    assert guest.read(f"/sys/bus/acpi/devices/{DIMM}/status") == "15"
    guest.wait_state(35, "online")
    if atomic:
        assert states_of(guest, DIMM_BLOCKS) == {"online"}
        assert {guest.block_zone(number) for number in DIMM_BLOCKS} == {"Movable"}
    # The lock is free, and nobody is at work in the kernel.
    guest.check([memhpctl, "offline", "36"])
    pin.kill(signal.SIGTERM)
    pin.wait()
    guest.check([memhpctl, "remove", DIMM])
    guest.wait_ejected("d1")


def test_an_amount_takes_another_dimm_for_one_that_will_not_go(guest: Guest, memhpctl: str) -> None:
    plug_movable(guest, memhpctl)
    second = guest.plug_dimm("d2", "1G")
    guest.check([memhpctl, "online", "--zone=movable", "40-47"])
    # One page that cannot be seen to be pinned, in the DIMM that is chosen first.
    pin = guest.pin(second[-1], pages=1, megabytes=2300)

    def tries() -> Iterator[Result]:
        for limit in ("2s", "10s", "60s"):
            yield guest.run([memhpctl, "remove", "--size=1G", f"--block-timeout={limit}", "--retries=0", "--json"])
            guest.wait_state(second[-1], "online")

    result = fitting(tries(), lambda result: result.rc == 0)
    assert (result.rc, result.err) == (0, "")
    assert [(device["device"], device["result"]) for device in document(result)["devices"]] == [
        ("PNP0C80:01", "passed-over"), (DIMM, "removed")]
    guest.wait_ejected("d1")
    assert list(guest.blocks()) == BOOT_BLOCKS + second
    assert states_of(guest, second) == {"online"} and {guest.block_zone(number) for number in second} == {"Movable"}
    pin.kill(signal.SIGTERM)
    pin.wait()
    guest.check([memhpctl, "remove", "--size=1G"])
    guest.wait_ejected("d2")


def test_a_disabled_eject_is_refused_before_anything_is_done(guest: Guest, memhpctl: str) -> None:
    plug_movable(guest, memhpctl)
    assert guest.write("/sys/firmware/acpi/hotplug/memory/enabled", "0") == "OK"
    result = guest.run([memhpctl, "remove", DIMM])
    assert result.rc == 1
    assert "/sys/firmware/acpi/hotplug/memory/enabled" in result.err
    assert states_of(guest, DIMM_BLOCKS) == {"online"}
    assert guest.write("/sys/firmware/acpi/hotplug/memory/enabled", "1") == "OK"
    guest.check([memhpctl, "remove", DIMM])
    guest.wait_ejected("d1")


def test_boot_memory_is_not_taken_offline(guest: Guest, memhpctl: str) -> None:
    result = guest.run([memhpctl, "remove", "14", "--json", "--retries=0"])
    report = document(result)
    assert result.rc == 1 and guest.block_state(14) == "online"
    assert (report["devices"][0]["result"], report["devices"][0]["cause"]) == ("refused", "not-removable")
    assert "nothing on this system can remove memory that belongs to no known device" in result.err and "to take it offline instead: memhpctl offline 14" in result.err


@pytest.mark.parametrize("atomic", [False, True])
def test_an_eject_that_fails_leaves_no_block_in_another_zone(boot: Boot, memhpctl: str, atomic: bool) -> None:
    # On a node without processors, where the kernel puts nothing of its own into zone Normal at once.
    guest = boot(TWO_NODES, memhp_default_state="offline")
    assert guest.plug_dimm("d1", "1G", node=1) == DIMM_BLOCKS
    guest.check([memhpctl, "online", "--zone=movable", DIMM])
    guest.inject("MEM_GOING_OFFLINE", 0)
    error = "/sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_OFFLINE/error"
    # At the last moment somebody brings a block online, in zone Normal, and the kernel cannot take it offline until the eject
    # has failed.
    script = f"echo online_kernel >/sys/devices/system/memory/memory33/state; echo -16 >{error}"
    other = guest.spawn(["hold-open", f"/sys/bus/acpi/devices/{DIMM}/eject", script])
    other.wait_output("ready")
    job = guest.spawn([memhpctl, "remove", DIMM, "--json", "--timeout=100s"] + (["--atomic"] if atomic else []))
    guest.wait_event("ACPI_DEVICE_OST", info=EJECT_FAILED)
    assert guest.write(error, "0") == "OK"
    result = job.wait()
    device = document(result)["devices"][0]
    assert result.rc == (1 if atomic else 64) and device["result"] == "failed" and "memory33 is online again" in device["reason"]
    block = next(one for one in document(result)["blocks"] if one["block"] == 33)
    assert block["detail"] == "it came back in zone Normal, and was moved back to zone Movable"
    assert guest.block_zone(33) == "Movable" and guest.read(f"/sys/bus/acpi/devices/{DIMM}/status") == "15"
    assert states_of(guest, DIMM_BLOCKS) == ({"online"} if atomic else {"online", "offline"})
    assert not atomic or {guest.block_zone(number) for number in DIMM_BLOCKS} == {"Movable"}
    guest.check([memhpctl, "remove", DIMM])
    guest.wait_ejected("d1")


def test_a_removal_that_does_not_get_the_lock_is_not_made_later(guest: Guest, memhpctl: str) -> None:
    plug_movable(guest, memhpctl)
    second = guest.plug_dimm("d2", "256M")
    pin = guest.pin(35)
    guest.spawn(["write-word", "/sys/devices/system/memory/memory35/state", "offline"])
    guest.check("until [ $(cat /sys/devices/system/memory/memory35/state) = going-offline ]; do sleep 0.05; done")
    # The kernel itself would take the eject, and make it when the lock comes free.
    result = guest.run([memhpctl, "remove", "PNP0C80:01", "--timeout=3s", "--json"])
    assert result.rc == 75 and document(result)["devices"][0]["cause"] == "lock"
    assert "waiting for the memory hotplug lock; memory35 is going offline" in result.err
    pin.kill(signal.SIGTERM)
    guest.check("until [ $(cat /sys/devices/system/memory/memory35/state) = offline ]; do sleep 0.05; done")
    guest.check([memhpctl, "offline", DIMM])
    assert states_of(guest, second) == {"offline"} and len(guest.blocks()) == len(BOOT_BLOCKS + DIMM_BLOCKS + second)
    guest.check([memhpctl, "remove", "PNP0C80:01"])
    guest.wait_ejected("d2")


def test_twenty_rounds_leave_nothing_behind(guest: Guest, memhpctl: str) -> None:
    seen = set()
    for _ in range(20):
        plug_movable(guest, memhpctl)
        report = document(guest.check([memhpctl, "remove", DIMM, "--json"]))
        guest.wait_ejected("d1")
        seen.add((report["result"], report["totals"]["changed"], report["totals"]["bytes_changed"]))
        assert list(guest.blocks()) == BOOT_BLOCKS
    assert seen == {("done", 8, 1 << 30)}
    guest.wait_for(lambda: guest.run("pidof memhpctl memhpctl-write").rc != 0, "the end of all processes")
    # A lockup is what the kernel calls a host that gives it no processor.
    assert [line for line in guest.console().splitlines() if re.search("BUG|WARNING", line) and "lockup" not in line] == []


# dax


def test_only_root_can_load_the_module(boot: Boot, memhpctl: str) -> None:
    guest = boot(DAX, memhp_default_state="offline")
    guest.check("rmmod kmem; echo nobody:x:65534:65534::/:/bin/sh >/etc/passwd")
    for option in "--json", "--json -n":
        result = guest.run(["busybox", "su", "nobody", "-s", "/bin/sh", "-c", f"{memhpctl} add dax0.0 {option}"])
        # Without a driver, as since 6.3, it is not even known which blocks are its own.
        told = document(result)
        problem = told.get("error") or told["devices"][0]
        reason = problem.get("message", problem.get("reason"))
        assert result.rc == 77, told
        assert "only root can see" in reason or "only root can load the module kmem" in reason, reason
    guest.check([memhpctl, "add", "dax0.0"])


@pytest.mark.core
@EACH_DAX
def test_dax_memory_goes_and_comes_again(boot: Boot, memhpctl: str, machine: Machine, blocks: list[int]) -> None:
    guest = boot(machine, memhp_default_state="offline")
    for _ in range(3):
        add_dax(guest, memhpctl, blocks)
        guest.check([memhpctl, "remove", "dax0.0"])
        assert states_of(guest, blocks) == set()
        assert "until the next reboot" not in guest.check("dmesg").out
    assert "dax0.0" in guest.check([memhpctl, "list", "--devices"]).out


@EACH_DAX
def test_the_module_is_loaded_when_it_is_needed(boot: Boot, memhpctl: str, machine: Machine, blocks: list[int]) -> None:
    guest = boot(machine, memhp_default_state="offline")
    guest.run("echo dax0.0 >/sys/bus/dax/drivers/kmem/unbind")
    guest.check("modprobe -r kmem")
    assert "kmem available" in guest.check([memhpctl, "status"]).out
    add_dax(guest, memhpctl, blocks)
    assert "kmem loaded" in guest.check([memhpctl, "status"]).out


@pytest.mark.parametrize("how", [[], ["open"]], ids=["opens-again", "keeps-open"])
@EACH_DAX
def test_a_block_that_others_bring_online_does_not_strand_the_memory(boot: Boot, memhpctl: str, machine: Machine,
                                                                     blocks: list[int], how: list[str]) -> None:
    guest = boot(machine, memhp_default_state="offline")
    add_dax(guest, memhpctl, blocks)
    by_state = removes_all_or_nothing(guest)
    other = guest.spawn(["online-again", str(blocks[4]), "online_movable", *how])
    other.wait_output("ready")
    result = guest.run([memhpctl, "remove", "dax0.0", "--json"])
    other.kill(signal.SIGTERM)
    other.wait()
    assert "until the next reboot" not in guest.check("dmesg").out
    device = document(result)["devices"][0]
    # One who opens the file each time may be kept out in time; one who has it open may not.
    assert device["result"] == "failed" or not how or by_state
    if device["result"] == "failed":
        assert f"memory{blocks[4]} " in device["reason"] and (not how or "online-again" in device["reason"])
        assert modes_of(guest, blocks) == {"644"}
        guest.check([memhpctl, "remove", "dax0.0"])
    assert states_of(guest, blocks) == set()
    add_dax(guest, memhpctl, blocks)


@EACH_DAX
def test_a_kill_in_the_middle_of_a_removal_leaves_no_file_without_its_permission(boot: Boot, memhpctl: str, machine: Machine,
                                                                                blocks: list[int]) -> None:
    guest = boot(machine, memhp_default_state="offline")
    add_dax(guest, memhpctl, blocks)
    state = f"/sys/devices/system/memory/memory{blocks[0]}/state"
    by_state = removes_all_or_nothing(guest)
    result = guest.run(f"{memhpctl} remove dax0.0 & while [ \"$(stat -c %a {state} 2>/dev/null)\" = 644 ] && [ -e /proc/$!/exe ]; do :; done; "
                       "kill -9 $!; wait $!")
    assert result.rc == 137 or by_state and result.rc == 0
    guest.check("while pidof memhpctl-shield memhpctl-write; do sleep 0.05; done")
    if states_of(guest, blocks):
        assert modes_of(guest, blocks) == {"644"}
        guest.check([memhpctl, "remove", "dax0.0"])
    assert states_of(guest, blocks) == set() and "until the next reboot" not in guest.check("dmesg").out
    add_dax(guest, memhpctl, blocks)


# Memory of a node with processors gets pages of the kernel in zone Normal at once; that of the other node does not.
@pytest.mark.core
@pytest.mark.parametrize("machine, blocks, zone", [(DAX, list(range(40, 48)), "Movable"), (NVDIMM, list(range(33, 40)), "Normal")])
def test_blocks_come_into_the_zone_although_the_kernel_brings_them_online(boot: Boot, memhpctl: str, machine: Machine, blocks: list[int],
                                                                         zone: str) -> None:
    guest = boot(machine, memhp_default_state="offline")
    guest.run("echo dax0.0 >/sys/bus/dax/drivers/kmem/unbind")
    assert guest.write("/sys/devices/system/memory/auto_online_blocks", "online" if zone == "Movable" else "online_movable") == "OK"
    guest.check([memhpctl, "add", "dax0.0", "--zone=movable" if zone == "Movable" else "--zone=kernel"])
    assert states_of(guest, blocks) == {"online"} and {guest.block_zone(number) for number in blocks} == {zone}


def test_a_killed_add_leaves_the_kernels_own_setting(boot: Boot, memhpctl: str) -> None:
    guest = boot(DAX, memhp_default_state="offline")
    guest.run("echo dax0.0 >/sys/bus/dax/drivers/kmem/unbind")
    knob = "/sys/devices/system/memory/auto_online_blocks"
    assert guest.write(knob, "online") == "OK"
    result = guest.run(f"{memhpctl} add dax0.0 --zone=movable & while [ $(cat {knob}) = online ] && [ -e /proc/$!/exe ]; do :; done; "
                       "kill -9 $!; wait $!")
    assert result.rc in (0, 137), result
    guest.wait_for(lambda: guest.read(knob) == "online", "the old setting")


def test_a_device_that_a_process_has_mapped_is_not_taken_from_it(boot: Boot, memhpctl: str) -> None:
    guest = boot(NVDIMM, memhp_default_state="offline")
    guest.run("echo dax0.0 >/sys/bus/dax/drivers/kmem/unbind")
    guest.check("modprobe device_dax; cd /sys/bus/dax/drivers/device_dax; [ -e dax0.0 ] || echo dax0.0 >bind || echo dax0.0 >new_id; "
                "[ -e /dev/dax0.0 ] || mknod /dev/dax0.0 c $(tr : ' ' </sys/bus/dax/devices/dax0.0/dev)")
    user = guest.spawn(["map-device", "/dev/dax0.0"])
    user.wait_output("ready")
    for words in (["-n"], [], ["--zone=movable"]):
        result = guest.run([memhpctl, "add", "dax0.0", "--json", *words])
        device = document(result)["devices"][0]
        assert (result.rc, device["result"]) == (1, "refused") and "(map-device) uses it" in device["reason"]
    user.kill(signal.SIGTERM)
    assert user.wait().rc == -signal.SIGTERM, "it was killed by a SIGBUS"
    add_dax(guest, memhpctl, list(range(33, 40)))


@pytest.mark.core
def test_memory_that_an_unbind_stranded(boot: Boot, memhpctl: str) -> None:
    guest = boot(DAX, memhp_default_state="offline")
    blocks = list(range(40, 48))
    add_dax(guest, memhpctl, blocks)
    guest.run("echo dax0.0 >/sys/bus/dax/drivers/kmem/unbind")
    assert states_of(guest, blocks) == {"online"}
    for command in ("add", "remove"):
        result = guest.run([memhpctl, command, "dax0.0"])
        assert result.rc == 1 and "until the next boot" in result.err
    assert re.search(r"stuck: dax0.0: .*until the next boot", guest.run([memhpctl, "status", "--check"]).out)
    assert guest.run([memhpctl, "wait", "--for=absent", "--timeout=1s", "dax0.0"]).rc == 75
    assert states_of(guest, blocks) == {"online"}


def test_what_only_root_can_see(boot: Boot, memhpctl: str) -> None:
    guest = boot(DAX, memhp_default_state="offline")
    add_dax(guest, memhpctl, list(range(40, 48)))
    guest.check("echo nobody:x:65534:65534::/:/bin/sh >/etc/passwd")
    for words in ("wait --for=absent dax0.0", "wait --for=offline dax0.0", "list dax0.0", "policy test 40", "remove -n dax0.0"):
        result = guest.run(["busybox", "su", "nobody", "-s", "/bin/sh", "-c", f"{memhpctl} {words}"])
        assert result.rc == 77 and "only root can see" in result.err, words


# virtio-mem


@pytest.mark.core
def test_virtio_memory_goes_offline_and_the_host_takes_it(boot: Boot, memhpctl: str) -> None:
    guest = boot(VIRTIO_MEM, memhp_default_state="offline")
    guest.qmp("qom-set", path="vm0", property="requested-size", value=1 << 30)
    guest.wait_event("MEMORY_DEVICE_SIZE_CHANGE", size=1 << 30)
    guest.wait_for(lambda: len(guest.blocks()) == 16 + 8, "the last block")
    blocks = [number for number in guest.blocks() if number >= 32]
    devices = document(guest.check([memhpctl, "list", "--devices", "--json"]))["devices"]
    device = next(one for one in devices if one["provider"] == "virtio")
    assert device["blocks"] == blocks and device["removable"] is False
    guest.check([memhpctl, "online", "--zone=movable", device["device"]])
    result = guest.run([memhpctl, "remove", device["device"]])
    assert result.rc == 1
    assert "requested-size" in result.err and "memhpctl offline" in result.err
    assert states_of(guest, blocks) == {"online"}
    guest.check([memhpctl, "offline", device["device"]])
    assert states_of(guest, blocks) == {"offline"}
    guest.qmp("qom-set", path="vm0", property="requested-size", value=0)
    guest.wait_event("MEMORY_DEVICE_SIZE_CHANGE", size=0)
    guest.wait_for(lambda: list(guest.blocks()) == BOOT_BLOCKS, "the end of the blocks")
