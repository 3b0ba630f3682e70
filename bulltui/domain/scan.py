"""What passes between a search and the store: where to look, what the server sorts out by itself, what it found."""

from dataclasses import dataclass
from enum import StrEnum

from bulltui.domain.fields import RawHash
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState

ID = "@id"
"""Stands for the job's id where a field of its hash is named."""

READABLE = 2 * 1024 * 1024
"""A field over this many bytes is not read in a scan, nor one that with others of its job comes to more: it counts as
`unread`, since it would hold up the server."""


class Kind(StrEnum):
    """How the server compares a field.

    HAS: its bytes contain `text`. FOLD: they contain `text`, ASCII letters of both lowered (`text` is lowered already).
    PATTERN: they match `text` as a Lua pattern. EQUAL: they are `text`. NUMBER: as a number (absent, or none: 0) they
    are `text`, an operator `<`, `<=`, `>`, `>=`, `=` or `!=` and a decimal number, e.g. `>=3`. PRESENT: it is there.
    """

    HAS = "has"
    FOLD = "fold"
    PATTERN = "pattern"
    EQUAL = "equal"
    NUMBER = "number"
    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Test:
    """Holds where any of `fields` (of the hash, or ID) compares so."""

    __test__ = False  # pytest takes the name for its own

    fields: tuple[str, ...]
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What a job must be like at least: of each clause any test holds. No clauses let all pass. What passes may still
    be no match; what does not pass is none."""

    clauses: tuple[tuple[Test, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Want:
    """A field to read of what passes, at most `cap` bytes: its start, or on `tail` its end."""

    name: str
    cap: int = READABLE
    tail: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """How far through a state one is, the newest first: behind `member`, in a sorted set of this `score`, with `left`
    entries still to be looked at. In a list these are counted from the end that workers take from, so that new ones do
    not move it, and `member` tells where that end moved. What moved may be met twice, never missed, save for jobs of a
    list that someone takes out of it and puts back in front meanwhile."""

    score: str = ""
    member: str = ""
    left: int = -1  # -1: at the start


@dataclass(frozen=True, slots=True)
class Probe:
    """One bounded look at a part of a state, the newest (latest finished, latest due) first. `low` and `high` bound the
    score, both inclusive, None for open; scores of `delayed` are due times * 4096. `wants` is what is read of those
    that pass. At most `limit` entries are looked at, fewer where the server's time is up."""

    ref: QueueRef
    state: JobState
    filter: Filter = Filter()
    wants: tuple[Want, ...] = ()
    low: float | None = None
    high: float | None = None
    spot: Spot = Spot()
    limit: int = 2_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job that passed the filter, with the fields that were wanted. `raw` is empty where there is no hash."""

    ref: QueueRef
    id: str
    state: JobState
    score: float | None
    raw: RawHash


@dataclass(frozen=True, slots=True)
class Look:
    """What a probe saw: how many entries were `examined`, how many there are in all between the bounds now, those that
    passed, where to go on (None at the end), and the ids of jobs with a field too large to be looked into."""

    examined: int
    total: int
    found: tuple[Candidate, ...]
    spot: Spot | None
    unread: tuple[str, ...] = ()
