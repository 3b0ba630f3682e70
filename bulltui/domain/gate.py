"""What every call to a server passes: it is let through or not, and measured."""

from typing import Protocol

from bulltui.domain.errors import BulltuiError


class Gate(Protocol):
    """Stands before the calls to one server. The store asks and tells; `services.vitals` and `tunnel` answer."""

    async def enter(self, *, probe: bool = False) -> None:
        """Lets a call through, after the way to the server is made where it is not yet. Raises UnreachableError at
        once, with the reason and the next try, while the server is known not to answer; a `probe`, of which there is
        one at a time, is let through then."""

    def told(self, call: str, ms: float, error: BulltuiError | None) -> None:
        """A call has ended: its name (a command or a script), how long it took, and what went wrong. Only an
        UnreachableError says that the server is away; any other answer is one."""


class OpenGate:
    """Lets all through and remembers nothing: for what asks once."""

    async def enter(self, *, probe: bool = False) -> None:
        """See Gate."""

    def told(self, call: str, ms: float, error: BulltuiError | None) -> None:
        """See Gate."""
