"""A drawing on a page of a PDF."""

from collections.abc import Callable

from fpdf import FPDF

from bulltui.reports.drawing import TEXT, Drawing, Role, Spot

_COLOURS = {
    Role.GRID: (225, 229, 235),
    Role.AXIS: (91, 102, 117),
    Role.TITLE: (29, 36, 48),
    Role.FIRST: (11, 98, 196),
    Role.SECOND: (154, 91, 0),
    Role.FAINT: (140, 149, 162),
    Role.GAP: (233, 236, 240),
    Role.ALERT: (179, 38, 30),
    Role.ACTION: (107, 63, 160),
}
_FAINTER = {Role.ALERT: (230, 180, 176), Role.ACTION: (196, 178, 222)}
"""Lines of marks, which must not hide what they stand on."""
_WIDTHS = {Role.FIRST: 0.45, Role.SECOND: 0.35, Role.FAINT: 0.3}
_DASHES = {Role.SECOND: (1.4, 0.8), Role.FAINT: (0.35, 0.8), Role.ACTION: (0.7, 0.7)}
_POINTS_A_MM = 72 / 25.4


def draw(
    paper: FPDF, drawing: Drawing, left: float, top: float, scale: float, *, family: str, said: Callable[[str], str]
) -> None:
    """Draws it with its corner at `left`, `top` (mm), a unit being `scale` mm. `said` puts a text into signs of the
    font `family`."""

    def at(spot: Spot) -> Spot:
        return left + spot[0] * scale, top + spot[1] * scale

    with paper.local_context():
        for area in drawing.areas:
            paper.set_fill_color(*_COLOURS[area.role])
            paper.polygon([at(spot) for spot in area.spots], style="F")
        for stroke in drawing.strokes:
            paper.set_draw_color(*(_FAINTER.get(stroke.role) or _COLOURS[stroke.role]))
            paper.set_line_width(_WIDTHS.get(stroke.role, 0.15))
            paper.set_dash_pattern(*_DASHES.get(stroke.role, (0, 0)))
            paper.polyline([at(spot) for spot in stroke.spots])
        paper.set_dash_pattern()
        for word in drawing.words:
            paper.set_font(family, "B" if word.role is Role.TITLE else "", TEXT * scale * _POINTS_A_MM)
            paper.set_text_color(*_COLOURS[word.role])
            text = said(word.text)
            back = {"middle": 0.5, "end": 1.0}.get(word.anchor, 0.0) * paper.get_string_width(text)
            x, y = at((word.x, word.y))
            paper.text(x - back, y, text)
