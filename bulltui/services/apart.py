"""Going through several servers of which one may not answer, or refuse: the others are gone through all the same."""

from collections.abc import Iterable, Mapping

from bulltui.domain.errors import BulltuiError, NotFoundError, UsageError
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Link, Snapshot
from bulltui.domain.text import visible


class Apart:
    """Which servers of some queues are gone on without. `problems` gets a sentence for each of them."""

    def __init__(self, refs: Iterable[QueueRef], problems: list[str], away: Mapping[str, str]) -> None:
        self._left = {ref.server for ref in refs}
        self._problems = problems
        self.said: list[str] = []
        """The sentences of these servers alone."""
        for server, why in away.items():
            self._left_out(server, why)

    def goes_on(self, error: BulltuiError, server: str) -> bool:
        """Whether one goes on without this server after this error; not if it is the last one that is left, nor if the
        error is about what was asked for or about one queue."""
        if isinstance(error, UsageError | NotFoundError) or error.code == "wrong-type" or not self._left - {server}:
            return False
        if server in self._left:
            self._left.discard(server)
            self._left_out(server, error.message)
        return True

    def _left_out(self, server: str, why: str) -> None:
        self.said.append(f"{visible(server)} was not looked through: {visible(why)}")
        self._problems.append(self.said[-1])


def not_asked(
    snapshot: Snapshot, refs: Iterable[QueueRef], asked: Iterable[QueueRef], *, everywhere: bool
) -> dict[str, str]:
    """The servers that are meant, those of `refs` or all, of which no queue is asked although nobody knows how they
    stand now: they do not answer, or have not yet. With each the reason."""
    meant, known = {ref.server for ref in refs}, {ref.server for ref in asked}
    return {
        one.label: one.health.message or "it has not answered yet."
        for one in (snapshot.servers if len(snapshot.servers) > 1 else ())
        if (everywhere or one.label in meant) and one.label not in known
        if one.health.link is Link.OFFLINE or not one.taken_at
    }


def by_server(refs: Iterable[QueueRef]) -> dict[str, list[QueueRef]]:
    """The queues of each server, in their order."""
    found: dict[str, list[QueueRef]] = {}
    for ref in refs:
        found.setdefault(ref.server, []).append(ref)
    return found
