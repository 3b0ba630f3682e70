"""`bulltui queues limits`: what holds queues up, and what their limits are used for."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.documents import of_server
from bulltui.cli.grammar import command
from bulltui.cli.job_why import folded
from bulltui.cli.options import Output
from bulltui.cli.output import Out, Scalar, Shape, note
from bulltui.cli.queue_text import field
from bulltui.cli.table import Cell, Column, Row, Tone
from bulltui.domain.bottleneck import LOCAL_LIMITS, Bottleneck, Verdict
from bulltui.domain.errors import ExitCode, UsageError
from bulltui.domain.jsontext import Json
from bulltui.domain.snapshot import Link, Snapshot
from bulltui.domain.spans import span
from bulltui.domain.text import plural, visible

if TYPE_CHECKING:
    from bulltui.services.limits import Limited
    from bulltui.wiring import Runtime

_BAD = frozenset({Verdict.NO_WORKERS, Verdict.STUCK, Verdict.STALLED})
_LONGEST_MS = 600_000
_COLUMNS = (
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
_FIELDS = (
    *("name", "prefix", "verdict", "sure", "sentence", "max", "duration", "used", "ttl", "limited"),
    *("limitPerMinute", "startedPerMinute", "startsMs", "windows", "windowsFull"),
    *("addedPerMinute", "finishedPerMinute", "spanMs"),
    *("limitedShare", "saturatedShare", "looks", "looksMs", "concurrency", "active", "waiting", "workers"),
    *("growthPerMinute", "drainsMs", "runP50", "runP95", "runs", "hourAgoP50", "hourAgoP95", "hourAgoRuns"),
)


def register(app: typer.Typer) -> None:
    """Adds the command to the noun `queues`."""
    command(
        app,
        "limits",
        examples="""
        bulltui queues limits
        bulltui queues limits mail --for 10s
        bulltui queues limits -o json | jq '.[] | select(.verdict == "growing")'
        """,
    )(limits)


def limits(
    call: Call,
    *,
    queue: Annotated[
        str | None, typer.Argument(metavar="[QUEUE]", show_default=False, help="Only this one, in full.")
    ] = None,
    lasting: Annotated[
        str, typer.Option("--for", metavar="SPAN", help="For how long the queues are looked at: 5s, 1m.")
    ] = "3s",
    everything: Annotated[bool, typer.Option("--all", help="Queues that nothing holds up as well.")] = False,
) -> int:
    """Tell what holds queues up: limits and what is used of them, concurrency, workers, backlog, slower jobs.

    Queues are looked at for some seconds. Starts are counted over whole windows of a limit; of a single queue, where
    these are long or little moves, as far back as its stream reaches, 5 minutes at most.
    """
    for_ms = span(lasting)
    if not 1000 <= for_ms <= _LONGEST_MS:
        raise UsageError("--for must be 1s at least and 10m at most.")
    return _one(call, queue, for_ms / 1000) if queue is not None else _all(call, for_ms / 1000, everything)


def _one(call: Call, queue: str, seconds: float) -> int:
    async def read(runtime: "Runtime") -> "Limited":
        from bulltui.services.limits import limits_of_queue
        from bulltui.services.overview import resolve

        return await limits_of_queue(runtime, await resolve(runtime.reader, call.settings.prefixes, queue), seconds)

    found = call.run(read)
    if call.output is Output.TABLE:
        for line in _lines(call.out, found):
            call.out.line(line)
    elif call.output is Output.CSV:
        with call.out.rows(_FIELDS) as add:
            add(_record(found))
    else:
        call.out.document(_document(found), short=call.output is Output.JSONL)
    return ExitCode.DONE


def _all(call: Call, seconds: float, everything: bool) -> int:
    async def read(runtime: "Runtime") -> "tuple[Snapshot, list[Limited]]":
        from bulltui.services.limits import limits_of_all
        from bulltui.services.overview import overview

        settings = call.settings
        snapshot = await overview(runtime.reader, runtime.clock, settings.prefixes, settings.queues)
        return snapshot, await limits_of_all(runtime, snapshot.rows, seconds)

    snapshot, found = call.run(read)
    shown = [one for one in found if everything or _telling(one)]
    several = len({one.row.ref.prefix for one in found}) > 1
    line = partial(_row, whole_key=several)
    call.out.listing(call.output, shown, Shape(_COLUMNS, line, _FIELDS, _record, _document))
    if snapshot.discovery.problem:
        note(f"Some queues are left out: {snapshot.discovery.problem}")
    if not found:
        note("No queues; `bulltui queues list` says what to check.")
    elif not shown:
        note(f"Nothing holds up any of {plural(len(found), 'queue')}. --all shows them.")
    if snapshot.workers_problem:
        note(f"Workers are not known: {snapshot.workers_problem}")
    away = [one for one in snapshot.servers if one.health.link is Link.OFFLINE]
    for server in away:
        note(f"{server.label} is left out: {server.health.message}")
    return ExitCode.PARTLY if away else ExitCode.DONE


def _telling(one: "Limited") -> bool:
    """Whether there is anything to say of a queue: something holds it, or may."""
    numbers = one.found.numbers
    limit = numbers.limit
    return (
        one.found.verdict.holds
        or one.found.verdict is Verdict.DRAINING
        or limit.maximum is not None
        or limit.ttl_ms > 0
        or numbers.concurrency is not None
    )


def _tone(verdict: Verdict) -> Tone:
    if not verdict.holds:
        return Tone.DIM if verdict is Verdict.IDLE else Tone.OK
    return Tone.BAD if verdict in _BAD else Tone.WARN


def _row(one: "Limited", *, whole_key: bool) -> Row:
    from bulltui.domain.human import age
    from bulltui.domain.limit_facts import WORDS, exact_rate

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


def _lines(out: Out, one: "Limited") -> Iterator[str]:
    from bulltui.domain.limit_facts import WORDS, limit_facts

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


def _record(one: "Limited") -> dict[str, Scalar]:
    ref, found = one.row.ref, one.found
    about: dict[str, Scalar] = {"name": ref.name, "prefix": ref.prefix, **of_server(ref)}
    return about | {"verdict": found.verdict.value, "sure": found.sure, "sentence": found.sentence} | _numbers(found)


def _document(one: "Limited") -> dict[str, Json]:
    """A queue as a JSON object; durations are in ms, shares from 0 to 1, and what was not measured is null."""
    return {
        **_record(one),
        "cause": one.found.why.cause.value,
        "evidence": list(one.found.evidence),
        "steps": list(one.found.steps),
    }
