"""What is wrong or unwise in a configuration, as it is told."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: a sentence that names the file, what to do, the line or 0, and whether it is only unwise."""

    message: str
    hint: str = ""
    line: int = 0
    warning: bool = False


def line_in(text: str, where: str) -> int:
    """The line that a sentence or a place names behind the file, 0 where it names none."""
    found = re.search(re.escape(where) + r":([0-9]+)", text)
    return int(found[1]) if found else 0
