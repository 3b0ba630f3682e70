"""What is done with jobs that were found: a change like any other, with its preview and its question."""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from bulltui.cli.acting import act, request
from bulltui.cli.call import Call
from bulltui.domain.actions import Action, Promote, Remove, Retry
from bulltui.services.request import Request

if TYPE_CHECKING:
    from bulltui.domain.matched import Gathering
    from bulltui.wiring import Runtime

Finds = Callable[["Runtime", "Gathering"], Awaitable[None]]
"""Gathers the jobs that are meant. Raises a BulltuiError where there are none, or not all of them were found."""


class Then(StrEnum):
    """What is done with them."""

    RETRY = "retry"
    REMOVE = "remove"
    PROMOTE = "promote"
    EXPORT = "export"

    @property
    def action(self) -> Action | None:
        """As an action, None for what changes nothing."""
        return _ACTIONS.get(self)


class ThenOfGroup(StrEnum):
    """What is done with the failed jobs of a group."""

    RETRY = "retry"
    REMOVE = "remove"

    @property
    def action(self) -> Action:
        """As an action."""
        return _ACTIONS[Then(self)]


_ACTIONS: dict[Then, Action] = {Then.RETRY: Retry(), Then.REMOVE: Remove(), Then.PROMOTE: Promote()}


def act_on_found(call: Call, action: Action, finds: Finds) -> int:
    """An action on all jobs that are found, once a person has seen what they are together; the exit code."""
    lines: list[str] = []

    async def plan(runtime: "Runtime") -> Request:
        from bulltui.domain.matched import Gathering

        gathering = Gathering()
        await finds(runtime, gathering)
        lines.extend(gathering.matched.lines(runtime.clock.now_ms()))
        return request(call, action, gathering.target)

    def about() -> Sequence[str]:
        return lines

    return act(call, plan, about)
