"""What the parts of the screen tell each other."""

from dataclasses import dataclass

from textual.message import Message

from bulltui.domain.snapshot import Snapshot


@dataclass
class SnapshotReady(Message, bubble=False):
    """A new snapshot. A newer one takes the place of one that still waits."""

    snapshot: Snapshot

    def can_replace(self, message: Message) -> bool:
        """Whether `message` need not be handled any more."""
        return isinstance(message, SnapshotReady)
