"""`bulltui queues`: all queues in a list, one in full, and all that can be done with them."""

from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli import queue_acts, queue_limits, queue_settings
from bulltui.cli.call import Call
from bulltui.cli.documents import QUEUE_FIELDS, queue_document, queue_row, series_document
from bulltui.cli.grammar import command, noun
from bulltui.cli.job_why import why_document
from bulltui.cli.options import Output
from bulltui.cli.output import Shape, note
from bulltui.cli.queue_text import LIST_COLUMNS, METRIC_MINUTES, QueueView, list_row, queue_lines
from bulltui.domain.errors import ExitCode, NotAllowedError, NotFoundError
from bulltui.domain.jsontext import Json
from bulltui.domain.rates import Rates
from bulltui.domain.server import PART, PART_HINT
from bulltui.domain.snapshot import Link, QueueRow, Snapshot
from bulltui.domain.text import plural, visible
from bulltui.domain.worker import assign

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

app = noun("queues", "List, show and change queues.")


class Sort(StrEnum):
    """What a list of queues is sorted by: names from A, numbers from the largest."""

    NAME = "name"
    WAITING = "waiting"
    ACTIVE = "active"
    PRIORITIZED = "prioritized"
    DELAYED = "delayed"
    CHILDREN = "children"
    COMPLETED = "completed"
    FAILED = "failed"
    WORKERS = "workers"


@command(
    app,
    "list",
    examples="""
    bulltui queues list --sort failed
    bulltui queues list -q 'mail.*' -q '!*.bulk'
    bulltui queues list -p auto -o json | jq '.[] | select(.paused) | .name'
    """,
)
def list_queues(
    call: Call,
    *,
    sort: Annotated[Sort, typer.Option("--sort", help="Order: names from A, counts from the largest.")] = Sort.NAME,
) -> int:
    """List queues with their counts."""

    async def read(runtime: "Runtime") -> Snapshot:
        from bulltui.services.overview import overview

        settings = call.settings
        return await overview(runtime.reader, runtime.clock, settings.prefixes, settings.queues)

    snapshot = call.run(read)
    away = [one for one in snapshot.servers if one.health.link is Link.OFFLINE]
    rows = sorted(snapshot.rows, key=lambda row: _sort_key(row, sort))
    several = len({row.ref.prefix for row in rows}) > 1
    line = partial(list_row, whole_key=several)
    call.out.listing(call.output, rows, Shape(LIST_COLUMNS, line, QUEUE_FIELDS, queue_row, queue_document))
    if snapshot.discovery.problem:
        note(f"Some queues are left out: {snapshot.discovery.problem}")
    if not rows:
        note(nothing_found(snapshot, call.settings.prefixes, call.settings.queues))
    elif snapshot.workers_problem:
        note(f"Workers are not known: {snapshot.workers_problem}")
    if snapshot.server is not None and snapshot.server.is_a_part:
        note(f"{PART} {PART_HINT}")
    for server in away:
        note(f"{server.label} is left out: {server.health.message}")
    return ExitCode.PARTLY if away else ExitCode.DONE


def _sort_key(row: QueueRow, sort: Sort) -> tuple[float, str, str, str]:
    counts = row.queue.counts
    number: float = {
        Sort.NAME: 0,
        Sort.WAITING: counts.waiting + counts.paused,
        Sort.ACTIVE: counts.active,
        Sort.PRIORITIZED: counts.prioritized,
        Sort.DELAYED: counts.delayed,
        Sort.CHILDREN: counts.waiting_children,
        Sort.COMPLETED: counts.completed,
        Sort.FAILED: counts.failed,
        Sort.WORKERS: -1 if row.workers is None else row.workers,
    }[sort]
    return (-number, row.ref.name, row.ref.prefix, row.ref.server)


def nothing_found(snapshot: Snapshot, prefixes: tuple[str, ...] | None, globs: tuple[str, ...]) -> str:
    """Why a list of queues is empty, and what to check."""
    found = snapshot.discovery
    others = [prefix for prefix in found.other_prefixes if prefixes is None or prefix not in prefixes]
    if found.scanned == 0:
        return (
            "No queues: this database is empty. Check the URL and its database number (redis://HOST:PORT/NUMBER);"
            " queues appear here once a producer or a worker has started."
        )
    where = "under any prefix" if prefixes is None else "under the prefix " + ", ".join(prefixes)
    looked = f"No queues {where} among {plural(found.scanned, 'key')}"
    if globs:
        looked += " that fit " + " ".join(globs)
    if others:
        more = f" and {len(others) - 10} more" if len(others) > 10 else ""
        return f"{looked}. There are queues under: {', '.join(others[:10])}{more}. Use --prefix NAME or --prefix auto."
    if globs:
        return f"{looked}. Without -q all queues are listed."
    check = "Check the URL and its database number" + ("." if prefixes is None else ", and the prefix of your queues.")
    return f"{looked}. {check}"


@command(
    app,
    "show",
    examples="""
    bulltui queues show payments
    bulltui queues show payments -o json
    """,
)
def show_queue(
    call: Call,
    *,
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="Its name, or its whole key like bull:payments.")],
) -> None:
    """Show one queue: whether it goes on and why not, counts, layout, limits, workers and speed."""

    view = call.run(lambda runtime: _read_one(runtime, call.settings.prefixes, queue))
    row, series, now = view.row, view.series, view.now_ms
    if call.output is Output.CSV:
        with call.out.rows(QUEUE_FIELDS) as add:
            add(queue_row(row))
        return
    if call.output is Output.TABLE:
        for text in queue_lines(call.out, view):
            call.out.line(text)
        return
    document: dict[str, Json] = queue_document(row)
    document["verdict"] = why_document(view.why)
    document["metrics"] = series and {
        "completed": series_document(series[0], now, METRIC_MINUTES),
        "failed": series_document(series[1], now, METRIC_MINUTES),
    }
    if view.workers_problem:
        document["workersProblem"] = view.workers_problem
    call.out.document(document, short=call.output is Output.JSONL)


async def _read_one(runtime: "Runtime", prefixes: tuple[str, ...] | None, name: str) -> QueueView:
    from bulltui.services.overview import resolve
    from bulltui.services.protocols import reader_of
    from bulltui.services.why import why_queue

    reader = runtime.reader
    ref = await resolve(reader, prefixes, name)
    queues = await reader.counts([ref])
    if not queues:
        raise NotFoundError(f"The queue {visible(ref.shown)!r} is gone.", hint="It was removed just now.")
    workers: int | None = None
    problem = ""
    try:
        workers = len(assign(await reader_of(reader, ref).clients(), [ref]).get(ref, ()))
    except NotAllowedError as error:
        problem = error.message
    series = (await reader.series([ref], METRIC_MINUTES)).get(ref)
    if series is not None and not any(one.kept for one in series):
        series = None
    now = runtime.clock.now_ms()
    rates = Rates()
    if series is not None:
        completed, failed = (float(one.per_minute(now, 1)[0]) for one in series)
        rates = Rates(finished=completed + failed, failed=failed)
    row = QueueRow(queues[0], rates, workers)
    return QueueView(row, series, now, await why_queue(runtime, ref, row=row, measure=True), problem)


for _part in (queue_acts, queue_settings, queue_limits):
    _part.register(app)
