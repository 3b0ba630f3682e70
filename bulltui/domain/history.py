"""What is written down of actions: what was meant, for the audit, and what can be brought back, for the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bulltui.domain.outcome import Outcome


class JournalFullError(Exception):
    """What would be destroyed is more than the journal may hold. `limit` and `needed` (0: not known) in bytes."""

    def __init__(self, limit: int, needed: int = 0) -> None:
        super().__init__(limit, needed)
        self.limit = limit
        self.needed = needed


@dataclass(frozen=True, slots=True)
class Intent:
    """An action about to be done, as the audit says it. `details` are its options without payloads, `count` how many it
    is about as far as known, `ids` the first of them. `undoes` is the number of the entry that it takes back."""

    verb: str
    server: str
    queues: tuple[str, ...]
    details: Mapping[str, object] = field(default_factory=dict)
    state: str = ""
    count: int | None = None
    ids: tuple[str, ...] = ()
    reason: str = ""
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """An entry of the journal. `at_ms` is when it began, `size` in bytes on the disk, `records` how many are known
    (None while it runs or where the process died), `kind` and `done` of its outcome; `undone` whether it was taken
    back."""

    number: int
    intent: Intent
    at_ms: int
    user: str = ""
    size: int = 0
    kind: str = ""
    done: int | None = None
    undone: bool = False
    running: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """An action as the audit tells it: who meant what, when, and what came of it, None while it runs or where the
    process died (`interrupted`). `ssh` is the client's address of a remote login."""

    id: str
    at_ms: int
    intent: Intent
    user: str = ""
    sudo_user: str = ""
    ssh: str = ""
    host: str = ""
    pid: int = 0
    outcome: Outcome | None = None
    ended_ms: int | None = None
    interrupted: bool = False
