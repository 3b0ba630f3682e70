"""Pages where scripts are not allowed: the same reads by pipelines, not at one instant."""

from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain.errors import BulltuiError
from bulltui.domain.job import LIST_FIELDS
from bulltui.domain.queue import QueueRef
from bulltui.domain.reads import Anchor
from bulltui.domain.states import LISTS, SUFFIX, JobState
from bulltui.domain.text import exact, to_bytes, visible
from bulltui.store import keys
from bulltui.store.calls import Calls, Raw, Refused
from bulltui.store.hashes import READABLE_PLAIN

NO_HASH, FOREIGN = 0, 2
"""What a row says of its job's key: nothing there, or no hash."""

Part = tuple[int, int, Sequence[Sequence[Raw]]]
"""How many jobs in all, the index of the first row, and the rows as page.lua answers them."""

_Entries = list[tuple[Raw, Raw]]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which jobs are asked for; see `JobReader.page`."""

    ref: QueueRef
    state: JobState
    start: int
    limit: int
    oldest_first: bool = False
    anchor: Anchor | None = None

    @property
    def key(self) -> bytes:
        """The key of the state's list or sorted set."""
        return keys.key(self.ref, SUFFIX[self.state])


def wrong_type(asked: PageRequest) -> BulltuiError:
    """The state's key holds something else."""
    kind = "list" if asked.state in LISTS else "sorted set"
    return BulltuiError(
        f"The key {visible(exact(asked.key))} is no {kind}: another program wrote it.",
        hint="Its jobs cannot be listed; `TYPE` of the key tells what it is.",
        code="wrong-type",
    )


async def plain_part(calls: Calls, asked: PageRequest) -> Part:
    """A part of a page."""
    read = _list_entries if asked.state in LISTS else _set_entries
    total, start, entries = await read(calls, asked)
    if isinstance(total, Refused):
        raise wrong_type(asked)
    return total, start, await _rows(calls, asked, entries)


def _moved(start: int, anchor: Anchor | None, index: int | None) -> int:
    if anchor is not None and index is not None:
        start += index - anchor.index
    return max(0, start)


def is_marker(entry: Raw) -> bool:
    """Whether an entry of a list is no job but a marker of BullMQ 3 and 4."""
    return isinstance(entry, bytes) and entry.startswith(b"0:")


# As page.lua has them: up to which index an anchor is looked for from its end of the list, and how far around it.
_NEAR, _AHEAD, _BEHIND = 3_000, 4_500, 500


async def _list_entries(calls: Calls, asked: PageRequest) -> tuple[Raw, int, _Entries]:
    name, oldest, limit = asked.key, asked.oldest_first, asked.limit
    length, head, tail = await calls.pipeline([("LLEN", name), ("LINDEX", name, 0), ("LINDEX", name, -1)])
    if isinstance(length, Refused):
        return length, 0, []
    low = 1 if is_marker(head) else 0
    high = length - 1
    if high > low and is_marker(tail):
        high -= 1
    index = await _find_anchor(calls, asked, low, high) if asked.anchor else None
    if index is not None:
        index = high - index if oldest else index - low
    start = _moved(asked.start, asked.anchor, index)
    total = max(0, high - low + 1)
    if start >= total or limit <= 0:
        return total, start, []
    first, last = (
        (max(low, high - start - limit + 1), high - start) if oldest else (low + start, low + start + limit - 1)
    )
    (entries,) = await calls.pipeline([("LRANGE", name, first, min(last, high))])
    ids = entries if isinstance(entries, list) else []
    return total, start, [(entry, None) for entry in (reversed(ids) if oldest else ids)]


async def _find_anchor(calls: Calls, asked: PageRequest, low: int, high: int) -> int | None:
    """Where in the list the anchor is now; see page.lua."""
    anchor, oldest = asked.anchor, asked.oldest_first
    if anchor is None:
        return None
    wanted = to_bytes(anchor.id)
    if anchor.index <= _NEAR:
        rank = -1 if oldest else 1
        reach = anchor.index + _AHEAD
        question = ("LPOS", asked.key, wanted, "RANK", rank, "MAXLEN", reach)
        (found,) = await calls.pipeline([question], may_lack=("LPOS",))
        return found if isinstance(found, int) else None
    at = high - anchor.index if oldest else low + anchor.index
    first = max(0, at - _BEHIND)
    (entries,) = await calls.pipeline([("LRANGE", asked.key, first, max(0, at + _AHEAD))])
    return first + entries.index(wanted) if isinstance(entries, list) and wanted in entries else None


async def _set_entries(calls: Calls, asked: PageRequest) -> tuple[Raw, int, _Entries]:
    name, oldest, limit, anchor = asked.key, asked.oldest_first, asked.limit, asked.anchor
    questions: list[tuple[bytes | str | int, ...]] = [("ZCARD", name)]
    if anchor:
        questions.append(("ZRANK" if oldest else "ZREVRANK", name, to_bytes(anchor.id)))
    total, *found = await calls.pipeline(questions)
    if isinstance(total, Refused):
        return total, 0, []
    start = _moved(asked.start, anchor, found[0] if found and isinstance(found[0], int) else None)
    if limit <= 0:
        return total, start, []
    verb = "ZRANGE" if oldest else "ZREVRANGE"
    (entries,) = await calls.pipeline([(verb, name, start, start + limit - 1, "WITHSCORES")])
    if isinstance(entries, Refused):
        return entries, 0, []
    if entries and isinstance(entries[0], list):  # RESP3
        return total, start, [(member, score) for member, score in entries]
    return total, start, list(zip(entries[::2], entries[1::2], strict=True))


async def _rows(calls: Calls, asked: PageRequest, entries: _Entries) -> list[list[Raw]]:
    locks = asked.state is JobState.ACTIVE
    jobs = [keys.base(asked.ref) + entry for entry, _ in entries]
    sizes = await calls.batch(
        jobs, (("EXISTS", ""), ("PTTL", ":lock"), *(("HSTRLEN", "", name) for name, _ in LIST_FIELDS))
    )
    wanted = [[name for (name, _), size in zip(LIST_FIELDS, row[2:], strict=True) if _readable(size)] for row in sizes]
    values = await calls.pipeline([("HMGET", key, *names) for key, names in zip(jobs, wanted, strict=True) if names])
    found = iter(values)
    rows: list[list[Raw]] = []
    for (entry, score), row, names in zip(entries, sizes, wanted, strict=True):
        exists, ttl, *lengths = row
        foreign = any(isinstance(length, Refused) for length in lengths)
        read = next(found) if names else []
        # Between the two trips a key may have become another's.
        answers = dict(zip(names, read, strict=True)) if isinstance(read, list) else {}
        out: list[Raw] = [entry, score, FOREIGN if foreign else exists, ttl if locks else -2]
        for (name, cap), length in zip(LIST_FIELDS, lengths, strict=True):
            out += (0 if foreign else length, (answers.get(name) or b"")[:cap])
        rows.append(out)
    return rows


def _readable(size: Raw) -> bool:
    return isinstance(size, int) and 0 < size <= READABLE_PLAIN
