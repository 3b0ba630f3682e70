"""Who answers for which server."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from bulltui.domain.errors import BulltuiError, NotFoundError
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import visible

T = TypeVar("T")
R = TypeVar("R")


class Members(Generic[T]):
    """One of each server, by its label, in the order in which the servers were named."""

    def __init__(self, members: Mapping[str, T]) -> None:
        self._members = dict(members)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the servers are called."""
        return tuple(self._members)

    @property
    def all(self) -> tuple[T, ...]:
        """All of them."""
        return tuple(self._members.values())

    def of(self, label: str) -> T:
        """The one of this server. Raises NotFoundError for a label that no server has."""
        try:
            return self._members[label]
        except KeyError:
            what = f"No server is called {visible(label)!r}" if label else "It is not said of which server"
            known = ", ".join(visible(one) for one in self._members)
            raise NotFoundError(f"{what} here.", hint=f"There are {known}.", code="server") from None

    def at(self, ref: QueueRef) -> T:
        """The one of this queue's server. Raises NotFoundError."""
        return self.of(ref.server)

    def split(self, refs: Iterable[QueueRef]) -> dict[str, list[QueueRef]]:
        """The queues of each server, in their order. One that names no server stands for that of every server. Raises
        NotFoundError."""
        parts: dict[str, list[QueueRef]] = {}
        for ref in refs:
            for label in (ref.server,) if ref.server else self._members:
                self.of(label)
                parts.setdefault(label, []).append(ref if ref.server else replace(ref, server=label))
        return parts

    async def each(self, call: Callable[[str, T], Awaitable[R]], labels: Iterable[str] | None = None) -> dict[str, R]:
        """What a call says of each server, or of these, side by side. Raises what the first one raised, in the order of
        the servers, once all have ended."""
        told = await self.each_or_error(call, labels)
        for answer in told.values():
            if isinstance(answer, BulltuiError):
                raise answer
        return {label: answer for label, answer in told.items() if not isinstance(answer, BulltuiError)}

    async def each_or_error(
        self, call: Callable[[str, T], Awaitable[R]], labels: Iterable[str] | None = None
    ) -> dict[str, R | BulltuiError]:
        """As `each`, with the error in the place of the answer of a server that has none."""
        wanted = [label for label in self._members if labels is None or label in set(labels)]
        told = await asyncio.gather(*(_told(call, label, self._members[label]) for label in wanted))
        return dict(zip(wanted, told, strict=True))


async def _told(call: Callable[[str, T], Awaitable[R]], label: str, member: T) -> R | BulltuiError:
    try:
        return await call(label, member)
    except BulltuiError as error:
        return error


def in_order(asked: Sequence[QueueRef], found: Mapping[QueueRef, R], labels: Sequence[str]) -> list[R]:
    """What was found, in the order in which it was asked for."""
    wanted = (
        one if one.server else replace(one, server=label)
        for one in asked
        for label in (labels if not one.server else ("",))
    )
    return [found[ref] for ref in dict.fromkeys(wanted) if ref in found]


def answers_of(told: Mapping[str, R | BulltuiError]) -> dict[str, R]:
    """The answers of the servers that gave one. Raises what the first one raised where none did."""
    answers = {label: one for label, one in told.items() if not isinstance(one, BulltuiError)}
    if not answers:
        raise next(one for one in told.values() if isinstance(one, BulltuiError))
    return answers
