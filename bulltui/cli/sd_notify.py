"""Tells systemd how a service is, where it is one: a datagram to the socket that it named."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


class Supervisor:
    """Whoever started this process and wants to know how it is; nobody, where nothing says so. Nothing is ever raised:
    a service is none the worse for not being asked after."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self.watchdog_s = _watchdog(environment)
        """How often it wants to hear that we are alive, in seconds, half of what it waits for; None for never."""

    def say(self, **words: object) -> None:
        """Tells by the protocol's words, such as READY=1 and STATUS."""
        if not self._address.startswith(("/", "@")):
            return
        text = "\n".join(f"{name}={' '.join(str(value).split())}" for name, value in words.items())
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.setblocking(False)
            out.sendto(text.encode("utf-8", "replace"), address)


def _watchdog(environment: Mapping[str, str]) -> float | None:
    words, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not (words.isascii() and words.isdigit()) or int(words) <= 0 or pid not in ("", str(os.getpid())):
        return None
    return int(words) / 2_000_000
