# SPDX-License-Identifier: GPL-2.0-or-later
"""CXL memory cards, emulated by a newer QEMU than Debian 12's, with the kernel and the libcxl of that suite."""

import json
import os
from collections.abc import Callable, Iterator

import pytest

from conftest import GUESTS
from guest import MEMORY, Guest
from kernel import LabUnavailable, chosen_suite
from lab import Lab, memhpctl_to_test
from machine import CXL
from qemu import libcxl, qemu_program

SUITE = "trixie"            # of QEMU, libcxl and, unless another is asked for, the kernel
TOO_OLD = ("bullseye", "bookworm")      # kernels before 6.3 make no regions of volatile memory
SERIALS = {"0xc0ffee": "card0", "0xbeef": "card1"}
DELETE_REGION = "/sys/bus/cxl/devices/decoder0.0/delete_region"


def set_up(*names: str) -> str:
    """What `cxl create-region -t ram -m NAMES` writes: a region of all memory of these cards, interleaved if there are two."""
    return f"""cd /sys/bus/cxl/devices && cat decoder0.0/create_ram_region >/tmp/name && region=$(cat /tmp/name) &&
cat /tmp/name >decoder0.0/create_ram_region && echo 256 >$region/interleave_granularity && echo {len(names)} >$region/interleave_ways &&
echo {len(names) << 30} >$region/size && position=0 && for name in {' '.join(names)}; do
	for port in endpoint*; do [ $(basename $(readlink $port/uport)) = $name ] && decoder=decoder${{port#endpoint}}.0; done
	echo ram >$decoder/mode && echo 0x40000000 >$decoder/dpa_size && echo $decoder >$region/target$position || exit
	position=$((position + 1))
done && echo 1 >$region/commit && echo $region >/sys/bus/cxl/drivers/cxl_region/bind"""


@pytest.fixture
def cards(request: pytest.FixtureRequest) -> Iterator[Callable[..., Guest]]:
    """A function that boots a guest with two cards: cards(library=False, memhp_default_state="online")."""
    if not memhpctl_to_test():
        pytest.skip("MEMHPCTL does not name the program to test")
    guests = request.node.stash.setdefault(GUESTS, [])
    suite = chosen_suite()
    suite = SUITE if not suite or suite in TOO_OLD else suite

    def make(library: bool = True, memhp_default_state: str = "offline") -> Guest:
        try:
            qemu = str(qemu_program(SUITE))
            lab = Lab(suite, memhpctl_to_test(), libcxl(SUITE) if library else None)
        except LabUnavailable as error:
            if os.environ.get("MEMHPCTL_REQUIRE_ALL") == "1":
                pytest.fail(f"no CXL card: {error}", pytrace=False)
            pytest.skip(f"no CXL card: {error}")
        guest = lab.boot(CXL.but(qemu=qemu, memhp_default_state=memhp_default_state))
        guests.append(guest)
        return guest

    yield make
    for guest in guests:
        guest.close()


def devices(guest: Guest) -> dict[str, dict]:
    """The objects of list --devices, by device."""
    found = json.loads(guest.check("memhpctl list --devices --json").out)["devices"]
    return {device["device"]: device for device in found}


def zones(guest: Guest, blocks: list[int]) -> set[str]:
    """The states and zones of these blocks."""
    return {f"{guest.block_state(number)} {guest.block_zone(number)}" for number in blocks}


def test_a_card_comes_and_goes_and_can_be_pulled(cards: Callable[..., Guest]) -> None:
    guest = cards()
    boot_blocks = guest.blocks()
    assert {one["serials"][0] for one in devices(guest).values()} == set(SERIALS)
    assert "then libcxl creates and enables a region on mem0" in guest.check("memhpctl add -n mem0").out
    guest.check("memhpctl add --zone=movable mem0")
    found = devices(guest)
    blocks = found["mem0"]["blocks"]
    assert len(blocks) == 8 and blocks == found["region0"]["blocks"] == found["dax0.0"]["blocks"]
    assert [found[name]["within"] for name in ("dax0.0", "region0", "mem0")] == [["region0"], ["mem0"], []]
    assert found["dax0.0"]["serials"] == found["mem0"]["serials"] and zones(guest, blocks) == {"online Movable"}
    assert guest.run("memhpctl add mem0").out == f"mem0: already there (memory{blocks[0]}-{blocks[-1]}, 8 blocks, 1G)\n"
    report = json.loads(guest.check("memhpctl remove --json mem0").out)["devices"]
    assert [(one["device"], one["result"], one["reason"]) for one in report] == [
        ("dax0.0", "removed", "its CXL region region0 is removed too")]
    assert guest.blocks() == boot_blocks and sorted(devices(guest)) == ["mem0", "mem1"]
    assert guest.read("/sys/bus/cxl/devices/root0/port1/decoders_committed") == "0"
    assert guest.check("memhpctl remove mem0").out == "mem0: has no memory blocks\n"
    card = SERIALS[devices(guest)["mem0"]["serials"][0]]
    guest.qmp("device_del", id=card)
    guest.wait_for(lambda: sorted(devices(guest)) == ["mem1"], f"the end of {card}")


def test_a_region_that_others_made_is_removed_by_each_name(cards: Callable[..., Guest]) -> None:
    guest = cards()
    for word in ("mem0", "region0", "dax0.0"):
        guest.check(set_up("mem0"))
        blocks = guest.wait_for(lambda: devices(guest).get("dax0.0", {}).get("blocks"))
        guest.check(["memhpctl", "online", "--zone=movable", word])
        assert zones(guest, blocks) == {"online Movable"}
        result = guest.check(["memhpctl", "remove", word])
        assert result.out.endswith("its CXL region region0 is removed too\n")
        assert sorted(devices(guest)) == ["mem0", "mem1"]


def test_the_zone_is_decided_before_the_kernel_brings_the_blocks_online(cards: Callable[..., Guest]) -> None:
    guest = cards(memhp_default_state="online")
    for _ in range(3):
        guest.check("memhpctl add --zone=movable mem0 mem1")
        found = devices(guest)
        assert zones(guest, found["mem0"]["blocks"] + found["mem1"]["blocks"]) == {"online Movable"}
        assert guest.read(f"{MEMORY}/auto_online_blocks") == "online"
        guest.check("memhpctl remove mem0 mem1")
        assert sorted(devices(guest)) == ["mem0", "mem1"]


def test_a_block_that_stays_online_keeps_all_of_it(cards: Callable[..., Guest]) -> None:
    guest = cards()
    guest.check("memhpctl add --zone=movable mem0")
    blocks = devices(guest)["mem0"]["blocks"]
    guest.inject("MEM_GOING_OFFLINE", "EBUSY")
    result = guest.run("memhpctl remove --atomic --retries=1 mem0")
    assert result.rc == 75 and "dax0.0" in result.err, result
    assert zones(guest, blocks) == {"online Movable"} and devices(guest)["region0"]["driver"] == "cxl_region"
    guest.inject("MEM_GOING_OFFLINE", 0)
    guest.check("memhpctl remove --atomic mem0")
    assert sorted(devices(guest)) == ["mem0", "mem1"]


def test_without_libcxl_only_the_memory_goes_and_it_is_said(cards: Callable[..., Guest]) -> None:
    guest = cards(library=False)
    result = guest.run("memhpctl add mem0")
    assert result.rc == 1 and "libcxl.so.1, which is missing" in result.err
    guest.check(set_up("mem0"))
    guest.wait_for(lambda: devices(guest).get("dax0.0", {}).get("blocks"))
    result = guest.run("memhpctl remove mem0")
    assert result.rc == 1 and "mem0 cannot be removed: CXL regions need libcxl.so.1" in result.err
    result = guest.check("memhpctl remove dax0.0")
    assert "its CXL region region0 stays set up: CXL regions need libcxl.so.1" in result.out
    assert devices(guest)["region0"]["blocks"] == []


def test_an_interleaved_region_goes_with_each_of_its_cards(cards: Callable[..., Guest]) -> None:
    guest = cards()
    boot_blocks = guest.blocks()
    for word in ("mem1", "region0"):
        guest.check(set_up("mem0", "mem1"))
        blocks = guest.wait_for(lambda: devices(guest).get("dax0.0", {}).get("blocks"))
        found = devices(guest)
        assert len(blocks) == 16 and found["mem0"]["blocks"] == found["mem1"]["blocks"] == found["region0"]["blocks"] == blocks
        assert found["region0"]["within"] == ["mem0", "mem1"]
        assert set(found["dax0.0"]["serials"]) == {found[name]["serials"][0] for name in ("mem0", "mem1")} == set(SERIALS)
        guest.check(["memhpctl", "online", "--zone=movable", word])
        assert zones(guest, blocks) == {"online Movable"}
        guest.check(["memhpctl", "remove", word])
        assert guest.blocks() == boot_blocks and sorted(devices(guest)) == ["mem0", "mem1"]
    guest.check("memhpctl add --zone=movable mem0 mem1")
    guest.check("memhpctl remove mem0 mem1")


def test_a_region_that_cannot_be_taken_apart_is_told_and_can_be_tried_again(cards: Callable[..., Guest]) -> None:
    guest = cards()
    boot_blocks = guest.blocks()
    guest.check("memhpctl add --zone=movable mem0")
    guest.check(f"mount -o bind /dev/full {DELETE_REGION}")
    result = guest.run("memhpctl remove mem0")
    assert result.rc == 64 and "dax0.0" in result.err, result
    assert "its memory is removed, but not all of it is taken apart: libcxl cannot delete region0: " in result.err
    assert "; memhpctl remove region0 tries again" in result.err
    assert guest.blocks() == boot_blocks and "region0" in devices(guest)
    # Nothing of the card is in what is left of it.
    guest.check("memhpctl add mem0")
    assert sorted(devices(guest)) == ["dax1.0", "mem0", "mem1", "region0", "region1"]
    guest.check(f"umount {DELETE_REGION}")
    guest.check("memhpctl remove region0")
    guest.check("memhpctl remove mem0")
    assert sorted(devices(guest)) == ["mem0", "mem1"]
