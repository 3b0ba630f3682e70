"""Going through several servers of which one may stop to answer: what is left is gone through all the same."""

from collections.abc import Iterable

from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import visible


class Apart:
    """Which servers of some queues are gone on without. `problems` gets a sentence for each of them."""

    def __init__(self, refs: Iterable[QueueRef], problems: list[str]) -> None:
        self._left = {ref.server for ref in refs}
        self._problems = problems

    def goes_on(self, error: BulltuiError, server: str) -> bool:
        """Whether one goes on without this server after this error; not if it is the last one that is left."""
        if not isinstance(error, UnreachableError) or not self._left - {server}:
            return False
        if server in self._left:
            self._left.discard(server)
            self._problems.append(f"{visible(server)} was not looked through: {error.message}")
        return True


def by_server(refs: Iterable[QueueRef]) -> dict[str, list[QueueRef]]:
    """The queues of each server, in their order."""
    found: dict[str, list[QueueRef]] = {}
    for ref in refs:
        found.setdefault(ref.server, []).append(ref)
    return found
