"""Follows the streams of queues over one connection of its own.

One XREAD over all of them waits for the first event. A stream that gave all that it was asked for may have more: it
stands in line with others of its kind and is read in larger parts, between looks at all of them, so that a busy one
never starves the rest. How many entries are asked for goes by how large the last ones of a stream were, since XREAD
hands out whole entries and a result may have 50 MB.

In a Cluster one XREAD reaches the streams of one slot. Where all queues are of one slot it is done there in the same
way, over one connection to its node. Else one connection to each node asks for the streams of all its slots, one XREAD
a slot, in one trip and without waiting; such looks have a pause between them, longer the more slots there are.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic
from typing import Self

from bulltui.domain.connection import Connection
from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.event import Batch, Event, Gap, place
from bulltui.domain.gate import Gate
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import exact, visible
from bulltui.store.calls import MOVING, Calls, Refused
from bulltui.store.errors import about_keys
from bulltui.store.gaps import UNKNOWN_SIZE, Track, gap_of, lost_before
from bulltui.store.keys import key
from bulltui.store.opening import open_blocking_calls
from bulltui.store.streams import (
    START,
    Entry,
    Standing,
    entries_of,
    event_of,
    read_standings,
    size_of,
    streams_of,
)

BLOCK_S = 1.0
"""How long a read waits for the first event at most: a server that stands still is noticed so much later."""

BYTES = 1024 * 1024
"""About how many bytes one answer has, unless a single entry has more."""

SWEEP_S = 0.1
"""While streams stand in line, all others are looked at this often."""

STALL_S = 2.0
"""After a pause of this length there may be much to read."""

LOOK_S = 5.0
"""How often it is looked how each stream stands: whether it began anew, and whether it can be followed at all."""


POLL_S = 0.2
"""How long the pause is between two looks at streams of several slots, at least."""

LOOKS_A_SECOND = 500
"""How many slots are looked at in a second at most."""


class RedisEvents:
    """See `services.following.EventSource`."""

    def __init__(self, calls: Calls, block_s: float = BLOCK_S, look_s: float | None = None) -> None:
        self._calls = calls
        self._look_s = look_s
        self._block_ms = int(block_s * 1000)
        self._tracks: dict[QueueRef, Track] = {}
        self._refs: dict[bytes, QueueRef] = {}
        self._line: deque[QueueRef] = deque()
        self._unfollowed: dict[QueueRef, str] = {}
        self._looked_at: float | None = None  # None: not on this connection
        self._swept_at = 0.0
        self._read_at = 0.0
        self._polled_at = 0.0
        self._sweep_s = SWEEP_S

    @classmethod
    def from_url(cls, url: str, *, connect_timeout_s: float = 1.5, timeout_s: float = 2.0) -> Self:
        """Follows the server at `url`. Raises UsageError for a URL that cannot be read; connects on first use."""
        return cls.open(Connection(url, connect_timeout_s=connect_timeout_s, timeout_s=timeout_s))

    @classmethod
    def open(
        cls, connection: Connection, gate: Gate | None = None, *, block_s: float = BLOCK_S, look_s: float | None = None
    ) -> Self:
        """Follows the server of `connection`, over a connection of its own; every call passes `gate`. A read waits for
        `block_s` at most, and it is looked how each stream stands every `look_s`, or `LOOK_S`."""
        made: Self

        def connected() -> None:
            made.begin_anew()

        made = cls(open_blocking_calls(connection, gate, block_s=block_s, connected=connected), block_s, look_s)
        return made

    def begin_anew(self) -> None:
        """There is another connection, perhaps to another server: how the streams stand is looked at again."""
        self._looked_at = None

    async def now_ms(self) -> int:
        """See EventSource."""
        seconds, micros = await self._calls.execute("TIME")
        return int(seconds) * 1000 + int(micros) // 1000

    async def tails(self, refs: Sequence[QueueRef]) -> dict[QueueRef, str]:
        """See EventSource."""
        found: dict[QueueRef, str] = {}
        for ref, standing in zip(refs, await self._standings(refs), strict=True):
            track = Track(standing.last, witness=standing.last if standing.length else "")
            track.settle(standing)
            self._tracks[ref] = track
            found[ref] = track.cursor
        return found

    async def before(self, ref: QueueRef, limit: int, until: str = "+") -> list[Event]:
        """See EventSource."""
        found: list[Event] = []
        size, end = UNKNOWN_SIZE, until
        while len(found) < limit:
            count = min(limit - len(found), _count([size], limit))
            reply = await self._calls.pipeline([("XREVRANGE", _stream(ref), end, "-", "COUNT", count)])
            entries = [] if isinstance(reply[0], Refused) else entries_of(reply[0])
            found += (event_of(ref, entry) for entry in entries)
            if len(entries) < count:
                break
            size = _mean(entries, size)
            end = f"({exact(entries[-1][0])}"
        return found[::-1]

    async def read(self, cursors: Mapping[QueueRef, str], *, wait_ms: int, limit: int) -> Batch:
        """See EventSource."""
        self._take_up(cursors)
        await asyncio.sleep(0)  # of 1,000 streams each part of this takes some ms, and keys come first
        now, look_s = monotonic(), LOOK_S if self._look_s is None else self._look_s
        if self._looked_at is None or now - self._looked_at > look_s or now - self._read_at > STALL_S:
            await self._look()
        refs, wait = self._next(limit), 0
        if not refs:
            refs = [ref for ref in self._tracks if ref not in self._unfollowed]
            wait = 0 if self._line else min(wait_ms, self._block_ms)
            self._swept_at = monotonic()
        count = _count([self._tracks[ref].room for ref in refs], limit)
        found = await self._ask(refs, count, wait)
        gaps = await self._gaps(found)
        events: list[Event] = []
        for ref, entries in found.items():
            events += (event_of(ref, entry) for entry in entries)
        await asyncio.sleep(0)
        self._read_at = monotonic()
        self._queue_up(refs, {ref for ref, entries in found.items() if len(entries) >= count})
        return Batch(
            tuple(events),
            tuple(gaps),
            {ref: track.cursor for ref, track in self._tracks.items()},
            bool(self._line),
            dict(self._unfollowed),
        )

    async def close(self) -> None:
        """See EventSource."""
        await self._calls.close()

    # --- reading

    def _take_up(self, cursors: Mapping[QueueRef, str]) -> None:
        """Follows these streams from these places on. What is known of a stream at another place is forgotten."""
        fresh = {}
        for ref, cursor in cursors.items():
            track = self._tracks.get(ref)
            fresh[ref] = track if track is not None and track.cursor == cursor else Track(cursor)
            if fresh[ref] is not track:
                self._line.append(ref)  # who knows how much there is
        # Who asked for the tail of a stream has a track of it, and follows it from now on all the same.
        if fresh.keys() != set(self._refs.values()):
            self._refs = {_stream(ref): ref for ref in fresh}
            self._line = deque(dict.fromkeys(ref for ref in self._line if ref in fresh))
            self._unfollowed = {ref: why for ref, why in self._unfollowed.items() if ref in fresh}
        self._tracks = fresh

    def _next(self, limit: int) -> list[QueueRef]:
        """Those whose turn it is of the streams that have more, as many as an answer has room for; none when all are
        to be looked at."""
        if not self._line or monotonic() - self._swept_at > self._sweep_s:
            return []
        refs: list[QueueRef] = []
        room = BYTES
        while self._line and len(refs) < limit and (not refs or self._tracks[self._line[0]].room <= room):
            refs.append(self._line.popleft())
            room -= self._tracks[refs[-1]].room
        return refs

    def _queue_up(self, asked: Iterable[QueueRef], full: set[QueueRef]) -> None:
        """Those that gave all that they were asked for go to the end of the line, the others leave it."""
        done = set(asked) - full
        for ref in done:
            self._tracks[ref].mean = 0
        waiting = dict.fromkeys(ref for ref in self._line if ref not in done)
        self._line = deque(waiting | dict.fromkeys(ref for ref in asked if ref in full))

    async def _ask(self, refs: Sequence[QueueRef], count: int, wait_ms: int) -> dict[QueueRef, list[Entry]]:
        if not refs:
            await asyncio.sleep(wait_ms / 1000)
            return {}
        groups = [[refs[at] for at in group] for group in self._calls.together([_stream(ref) for ref in refs])]
        try:
            found = await self._ask_each(groups, count, wait_ms)
        except BulltuiError as error:
            # One key that is no stream, or that may not be read, spoils the answer for all.
            if not _about_one_key(error) or not await self._look():
                raise
            return {}
        return {self._refs[name]: entries for name, entries in found.items() if name in self._refs and entries}

    async def _ask_each(
        self, groups: Sequence[Sequence[QueueRef]], count: int, wait_ms: int
    ) -> dict[bytes, list[Entry]]:
        if len(groups) == 1:
            try:
                return streams_of(await self._calls.execute(*self._xread(groups[0], count, wait_ms)))
            except BulltuiError as error:
                if error.code != MOVING:
                    raise
                groups = [[ref] for ref in groups[0]]  # each finds its own way
        rest_s = max(POLL_S, len(groups) / LOOKS_A_SECOND)
        until = monotonic() + wait_ms / 1000
        while True:
            pause = max(0.0, self._polled_at + rest_s - monotonic()) if wait_ms > 0 else 0.0
            if pause and monotonic() + pause > until:
                await asyncio.sleep(max(0.0, until - monotonic()))
                return {}
            await asyncio.sleep(pause)
            found = await self._look_at(groups, count)
            self._polled_at, self._sweep_s = monotonic(), max(SWEEP_S, rest_s)
            if wait_ms <= 0 or any(found.values()):
                return found

    async def _look_at(self, groups: Sequence[Sequence[QueueRef]], count: int) -> dict[bytes, list[Entry]]:
        """What there is now in the streams of several slots."""
        found: dict[bytes, list[Entry]] = {}
        apart: list[QueueRef] = []
        replies = await self._calls.pipeline([self._xread(group, count, 0) for group in groups], call="XREAD")
        for group, reply in zip(groups, replies, strict=True):
            if isinstance(reply, Refused) and reply.moving and len(group) > 1:
                apart += group
            elif isinstance(reply, Refused):
                raise BulltuiError(reply.text, code="server-error")
            else:
                found |= streams_of(reply)
        return found | await self._look_at([[ref] for ref in apart], count) if apart else found

    def _xread(self, refs: Sequence[QueueRef], count: int, wait_ms: int) -> list[bytes | str | int]:
        words: list[bytes | str | int] = ["XREAD", "COUNT", count, *(("BLOCK", wait_ms) if wait_ms > 0 else ())]
        words += ("STREAMS", *map(_stream, refs), *(self._tracks[ref].cursor for ref in refs))
        return words

    # --- what was missed

    async def _gaps(self, found: Mapping[QueueRef, Sequence[Entry]]) -> list[Gap]:
        """Moves on behind what was found, and tells what is missing before it."""
        suspects = await self._suspects(list(found))
        standings = dict(zip(suspects, await self._standings(suspects), strict=True))
        gaps: list[Gap] = []
        for ref, entries in found.items():
            track = self._tracks[ref]
            lost: int | None = 0
            if ref in standings:
                lost = lost_before(track, entries, standings[ref])
                gap = gap_of(ref, track, entries, lost)
                gaps += [gap] if gap else []
            track.advance(entries, lost)
            if ref in standings:
                track.settle(standings[ref])
        return gaps

    async def _suspects(self, refs: Sequence[QueueRef]) -> list[QueueRef]:
        """The streams whose witness is gone, or that have none."""
        asked = [ref for ref in refs if self._tracks[ref].witness]
        looks = [("XRANGE", _stream(ref), witness, witness) for ref in asked for witness in [self._tracks[ref].witness]]
        there = {ref for ref, reply in zip(asked, await self._calls.pipeline(looks), strict=True) if reply}
        return [ref for ref in refs if ref not in there]

    async def _look(self) -> bool:
        """Looks how each stream stands; whether there is news of one that cannot be followed."""
        before = dict(self._unfollowed)
        standings = await self._standings(list(self._tracks))
        fresh = self._looked_at is None
        behind: list[QueueRef] = []
        for ref, standing in zip(self._tracks, standings, strict=True):
            track = self._tracks[ref]
            why = _why_not(ref, standing)
            if why:
                self._unfollowed[ref] = why
                continue
            self._unfollowed.pop(ref, None)
            if standing.kind == "stream" and place(standing.last) < place(track.cursor) and not fresh:
                self._tracks[ref] = track = Track(START, count=0)  # it began anew, and its clock goes behind
            track.settle(standing)
            if standing.kind == "stream" and place(standing.last) > place(track.cursor):
                behind.append(ref)
        if fresh or monotonic() - self._read_at > STALL_S:
            await self._weigh(behind)
        self._line = deque(dict.fromkeys(ref for ref in self._line if ref not in self._unfollowed))
        self._looked_at = monotonic()
        return self._unfollowed != before

    async def _weigh(self, refs: Sequence[QueueRef]) -> None:
        """Puts streams in line of which there may be much to read, with the size of their entries: among small ones
        there may be large ones, and how many are asked for must not go by the small ones alone."""
        questions: list[tuple[bytes | str | int, ...]] = []
        for ref in refs:
            questions += [("XLEN", _stream(ref)), ("MEMORY", "USAGE", _stream(ref), "SAMPLES", 0)]
        replies = await self._calls.pipeline(questions, may_lack=("MEMORY",))
        for ref, length, size in zip(refs, replies[::2], replies[1::2], strict=True):
            known = isinstance(length, int) and isinstance(size, int) and length > 0
            self._tracks[ref].size = self._tracks[ref].mean = size // length if known else UNKNOWN_SIZE
            self._line.append(ref)

    async def _standings(self, refs: Sequence[QueueRef]) -> list[Standing]:
        return await read_standings(self._calls, [_stream(ref) for ref in refs])


def _stream(ref: QueueRef) -> bytes:
    return key(ref, "events")


def _count(sizes: Sequence[int], limit: int) -> int:
    """How many entries of each stream to ask for where theirs have these sizes."""
    return max(1, min(limit // max(1, len(sizes)), BYTES // max(1, sum(sizes))))


def _mean(entries: Sequence[Entry], before: int) -> int:
    return max(64, sum(map(size_of, entries)) // len(entries), before // 4)


def _about_one_key(error: BulltuiError) -> bool:
    if isinstance(error, NotAllowedError):
        return about_keys(error.message)
    return "WRONGTYPE" in error.message


def _why_not(ref: QueueRef, standing: Standing) -> str:
    """Why a stream cannot be followed, empty where it can."""
    if standing.kind in ("stream", "none"):
        return ""
    name = visible(exact(_stream(ref)))
    if not standing.kind:
        return f"{name} may not be read: {visible(standing.refusal)}"
    return f"{name} is a {standing.kind}, no stream: another program wrote it."
