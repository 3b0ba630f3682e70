"""Finding queues by going through all keys (reference, section 1.4). A slow job of its own, never part of a refresh.

One SCAN looks for the last parts that only queues have; what ends so is a candidate and is then looked at: other
programs' keys, and jobs whose ids end in `:meta`, are no queues. A queue whose `meta` is gone shows by its other keys.
"""

import re
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from bulltui.domain.errors import NotAllowedError
from bulltui.domain.queue import DEFAULT_PREFIX, QueueRef
from bulltui.domain.reads import Discovered
from bulltui.domain.text import exact, to_bytes
from bulltui.store.calls import Calls, Command, Raw
from bulltui.store.keys import glob_literal

SCAN_COUNT = 2000
"""Keys looked at by one call: about a ms of the server."""
VERIFY_EVERY = 10
"""Calls of SCAN between two looks at the candidates, so that the first queues show early."""

REGISTRY = b"bullmq:registry"
"""A sorted set of queues that some deployments keep."""

# Key types that speak for a queue. `repeat` and the helper sets come with others and say nothing alone.
_TYPES: dict[bytes, bytes] = {
    b"meta": b"hash",
    b"id": b"string",
    b"events": b"stream",
    b"stalled-check": b"string",
    b"meta-paused": b"string",
    b"wait": b"list",
    b"active": b"list",
    b"paused": b"list",
    b"completed": b"zset",
    b"failed": b"zset",
    b"delayed": b"zset",
    b"prioritized": b"zset",
    b"waiting-children": b"zset",
}
# Two letters of each of these, so that the server sends few keys that are none of them.
_PATTERN = b"[mieswapcfd][edvtacor]*"
_INNER = (b":de", b":dn", b":metrics", b":repeat")
"""Parts of a queue's own keys after which an id follows that could read like one of the above."""

_GROUPS = b":groups:"
"""BullMQ Pro's lists of a group, whose id could read like a list of a queue."""

_RELAY = b"::relay:"
"""What the keys of BullMQ 6's messaging have after the prefix; they are no queues."""

_VERSION = re.compile(rb"[a-z][\w-]*:\d")
"""How the libraries write themselves into `meta`: `bullmq:5.81.5`, `bullmq-pro:7.1.0`."""

_VERIFY: tuple[Command, ...] = (
    ("HMGET", "meta", "version", "opts.maxLenEvents", "paused", "timestamp", "data"),
    ("GET", "id"),
    *(("TYPE", suffix.decode()) for suffix in _TYPES),
)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What the keys under a base say."""

    library: bool = False
    """A `meta` as the libraries write it."""
    paused: bool = False
    """A `meta` that may be what Bull leaves of it while paused, or anybody's."""
    kinds: int = 0
    """How many other keys have the name and type of a queue's."""
    collection: bool = False
    """Whether one of these is a list, a sorted set or a stream."""
    counted: bool = False
    """Whether there is an id counter."""
    modern: bool = False
    """Written by BullMQ 5 or 6, which allow no colon in names."""

    def speaks_for_queue(self, *, prefix_known: bool) -> bool:
        """Under a known prefix one fitting key is enough; under any prefix an id counter must have company."""
        if self.library or (self.paused and prefix_known):
            return True
        return self.kinds > 0 if prefix_known else self.counted and self.kinds > 1


def _weigh(row: Sequence[Raw]) -> _Evidence:
    meta, counter, *types = row
    version, max_events, paused, timestamp, data = meta if isinstance(meta, list) else [None] * 5
    is_job = timestamp is not None or data is not None
    text = version if isinstance(version, bytes) else b""
    written = _VERSION.match(text) is not None
    counted = isinstance(counter, bytes) and counter.isdigit()
    fitting = [
        expected
        for (suffix, expected), found in zip(_TYPES.items(), types, strict=True)
        if found == expected and suffix != b"meta" and (suffix != b"id" or counted)
    ]
    return _Evidence(
        library=not is_job and (written or max_events is not None),
        paused=not is_job and paused is not None,
        kinds=len(fitting),
        collection=any(kind != b"string" for kind in fitting),
        counted=counted,
        modern=text.startswith((b"bullmq:5.", b"bullmq:6.")),
    )


def _split(base: bytes, prefixes: Sequence[str] | None, server: str = "", *, modern: bool) -> QueueRef | None:
    """Which queue the keys `base:*` belong to, None for one that is not asked for.

    Under any prefix the last colon divides, as names have none since BullMQ 5; older names may, so these are divided
    after the usual prefix where they have it.
    """
    if _RELAY in base:
        return None
    text = exact(base)
    if prefixes is not None:
        for prefix in sorted(prefixes, key=len, reverse=True):
            if text.startswith(f"{prefix}:") and len(text) > len(prefix) + 1:
                return QueueRef(prefix, text[len(prefix) + 1 :], server)
        return None
    if not modern and text.startswith(f"{DEFAULT_PREFIX}:"):
        return QueueRef(DEFAULT_PREFIX, text[len(DEFAULT_PREFIX) + 1 :], server)
    prefix, colon, name = text.rpartition(":")
    return QueueRef(prefix, name, server) if colon and name and prefix else None


class Discovery:
    """One search. `prefixes` None means any."""

    def __init__(self, calls: Calls, prefixes: Sequence[str] | None) -> None:
        self._calls = calls
        self._prefixes = prefixes
        self._looked_at: set[bytes] = set()
        self._queues: dict[bytes, QueueRef] = {}
        self._weak: dict[bytes, tuple[QueueRef, _Evidence]] = {}
        self._refused: NotAllowedError | None = None
        self.scanned = 0

    async def run(self) -> AsyncIterator[Discovered]:
        """Yields queues as they are found; in the last step those that are sure only once all others are known, and,
        when none was found under the prefixes, which prefixes have some."""
        fresh = await self._look_at(await self._registered())
        if fresh:
            yield Discovered(fresh, 0)
        async for bases in self._candidates():
            fresh = await self._look_at(bases)
            yield Discovered(fresh, self.scanned)
        last = self._sure_of_the_weak()
        if not self._queues and self._refused is not None and self._prefixes is not None:
            raise self._refused
        others: tuple[str, ...] = ()
        if not self._queues and self._prefixes is not None:
            async for step in Discovery(self._calls, None).run():
                others = (*others, *(ref.prefix for ref in step.refs))
        problem = self._refused.message if self._refused is not None and self._prefixes is not None else ""
        yield Discovered(last, self.scanned, tuple(sorted(set(others) - set(self._prefixes or ()))), problem)

    async def _candidates(self) -> AsyncIterator[set[bytes]]:
        pattern = b"*:" + _PATTERN
        if self._prefixes is not None and len(self._prefixes) == 1:
            pattern = glob_literal(to_bytes(self._prefixes[0])) + b":" + pattern
        bases: set[bytes] = set()
        calls = before = 0
        spaces = [(space, await self._size(space)) for space in await self._calls.spaces()]
        for space, size in spaces:
            cursor: Raw = 0
            done = False
            while not done:
                cursor, keys = await space.execute("SCAN", cursor, "MATCH", pattern, "COUNT", SCAN_COUNT)
                calls += 1
                # A call may look at more keys than it is asked to: how many in all is sure at the end.
                done = int(cursor) == 0
                self.scanned = min(self.scanned + SCAN_COUNT, sys.maxsize if size is None else before + size)
                if done and size is not None:
                    self.scanned = before = before + size
                elif done:
                    before = self.scanned
                for key in keys:
                    base, colon, suffix = key.rpartition(b":")
                    if colon and suffix in _TYPES and base not in self._looked_at:
                        bases.add(base)
                if bases and (calls <= 2 or calls % VERIFY_EVERY == 0):
                    yield bases
                    bases = set()
        yield bases

    async def _size(self, space: Calls) -> int | None:
        """How many keys there are, None where that is not told."""
        try:
            return int(await space.execute("DBSIZE"))
        except NotAllowedError:
            return None

    async def _registered(self) -> set[bytes]:
        """Queues named in the registry, where there is one: whole keys, so they are looked at like any other."""
        try:
            members = await self._calls.pipeline([("ZRANGE", REGISTRY, 0, 9_999)])
        except NotAllowedError:  # a user of one prefix; what is missed here is found by the search
            return set()
        return set(members[0]) if isinstance(members[0], list) else set()

    async def _look_at(self, bases: set[bytes]) -> tuple[QueueRef, ...]:
        wanted = sorted(base for base in bases - self._looked_at if _split(base, self._prefixes, modern=False))
        self._looked_at |= bases
        fresh: list[QueueRef] = []
        for base, row in await self._replies(wanted):
            evidence = _weigh(row)
            ref = _split(base, self._prefixes, self._calls.label, modern=evidence.modern)
            if ref is None or not evidence.speaks_for_queue(prefix_known=self._prefixes is not None):
                continue
            if evidence.library or evidence.paused:
                self._queues[base] = ref
                fresh.append(ref)
            else:
                self._weak[base] = ref, evidence
        return tuple(fresh)

    async def _replies(self, bases: Sequence[bytes]) -> list[tuple[bytes, Sequence[Raw]]]:
        """What lies under each base. Those that the user has no right to are left out: one of them refuses the whole
        call, so the call is halved until they are known."""
        if not bases:
            return []
        try:
            rows = await self._calls.batch([base + b":" for base in bases], _VERIFY)
        except NotAllowedError as error:
            self._refused = error
            half = len(bases) // 2
            return [*await self._replies(bases[:half]), *await self._replies(bases[half:])] if half else []
        return list(zip(bases, rows, strict=True))

    def _sure_of_the_weak(self) -> tuple[QueueRef, ...]:
        """Of the candidates without a `meta`, those that are no part of another queue: a deduplication key `de:id` is
        a counter by name and type. Lists and sets are a queue's own, and names of old libraries have colons."""
        sure: list[QueueRef] = []
        for base, (ref, evidence) in sorted(self._weak.items()):
            inside = base.endswith(_INNER) or any(parent in self._queues for parent in _parents(base))
            if inside and (not evidence.collection or _GROUPS in base + b":"):
                continue
            self._queues[base] = ref
            sure.append(ref)
        return tuple(sure)


def _parents(base: bytes) -> list[bytes]:
    parts = base.split(b":")
    return [b":".join(parts[:end]) for end in range(1, len(parts))]
