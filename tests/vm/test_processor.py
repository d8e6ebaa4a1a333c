# SPDX-License-Identifier: GPL-2.0-or-later
"""What memhpctl is for, on a real kernel of each processor, from an initramfs of nothing but busybox and memhpctl.

$MEMHPCTL_ARCH names the processor (see processor.py). A gibibyte of memory that was not there at the boot, or is in zone
Movable since the boot, is online in zone Movable when a test begins.
"""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from conftest import GUESTS
from guest import MEMORY, Guest
from kernel import LabUnavailable
from processor import Processor, ProcessorLab, chosen_processor, processor_lab

GIB = 1 << 30
MEMHPCTL = "memhpctl"
PROVIDERS = {("amd64", "dimm"): "acpi", ("arm64", "virtio"): "virtio", ("ppc64el", "dimm"): "pseries"}
POLICY = b"[rule all]\naction = online_movable\n"

pytestmark = pytest.mark.skipif(not os.environ.get("MEMHPCTL_ARCH"), reason="MEMHPCTL_ARCH names no processor")


@pytest.fixture(scope="module")
def processor() -> Processor:
    """The processor that is tested."""
    chosen = chosen_processor()
    assert chosen
    return chosen


@pytest.fixture(scope="module")
def own_lab(processor: Processor) -> ProcessorLab:
    """Its lab. Without, tests are skipped, or fail with MEMHPCTL_REQUIRE_ALL=1."""
    try:
        return processor_lab(processor)
    except LabUnavailable as error:
        reason = f"no {processor.name} machine: {error}"
    if os.environ.get("MEMHPCTL_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture
def guest(processor: Processor, own_lab: ProcessorLab, request: pytest.FixtureRequest) -> Iterator[Guest]:
    """A fresh machine of that processor."""
    with own_lab.fresh(processor.machine) as guest:
        request.node.stash.setdefault(GUESTS, []).append(guest)
        yield guest


@pytest.fixture
def boot_blocks(guest: Guest, processor: Processor) -> list[int]:
    """The blocks that are there after the boot, but for those in zone Movable that can go: not the one with the end of boot memory."""
    numbers = list(guest.blocks())
    end = numbers[-1] if processor.plug == "boot" else None
    return [number for number in numbers if number == end or guest.block_zone(number) != "Movable"]


@pytest.fixture
def movable(guest: Guest, processor: Processor, boot_blocks: list[int]) -> list[int]:
    """The blocks of a gibibyte, online in zone Movable."""
    if processor.plug == "virtio":
        guest.qmp("qom-set", path="vm0", property="requested-size", value=GIB)
    elif processor.plug == "dimm":
        guest.qmp("object-add", **{"qom-type": "memory-backend-ram", "id": "memory-d1", "size": GIB, "reserve": False})
        guest.qmp("device_add", driver="pc-dimm", id="d1", memdev="memory-d1")
    count = GIB // int(guest.read(f"{MEMORY}/block_size_bytes"), 16)
    found = guest.wait_for(lambda: (new := [number for number in guest.blocks() if number not in boot_blocks])[count - 1:] and new,
                           "a gibibyte of memory")
    for number in reversed(found):
        if guest.block_state(number) == "offline":
            assert guest.set_block_state(number, "online_movable") == "OK"
    guest.wait_for(lambda: all(guest.block_zone(number) == "Movable" for number in found), "zone Movable")
    return found


def document(guest: Guest, *words: str, rc: int = 0) -> dict[str, Any]:
    """The JSON document of a run of memhpctl, which ends with `rc`."""
    result = guest.run([MEMHPCTL, *words, "--json"])
    assert result.rc == rc, (result.out, result.err)
    return json.loads(result.out)


def test_list_and_status(guest: Guest, processor: Processor, boot_blocks: list[int], movable: list[int]) -> None:
    listed = document(guest, "list", "--all")
    size = int(guest.read(f"{MEMORY}/block_size_bytes"), 16)
    assert listed["block_size"] == size
    blocks = {block["block"]: block for block in listed["blocks"]}
    assert list(blocks) == sorted(boot_blocks + movable) == list(guest.blocks())
    for number, block in blocks.items():
        index = int(guest.read(f"{MEMORY}/memory{number}/phys_index"), 16)
        assert (block["address"], block["size"]) == (index * size, size)
        assert block["state"] == guest.block_state(number)
        assert block["zones"] == guest.block_zone(number).split()
    if provider := PROVIDERS.get((processor.name, processor.plug)):
        devices = document(guest, "list", "--devices")["devices"]
        assert sorted(number for device in devices for number in device["blocks"]) == movable
        assert {device["provider"] for device in devices} == {provider}
        assert provider in [entry["provider"] for entry in document(guest, "status")["providers"]]


def test_explain_tells_boot_memory_from_what_was_plugged(guest: Guest, processor: Processor, boot_blocks: list[int],
                                                         movable: list[int]) -> None:
    explained = document(guest, "explain", "--all")
    assert explained["scanned"]
    chances = {block["block"]: block for block in explained["blocks"]}
    assert all(chances[number]["offline_chance"] in ("yes", "likely") for number in movable[1:])
    if processor.name == "arm64":
        for number in boot_blocks:
            assert chances[number]["offline_chance"] == "no"
            assert "platform" in [reason["reason"] for reason in chances[number]["reasons"]]
            assert guest.run([MEMHPCTL, "offline", str(number)]).rc == 1
        assert guest.run([MEMHPCTL, "offline", "--size=64G"]).rc == 1
    assert set(guest.blocks().values()) == {"online"}


def test_blocks_go_offline_and_come_online(guest: Guest, movable: list[int]) -> None:
    words = [str(number) for number in movable[1:]]
    gone = document(guest, "offline", *words)
    assert [block["block"] for block in gone["blocks"] if block["result"] == "changed"] == movable[1:]
    assert all(guest.block_state(number) == "offline" for number in movable[1:])
    back = document(guest, "online", "--zone=movable", *words)
    assert [block["after"] for block in back["blocks"]] == ["online"] * len(words)
    assert all(guest.block_zone(number) == "Movable" for number in movable)


def test_remove(guest: Guest, processor: Processor, boot_blocks: list[int], movable: list[int]) -> None:
    result = guest.run([MEMHPCTL, "remove", *(str(number) for number in movable)])
    if processor.plug == "dimm":
        assert result.rc == 0, (result.out, result.err)
        guest.wait_for(lambda: list(guest.blocks()) == boot_blocks, "the removal")
    else:
        assert result.rc == 1
        assert set(guest.blocks()) == {*boot_blocks, *movable}
    assert all(state == "online" for state in guest.blocks().values())


@pytest.mark.parametrize(("error", "code", "cause"), [("EBUSY", 75, "busy"), ("ENOMEM", 75, "memory"), ("EPERM", 1, "veto"), ("EIO", 1, "unknown")])
def test_the_errno_is_told(guest: Guest, movable: list[int], error: str, code: int, cause: str) -> None:
    number = movable[-1]
    for command, before in (("offline", "online"), ("online", "offline")):
        guest.inject(f"MEM_GOING_{command.upper()}", error)
        block = document(guest, command, str(number), "--retries=1", rc=code)["blocks"][0]
        assert (block["result"], block["errno"], block["cause"]) == ("failed", error, cause)
        assert block["after"] == guest.block_state(number) == before
        guest.inject(f"MEM_GOING_{command.upper()}", 0)
        guest.check([MEMHPCTL, command, str(number)])


def test_a_pinned_page_does_not_make_it_hang(guest: Guest, movable: list[int]) -> None:
    number = movable[-2]
    size = int(guest.read(f"{MEMORY}/block_size_bytes"), 16)
    pin = guest.pin(number, megabytes=len(movable) * (size >> 20) + 176)
    block = document(guest, "offline", str(number), "--block-timeout=2s", "--retries=0", rc=75)["blocks"][0]
    assert (block["result"], block["cause"], block["after"]) == ("failed", "deadline", "online")
    guest.wait_state(number, "online")
    pin.kill(signal.SIGKILL)
    pin.wait()
    guest.check([MEMHPCTL, "offline", str(number)])
    assert guest.block_state(number) == "offline"


def test_the_policy_brings_it_online(guest: Guest, movable: list[int]) -> None:
    guest.check([MEMHPCTL, "offline", *(str(number) for number in movable[1:])])
    guest.put(POLICY, "/etc/memhpctl.conf")
    guest.check([MEMHPCTL, "policy", "apply"])
    assert all(guest.block_zone(number) == "Movable" for number in movable)
    assert set(guest.blocks().values()) == {"online"}


def test_events_are_followed(guest: Guest, movable: list[int]) -> None:
    number = movable[-1]
    monitor = guest.spawn([MEMHPCTL, "monitor", "--json"])
    monitor.wait_output('"start"')
    wait = guest.spawn([MEMHPCTL, "wait", "--for=offline", str(number)])
    guest.check([MEMHPCTL, "offline", str(number)])
    assert wait.wait().rc == 0
    guest.check([MEMHPCTL, "online", "--zone=movable", str(number)])
    monitor.wait_output('"online"')
    monitor.kill(signal.SIGTERM)
    out = monitor.wait().out
    told = [json.loads(line) for line in out.splitlines()]
    assert [(line["event"], line["block"], line["state"]) for line in told if line.get("block") is not None][-1] == ("online", number, "online")
    assert ("offline", number) in [(line["event"], line.get("block")) for line in told]
