"""`bulltui jobs index`: the full-text index of a queue's jobs on this machine."""

from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.acting import resolved
from bulltui.cli.call import Call
from bulltui.cli.documents import of_server
from bulltui.cli.grammar import command
from bulltui.cli.output import Document, Out, Scalar, Shape, note
from bulltui.cli.table import Column, Row
from bulltui.domain.errors import ExitCode, NotFoundError, UsageError
from bulltui.domain.human import ago, size
from bulltui.domain.job_index import Facets, Standing
from bulltui.domain.outcome import Progress
from bulltui.domain.query.numbers import byte_count
from bulltui.domain.text import plural, visible
from bulltui.services.request import Cancel

if TYPE_CHECKING:
    from bulltui.services.indexing import Indexing, JobIndex
    from bulltui.wiring import Runtime


@dataclass(frozen=True, slots=True)
class _Line:
    """An index as it is listed."""

    standing: Standing
    bytes: int
    facets: Facets
    now_ms: int


def register(app: typer.Typer) -> None:
    """Adds the command to the noun `jobs`."""
    command(
        app,
        "index",
        examples="""
        bulltui jobs index payments               build it, or bring it up to date
        bulltui jobs index payments --follow      and keep it so
        bulltui jobs index                        what indexes there are
        bulltui jobs index payments --delete
        """,
    )(index)


def index(
    call: Call,
    *,
    queue: Annotated[
        str | None, typer.Argument(metavar="[QUEUE]", show_default=False, help="The queue. Without: lists all indexes.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Keep it up to date until Ctrl+C.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Build it from the start.")] = False,
    status: Annotated[bool, typer.Option("--status", help="Only say how it stands.")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Take it off the disk.")] = False,
    most: Annotated[str, typer.Option("--size", metavar="SIZE", help="How large it may grow, such as 500mb.")] = "1gb",
) -> int:
    """Keep a full-text index of a queue's jobs on this machine, so that searches in it answer at once.

    `jobs find` and the search of the screen use it as long as the queue's stream still has all that happened since,
    and read each job before they show it. Data that was replaced by `updateData` alone, of which BullMQ writes no
    event, is found once the job moves on, or is indexed anew. The index has names, data and errors of all jobs; only
    you may read it.

    Documents hold `queue`, `prefix`, `jobs`, `bytes`, `complete`, `builtAt`, `caughtUpAt`, `cursor`, `unread`, `names`
    and `errors`.
    """
    limit = byte_count(most)
    if not limit:
        raise UsageError(f"{most!r} is no size.", hint="Write it like 500mb or 2gb.")
    if sum((follow or anew, status, delete)) > 1:
        raise UsageError("--status and --delete stand alone.", hint="Leave the other options out.")
    if queue is None:
        if follow or anew or delete:
            raise UsageError("Name the queue.", hint="bulltui jobs index QUEUE")
        return call.run(partial(_list, call, None))
    if status:
        return call.run(partial(_list, call, queue))
    if delete:
        return call.run(partial(_delete, call, queue))
    return call.run(partial(_build, call, queue, limit, follow=follow, anew=anew))


async def _list(call: Call, queue: str | None, runtime: "Runtime") -> int:
    if queue is None:
        indexes = runtime.indexes.all()
    else:
        indexes = [runtime.indexes.at(await resolved(call, runtime, queue))]
        _there(indexes[0])
    lines = [line for one in indexes if (line := await _line(one, runtime)) is not None]
    call.out.listing(call.output, lines, _SHAPE)
    if not lines:
        note("There is no index of this server's queues. `bulltui jobs index QUEUE` builds one.")
    return ExitCode.DONE


async def _delete(call: Call, queue: str, runtime: "Runtime") -> int:
    await _there(runtime.indexes.at(await resolved(call, runtime, queue))).delete()
    note("The index is deleted.")
    return ExitCode.DONE


def _there(found: "JobIndex") -> "JobIndex":
    if found.standing is None:
        name = visible(found.ref.shown)
        raise NotFoundError(f"There is no index of {name}.", hint=f"`bulltui jobs index {name}` builds one.")
    return found


async def _build(call: Call, queue: str, limit: int, runtime: "Runtime", *, follow: bool, anew: bool) -> int:
    from bulltui.services.indexing import Indexing

    found = runtime.indexes.at(await resolved(call, runtime, queue))
    indexing = Indexing(found, runtime.finder, runtime.reader, runtime.events, runtime.clock, limit=limit)
    cancel = Cancel()
    try:
        await _until_stopped(indexing, runtime, cancel, follow=follow, anew=anew)
    finally:
        await indexing.close()
    if cancel.asked and not follow:
        note("Stopped. The same command goes on where it was.")
        return ExitCode.PARTLY
    line = await _line(found, runtime)
    call.out.listing(call.output, [line] if line else [], _SHAPE)
    return ExitCode.DONE


async def _until_stopped(indexing: "Indexing", runtime: "Runtime", cancel: Cancel, *, follow: bool, anew: bool) -> None:
    from bulltui.cli.progress import ProgressLine, stoppable

    line = ProgressLine(Out.beside(), "Indexing")
    started = runtime.clock.monotonic()
    with stoppable(cancel, line, changes=False):
        async with aclosing(indexing.run(follow=follow, anew=anew)) as steps:
            async for step in steps:
                spent = runtime.clock.monotonic() - started
                told = f"{step.changed:,} changed since" if step.changed else ""
                line.show(Progress(step.examined, total=step.total or None, elapsed_s=spent, step=told))
                if cancel.asked:
                    break
    line.clear()


async def _line(found: "JobIndex", runtime: "Runtime") -> _Line | None:
    standing = found.standing
    if standing is None:
        return None
    return _Line(standing, found.size, await found.facets(), runtime.clock.now_ms())


def _row(line: _Line) -> Row:
    standing, facets = line.standing, line.facets
    most = ", ".join(f"{facet.text} {facet.count:,}" for facet in facets.names[:3])
    state = ago(line.now_ms - standing.caught_up_ms) if standing.complete else "not built to the end"
    unread = plural(len(standing.unread), "job") if standing.unread else ""
    return visible(standing.ref.shown), f"{facets.jobs:,}", size(line.bytes), state, unread, visible(most)


def _document(line: _Line) -> Document:
    standing, facets = line.standing, line.facets
    return {
        **_record(line),
        "unread": list(standing.unread),
        "names": [{"name": facet.text, "count": facet.count} for facet in facets.names],
        "errors": [{"error": facet.text, "count": facet.count} for facet in facets.errors],
    }


def _record(line: _Line) -> dict[str, Scalar]:
    standing = line.standing
    return {
        "queue": standing.ref.name,
        "prefix": standing.ref.prefix,
        **of_server(standing.ref),
        "jobs": line.facets.jobs,
        "bytes": line.bytes,
        "complete": standing.complete,
        "builtAt": standing.built_ms,
        "caughtUpAt": standing.caught_up_ms,
        "cursor": standing.cursor,
    }


_SHAPE = Shape(
    (
        Column("queue", give=True),
        Column("jobs", right=True),
        Column("size", right=True),
        Column("up to date"),
        Column("too large", drop=2),
        Column("names", give=True, drop=1),
    ),
    _row,
    ("queue", "prefix", "jobs", "bytes", "complete", "builtAt", "caughtUpAt", "cursor"),
    _record,
    _document,
)
