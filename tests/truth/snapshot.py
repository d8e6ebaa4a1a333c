# SPDX-License-Identifier: GPL-2.0-or-later
"""What a machine's memory is like at one moment, read from its files and by nobody else's code."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import NamedTuple

MEMORY = "sys/devices/system/memory"
KNOBS = {"auto_online_blocks": f"{MEMORY}/auto_online_blocks", "online_policy": "sys/module/memory_hotplug/parameters/online_policy",
         "auto_movable_ratio": "sys/module/memory_hotplug/parameters/auto_movable_ratio"}
STATES = ("online", "offline", "going-offline")


class Block(NamedTuple):
    """One block: `state` is None without that file, `readable` and `zones_readable` whether the program can read them."""

    number: int
    identity: int
    state: str | None
    readable: bool
    zones_readable: bool
    zones: tuple[str, ...]
    nodes: tuple[int, ...]

    @property
    def known(self) -> str | None:
        """The state, as far as it can be known."""
        return self.state if self.readable and self.state in STATES else None

    @property
    def zone(self) -> str | None:
        """The zone that the block is in."""
        return self.zones[0] if self.known == "online" and self.zones_readable and len(self.zones) == 1 else None

    def same(self, other: Block | None) -> bool:
        """Is this the same block, in the same state and zone?"""
        return (other is not None and self.identity == other.identity and self.state == other.state
                and (self.state != "online" or self.zones == other.zones))


@dataclass
class Snapshot:
    """All blocks that are there, by number."""

    block_size: int = 0
    blocks: dict[int, Block] = field(default_factory=dict)
    knobs: dict[str, str | None] = field(default_factory=dict)      # the kernel's settings for new memory

    def get(self, number: int) -> Block | None:
        """The block, if it is there."""
        return self.blocks.get(number)

    def state(self, number: int) -> str | None:
        """Its state as far as it can be known; None also for a block that is gone."""
        block = self.blocks.get(number)
        return block.known if block else None

    def zone(self, number: int) -> str | None:
        """The zone that it is in."""
        block = self.blocks.get(number)
        return block.zone if block else None

    def zones_of_several(self, number: int) -> bool:
        """Is it online, in several zones, and can that be seen?"""
        block = self.blocks.get(number)
        return block is not None and block.known == "online" and block.zones_readable and block.zones == ("none",)

    def text(self) -> str:
        """One line a block, for people."""
        return "".join(f"  memory{n}: {b.state}{'' if b.readable else ' (hidden)'} {'/'.join(b.zones) or '-'} "
                       f"nodes {','.join(map(str, b.nodes)) or '-'} #{b.identity}\n" for n, b in sorted(self.blocks.items()))


def read_file(place: str) -> str | None:
    """One line, or None where there is none."""
    try:
        fd = os.open(place, os.O_RDONLY)
    except OSError:
        return None
    try:
        return os.read(fd, 4096).decode().removesuffix("\n")
    finally:
        os.close(fd)


def is_readable(place: str) -> bool:
    """May it be read, by its mode? The fake kernel refuses root too."""
    return not os.path.exists(place) or bool(os.stat(place).st_mode & 0o444)


def look(root: str) -> Snapshot:
    """Read a tree. A directory without a state is one of a block that is not there (yet, or any more)."""
    memory = f"{root}/{MEMORY}"
    snapshot = Snapshot(int(read_file(f"{memory}/block_size_bytes") or "0", 16))
    snapshot.knobs = {name: read_file(f"{root}/{place}") for name, place in KNOBS.items()}
    for entry in os.scandir(memory):
        if not re.fullmatch("memory(0|[1-9][0-9]*)", entry.name) or not entry.is_dir(follow_symlinks=False):
            continue
        place = entry.path
        state = read_file(f"{place}/state")
        if state is None:
            continue
        nodes = sorted(int(name[4:]) for name in os.listdir(place) if re.fullmatch("node[0-9]+", name))
        number = int(entry.name[6:])
        snapshot.blocks[number] = Block(number, entry.inode(), state, is_readable(f"{place}/state"), is_readable(f"{place}/valid_zones"),
                                        tuple((read_file(f"{place}/valid_zones") or "").split()), tuple(nodes))
    return snapshot
