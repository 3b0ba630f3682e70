"""The lines that a service writes to standard error: for people and journals, or JSON for programs."""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TextIO

from bulltui.cli.table import Tone
from bulltui.domain.jsontext import Json, dump
from bulltui.domain.secrets import hidden
from bulltui.domain.text import visible
from bulltui.services.watch.news import Level, News

_TONES = {Level.INFO: Tone.PLAIN, Level.WARNING: Tone.WARN, Level.ERROR: Tone.BAD}
_PRIORITIES = {Level.INFO: 6, Level.WARNING: 4, Level.ERROR: 3}
"""As syslog counts, which a journal reads at the start of a line."""


class LogForm(StrEnum):
    """How lines are written."""

    TEXT = "text"
    JSON = "json"


class Log:
    """Writes a line for each piece of news. A stream that nobody reads any more is no reason to end."""

    def __init__(
        self, form: LogForm, stream: TextIO | None = None, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._form = form
        self._stream = sys.stderr if stream is None else stream
        self._journal = "JOURNAL_STREAM" in environment and not self._stream.isatty()
        plain = bool(environment.get("NO_COLOR")) or environment.get("TERM") == "dumb"
        self._colour = self._stream.isatty() and not plain

    def write(self, news: News, at_ms: int) -> None:
        """Writes it. Nothing in a line moves a cursor, holds a secret or begins another line."""
        message = " ".join(visible(hidden(news.message)).split())
        line = self._json(news, message, at_ms) if self._form is LogForm.JSON else self._text(news, message, at_ms)
        try:
            self._stream.write(f"{line}\n")
            self._stream.flush()
        except (OSError, ValueError):
            return

    def _json(self, news: News, message: str, at_ms: int) -> str:
        fields: dict[str, Json] = {name: _plain(value) for name, value in news.fields.items()}
        return dump({"time": _iso(at_ms), "level": news.level.value, "event": news.event, "message": message} | fields)

    def _text(self, news: News, message: str, at_ms: int) -> str:
        if self._journal:  # which has its own time
            return f"<{_PRIORITIES[news.level]}>{message}"
        word = news.level.value.ljust(7)
        if self._colour:
            word = _TONES[news.level].paint(word)
        return f"{_local(at_ms)} {word} {message}"


def _plain(value: Json) -> Json:
    return hidden(value) if isinstance(value, str) else value


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _local(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")
