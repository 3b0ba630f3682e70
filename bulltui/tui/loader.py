"""Reads in the background, such that what arrives late never covers what is newer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bulltui.domain.errors import BulltuiError, UnreachableError

Q = TypeVar("Q")
R = TypeVar("R")

_log = logging.getLogger(__name__)


class Loader(Generic[Q, R]):
    """One read at a time. While one runs, the newest request waits for it, or takes its place if it is urgent.

    `done` gets a request and its answer, `failed` a request and the sentence why there is none. Nothing is delivered
    of a request whose place was taken.
    """

    def __init__(
        self,
        read: Callable[[Q], Awaitable[R]],
        done: Callable[[Q, R], None],
        failed: Callable[[Q, BulltuiError], None],
        *,
        timeout_s: float,
    ) -> None:
        self._read = read
        self._done = done
        self._failed = failed
        self._timeout_s = timeout_s
        self._task: asyncio.Task[None] | None = None
        self._next: list[Q] = []

    @property
    def busy(self) -> bool:
        """Whether a read runs or waits."""
        return self._task is not None

    def ask(self, request: Q, *, urgent: bool = False) -> None:
        """Reads for `request`; on `urgent` without waiting for what is being read."""
        if self._task is not None and not urgent:
            self._next = [request]
            return
        self.drop()
        self._task = asyncio.create_task(self._run(request))

    def drop(self) -> None:
        """Forgets what is being read."""
        self._next = []
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self, request: Q) -> None:
        me = asyncio.current_task()
        while True:
            try:
                answer = await self._bounded(request)
                if self._task is me:
                    self._deliver(request, answer)
            except BulltuiError as error:
                if self._task is me:
                    self._failed(request, error)
            if self._task is not me:
                return
            if not self._next:
                self._task = None
                return
            request = self._next.pop()

    def _deliver(self, request: Q, answer: R) -> None:
        try:
            self._done(request, answer)
        except Exception as error:
            raise _unexpected("Showing", error) from error

    async def _bounded(self, request: Q) -> R:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._read(request)
        except TimeoutError:
            raise UnreachableError(
                f"The server did not answer within {self._timeout_s:g} s.",
                hint="Trying again with the next refresh.",
                code="timeout",
            ) from None
        except BulltuiError:
            raise
        except Exception as error:
            raise _unexpected("Reading", error) from error


def _unexpected(what: str, error: Exception) -> BulltuiError:
    """A fault of ours in reading or showing one job must not take the screen away from someone in an incident."""
    _log.exception("%s failed in an unexpected way", what)
    return BulltuiError(f"{what} failed: {type(error).__name__}: {error}", code="internal")
