# SPDX-License-Identifier: GPL-2.0-or-later
"""The fake kernel: what writes to a machine do, and every kind of fault that a test can ask for."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from machine import NODE, PATIENCE, Machine, run

EJECT = "/sys/bus/acpi/devices/PNP0C80:00/eject"
KMEM = "/sys/bus/dax/drivers/kmem"

# Writes words to one file, each with one write(2), and prints what came of each. A first argument `handle`
# installs a handler for SIGALRM, `-` nothing.
WRITER = """
import ctypes, errno, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)  # os.write() would start again after EINTR
if sys.argv[1] == "handle":
    signal.signal(signal.SIGALRM, lambda *_: print("handled", flush=True))
fd = os.open(sys.argv[2], os.O_WRONLY)
print("open", flush=True)
for word in sys.argv[3:]:
    if libc.write(fd, word.encode(), len(word)) >= 0:
        print("ok", flush=True)
    else:
        print(errno.errorcode.get(ctypes.get_errno(), ctypes.get_errno()), flush=True)
"""


def writer(machine: Machine, path: str, *words: str, handle: bool = False) -> list[str]:
    """Command that writes words to a file of the machine."""
    return [sys.executable, "-ISc", WRITER, "handle" if handle else "-", str(machine.path(path)), *words]


def write(machine: Machine, path: str, *words: str) -> str:
    """Write words under the fake kernel; returns what came of each: `ok` or the name of the errno."""
    result = machine.run(*writer(machine, path, *words))
    assert result.rc == 0 and not result.err, result
    return " ".join(result.out.split()[1:])


def start_write(machine: Machine, path: str, *words: str, handle: bool = False) -> subprocess.Popen[str]:
    """Begin a write that takes its time; returns when it is in the fake kernel."""
    environment = {**os.environ, **machine.environment()}
    process = subprocess.Popen(writer(machine, path, *words, handle=handle), env=environment, text=True,
                               stdout=subprocess.PIPE)
    machine.wait_for(lambda: [entry for entry in machine.begun() if entry.pid == process.pid])
    return process


def seconds_of_write(machine: Machine) -> float:
    """How long the last write took, by the fake kernel's own clock."""
    return machine.writes()[-1].time - machine.begun()[-1].time


def is_pending(process: subprocess.Popen[str], number: signal.Signals) -> bool:
    """Has the process not noticed a signal yet that was sent to it?"""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    masks = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigPnd:", "ShdPnd:"))]
    return any(mask >> number - 1 & 1 for mask in masks)


# --- state ---


def test_states_and_zones(machine: Any) -> None:
    made = machine("x86-dimm")
    assert write(made, "memory35/state", "offline", "offline\n", "online_kernel\n", "online_movable") == \
        "ok EINVAL ok EINVAL"
    assert (made.state(35), made.zones(35)) == ("online", ["Normal"])
    assert write(made, "memory35/state", "offline") == "ok"
    assert made.zones(35) == ["Normal", "Movable"]
    assert write(made, "memory36/state", "online_movable") == "ok"
    assert made.zones(36) == ["Movable"] and made.read("memory36/online") == "1"
    assert write(made, "memory36/state", "offline") == "ok"
    assert made.zones(36) == ["Movable", "Normal"] and made.read("memory36/online") == "0"
    assert write(made, "memory36/state", "online") == "ok" and made.zones(36) == ["Movable"]
    assert made.state(37) == "offline", "another block's file is another file"
    assert made.path("memory36/state").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("word", ["offline\n\n", " offline", "Offline", "off", "0", "online_", "offline x",
                                  "\n"])
def test_wrong_words(machine: Any, word: str) -> None:
    made = machine("x86-dimm")
    assert write(made, "memory35/state", word) == "EINVAL"
    assert made.state(35) == "online" and made.writes()[0].word == word


def test_empty_write_does_nothing(machine: Any) -> None:
    made = machine("x86-dimm")
    assert write(made, "memory35/state", "") == "ok" and made.begun() == []


def test_block_without_a_zone_stays(machine: Any) -> None:
    made = machine("x86-dimm")
    assert write(made, "memory0/state", "offline") == "EINVAL" and made.state(0) == "online"


def test_online_attribute(machine: Any) -> None:
    made = machine("x86-dimm")
    assert write(made, "memory35/online", "1", "0", "0", "x", "on") == "ok ok ok EINVAL ok"
    assert made.state(35) == "online"


def test_shell_redirection_and_missing_files(machine: Any) -> None:
    made = machine("x86-dimm")
    memory = made.path("")
    shell = made.run("/bin/sh", "-c", f"""echo offline > {memory}/memory35/state
        echo x > {memory}/memory35/new; echo $?; echo x > {memory}/block_size_bytes; echo $?
        cat {made.path(EJECT)}; echo $?; echo y > {made.root}/elsewhere; cat {made.root}/elsewhere""")
    assert shell.out.split() == ["2", "2", "1", "y"], "no create, no write to 0444, no read of 0200; else all"
    assert made.state(35) == "offline" and made.state(37) == "offline" and made.state(34) == "online"


def test_log_tells_who_wrote_what(machine: Any) -> None:
    made = machine("x86-dimm")
    started = time.monotonic()
    write(made, "memory35/state", "offline\n", "offline")
    entries = made.writes()
    assert [(entry.name, entry.word, entry.result) for entry in entries] == [
        ("memory35/state", "offline\n", "ok"), ("memory35/state", "offline", "EINVAL")]
    assert entries[0].pid == entries[1].pid
    assert started - 0.001 <= entries[0].time <= entries[1].time <= time.monotonic()


def test_inactive_without_a_root(machine: Any) -> None:
    made = machine("x86-dimm")
    result = made.run(*writer(made, "memory35/state", "off"), env={"FAKE_KERNEL_ROOT": None})
    assert result.out.split() == ["open", "ok"]
    assert made.log() == [] and made.path("memory35/state").read_text() == "offine\n"


def test_readers_never_see_half_a_word(machine: Any) -> None:
    made = machine("x86-dimm")
    seen, reads = set(), 0
    while reads < 1000 or len(seen) < 2:
        process = start_write(made, "memory35/state", *["offline", "online_movable"] * 250)
        while process.poll() is None:
            seen.add(made.path("memory35/state").read_bytes())
            reads += 1
        assert process.communicate()[0].split() == ["open"] + ["ok"] * 500
        assert seen <= {b"online\n", b"offline\n"}


def test_open_descriptor_of_a_removed_block(machine: Any) -> None:
    made = machine("x86-dimm")
    script = """
import os, sys
directory = os.open(sys.argv[1], os.O_PATH | os.O_DIRECTORY)
fd = os.open("state", os.O_WRONLY, dir_fd=directory)
print(os.fstat(directory).st_ino)
def attempt(call):
    try:
        call()
        print("ok")
    except OSError as error:
        print(error.errno)
attempt(lambda: os.write(fd, b"offline"))
attempt(lambda: os.write(fd, b"offline"))
attempt(lambda: os.open("state", os.O_RDONLY, dir_fd=directory))
print(os.stat(sys.argv[1]).st_ino)
"""
    made.rules("memory35 offline replace 1")
    before, first, again, reopened, after = made.run(
        sys.executable, "-ISc", script, str(made.path("memory35"))).out.split()
    assert (first, again, reopened) == ("19", "19", "2") and before != after
    assert made.state(35) == "offline" and made.path("memory35/node0").exists()
    assert made.path(f"{NODE}/node0/memory35").exists()


# --- rules ---


def test_rule_errno_a_number_of_times(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("memory35 offline EBUSY 3\nmemory34 offline ENXIO 1\nmemory34 offline 133 always")
    assert write(made, "memory35/state", *["offline"] * 3) == "EBUSY EBUSY EBUSY"
    assert made.state(35) == "online"
    assert write(made, "memory35/state", "offline") == "ok", "counters outlive the process"
    # Python knows the name of EHWPOISON since 3.14.
    assert write(made, "memory34/state", *["offline"] * 3).replace("EHWPOISON", "133") == "ENXIO 133 133"
    assert made.writes()[-1].result == "EHWPOISON"


def test_rule_for_all_and_rules_change_meanwhile(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("# a comment\n\n* offline EINTR always")
    assert write(made, "memory35/state", *["offline"] * 3) == "EINTR EINTR EINTR"
    assert write(made, "memory36/state", "online") == "ok"
    made.rules("memory3[0-4] offline EPERM")
    assert write(made, "memory35/state", "offline") == "ok"
    assert write(made, "memory33/state", "offline") == "EPERM"


def test_rule_first_match_wins_and_ok_lets_pass(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("memory32 offline ok 1\n* offline EAGAIN")
    assert write(made, "memory32/state", "offline", "online", "offline") == "ok ok EAGAIN"


def test_rule_online_means_each_way_to_online(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("* online ENOMEM 2\n* online_movable EPERM")
    assert write(made, "memory36/state", "online_kernel", "online_movable", "online_movable", "online") == \
        "ENOMEM ENOMEM EPERM ok"


def test_rule_zone(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("memory36 online zone=Normal")
    assert write(made, "memory36/state", "online_movable") == "ok" and made.zones(36) == ["Normal"]


def test_rule_vanish(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("memory35 offline vanish")
    assert write(made, "memory35/state", "offline", "offline") == "ENODEV ENODEV"
    assert not made.path("memory35").exists()
    assert not os.path.lexists(made.path(f"{NODE}/node0/memory35"))
    assert not os.path.lexists(made.path("/sys/bus/memory/devices/memory35"))
    assert not os.path.lexists(made.path("/sys/bus/acpi/devices/PNP0C80:00/physical_node3"))
    assert os.path.lexists(made.path("/sys/bus/acpi/devices/PNP0C80:00/physical_node2"))


def test_rule_ignore_and_already(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("memory35 offline ignore\nmemory34 offline already")
    assert write(made, "memory35/state", "offline") == "ok" and made.state(35) == "online"
    assert write(made, "memory34/state", "offline") == "EINVAL" and made.state(34) == "offline"


def test_rule_reonline(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("memory35 offline reonline 200ms 1")
    assert write(made, "memory35/state", "offline") == "ok"
    # Only of a block that is offline, and then, the log has it.
    (online,) = made.wait_for(made.kernel)
    assert (online.name, online.word, online.result) == ("memory35/state", "online", "Movable")
    assert online.time - made.begun()[0].time >= 0.2 and made.state(35) == "online"
    assert write(made, "memory35/state", "offline") == "ok"
    time.sleep(0.4)
    assert made.state(35) == "offline"


def test_rule_reonline_keeps_to_the_permissions(machine: Any) -> None:
    """As a program that opens the file for each write, and has it not open yet."""
    made = machine("x86-dimm")
    made.rules("memory35 offline reonline 1ms")
    with made.lock_held():
        process = start_write(made, "memory35/state", "offline")
        made.path("memory35/state").chmod(0o444)
    assert process.communicate()[0].split() == ["open", "ok"]
    made.wait_for(lambda: not made.processes())
    assert made.state(35) == "offline" and made.kernel() == []


def test_rule_delay(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("memory34 offline delay 3600s\nmemory35 offline delay 300ms\nmemory35 offline EBUSY 1\n"
               "memory36 online delay 200ms")
    process = start_write(made, "memory34/state", "offline")
    assert made.wait_for(lambda: made.state(34) == "going-offline")
    assert made.zones(34) == ["Movable", "Normal"]
    process.terminate()
    process.communicate()
    assert (made.state(34), made.zones(34)) == ("online", ["Movable"])
    assert write(made, "memory35/state", "offline") == "EBUSY" and seconds_of_write(made) >= 0.3
    assert (made.state(35), made.zones(35)) == ("online", ["Movable"])
    assert write(made, "memory35/state", "offline") == "ok"
    assert write(made, "memory36/state", "online") == "ok" and seconds_of_write(made) >= 0.2


def test_rule_not_understood_is_said(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("memory35 offline EBUSSY")
    result = made.run(*writer(made, "memory35/state", "offline"))
    assert "rule not understood: memory35" in result.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_hang_ends_by_a_signal(machine: Any, number: signal.Signals) -> None:
    made = machine("x86-dimm")
    made.rules("memory35 offline hang")
    process = start_write(made, "memory35/state", "offline")
    made.wait_for(lambda: made.state(35) == "going-offline")
    time.sleep(0.2)
    assert process.poll() is None and made.state(35) == "going-offline"
    process.send_signal(number)
    assert process.wait(PATIENCE) in (-number, 1)
    made.wait_for(lambda: made.state(35) == "online")
    assert made.zones(35) == ["Movable"]
    process.communicate()


def test_hang_and_a_handler(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("memory35 offline hang 1")
    process = start_write(made, "memory35/state", "offline", "offline", handle=True)
    process.send_signal(signal.SIGALRM)
    out, _ = process.communicate(timeout=PATIENCE)
    assert sorted(out.split()) == ["EINTR", "handled", "ok", "open"]
    assert [entry.result for entry in made.writes()] == ["EINTR", "ok"]


def test_handler_does_not_end_the_wait_for_the_lock(machine: Any) -> None:
    made = machine("x86-dimm")
    with made.lock_held():
        process = start_write(made, "memory35/state", "offline", handle=True)
        process.send_signal(signal.SIGALRM)
        made.wait_for(lambda: not is_pending(process, signal.SIGALRM))
        time.sleep(0.1)
        assert process.poll() is None
    assert sorted(process.communicate()[0].split()) == ["handled", "ok", "open"]


def test_lock_is_waited_for(machine: Any) -> None:
    made = machine("x86-dimm")
    with made.lock_held():
        process = start_write(made, "memory35/state", "offline")
        other = start_write(made, "memory34/state", "offline")
        time.sleep(0.2)
        assert process.poll() is None and made.state(35) == "online" and made.writes() == []
        other.terminate()
        assert other.wait(PATIENCE) == -signal.SIGTERM and made.state(34) == "online"
        assert write(made, "auto_online_blocks", "online") == "ok", "this one needs no lock"
    assert process.communicate()[0].split() == ["open", "ok"]
    other.communicate()


def test_hang_holds_the_lock(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("memory35 offline hang")
    process = start_write(made, "memory35/state", "offline")
    made.wait_for(lambda: made.state(35) == "going-offline")
    other = start_write(made, "memory34/state", "offline")
    time.sleep(0.1)
    assert made.state(34) == "online"
    process.kill()
    assert other.communicate()[0].split() == ["open", "ok"]
    assert made.state(34) == "offline" and made.state(35) == "online"
    process.communicate()


# --- devices ---


def test_eject_is_asynchronous_and_takes_the_blocks(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("eject delay 300ms")
    with made.lock_held():
        assert write(made, EJECT, "0", "1") == "EINVAL ok"
        assert made.exists(32) and made.read("/sys/bus/acpi/devices/PNP0C80:00/status") == "15"
    made.wait_for(lambda: made.read("/sys/bus/acpi/devices/PNP0C80:00/status") == "0")
    assert not any(made.path(f"memory{number}").exists() for number in range(32, 40)) and made.exists(15)
    (ejected,) = made.wait_for(lambda: [entry for entry in made.kernel() if entry.word == "eject"])
    assert ejected.time - made.begun()[-1].time >= 0.3
    assert write(made, EJECT, "1") == "ENODEV"
    assert write(made, "/sys/bus/acpi/devices/PNP0C80:01/eject", "1") == "ENODEV"


@pytest.mark.parametrize("rule", ["PNP0C80:00 eject fail", "memory35 offline EBUSY"])
def test_failed_eject_brings_blocks_back_in_the_wrong_zone(machine: Any, rule: str) -> None:
    made = machine("x86-dimm")
    made.rules(rule)
    assert write(made, EJECT, "1") == "ok"
    made.wait_for(lambda: [entry for entry in made.kernel() if entry.word == "eject"])
    assert made.kernel()[-1].result == "EBUSY"
    assert made.state(33) == "online" and made.zones(33) == ["Normal"]
    assert made.state(36) == "offline" and made.read("/sys/bus/acpi/devices/PNP0C80:00/status") == "15"


def test_eject_errors(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("eject EAGAIN 1")
    assert write(made, EJECT, "1") == "EAGAIN"
    assert write(made, "/sys/firmware/acpi/hotplug/memory/enabled", "0") == "ok"
    assert write(made, EJECT, "1") == "ENODEV"


def test_kmem_unbind_and_bind(machine: Any) -> None:
    made = machine("dax-kmem")
    for number in range(40, 47):
        assert write(made, f"memory{number}/state", "offline") == "ok"
    made.rules("unbind EBUSY 1\nbind ENOMEM 1")
    assert write(made, KMEM + "/unbind", "dax0.0", "dax0.0", "dax0.0", "dax7.0") == "EBUSY ok ENODEV ENODEV"
    assert not made.exists(40) and not os.path.lexists(made.path("/sys/bus/dax/devices/dax0.0/driver"))
    made.set("auto_online_blocks", "online_movable")
    assert write(made, KMEM + "/bind", "dax0.0", "dax0.0", "dax0.0") == "ENOMEM ok EBUSY"
    assert made.zones(47) == ["Movable"]
    assert made.path("memory40/node1").resolve() == made.path(NODE + "/node1")
    assert made.path("/sys/bus/dax/devices/dax0.0/driver").resolve() == made.path(KMEM)
    assert made.path(KMEM + "/dax0.0").resolve() == made.path("/sys/bus/dax/devices/dax0.0").resolve()


def test_kmem_unbind_strands_online_memory(machine: Any) -> None:
    made = machine("dax-kmem")
    assert write(made, KMEM + "/unbind", "dax0.0") == "ok"
    assert made.exists(40) and made.kernel()[-1].result == "stranded"
    assert write(made, KMEM + "/bind", "dax0.0") == "EBUSY"


def test_device_dax_to_kmem_by_new_id(machine: Any) -> None:
    made = machine("dax-kmem")
    assert write(made, "/sys/bus/dax/drivers/device_dax/unbind", "dax1.0") == "ok"
    assert write(made, KMEM + "/new_id", "dax1.0") == "ok"
    assert made.state(64) == "offline" and made.state(71) == "offline"


def test_dax_state(machine: Any) -> None:
    made = machine("dax-kmem-state")
    state = "/sys/bus/dax/devices/dax0.0/state"
    made.rules("memory44 offline EBUSY 1")
    assert write(made, state, "nothing", "offline", "online_kernel", "unplugged") == \
        "EINVAL EINVAL EBUSY EBUSY"
    assert made.state(41) == "online" and made.zones(41) == ["Movable"]
    assert made.read(state) == "online_movable"
    assert write(made, state, "unplugged") == "ok" and not made.exists(41)
    assert write(made, state, "online_kernel") == "ok"
    assert made.zones(47) == ["Normal"] and not made.exists(40)
    assert write(made, state, "unplugged") == "ok"
    assert write(made, KMEM + "/unbind", "dax0.0") == "ok" and not made.path(state).exists()


@pytest.mark.parametrize("name", ["pseries-v1", "pseries-v2"])
def test_dlpar(machine: Any, name: str) -> None:
    made = machine(name)
    dlpar = "/sys/kernel/dlpar"
    assert made.read(dlpar) == "memory,cpu"
    made.rules("memory9 offline ENXIO 1")
    assert write(made, dlpar, *(f"memory remove index 0x8000000{digit}" for digit in "f2998")) == \
        "EINVAL EINVAL ENXIO ok ok"
    assert not made.exists(9) and not made.exists(8) and made.exists(10)
    assert write(made, dlpar, "memory add index 0x80000009", "memory add index 0x80000009") == "ok EINVAL"
    assert made.state(9) == "online"
    assert write(made, dlpar, "memory remove count 2", "memory remove count 100", "memory fetch count 1") == \
        "ok EINVAL EINVAL"
    assert [number for number in range(16) if made.exists(number)] == [0, 1, 2, 3, 6, 7, 9, 10, 11]
    assert write(made, dlpar, "memory add indexed-count 2 0x80000004",
                 "memory add indexed-count 3 0x80000007") == "ok EINVAL"
    assert [number for number in range(16) if made.exists(number)] == [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11]


def test_s390_config(machine: Any) -> None:
    made = machine("s390-new")
    config = "/sys/firmware/memory/memory{}/config"
    made.rules("memory12 config EIO 1")
    assert write(made, config.format(12), "1", "1", "1") == "EIO ok ok" and made.state(12) == "offline"
    assert write(made, "/sys/firmware/memory/memory12/memmap_on_memory", "0") == "EBUSY"
    assert write(made, config.format(8), "0") == "EBUSY" and made.exists(8)
    assert write(made, config.format(10), "0") == "ok" and not made.exists(10)
    assert write(made, "/sys/firmware/memory/memory10/memmap_on_memory", "0", "x") == "ok EINVAL"


def test_probe(machine: Any) -> None:
    made = machine("pseries-v1")
    assert write(made, "probe", "0xd0000000", "0xd0000000", "0xd0000001", "x") == "ok EEXIST EINVAL EINVAL"
    assert made.state(13) == "offline"
    assert write(made, "auto_online_blocks", "online_movable") == "ok"
    assert write(made, "probe", "0xe0000000\n") == "ok"
    assert made.zones(14) == ["Movable"]


def test_policy_files(machine: Any) -> None:
    made = machine("x86-dimm")
    parameters = "/sys/module/memory_hotplug/parameters/"
    made.rules("auto_online_blocks write EIO 1")
    assert write(made, "auto_online_blocks", "nonsense", "online_kernel", "online_kernel") == "EINVAL EIO ok"
    assert made.read("auto_online_blocks") == "online_kernel"
    assert write(made, parameters + "online_policy", "auto-movable\n", "x") == "ok EINVAL"
    assert write(made, parameters + "auto_movable_ratio", "150", "-x") == "ok EINVAL"
    assert write(made, parameters + "auto_movable_numa_aware", "0") == "ok"
    assert made.read(parameters + "online_policy") == "auto-movable"
    assert made.read(parameters + "auto_movable_ratio") == "150"
    assert made.read(parameters + "auto_movable_numa_aware") == "N"


# --- the library ---


def test_syscall_function(machine: Any) -> None:
    made = machine("x86-dimm")
    script = """
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
context = ctypes.c_ulong(0)
print(libc.syscall(SETUP, 8, ctypes.byref(context)), errno.errorcode[ctypes.get_errno()])
print(libc.syscall(GETPID) == os.getpid())
libc.mmap.restype = libc.syscall.restype = ctypes.c_long
address = libc.syscall(MMAP, ctypes.c_long(0), ctypes.c_long(4096), ctypes.c_long(3), ctypes.c_long(0x22),
                       ctypes.c_long(-1), ctypes.c_long(0))
ctypes.memset(address, 65, 4096)
print(ctypes.string_at(address, 3).decode())
"""
    if os.uname().machine != "x86_64":
        pytest.skip("system call numbers of x86_64 only")
    script = script.replace("SETUP", "206").replace("GETPID", "39").replace("MMAP", "9")
    assert made.run(sys.executable, "-ISc", script).out.split() == ["-1", "ENOSYS", "True", "AAA"]


def test_children_of_the_fake_kernel_are_not_seen(machine: Any) -> None:
    made = machine("x86-dimm")
    made.rules("memory35 offline delay 10ms\nmemory35 offline reonline 3600s")
    script = """
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
os.write(fd, b"offline")
try:
    print(os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print("none")
"""
    result = made.run(sys.executable, "-ISc", script, str(made.path("memory35/state")))
    assert (result.out, result.err) == ("none\n", ""), "and its pipes were closed, or this had timed out"
    (other,) = made.wait_for(made.processes)
    os.kill(other, signal.SIGKILL)


SANITIZED = r"""
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char *word = strdup(argv[2]);
	int fd = open(argv[1], O_WRONLY | O_CLOEXEC);
	ssize_t n = argc > 2 ? write(fd, word, strlen(word)) : -1;

	printf("%zd %d\n", n, n < 0 ? errno : 0);
	free(word);
	return 0;
}
"""


def test_programs_with_address_sanitizer(machine: Any, tmp_path: pathlib.Path) -> None:
    source, program = tmp_path / "sanitized.c", tmp_path / "sanitized"
    source.write_text(SANITIZED)
    if not shutil.which("gcc") or run(["gcc", "-g", "-fsanitize=address,undefined", "-o", str(program),
                                       str(source)]).rc:
        pytest.skip("gcc with its sanitizers is not installed")
    made = machine("x86-dimm")
    made.rules("memory35 offline EBUSY 1\nmemory35 offline delay 50ms\nmemory34 offline vanish\n"
               "memory33 offline reonline 20ms")
    results = [made.run(str(program), str(made.path(path)), word)[:3] for path, word in (
        ("memory35/state", "offline"), ("memory35/state", "offline\n"), ("memory34/state", "offline"),
        ("memory33/state", "offline"), (EJECT, "1"))]
    assert results == [(0, out, "") for out in ("-1 16\n", "8 0\n", "-1 19\n", "7 0\n", "1 0\n")]
    assert "libasan" in (made.environment(str(program))["LD_PRELOAD"] or "")
    made.wait_for(lambda: not made.exists(32))


def test_a_block_can_be_plugged_while_a_test_runs(machine: Any) -> None:
    made = machine("x86-dimm")
    made.add_block(40)
    assert write(made, "memory40/state", "online_movable") == "ok" and made.zones(40) == ["Movable"]
    made.remove_block(40)
    assert not made.exists(40)


def test_shared_trees_are_made_anew_after_a_write(machine: Any, shared_trees: Any) -> None:
    made = machine("big")
    assert made.root == shared_trees.get("big")
    assert write(made, "memory32767/state", "online_movable") == "ok" and made.state(32767) == "online"


def test_shared_trees_were_made_anew(machine: Any) -> None:
    assert machine("big").state(32767) == "offline"
