"""Texts of any size as arguments: as they are, from a file, or from standard input."""

import sys
from pathlib import Path

from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible


def read_text(word: str) -> str:
    """The text that `word` stands for: itself, `@FILE`, or `-` for standard input. Raises UsageError for a file that
    cannot be read, or is no UTF-8."""
    if word == "-":
        content, name = sys.stdin.buffer.read(), "Standard input"
    elif word.startswith("@"):
        name = visible(word[1:])
        try:
            content = Path(word[1:]).read_bytes()
        except OSError as error:
            raise UsageError(f"{name} cannot be read: {error.strerror or error}.", code="file") from None
    else:
        return word
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not UTF-8.", hint="JSON is written in UTF-8.", code="json") from None
