"""A drawing as SVG within a page. How roles look is said by the page, so that it can be light or dark."""

from collections.abc import Iterable
from html import escape

from bulltui.reports.drawing import Area, Drawing, Spot, Stroke, Word, Zone


def svg_of(drawing: Drawing) -> str:
    """The element. Texts are escaped; nothing is loaded, and there is neither script nor style in it."""
    size = f"{_n(drawing.width)} {_n(drawing.height)}"
    parts = (
        *map(_area, drawing.areas),
        *map(_stroke, drawing.strokes),
        *map(_word, drawing.words),
        *map(_zone, drawing.zones),
        *(_area(one, bare=True) for one in drawing.areas if one.told),
    )
    return (
        f'<svg viewBox="0 0 {size}" role="img" aria-label="{escape(drawing.told)}">\n' + "\n".join(parts) + "\n</svg>"
    )


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _spots(spots: Iterable[Spot]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in spots)


def _stroke(stroke: Stroke) -> str:
    return f'<polyline class="{stroke.role.value}" points="{_spots(stroke.spots)}"/>'


def _area(area: Area, *, bare: bool = False) -> str:
    """`bare`: only to be pointed at, above all that is drawn."""
    told = f"<title>{escape(area.told)}</title>" if bare else ""
    return f'<polygon class="{"zone" if bare else area.role.value}" points="{_spots(area.spots)}">{told}</polygon>'


def _word(word: Word) -> str:
    anchor = "" if word.anchor == "start" else f' text-anchor="{word.anchor}"'
    return f'<text class="{word.role.value}" x="{_n(word.x)}" y="{_n(word.y)}"{anchor}>{escape(word.text)}</text>'


def _zone(zone: Zone) -> str:
    box = f'x="{_n(zone.x)}" y="{_n(zone.y)}" width="{_n(zone.width)}" height="{_n(zone.height)}"'
    return f'<rect class="zone" {box}><title>{escape(zone.told)}</title></rect>'
