"""Where two programs act on the same queue: one server, a library to a database, and ours beside it."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from redis import Redis

from bulltui.config.settings import Settings
from bulltui.demo.server import EmbeddedServer
from bulltui.domain.outcome import Outcome
from bulltui.domain.queue import Queue, QueueRef
from bulltui.services.acting import Runner
from bulltui.services.request import Request
from bulltui.store.actor import RedisActor
from bulltui.store.reader import RedisReader
from bulltui.wiring import open_runtime
from tests.interop.keyspace import Copy, Keyspace, copy_of, paste, read
from tests.interop.library import PREFIX, Library

T = TypeVar("T")

SCENES, THEIRS, OURS = range(3)
"""The databases: where scenes are made, and those of the two copies."""


@dataclass(frozen=True)
class Scene:
    """A scene as a library left it: its queues, and all its keys."""

    queues: tuple[str, ...]
    copy: Copy
    space: Keyspace


class Stand:
    """A server with libraries, each started when it is first asked for."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack = stack
        self.server = stack.enter_context(EmbeddedServer())
        self.clients = [stack.enter_context(_client(self.server, database)) for database in range(3)]
        self._libraries: dict[str, Library] = {}
        self._scenes: dict[tuple[str, str, bool], Scene] = {}
        self._loop = stack.enter_context(asyncio.Runner())
        self._undo = folder / "undo"
        runtime = open_runtime(Settings(url=f"{self.server.url}/{OURS}", state_folder=str(folder)))
        opened = self._loop.run(runtime.__aenter__())
        stack.callback(lambda: self._loop.run(runtime.__aexit__(None, None, None)))
        self.runner: Runner = opened.runner
        reader = opened.reader
        assert isinstance(reader, RedisReader)
        self._actor = RedisActor(reader.calls)

    def library(self, name: str) -> Library:
        """A library, one of `LIBRARIES`."""
        if name not in self._libraries:
            self._libraries[name] = self._stack.enter_context(Library(name, self.server.url))
        return self._libraries[name]

    def scene(self, library: str, name: str, *, paused: bool) -> Scene:
        """A scene of `node/scenes.mjs`, made once."""
        key = (library, name, paused)
        if key not in self._scenes:
            client = self.clients[SCENES]
            client.flushdb()
            queues = self.library(library)("prepare", SCENES, scene=name, paused=paused)
            self._scenes[key] = Scene(tuple(queues), copy_of(client), read(client))
        return self._scenes[key]

    def lay_out(self, scene: Scene, *databases: int) -> None:
        """A copy of the scene in each of the databases, and nothing to undo: every entry of the journal is looked at
        before one is taken back, and those of a thousand tests took longer than all that the tests are about."""
        for database in databases:
            paste(self.clients[database], scene.copy)
        for entry in self._undo.glob("*.undo"):
            entry.unlink()

    def read(self, database: int) -> Keyspace:
        """All that lies there now."""
        return read(self.clients[database])

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of `work`, in the loop of all that is ours."""
        return self._loop.run(work)

    def open(self, stack: ExitStack, context: AbstractAsyncContextManager[T]) -> T:
        """Enters a context in that loop, to be left with the stack."""
        stack.callback(lambda: self._loop.run(_left(context)))
        return self._loop.run(_entered(context))

    def run(self, request: Request) -> Outcome:
        """Ours acts on its copy."""
        return self._loop.run(self.runner.run(request))

    def look(self, name: str, prefix: str = PREFIX) -> Queue | None:
        """A queue of ours as the actor sees it before it changes anything."""
        return self._loop.run(self._actor.queue(QueueRef(prefix, name)))

    def finish(self, library: str, queues: tuple[str, ...]) -> tuple[list[tuple[str, str]], ...]:
        """Resumes the queues of both copies and has workers of the library run all that can run: the queue and id of
        each run, theirs and ours."""
        both = self.library(library)("finish", THEIRS, **{"and": OURS}, queues=list(queues))
        return tuple([(queue, job_id) for queue, job_id in runs] for runs in both)


async def _entered(context: AbstractAsyncContextManager[T]) -> T:
    return await context.__aenter__()


async def _left(context: AbstractAsyncContextManager[object]) -> None:
    await context.__aexit__(None, None, None)


@contextmanager
def _client(server: EmbeddedServer, database: int) -> Iterator[Redis]:
    client = Redis(port=server.port, db=database)
    try:
        yield client
    finally:
        client.close()
