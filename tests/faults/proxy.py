"""Stands between a client and a server, and does to the bytes what networks and servers do on bad days."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")

_PIECE = 64 * 1024


@dataclass(slots=True)
class Weather:
    """What is done to the bytes now. Times in seconds.

    `stalled`: nothing is read from either side. `delay_s` holds back each answer. `swallow`: what is asked reaches the
    server, the answers are dropped. `cut_after` answer bytes of a connection it is reset. `reply` is answered to every
    request in place of the server, `garbage` as well, whatever was asked; `greeting` to whoever connects, who is
    then sent away. `half_closed`: the client is told that nothing comes any more, and may go on writing.
    """

    stalled: bool = False
    delay_s: float = 0.0
    swallow: bool = False
    cut_after: int | None = None
    reply: bytes = b""
    garbage: bytes = b""
    greeting: bytes = b""
    half_closed: bool = False


@dataclass(eq=False, slots=True)
class _Link:
    """A client with its connection to the server."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    answered: int = 0
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)


class FaultProxy:
    """A TCP proxy in a thread of its own, so that it works whatever the loop of the test does. `target` is the port of
    the server on this machine."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.weather = Weather()
        self.accepted = 0
        self._links: set[_Link] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._do(self._end)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """Where clients connect to."""
        return f"redis://127.0.0.1:{self.port}"

    @property
    def links(self) -> int:
        """How many clients are connected now."""
        return len(self._links)

    # --- faults

    def cut(self) -> None:
        """Resets every connection; new ones are accepted."""
        self._do(self._cut)

    def refuse(self) -> None:
        """Resets every connection, and nothing listens any more."""
        self._do(self._refuse)

    def set(self, weather: Weather) -> None:
        """From now on `weather`, for the connections that are there as well."""

        async def change() -> None:
            self.weather = weather
            before, self._changed = self._changed, asyncio.Event()
            before.set()
            if weather.half_closed:
                for link in self._links:
                    with contextlib.suppress(OSError):
                        link.client.write_eof()

        self._do(change)

    def calm(self) -> None:
        """All is well again: it listens, and new connections are as they should be. Those of before are reset, since
        what was held back or made up would come in the wrong places."""
        self.set(Weather())
        self._do(self._cut)
        self._do(self._listen)

    # --- within the thread

    def _do(self, work: Callable[[], "asyncio.Future[T] | object"]) -> None:
        asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)  # type: ignore[arg-type]

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _end(self) -> None:
        await self._refuse()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _cut(self) -> None:
        for link in tuple(self._links):
            self._reset(link)

    def _reset(self, link: _Link) -> None:
        """An RST rather than an end in order."""
        for writer in filter(None, (link.client, link.server)):
            sock = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        for task in link.tasks:
            if task is not asyncio.current_task():
                task.cancel()
        self._links.discard(link)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        link = _Link(writer)
        self._links.add(link)
        own = asyncio.current_task()
        assert own is not None
        link.tasks.append(own)
        try:
            await self._serve(link, reader)
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # streams of Python 3.11 complain of a cancelled one
        finally:
            self._reset(link)

    async def _serve(self, link: _Link, reader: asyncio.StreamReader) -> None:
        if self.weather.greeting:
            link.client.write(self.weather.greeting)
            link.client.close()
            await link.client.wait_closed()
            return
        answers, link.server = await asyncio.open_connection("127.0.0.1", self.target)
        back = asyncio.ensure_future(self._answers(link, answers))
        link.tasks.append(back)
        await self._requests(link, reader)

    async def _requests(self, link: _Link, reader: asyncio.StreamReader) -> None:
        assert link.server is not None
        while True:
            await self._while_stalled()
            piece = await reader.read(_PIECE)
            await self._while_stalled()
            if not piece:
                return
            weather = self.weather
            if weather.garbage:
                link.client.write(weather.garbage)
                await link.client.drain()
            elif weather.reply:
                link.client.write(weather.reply * _requests_in(piece))
                await link.client.drain()
            else:
                link.server.write(piece)
                await link.server.drain()

    async def _answers(self, link: _Link, answers: asyncio.StreamReader) -> None:
        try:
            while piece := await answers.read(_PIECE):
                await self._while_stalled()
                weather = self.weather
                if weather.delay_s:
                    await asyncio.sleep(weather.delay_s)
                if weather.swallow or weather.half_closed:
                    continue
                if weather.cut_after is not None and link.answered + len(piece) > weather.cut_after:
                    link.client.write(piece[: max(0, weather.cut_after - link.answered)])
                    with contextlib.suppress(OSError):
                        await link.client.drain()
                    link.client.close()
                    return
                link.answered += len(piece)
                link.client.write(piece)
                await link.client.drain()
        except (OSError, EOFError):
            pass
        finally:
            self._reset(link)

    async def _while_stalled(self) -> None:
        while self.weather.stalled:
            await self._changed.wait()


def _requests_in(piece: bytes) -> int:
    """How many commands begin in a piece of a client's bytes: each is an array of bulk strings."""
    return sum(1 for part in piece.split(b"\r\n") if part[:1] == b"*" and part[1:].isdigit())
