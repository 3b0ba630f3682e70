"""The one table of what a person can do: bindings, footer, help, palette and the README's key table come from it."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Where(StrEnum):
    """The part of the screen where an action applies."""

    EVERYWHERE = "everywhere"
    MAIN = "main"
    QUEUES = "queues"
    JOBS = "jobs"
    JOB = "job"
    LISTS = "lists"


class Danger(IntEnum):
    """What stands between the key and the deed."""

    NONE = 0
    CONFIRM = 1
    TYPE_NAME = 2


@dataclass(frozen=True, slots=True)
class Action:
    """An action of the screen.

    `id` names it in the keymap of the configuration, `keys` are Textual key names, `footer` whether the footer has
    room for it, `label` at most two words, `help` one sentence.
    """

    id: str
    label: str
    help: str
    keys: tuple[str, ...]
    where: Where = Where.EVERYWHERE
    danger: Danger = Danger.NONE
    footer: bool = False
    writes: bool = False


_KEY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "space": "space",
    "escape": "esc",
    "pageup": "page up",
    "pagedown": "page down",
    "plus": "+",
    "minus": "-",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def key_name(key: str) -> str:
    """How a Textual key is written for people: `question_mark` is `?`, `upper_a` is `A`."""
    return _KEY_NAMES.get(key, key)


ACTIONS: tuple[Action, ...] = (
    Action("open", "open", "Open what is under the cursor.", ("enter",), Where.LISTS, footer=True),
    Action("back", "back", "Go back, close what is open, or clear the filter.", ("escape",), footer=True),
    Action("filter", "filter", "Filter the list as you type; Esc clears it.", ("slash",), Where.QUEUES, footer=True),
    Action("sort", "sort", "Sort by the next column; again for the one after it.", ("s",), Where.QUEUES, footer=True),
    Action("group", "group", "Group queues by the first part of their names.", ("z",), Where.QUEUES, footer=True),
    Action(
        "next-state", "state", "Show the jobs of the next state.", ("right_square_bracket",), Where.JOBS, footer=True
    ),
    Action(
        "previous-state", "state before", "Show the jobs of the state before.", ("left_square_bracket",), Where.JOBS
    ),
    Action("pick-state", "pick state", "Show the jobs of the state with this number.", tuple("12345678"), Where.JOBS),
    Action("order", "order", "Turn the order: newest or oldest first.", ("o",), Where.JOBS, footer=True),
    Action("next-tab", "tab", "Show the next part of the job.", ("right_square_bracket",), Where.JOB, footer=True),
    Action("previous-tab", "tab before", "Show the part before.", ("left_square_bracket",), Where.JOB),
    Action("pick-tab", "pick tab", "Show the part of the job with this number.", tuple("1234567"), Where.JOB),
    Action("next-pane", "pane", "Go to the next pane.", ("tab",), footer=True),
    Action("previous-pane", "pane before", "Go to the pane before.", ("shift+tab",)),
    Action("copy-id", "copy id", "Copy the id or name under the cursor.", ("y",), Where.LISTS),
    Action("copy-data", "copy data", "Copy the part of the job that is shown.", ("Y",), Where.JOB),
    Action("logs", "logs", "Show the job's logs and follow them.", ("l",), Where.JOBS, footer=True),
    Action("pager", "pager", "View all of what is shown in $PAGER, whatever its size.", ("v",), Where.JOB, footer=True),
    Action("save", "save", "Save the field that is shown, whole, to a file.", ("ctrl+s",), Where.JOB, footer=True),
    Action("workers", "workers", "Show the workers of this queue, or of all.", ("W",), Where.MAIN, footer=True),
    Action("schedulers", "schedulers", "Show the schedulers of this queue.", ("S",), Where.MAIN, footer=True),
    Action("about", "about", "All that is known of this queue, and why.", ("i",), Where.MAIN, footer=True),
    Action("refresh", "refresh", "Read everything now, and look for new queues.", ("ctrl+r",)),
    Action("theme", "theme", "Change between dark and light.", ("t",)),
    Action("palette", "commands", "Find a command or a queue by its name.", ("colon", "ctrl+p"), footer=True),
    Action("help", "help", "Show all keys and what the signs mean.", ("question_mark",), footer=True),
    Action("quit", "quit", "Leave.", ("q", "ctrl+c"), footer=True),
)

BY_ID = {action.id: action for action in ACTIONS}
