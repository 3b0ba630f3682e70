"""What a template of a message may name."""

import re

FIELDS = (
    *("id", "title", "text", "count", "alert", "phase", "rule", "watched", "severity", "subject", "server", "prefix"),
    *("queue", "value", "worst", "threshold", "unit", "since", "fired", "resolved"),
)
"""The names that a template may have in braces: of the message first, then of the worst alert in it."""

NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)\}")


def names_in(template: str) -> tuple[str, ...]:
    """The names in a template, each once."""
    return tuple(dict.fromkeys(NAME.findall(template)))
