"""What a report is about: which servers and which of their queues."""

from dataclasses import dataclass, field

from bulltui.domain.match import selected
from bulltui.domain.queue import QueueRef


@dataclass(frozen=True, slots=True)
class Place:
    """A server that the report is about: its label, empty where it is the only one, its address as the audit has it,
    and which of its queues: under these prefixes (None: any), of these globs."""

    label: str
    address: str
    prefixes: tuple[str, ...] | None = None
    globs: tuple[str, ...] = ()

    def has(self, ref: QueueRef) -> bool:
        """Whether it is about the queue."""
        return (
            ref.server == self.label
            and (self.prefixes is None or ref.prefix in self.prefixes)
            and selected(ref, self.globs)
        )


@dataclass
class Told:
    """Sentences about what should be there and is `missing`, and `notes` on how far what is there goes, in their
    order."""

    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
