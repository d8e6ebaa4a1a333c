# SPDX-License-Identifier: GPL-2.0-or-later
"""Predictions against reality: what `explain` says of each block of a loaded guest, and what then happens."""

import json
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from agent import Result
from fitting import fitting
from guest import Guest

Boot = Callable[..., Guest]
KERNEL = range(32, 40)      # blocks of the DIMM in a kernel zone
MOVABLE = range(40, 64)     # and in zone Movable


def load(guest: Guest, *words: str) -> None:
    """Start the guest's `load` and wait until its pages are there."""
    guest.spawn(["load", *words]).wait_output("ready")


def loaded(guest: Guest, memhpctl: str) -> int:
    """4 GiB more, in both kinds of zones, then pages of each kind in them. Returns the block with a pinned page."""
    assert guest.plug_dimm("d1", "4G") == [*KERNEL, *MOVABLE]
    for number in reversed(MOVABLE):
        assert guest.set_block_state(number, "online_movable") == "OK"
    for number in reversed(KERNEL):
        assert guest.set_block_state(number, "online_kernel") == "OK"
    load(guest, "slab", "30000", "/tmp/slab")
    load(guest, "anonymous", "300")
    load(guest, "file", "200", "/tmp/shared")
    guest.check("modprobe -a loop crc32c_generic ext4; truncate -s 250M /tmp/disk; mke2fs -F /tmp/disk; mkdir /disk; mount -t ext4 -o loop /tmp/disk /disk", 60)
    load(guest, "file", "200", "/disk/file")
    guest.check("sync", 60)
    load(guest, "locked", "64")
    guest.check("echo 32 > /proc/sys/vm/nr_hugepages")
    load(guest, "huge", "32")
    return pin(guest, memhpctl)


def predictions(guest: Guest, memhpctl: str) -> dict[int, dict]:
    """What explain says of each online block."""
    document = json.loads(guest.check([memhpctl, "explain", "--all", "--state=online", "--json"]).out)
    assert document["scanned"]
    return {block["block"]: block for block in document["blocks"]}


def pin(guest: Guest, memhpctl: str) -> int:
    """Pin a page of a Movable block that is in use in part; nothing shows that it is pinned."""
    free = {number: block["pages"]["free"] for number, block in predictions(guest, memhpctl).items()
            if block["zones"] == ["Movable"] and not block["pages"]["huge"]}
    number = min(free, key=lambda number: abs(free[number] - 16384))
    guest.pin(number, pages=1, megabytes=4000)
    return number


def try_block(guest: Guest, memhpctl: str, number: int, limits: tuple[str, ...]) -> tuple[bool, str]:
    """Does the block go offline, with one limit after the other, and what is said if not? It is put back into its zone."""
    zone = guest.block_zone(number)
    outcomes = (json.loads(guest.run([memhpctl, "offline", str(number), "--json", "--force", f"--block-timeout={limit}", "--retries=2"]).out)
                ["blocks"][0] for limit in limits)
    outcome = fitting(outcomes, lambda outcome: outcome.get("cause") not in ("deadline", "stuck"))
    went = outcome["result"] == "changed"
    guest.wait_state(number, "offline" if went else "online")
    if went:
        word = "online_movable" if zone == "Movable" else "online_kernel"
        assert guest.set_block_state(number, word) == "OK"
    return went, f"{outcome.get('cause')}, {outcome.get('detail')}"


def compare(guest: Guest, memhpctl: str, title: str, zones: tuple[str, ...] = ("DMA32", "Normal", "Movable", "none")) -> dict[str, Counter]:
    """Predict every block of these zones, then try every block; prints the table."""
    predicted = {number: block for number, block in predictions(guest, memhpctl).items() if block["zones"][0] in zones}
    table: dict[str, Counter] = {}
    print(f"\n{title}\n  verdict   went  stayed")
    surprises = []
    for number, block in predicted.items():
        # Where it is said to go, a slow machine gets more time for it.
        limits = ("10s", "30s") if block["offline_chance"] in ("yes", "likely") else ("3s",)
        went, said = try_block(guest, memhpctl, number, limits)
        table.setdefault(block["offline_chance"], Counter())[went] += 1
        if went == (block["offline_chance"] in ("no", "unlikely")):
            surprises.append(f"  memory{number} {block['zones']}: {block['offline_chance']}, {'went' if went else 'stayed'} ({said}); "
                             f"{[reason['reason'] for reason in block['reasons']]} "
                             f"{ {kind: count for kind, count in block['pages'].items() if count} }")
    for verdict in ("yes", "likely", "unlikely", "no"):
        counts = table.get(verdict, Counter())
        print(f"  {verdict:<8} {counts[True]:>5} {counts[False]:>7}")
    print("\n".join(surprises))
    return table


def judge(table: dict[str, Counter]) -> None:
    """Yes and likely hold in 95 of 100 cases, no in all."""
    good = table.get("yes", Counter()) + table.get("likely", Counter())
    assert good[True] >= 0.95 * good.total(), f"{good[False]} of {good.total()} blocks called yes or likely stayed"
    assert table["no"].total() > 0
    assert table["no"][True] == 0


def test_verdicts_hold_in_a_loaded_guest(boot: Boot, memhpctl: str) -> None:
    guest = boot(memhp_default_state="offline")
    pinned = loaded(guest, memhpctl)
    kinds = sum((Counter(block["pages"]) for block in predictions(guest, memhpctl).values()), Counter())
    assert all(kinds[kind] for kind in ("anonymous", "page_cache", "shared", "locked", "huge", "slab", "page_table", "reserved")), kinds
    judge(compare(guest, memhpctl, f"loaded, with a pinned page in block {pinned}"))
    # The kernel gets more room for its own pages, among those of programs.
    for number in [number for number in MOVABLE if number != pinned][:8]:
        result = guest.run([memhpctl, "online", str(number), "--zone=kernel", "--rezone"])
        assert result.rc == 0, result.err
        assert guest.block_zone(number) == "Normal"
    load(guest, "slab", "30000", "/tmp/slab2")
    judge(compare(guest, memhpctl, "after online_kernel has let the kernel in", ("DMA32", "Normal", "none")))


@pytest.mark.core
def test_explain_quotes_the_kernel_after_a_failed_offline(guest: Guest, memhpctl: str) -> None:
    for number in reversed(guest.plug_dimm("d1", "1G")):
        assert guest.set_block_state(number, "online_kernel") == "OK"
    load(guest, "slab", "30000", "/tmp/slab")
    blocks = json.loads(guest.check([memhpctl, "explain", "32-39", "--json"]).out)["blocks"]
    number = next(block["block"] for block in blocks if block["offline_chance"] == "no")
    assert "kernel-pages" in [reason["reason"] for block in blocks for reason in block["reasons"]]
    result = guest.run([memhpctl, "offline", str(number)])
    assert result.rc == 75
    assert "the kernel's log: page frame 0x" in result.err and "unmovable page" in result.err
    text = guest.check([memhpctl, "explain", str(number)]).out
    assert "  log       page frame 0x" in text
    assert max(len(line) for line in text.splitlines()) <= 80


@pytest.mark.core
def test_size_is_reached_without_a_failed_attempt(guest: Guest, memhpctl: str) -> None:
    blocks = guest.plug_dimm("d1", "1G") + guest.plug_dimm("d2", "1G")
    for number in reversed(blocks):
        assert guest.set_block_state(number, "online_movable" if number < 40 else "online_kernel") == "OK"
    load(guest, "slab", "20000", "/tmp/slab")
    load(guest, "anonymous", "200")
    result = guest.run([memhpctl, "offline", "--size=1G", "--json"])
    document = json.loads(result.out)
    assert result.rc == 0
    assert [block["block"] for block in document["blocks"]] == blocks[:8]
    assert document["totals"]["changed"] == 8 and document["goal_bytes"] == 1 << 30
    back = json.loads(guest.check([memhpctl, "online", "--size=512M", "--zone=movable", "--json"]).out)
    assert [block["block"] for block in back["blocks"]] == blocks[4:8]


def test_size_goes_on_past_a_block_that_will_not_go(guest: Guest, memhpctl: str) -> None:
    for number in reversed(guest.plug_dimm("d1", "1G")):
        assert guest.set_block_state(number, "online_movable") == "OK"
    # One page that cannot be seen to be pinned, in the block that is chosen first.
    guest.pin(39, pages=1, megabytes=1200)

    def tries() -> Iterator[Result]:
        for limit in ("1s", "10s", "60s"):
            yield guest.run([memhpctl, "offline", "32-39", "--size=512M", f"--block-timeout={limit}", "--retries=0", "--json"])
            guest.wait_state(39, "online")
            guest.check([memhpctl, "online", "--zone=movable", "32-39"])

    result = fitting(tries(), lambda result: result.rc == 0)
    results = {block["block"]: block["result"] for block in json.loads(result.out)["blocks"]}
    assert (result.rc, result.err) == (0, "")
    assert sorted(results.values()).count("changed") == 4
    assert set(results.values()) == {"changed", "passed-over"} and results[39] == "passed-over"


@pytest.mark.core
def test_rezone_there_and_back(guest: Guest, memhpctl: str) -> None:
    for number in reversed(guest.plug_dimm("d1", "1G")):
        assert guest.set_block_state(number, "online_kernel") == "OK"
    document = json.loads(guest.run([memhpctl, "online", "36-37", "--zone=movable", "--rezone", "--json"]).out)
    assert [block["zone_after"] for block in document["blocks"]] == ["Movable", "Movable"]
    assert guest.block_zone(36) == "Movable"
    guest.inject("MEM_GOING_ONLINE", "ENOMEM")
    result = guest.run([memhpctl, "online", "36", "--zone=kernel", "--rezone", "--retries=0", "--json"])
    failed = json.loads(result.out)["blocks"][0]
    # The injected error also stops the way back: that is said, with the state that was read.
    assert (result.rc, failed["after"]) == (64, "offline")
    assert "could not be put back into zone Movable" in failed["detail"]
    guest.inject("MEM_GOING_ONLINE", 0)


def test_offline_without_room_is_refused_with_both_numbers(guest: Guest, memhpctl: str) -> None:
    for number in reversed(guest.plug_dimm("d1", "1G")):
        assert guest.set_block_state(number, "online_movable") == "OK"
    load(guest, "anonymous", "1900")
    result = guest.run([memhpctl, "offline", "32-39", "--json"])
    document = json.loads(result.out)
    assert result.rc == 1
    assert {block["cause"] for block in document["blocks"]} == {"no-room"}
    assert "would have to move" in document["blocks"][0]["detail"]
    assert set(guest.blocks().values()) == {"online"}


@pytest.mark.core
def test_poisoned_pages_are_warned_of(guest: Guest, memhpctl: str) -> None:
    for number in reversed(guest.plug_dimm("d1", "1G")):
        assert guest.set_block_state(number, "online_movable") == "OK"
    address = 35 << 27
    if guest.write("/sys/devices/system/memory/hard_offline_page", hex(address + (100 << 12))) != "OK":
        pytest.skip("this kernel has no memory failure handling")
    result = guest.run([memhpctl, "offline", "35", "--json"])
    assert result.rc == 0
    # Linux before 6.2 puts the bad page back into use, later versions leave the block offline.
    forgets = tuple(map(int, guest.check("uname -r").out.split("-")[0].split(".")[:2])) < (6, 2)
    assert "1 poisoned page: " in result.err
    assert ("this kernel forgets them" if forgets else "cannot come back online") in result.err
    rezone = guest.run([memhpctl, "online", "34-35", "--zone=kernel", "--rezone", "--dry-run"])
    assert "memory34" in rezone.out and rezone.rc == 64
    online = guest.run([memhpctl, "online", "35", "--zone=movable", "--json"])
    block = json.loads(online.out)["blocks"][0]
    assert (online.rc, block["result"], block["cause"], guest.block_state(35)) == (1, "refused", "poison", "offline")
    forced = guest.run([memhpctl, "online", "35", "--zone=movable", "--force"])
    assert (forced.rc, guest.block_state(35)) == ((0, "online") if forgets else (1, "offline"))
