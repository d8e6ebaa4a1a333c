# SPDX-License-Identifier: GPL-2.0-or-later
"""memhpctl on a real POWER kernel: logical memory blocks (LMBs), each a memory block and a device of its own."""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from conftest import GUESTS
from guest import MEMORY, Guest
from kernel import LabUnavailable
from machine import PSERIES
from processor import PROCESSORS, ProcessorLab, processor_lab

MEMHPCTL = "memhpctl"
BLOCK_BYTES = 256 << 20
BOOT_BLOCKS = [0, 1, 2, 3]
BLOCKS = [4, 5, 6, 7]
LMB = "drc-80000004"

pytestmark = pytest.mark.skipif(os.environ.get("MEMHPCTL_ARCH") != "ppc64el", reason="MEMHPCTL_ARCH=ppc64el runs it")


@pytest.fixture(scope="module")
def own_lab() -> ProcessorLab:
    """The lab; without, tests are skipped: few systems have compiler and emulator for POWER."""
    try:
        return processor_lab(PROCESSORS["ppc64el"])
    except LabUnavailable as error:
        pytest.skip(f"no POWER machine: {error}")


@pytest.fixture
def partition(own_lab: ProcessorLab, request: pytest.FixtureRequest) -> Iterator[Guest]:
    """A partition with 1 GiB of boot memory and a DIMM of 1 GiB, which the kernel brings online in zone Movable."""
    with own_lab.fresh(PSERIES) as guest:
        request.node.stash.setdefault(GUESTS, []).append(guest)
        guest.qmp("object-add", **{"qom-type": "memory-backend-ram", "id": "memory-d1", "size": 1 << 30})
        guest.qmp("device_add", driver="pc-dimm", id="d1", memdev="memory-d1")
        guest.wait_for(lambda: guest.blocks() == dict.fromkeys(BOOT_BLOCKS + BLOCKS, "online"), "all blocks online")
        yield guest


def document(guest: Guest, *words: str, rc: int = 0) -> dict[str, Any]:
    """The JSON document of a run of memhpctl, which ends with `rc`."""
    result = guest.run([MEMHPCTL, *words, "--json"])
    assert result.rc == rc, (result.out, result.err)
    return json.loads(result.out)


def lmbs(guest: Guest) -> dict[str, list[int]]:
    """The LMBs that hold memory, and their blocks, as memhpctl lists them."""
    devices = document(guest, "list", "--devices")["devices"]
    assert {device["provider"] for device in devices} == {"pseries"}
    return {device["device"]: device["blocks"] for device in devices if device["blocks"]}


def total_bytes(guest: Guest) -> int:
    """MemTotal of the kernel."""
    return int(guest.check("grep MemTotal /proc/meminfo").out.split()[1]) << 10


def test_lmbs_are_listed(partition: Guest) -> None:
    assert int(partition.read(f"{MEMORY}/block_size_bytes"), 16) == BLOCK_BYTES
    assert lmbs(partition) == {f"drc-{0x80000000 + number:08x}": [number] for number in BLOCKS}
    blocks = {block["block"]: block for block in document(partition, "list", "--all")["blocks"]}
    assert list(blocks) == BOOT_BLOCKS + BLOCKS
    assert [blocks[number]["zones"] for number in BLOCKS] == [["Movable"]] * 4
    assert "pseries" in partition.check([MEMHPCTL, "status"]).out


def test_an_lmb_goes_by_its_name_and_another_by_its_block(partition: Guest) -> None:
    before = total_bytes(partition)
    device = document(partition, "remove", LMB)["devices"][0]
    assert (device["device"], device["result"], device["blocks"]) == (LMB, "removed", [4])
    assert list(partition.blocks()) == BOOT_BLOCKS + [5, 6, 7]
    assert total_bytes(partition) == before - BLOCK_BYTES
    partition.check([MEMHPCTL, "remove", "6"])
    assert lmbs(partition) == {"drc-80000005": [5], "drc-80000007": [7]}
    assert total_bytes(partition) == before - 2 * BLOCK_BYTES
    result = partition.run([MEMHPCTL, "remove", LMB])
    assert (result.rc, result.out) == (0, f"{LMB}: has no memory blocks\n")


def test_an_lmb_goes_offline_and_online(partition: Guest) -> None:
    partition.check([MEMHPCTL, "offline", LMB])
    assert partition.block_state(4) == "offline"
    partition.check([MEMHPCTL, "online", "--zone=movable", LMB])
    assert (partition.block_state(4), partition.block_zone(4)) == ("online", "Movable")
    partition.check([MEMHPCTL, "offline", "4"])
    partition.check([MEMHPCTL, "remove", "4"])
    assert list(partition.blocks()) == BOOT_BLOCKS + [5, 6, 7]


@pytest.mark.parametrize("name", ["drc-8000ffff", "drc-80000000"])
def test_an_unknown_lmb_and_boot_memory_are_refused(partition: Guest, name: str) -> None:
    error = document(partition, "remove", name, rc=2)["error"]
    assert name in error["message"]
    assert list(partition.blocks()) == BOOT_BLOCKS + BLOCKS


@pytest.mark.parametrize(("error", "code"), [("EBUSY", 75), ("ENOMEM", 75), ("EPERM", 1), ("EIO", 1)])
def test_a_block_that_stays_keeps_its_zone_and_the_errno_is_told(partition: Guest, error: str, code: int) -> None:
    partition.inject("MEM_GOING_OFFLINE", error)
    report = document(partition, "remove", LMB, "--retries=1", rc=code)
    device, block = report["devices"][0], report["blocks"][0]
    assert device["result"] == "failed"
    assert (block["result"], block["errno"]) == ("failed", error)
    assert (block["after"], block["zone_after"]) == ("online", "Movable")
    assert (partition.block_state(4), partition.block_zone(4)) == ("online", "Movable")
    partition.inject("MEM_GOING_OFFLINE", 0)
    partition.check([MEMHPCTL, "remove", LMB])
    assert 4 not in partition.blocks()


def test_a_pinned_page_never_reaches_the_kernels_endless_loop(partition: Guest) -> None:
    pin = partition.pin(5, megabytes=1200)
    device = document(partition, "remove", "5", "--block-timeout=2s", "--retries=0", rc=75)["devices"][0]
    assert device["result"] == "failed" and "memory5 is online" in device["reason"]
    partition.wait_state(5, "online")
    assert partition.block_zone(5) == "Movable"
    pin.kill(signal.SIGKILL)
    pin.wait()
    partition.check([MEMHPCTL, "remove", "5"])
    assert list(partition.blocks()) == BOOT_BLOCKS + [4, 6, 7]


def test_what_the_hypervisor_does_not_give_back_is_told(partition: Guest) -> None:
    """QEMU hands an LMB that the guest has removed to nobody: by index the kernel tells EPERM."""
    partition.check([MEMHPCTL, "remove", LMB])
    device = document(partition, "add", LMB, rc=1)["devices"][0]
    assert (device["result"], device["errno"], device["cause"], device["blocks"]) == ("failed", "EPERM", "veto", [])
    assert "memory add index 0x80000004" in device["reason"]
    assert 4 not in partition.blocks()
