"""What a front end asks the runner of actions for."""

from dataclasses import dataclass

from bulltui.domain.actions import Action
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.layout import Layout
from bulltui.domain.targets import Every, Target


@dataclass(frozen=True, slots=True)
class Request:
    """An action on a target. `reason` goes into the audit. Without `undo` nothing is saved before it is destroyed.
    `layout` is what a person says the queue is kept in, where it does not tell."""

    action: Action
    target: Target
    reason: str = ""
    undo: bool = True
    layout: Layout | None = None

    @property
    def verb(self) -> str:
        """The name in the audit and the metrics: an action on every job of a state is `retry-all` and so on."""
        name = self.action.verb.name
        return f"{name}-all" if self.of_state else name

    @property
    def of_state(self) -> bool:
        """Whether it is on every job of a state."""
        return isinstance(self.target, Every)


def not_here(why: str = "") -> NotAllowedError:
    """That nothing may be changed, and why: `read-only`, or a role."""
    if "role" in why:
        return NotAllowedError(
            f"Nothing is changed here: {why}.", hint="Take a profile with another `role`.", code="role"
        )
    return NotAllowedError(
        f"Nothing is changed here: {why or 'read-only'}.",
        hint="Leave out --read-only and BULLTUI_READ_ONLY, or take a profile without `read_only`.",
        code="read-only",
    )


class Cancel:
    """Asks a running action to stop after its running chunk."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self) -> None:
        """Stop soon."""
        self.asked = True
