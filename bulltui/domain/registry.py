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
    OF_JOBS = "of-jobs"
    SCHEDULERS = "schedulers"
    EVENTS = "events"
    CHARTS = "charts"
    ALERTS = "alerts"


class Danger(IntEnum):
    """What stands between the key and the deed."""

    NONE = 0
    CONFIRM = 1
    TYPE_NAME = 2


@dataclass(frozen=True, slots=True)
class Action:
    """An action of the screen.

    `id` names it in the keymap of the configuration, `keys` are Textual key names: one without a key is chosen from the
    menu. `footer` says whether the footer has room for it, `label` is a few words, `help` one sentence. One that
    `writes` changes what is on the server.
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
    "full_stop": ".",
    "asterisk": "*",
    "escape": "esc",
    "pageup": "page up",
    "pagedown": "page down",
    "plus": "+",
    "minus": "-",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "shift+left": "shift ←",
    "shift+right": "shift →",
    "vertical_line": "|",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def key_name(key: str) -> str:
    """How a Textual key is written for people: `question_mark` is `?`, `upper_a` is `A`."""
    return _KEY_NAMES.get(key, key)


def _act(action_id: str, label: str, text: str, where: Where, key: str = "", *, footer: bool = False) -> Action:
    """An action that changes something, once that is confirmed."""
    return Action(action_id, label, text, (key,) if key else (), where, Danger.CONFIRM, footer=footer, writes=True)


def _of_jobs() -> tuple[Action, ...]:
    def act(action_id: str, label: str, text: str, key: str = "", *, footer: bool = False) -> Action:
        return _act(action_id, label, text, Where.OF_JOBS, key, footer=footer)

    return (
        act("retry", "retry", "Run failed or completed jobs again.", "r", footer=True),
        act("promote", "promote", "Run delayed jobs now.", "p", footer=True),
        act("remove", "remove", "Remove jobs, with their data and logs.", "x", footer=True),
        act("edit", "edit", "Edit a job in $EDITOR, then run it again, or a copy of it.", "e", footer=True),
        act("duplicate", "duplicate", "Add a new job with the same name, data and options.", "d"),
        act("retry-with", "retry with…", "Retry with all attempts anew, or stalled ones as if they never were."),
        act("remove-tree", "remove with children", "Remove jobs and all that hangs below them, in whatever queues."),
        act("priority", "priority…", "Give jobs another priority."),
        act("delay", "delay…", "Let delayed jobs become due at another time."),
        act("log-line", "log line…", "Add a line to the logs."),
        act("release", "release stuck", "Let active jobs whose worker is gone wait again."),
        act("fail", "fail stuck…", "Let active jobs whose worker is gone fail."),
        act("remove-children", "remove children", "Remove the children that have not run, so that parents go on."),
    )


def _of_queues() -> tuple[Action, ...]:
    def act(action_id: str, label: str, text: str, key: str = "", *, footer: bool = False) -> Action:
        return _act(action_id, label, text, Where.MAIN, key, footer=footer)

    return (
        act("retry-all", "retry all", "Run all failed jobs of the queue again.", "R", footer=True),
        act("pause", "pause", "Pause the queue, or resume it.", "P", footer=True),
        Action(
            "menu", "more", "Everything that can be done here.", ("full_stop",), Where.MAIN, footer=True, writes=True
        ),
        act("drain", "drain…", "Remove all jobs that have not started.", "D"),
        act("clean", "clean…", "Remove old jobs of one state.", "C"),
        act("add", "add job…", "Add a job to the queue.", "a"),
        act("retry-some", "retry many…", "Retry failed or completed jobs: how many, how old, how fast."),
        act("promote-all", "promote many…", "Promote delayed jobs: how many, how old, how fast."),
        act("concurrency", "concurrency…", "Set how many jobs may run at once over all workers."),
        act("rate-limit", "rate limit…", "Set how many jobs may start in a span of time over all workers."),
        act("clear-rate-limit", "clear rate limit", "Let a queue that is held by its limit go on now."),
        act("remove-deduplication", "remove deduplication…", "Let the next job with a deduplication id be added."),
        act("trim-events", "trim events…", "Cut the stream of events to its newest."),
        act("pause-all", "pause all queues", "Pause every queue that is known here."),
        act("resume-all", "resume all queues", "Resume every paused queue that is known here."),
        act("resume-mine", "resume what I paused", "Resume the queues that were paused from here, and no others."),
        Action(
            "obliterate",
            "obliterate…",
            "Remove the queue with everything in it.",
            (),
            Where.MAIN,
            Danger.TYPE_NAME,
            writes=True,
        ),
    )


def _of_schedulers() -> tuple[Action, ...]:
    return (
        _act("trigger", "run now", "Add a run of the scheduler now.", Where.SCHEDULERS, "r", footer=True),
        _act("unschedule", "remove", "Remove the scheduler.", Where.SCHEDULERS, "x", footer=True),
    )


def _to_understand() -> tuple[Action, ...]:
    def act(action_id: str, label: str, text: str, key: str, *, footer: bool = True) -> Action:
        return Action(action_id, label, text, (key,), Where.MAIN, footer=footer)

    return (
        act("why", "why", "Why a job is where it is, or a queue does not go on, and what to do.", "w"),
        act("errors", "errors", "Group failed jobs by their error.", "E"),
        act("flow", "flow", "Show the parents and the children of the job.", "f"),
        act("events", "events", "Follow live what queues tell: jobs that come, run, fail.", "L", footer=False),
        act("metrics", "charts", "Show how the queue, the marked ones or all did: 15 minutes to 90 days.", "m"),
    )


def _of_events() -> tuple[Action, ...]:
    def act(action_id: str, label: str, text: str, key: str, *, footer: bool = True) -> Action:
        return Action(action_id, label, text, (key,), Where.EVENTS, footer=footer)

    return (
        act("hold", "hold/follow", "Hold still while events go on, or follow them again.", "space"),
        act("next-failure", "next failure", "Go to the next failure, or wait for it.", "n"),
        act("previous-failure", "failure before", "Go to the failure before.", "N", footer=False),
    )


def _of_charts() -> tuple[Action, ...]:
    def act(action_id: str, label: str, text: str, *keys: str, footer: bool = False) -> Action:
        return Action(action_id, label, text, keys, Where.CHARTS, footer=footer)

    return (
        act("next-chart", "chart", "Go to the next chart.", "right_square_bracket", footer=True),
        act("previous-chart", "chart before", "Go to the chart before.", "left_square_bracket"),
        act("cursor-left", "cursor", "Put the cursor on the value before, and tell it.", "left", "h", footer=True),
        act("cursor-right", "cursor after", "Put the cursor on the next value.", "right", "l"),
        act("jump-left", "jump back", "Move the cursor by a tenth of the chart.", "shift+left"),
        act("jump-right", "jump on", "Move the cursor by a tenth of the chart, onwards.", "shift+right"),
        act("shorter", "shorter", "Show a shorter span, around the cursor if there is one.", "plus", footer=True),
        act("longer", "longer", "Show a longer span.", "minus", footer=True),
        act("earlier", "earlier", "Show the time before.", "less_than_sign", footer=True),
        act("later", "later", "Show the time after.", "greater_than_sign"),
        act("live", "live", "Follow what happens now.", "o", footer=True),
        act("compare", "compare", "Compare with the day before, the week before, or nothing.", "c", footer=True),
        act("next-mark", "next mark", "Go to the next action or alert.", "n", footer=True),
        act("previous-mark", "mark before", "Go to the action or alert before.", "N"),
        act("all-queues", "all queues", "Show all queues together, or again those that were.", "a", footer=True),
        act(
            "enlarge",
            "large/grid",
            "Show one chart over all of the screen, or all of them again.",
            "enter",
            footer=True,
        ),
    )


def _of_alerts() -> tuple[Action, ...]:
    def act(action_id: str, label: str, text: str, *keys: str, footer: bool = False) -> Action:
        return Action(action_id, label, text, keys, Where.ALERTS, footer=footer)

    return (
        act("mute", "mute…", "Tell nobody of the alert for a time, or tell of it again.", "x", footer=True),
        act("next-alerts", "list", "Show the next list: what fires, history, mutes, rules.", "right_square_bracket"),
        act("previous-alerts", "list before", "Show the list before.", "left_square_bracket"),
        act("pick-alerts", "pick list", "Show the list with this number.", *"1234", footer=True),
        act("whole-alert", "all of it", "Show all that is known of what is under the cursor.", "v", footer=True),
        act("test-alert", "send a test", "Send a trial message to each way of delivery.", "T", footer=True),
    )


ACTIONS: tuple[Action, ...] = (
    Action("open", "open", "Open what is under the cursor.", ("enter",), Where.LISTS, footer=True),
    Action("back", "back", "Go back: stop what runs, drop marks, or close what is open.", ("escape",), footer=True),
    *_of_events(),
    *_of_charts(),
    *_of_alerts(),
    *_of_jobs(),
    *_to_understand(),
    Action("next-tab", "tab", "Show the next part of the job.", ("right_square_bracket",), Where.JOB, footer=True),
    Action("previous-tab", "tab before", "Show the part before.", ("left_square_bracket",), Where.JOB),
    Action("pick-tab", "pick tab", "Show the part of the job with this number.", tuple("1234567"), Where.JOB),
    Action("copy-data", "copy data", "Copy the part of the job that is shown.", ("Y",), Where.JOB),
    Action("pager", "pager", "View all of what is shown in $PAGER, whatever its size.", ("v",), Where.JOB, footer=True),
    Action("save", "save", "Save the field that is shown, whole, to a file.", ("ctrl+s",), Where.JOB, footer=True),
    *_of_schedulers(),
    *_of_queues(),
    _act("undo", "undo", "Take back what was done last, once that is confirmed.", Where.EVERYWHERE, "u"),
    _act("undo-list", "undo list", "Choose what to take back.", Where.EVERYWHERE, "U"),
    Action("alerts", "alerts", "Show what is wrong: alerts, their history, mutes and rules.", ("A",)),
    Action("audit", "audit", "Show who did what, when, and what came of it.", ("H",)),
    Action("mark", "mark", "Mark a job or a queue: actions are on all that is marked.", ("space",), Where.LISTS),
    Action("mark-all", "mark all", "Mark all jobs of the state or all queues of the list.", ("asterisk",), Where.LISTS),
    Action("find", "find", "Find jobs by a text or a query, here or in all queues.", ("ctrl+f",), footer=True),
    Action("save-search", "save search", "Keep a search under a name, as @name.", ("ctrl+s",), Where.LISTS),
    Action("continue", "stop/go on", "Stop a search that runs, or go on with it.", ("c",), Where.LISTS, footer=True),
    Action("filter", "filter", "Filter the list as you type; Esc clears it.", ("slash",), Where.LISTS, footer=True),
    Action(
        "sort",
        "sort",
        "Sort by another column: lists by the next one, jobs by one to choose.",
        ("s",),
        Where.LISTS,
        footer=True,
    ),
    Action(
        "columns",
        "columns",
        "Choose the columns of the jobs, values at a path of the data too.",
        ("vertical_line",),
        Where.JOBS,
    ),
    Action("group", "group", "Group queues by the first part of their names.", ("z",), Where.QUEUES, footer=True),
    Action(
        "next-state", "state", "Show the jobs of the next state.", ("right_square_bracket",), Where.JOBS, footer=True
    ),
    Action(
        "previous-state", "state before", "Show the jobs of the state before.", ("left_square_bracket",), Where.JOBS
    ),
    Action("pick-state", "pick state", "Show the jobs of the state with this number.", tuple("12345678"), Where.JOBS),
    Action("order", "order", "Turn the order: newest or oldest first.", ("o",), Where.JOBS, footer=True),
    Action("next-pane", "pane", "Go to the next pane.", ("tab",), footer=True),
    Action("previous-pane", "pane before", "Go to the pane before.", ("shift+tab",)),
    Action(
        "export", "export…", "Write jobs into a file: the marked, or all of the list.", ("X",), Where.LISTS, footer=True
    ),
    Action("copy-id", "copy id", "Copy the id or name under the cursor.", ("y",), Where.LISTS),
    Action("logs", "logs", "Show the job's logs and follow them.", ("l",), Where.JOBS, footer=True),
    Action("workers", "workers", "Show the workers of this queue, or of all.", ("W",), Where.MAIN, footer=True),
    Action("schedulers", "schedulers", "Show the schedulers of this queue.", ("S",), Where.MAIN, footer=True),
    Action("about", "about", "All that is known of this queue, and why.", ("i",), Where.MAIN, footer=True),
    Action("server", "server", "Show how the server is and how it answers: memory, latency, slow calls.", ("I",)),
    Action("profiles", "open a server", "Open another server of the configuration, or several at once.", ("O",)),
    Action("messages", "messages", "Read again what was said in passing, whole and with its time.", ("M",)),
    Action("refresh", "refresh", "Read everything now, and look for new queues.", ("ctrl+r",)),
    Action("theme", "theme", "Change between dark and light.", ("t",)),
    Action("palette", "commands", "Find a command or a queue by its name.", ("colon", "ctrl+p"), footer=True),
    Action("help", "help", "Show all keys and what the signs mean.", ("question_mark",), footer=True),
    Action("quit", "quit", "Leave.", ("q", "ctrl+c"), footer=True),
)

BY_ID = {action.id: action for action in ACTIONS}
