"""Profiles to choose from, as rows: where each leads and what to know before."""

from collections.abc import Collection, Sequence

from bulltui.config.settings import KnownProfile
from bulltui.domain.text import visible
from bulltui.tui.present.line import Pieces
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.columns import Column

COLUMNS: tuple[Column, ...] = (
    Column("name", "profile", min=10, max=28, flex=2, priority=100),
    Column("notes", "", min=20, max=34, flex=1, priority=90),
    Column("address", "server", min=16, flex=4, priority=80),
)


def chosen(query: str, known: Sequence[KnownProfile]) -> list[KnownProfile]:
    """Those that have each word in name, address, role or notes, in their order."""
    words = query.lower().split()
    return [one for one in known if all(word in _said(one) for word in words)]


def _said(one: KnownProfile) -> str:
    notes = " ".join(text for text, _ in _notes(one))
    return f"{one.name} {one.address} {notes}".lower()


def _notes(one: KnownProfile) -> list[tuple[str, str]]:
    notes = [("PRODUCTION", "failed bold")] if one.production else []
    if one.read_only:
        notes.append(("read-only", "delayed"))
    if one.role and one.role != "admin":
        notes.append((visible(one.role), "delayed"))
    return notes


def cells(one: KnownProfile, opened: Collection[str]) -> tuple[Cell, ...]:
    """The cells of a profile, for `COLUMNS`; a sign says which are `opened` now."""
    here: tuple[str, str] = ("● ", "ok") if one.name in opened else ("  ", "")
    spaced: Pieces = [(text if not place else f" {text}", token) for place, (text, token) in enumerate(_notes(one))]
    return [here, (visible(one.name), "bold")], spaced, visible(one.address)


def hint(marked: int) -> str:
    """What the keys do."""
    what = f"enter opens the {marked} marked together" if marked > 1 else "enter opens"
    return f"{what}, space marks several, esc closes"
