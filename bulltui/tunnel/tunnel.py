"""A command that leads to a server, kept running while it is wanted."""

import asyncio
import contextlib
import errno
import os
import random
import socket
from dataclasses import dataclass, replace
from pathlib import PurePath
from time import monotonic

from bulltui.children import Keeper, why_not
from bulltui.domain.address import without_secrets
from bulltui.domain.connection import Connection
from bulltui.domain.errors import UnreachableError, UsageError
from bulltui.domain.secrets import hidden
from bulltui.domain.text import visible
from bulltui.tunnel.said import Said
from bulltui.tunnel.words import HERE, PORT, filled, led, target_of

CODE = "tunnel"
_HINT = "Run the command by hand to see more; `bulltui config show` has its words."


@dataclass(frozen=True, slots=True)
class Times:
    """How long things take, in seconds: until the port is open, between the first two starts and at most between
    further ones, how long one has to last to be called good, and between two looks at the port."""

    open_s: float = 15.0
    again_s: float = 0.5
    longest_s: float = 30.0
    good_s: float = 10.0
    look_s: float = 0.05


class Tunnel:
    """The command of `connection.tunnel`, begun when it is first wanted, begun again when it ends, with pauses that
    grow, and ended by `close`. It runs without a shell; `{port}` in its words is a free port of this machine, which the
    connection to use leads to. Without that it opens by itself what the URL names.

    Raises UsageError where the URL is nothing that a tunnel can lead to.
    """

    def __init__(self, connection: Connection, times: Times | None = None) -> None:
        if not connection.tunnel:
            raise UsageError("A tunnel needs a command.", code=CODE)
        self._times = times or Times()
        self._given = connection
        self._target = target_of(connection.url)
        self._name = visible(PurePath(connection.tunnel[0]).name)
        self._keeper = Keeper()
        self._held: socket.socket | None = None
        self._own_port = any(PORT in word for word in connection.tunnel)
        self._where = self._target
        self.connection = replace(connection, tunnel=())
        """What to connect to."""
        if self._own_port:
            self._held = socket.create_server((HERE, 0)) if os.name != "posix" else _bound(0)
            self._where = (HERE, int(self._held.getsockname()[1]))
            self.connection = led(self.connection, self._where[1])
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._error = UnreachableError("")
        self._failures = 0
        self._starts = 0
        self._open = False
        self._opened_at = float("-inf")
        self._changed = asyncio.Event()
        self._hurry = asyncio.Event()

    @staticmethod
    def unopened(connection: Connection) -> Connection:
        """What one would connect to, without a port of ours yet: to see whether that can be. Raises UsageError."""
        target_of(connection.url)
        own_port = any(PORT in word for word in connection.tunnel)
        return led(connection, 1) if own_port else replace(connection, tunnel=())

    @property
    def is_open(self) -> bool:
        """Whether one can connect now, as far as is known."""
        return self._open

    @property
    def starts(self) -> int:
        """How often the command was begun."""
        return self._starts

    async def ready(self, within_s: float | None = None) -> None:
        """Returns when one can connect. Raises UnreachableError if the command fails, or takes longer than `within_s`
        seconds; it goes on then."""
        if self._open:
            return
        if self._closed:
            raise UnreachableError(f"The tunnel {self._name} is closed.", code=CODE)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._keep())
        self._hurry.set()
        failures = self._failures
        try:
            async with asyncio.timeout(within_s):
                while not self._open and self._failures == failures and not self._closed:
                    await self._changed.wait()
        except TimeoutError:
            raise self.opening() from None
        if not self._open:
            raise self._error

    def opening(self) -> UnreachableError:
        """What is said while it is not open yet."""
        return UnreachableError(
            f"The tunnel {self._name} is being opened.", hint="It may take some seconds.", code="tunnel-opening"
        )

    async def close(self) -> None:
        """Ends the command and all that it started. More than one call does no harm."""
        self._closed = True
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._error = UnreachableError(f"The tunnel {self._name} is closed.", code=CODE)
        self._turn(opened=False)
        self._keeper.close()
        self._let_go()

    # --- keeping it open

    async def _keep(self) -> None:
        while True:
            self._hurry.clear()
            began = monotonic()
            try:
                why = await self._once()
            except (OSError, ValueError) as error:  # no more processes or descriptors, say, or a NUL in a word
                why = f"cannot be run: {getattr(error, 'strerror', None) or error}"
            self._failures = 1 if self._was_good(began) else self._failures + 1
            self._error = self._failed(why)
            self._turn(opened=False)
            await self._pause(began)

    def _was_good(self, began: float) -> bool:
        return self._opened_at >= began and monotonic() - self._opened_at > self._times.good_s

    async def _pause(self, began: float) -> None:
        """Waits before the next start; whoever wants to connect shortens it, but never below the first pause."""
        times = self._times
        longest = min(times.longest_s, times.again_s * 2.0 ** min(self._failures - 1, 10))
        pause = longest * random.uniform(0.5, 1.0)  # noqa: S311
        await asyncio.sleep(max(0.0, min(times.again_s, pause) - (monotonic() - began)))
        left = pause - (monotonic() - began)
        if left > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._hurry.wait()

    async def _once(self) -> str:
        """Runs the command until it ends; why it did."""
        words = filled(self._given.tunnel, self._where[1], *self._target)
        if why := why_not(words[0]):
            return f"cannot be run: {why}"
        if not await self._port_is_free():
            return f"cannot be opened: something else listens on port {self._where[1]}"
        said = Said()
        await said.begin()
        try:
            self._let_go()
            process = await self._keeper.start(words, stdout=said.descriptor, stderr=said.descriptor)
            self._starts += 1
            said.started()
            try:
                if not await self._opens(process):
                    if process.returncode is not None:
                        return await self._ended(process, said)
                    return self._with(f"did not open port {self._where[1]} within {self._times.open_s:g} s", said)
                self._opened_at = monotonic()
                self._turn(opened=True)
                await process.wait()
                self._open = False
                return await self._ended(process, said)
            finally:
                await self._keeper.end(process)
        finally:
            said.end()
            self._hold()

    async def _opens(self, process: asyncio.subprocess.Process) -> bool:
        """Whether the port takes a connection in time, before the command ends."""
        ended = asyncio.ensure_future(process.wait())
        try:
            async with asyncio.timeout(self._times.open_s):
                while not ended.done():
                    if await _accepts(*self._where):
                        return not ended.done()
                    await asyncio.wait((ended,), timeout=self._times.look_s)
        except TimeoutError:
            pass
        finally:
            ended.cancel()
        return False

    async def _ended(self, process: asyncio.subprocess.Process, said: Said) -> str:
        await asyncio.sleep(0.02)  # its last words may still be on the way
        code = process.returncode or 0
        how = f"ended with status {code}" if code >= 0 else f"was ended by signal {-code}"
        return self._with(how, said)

    def _with(self, why: str, said: Said) -> str:
        return f"{why}: {said.last}" if said.last else why

    def _failed(self, why: str) -> UnreachableError:
        told = without_secrets(hidden(why), self._given.url)
        if self._given.password:
            told = told.replace(self._given.password, "***")
        return UnreachableError(f"The tunnel {self._name} {told}.", hint=_HINT, code=CODE)

    def _turn(self, *, opened: bool) -> None:
        """Wakes all who wait for it."""
        self._open = opened
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    # --- the port

    async def _port_is_free(self) -> bool:
        """Whether nothing listens there that is not ours: it would be told our password."""
        if self._held is not None:
            return True
        if not self._own_port:
            return not await _accepts(*self._where)
        try:
            _bound(self._where[1], again=True).close()
        except OSError as error:
            return error.errno != errno.EADDRINUSE
        return True

    def _hold(self) -> None:
        """Keeps the port from everyone else while the command does not have it, where that is possible."""
        if self._own_port and not self._closed and self._held is None and os.name == "posix":
            with contextlib.suppress(OSError):
                self._held = _bound(self._where[1])

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.close()


def _bound(port: int, *, again: bool = False) -> socket.socket:
    """A socket that has a port of this machine and does not listen. With `again`, also one that was just closed."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if again:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HERE, port))
    except OSError:
        bound.close()
        raise
    return bound


async def _accepts(host: str, port: int) -> bool:
    """Whether a connection is taken. One that a port makes to itself, which happens, is none."""
    try:
        async with asyncio.timeout(1.0):
            _, writer = await asyncio.open_connection(host.strip("[]"), port)
    except (OSError, TimeoutError):
        return False
    itself = writer.get_extra_info("sockname") == writer.get_extra_info("peername")
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return not itself
