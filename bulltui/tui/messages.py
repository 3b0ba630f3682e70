"""What the parts of the screen tell each other."""

from dataclasses import dataclass

from textual.message import Message

from bulltui.domain.outcome import Outcome
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.services.request import Request


@dataclass
class SnapshotReady(Message, bubble=False):
    """A new snapshot. A newer one takes the place of one that still waits."""

    snapshot: Snapshot

    def can_replace(self, message: Message) -> bool:
        """Whether `message` need not be handled any more."""
        return isinstance(message, SnapshotReady)


@dataclass
class Acted(Message, bubble=False):
    """An action ended: what is shown of its target may be out of date."""

    request: Request
    outcome: Outcome


@dataclass
class QueueChosen(Message):
    """Someone wants to see the jobs of this queue on the main screen."""

    ref: QueueRef
