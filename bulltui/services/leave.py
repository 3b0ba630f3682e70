"""What a role gives leave to, and the sentence where it does not. One guard for every front end."""

from collections.abc import Iterable, Sequence

from bulltui.domain.errors import NotAllowedError
from bulltui.domain.history import Past
from bulltui.domain.queue import QueueRef
from bulltui.domain.roles import Role
from bulltui.domain.targets import queues_of
from bulltui.domain.text import visible
from bulltui.services.request import Request

_NAMED = 3
"""So many queues are named in a sentence."""


def check_request(role: Role, request: Request) -> None:
    """Raises NotAllowedError where the role does not allow the action, or not to all queues that it names."""
    if not role.allows_action(request.action):
        raise _not_allowed(role, request.action.verb.name, f"The role {visible(role.name)} does not allow")
    check_queues(role, queues_of(request.target))


def check_past(role: Role, past: Past) -> None:
    """Raises NotAllowedError where the role does not allow what an entry of the journal did, or not to its queues: who
    may not do a thing does not take it back either."""
    if not role.allows(past.intent.verb):
        start = f"Number {past.number} is not undone here: the role {visible(role.name)} does not allow"
        raise _not_allowed(role, past.intent.verb, start)
    for key in past.intent.queues:
        # Where in it the name begins is not written down. What is brought back is held against the role by itself.
        readings = [QueueRef(key[:at], key[at + 1 :]) for at, sign in enumerate(key) if sign == ":"]
        if readings and len(role.outside(readings)) == len(readings):
            raise _outside(role, [key])


def check_queues(role: Role, refs: Iterable[QueueRef]) -> None:
    """Raises NotAllowedError where nothing may be done to one of the queues."""
    outside = role.outside(refs)
    if outside:
        raise _outside(role, [ref.shown for ref in outside])


def _not_allowed(role: Role, verb: str, start: str) -> NotAllowedError:
    return NotAllowedError(
        f"{start} `{visible(verb)}`.", hint=f"It allows {', '.join(role.sorted_verbs)}.", code="role"
    )


def _outside(role: Role, names: Sequence[str]) -> NotAllowedError:
    shown = ", ".join(map(visible, names[:_NAMED])) + (" and others" if len(names) > _NAMED else "")
    return NotAllowedError(
        f"The role {visible(role.name)} does nothing to {shown}.",
        hint=f"It acts on the queues {', '.join(map(visible, role.queues))}.",
        code="role",
    )
