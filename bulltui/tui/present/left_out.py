"""What is missing from a list, and why, in a few lines."""

from collections.abc import Sequence

from bulltui.domain.text import visible
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.prose import folded
from bulltui.tui.widgets.cells import cut

_SIGN = " ! "


def left_out(problems: Sequence[str], width: int, height: int) -> list[Pieces]:
    """The sentences, each folded; cut to a line each where there are many, so that each server is named."""
    room = width - len(_SIGN) - 1
    parts = [folded(visible(one), room) for one in problems]
    if sum(map(len, parts)) > height:
        parts = [[cut(visible(one), room)] for one in problems]
    if len(parts) > height:
        parts = [*parts[: height - 1], [f"… and {len(parts) - height + 1:,} more"]]
    return [
        [(" " * len(_SIGN) if place else _SIGN, "delayed bold"), (line, "failed")]
        for lines in parts
        for place, line in enumerate(lines)
    ]
