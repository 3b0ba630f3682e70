"""`bulltui schedulers`: jobs that come again and again."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli import scheduler_acts
from bulltui.cli.call import Call
from bulltui.cli.documents import SCHEDULER_FIELDS, scheduler_document, scheduler_row
from bulltui.cli.grammar import command, noun
from bulltui.cli.output import Shape, note
from bulltui.cli.table import Cell, Column, Row, Tone
from bulltui.domain.human import ago, clock, duration
from bulltui.domain.queue import QueueRef
from bulltui.domain.scheduler import Scheduler

if TYPE_CHECKING:
    from bulltui.services.protocols import QueueReader
    from bulltui.wiring import Runtime

A_READ = 500
OVERDUE_MS = 60_000
"""A run that is due but waits for a free worker is no news; after a minute it is."""

app = noun("schedulers", "List, trigger and remove job schedulers and repeatable jobs.")

_COLUMNS = (
    Column("id", give=True),
    Column("job", give=True),
    Column("every", give=True),
    Column("next"),
    Column("at", drop=1),
    Column("runs", right=True, drop=2),
    Column("status", give=True),
)


@command(
    app,
    "list",
    examples="""
    bulltui schedulers list reports
    bulltui schedulers list reports -o json | jq '.[] | select(.armed | not)'
    """,
)
def list_schedulers(
    call: Call,
    *,
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="The queue's name, or its whole key.")],
) -> None:
    """List the schedulers of a queue, the next to run first."""

    async def read(runtime: "Runtime") -> tuple[QueueRef, list[Scheduler], int]:
        from bulltui.services.overview import resolve

        ref = await resolve(runtime.reader, call.settings.prefixes, queue)
        return ref, await read_all(runtime.reader, ref), runtime.clock.now_ms()

    ref, found, now = call.run(read)
    shape = Shape(
        _COLUMNS,
        lambda scheduler: _row(scheduler, now),
        SCHEDULER_FIELDS,
        partial(scheduler_row, ref),
        partial(scheduler_document, ref),
    )
    call.out.listing(call.output, found, shape)
    if not found:
        note("This queue has no schedulers.")


async def read_all(reader: "QueueReader", ref: QueueRef) -> list[Scheduler]:
    """All schedulers of a queue, by pages. One that moves back meanwhile, since it ran, is not listed twice."""
    found: dict[str, Scheduler] = {}
    start = 0
    while True:
        page = await reader.schedulers(ref, start, A_READ)
        for scheduler in page.items:
            found.setdefault(scheduler.id, scheduler)
        start += A_READ
        if not page.items or start >= page.total:
            return list(found.values())


def rule(scheduler: Scheduler) -> str:
    """When it repeats: `15m 00s`, or its cron pattern and time zone."""
    return duration(scheduler.every_ms) if scheduler.every_ms is not None else scheduler.rule


def status(scheduler: Scheduler, now_ms: int) -> Cell:
    """Whether it will run again."""
    if not scheduler.armed:
        return Cell("dead: the job of its next run is gone", Tone.BAD)
    late = scheduler.overdue_ms(now_ms)
    if late > OVERDUE_MS:
        return Cell(f"overdue by {duration(late)}", Tone.WARN)
    return Cell("legacy: BullMQ 6 refuses it", Tone.WARN) if scheduler.legacy else Cell("ok", Tone.OK)


def _row(scheduler: Scheduler, now: int) -> Row:
    runs = "" if scheduler.iterations is None else str(scheduler.iterations)
    if scheduler.limit is not None:
        runs = f"{runs or '?'}/{scheduler.limit}"
    return (
        scheduler.id,
        scheduler.name,
        rule(scheduler),
        ago(now - scheduler.next_at),
        clock(scheduler.next_at),
        runs,
        status(scheduler, now),
    )


scheduler_acts.register(app)
