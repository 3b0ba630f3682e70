"""The nodes of a Cluster: which there are, who holds what, and our calls to each over a small pool of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from time import monotonic

from redis.exceptions import RedisError, ResponseError

from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.store.calls import Calls
from bulltui.store.errors import explain
from bulltui.store.slot_map import Range, SlotMap, Where, read_slots

AGE_S = 60.0
"""After so long it is asked again who holds what, though nothing has shown that it changed."""

SILENT_S = 10.0
"""So long a node that did not answer is passed over where another one will do."""

MOVED_S = 5.0
"""So long it holds what a node said of a slot that moved, where the one that tells of all slots has not heard of it."""

PATIENCE_S = 0.3
"""So long one node is waited for before another one is asked as well."""

Opener = Callable[[Where, bool], Calls]
"""Makes the calls to a node; the second word says that it is a replica that is read from."""


class Node:
    """Calls to one node, and how many are under way: one that has left the Cluster is closed when there are none."""

    def __init__(self, where: Where, calls: Calls) -> None:
        self.where = where
        self.calls = calls
        self._busy = 0
        self._retired = False

    @asynccontextmanager
    async def used(self) -> AsyncIterator[Calls]:
        """The calls, which stay open within."""
        self._busy += 1
        try:
            yield self.calls
        finally:
            self._busy -= 1
            if self._retired and not self._busy:
                await asyncio.shield(self.calls.close())

    async def retire(self) -> None:
        """Closes it as soon as nobody uses it."""
        self._retired = True
        if not self._busy:
            await self.calls.close()


class Nodes:
    """See the module. `seeds` are those that are asked first, `replicas` says that these are read from."""

    def __init__(self, address: str, seeds: Sequence[Where], opener: Opener, *, replicas: bool = False) -> None:
        self._address = address
        self._seeds = tuple(seeds)
        self._opener = opener
        self._replicas = replicas
        self._nodes: dict[tuple[Where, bool], Node] = {}
        self._map: SlotMap | None = None
        self._moved: dict[int, tuple[Where, float]] = {}
        self._silent: dict[Where, float] = {}
        self._read_at = 0.0
        self._is_spoilt = False
        self._lock = asyncio.Lock()
        self._teller: Where | None = None

    # --- who holds what

    async def map(self) -> SlotMap:
        """The slots as last told, asked for anew where that is long ago or was found to be wrong. Raises BulltuiError
        where no node tells."""
        known = self._map
        if known is not None and not self._is_spoilt and monotonic() - self._read_at < AGE_S:
            return known
        async with self._lock:
            if self._map is not None and self._map is not known:
                return self._map  # another call has asked meanwhile
            found, self._teller = await self._ask_around()
            self._map, self._read_at, self._is_spoilt = found, monotonic(), False
            self._moved = {slot: told for slot, told in self._moved.items() if not _knows(found, slot, *told)}
            await self._forget_the_gone(found)
            return found

    def spoil(self) -> None:
        """What is known of the slots is wrong: it is asked for before the next call."""
        self._is_spoilt = True

    def moved(self, slot: int, where: Where) -> None:
        """A node said that this one holds the slot."""
        self._moved[slot] = where, monotonic() + MOVED_S
        self._is_spoilt = True

    def silent(self, where: Where) -> None:
        """A node does not answer: another one is asked for a while where one will do."""
        self._silent[where] = monotonic() + SILENT_S
        self._moved = {slot: told for slot, told in self._moved.items() if told[0] != where}
        self._is_spoilt = True

    def _is_silent(self, place: Where) -> bool:
        return self._silent.get(place, 0.0) > monotonic()

    async def _ask_around(self) -> tuple[SlotMap, Where]:
        """Asks one node after another, without waiting long for any; the first that tells is believed."""
        asked: list[asyncio.Task[SlotMap]] = []
        places: dict[asyncio.Task[SlotMap], Where] = {}
        failures: list[BaseException] = []
        left = list(self._order())
        try:
            while left or asked:
                if left:
                    place = left.pop(0)
                    task = asyncio.create_task(self._ask(place))
                    places[task] = place
                    asked.append(task)
                done, _ = await asyncio.wait(
                    asked, timeout=PATIENCE_S if left else None, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    asked.remove(task)
                    error = task.exception()
                    if error is None:
                        return task.result(), places[task]
                    if not isinstance(error, RedisError | OSError | ValueError | BulltuiError):
                        raise error
                    failures.append(error)
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        raise self._nobody_tells(failures)

    def _order(self) -> Iterator[Where]:
        """Those who are likely to know first, each once."""
        known = self._map or SlotMap()
        wheres = [self._teller] if self._teller else []
        wheres += [*known.primaries, *known.replicas, *self._seeds]
        once = dict.fromkeys(wheres)
        yield from (one for one in once if not self._is_silent(one))
        yield from (one for one in once if self._is_silent(one))

    async def _ask(self, place: Where) -> SlotMap:
        async with self.node(place).used() as calls:
            found = read_slots(await calls.trip(("CLUSTER", "SLOTS")), place)
        if not found.ranges:
            raise BulltuiError(
                f"{calls.address} is a node of a Redis Cluster of which no slot is served.",
                hint="CLUSTER INFO on it says what is missing.",
                code="cluster",
            )
        return found

    def _nobody_tells(self, failures: Sequence[BaseException]) -> BulltuiError:
        """Why nobody tells: what a node answered says more than that others are away."""
        answers = [error for error in failures if isinstance(error, ResponseError | BulltuiError)]
        first = (answers or failures)[0]
        if isinstance(first, BulltuiError):
            return first
        text = str(first).lower()
        if isinstance(first, ResponseError) and "cluster support disabled" in text:
            return BulltuiError(
                f"{self._address} is no Redis Cluster: the server says that it is none.",
                hint="Connect to it as redis:// (or rediss:// for TLS).",
                code="no-cluster",
            )
        told = explain(first, self._address)
        if isinstance(told, UnreachableError) and len(failures) > 1:
            return UnreachableError(
                f"None of the {len(failures)} known nodes of {self._address} answers; the first says: {told.message}",
                hint=told.hint,
                code=told.code,
            )
        return told

    async def _forget_the_gone(self, found: SlotMap) -> None:
        there = {*found.primaries, *found.replicas, *self._seeds, *(where for where, _ in self._moved.values())}
        for key in [key for key in self._nodes if key[0] not in there]:
            await self._nodes.pop(key).retire()

    # --- where to

    async def of_slot(self, slot: int, *, reading: bool) -> Node | None:
        """The node that is asked about a slot, None where nobody serves it; a replica where these are read from."""
        known = await self.map()
        moved, until = self._moved.get(slot, (None, 0.0))
        if moved is not None and monotonic() < until:
            return self.node(moved)
        found = known.at(slot)
        return None if found is None else self.node(*self._reads(found, reading=reading))

    def _reads(self, found: Range, *, reading: bool) -> tuple[Where, bool]:
        if reading and self._replicas:
            for replica in found.replicas:
                if not self._is_silent(replica):
                    return replica, True
        return found.primary, False

    async def any(self) -> Node:
        """A node for what is the same everywhere."""
        known = await self.map()
        for place in known.primaries:
            if not self._is_silent(place):
                return self.node(place)
        return self.node(known.primaries[0])

    async def shards(self) -> list[Node]:
        """One node of each part of the keys, a replica where these are read from."""
        known = await self.map()
        first: dict[Where, Range] = {}
        for one in known.ranges:
            first.setdefault(one.primary, one)
        return [self.node(*self._reads(one, reading=True)) for one in first.values()]

    async def primaries(self) -> list[Node]:
        """All primaries."""
        return [self.node(place) for place in (await self.map()).primaries]

    async def all(self) -> list[Node]:
        """All nodes, the primaries first."""
        known = await self.map()
        return [self.node(place) for place in (*known.primaries, *known.replicas)]

    def node(self, place: Where, reading: bool = False) -> Node:
        """The node at this place; its connections are made when they are first used."""
        key = place, reading
        if key not in self._nodes:
            self._nodes[key] = Node(place, self._opener(place, reading))
        return self._nodes[key]

    @property
    def open(self) -> list[Calls]:
        """The calls to all nodes that were needed so far."""
        return [node.calls for node in self._nodes.values()]

    async def close(self) -> None:
        """Closes all connections."""
        nodes, self._nodes = list(self._nodes.values()), {}
        self._map = None
        await asyncio.gather(*(node.calls.close() for node in nodes))


def _knows(found: SlotMap, slot: int, where: Where, until: float) -> bool:
    """Whether nothing has to be remembered of a slot that moved there: the map has it, or it is long ago."""
    there = found.at(slot)
    return (there is not None and there.primary == where) or monotonic() > until
