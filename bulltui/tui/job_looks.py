"""How a person wants the jobs of each queue: which columns, and ordered by which."""

from dataclasses import dataclass

from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.ledger.remembered import Remembered
from bulltui.tui.present.job_columns import OFFERED, path_of, sorting

EVERY = QueueRef("", "")
"""Stands for all queues without columns of their own: no queue is called so."""

NATURAL = {
    JobState.COMPLETED: "ago",
    JobState.FAILED: "ago",
    JobState.DELAYED: "due",
    JobState.PRIORITIZED: "priority",
}
"""The column that a state is ordered by in Redis: any other order takes a look at all of its jobs."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order by a column."""

    column: str
    downwards: bool

    @property
    def text(self) -> str:
        """As it is remembered."""
        return f"-{self.column}" if self.downwards else self.column

    @classmethod
    def read(cls, text: str) -> "Order | None":
        """What was remembered; None for what is no order."""
        column = text.removeprefix("-")
        return cls(column, text.startswith("-")) if sorting(column) is not None else None


class JobLooks:
    """What was chosen, as far as it is remembered."""

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered

    def columns(self, ref: QueueRef) -> tuple[str, ...]:
        """The columns chosen for a queue, else those for all; none for the usual ones."""
        keys = self._remembered.columns(ref) or self._remembered.columns(EVERY)
        return tuple(key for key in keys if key in OFFERED or path_of(key) is not None)

    def order(self, ref: QueueRef, state: JobState) -> Order | None:
        """The order chosen for a queue, where it means something in a state; None for that of Redis."""
        order = Order.read(self._remembered.sort(ref))
        if order is None or ((offered := OFFERED.get(order.column)) is not None and not offered.means(state)):
            return None
        return order

    async def choose_columns(self, ref: QueueRef, keys: tuple[str, ...]) -> None:
        """Columns for a queue, or for EVERY one."""
        await self._remembered.set_columns(ref, keys)

    async def choose_order(self, ref: QueueRef, order: Order | None) -> None:
        """An order for a queue."""
        await self._remembered.set_sort(ref, "" if order is None else order.text)
