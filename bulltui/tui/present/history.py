"""What was done, as lines of tables: entries of the journal and deeds of the audit."""

from collections.abc import Mapping

from bulltui.domain import human
from bulltui.domain.history import Deed, Intent, Past
from bulltui.domain.outcome import Kind
from bulltui.domain.telling import came_of, who
from bulltui.domain.text import plural, visible
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.prose import prose
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.columns import Column

_AGO = Column("ago", "ago", width=8, align="right", priority=95)
_WHAT = Column("what", "what", min=14, max=24, flex=1, priority=100)
_QUEUES = Column("queues", "queue", min=10, max=40, flex=2, priority=90)
PAST_COLUMNS: tuple[Column, ...] = (
    Column("number", "no.", width=6, align="right", priority=85),
    _AGO,
    _WHAT,
    _QUEUES,
    Column("done", "done", width=9, align="right", priority=80),
    Column("user", "by", min=6, max=16, flex=1, priority=30),
    Column("size", "saved", width=9, align="right", priority=40),
    Column("state", "state", min=17, max=20, flex=1, priority=92),
)
DEED_COLUMNS: tuple[Column, ...] = (
    Column("sign", "", width=1, priority=99),
    _AGO,
    Column("who", "who", min=8, max=24, flex=1, priority=70),
    _WHAT,
    _QUEUES,
    Column("outcome", "outcome", min=14, max=40, flex=2, priority=80),
    Column("reason", "reason", min=10, max=60, flex=3, priority=50),
)
_SIGNS = {
    Kind.DONE: ("✔", "ok"),
    Kind.NOTHING: ("·", "dim"),
    Kind.PARTLY: ("⚠", "delayed"),
    Kind.REFUSED: ("✖", "failed"),
    Kind.FAILED: ("✖", "failed"),
}


Labels = Mapping[str, str]
"""What servers are called here, by what audit and journal call them; all empty where there is one."""
_ONE: Labels = {}


def queues(intent: Intent, labels: Labels = _ONE) -> str:
    """On which queues, and of which server where there are several."""
    label = labels.get(intent.server, "")
    names = [f"{label}/{name}" for name in intent.queues] if label else intent.queues
    if len(names) <= 2:
        return ", ".join(names) or "–"
    return f"{names[0]} and {len(names) - 1:,} more"


def past_cells(entry: Past, now_ms: int, labels: Labels = _ONE) -> tuple[Cell, ...]:
    """The cells of an entry of the journal."""
    state: Cell = ("can be undone", "ok")
    if entry.running:
        state = ("running", "active")
    elif entry.undone:
        state = ("undone", "dim")
    elif not entry.kind:
        state = ("cut off, undoable", "delayed")
    return (
        str(entry.number),
        human.age(max(0, now_ms - entry.at_ms)),
        (entry.intent.verb, "bold"),
        queues(entry.intent, labels),
        "?" if entry.done is None else f"{entry.done:,}",
        (entry.user, "dim"),
        (human.size(entry.size), "dim"),
        state,
    )


def _sign(deed: Deed) -> Cell:
    if deed.outcome is not None:
        return _SIGNS[deed.outcome.kind]
    return ("!", "failed") if deed.interrupted else ("▸", "active")


def deed_cells(deed: Deed, now_ms: int, labels: Labels = _ONE) -> tuple[Cell, ...]:
    """The cells of a deed."""
    return (
        _sign(deed),
        human.age(max(0, now_ms - deed.at_ms)),
        who(deed),
        (deed.intent.verb, "bold"),
        queues(deed.intent, labels),
        came_of(deed),
        (deed.intent.reason, "dim"),
    )


def deed_lines(deed: Deed, width: int, labels: Labels = _ONE) -> list[Pieces]:
    """All of a deed."""
    intent = deed.intent
    known: list[tuple[str, str]] = [
        ("what", intent.verb),
        ("on", ", ".join(intent.queues) or "–"),
        ("state", intent.state),
        ("server", "  ".join(filter(None, (labels.get(intent.server, ""), intent.server)))),
        ("who", who(deed)),
        ("process", str(deed.pid) if deed.pid else ""),
        ("began", human.clock(deed.at_ms)),
        ("ended", "" if deed.ended_ms is None else human.clock(deed.ended_ms)),
        ("outcome", came_of(deed)),
        ("reason", intent.reason),
        ("undoes", "" if intent.undoes is None else f"action {intent.undoes}"),
        ("about", "" if intent.count is None else plural(intent.count, "item")),
        ("ids", ", ".join(intent.ids)),
        *((name, str(value)) for name, value in intent.details.items()),
    ]
    if deed.outcome is not None:
        known += [
            (f"skipped, {reason.value}", f"{count:,}: {reason.sentence}"
             + (f" ({', '.join(deed.outcome.examples[reason])})" if deed.outcome.examples.get(reason) else ""))
            for reason, count in deed.outcome.skipped.items()
        ]  # fmt: skip
        if deed.outcome.error is not None:
            known.append(("error", f"{deed.outcome.error.message} {deed.outcome.error.hint}"))
        if deed.outcome.undo is not None:
            known.append(("undo", f"action {deed.outcome.undo} in the journal"))
    lines: list[Pieces] = []
    for name, value in known:
        if value:
            first, *rest = prose(value, "", width - 14)
            lines.append([(f" {visible(name)[:13].ljust(13)}", "dim"), *first])
            lines += [[(" " * 14, ""), *line] for line in rest]
    return lines
