"""What holds queues up, as people and programs read it."""

from collections.abc import Iterator

from bulltui.cli.documents import of_server
from bulltui.cli.job_why import folded
from bulltui.cli.output import Out, Scalar
from bulltui.cli.queue_text import field
from bulltui.cli.table import Cell, Column, Row, Tone
from bulltui.domain.bottleneck import LOCAL_LIMITS, Bottleneck, Verdict
from bulltui.domain.human import age
from bulltui.domain.jsontext import Json
from bulltui.domain.limit_facts import WORDS, exact_rate, limit_facts
from bulltui.domain.text import visible
from bulltui.services.limits import Limited

_BAD = frozenset({Verdict.NO_WORKERS, Verdict.STUCK, Verdict.STALLED})
COLUMNS = (
    Column("queue", give=True),
    Column("verdict"),
    Column("waiting", right=True),
    Column("active", right=True, drop=2),
    Column("limit/min", right=True),
    Column("starts/min", right=True),
    Column("limited", right=True, drop=1),
    Column("concurrency", right=True, drop=3),
    Column("workers", right=True, drop=4),
    Column("empty in", right=True, drop=5),
)
FIELDS = (
    *("name", "prefix", "verdict", "sure", "sentence", "max", "duration", "used", "ttl", "limited"),
    *("limitPerMinute", "startedPerMinute", "startsMs", "windows", "windowsFull"),
    *("addedPerMinute", "finishedPerMinute", "spanMs"),
    *("limitedShare", "saturatedShare", "looks", "looksMs", "concurrency", "active", "waiting", "workers"),
    *("growthPerMinute", "drainsMs", "runP50", "runP95", "runs", "hourAgoP50", "hourAgoP95", "hourAgoRuns"),
)


def _tone(verdict: Verdict) -> Tone:
    if not verdict.holds:
        return Tone.DIM if verdict is Verdict.IDLE else Tone.OK
    return Tone.BAD if verdict in _BAD else Tone.WARN


def row_of(one: Limited, *, whole_key: bool) -> Row:
    numbers, ref = one.found.numbers, one.row.ref
    per_minute = ["–" if value is None else exact_rate(value) for value in (numbers.limit_per_minute, numbers.started)]
    return (
        ref.shown_key if whole_key else ref.shown,
        Cell(WORDS[one.found.verdict] + ("" if one.found.sure else " ?"), _tone(one.found.verdict)),
        f"{numbers.waiting:,}",
        f"{numbers.active:,}",
        *per_minute,
        "–" if numbers.limited is None else f"{numbers.limited:.0%}",
        "–" if numbers.concurrency is None else f"{numbers.concurrency:,}",
        "?" if numbers.workers is None else f"{numbers.workers:,}",
        "–" if numbers.drains_ms is None else age(numbers.drains_ms),
    )


def lines_of(out: Out, one: Limited) -> Iterator[str]:
    found = one.found
    word = out.paint(WORDS[found.verdict], _tone(found.verdict))
    yield f"{out.paint(visible(one.row.ref.shown), Tone.TITLE)}  {word}"
    yield from (out.paint(line, _tone(found.verdict)) for line in folded(out, found.sentence, "  "))
    if not found.sure:
        yield from folded(out, "This is what is most likely; the server does not tell enough to be sure.", "  ")
    yield ""
    for name, text in limit_facts(found):
        yield field(name, text)
    for title, lines in (("Seen", found.evidence), ("Next", found.steps)):
        if lines:
            yield ""
            yield out.paint(title, Tone.TITLE)
            for text in lines:
                yield from folded(out, text, "  ")
    if found.numbers.limit.maximum is None:
        yield ""
        yield from folded(out, LOCAL_LIMITS)


def _numbers(found: Bottleneck) -> dict[str, Scalar]:
    numbers, limit = found.numbers, found.numbers.limit
    return {
        "max": limit.maximum,
        "duration": limit.duration_ms,
        "used": limit.used,
        "ttl": limit.ttl_ms,
        "limited": limit.limited,
        "limitPerMinute": numbers.limit_per_minute,
        "startedPerMinute": numbers.started,
        "startsMs": numbers.starts_ms,
        "windows": numbers.windows,
        "windowsFull": numbers.full,
        "addedPerMinute": numbers.added,
        "finishedPerMinute": numbers.finished,
        "spanMs": numbers.span_ms,
        "limitedShare": numbers.limited,
        "saturatedShare": numbers.saturated,
        "looks": numbers.looks,
        "looksMs": numbers.looks_ms,
        "concurrency": numbers.concurrency,
        "active": numbers.active,
        "waiting": numbers.waiting,
        "workers": numbers.workers,
        "growthPerMinute": numbers.growth,
        "drainsMs": numbers.drains_ms,
        "runP50": numbers.run_p50,
        "runP95": numbers.run_p95,
        "runs": numbers.runs,
        "hourAgoP50": numbers.before_p50,
        "hourAgoP95": numbers.before_p95,
        "hourAgoRuns": numbers.before_runs,
    }


def record_of(one: Limited) -> dict[str, Scalar]:
    ref, found = one.row.ref, one.found
    about: dict[str, Scalar] = {"name": ref.name, "prefix": ref.prefix, **of_server(ref)}
    return about | {"verdict": found.verdict.value, "sure": found.sure, "sentence": found.sentence} | _numbers(found)


def document_of(one: Limited) -> dict[str, Json]:
    """A queue as a JSON object; durations are in ms, shares from 0 to 1, and what was not measured is null."""
    return {
        **record_of(one),
        "cause": one.found.why.cause.value,
        "evidence": list(one.found.evidence),
        "steps": list(one.found.steps),
    }
