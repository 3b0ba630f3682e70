"""The four lists of the screen of alerts, made of what was read."""

from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain.alert import Alert, Mute, Phase, Rule
from bulltui.tui.alert_reads import Board
from bulltui.tui.present import alerts as present
from bulltui.tui.present.line import Pieces
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.columns import Column
from bulltui.tui.widgets.tabs import Tab

NOW, PAST, MUTES, RULES = LISTS = ("now", "past", "mutes", "rules")
COLUMNS: dict[str, tuple[Column, ...]] = {
    NOW: present.NOW_COLUMNS,
    PAST: present.PAST_COLUMNS,
    MUTES: present.MUTE_COLUMNS,
    RULES: present.RULE_COLUMNS,
}
EMPTY = {
    NOW: "Nothing is wrong: no alert fires.\n\n4 shows what is watched for, 2 what has fired before.",
    PAST: "No alert has fired and ended yet.",
    MUTES: "Nothing is muted.\n\nx on an alert or a rule mutes it for a time.",
    RULES: "No rules: nothing is watched for.\n\n`[alerts]` in the configuration has them.",
}
"""What is said where a list is empty."""

Item = Alert | Mute | Rule


@dataclass(frozen=True, slots=True)
class Row:
    """A line of whichever list: what names it, what a filter looks into, and the thing itself."""

    key: object
    text: str
    item: Item


def rows_of(name: str, board: Board, words: Sequence[str]) -> list[Row]:
    """The lines of a list that have all of these words; a word behind `!` none of them may have."""
    if name == MUTES:
        rows = [Row(one.number, f"{one.rules} {one.subjects} {one.why} {one.by}", one) for one in board.mutes]
    elif name == RULES:
        rules = sorted(board.rules, key=lambda one: (present.WORST[one.severity], one.name))
        rows = [Row(one.name, f"{one.name} {present.condition(one)}", one) for one in rules]
    else:
        # What nobody is to be told of comes after all that fires.
        now = sorted(board.now, key=lambda one: (one.phase is not Phase.FIRING, bool(one.muted)))
        alerts = now if name == NOW else board.past
        rows = [Row(one.id, f"{one.subject} {one.rule} {one.severity.value} {one.text}", one) for one in alerts]
    return [row for row in rows if _fits(row.text.casefold(), words)]


def _fits(text: str, words: Sequence[str]) -> bool:
    return all((word[1:] not in text) if word.startswith("!") and len(word) > 1 else word in text for word in words)


def tabs_of(board: Board) -> list[Tab]:
    """A tab for each list, with how much there is in it."""
    fires = sum(one.phase is Phase.FIRING for one in board.now)
    waits = len(board.now) - fires
    numbers = f"{fires:,}+{waits:,}" if waits else f"{fires:,}"
    return [
        Tab(NOW, "firing+pending" if waits else "firing", numbers, "failed" if fires else "dim", short="fire"),
        Tab(PAST, "history", f"{len(board.past):,}", "dim", short="hist"),
        Tab(MUTES, "mutes", f"{len(board.mutes):,}", "delayed" if board.mutes else "dim"),
        Tab(RULES, "rules", f"{len(board.rules):,}", "dim"),
    ]


def cells_of(item: Item, board: Board, now_ms: int) -> Sequence[Cell]:
    """The cells of a line."""
    if isinstance(item, Mute):
        return present.mute_cells(item, now_ms)
    if isinstance(item, Rule):
        return present.rule_cells(item, board.now)
    if item.phase is Phase.RESOLVED:
        return present.past_cells(item, now_ms)
    return present.now_cells(item, board.told, now_ms)


def all_of(item: Item, board: Board, now_ms: int, width: int) -> list[Pieces]:
    """All that is known of it."""
    if isinstance(item, Mute):
        return present.mute_lines(item, board.now, now_ms, width)
    if isinstance(item, Rule):
        return present.rule_lines(item, width)
    return present.alert_lines(item, board.told.get(item.id, ()), board.mutes, now_ms, width)
