# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the lab itself: what the tests of memhpctl on a real kernel rely on."""

import errno
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent import CommandFailed, CommandTimeout
from fitting import fitting
from guest import Guest
from lab import Lab
from machine import DAX, PLAIN, TWO_NODES, VIRTIO_MEM

Boot = Callable[..., Guest]


def test_a_cold_boot_reaches_the_stock_kernel(lab: Lab, boot: Boot) -> None:
    guest = boot(cold=True)
    assert guest.check("uname -r").out.strip() == lab.kernel.version
    assert guest.read("/sys/devices/system/memory/block_size_bytes") == "8000000"
    assert list(guest.blocks()) == list(range(16))


def test_a_command_comes_back_with_code_outputs_and_bytes(guest: Guest) -> None:
    result = guest.run("echo out; printf '\\377' >&2; exit 7")
    assert (result.rc, result.out, result.err) == (7, "out\n", "\udcff")
    everything = bytes(range(256)) * 300
    guest.check("cat >/tmp/copy", input=everything)
    assert guest.get("/tmp/copy") == everything
    assert guest.run(["sh", "-c", "kill -TERM $$"]).rc == -signal.SIGTERM
    with pytest.raises(CommandFailed, match="complaint"):
        guest.check("echo complaint >&2; false")


def test_a_command_that_leaves_children_does_not_hold_the_agent(guest: Guest) -> None:
    assert guest.check("(sleep 3600; echo late) & echo early").out == "early\n"


def test_a_command_is_killed_at_its_timeout(guest: Guest) -> None:
    def kills() -> Iterator[str]:
        for timeout in (0.5, 5, 50):
            with pytest.raises(CommandTimeout) as caught:
                guest.run("echo before; sleep 3600", timeout=timeout)
            yield caught.value.out

    assert "before" in fitting(kills(), lambda out: "before" in out)
    guest.wait_for(lambda: "sleep 3600" not in guest.check("ps -o args").out, "the end of the command")


@pytest.mark.core
def test_a_dimm_is_plugged_onlined_and_ejected(guest: Guest) -> None:
    assert guest.plug_dimm("d1", "1G") == list(range(32, 40))
    assert guest.block_state(33) == "offline"
    assert guest.set_block_state(33, "online_movable") == "OK"
    assert guest.blocks()[33] == "online"
    assert guest.block_zone(33) == "Movable"
    assert guest.set_block_state(33, "online") == "EINVAL"
    assert guest.write("/sys/bus/acpi/devices/PNP0C80:00/eject", "1") == "OK"
    guest.wait_ejected("d1")
    assert list(guest.blocks()) == list(range(16))
    assert guest.plug_dimm("d1", "1G") == list(range(32, 40))
    guest.unplug_dimm("d1")


@pytest.mark.parametrize("action,word", [("MEM_GOING_ONLINE", "online_movable"),
                                         ("MEM_GOING_OFFLINE", "offline")])
def test_an_injected_error_is_returned(guest: Guest, action: str, word: str) -> None:
    block = guest.plug_dimm("d1", "1G")[1]
    if word == "offline":
        assert guest.set_block_state(block, "online_movable") == "OK"
    before = guest.block_state(block)
    guest.inject(action, "ENXIO")
    assert guest.set_block_state(block, word) == "ENXIO"
    guest.inject(action, errno.EAGAIN)
    assert guest.set_block_state(block, word) == "EAGAIN"
    assert guest.block_state(block) == before
    guest.inject(action, 0)
    assert guest.set_block_state(block, word) == "OK"


def test_an_offline_of_pinned_pages_ends_only_by_signal(guest: Guest) -> None:
    block = guest.plug_dimm("d1", "1G")[1]
    assert guest.set_block_state(block, "online_movable") == "OK"
    pin = guest.pin(block)
    offline = guest.spawn(["write-word", f"/sys/devices/system/memory/memory{block}/state", "offline"])
    guest.wait_state(block, "going-offline")
    with pytest.raises(TimeoutError):
        offline.wait(2)
    assert guest.block_state(block) == "going-offline"
    offline.kill(signal.SIGTERM)
    assert offline.wait().rc == -signal.SIGTERM
    assert guest.block_state(block) == "online"
    pin.kill(signal.SIGTERM)
    pin.wait()
    assert guest.set_block_state(block, "offline") == "OK"


def test_each_restored_guest_is_fresh(boot: Boot) -> None:
    for size in ("1G", "2G"):
        guest = boot()
        assert guest.run("test -e /tmp/mark").rc == 1
        guest.check("touch /tmp/mark")
        assert len(guest.plug_dimm("d1", size)) == 8 * int(size[0])
        guest.close()


def test_a_guest_can_be_saved_and_restored_twice(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "state"
    with lab.fresh(PLAIN) as guest:
        guest.check("echo kept >/tmp/mark")
        guest.save(path)
        assert guest.read("/tmp/mark") == "kept"
    for _ in range(2):
        with Guest.restored(path, lab.kernel, lab.initramfs, PLAIN) as guest:
            assert guest.read("/tmp/mark") == "kept"
            assert guest.qmp("query-status")["status"] == "running"


def test_memory_added_online_when_asked(boot: Boot) -> None:
    guest = boot(memhp_default_state="online")
    blocks = guest.plug_dimm("d1", "1G")
    assert {guest.blocks()[number] for number in blocks} == {"online"}


def test_a_virtio_mem_device_grows(boot: Boot) -> None:
    guest = boot(VIRTIO_MEM)
    guest.qmp("qom-set", path="vm0", property="requested-size", value=512 << 20)
    guest.wait_event("MEMORY_DEVICE_SIZE_CHANGE", size=512 << 20)
    guest.wait_for(lambda: len(guest.blocks()) == 16 + 4, "the last block")
    assert list(guest.blocks())[16:] == [32, 33, 34, 35]


def test_a_dimm_goes_to_the_node_asked_for(boot: Boot) -> None:
    guest = boot(TWO_NODES)
    block = guest.plug_dimm("d1", "1G", node=1)[0]
    assert guest.run(f"test -e /sys/devices/system/node/node1/memory{block}").rc == 0


def test_soft_reserved_memory_is_a_dax_device(boot: Boot) -> None:
    guest = boot(DAX, append="")
    assert guest.read("/sys/bus/dax/devices/dax0.0/size") == str(1 << 30)
