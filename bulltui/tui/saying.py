"""What is said in passing, from wherever: a toast is seen whole or says where the rest is, and nothing is lost."""

from collections import deque
from dataclasses import replace

from textual import events
from textual.app import App
from textual.notifications import Notification

from bulltui.services.protocols import Clock
from bulltui.tui.present.said import BELOW, Said, Severity, fitted
from bulltui.tui.switch import Switch

MOST = 100
"""So many messages can be read again."""


class SayingApp(App[Switch | None], inherit_bindings=False):
    """Keeps what was said, and has toasts as high as there is room for."""

    CSS = f"""
    Toast {{ background: $panel; padding: 0 1; width: auto; max-width: 100%; }}
    ToastRack {{ margin-bottom: {BELOW}; scrollbar-size: 0 0; }}
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.said: deque[Said] = deque(maxlen=MOST)
        self._up: list[tuple[Said, Notification]] = []
        self._no_room: list[tuple[Said, Notification]] = []

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Severity = "information",
        timeout: float | None = None,
        markup: bool = False,
        whole: str = "",
    ) -> None:
        """See textual; nothing is markup. Where there is no room for all toasts the older ones go, and where there is
        none for this one it is cut; it says then where all can be read. `whole` is what can be read, where that is more
        than the toast says at all."""
        said = Said(self._clock.now_ms(), message, title, severity)
        self.said.append(replace(said, text=whole or message))
        left = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self._put_up([*self._still_up(), (said, Notification("", title, severity, left, markup=False))])

    def clear_notifications(self) -> None:
        """See textual. They can be read again."""
        self._up, self._no_room = [], []
        super().clear_notifications()

    def on_resize(self, event: events.Resize) -> None:
        """Toasts fit the new size."""
        if up := self._still_up():
            self._put_up(up)

    def action_messages(self) -> None:
        """What was said so far."""
        from bulltui.tui.screens.messages import MessagesScreen

        if not isinstance(self.screen, MessagesScreen):
            self.clear_notifications()
            self.push_screen(MessagesScreen(self.said))

    # Textual has no public way to what it shows, nor one to show something at once: a message of its own would come
    # after others were taken away.

    def _still_up(self) -> list[tuple[Said, Notification]]:
        """Those that neither time nor a click took away. One that has no room is still to be told of."""
        up = [one for one in self._up if one[1] in self._notifications]
        return [one for one in (*self._no_room, *up) if not one[1].has_expired]

    def _put_up(self, wanted: list[tuple[Said, Notification]]) -> None:
        texts = fitted([said for said, _ in wanted], *self.size)
        self._no_room = wanted[: -len(texts)]
        self._up, others = [], False
        for (said, toast), text in zip(wanted[-len(texts) :], texts, strict=True):
            # A toast with another text comes below all that are there, so those after it have to come anew as well.
            others = others or toast.message != text
            self._up.append((said, _with_text(toast, text) if others else toast))
        self._notifications.clear()
        for _, toast in self._up:
            self._notifications.add(toast)
        self._refresh_notifications()


def _with_text(toast: Notification, text: str) -> Notification:
    """Another toast with this text for the rest of the time of that one: it is no longer the same to Textual."""
    return Notification(text, toast.title, toast.severity, max(0.1, toast.time_left), markup=False)
