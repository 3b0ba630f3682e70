"""The workers of a queue or of all."""

from typing import ClassVar

from textual import on
from textual.binding import BindingType

from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.text import visible
from bulltui.domain.worker import Worker
from bulltui.tui import keymap
from bulltui.tui.acts.acting import Acting
from bulltui.tui.present import workers as present
from bulltui.tui.present.header import Identity
from bulltui.tui.present.line import part
from bulltui.tui.runtime import Runtime
from bulltui.tui.screens.list_screen import ListScreen
from bulltui.tui.widgets.rows import ListSource
from bulltui.tui.widgets.table_messages import RowSelected


class WorkersScreen(ListScreen):
    """Who is connected."""

    COLUMNS = present.COLUMNS
    OPENS = True
    BINDINGS: ClassVar[list[BindingType]] = keymap.bindings("workers")

    def __init__(self, runtime: Runtime, identity: Identity, acting: Acting, ref: QueueRef | None) -> None:
        super().__init__(runtime, identity, acting)
        self._ref = ref
        self._all = ref is None
        self._workers: list[Worker] = []

    def told(self, snapshot: Snapshot) -> None:
        """Show the workers last seen."""
        ref = None if self._all else self._ref
        self._workers = sorted(
            self.runtime.poller.workers_of(ref), key=lambda worker: (worker.queue, worker.name, worker.client.id)
        )
        name = visible(ref.shown) if ref is not None else ""
        self.table.empty = present.empty(snapshot.workers_problem, name)
        self.table.update(ListSource(self._workers, _place_of, present.cells))
        other = "W shows all queues" if ref is not None else f"W shows {visible(self._ref.shown)}" if self._ref else ""
        seen = None if snapshot.workers_problem and not self._workers else len(self._workers)
        self.show_title(part(2, (present.title(seen, name), "bold")), part(1, (other, "dim"), right=True))

    def action_workers(self) -> None:
        """Of this queue, or of all."""
        if self._ref is not None:
            self._all = not self._all
            self.told(self.runtime.bus.last)

    @on(RowSelected)
    def _selected(self, event: RowSelected) -> None:
        """To the queue of the worker."""
        for worker in self._workers:
            if _place_of(worker) == event.key:
                self.dismiss(worker.queue)
                return

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Turning needs a queue."""
        return self._ref is not None if action == "workers" else super().check_action(action, parameters)

    def copied(self) -> tuple[str, str] | None:
        """The address of the worker."""
        place = self.table.cursor
        return ("the address", self._workers[place].client.address) if 0 <= place < len(self._workers) else None


def _place_of(worker: Worker) -> tuple[str, str, int]:
    """What tells a worker from all others: each server, and each node of a Cluster, counts its clients by itself."""
    return worker.client.server, worker.client.address, worker.client.id
