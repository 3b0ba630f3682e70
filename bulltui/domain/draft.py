"""An explanation while it is put together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from bulltui.domain.flow import JobRef
from bulltui.domain.human import ago, clock
from bulltui.domain.layout import Layout
from bulltui.domain.why import Cause, Related, Why

T = TypeVar("T")


@dataclass
class Draft:
    """See Why. The verdict is given without its full stop."""

    verdict: str
    causes: list[Cause]
    evidence: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    sure: bool = True
    related: list[Related] = field(default_factory=list)

    def tell(self, *lines: str) -> None:
        """Adds evidence; an empty line is none."""
        self.evidence += filter(None, lines)

    def advise(self, *lines: str) -> None:
        """Adds steps."""
        self.steps += filter(None, lines)

    def name(self, role: str, job: JobRef) -> None:
        """Names another job."""
        self.related.append(Related(role, job))

    def why(self, may_be: tuple[Layout, ...] = ()) -> Why:
        """What came of it, on a queue of one of these layouts."""
        if may_be == (Layout.BULL,) and self.steps:
            self.steps = ["Use Bull's own tools: its queues can be looked at here, not changed."]
        return Why(
            f"{self.verdict}.",
            _once(self.causes),
            _once(self.evidence),
            _once(self.steps),
            sure=self.sure,
            related=_once(self.related),
        )


def _once(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


def when(at_ms: int, now_ms: int) -> str:
    """A time as evidence gives it: `2026-11-25 13:37:02, 4m 12s ago`."""
    return f"{clock(at_ms)}, {past(at_ms, now_ms)}"


def past(at_ms: int, now_ms: int) -> str:
    """How long ago something was. Workers write times by their own clocks, which may be a little ahead."""
    return ago(max(0, now_ms - at_ms))


def listed(words: Iterable[str]) -> str:
    """`one`, `one and two`, `one, two and three`."""
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last
