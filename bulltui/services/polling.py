"""What is asked of whoever polls, one server or several."""

from collections.abc import Iterable
from typing import Protocol

from bulltui.domain.queue import QueueRef
from bulltui.domain.worker import Worker


class Polling(Protocol):
    """A poller, of one server or of several."""

    visible: tuple[QueueRef, ...]
    """The queues on screen, which are read first."""

    def refresh_now(self, *, discover: bool = False) -> None:
        """Asks for a refresh at once, and for a new search for queues on `discover`."""

    def changed(self, refs: Iterable[QueueRef]) -> None:
        """An action has changed these queues."""

    def workers_of(self, ref: QueueRef | None = None) -> tuple[Worker, ...]:
        """The workers last seen of a queue, or of all."""

    async def run(self) -> None:
        """Polls until cancelled."""
