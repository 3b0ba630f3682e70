"""Hands each snapshot to whoever shows, keeps or exports it."""

from collections.abc import Callable

from bulltui.domain.snapshot import EMPTY, Snapshot

Listener = Callable[[Snapshot], None]


class Bus:
    """Publishes snapshots within one event loop. Listeners are called in the order in which they came and must be
    quick: a screen posts a message to itself, a recorder queues."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self.last: Snapshot = EMPTY

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` with each snapshot from now on, until the returned function is called."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def publish(self, snapshot: Snapshot) -> None:
        """Makes `snapshot` the last one and hands it to every listener."""
        self.last = snapshot
        for listener in tuple(self._listeners):
            listener(snapshot)
