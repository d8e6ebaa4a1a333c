# SPDX-License-Identifier: GPL-2.0-or-later
"""A provider that is made up, built into a program of its own: every command knows it, though only its own file names it."""

from __future__ import annotations

import os
import pathlib
import shutil
import threading
import time

import pytest
from machine import Machine, Result, find_program

TOY = "blocks 32-35 online zone=Movable\nfile /sys/bus/toy/devices/toy0/blocks \"32 35\"\nfile /sys/bus/toy/devices/toy0/release \"\" mode=0644\n"


def made_up(machine: Machine, *args: str) -> Result:
    """Run the program that has the provider."""
    program = pathlib.Path(find_program()).parent / "tests" / "made-up"
    if not program.exists():
        pytest.skip(f"{program} is not built")
    return machine.run(str(program), "--sysroot", str(machine.root), *args)


def test_list_explain_and_status_show_it(machine):
    toys = machine("x86-bare", lines=TOY)
    rows = made_up(toys, "list", "--raw", "--noheadings", "--output=device,provider,size", "toy0").out
    assert rows.split() == ["toy0", "toy", "8G"], rows
    assert [device["device"] for device in made_up(toys, "list", "--json", "--devices").json()["devices"]] == ["toy0"]
    assert "toy" in made_up(toys, "status").out
    assert "toy0" in made_up(toys, "explain", "--json", "33").out


def test_explain_asks_it_what_its_driver_gives_up(machine):
    toys = machine("x86-bare", lines=TOY + "pages 33 offline=4096\nblocks 36 online zone=Movable\npages 36 offline=4096\n")
    told = {block["block"]: block for block in made_up(toys, "explain", "--json", "33", "36").json()["blocks"]}
    assert "balloon" not in str(told[33]["reasons"]) and "balloon" in str(told[36]["reasons"]), told


def test_policy_knows_the_word(machine):
    toys = machine("x86-bare", lines=TOY, blocks={"32-35": "offline zones=\"Normal Movable\""},
                   files={"/etc/memhpctl.conf": "[rule box]\nprovider = toy\naction = online_movable"})
    result = made_up(toys, "policy", "test", "32")
    assert result.rc == 0 and "rule box" in result.out, result
    other = toys.memhpctl("policy", "test", "32")
    assert other.rc != 0 and "there is no such provider" in other.err, other


def test_remove_takes_it_away(machine):
    toys = machine("x86-bare", lines=TOY)
    planned = made_up(toys, "remove", "--dry-run", "--json", "toy0").json()
    assert [device["device"] for device in planned["devices"]] == ["toy0"]

    def eject() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until and "1" not in toys.read("/sys/bus/toy/devices/toy0/release"):
            time.sleep(0.01)
        for number in range(32, 36):
            shutil.rmtree(toys.path(f"memory{number}"))

    kernel = threading.Thread(target=eject)
    kernel.start()
    result = made_up(toys, "remove", "toy0")
    kernel.join()
    assert result.rc == 0 and "toy0: removed" in result.out, result
    assert not os.path.exists(toys.path("memory32"))
