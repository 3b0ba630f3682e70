"""The help screen's lines: all keys by where they work, and what signs and colours mean."""

from bulltui.domain.registry import ACTIONS, Action, Where
from bulltui.domain.states import LISTED
from bulltui.tui.keymap import keys_text
from bulltui.tui.present.signs import JOB_LEGEND, LINK_SIGN, QUEUE_LEGEND, STATE_SIGN, STATE_TOKEN, Sign
from bulltui.tui.widgets.cells import Cell

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
}
_MOVES: tuple[tuple[str, str], ...] = (
    ("↑ ↓ or k j", "One line up or down."),
    ("page up/down", "One page; ctrl+u and ctrl+d half of one."),
    ("home end or g G", "The first or the last line."),
    ("← → space", "In JSON: fold, unfold, either; + and - all. In a flow ← and → too."),
)
_KEYS = 22


def _row(keys: str, text: str) -> Cell:
    return [(f"  {keys.ljust(_KEYS)} ", "delayed"), (text, "")]


def _action(action: Action) -> Cell:
    keys = keys_text(action) if action.keys else f"{keys_text(action)} {action.label}"
    return _row(keys, action.help)


def _sign(sign: Sign) -> Cell:
    return [(f"  {sign.sign.ljust(4)}", f"{sign.token} bold"), (sign.meaning, "")]


def key_lines() -> list[Cell]:
    """All keys of the registry and those that move."""
    lines: list[Cell] = [("Moving", "bold"), *(_row(keys, text) for keys, text in _MOVES)]
    for where, title in _TITLES.items():
        actions = [action for action in ACTIONS if action.where is where]
        if actions:
            lines += ["", (title, "bold"), *map(_action, actions)]
    return lines


def legend_lines() -> list[Cell]:
    """What signs and colours mean."""
    states: list[Cell] = [[(f"  {STATE_SIGN[state].ljust(4)}{state.value}", STATE_TOKEN[state])] for state in LISTED]
    links: list[Cell] = [[(f"  {sign.ljust(4)}{link.value}", token)] for link, (sign, token) in LINK_SIGN.items()]
    return [
        ("Signs of a queue", "bold"),
        *map(_sign, QUEUE_LEGEND),
        "",
        ("Signs of a job", "bold"),
        *map(_sign, JOB_LEGEND),
        "",
        ("Colours of the states; the bar of a queue shows their shares", "bold"),
        *states,
        "",
        ("The connection", "bold"),
        *links,
    ]
