# SPDX-License-Identifier: GPL-2.0-or-later
"""A running virtual machine: commands and files in it, memory plugged into it, its console."""

import atexit
import contextlib
import ctypes
import errno
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent import PATIENCE, Agent, Command, CommandFailed, CommandTimeout, Job, Result
from kernel import Kernel, LabUnavailable
from machine import PLAIN, Machine
from qmp import Qmp

MEMORY = "/sys/devices/system/memory"
INJECTION = "/sys/kernel/debug/notifier-error-inject/memory/actions"
BOOT_TIME = 180.0           # seconds that a boot may take: about 2 on an idle machine
MONITOR_TIME = 120.0        # seconds until QEMU has started and read a saved state: about 0.3
CONSOLE_READ = 1 << 20      # at most so many bytes of a console, from its end
PR_SET_PDEATHSIG = 1        # <linux/prctl.h>

_running: set["Guest"] = set()
# The processor and the kernel of each guest that was started, for record.py.
started: set[tuple[str, str]] = set()


class BootFailed(Exception):
    """A guest did not come up, twice; the text ends with what its console and QEMU said."""


class Guest:
    """A virtual machine with a root shell in it; a context manager. It runs from the construction to `close`.

    QEMU dies with the thread that started it (PR_SET_PDEATHSIG), so use a guest from the thread that made it.
    """

    def __init__(self, kernel: Kernel, initramfs: Path, machine: Machine = PLAIN,
                 state: Path | None = None) -> None:
        """Boot `machine`, or with `state` go on from what `save` has written for the same three arguments.

        A start that fails is tried once more. Raises BootFailed, or LabUnavailable without QEMU.
        """
        if not shutil.which(machine.qemu):
            raise LabUnavailable(f"the program {machine.qemu} is missing")
        self.machine = machine
        started.add((machine.processor, kernel.version))
        self._command = [machine.qemu, *machine.qemu_options(), "-kernel", str(kernel.image()),
                         "-initrd", str(initramfs)]
        self._injecting = False
        try:
            self._start(state)
        except (TimeoutError, ConnectionError):
            self.close()
            try:
                self._start(state)
            except (TimeoutError, ConnectionError) as error:
                self.close()
                raise BootFailed(f"{error}\n{self._console_text[-4000:]}") from error

    def __enter__(self) -> "Guest":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # life

    def _start(self, state: Path | None) -> None:
        """Start QEMU and wait until agent and monitor answer."""
        self._console_text = ""
        self._console_file = tempfile.TemporaryFile()
        self._log_file = tempfile.TemporaryFile()
        monitor, monitor_end = socket.socketpair()
        agent, agent_end = socket.socketpair()
        self._sockets = [monitor, agent]
        ends = [monitor_end.fileno(), agent_end.fileno(), self._console_file.fileno()]
        options = ["-chardev", f"file,id=console,path=/dev/fd/{ends[2]}", "-serial", "chardev:console",
                   "-chardev", f"socket,id=agent,fd={ends[1]}", *self.machine.agent,
                   "-chardev", f"socket,id=monitor,fd={ends[0]}", "-mon", "chardev=monitor,mode=control"]
        with contextlib.ExitStack() as stack:
            stack.enter_context(monitor_end)
            stack.enter_context(agent_end)
            if state:
                # QEMU 9 and later take no file behind fd:, and before 8.2 there is no file:.
                options += ["-incoming", f"exec:cat {shlex.quote(str(state))}"]
            self._process = subprocess.Popen([*self._command, *options], stdin=subprocess.DEVNULL,
                                             stdout=self._log_file, stderr=self._log_file, pass_fds=ends,
                                             preexec_fn=_die_with_parent)
        _running.add(self)
        self._qmp = Qmp(monitor, MONITOR_TIME)
        self._agent = Agent(agent)
        if state:
            self._go_on()
        else:
            self._agent.wait_ready(BOOT_TIME)

    def _go_on(self) -> None:
        """Let a machine that was read from a saved state run."""
        deadline = time.monotonic() + MONITOR_TIME
        while self.qmp("query-status")["status"] == "inmigrate":
            if time.monotonic() > deadline:
                raise TimeoutError("QEMU does not finish reading the saved state")
            time.sleep(0.01)
        self.qmp("cont")
        self._agent.ping(MONITOR_TIME)

    def save(self, path: Path) -> None:
        """Write the machine's state to the file `path` (100 to 200 MiB); it stands still meanwhile.

        Programs that run and modules that are loaded are kept. Only the same QEMU with the same machine can
        read it.
        """
        self.qmp("stop")
        self.qmp("migrate-set-parameters", **{"max-bandwidth": 1 << 40})
        self.qmp("migrate", uri=f"exec:cat > {shlex.quote(str(path))}")
        deadline = time.monotonic() + MONITOR_TIME
        while (status := self.qmp("query-migrate").get("status")) != "completed":
            if status == "failed" or time.monotonic() > deadline:
                raise RuntimeError(f"saving the machine ended as {status!r}")
            time.sleep(0.01)
        self.qmp("cont")

    @classmethod
    def restored(cls, path: Path, kernel: Kernel, initramfs: Path, machine: Machine = PLAIN) -> "Guest":
        """A machine that goes on from what `save` has written to `path`, after about 0.3 s."""
        return cls(kernel, initramfs, machine, state=path)

    def close(self) -> None:
        """End the machine. `console` still works afterwards."""
        _running.discard(self)
        self._process.kill()
        self._process.wait()
        self._console_text = self.console()
        for resource in (*self._sockets, self._console_file, self._log_file):
            resource.close()

    def console(self) -> str:
        """What the kernel printed on the first serial port, and QEMU's own messages."""
        if self._console_file.closed:
            return self._console_text
        contents = [_end_of(file.fileno(), CONSOLE_READ) for file in (self._console_file, self._log_file)]
        return b"".join(contents).decode(errors="replace").replace("\r", "")

    def wait_for(self, condition: Callable[[], Any], what: str = "it", timeout: float = PATIENCE) -> Any:
        """Wait until a condition holds and return its value. Raises TimeoutError, which says `what` did not happen."""
        deadline = time.monotonic() + timeout
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} did not happen within {timeout} s")
            time.sleep(0.02)
        return value

    # commands and files

    def run(self, command: Command, timeout: float = PATIENCE, input: str | bytes | None = None) -> Result:
        """Run a command (see `spawn`) and return how it ended.

        After `timeout` seconds it and its children are killed, and CommandTimeout is raised.
        """
        job = self.spawn(command, input)
        try:
            return job.wait(timeout)
        except TimeoutError:
            job.kill(signal.SIGKILL, group=True)
            what = f"did not end within {timeout} s and was killed"
            try:
                job.wait(30)
            except TimeoutError:
                what = f"did not end within {timeout} s and does not even die"
            raise CommandTimeout(command, what, *job.output()) from None

    def check(self, command: Command, timeout: float = PATIENCE, input: str | bytes | None = None) -> Result:
        """As `run`, but raise CommandFailed, with both outputs, when the exit code is not 0."""
        result = self.run(command, timeout, input)
        if result.rc:
            raise CommandFailed(command, f"ended with {result.rc}", result.out, result.err)
        return result

    def spawn(self, command: Command, input: str | bytes | None = None) -> Job:
        """Start a command, do not wait: a string is for the guest's shell, a list a program with arguments.

        The pid of a list is the program's own. `input` is the content of its standard input, which is else
        empty.
        """
        return self._agent.spawn(command, input.encode() if isinstance(input, str) else input)

    def put(self, local: Path | bytes, remote: str, mode: int | None = None) -> None:
        """Copy a file (with its mode), or bytes, into the guest, at about 130 kB a second.

        What is large belongs into the initramfs: see Lab's `extra`.
        """
        if isinstance(local, bytes):
            self._agent.put(remote, local, mode or 0o644)
        else:
            self._agent.put(remote, local.read_bytes(), mode or local.stat().st_mode & 0o777)

    def get(self, remote: str) -> bytes:
        """The content of an ordinary file of the guest (not of sysfs: `read`)."""
        return self._agent.get(remote)

    def read(self, path: str) -> str:
        """The content of any file of the guest, without the last newline. Raises CommandFailed."""
        return self.check(["cat", path]).out.removesuffix("\n")

    def write(self, path: str, text: str, timeout: float = PATIENCE) -> str:
        """Write to a file of the guest with one write(2). Returns the errno's name ("EBUSY"), or "OK"."""
        number = int(self.check(["write-word", path, text], timeout).out)
        return errno.errorcode.get(number, f"errno {number}") if number else "OK"

    # memory

    def qmp(self, name: str, **arguments: Any) -> Any:
        """Run a command of QEMU's monitor."""
        return self._qmp.command(name, **arguments)

    def wait_event(self, name: str, timeout: float = PATIENCE, **data: Any) -> dict[str, Any]:
        """Wait for an event of QEMU, of which the values in `data` are known; return all of its data.

        An event that came since the last wait for it counts. Raises TimeoutError.
        """
        return self._qmp.wait_event(name, timeout, lambda got: all(got.get(key) == data[key] for key in data))

    def plug_dimm(self, id: str, size: str | int, node: int | None = None, slot: int | None = None,
                  reserve: bool = False, timeout: float = PATIENCE) -> list[int]:
        """Plug a DIMM of `size` bytes ("1G") and return the numbers of its blocks when the guest is done.

        An empty list: the guest refused it (its console says why). `reserve`: have the host set its memory
        aside.
        """
        before = self.blocks()
        self.qmp("object-add", **{"qom-type": "memory-backend-ram", "id": f"memory-{id}",
                                  "size": size_in_bytes(size), "reserve": reserve})
        place = {key: value for key, value in (("node", node), ("slot", slot)) if value is not None}
        self.qmp("device_add", driver="pc-dimm", id=id, memdev=f"memory-{id}", **place)
        self._qmp.wait_event("ACPI_DEVICE_OST", timeout,
                             lambda data: data["info"].get("device") == id and data["info"]["source"] == 1)
        return sorted(self.blocks().keys() - before.keys())

    def unplug_dimm(self, id: str, timeout: float = PATIENCE) -> None:
        """Ask the guest to give DIMM `id` back, and wait for it. Raises TimeoutError when it does not."""
        self.qmp("device_del", id=id)
        self.wait_ejected(id, timeout)

    def wait_ejected(self, id: str, timeout: float = PATIENCE) -> None:
        """Wait until DIMM `id` is gone, whoever asked for it. The name can then be plugged again."""
        self.wait_event("DEVICE_DELETED", timeout, device=id)
        self.qmp("object-del", id=f"memory-{id}")

    def blocks(self) -> dict[int, str]:
        """The number of each memory block, rising, and its state."""
        text = self.check(f"cd {MEMORY} && grep -s . memory*/state").out
        found = re.findall(r"^memory(\d+)/state:(.*)$", text, re.MULTILINE)
        return dict(sorted((int(number), state) for number, state in found))

    def block_state(self, number: int) -> str:
        """The state of one block: online, offline or going-offline."""
        return self.read(f"{MEMORY}/memory{number}/state")

    def set_block_state(self, number: int, state: str, timeout: float = PATIENCE) -> str:
        """Write to a block's state; returns the errno's name, or "OK"."""
        return self.write(f"{MEMORY}/memory{number}/state", state, timeout)

    def wait_state(self, number: int, state: str) -> None:
        """Wait until a block is online, offline or going-offline."""
        self.wait_for(lambda: self.block_state(number) == state, f"memory{number} {state}")

    def block_zone(self, number: int) -> str:
        """The block's valid_zones: the zone of an online block; the choice (its default first) of another."""
        return self.read(f"{MEMORY}/memory{number}/valid_zones")

    def inject(self, action: str, error: str | int) -> None:
        """Let the kernel fail each `action` with `error` ("ENXIO" or a number; 0 ends it).

        The actions are MEM_GOING_ONLINE and MEM_GOING_OFFLINE. For offline take a block in zone Movable:
        elsewhere EBUSY comes first.
        """
        if not self._injecting:
            self.check("modprobe memory-notifier-error-inject")
            self._injecting = True
        number = getattr(errno, error) if isinstance(error, str) else error
        if self.write(f"{INJECTION}/{action}/error", str(-number)) != "OK":
            raise RuntimeError(f"the kernel does not take errno {number} for {action}")

    def pin(self, block: int, pages: int = 8, megabytes: int = 700, timeout: float = PATIENCE) -> Job:
        """Hold some pages of a block online in zone Movable: its offline then does not end before the job.

        `megabytes` bounds the memory that is taken to find such pages; all but those is given back.
        """
        job = self.spawn(["pin", str(block), str(pages), str(megabytes)])
        job.wait_output("ready", timeout)
        return job


def size_in_bytes(size: str | int) -> int:
    """1073741824 for "1G"; the units are M and G, as QEMU's."""
    if isinstance(size, int):
        return size
    return int(size[:-1]) << {"M": 20, "G": 30}[size[-1]]


def _end_of(file: int, count: int) -> bytes:
    """The last `count` bytes of the open file `file`; its position does not change."""
    return os.pread(file, count, max(0, os.fstat(file).st_size - count))


def _die_with_parent() -> None:
    """In a new process: ask the kernel to kill it when its parent dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))


@atexit.register
def _close_all() -> None:
    """End every guest that was not closed."""
    for guest in list(_running):
        guest.close()
