"""What came of an action: how many were done, skipped and why, or why not at all."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bulltui.domain.errors import BulltuiError, ExitCode


class Reason(StrEnum):
    """Why one job, queue or scheduler was left as it was. The values are stable words for scripts."""

    MISSING = "missing"
    LOCKED = "locked"
    SCHEDULER = "scheduler-owned"
    STATE = "wrong-state"
    CHANGED = "changed"
    EXISTS = "exists"
    CHILDREN = "children"
    PARENT = "parent"
    PRIORITY = "priority"
    ACTIVE = "active"
    ALREADY = "already"
    LAYOUT = "layout"
    UNDUE = "undue"
    LARGE = "large"
    FOREIGN = "foreign"
    ROLE = "role"
    ELSEWHERE = "elsewhere"
    REDACTED = "redacted"

    @property
    def sentence(self) -> str:
        """What it means, after "skipped:"."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.MISSING: "not there any more",
    Reason.LOCKED: "a worker runs it",
    Reason.SCHEDULER: "the next run of a scheduler, which would stop without it",
    Reason.STATE: "not in that state any more",
    Reason.CHANGED: "changed meanwhile",
    Reason.EXISTS: "another one has its id now",
    Reason.CHILDREN: "its children wait, run or have failed, and are in the way",
    Reason.PARENT: "its parent is gone",
    Reason.PRIORITY: "has a priority, which is kept in another way in BullMQ 3",
    Reason.ACTIVE: "jobs are active",
    Reason.ALREADY: "is so already",
    Reason.LAYOUT: "its layout is not known well enough",
    Reason.UNDUE: "not old enough",
    Reason.LARGE: "too deep in a very long list, or too much in one piece",
    Reason.FOREIGN: "its key is of another program",
    Reason.ELSEWHERE: "its parent or a child lies in another slot of the Cluster, over which no change goes",
    Reason.ROLE: "in, or with children in, a queue that the role does nothing to",
    Reason.REDACTED: "its data were not kept in full, since `redact` forbids it",
}

EXAMPLES = 5
"""How many ids are kept as examples of each reason."""


@dataclass(slots=True)
class Tally:
    """Counts while an action runs. `unsure` are those whose answer was lost: done or not, nobody knows."""

    done: int = 0
    skipped: Counter[Reason] = field(default_factory=Counter)
    examples: dict[Reason, list[str]] = field(default_factory=dict)
    unsure: int = 0

    def skip(self, reason: Reason, name: str) -> None:
        """One more was left as it was."""
        self.skipped[reason] += 1
        kept = self.examples.setdefault(reason, [])
        if len(kept) < EXAMPLES:
            kept.append(name)

    @property
    def handled(self) -> int:
        """How many have been dealt with."""
        return self.done + self.skipped.total() + self.unsure


class Kind(StrEnum):
    """How an action ended."""

    DONE = "done"
    PARTLY = "partly"
    REFUSED = "refused"  # nothing was changed, for the reasons of its items
    FAILED = "failed"
    NOTHING = "nothing"  # there was nothing to do


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an action ended. `error` is what stopped it; `cancelled` whether a person did. `undo` is the number of the
    journal's entry that can bring it back, `further_undos` are those of the other servers of an action on several.
    `made` are ids of jobs that it made. `elapsed_s` in seconds. `spared` are the reasons that are part of what was
    asked for: what was skipped for one of them leaves nothing undone."""

    verb: str
    done: int = 0
    skipped: Mapping[Reason, int] = field(default_factory=dict)
    examples: Mapping[Reason, tuple[str, ...]] = field(default_factory=dict)
    unsure: int = 0
    left: int = 0  # not come to, since it was stopped
    error: BulltuiError | None = None
    cancelled: bool = False
    undo: int | None = None
    made: tuple[str, ...] = ()
    elapsed_s: float = 0.0
    spared: frozenset[Reason] = frozenset()
    further_undos: tuple[int, ...] = ()

    @property
    def undos(self) -> tuple[int, ...]:
        """All numbers that can bring it back."""
        return self.further_undos if self.undo is None else (self.undo, *self.further_undos)

    @property
    def kind(self) -> Kind:
        """How it ended, in one word."""
        missed = set(self.skipped) - self.spared
        if not (missed or self.unsure or self.left or self.error or self.cancelled):
            return Kind.DONE if self.done or self.skipped else Kind.NOTHING
        if self.done or self.unsure:
            return Kind.PARTLY
        return Kind.REFUSED if missed and self.error is None else Kind.FAILED

    @property
    def exit_code(self) -> ExitCode:
        """The code of the command line (docs/architecture.md, section 3)."""
        if self.kind in (Kind.DONE, Kind.NOTHING):
            return ExitCode.DONE
        if self.kind is Kind.PARTLY:
            return ExitCode.PARTLY
        if self.error is not None:
            return self.error.exit_code
        if set(self.skipped) == {Reason.MISSING}:
            return ExitCode.NOT_FOUND
        return ExitCode.NOT_ALLOWED if set(self.skipped) == {Reason.LAYOUT} else ExitCode.FAILED


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an action is. `total` is None while it is not known; `step` names what is done now, e.g. "saving".
    Of the `handled` so many were handled `before`, by a run that this one goes on with."""

    handled: int = 0
    done: int = 0
    skipped: int = 0
    total: int | None = None
    elapsed_s: float = 0.0
    step: str = ""
    before: int = 0

    @property
    def rate(self) -> float:
        """Items a second so far, in this run."""
        return (self.handled - self.before) / self.elapsed_s if self.elapsed_s > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action would do, for a person to decide on.

    `title` names action and target, `count` is how many it is about as far as known, `lines` say the effect and what
    stays, `warnings` what to think of before; `undoable` whether it can be taken back; `type_name` is what must be
    typed to confirm, empty where a yes is enough.
    """

    title: str
    count: int | None = None
    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    undoable: bool = False
    type_name: str = ""
    samples: tuple[str, ...] = ()
