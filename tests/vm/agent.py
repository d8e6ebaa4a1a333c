# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's side of the guest's agent (guest/agent.c, where the frames are described): jobs and files."""

import errno
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

HEADER = struct.Struct("<cxxxII")
CHUNK = 16384               # bytes that go to the guest before it answers: its serial port has no brake
PATIENCE = 180.0            # seconds after which something hangs: it takes a fraction of it even on a slow machine


@dataclass(frozen=True)
class Result:
    """How a command ended: exit code (minus the signal that ended it), both outputs, seconds."""

    rc: int
    out: str
    err: str
    seconds: float = 0.0


class CommandFailed(AssertionError):
    """A command that had to succeed did not, or did not end in time; the text has both of its outputs."""

    def __init__(self, command: "Command", what: str, out: str, err: str) -> None:
        super().__init__(f"{command!r} {what}\n-- output:\n{out}\n-- errors:\n{err}")
        self.out = out
        self.err = err


class CommandTimeout(CommandFailed):
    """A command did not end in time. It was killed."""


Command = str | Sequence[str]


class Job:
    """A command that runs in the guest."""

    def __init__(self, agent: "Agent", number: int, pid: int, command: Command) -> None:
        self._agent = agent
        self._started = time.monotonic()
        self._status: int | None = None
        self._seconds = 0.0
        self.number = number
        self.pid = pid
        self.command = command

    def running(self) -> bool:
        """Whether the command has not ended yet."""
        self._agent.receive_waiting()
        return self._status is None

    def wait(self, timeout: float = PATIENCE) -> Result:
        """Wait until the command ends, return how. Raises TimeoutError after `timeout` s; it runs on."""
        if not self._agent.receive_until(lambda: self._status is not None, timeout):
            raise TimeoutError(f"{self.command!r} (pid {self.pid}) still runs after {timeout} s")
        out, err = self.output()
        return Result(os.waitstatus_to_exitcode(self._status or 0), out, err, self._seconds)

    def kill(self, number: int = signal.SIGTERM, group: bool = False) -> None:
        """Send a signal to the process, or with `group` to all it has started. No error when it has ended."""
        self._agent.signal(self.number, number, group)

    def output(self) -> tuple[str, str]:
        """Output and errors up to now; bytes that are not UTF-8 are kept as surrogates."""
        def read(suffix: str) -> str:
            try:
                return self._agent.get(f"/run/lab/{self.number}.{suffix}").decode(errors="surrogateescape")
            except FileNotFoundError:       # the new process has not come so far yet, or was killed before
                return ""
        return read("out"), read("err")

    def wait_output(self, text: str, timeout: float = PATIENCE, errors: bool = False) -> str:
        """Wait until `text` is in the output, or with `errors` among the errors, and return that.

        Raises CommandFailed when the job ends first.
        """
        deadline = time.monotonic() + timeout
        while True:
            ended = not self.running()
            out, err = self.output()
            found = err if errors else out
            if text in found:
                return found
            if ended:
                raise CommandFailed(self.command, f"ended without printing {text!r}", out, err)
            if time.monotonic() > deadline:
                raise CommandTimeout(self.command, f"did not print {text!r} within {timeout} s", out, err)
            self._agent.receive_until(lambda: self._status is not None, 0.02)

    def ended(self, status: int) -> None:
        """Called by the agent when the guest reports the end, with the wait status."""
        self._status = status
        self._seconds = time.monotonic() - self._started


class Agent:
    """A connection to the agent. Not for several threads."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._received = b""
        self._answers: dict[tuple[bytes, int], bytes] = {}
        self._jobs: dict[int, Job] = {}
        self._number = int(time.time() * 1000) % 1_000_000_000

    def wait_ready(self, timeout: float) -> None:
        """Wait for the agent's first words. Raises TimeoutError, or ConnectionError when the machine ends."""
        if not self.receive_until(lambda: (b"h", 0) in self._answers, timeout):
            raise TimeoutError(f"the guest did not start within {timeout} s")

    def ping(self, timeout: float) -> None:
        """Check that the agent answers within `timeout` seconds."""
        self._request(b"H", self._next(), b"", timeout)

    def spawn(self, command: Command, stdin: bytes | None = None) -> Job:
        """Start a command: a string is for the guest's shell, a list is a program and its arguments."""
        number = self._next()
        arguments = ["sh", "-c", command] if isinstance(command, str) else list(command)
        source = "/dev/null"
        if stdin is not None:
            source = f"/run/lab/{number}.in"
            self.put(source, stdin)
        payload = b"".join(os.fsencode(word) + b"\0" for word in [source, *arguments])
        if len(payload) > CHUNK:
            raise ValueError("command too long for the agent: put a script into the guest")
        job = Job(self, number, 0, command)
        self._jobs[number] = job
        (pid,) = struct.unpack("<i", self._request(b"S", number, payload))
        self._check(pid, f"cannot start {command!r}")
        job.pid = pid
        return job

    def signal(self, number: int, what: int, group: bool) -> None:
        """Send the signal `what` to job `number`."""
        (result,) = struct.unpack("<i", self._request(b"K", number, struct.pack("<ii", what, group)))
        if result != -errno.ESRCH:
            self._check(result, "cannot send a signal")

    def put(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Write `content` to a file of the guest. Raises OSError with the guest's errno."""
        for start in range(0, max(1, len(content)), CHUNK):
            head = struct.pack("<II", mode, start > 0) + os.fsencode(path) + b"\0"
            answer = self._request(b"P", self._next(), head + content[start:start + CHUNK])
            self._check(struct.unpack("<i", answer)[0], path)

    def get(self, path: str) -> bytes:
        """The content of an ordinary file of the guest. Raises OSError with the guest's errno."""
        content = b""
        while True:
            head = struct.pack("<II", len(content), CHUNK) + os.fsencode(path) + b"\0"
            answer = self._request(b"G", self._next(), head)
            self._check(struct.unpack_from("<i", answer)[0], path)
            if len(answer) == 4:
                return content
            content += answer[4:]
            if len(answer) - 4 < CHUNK:
                return content

    def receive_waiting(self) -> None:
        """Take what the guest has sent, without waiting."""
        while select.select([self._socket], [], [], 0)[0]:
            self._receive()

    def receive_until(self, done: Callable[[], bool], timeout: float) -> bool:
        """Receive until `done` is true; return whether it is after at most `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if select.select([self._socket], [], [], left)[0]:
                self._receive()
        return True

    def _next(self) -> int:
        """A number that no job or request of this guest has had, also not before it was saved."""
        self._number += 1
        return self._number

    def _request(self, kind: bytes, number: int, payload: bytes, timeout: float = PATIENCE) -> bytes:
        """Send a request and return the answer's payload."""
        key = (kind.lower(), number)
        self._socket.sendall(HEADER.pack(kind, number, len(payload)) + payload)
        if not self.receive_until(lambda: key in self._answers, timeout):
            raise TimeoutError(f"the guest's agent does not answer within {timeout} s")
        return self._answers.pop(key)

    def _receive(self) -> None:
        """Receive once and deal with each frame that is complete."""
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the guest has ended")
        self._received += data
        while len(self._received) >= HEADER.size:
            kind, number, length = HEADER.unpack_from(self._received)
            if len(self._received) < HEADER.size + length:
                break
            payload = self._received[HEADER.size:HEADER.size + length]
            self._received = self._received[HEADER.size + length:]
            if kind != b"X":
                self._answers[(kind, number)] = payload
            elif job := self._jobs.get(number):
                job.ended(struct.unpack_from("<I", payload)[0])

    @staticmethod
    def _check(result: int, what: str) -> None:
        """Raise OSError for a negative errno of the guest."""
        if result < 0:
            raise OSError(-result, os.strerror(-result), what)
