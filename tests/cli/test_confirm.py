"""Being asked on a terminal."""

import asyncio
import io
import os
import signal
import sys

import pytest

from bulltui.cli.confirm import answer
from bulltui.cli.output import Out


class Impatient(io.StringIO):
    """Whoever reads it presses Ctrl+C the moment that something is there."""

    def flush(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_the_moment_a_question_is_there_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would be waited for an answer that nobody means to give: a loop only takes note of Ctrl+C."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    told: list[str] = []

    async def ask() -> None:
        try:
            told.append(answer(Out(Impatient()), "Do it? [y/N] "))
        except KeyboardInterrupt:
            told.append("Ctrl+C")
            raise

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(ask())
    assert told == ["Ctrl+C"]
