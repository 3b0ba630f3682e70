"""`bulltui queues limits`: what holds queues up, and what their limits are used for."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.grammar import command
from bulltui.cli.options import Output
from bulltui.cli.output import Shape, note
from bulltui.domain.errors import ExitCode, UsageError
from bulltui.domain.snapshot import Link, Snapshot
from bulltui.domain.spans import span
from bulltui.domain.text import plural

if TYPE_CHECKING:
    from bulltui.services.limits import Limited
    from bulltui.wiring import Runtime

_LONGEST_MS = 600_000


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
    from bulltui.cli import limits_text as told

    async def read(runtime: "Runtime") -> "Limited":
        from bulltui.services.limits import limits_of_queue
        from bulltui.services.overview import resolve

        return await limits_of_queue(runtime, await resolve(runtime.reader, call.settings.prefixes, queue), seconds)

    found = call.run(read)
    if call.output is Output.TABLE:
        for line in told.lines_of(call.out, found):
            call.out.line(line)
    elif call.output is Output.CSV:
        with call.out.rows(told.FIELDS) as add:
            add(told.record_of(found))
    else:
        call.out.document(told.document_of(found), short=call.output is Output.JSONL)
    return ExitCode.DONE


def _all(call: Call, seconds: float, everything: bool) -> int:
    from bulltui.cli import limits_text as told

    async def read(runtime: "Runtime") -> "tuple[Snapshot, list[Limited]]":
        from bulltui.services.limits import limits_of_all
        from bulltui.services.overview import overview

        settings = call.settings
        snapshot = await overview(runtime.reader, runtime.clock, settings.prefixes, settings.queues)
        return snapshot, await limits_of_all(runtime, snapshot.rows, seconds)

    snapshot, found = call.run(read)
    shown = [one for one in found if everything or _telling(one)]
    several = len({one.row.ref.prefix for one in found}) > 1
    line = partial(told.row_of, whole_key=several)
    shape = Shape(told.COLUMNS, line, told.FIELDS, told.record_of, told.document_of)
    call.out.listing(call.output, shown, shape)
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
        or numbers.drains_ms is not None
        or limit.maximum is not None
        or limit.ttl_ms > 0
        or numbers.concurrency is not None
    )
