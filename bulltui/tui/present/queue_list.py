"""Which queues the list shows, in which order and groups."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce

from bulltui.domain.queue import Counts, QueueRef
from bulltui.domain.queue_filter import STATUSES, QueueFilter
from bulltui.domain.snapshot import Link, QueueRow, Snapshot

DELIMITERS = ":/.-_"
FILTER_HINT = f"part of a name, its letters in order, glob*, !without; is: or !is: with {', '.join(STATUSES)}"
"""What can be typed to filter the list."""
SERVER_HINT = f"server: or !server: with a label; {FILTER_HINT}"
"""The same where several servers are shown."""


class SortBy(StrEnum):
    """What the list is sorted by, the worst or largest first; names from A on."""

    FAILED = "failed"
    WAITING = "waiting"
    ACTIVE = "active"
    DELAYED = "delayed"
    RATE = "out/min"
    NAME = "name"

    @property
    def next(self) -> "SortBy":
        """The one that comes after it."""
        kinds = tuple(SortBy)
        return kinds[(kinds.index(self) + 1) % len(kinds)]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How a person wants the list. `open_groups` are those whose queues are shown."""

    sort: SortBy = SortBy.FAILED
    filter: QueueFilter = QueueFilter()
    grouped: bool = False
    open_groups: frozenset[str] = frozenset()

    def toggled(self, group: str) -> "Arrangement":
        """With the group opened or folded."""
        return replace(self, open_groups=self.open_groups ^ {group})


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A queue in the list. `indent` is 1 in a group."""

    row: QueueRow
    title: str
    indent: int = 0

    @property
    def key(self) -> QueueRef:
        """What stays the same of it over refreshes."""
        return self.row.ref


@dataclass(frozen=True, slots=True)
class GroupItem:
    """Several queues as one: the sums of their numbers."""

    title: str
    refs: tuple[QueueRef, ...]
    folded: bool
    counts: Counts
    added: float | None
    finished: float | None
    trend: tuple[float, ...]
    paused: int
    idle: int

    @property
    def key(self) -> str:
        """What stays the same of it over refreshes."""
        return self.title

    @property
    def size(self) -> int:
        """How many queues it has."""
        return len(self.refs)


Item = QueueItem | GroupItem


def titles(rows: Sequence[QueueRow]) -> list[str]:
    """The names of the queues; with the prefix before them when there is more than one prefix, and before that the
    server when there are several."""
    several = len({row.ref.prefix for row in rows}) > 1
    names = [row.ref.key if several else row.ref.name for row in rows]
    return [f"{row.ref.server}/{name}" if row.ref.server else name for row, name in zip(rows, names, strict=True)]


def away_since(snapshot: Snapshot) -> dict[str, int]:
    """The labels of the servers that do not answer, and when each was last read (epoch ms)."""
    return {one.label: one.taken_at for one in snapshot.servers if one.health.link is Link.OFFLINE}


def waiting(counts: Counts) -> int:
    """Jobs that could run now: waiting, prioritized, and those set aside by a pause."""
    return counts.ready


def lacks_worker(row: QueueRow) -> bool:
    """Whether jobs wait or run and nobody is connected to do them."""
    return row.lacks_worker


_WORTH: dict[SortBy, Callable[[QueueRow], float]] = {
    SortBy.FAILED: lambda row: row.queue.counts.failed,
    SortBy.WAITING: lambda row: waiting(row.queue.counts),
    SortBy.ACTIVE: lambda row: row.queue.counts.active,
    SortBy.DELAYED: lambda row: row.queue.counts.delayed,
    SortBy.RATE: lambda row: row.rates.finished or 0.0,
    SortBy.NAME: lambda row: 0,
}


def arrange(rows: Sequence[QueueRow], how: Arrangement) -> tuple[Item, ...]:
    """The lines of the list; while names are filtered, those that fit best come first."""
    names = titles(rows)
    worth = _WORTH[how.sort]
    ranks = {place: how.filter.rank(rows[place], names[place]) or 0 for place in how.filter.chosen(rows, names)}
    places = sorted(ranks, key=lambda place: (ranks[place], -worth(rows[place]), names[place]))
    items = [QueueItem(rows[place], names[place]) for place in places]
    return _grouped(items, how) if how.grouped else tuple(items)


def delimiter(names: Sequence[str]) -> str:
    """The sign that parts most names into groups of at least two; empty when none does."""
    best, most = "", 0
    for sign in DELIMITERS:
        heads = Counter(name.split(sign, 1)[0] for name in names if sign in name.strip(sign))
        grouped = sum(size for size in heads.values() if size > 1)
        if grouped > most:
            best, most = sign, grouped
    return best


def _grouped(items: Sequence[QueueItem], how: Arrangement) -> tuple[Item, ...]:
    """Groups stand where their first queue would; a queue alone in its group stands by itself."""
    sign = delimiter([item.title for item in items])
    if not sign:
        return tuple(items)
    groups: dict[str, list[QueueItem]] = {}
    for item in items:
        head, found, _ = item.title.partition(sign)
        groups.setdefault(head + found if head else item.title, []).append(item)
    # A queue named as the group (`mail` beside `mail:bulk`) belongs to it.
    for head in [head for head in groups if head + sign in groups]:
        groups[head + sign] += groups.pop(head)
    lines: list[tuple[tuple[float, str], list[Item]]] = []
    worth = _WORTH[how.sort]
    for head, members in groups.items():
        rank = (-sum(worth(item.row) for item in members), head)
        if len(members) == 1:
            lines.append((rank, [members[0]]))
            continue
        # While filtering one wants to see what was found.
        is_open = head in how.open_groups or bool(how.filter)
        group = _sum(head, members, folded=not is_open)
        lines.append((rank, [group, *(replace(item, indent=1) for item in members if is_open)]))
    lines.sort(key=lambda line: line[0])
    return tuple(item for _, block in lines for item in block)


def _sum(title: str, members: Sequence[QueueItem], *, folded: bool) -> GroupItem:
    rows = [item.row for item in members]
    return GroupItem(
        title=title,
        refs=tuple(row.ref for row in rows),
        folded=folded,
        counts=reduce(Counts.__add__, (row.queue.counts for row in rows)),
        added=_known_sum(row.rates.added for row in rows),
        finished=_known_sum(row.rates.finished for row in rows),
        trend=_sum_trends([row.trend for row in rows if row.trend]),
        paused=sum(row.queue.paused for row in rows),
        idle=sum(lacks_worker(row) for row in rows),
    )


def _known_sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _sum_trends(trends: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """Added up from the newest point back, as far as the longest goes."""
    longest = max(map(len, trends), default=0)
    padded = [(0.0,) * (longest - len(trend)) + trend for trend in trends]
    return tuple(map(sum, zip(*padded, strict=True)))
