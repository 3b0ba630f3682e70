"""A query as a tree. What each part means for a job is decided in `matching`."""

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where a text is looked for, by the word before its colon. TEXT, without a word: name, data and error."""

    TEXT = "text"
    ID = "id"
    NAME = "name"
    STATE = "state"
    QUEUE = "queue"
    DATA = "data"
    ERROR = "error"
    RESULT = "result"
    OPTS = "opts"
    STACK = "stack"
    WORKER = "worker"
    PARENT = "parent"
    SCHEDULER = "scheduler"


class Op(StrEnum):
    """How values compare."""

    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    EQUAL = "="
    UNEQUAL = "!="


class Measure(StrEnum):
    """Numbers of a job: counts as they are, spans in ms, times as epoch ms, `size` (of the data) in bytes."""

    ATTEMPTS = "attempts"
    STALLED = "stalled"
    PRIORITY = "priority"
    DELAY = "delay"
    SIZE = "size"
    PROGRESS = "progress"
    RUN = "run"
    WAIT = "wait"
    ADDED = "added"
    STARTED = "started"
    FINISHED = "finished"
    COMPLETED = "completed"
    FAILED = "failed"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Contains:
    """A text within a place, or within what stands at a path of it; without regard to case unless `exact`."""

    place: Place
    text: str
    exact: bool = False
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Matches:
    """A regular expression found within a place, or within what stands at a path of it."""

    place: Place
    pattern: str
    ignore_case: bool = False
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Is:
    """A place that is one of these values as a whole (`state:failed,delayed`), without regard to case save for ids. In
    a value `*` stands for any text and `?` for any character, unless a backslash stands before it."""

    place: Place
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compares:
    """A number of a job against another one."""

    measure: Measure
    op: Op
    value: float


@dataclass(frozen=True, slots=True)
class Between:
    """A time of a job from `low` to `high` (epoch ms, both inclusive, None for open)."""

    measure: Measure
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Value:
    """What stands at a path of a JSON field (`data.user.id=42`), against a text or a number. `path` goes through
    objects by key and through arrays by index, or through all elements where a key stands for an index. None as `op`
    asks whether there is anything at all, in a place that holds plain text too."""

    place: Place
    path: tuple[str, ...]
    op: Op | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Not:
    """What does not hold."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts always."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    """Any part holds."""

    parts: "tuple[Node, ...]"


Node = Contains | Matches | Is | Compares | Between | Value | Not | All | Some
