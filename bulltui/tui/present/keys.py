"""The help screen's lines: all keys by where they work, and what signs and colours mean."""

from collections.abc import Iterator

from bulltui.domain.registry import ACTIONS, Action, Where
from bulltui.domain.states import LISTED
from bulltui.tui.keymap import keys_text
from bulltui.tui.present.prose import folded
from bulltui.tui.present.signs import CHART_LEGEND, JOB_LEGEND, LINK_SIGN, QUEUE_LEGEND, STATE_SIGN, STATE_TOKEN, Sign
from bulltui.tui.widgets.cells import Cell, width_of

_TITLES: dict[Where, str] = {
    Where.EVERYWHERE: "Everywhere",
    Where.MAIN: "Of the queue, from its line, its jobs or one of them",
    Where.OF_JOBS: "Of the open job, the marked ones, or the one under the cursor",
    Where.SCHEDULERS: "Of the scheduler under the cursor",
    Where.LISTS: "In any list",
    Where.QUEUES: "In the list of queues",
    Where.JOBS: "In the table of jobs",
    Where.JOB: "In an open job",
    Where.EVENTS: "In live events",
    Where.CHARTS: "In charts",
    Where.ALERTS: "Among alerts",
}
_MOVES: tuple[tuple[str, str], ...] = (
    ("↑ ↓ or k j", "One line up or down."),
    ("page up/down", "One page; ctrl+u and ctrl+d half of one."),
    ("home end or g G", "The first or the last line."),
    ("← → space", "In JSON: fold, unfold, either; + and - all. In a flow ← and → too."),
)
_KEYS, _KEYS_NARROW, _ROOMY = 22, 16, 66


def _rows(first: str, token: str, text: str, width: int) -> Iterator[Cell]:
    """A key or a sign and what it means, that over several lines where it has to."""
    for at, line in enumerate(folded(text, max(20, width - width_of(first)))):
        yield [(" " * width_of(first) if at else first, token), (line, "")]


def _keys(keys: str, text: str, width: int) -> Iterator[Cell]:
    return _rows(f"  {keys.ljust(_KEYS if width >= _ROOMY else _KEYS_NARROW)} ", "delayed", text, width)


def _action(action: Action, width: int) -> Iterator[Cell]:
    keys = keys_text(action) if action.keys else f"{keys_text(action)} {action.label}"
    return _keys(keys, action.help, width)


def _sign(sign: Sign, width: int) -> Iterator[Cell]:
    return _rows(f"  {sign.sign.ljust(4)}", f"{sign.token} bold", sign.meaning, width)


def key_lines(width: int) -> list[Cell]:
    """All keys of the registry and those that move, in `width` cells."""
    lines: list[Cell] = [("Moving", "bold")]
    lines += [line for keys, text in _MOVES for line in _keys(keys, text, width)]
    for where, title in _TITLES.items():
        actions = [action for action in ACTIONS if action.where is where]
        if actions:
            lines += ["", (title, "bold")]
            lines += [line for action in actions for line in _action(action, width)]
    return lines


def legend_lines(width: int) -> list[Cell]:
    """What signs and colours mean, in `width` cells."""
    states: list[Cell] = [[(f"  {STATE_SIGN[state].ljust(4)}{state.value}", STATE_TOKEN[state])] for state in LISTED]
    links: list[Cell] = [[(f"  {sign.ljust(4)}{link.value}", token)] for link, (sign, token) in LINK_SIGN.items()]
    return [
        ("Signs of a queue", "bold"),
        *(line for sign in QUEUE_LEGEND for line in _sign(sign, width)),
        "",
        ("Signs of a job", "bold"),
        *(line for sign in JOB_LEGEND for line in _sign(sign, width)),
        "",
        ("Signs of charts", "bold"),
        *(line for sign in CHART_LEGEND for line in _sign(sign, width)),
        "",
        ("Colours of the states; the bar of a queue shows their shares", "bold"),
        *states,
        "",
        ("The connection", "bold"),
        *links,
    ]
