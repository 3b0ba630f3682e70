"""What a screen of alerts reads: all of it together, at most every two seconds, and never where it is waited for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bulltui.domain.alert import Alert, Delivery, Mute, Rule
from bulltui.domain.errors import BulltuiError
from bulltui.services.protocols import Clock
from bulltui.services.watch.protocols import AlertBoard
from bulltui.tui.loader import Loader

EVERY_S = 2.0
_PATIENCE_S = 5.0
PAST = 500
_TOLD = 500


@dataclass(frozen=True, slots=True)
class Board:
    """Alerts as they were at a time (epoch ms): now, those that are over, and the mutes. `watched` is whether anybody
    looks for them."""

    at_ms: int = 0
    now: tuple[Alert, ...] = ()
    past: tuple[Alert, ...] = ()
    mutes: tuple[Mute, ...] = ()
    told: Mapping[str, Sequence[Delivery]] = field(default_factory=dict)
    watched: bool = True
    rules: tuple[Rule, ...] = ()


async def read_board(board: AlertBoard, clock: Clock) -> Board:
    """All of it."""
    at_ms = clock.now_ms()
    now, past, mutes = await board.alerts(), await board.past(limit=PAST), await board.mutes()
    told: dict[str, list[Delivery]] = {}
    for one in await board.deliveries(_TOLD):
        told.setdefault(one.alert, []).append(one)
    return Board(at_ms, tuple(now), tuple(past), tuple(mutes), told, await board.watched(), tuple(board.rules))


class AlertReads:
    """Reads the board. The last one stays where it cannot be read, and `problem` says why."""

    def __init__(self, board: Callable[[], AlertBoard], clock: Clock, shown: Callable[[], None]) -> None:
        self._clock = clock
        self._shown = shown
        self._asked: float | None = None
        self.last: Board | None = None
        self.problem: BulltuiError | None = None
        self._loader: Loader[None, Board] = Loader(
            lambda _: read_board(board(), clock), self._got, self._not_got, timeout_s=_PATIENCE_S
        )

    @property
    def busy(self) -> bool:
        """Whether it is being read."""
        return self._loader.busy

    def ask(self, *, now: bool = False) -> None:
        """Reads again, unless that was done a moment ago."""
        at = self._clock.monotonic()
        if now or self._asked is None or at - self._asked >= EVERY_S:
            self._asked = at
            self._loader.ask(None)

    def drop(self) -> None:
        """Stops reading."""
        self._loader.drop()

    def _got(self, _: None, board: Board) -> None:
        self.last, self.problem = board, None
        self._shown()

    def _not_got(self, _: None, error: BulltuiError) -> None:
        late = f"Alerts could not be read within {_PATIENCE_S:.0f} s."
        self.problem = BulltuiError(late, code=error.code) if error.code == "timeout" else error
        self._shown()
