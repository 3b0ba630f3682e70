"""What the palette offers: the actions that can be done now, and every queue by its name."""

from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain import human
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import QueueRow
from bulltui.tui.present.find import ranked
from bulltui.tui.present.queue_list import titles
from bulltui.tui.present.queues import queue_sign
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.columns import Column

COLUMNS: tuple[Column, ...] = (
    Column("label", "command or queue", min=18, max=40, flex=2, priority=100),
    Column("help", "", min=16, flex=3, priority=20),
    Column("keys", "key", width=12, align="right", priority=50),
)

MENU_COLUMNS: tuple[Column, ...] = (
    Column("label", "what to do", min=20, max=24, flex=1, priority=100),
    Column("help", "", min=16, flex=3, priority=20),
    Column("keys", "key", width=5, align="right", priority=50),
)
"""The same for a menu of actions."""


@dataclass(frozen=True, slots=True)
class Command:
    """An action by its id in the registry."""

    id: str
    label: str
    help: str
    keys: str


@dataclass(frozen=True, slots=True)
class Destination:
    """A queue to go to."""

    row: QueueRow
    title: str

    @property
    def ref(self) -> QueueRef:
        """Which queue."""
        return self.row.ref


Entry = Command | Destination


def key_of(entry: Entry) -> str | QueueRef:
    """What tells entries apart."""
    return entry.id if isinstance(entry, Command) else entry.ref


def destinations(rows: Sequence[QueueRow]) -> list[Destination]:
    """Every queue."""
    return [Destination(row, title) for row, title in zip(rows, titles(rows), strict=True)]


def entries(query: str, commands: Sequence[Command], queues: Sequence[Destination]) -> list[Entry]:
    """What fits the words that are typed; without any, the commands and then the queues."""
    if not query.strip():
        return [*commands, *queues]
    found: list[Entry] = [commands[place] for place in ranked(query, [one.label for one in commands])]
    seen = {one.id for one in found if isinstance(one, Command)}
    words = query.lower().split()
    found += [one for one in commands if one.id not in seen and all(word in one.help.lower() for word in words)]
    return [*found, *(queues[place] for place in ranked(query, [one.title for one in queues]))]


def cells(entry: Entry) -> tuple[Cell, ...]:
    """The cells of an entry."""
    if isinstance(entry, Command):
        return (entry.label, "bold"), (entry.help, "dim"), (entry.keys, "delayed")
    counts = entry.row.queue.counts
    failed: tuple[str, str] = (f"{human.count(counts.failed)} failed  ", "failed") if counts.failed else ("", "")
    sign, token = queue_sign(entry.row)
    return (
        [(f"{sign} ", token), (entry.title, "")],
        [failed, (f"{human.count(counts.pending)} pending", "dim")],
        ("queue", "dim"),
    )
