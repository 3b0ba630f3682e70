"""Pages where scripts are not allowed: the same reads by pipelines, not at one instant."""

from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.reads import Anchor
from bulltui.domain.states import LISTS, SUFFIX, JobState
from bulltui.domain.text import exact, to_bytes, visible
from bulltui.store import keys
from bulltui.store.calls import Calls, Raw, Refused
from bulltui.store.hashes import LIST_FIELDS, READABLE

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


def _is_marker(entry: Raw) -> bool:
    return isinstance(entry, bytes) and entry.startswith(b"0:")


async def _list_entries(calls: Calls, asked: PageRequest) -> tuple[Raw, int, _Entries]:
    name, oldest, limit, anchor = asked.key, asked.oldest_first, asked.limit, asked.anchor
    questions: list[tuple[bytes | str | int, ...]] = [("LLEN", name), ("LINDEX", name, 0), ("LINDEX", name, -1)]
    if anchor:
        rank = -1 if oldest else 1
        questions.append(("LPOS", name, to_bytes(anchor.id), "RANK", rank, "MAXLEN", anchor.index + 2000))
    length, head, tail, *found = await calls.pipeline(questions)
    if isinstance(length, Refused):
        return length, 0, []
    low = 1 if _is_marker(head) else 0
    high = length - 1
    if high > low and _is_marker(tail):
        high -= 1
    index = found[0] if found and isinstance(found[0], int) else None
    if index is not None:
        index = high - index if oldest else index - low
    start = _moved(asked.start, anchor, index)
    total = max(0, high - low + 1)
    if start >= total:
        return total, start, []
    first, last = (
        (max(low, high - start - limit + 1), high - start) if oldest else (low + start, low + start + limit - 1)
    )
    (entries,) = await calls.pipeline([("LRANGE", name, first, min(last, high))])
    ids = [entry for entry in (reversed(entries) if oldest else entries) if not _is_marker(entry)]
    return total, start, [(entry, None) for entry in ids]


async def _set_entries(calls: Calls, asked: PageRequest) -> tuple[Raw, int, _Entries]:
    name, oldest, limit, anchor = asked.key, asked.oldest_first, asked.limit, asked.anchor
    questions: list[tuple[bytes | str | int, ...]] = [("ZCARD", name)]
    if anchor:
        questions.append(("ZRANK" if oldest else "ZREVRANK", name, to_bytes(anchor.id)))
    total, *found = await calls.pipeline(questions)
    if isinstance(total, Refused):
        return total, 0, []
    start = _moved(asked.start, anchor, found[0] if found and isinstance(found[0], int) else None)
    verb = "ZRANGE" if oldest else "ZREVRANGE"
    (entries,) = await calls.pipeline([(verb, name, start, start + limit - 1, "WITHSCORES")])
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
        answers = dict(zip(names, next(found), strict=True)) if names else {}
        out: list[Raw] = [entry, score, FOREIGN if foreign else exists, ttl if locks else -2]
        for (name, cap), length in zip(LIST_FIELDS, lengths, strict=True):
            out += (0 if foreign else length, (answers.get(name) or b"")[:cap])
        rows.append(out)
    return rows


def _readable(size: Raw) -> bool:
    return isinstance(size, int) and 0 < size <= READABLE
