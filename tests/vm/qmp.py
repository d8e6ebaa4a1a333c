# SPDX-License-Identifier: GPL-2.0-or-later
"""The QEMU Machine Protocol: commands and events over a connected socket."""

import json
import select
import socket
import time
from collections.abc import Callable
from typing import Any


class QmpError(Exception):
    """QEMU refused a command; the text is QEMU's."""


class Qmp:
    """One connection to the monitor of one QEMU. Not for several threads."""

    def __init__(self, connection: socket.socket, timeout: float) -> None:
        """Greet QEMU; raises TimeoutError or ConnectionError when it does not answer in `timeout` seconds."""
        self._socket = connection
        self._received = b""
        self._events: list[dict[str, Any]] = []
        deadline = time.monotonic() + timeout
        while "QMP" not in self._message(deadline):
            pass
        self.command("qmp_capabilities", timeout)

    def command(self, name: str, timeout: float = 180, **arguments: Any) -> Any:
        """Run a command and return what it returned. Raises QmpError, TimeoutError or ConnectionError."""
        request = {"execute": name, "arguments": arguments} if arguments else {"execute": name}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        deadline = time.monotonic() + timeout
        while True:
            message = self._message(deadline)
            if "error" in message:
                raise QmpError(f"{name}: {message['error']['desc']}")
            if "return" in message:
                return message["return"]

    def wait_event(self, name: str, timeout: float,
                   fits: Callable[[dict[str, Any]], bool] = lambda data: True) -> dict[str, Any]:
        """Return the data of the oldest event `name` whose data `fits` accepts, and forget the event.

        Events stay until they are asked for or forgotten. Raises TimeoutError after `timeout` seconds, with
        the events that did come.
        """
        deadline = time.monotonic() + timeout
        while True:
            for event in self._events:
                data = event.get("data", {})
                if event["event"] == name and fits(data):
                    self._events.remove(event)
                    return data
            try:
                self._message(deadline)
            except TimeoutError:
                what = f"no event {name} within {timeout} s; there were: {self._events}"
                raise TimeoutError(what) from None

    def forget_events(self) -> None:
        """Forget the events that have come, so that a wait sees only later ones."""
        while self._readable(0):
            self._message(time.monotonic() + 1)
        self._events.clear()

    def _readable(self, timeout: float) -> bool:
        """Whether there is something to read within `timeout` seconds."""
        return b"\n" in self._received or bool(select.select([self._socket], [], [], max(0, timeout))[0])

    def _message(self, deadline: float) -> dict[str, Any]:
        """The next message; an event is also kept."""
        while b"\n" not in self._received:
            if not self._readable(deadline - time.monotonic()):
                raise TimeoutError("QEMU's monitor does not answer")
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionError("QEMU has ended")
            self._received += data
        line, self._received = self._received.split(b"\n", 1)
        message = json.loads(line)
        if "event" in message:
            self._events.append(message)
        return message
