"""A running action as a line above the footer, and what came of one."""

from dataclasses import replace
from typing import Literal

from bulltui.domain import human
from bulltui.domain.outcome import Kind, Outcome, Progress
from bulltui.domain.telling import result
from bulltui.domain.text import visible
from bulltui.services.request import Request
from bulltui.tui.present.line import Pieces, fit, part
from bulltui.tui.present.prose import prose

FULL, EMPTY = "▓", "░"
_BAR = 20
_SIGN = {Kind.DONE: ("✔", "ok"), Kind.NOTHING: ("·", "dim"), Kind.PARTLY: ("⚠", "delayed")}
_BAD = ("✖", "failed")
_HERE = {"journal-full": "On the screen that is w, before you say yes."}
"""What to press here, where a hint speaks of the command line."""


def running_line(what: str, progress: Progress, width: int, *, asked: bool) -> Pieces:
    """How far `what` goes on is: a bar, counts, the rate, the time it took so far, and how to stop it."""
    whole = progress.total or 0
    full = min(_BAR, progress.handled * _BAR // whole) if whole else 0
    counts = f"{progress.handled:,} of {whole:,}" if whole else f"{progress.handled:,}"
    skipped = f"{progress.skipped:,} skipped" if progress.skipped else ""
    rate = f"{human.count(int(progress.rate))}/s" if progress.handled else ""
    stop = ("stopping after this chunk", "delayed bold") if asked else ("esc stops", "delayed")
    return fit(
        [
            part(60, (what, "bold")),
            part(30, (FULL * full, "active"), (EMPTY * (_BAR - full), "dim")) if whole else part(0),
            part(90, (counts, "active")),
            part(40, (progress.step, "dim")),
            part(50, (skipped, "delayed")),
            part(20, (rate, "dim")),
            part(25, (human.duration(int(progress.elapsed_s * 1000)), "dim")),
            part(100, stop, right=True),
        ],
        width,
    )


def words(request: Request, outcome: Outcome) -> str:
    """What came of it, in sentences."""
    said = [result(request.action, request.target, replace(outcome, undo=None, further_undos=()))]
    if outcome.error is not None:
        said += [outcome.error.message, outcome.error.hint, _HERE.get(outcome.error.code, "")]
    if outcome.undo is not None:
        said.append("u undoes, one server at a time." if outcome.further_undos else "u undoes.")
    return visible(" ".join(filter(None, said)))


def toast(request: Request, outcome: Outcome) -> tuple[str, Literal["information", "warning", "error"]]:
    """The same in passing, and how grave it is. What did not do all is said at length elsewhere, and stays there."""
    if outcome.kind in (Kind.DONE, Kind.NOTHING):
        took = f" ({human.duration(int(outcome.elapsed_s * 1000))})" if outcome.done and outcome.elapsed_s >= 1 else ""
        return words(request, outcome) + took, "information"
    if outcome.kind is Kind.PARTLY:
        return f"{request.verb}: partly done", "warning"
    return f"{request.verb}: {outcome.kind.value}", "error"


def outcome_lines(text: str, kind: Kind, width: int) -> list[Pieces]:
    """The same as lines, with a sign of how it ended."""
    sign, token = _SIGN.get(kind, _BAD)
    return prose(text, token, width, sign=f"{sign} ")
