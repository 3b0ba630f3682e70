"""What a person may do here. A guard rail against mistakes: real enforcement is that of the Redis user's rights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bulltui.domain.actions import BY_NAME, Action, Replay, TrimEvents
from bulltui.domain.errors import UsageError
from bulltui.domain.match import select
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import visible


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

    @property
    def refusal(self) -> str:
        """Why nothing at all may be changed, empty where something may."""
        return f"the role {visible(self.name)} changes nothing" if self.views_only else ""

    @property
    def sorted_verbs(self) -> tuple[str, ...]:
        """The names of the actions allowed, in the order of `domain.actions`."""
        return tuple(name for name in BY_NAME if self.verbs is None or name in self.verbs)

    def allows(self, verb: str, refs: Iterable[QueueRef] = ()) -> bool:
        """Whether an action may be done, to all of these queues."""
        if self.verbs is not None and plain(verb) not in self.verbs:
            return False
        return not self.outside(refs)

    def allows_action(self, action: Action) -> bool:
        """Whether an action may be done to some queue. A replay as a copy is nothing but a new job."""
        name = action.verb.name
        return self.allows(name) or (isinstance(action, Replay) and action.copy and self.allows("add"))

    def outside(self, refs: Iterable[QueueRef]) -> tuple[QueueRef, ...]:
        """Those of the queues that nothing may be done to, in their order."""
        asked = tuple(refs)
        inside = frozenset(select(asked, self.queues))
        return tuple(ref for ref in asked if ref not in inside)


ADMIN = Role("admin")
VIEWER = Role("viewer", frozenset())
OPERATOR = Role(
    "operator",
    frozenset(name for name, verb in BY_NAME.items() if not verb.destroys and name != TrimEvents.verb.name),
)
"""All that loses nothing: what an operator did can be done again or taken back."""

BUILTIN = (VIEWER, OPERATOR, ADMIN)
"""The roles that need no words in the configuration, the one with the fewest rights first."""


def builtin(name: str) -> Role | None:
    """The role of this name that is there without configuration."""
    return next((role for role in BUILTIN if role.name == name), None)


def custom(name: str, actions: Sequence[str], queues: Sequence[str] = (), *, require_reason: bool = False) -> Role:
    """A role of a configuration. `actions` are names of actions, or of built-in roles for all of theirs. Raises
    UsageError for a word that is neither, and for the name of a built-in role."""
    if builtin(name) is not None:
        raise UsageError(
            f"The role {name} is there already and means the same everywhere.",
            hint="Give yours another name.",
            code="role",
        )
    verbs: set[str] = set()
    for word in actions:
        known = builtin(word)
        if known is not None:
            verbs.update(known.sorted_verbs)
        elif plain(word) in BY_NAME:
            verbs.add(plain(word))
        else:
            raise UsageError(
                f"The role {visible(name)} names an action that there is not: {visible(word)}.",
                hint=_instead_of(word),
                code="role",
            )
    return Role(name, frozenset(verbs), tuple(queues), require_reason)


def plain(verb: str) -> str:
    """The name of an action without `-all`, by which one on all jobs of a state is called."""
    short = verb.removesuffix("-all")
    return short if verb not in BY_NAME and short in BY_NAME else verb


def _instead_of(word: str) -> str:
    known = [*BY_NAME, *(role.name for role in BUILTIN)]
    near = get_close_matches(word, known, n=1)
    return f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
