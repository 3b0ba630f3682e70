"""The secrets that this run came to know, so that nothing it says has one of them.

Whoever reads a password tells it here, wherever it came from: a profile, the environment, a command. What is printed
passes `hidden`.
"""

import json
from urllib.parse import quote, quote_plus

SIGN = "***"
_LEAST = 3
"""Shorter ones would make every text unreadable, and are none."""

_known: set[str] = set()


def know(*secrets: str) -> None:
    """Remembers secrets, in each form in which a text may quote them."""
    for secret in secrets:
        forms = (
            secret,
            quote(secret, safe=""),
            quote_plus(secret),
            quote(secret),
            repr(secret)[1:-1],
            _escaped(secret),
        )
        _known.update(form for form in (*forms, *secret.splitlines()) if len(form) >= _LEAST)


def hidden(text: str) -> str:
    """`text` without any secret that is known.

    >>> know("hunter22"); hidden("AUTH hunter22 was refused")
    'AUTH *** was refused'
    """
    for secret in sorted(_known, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, SIGN)
    return text


def forget() -> None:
    """Forgets all of them: for tests."""
    _known.clear()


def _escaped(secret: str) -> str:
    return json.dumps(secret)[1:-1]
