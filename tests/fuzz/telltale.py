"""What no input may lead to: a crash, a traceback, a hang, or a secret that shows."""

import contextlib
import io
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from unittest.mock import patch

from hypothesis import HealthCheck, settings

from bulltui.__main__ import main
from bulltui.cli.errors import redacted
from bulltui.domain.errors import BulltuiError
from tests.thorough import tried

CANARY = "canaryQ7xZ93secret"
"""A password that is looked for wherever anything is said or written."""

HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

fuzzed = settings(
    max_examples=tried(500, 60),
    deadline=timedelta(seconds=5),
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
"""500 inputs (60 by `make test`), the same in each run, none of which may take 5 s."""


@dataclass(frozen=True)
class Said:
    """What a call said, and how it ended."""

    code: int
    out: str
    err: str


def call(*argv: str, environment: Mapping[str, str] | None = None) -> Said:
    """A command line in this process. Fails where it crashed or told a secret."""
    out, err = _stream(), _stream()
    base = {name: value for name, value in os.environ.items() if not name.startswith(("BULLTUI_", "REDIS"))}
    with (
        patch.dict(os.environ, {**base, "XDG_CONFIG_HOME": "/nowhere", **(environment or {})}, clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = main(argv)
    said = Said(code, _text(out), _text(err))
    assert code in (0, 1, 2, 3, 4, 5, 6), said
    assert not HARMFUL.search(said.out + said.err), said
    quiet(said.out, said.err)
    return said


def quiet(*texts: str) -> None:
    """Fails where a text has a traceback, a bug of ours, or the secret."""
    for text in texts:
        assert "Traceback" not in text, text
        assert "Something unexpected" not in text, text
        assert CANARY not in text, text


def told(error: BulltuiError, argv: Sequence[str] = ()) -> None:
    """Fails where an error is none for people."""
    assert error.message
    quiet(redacted(error.message, argv), redacted(error.hint, argv))


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8")
