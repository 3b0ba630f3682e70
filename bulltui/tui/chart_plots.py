"""What was read, as charts are drawn."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain.chart_view import known_until, settled
from bulltui.domain.charting import Mark
from bulltui.tui.chart_reads import Known
from bulltui.tui.present import charts as present
from bulltui.tui.present.line import Pieces
from bulltui.tui.widgets.line_chart import Plot, Trace

_WIDE = 110
"""From this width on charts stand side by side."""
_PANEL_ROWS = 10
"""So many lines a chart has at least where several are shown."""
_MOST_ROWS = 4
_AROUND = 6
"""Lines of the screen that are no charts."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many charts go side by side, and how many below each other."""

    columns: int
    rows: int

    @classmethod
    def of(cls, width: int, height: int, *, large: bool) -> "Room":
        """The room of a screen."""
        if large or width < _WIDE:
            return cls(1, 1)
        return cls(2, max(1, min(_MOST_ROWS, (height - _AROUND) // _PANEL_ROWS)))

    def shown(self, chosen: int, number: int) -> tuple[int, ...]:
        """The charts that are seen, the chosen one among them."""
        page = min(number, self.columns * self.rows)
        first = min(chosen // page * page, number - page)
        return tuple(range(first, first + page))


def marks_of(known: Known) -> tuple[Mark, ...]:
    """What happened to the queues that are shown."""
    return tuple(mark for mark in known.marks if present.concerns(mark, known.wanted.refs))


def cursor_lines(known: Known | None, cursor_ms: int | None, width: int, most: int) -> list[Pieces]:
    """What the cursor is on, and what happened then; without one, how much happened. Always as many lines, `most` at
    most, while a cursor goes through what is known, so that nothing moves."""
    if known is None:
        return [[]]
    window, marks = known.wanted.window, marks_of(known)
    places = Counter(place for mark in marks if (place := window.place_of(mark.at_ms)) is not None)
    room = min(most, 1 + max(places.values(), default=0))
    at = None if cursor_ms is None else window.place_of(cursor_ms)
    lines = [present.marks_text(marks, width)] if at is None else present.at_cursor(window, at, marks)
    if len(lines) > room:
        lines = [*lines[: room - 1], present.more_text(len(lines) - room + 1)]
    return [*lines, *([] for _ in range(room - len(lines)))]


def plots_of(known: Known, panels: Sequence[present.Panel], cursor: int | None, *, plain: bool) -> list[Plot]:
    """A chart for each panel."""
    last = known.state.last_ms if known.state is not None else None
    chart = settled(known.chart, known_until(known.wanted.window, known.at_ms, last))
    signs = _signs(known, plain=plain)
    return [
        Plot(
            panel.title,
            panel.unit,
            known.wanted.window,
            (*_before(known, panel), *(_trace(one, chart.lines.get(one.measure, ())) for one in panel.traces)),
            panel.note,
            signs,
            cursor,
            present.nothing(panel.measures, known.wanted.measures),
        )
        for panel in panels
    ]


def _trace(one: present.Trace, values: Sequence[float | None], *, dashed: bool = False) -> Trace:
    return Trace(one.name, one.letter, one.token, tuple(values), dashed)


def _before(known: Known, panel: present.Panel) -> list[Trace]:
    if known.before is None:
        return []
    before = settled(known.before, known.at_ms)
    return [_trace(one, before.lines.get(one.measure, ()), dashed=True) for one in panel.traces]


def _signs(known: Known, *, plain: bool) -> tuple[tuple[int, str, str], ...]:
    """The signs of the marks, those that matter most last."""
    window = known.wanted.window
    found = []
    for mark in sorted(marks_of(known), key=present.rank_of, reverse=True):
        place = window.place_of(mark.at_ms)
        if place is not None:
            sign, in_ascii, token = present.MARK_SIGNS[mark.kind]
            found.append((place, in_ascii if plain else sign, token))
    return tuple(dict.fromkeys(found))
