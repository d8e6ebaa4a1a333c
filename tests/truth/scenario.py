# SPDX-License-Identifier: GPL-2.0-or-later
"""Random machines, commands and faults: everything of one run, from its seed alone."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field

ERRNOS = ("EPERM", "ENOENT", "EINTR", "EIO", "ENXIO", "EAGAIN", "ENOMEM", "EACCES", "EBUSY", "ENODEV", "EINVAL", "ENOSPC",
          "EROFS", "ETIMEDOUT", "EHWPOISON", "ECANCELED", "EOPNOTSUPP", "E2BIG")
# After these the program waits for a second.
GONE = ("ENXIO", "ENOENT", "ENODEV")
SIZES = (0x400000, 0x1000000, 0x2000000)
OFFLINE_ZONES = ("Normal Movable", "Movable Normal", "Movable", "Normal")
KERNEL_ZONES = ("DMA", "DMA32", "Normal", "HighMem")
# The part of the runs that make_other() makes.
OTHERS = float(os.environ.get("TRUTH_OTHERS") or 0.12)
SHORT = ("200ms", "300ms", "500ms")


@dataclass
class Device:
    """A device and the numbers of the blocks it may have, whether they are there or not."""

    name: str
    kind: str
    numbers: list[int]


@dataclass
class Made:
    """A machine as it is made: what the oracle may know without looking."""

    block_size: int
    states: dict[int, str] = field(default_factory=dict)
    zones: dict[int, str] = field(default_factory=dict)
    nodes: dict[int, tuple[int, ...]] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    is_part: bool = False           # there is more memory, which has to be left alone

    def device_of(self, number: int) -> str | None:
        """The device that a block belongs to."""
        return next((name for name, device in self.devices.items() if number in device.numbers), None)

    def text(self) -> str:
        """The description that tests/machines/expand understands."""
        lines = [f"block-size {self.block_size:#x}", *self.lines]
        for number in sorted(self.states):
            state = self.states[number]
            known = state if state in ("online", "offline", "going-offline") else "online"
            owner = self.devices.get(self.device_of(number) or "")
            lines.append(f"block {number} {known} zones=\"{self.zones[number]}\" node={','.join(map(str, self.nodes[number]))}"
                         + (f" acpi={owner.name}" if owner and owner.kind == "acpi" else ""))
            if state != known:
                lines.append(f"file /sys/devices/system/memory/memory{number}/state {state} mode=644")
        return "\n".join(lines) + "\n"


@dataclass
class Scenario:
    """One run. `selected` is what the words and filters name; None: the command line is wrong, which has to be said."""

    seed: int
    machine: Made
    command: str = "list"
    words: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    selected: set[int] | None = field(default_factory=set)
    zone: str | None = None         # of `online` and `add`: auto, kernel, movable
    rezone: bool = False
    atomic: bool = False
    size: int = 0                   # blocks that --size asks for
    goal: str = "online"            # of `wait`
    timeout_ms: int | None = None
    block_timeout_ms: int | None = None
    rules: list[str] = field(default_factory=list)
    modes: list[tuple[int, str, int]] = field(default_factory=list)     # block, attribute, mode
    hidden: list[str] = field(default_factory=list)     # paths of other files that nobody can read
    actors: list[tuple[int, str, int]] = field(default_factory=list)    # after ms: a signal, or something done to a block
    locked_ms: int = 0              # the kernel's lock is held for so long
    out_of: str = ""                # "memory": the n-th allocation fails, for `ever` all after it; "files": no more than n descriptors
    out_of_n: int = 0
    out_of_ever: bool = False
    columns: str = ""
    is_devices: bool = False        # list --devices
    action: str = ""                # of `policy apply`, for each block
    named: set[int] = field(default_factory=set)    # by its words, whatever their state; without words all

    @property
    def argv(self) -> list[str]:
        """The words of the command line after the program's name, without --json and --dry-run."""
        return [*({"policy": ["policy", "apply"]}.get(self.command, [self.command])), *self.options, *self.words]

    @property
    def wanted(self) -> str:
        """The state that a block should come into."""
        return "online" if self.command in ("online", "add", "policy") else "offline"

    @property
    def is_filtered(self) -> bool:
        """Is there a filter, which fails on what it cannot tell?"""
        return any(option.startswith(("--state", "--zone", "--node", "--device")) for option in self.options)

    @property
    def signalled(self) -> bool:
        """Does it get a signal?"""
        return any(what in ("SIGINT", "SIGTERM") for _, what, _ in self.actors)

    @property
    def is_exact(self) -> bool:
        """Does it end in the same way each time? Not where it depends on a clock."""
        return not (self.actors or self.locked_ms or self.out_of or self.timeout_ms or self.block_timeout_ms or
                    # Whom it meets first depends on the order.
                    any(rule.startswith("* ") and rule[-1].isdigit() for rule in self.rules) or
                    any(word in rule for rule in self.rules for word in ("delay", "reonline", "hang", "eject", "die", "also", "vanish")))


def make_machine(dice: random.Random) -> Made:
    """Boot memory, and a device or two, with blocks in all states and zones."""
    made = Made(dice.choice(SIZES))
    number = dice.choice((0, 0, 8, 32, 100))
    n_nodes = dice.choice((1, 1, 2, 3))

    def add(count: int, movable: float, boot: bool = False) -> list[int]:
        nonlocal number
        numbers = []
        node = dice.randrange(n_nodes)
        for _ in range(count):
            state = dice.choices(("online", "offline", "going-offline", "strange"), (60, 37, 1.5, 1.5))[0]
            if boot:
                state = "online"
            made.states[number] = state
            if state == "online":
                zone = "Movable" if dice.random() < movable else dice.choice(("Normal", "Normal", "DMA32"))
                made.zones[number] = "none" if dice.random() < 0.04 else zone
            else:
                made.zones[number] = dice.choice(OFFLINE_ZONES)
            made.nodes[number] = (0, 1) if n_nodes > 1 and dice.random() < 0.02 else (node,)
            numbers.append(number)
            number += 1
        return numbers

    add(dice.randint(1, 3), 0, True)
    for _ in range(dice.randint(1, 3)):
        if dice.random() < 0.5:
            number += dice.randint(1, 5)
        kind = dice.choice(("plain", "acpi", "acpi", "dax", "virtio"))
        if kind == "plain":
            add(dice.randint(1, 6), 0.6)
            continue
        first, index = number, sum(device.kind == kind for device in made.devices.values())
        numbers = add(dice.randint(1, 5), 0.75)
        start, end = first * made.block_size, number * made.block_size - 1
        if kind == "acpi":
            name = f"PNP0C80:{index:02x}"
            made.devices[name] = Device(name, kind, numbers)
            made.lines.append(f"acpi {name}")
        elif kind == "dax":
            name = f"dax{index}.0"
            # Memory that the driver has not taken: `add` may.
            free = dice.random() < 0.4
            if free:
                for n in numbers:
                    for of in (made.states, made.zones, made.nodes):
                        del of[n]
            # The kernel adds all of its memory to its node (drivers/dax/kmem.c).
            made.nodes.update({n: made.nodes[numbers[0]][:1] for n in numbers if not free})
            state = f" state={'unplugged' if free else 'online'}" if dice.random() < 0.2 and not free else ""
            made.devices[name] = Device(name, kind, numbers)
            made.lines.append("dir /sys/module/kmem")
            made.lines.append(f"dax {name} range={start:#x}-{end:#x} node={0 if free else made.nodes[numbers[0]][0]} "
                              f"driver={dice.choice(('device_dax', '-')) if free else 'kmem'}{state}")
        else:
            name = f"virtio{index}"
            made.devices[name] = Device(name, kind, numbers)
            made.lines.append(f"virtio-mem {name} range={start:#x}-{end:#x}")
    if dice.random() < 0.1:
        made.lines.append("param online_policy auto-movable")
    if dice.random() < 0.1:
        made.lines.append(f"file /sys/devices/system/memory/auto_online_blocks {dice.choice(('online', 'online_movable'))}")
    return made


def make_word(dice: random.Random, made: Made, looks: bool, removes: bool = False) -> tuple[str, set[int] | None]:
    """One selector of any kind, and what it names; `looks`: to a command that changes nothing."""
    there = sorted(made.states)
    n = dice.choice(there)
    size = made.block_size
    kind = dice.choices(("number", "name", "path", "range", "address", "addresses", "node", "device", "wrong"),
                        (20, 8, 6, 22, 8, 8, 0 if made.is_part else 10, 18, 4))[0]
    if kind == "number":
        return str(n), {n}
    if kind == "name":
        return f"memory{n}", {n}
    if kind == "path":
        return dice.choice(("/sys/devices/system/memory/", "/devices/system/memory/")) + f"memory{n}", {n}
    if kind == "address":
        offset = dice.choice((0, 0, dice.randrange(size)))
        return f"{n * size + offset:#x}", {n} if looks or not offset else None
    if kind == "node":
        node = dice.choice(made.nodes[n])
        return f"node{node}", {m for m in there if node in made.nodes[m]}
    if kind == "device":
        if made.devices:
            device = made.devices[dice.choice(sorted(made.devices))]
            numbers = {m for m in device.numbers if m in made.states}
            # What has no blocks is removed already.
            return device.name, numbers if numbers or removes else None
        return "dax9.9", None
    if kind == "wrong":
        return dice.choice((str(there[-1] + 7), f"{n}-{there[-1] + 3}", "nonsense!", "", f"{n}x", "node77", "0x", "007",
                            f"{n + 1}-{n}" if n + 1 in made.states else "5-4", f"{n * size:#x}-{n * size + size:#x}")), None
    last = n
    while last + 1 in made.states and dice.random() < 0.7:
        last += 1
    if kind == "addresses":
        return f"{n * size:#x}-{last * size + size - 1:#x}", set(range(n, last + 1))
    return dice.choice((f"{n}-{last}", f"memory{n}-{last}")), set(range(n, last + 1))


def in_zone(made: Made, number: int, zone: str) -> bool:
    """Is a block in the zone, or could it join it?"""
    words = made.zones[number].split()
    return any(word in KERNEL_ZONES for word in words) if zone == "kernel" else zone in words


def make_filters(dice: random.Random, scenario: Scenario) -> None:
    """Now and then a filter or two, and what is left of the selection."""
    made, selected = scenario.machine, scenario.selected
    if dice.random() < 0.8 or selected is None:
        return
    if dice.random() < 0.5:
        state = dice.choice(("online", "online", "offline", "going-offline"))
        scenario.options.append(f"--state={state}")
        selected &= {n for n, s in made.states.items() if s == state}
    if dice.random() < 0.3 and scenario.command != "online":
        zone = dice.choice(("Movable", "Normal", "kernel", "none", "DMA32"))
        scenario.options.append(f"--zone={zone}")
        selected &= {n for n in made.states if in_zone(made, n, zone)}
    if dice.random() < 0.3:
        node = dice.choice(made.nodes[dice.choice(sorted(made.states))])
        scenario.options.append(f"--node={node}")
        selected &= {n for n in made.states if node in made.nodes[n]}
    if dice.random() < 0.2 and made.devices:
        name = dice.choice(sorted(made.devices))
        scenario.options.append(f"--device={name}")
        selected &= set(made.devices[name].numbers)


def make_selection(dice: random.Random, scenario: Scenario, all_of: str | None = "--all") -> None:
    """Words, filters or all, and the blocks that they name."""
    made = scenario.machine
    if all_of is not None and not made.is_part and dice.random() < 0.25:
        if all_of:
            scenario.options.append(all_of)
        scenario.selected = set(made.states)
    else:
        scenario.selected = set()
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            word, numbers = make_word(dice, made, scenario.command in ("list", "explain"), scenario.command == "remove")
            scenario.words.append(word)
            if numbers is None:
                scenario.selected = None
            elif scenario.selected is not None:
                scenario.selected |= numbers
    make_filters(dice, scenario)


def make_limits(dice: random.Random, scenario: Scenario) -> None:
    """Short limits for some."""
    def milliseconds(text: str) -> int:
        return int(text.removesuffix("ms"))
    retries = dice.choices((None, 0, 1, 2), (10, 60, 20, 10))[0]
    if retries is not None:
        scenario.options.append(f"--retries={retries}")
    if dice.random() < 0.06:
        text = dice.choice(SHORT)
        scenario.options.append(f"--timeout={text}")
        scenario.timeout_ms = milliseconds(text)
    if dice.random() < 0.05:
        text = dice.choice(SHORT)
        scenario.options.append(f"--block-timeout={text}")
        scenario.block_timeout_ms = milliseconds(text)


def make_rule(dice: random.Random, scenario: Scenario, targets: list[int]) -> str:
    """One fault."""
    made = scenario.machine
    n = dice.choice(targets)
    subject = f"memory{n}" if dice.random() < 0.85 else "*"
    operation = dice.choices(("offline", "online", "online_kernel", "online_movable", "*"), (40, 35, 8, 12, 5))[0]
    if scenario.command == "offline" and dice.random() < 0.7:
        operation = "offline"
    if scenario.command in ("online", "add") and not scenario.rezone and dice.random() < 0.7:
        operation = "online"
    count = dice.choices((" 1", " 2", "", " always"), (45, 15, 35, 5))[0]
    limited = scenario.timeout_ms or scenario.block_timeout_ms
    kind = dice.choices(("error", "vanish", "replace", "reonline", "zone", "already", "ignore", "also", "delay", "hang", "die"),
                        (45, 7, 7, 4, 10, 6, 7, 14, 3, 25 if limited else 0, 1))[0]
    if kind == "error":
        spared = f"{subject} {operation} ok {dice.randint(1, 3)}\n" if dice.random() < 0.1 else ""
        error = dice.choice(ERRNOS)
        if error in GONE and dice.random() < 0.5:
            error = "EBUSY"
        return f"{spared}{subject} {operation} {error}{count}"
    if kind == "zone":
        return f"{subject} online zone={dice.choice(('Normal', 'Movable', 'DMA32'))}{count}"
    if kind == "reonline":
        return f"{subject} offline reonline {dice.choice(('0ms', '0ms', '20ms'))}{count}"
    if kind == "delay":
        return f"{subject} {operation} delay {dice.choice((10, 40, 120))}ms{count}"
    if kind == "also":
        # What belongs to a device comes and goes with it.
        action = dice.choice(("online", "online_movable", "offline", "remove", "replace", "hide", "add"))
        number = dice.choice(targets if action != "add" else sorted(made.states))
        return f"{subject} {operation} also {action} {number} 1"
    if kind == "die":
        return f"memory{n} {operation} die 1"
    if kind in ("vanish", "replace"):
        return f"memory{n} {operation} {kind} 1"
    return f"{subject} {operation} {kind}{count}"


def make_device_rule(dice: random.Random, device: Device) -> str:
    """A fault of a device operation."""
    error = dice.choice(ERRNOS)
    if device.kind in ("pseries", "s390"):
        subject, verb = ("dlpar", dice.choice(("add", "remove"))) if device.kind == "pseries" else (f"memory{device.numbers[0]}", "config")
        return f"{subject} {verb} {dice.choice((error, error + ' 1', 'ignore'))}"
    if device.kind == "acpi":
        return f"{device.name} eject {dice.choice((error, 'ignore', 'fail', 'delay 150ms'))}"
    return f"{device.name} {dice.choice(('unbind', 'bind', 'new_id', 'state'))} {dice.choice((error, error + ' 1', 'ignore'))}"


def make_faults(dice: random.Random, scenario: Scenario) -> None:
    """Faults of the kernel, files that cannot be read, a signal, a lock."""
    made = scenario.machine
    targets = sorted(scenario.selected or made.states) if dice.random() < 0.9 else sorted(made.states)
    if not targets:
        return
    for _ in range(dice.choices((0, 1, 2, 3), (15, 50, 25, 10))[0]):
        scenario.rules += make_rule(dice, scenario, targets).split("\n")
    if scenario.command in ("remove", "add") and made.devices and dice.random() < 0.5:
        device = made.devices[dice.choice(sorted(made.devices))]
        scenario.rules.append(make_device_rule(dice, device))
        if device.kind == "acpi" and not scenario.block_timeout_ms:
            scenario.options.append("--block-timeout=400ms")
            scenario.block_timeout_ms = 400
    if dice.random() < 0.06:
        scenario.modes.append((dice.choice(targets), "state", dice.choice((0o444, 0o444, 0o200))))
    if dice.random() < 0.02:
        scenario.modes.append((dice.choice(targets), "valid_zones", 0))
    if dice.random() < 0.03:
        scenario.actors.append((dice.randint(0, 60), dice.choice(("SIGINT", "SIGTERM")), 0))
        if dice.random() < 0.7:
            scenario.rules.insert(0, f"* {dice.choice(('online', 'offline'))} delay {dice.choice((5, 20, 50))}ms")
    if scenario.timeout_ms and dice.random() < 0.2:
        scenario.locked_ms = dice.choice((100, 2000))


def make_change(dice: random.Random, scenario: Scenario) -> None:
    """online, offline."""
    if scenario.command == "online":
        scenario.zone = dice.choice((None, None, "auto", "kernel", "movable", "movable"))
        if scenario.zone:
            scenario.options.append(f"--zone={scenario.zone}")
        if scenario.zone in ("kernel", "movable") and dice.random() < 0.5:
            scenario.rezone = True
            scenario.options.append("--rezone")
    make_selection(dice, scenario)
    if dice.random() < 0.35:
        scenario.atomic = True
        scenario.options.append("--atomic")
    if dice.random() < 0.12 and scenario.selected and not scenario.rezone:
        scenario.size = dice.randint(1, min(4, len(scenario.selected)))
        scenario.options.append(f"--size={scenario.size * scenario.machine.block_size >> 20}M")
    if dice.random() < 0.2:
        scenario.options.append("--force")
    make_limits(dice, scenario)


def make_remove(dice: random.Random, scenario: Scenario) -> None:
    """remove: devices, mostly."""
    made = scenario.machine
    whole = [device for device in made.devices.values() if any(n in made.states for n in device.numbers)]
    if whole and dice.random() < 0.7:
        devices = dice.sample(whole, dice.randint(1, min(2, len(whole))))
        scenario.words = [device.name for device in devices]
        scenario.selected = {n for device in devices for n in device.numbers if n in made.states}
    else:
        make_selection(dice, scenario, None)
        scenario.options.append("--whole-device")
    if dice.random() < 0.4:
        scenario.atomic = True
        scenario.options.append("--atomic")
    if dice.random() < 0.1:
        scenario.options.append("--force")
    make_limits(dice, scenario)


def make_add(dice: random.Random, scenario: Scenario) -> None:
    """add: a dax device."""
    made = scenario.machine
    daxes = [device for device in made.devices.values() if device.kind == "dax"]
    if daxes:
        device = dice.choice(daxes)
        scenario.words = [device.name]
        scenario.selected = {n for n in device.numbers if n in made.states}
    else:
        scenario.words = ["dax0.0"]
        scenario.selected = None
    scenario.zone = dice.choice((None, None, "auto", "kernel", "movable"))
    if scenario.zone:
        scenario.options.append(f"--zone={scenario.zone}")
    make_limits(dice, scenario)


def make_wait(dice: random.Random, scenario: Scenario) -> None:
    """wait, with somebody who does what is waited for, or not."""
    made = scenario.machine
    scenario.goal = dice.choice(("online", "offline", "present", "absent"))
    scenario.options += [f"--for={scenario.goal}"]
    scenario.selected = set()
    words = [make_word(dice, made, True) for _ in range(dice.choice((1, 1, 2)))]
    words = [(word, numbers) for word, numbers in words if numbers] or [(str(n := dice.choice(sorted(made.states))), {n})]
    for word, numbers in words:
        scenario.words.append(word)
        scenario.selected |= numbers or set()
    text = dice.choice(("1ms", "150ms", "300ms"))
    scenario.options.append(f"--timeout={text}")
    scenario.timeout_ms = int(text.removesuffix("ms"))
    if dice.random() < 0.1:
        scenario.modes.append((dice.choice(sorted(scenario.selected)), "state", 0o200))
    if dice.random() < 0.5:
        action = {"online": "online", "offline": "offline", "present": "online", "absent": "remove"}[scenario.goal]
        for n in sorted(scenario.selected):
            if dice.random() < 0.9:
                scenario.actors.append((dice.randint(20, 120), action, n))
        scenario.actors.sort()


def make_numbered_machine(dice: random.Random) -> Made:
    """A partition of POWER or a guest of s390x: each block is a device of its own, and there is room for more."""
    kind = dice.choice(("pseries", "s390"))
    made = Made(dice.choice(SIZES))
    count, boot = dice.randint(4, 14), dice.randint(1, 3)
    for number in range(count):
        name = f"drc-{0x80000000 + number:08x}" if kind == "pseries" else f"sclp{number}"
        made.devices[name] = Device(name, kind, [number])
        if number >= boot and dice.random() < 0.25:
            continue
        made.states[number] = "online" if number < boot else dice.choices(("online", "offline", "going-offline"), (60, 38, 2))[0]
        zone = "Movable" if number >= boot and dice.random() < 0.7 else "Normal"
        made.zones[number] = zone if made.states[number] == "online" else dice.choice(OFFLINE_ZONES)
        made.nodes[number] = (0,)
    if kind == "pseries":
        made.lines += ["zones Normal Movable", f"pseries {dice.choice(('v1', 'v2'))} lmbs=0-{count - 1}",
                       "file /proc/sys/kernel/arch ppc64le"]
    else:
        made.lines += ["zones DMA Normal Movable", f"s390 0-{count - 1}", "file /proc/sys/kernel/arch s390x"]
    return made


def make_policy(dice: random.Random, scenario: Scenario) -> None:
    """policy apply, with one rule for all memory."""
    made = scenario.machine
    scenario.action = dice.choice(("online", "online_kernel", "online_movable", "online_movable", "leave"))
    scenario.zone = {"online_kernel": "kernel", "online_movable": "movable"}.get(scenario.action)
    made.lines += ["text /etc/memhpctl.conf", "| [policy]", "| built-in-rules = no", f"| retries = {dice.choice((0, 0, 1))}",
                   "| max-movable-ratio = off", "| [rule all]", f"| action = {scenario.action}"]
    scenario.selected = set(made.states)
    if dice.random() < 0.5:
        scenario.selected = set()
        for _ in range(dice.choice((1, 1, 2))):
            word, numbers = make_word(dice, made, False)
            scenario.words.append(word)
            scenario.selected = None if numbers is None or scenario.selected is None else scenario.selected | numbers
    if scenario.selected is not None:
        scenario.named = scenario.selected
        scenario.selected = {n for n in scenario.selected if made.states[n] == "offline" and scenario.action != "leave"}
    if dice.random() < 0.06:
        text = dice.choice(SHORT)
        scenario.options.append(f"--timeout={text}")
        scenario.timeout_ms = int(text.removesuffix("ms"))


def make_devices(dice: random.Random, scenario: Scenario) -> None:
    """list --devices, of all or of some."""
    scenario.command, scenario.is_devices = "list", True
    scenario.options = ["--devices"]
    names = sorted(scenario.machine.devices)
    if names and dice.random() < 0.4:
        scenario.words = dice.sample(names, dice.randint(1, min(3, len(names))))
    scenario.selected = {n for name in scenario.words or names for n in scenario.machine.devices[name].numbers}


def make_hidden(dice: random.Random, scenario: Scenario) -> None:
    """A file in which a device tells something of itself cannot be read."""
    devices = [device for device in scenario.machine.devices.values() if device.kind in ("dax", "acpi")]
    if devices:
        device = dice.choice(devices)
        names = ("size", "target_node", "mapping0/start", "mapping0/end") if device.kind == "dax" else ("status",)
        scenario.hidden.append(f"/sys/bus/{device.kind}/devices/{device.name}/{dice.choice(names)}")


def make_numbered_add(dice: random.Random, scenario: Scenario) -> None:
    """add: a numbered device."""
    name = dice.choice(sorted(scenario.machine.devices))
    scenario.words = [name]
    scenario.selected = {n for n in scenario.machine.devices[name].numbers if n in scenario.machine.states}
    make_limits(dice, scenario)


def make_other(dice: random.Random, seed: int) -> Scenario:
    """What came to the lie detector later, with dice of its own: the other seeds make the same runs as before."""
    numbered = dice.random() < 0.6
    scenario = Scenario(seed, make_numbered_machine(dice) if numbered else make_machine(dice))
    scenario.command = dice.choices(("policy", "devices", "offline", "online", "remove", "add", "explain"),
                                    (40, 20, *((8, 8, 12, 8, 4) if numbered else (0, 0, 0, 0, 0))))[0]
    if scenario.command == "devices":
        if dice.random() < 0.4:
            # An empty slot, which is no device.
            scenario.machine.lines.append("acpi PNP0C80:7f status=0")
        make_devices(dice, scenario)
    elif scenario.command == "policy":
        make_policy(dice, scenario)
    elif scenario.command == "remove":
        make_remove(dice, scenario)
    elif scenario.command == "add":
        make_numbered_add(dice, scenario)
    elif scenario.command == "explain":
        make_selection(dice, scenario, "--all")
    else:
        make_change(dice, scenario)
    if scenario.command not in ("list", "explain"):
        make_faults(dice, scenario)
    elif dice.random() < 0.15:
        scenario.modes.append((dice.choice(sorted(scenario.machine.states)), "state", 0o200))
    if scenario.is_devices and dice.random() < 0.4:
        make_hidden(dice, scenario)
    if scenario.command == "policy" and dice.random() < 0.15:
        scenario.rules.append(f"{dice.choice(('auto_online_blocks', 'online_policy'))} write {dice.choice(ERRNOS)}{dice.choice((' 1', ''))}")
    make_lack(dice, scenario)
    return scenario


def make_lack(dice: random.Random, scenario: Scenario) -> None:
    """Now and then too little memory, or too few descriptors."""
    kind = dice.random()
    if kind < 0.05:
        scenario.out_of, scenario.out_of_n = "memory", round(3000 ** dice.random())
        scenario.out_of_ever = dice.random() < 0.3
    elif kind < 0.08:
        scenario.out_of, scenario.out_of_n = "files", dice.randint(4, 14)


def make_scenario(seed: int) -> Scenario:
    """Everything of run `seed`."""
    other = random.Random(seed + 0.75)
    if other.random() < OTHERS:
        return make_other(other, seed)
    dice = random.Random(seed)
    scenario = Scenario(seed, make_machine(dice))
    scenario.command = dice.choices(("offline", "online", "remove", "add", "wait", "list", "status", "explain"),
                                    (30, 30, 12, 5, 5, 9, 4, 5))[0]
    if scenario.command in ("online", "offline"):
        make_change(dice, scenario)
    elif scenario.command == "remove":
        make_remove(dice, scenario)
    elif scenario.command == "add":
        make_add(dice, scenario)
    elif scenario.command == "wait":
        make_wait(dice, scenario)
    elif scenario.command in ("list", "explain"):
        make_selection(dice, scenario, "--all" if scenario.command == "explain" else "")
    if scenario.command in ("online", "offline", "remove", "add"):
        make_faults(dice, scenario)
    elif scenario.command != "wait" and dice.random() < 0.12:
        scenario.modes.append((dice.choice(sorted(scenario.machine.states)), dice.choice(("state", "state", "valid_zones")), 0o200))
    make_lack(random.Random(seed + 0.25), scenario)
    return scenario
