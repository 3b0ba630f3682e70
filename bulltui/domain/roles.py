"""What a person may do here. A guard rail against mistakes: real enforcement is that of the Redis user's rights."""

from collections.abc import Iterable
from dataclasses import dataclass

from bulltui.domain.match import select
from bulltui.domain.queue import QueueRef


@dataclass(frozen=True, slots=True)
class Role:
    """`verbs` are the names of the actions allowed (`domain.actions`, without `-all`), None for all; `queues` the globs
    of the queues they may be done to, none for all."""

    name: str
    verbs: frozenset[str] | None = None
    queues: tuple[str, ...] = ()
    require_reason: bool = False

    @property
    def views_only(self) -> bool:
        """Whether nothing at all may be changed."""
        return self.verbs is not None and not self.verbs

    def allows(self, verb: str, refs: Iterable[QueueRef] = ()) -> bool:
        """Whether an action may be done, to all of these queues."""
        if self.verbs is not None and verb not in self.verbs:
            return False
        asked = tuple(refs)
        return len(select(asked, self.queues)) == len(asked)


ADMIN = Role("admin")
VIEWER = Role("viewer", frozenset())
