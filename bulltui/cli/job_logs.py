"""`bulltui jobs logs`: what a job wrote, once or as it writes."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.grammar import command
from bulltui.cli.job_show import find_job
from bulltui.cli.options import Output
from bulltui.cli.output import note
from bulltui.domain.errors import UsageError
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from bulltui.domain.text import visible_lines

if TYPE_CHECKING:
    from bulltui.services.protocols import JobReader
    from bulltui.wiring import Runtime

LINES_A_READ = 1000
REMEMBERED = 200
"""Lines kept to find the place again in logs of which the library drops the oldest."""
FOLLOW_S = 1.0

_FIELDS = ("index", "line")
_ENDED = frozenset({JobState.COMPLETED, JobState.FAILED})

Write = Callable[[int, str], None]


def register(app: typer.Typer) -> None:
    """Adds the command to the noun `jobs`."""
    command(
        app,
        "logs",
        examples="""
        bulltui jobs logs reports 1729
        bulltui jobs logs reports 1729 --tail 20 --follow
        """,
    )(show_logs)


def show_logs(
    call: Call,
    *,
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="The queue's name, or its whole key.")],
    job_id: Annotated[str, typer.Argument(metavar="ID", help="The job's id.")],
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first N lines.")] = None,
    tail: Annotated[int | None, typer.Option("--tail", metavar="N", min=0, help="Only the last N lines.")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Wait for more, until the job has finished.")] = False,
) -> None:
    """Show the log lines of a job, oldest first."""
    if limit is not None and (tail is not None or follow):
        raise UsageError("--limit goes with neither --tail nor --follow.", hint="--tail N gives the last N lines.")
    if follow and call.output is Output.JSON:
        raise UsageError("A JSON array has an end, and --follow may have none.", hint="Use -o jsonl.")

    async def work(runtime: "Runtime") -> None:
        from bulltui.services.overview import resolve

        reader = runtime.reader
        ref = await resolve(reader, call.settings.prefixes, queue)
        total = (await reader.logs(ref, job_id, -1, 1)).total
        if not total:
            await find_job(reader, ref, job_id)  # says when there is no such job
        first = 0 if tail is None else max(0, total - tail)
        last = total if limit is None else min(limit, total)
        with _writer(call) as write:
            logs = Logs(reader, ref, job_id, write)
            await logs.write_range(first, last)
            call.out.flush()
            if follow:
                await _follow(call, runtime, logs)
        if not total and not follow and call.output is Output.TABLE:
            note("This job has no logs.")

    call.run(work)


@contextmanager
def _writer(call: Call) -> Iterator[Write]:
    """Writes lines in the form that was asked for."""
    if call.output is Output.TABLE:
        yield lambda _, line: call.out.line(visible_lines(line))
    elif call.output is Output.CSV:
        with call.out.rows(_FIELDS) as add:
            yield lambda index, line: add({"index": index, "line": line})
    else:
        with call.out.documents(call.output) as add_document:
            yield lambda index, line: add_document({"index": index, "line": line})


class Logs:
    """The logs of a job, written as far as they are known."""

    def __init__(self, reader: "JobReader", ref: QueueRef, job_id: str, write: Write) -> None:
        self._reader = reader
        self._ref = ref
        self._id = job_id
        self._write = write
        self._seen: deque[str] = deque(maxlen=REMEMBERED)
        self._known = 0  # how many lines there were
        self._next = 0  # the index of the next line to write

    def _add(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._write(self._next, line)
            self._next += 1
            self._seen.append(line)

    async def write_range(self, first: int, last: int) -> None:
        """Writes the lines from index `first` up to `last`, all that are known of."""
        self._known, self._next = last, first
        while self._next < last:
            size = min(LINES_A_READ, last - self._next)
            page = await self._reader.logs(self._ref, self._id, self._next, size)
            if not page.lines:
                break
            self._add(page.lines)

    async def write_fresh(self) -> JobState | None:
        """Writes the lines that came since, and gives the state of the job, None when it is gone."""
        # The state first: what was written before the end is then read after the end was seen.
        job = await self._reader.job(self._ref, self._id, cap=1)
        total = (await self._reader.logs(self._ref, self._id, -1, 1)).total
        grown = max(0, total - self._known)
        if grown > LINES_A_READ - REMEMBERED:
            await self.write_range(self._known, total)
        else:
            size = grown + REMEMBERED
            page = await self._reader.logs(self._ref, self._id, -size, size)
            self._add(fresh(tuple(self._seen), page.lines, grown=grown))
            self._known = total
        return job.state if job is not None else None


async def _follow(call: Call, runtime: "Runtime", logs: Logs) -> None:
    while True:
        state = await logs.write_fresh()
        call.out.flush()
        if state is None or state in _ENDED:
            note("The job is gone." if state is None else f"The job is {state.value}: no more lines will come.")
            return
        await runtime.clock.sleep(FOLLOW_S)


def fresh(seen: Sequence[str], tail: Sequence[str], *, grown: int) -> Sequence[str]:
    """The lines of `tail`, the end of the logs now, that came after `seen`, the end of what was known.

    Where the library keeps only so many lines the oldest go as new ones come, and the number of lines, which has
    `grown`, says little: then the place is where `seen` ends within `tail`.
    """
    after = max(0, len(tail) - grown)
    if not seen:
        return tail[after:]
    for end in range(after, 0, -1):
        reach = min(end, len(seen))
        if tuple(tail[end - reach : end]) == tuple(seen[len(seen) - reach :]):
            return tail[end:]
    return tail
