"""An explanation while it is put together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from bulltui.domain.flow import JobRef
from bulltui.domain.human import ago, clock
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

    def why(self) -> Why:
        """What came of it."""
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
    return f"{clock(at_ms)}, {ago(now_ms - at_ms)}"


def listed(words: Iterable[str]) -> str:
    """`one`, `one and two`, `one, two and three`."""
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last
