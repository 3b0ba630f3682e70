"""What is done with jobs that were found: a change like any other, with its preview and its question."""

from enum import StrEnum

from bulltui.domain.actions import Action, Promote, Remove, Retry


class Then(StrEnum):
    """What is done with them."""

    RETRY = "retry"
    REMOVE = "remove"
    PROMOTE = "promote"

    @property
    def action(self) -> Action:
        """As an action."""
        return _ACTIONS[self]


_ACTIONS: dict[Then, Action] = {Then.RETRY: Retry(), Then.REMOVE: Remove(), Then.PROMOTE: Promote()}
