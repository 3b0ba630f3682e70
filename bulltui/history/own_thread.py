"""A thread of its own for what waits for a disk: one thing after another, and the loop never waits."""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Args = TypeVarTuple("Args")

_Job = tuple[Callable[[], Any], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]


class OwnThread:
    """Does what it is given in the order it was given. It begins with the first call, and does not hold up the end of
    the process."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def do(self, what: Callable[[*Args], T], *args: *Args) -> T:
        """What the call answers or raises. Whoever is cancelled meanwhile no longer waits; a call that has begun goes
        on to its end."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._jobs.put((lambda: what(*args), loop, future))
        return await future

    def end(self) -> None:
        """Lets it end behind what it was given."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread = None

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            what, loop, future = job
            if future.cancelled():
                continue
            try:
                answer, error = what(), None
            except BaseException as raised:
                answer, error = None, raised
            try:
                loop.call_soon_threadsafe(_tell, future, answer, error)
            except RuntimeError:
                continue  # the loop is closed: nobody waits
            finally:
                del what, future, answer, error, job


def _tell(future: "asyncio.Future[Any]", answer: object, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(answer)
    else:
        future.set_exception(error)
