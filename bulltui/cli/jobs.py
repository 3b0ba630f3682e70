"""`bulltui jobs`: the jobs of a state, and all that can be done with jobs."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli import (
    job_acts,
    job_add,
    job_changes,
    job_errors,
    job_export,
    job_find,
    job_flow,
    job_index,
    job_list_text,
    job_logs,
    job_replay,
    job_searches,
    job_show,
    job_why,
)
from bulltui.cli.call import Call
from bulltui.cli.documents import JOB_FIELDS, job_row
from bulltui.cli.grammar import command, noun
from bulltui.cli.job_pages import Part, Wanted, parts
from bulltui.cli.options import Output
from bulltui.cli.output import Document, note
from bulltui.cli.states import complete_state, state_from
from bulltui.domain.job_json import job_document
from bulltui.domain.text import plural

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

ROWS_A_READ = 1000
DOCUMENTS_A_READ = 50
"""How many jobs are held at once, so that a list of any length needs little memory."""

app = noun("jobs", "List, show and change the jobs of a queue.")


class Order(StrEnum):
    """Which jobs come first."""

    NEWEST = "newest"
    OLDEST = "oldest"


@command(
    app,
    "list",
    examples="""
    bulltui jobs list payments --state failed
    bulltui jobs list payments --state delayed --order oldest --limit 10
    bulltui jobs list payments -s failed --limit 5000 -o jsonl | jq .failedReason
    """,
)
def list_jobs(
    call: Call,
    *,
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="The queue's name, or its whole key.")],
    state: Annotated[
        str,
        typer.Option(
            "-s",
            "--state",
            metavar="STATE",
            autocompletion=complete_state,
            help="waiting, active, prioritized, delayed, waiting-children, completed, failed or paused.",
        ),
    ],
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many at most.")] = 50,
    offset: Annotated[int, typer.Option("--offset", metavar="N", min=0, help="How many to skip.")] = 0,
    order: Annotated[Order, typer.Option("--order", help="Which come first.")] = Order.NEWEST,
    after: Annotated[
        str | None, typer.Option("--after", metavar="ID", help="Only jobs behind this one, wherever it is now.")
    ] = None,
) -> None:
    """List the jobs of one state.

    Tables and CSV show what a list needs; JSON holds whole jobs, with fields over 256 KiB cut and named in `sizes`.
    """
    wanted_state = state_from(state)

    async def work(runtime: "Runtime") -> None:
        from bulltui.services.overview import resolve

        ref = await resolve(runtime.reader, call.settings.prefixes, queue)
        wanted = Wanted(ref, wanted_state, offset, limit, order is Order.OLDEST, after or "")
        if call.output is Output.TABLE:
            await _table(call, runtime, wanted)
        elif call.output is Output.CSV:
            await _csv(call, runtime, wanted)
        else:
            await _documents(call, runtime, wanted)

    call.run(work)


async def _table(call: Call, runtime: "Runtime", wanted: Wanted) -> None:
    found = [part async for part in parts(runtime.reader, wanted, ROWS_A_READ)]
    jobs = [job for part in found for job in part.jobs]
    if jobs:
        now = runtime.clock.now_ms()
        call.out.table(job_list_text.columns(wanted.state), [job_list_text.row(job, now) for job in jobs])
        call.out.flush()
    _tell_more(call, wanted, found, len(jobs))


def _tell_more(call: Call, wanted: Wanted, found: Sequence[Part], shown: int) -> None:
    first, last = found[0], found[-1]
    if not last.total:
        note(f"No {wanted.state.value} jobs.")
    elif not shown:
        note(f"No more: there are {plural(last.total, wanted.state.value + ' job')}.")
    elif call.out.terminal and (first.start > 0 or shown < last.total):
        end = first.start + shown
        more = " --offset N or --after ID shows others." if end < last.total else ""
        note(f"{first.start + 1:,} to {end:,} of {last.total:,} {wanted.state.value} jobs.{more}")


async def _csv(call: Call, runtime: "Runtime", wanted: Wanted) -> None:
    with call.out.rows(JOB_FIELDS) as add:
        async for part in parts(runtime.reader, wanted, ROWS_A_READ):
            for job in part.jobs:
                add(job_row(wanted.ref, job))


async def _documents(call: Call, runtime: "Runtime", wanted: Wanted) -> None:
    from bulltui.services.protocols import PAYLOAD_CAP

    reader = runtime.reader
    with call.out.documents(call.output) as add:
        async for part in parts(reader, wanted, DOCUMENTS_A_READ):
            ids = [job.id for job in part.jobs]
            for job in await reader.jobs(wanted.ref, ids, state=wanted.state, cap=PAYLOAD_CAP) if ids else ():
                document: Document = job_document(job)
                add(document)
            call.out.flush()


for _part in (
    job_find,
    job_searches,
    job_show,
    job_logs,
    job_why,
    job_flow,
    job_errors,
    job_index,
    job_export,
    job_acts,
    job_replay,
    job_add,
    job_changes,
):
    _part.register(app)
