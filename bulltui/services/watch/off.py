"""What there is where nothing is watched: it says so, and takes nothing for nothing."""

from bulltui.domain.alert import Alert, Delivery, Mute, Rule
from bulltui.domain.charting import Ask, Chart
from bulltui.domain.errors import UsageError
from bulltui.domain.point import OfName, Point
from bulltui.domain.queue import QueueRef
from bulltui.services.watch.protocols import HistoryState


class NoHistory:
    """A history that is not kept. See `protocols.HistorySource`."""

    def __init__(self, why: str, hint: str) -> None:
        self._why = why
        self._hint = hint

    async def chart(self, ask: Ask) -> Chart:
        """Raises UsageError that says why there is none."""
        raise self._none()

    async def each(self, start_ms: int, end_ms: int) -> dict[QueueRef, Point]:
        """Raises UsageError that says why there is none."""
        raise self._none()

    async def names(self, start_ms: int, end_ms: int) -> dict[tuple[QueueRef, str], OfName]:
        """Raises UsageError that says why there is none."""
        raise self._none()

    async def state(self) -> HistoryState:
        """See HistorySource."""
        return HistoryState(problem=self._why, hint=self._hint)

    def _none(self) -> UsageError:
        return UsageError(self._why, hint=self._hint, code="history")


class NoAlerts:
    """Alerts that nobody looks for. See `protocols.AlertBoard`."""

    rules: tuple[Rule, ...] = ()

    async def alerts(self) -> list[Alert]:
        """None."""
        return []

    async def past(self, *, since_ms: int = 0, limit: int = 1000) -> list[Alert]:
        """None."""
        return []

    async def deliveries(self, limit: int = 200) -> list[Delivery]:
        """None."""
        return []

    async def mutes(self) -> list[Mute]:
        """None."""
        return []

    async def mute(self, mute: Mute) -> Mute:
        """Raises UsageError: there is nothing to mute."""
        raise UsageError("Alerts are not looked for here, so there is nothing to mute.", code="alerts")

    async def unmute(self, number: int) -> bool:
        """Nothing is muted."""
        return False

    async def test(self, way: str = "") -> list[Delivery]:
        """Nobody is told."""
        return []


class Unseen:
    """See `protocols.Recent`."""

    def over(self, ref: QueueRef | None, seconds: float) -> Point:
        """An empty point."""
        return Point(0)

    def covers(self, ref: QueueRef | None) -> float:
        """Nothing."""
        return 0.0
