"""Finding a text in wrapped lines: pure, one block after the other, so that a caller can pause between them."""

import re
from collections.abc import Iterator
from typing import TypeAlias

from bulltui.tui.widgets.wrap import Wrap

Place: TypeAlias = tuple[int, int]
"""A line, and a character in it."""


def needle(query: str) -> re.Pattern[str]:
    """What finds `query` as it stands; in any case of letters if it has no capital."""
    return re.compile(re.escape(query), 0 if query != query.lower() else re.IGNORECASE)


def matches(wrap: Wrap, query: str, place: Place, step: int) -> Iterator[Place | None]:
    """The places where `query` is, from after `place` on (back from before it with -1), round the ends; None after
    each block that was looked through."""
    row = wrap.row_of(*place)
    if not wrap.blocks or not query:
        return
    find, reach = needle(query), len(query) - 1
    first = wrap.block_of(row or 0)
    for distance in range(wrap.blocks + 1):
        block = (first + step * distance) % wrap.blocks
        line, start = wrap.block_place(block)
        own = len(wrap.block_text(block))
        found = (hit.start() for hit in find.finditer(wrap.block_text(block, reach)))
        hits = [(line, start + at) for at in found if at < own]
        if distance == 0:
            hits = [hit for hit in hits if (hit > place if step > 0 else hit < place)]
        if hits:
            yield hits[0 if step > 0 else -1]
        yield None
