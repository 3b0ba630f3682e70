"""What a server answers to a raw command."""

from dataclasses import dataclass
from typing import Any

Reply = Any
"""None, bool, int, float, bytes, str, a list, dict or set of these, or a `ReplyError`."""


@dataclass(frozen=True, slots=True)
class ReplyError:
    """An error in place of an answer, as the server worded it."""

    text: str
