"""Which node of a Cluster holds which slot, as CLUSTER SLOTS tells it, and where a key lies."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.crc import key_slot

from bulltui.domain.text import exact

Where = tuple[str, int]
"""Host and port of a node."""

_OWN = ("", "?")
"""What a node says in place of a host that it does not know: clients stay with that by which they reached it."""


@dataclass(frozen=True, slots=True)
class Range:
    """Slots in a row, who holds them, and who follows."""

    first: int
    last: int
    primary: Where
    replicas: tuple[Where, ...] = ()


class SlotMap:
    """All slots as one node told them. Slots that nobody serves are left out."""

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self.ranges = sorted(ranges, key=lambda one: one.first)
        self._starts = [one.first for one in self.ranges]

    def at(self, slot: int) -> Range | None:
        """The range of a slot, None where nobody serves it."""
        place = bisect_right(self._starts, slot) - 1
        return self.ranges[place] if place >= 0 and slot <= self.ranges[place].last else None

    @property
    def primaries(self) -> list[Where]:
        """Each primary once, in the order of their slots."""
        return list(dict.fromkeys(one.primary for one in self.ranges))

    @property
    def replicas(self) -> dict[Where, Where]:
        """Each replica, and the primary that it follows."""
        return {replica: one.primary for one in self.ranges for replica in one.replicas}

    def slots_of(self, primary: Where) -> int:
        """How many slots a primary holds."""
        return sum(one.last - one.first + 1 for one in self.ranges if one.primary == primary)


def spelt(place: Where) -> str:
    """`host:port`."""
    host = f"[{place[0]}]" if ":" in place[0] else place[0]
    return f"{host}:{place[1]}"


def slot_of(key: bytes) -> int:
    """The slot in which a key lies."""
    return int(key_slot(key))


def is_tagged(start: bytes) -> bool:
    """Whether all keys that begin so lie in one slot: by a hash tag, what is between the first `{` and the next `}`."""
    opened = start.find(b"{")
    return opened >= 0 and start.find(b"}", opened + 1) > opened + 1


def read_slots(reply: Any, asked: Where) -> SlotMap:
    """The answer to CLUSTER SLOTS of the node reached at `asked`. Raises ValueError for what is none."""
    try:
        return SlotMap(Range(int(row[0]), int(row[1]), *_nodes(row[2:], asked)) for row in reply)
    except (TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
        raise ValueError("an answer to CLUSTER SLOTS that cannot be read") from error


def _nodes(rows: Sequence[Any], asked: Where) -> tuple[Where, tuple[Where, ...]]:
    primary, *replicas = (where(row, asked) for row in rows)
    return primary, tuple(one for one in replicas if one[0])


def where(row: Sequence[Any], asked: Where) -> Where:
    """Where a node is to be reached: by its announced address or name; by its IP where it has no name though names are
    preferred; by the host by which we reached the one that told it where it knows none."""
    host = exact(row[0]) if isinstance(row[0], bytes) else str(row[0] or "")
    if host == "?":
        host = _told_besides(row[3] if len(row) > 3 else ()).get("ip", "")
    return (asked[0] if host in _OWN else host), int(row[1])


def _told_besides(told: Any) -> dict[str, str]:
    pairs = told.items() if isinstance(told, dict) else zip(told[::2], told[1::2], strict=False)
    return {exact(name): exact(value) for name, value in pairs if isinstance(name, bytes) and isinstance(value, bytes)}
