"""`bulltui jobs errors`: failed jobs in groups of the same error, and what can be done with a group."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.acting import resolved
from bulltui.cli.call import Call
from bulltui.cli.grammar import command
from bulltui.cli.job_acts import GROUPS
from bulltui.cli.output import Out, note
from bulltui.cli.searching import all_or_nothing
from bulltui.cli.then import ThenOfGroup, act_on_found
from bulltui.domain.error_groups import Order
from bulltui.domain.errors import ExitCode, NotFoundError, UsageError
from bulltui.domain.outcome import Progress
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Candidate
from bulltui.domain.spans import span
from bulltui.domain.text import plural, to_bytes, visible
from bulltui.services.request import Cancel

if TYPE_CHECKING:
    from bulltui.domain.matched import Gathering
    from bulltui.services.grouping import Grouping
    from bulltui.wiring import Runtime


@dataclass(frozen=True, slots=True)
class Look:
    """Which failed jobs to look at, those that failed at most `since_ms` ago, and how the groups are told."""

    queues: Sequence[str]
    since_ms: int | None
    order: Order
    limit: int
    compare_ms: int


USUAL = 50
"""So many groups, or jobs of a group, are listed unless another number is named."""


def register(app: typer.Typer) -> None:
    """Adds the command to the noun `jobs`."""
    command(
        app,
        "errors",
        groups=GROUPS,
        examples="""
        bulltui jobs errors payments
        bulltui jobs errors --since 24h --sort trend
        bulltui jobs errors payments --group 3fa90c11d2
        bulltui jobs errors payments --group 3fa90c11d2 --then retry --dry-run
        bulltui jobs errors payments --group 3fa90c11d2 --ids | bulltui jobs remove payments - --yes
        """,
    )(errors)


def errors(
    call: Call,
    *,
    queues: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUEUE...]", show_default=False, help="Queues; all, or those of -q, if none is named."),
    ] = None,
    sort: Annotated[
        Order, typer.Option("--sort", help="By count, by what was seen last, or what is new and grows first.")
    ] = Order.COUNT,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many are listed at most.")] = USUAL,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="SPAN", help="Only jobs that failed so long ago at most: 90s, 2h, 1d."),
    ] = None,
    compare: Annotated[
        str, typer.Option("--compare", metavar="SPAN", help="The trend: the last span against the one before it.")
    ] = "1h",
    group: Annotated[
        str | None, typer.Option("--group", metavar="KEY", help="The jobs of this group, in place of all groups.")
    ] = None,
    ids: Annotated[bool, typer.Option("--ids", help="With --group: the ids alone, all of them, one a line.")] = False,
    then: Annotated[
        ThenOfGroup | None, typer.Option("--then", help="With --group: what to do with all its jobs.")
    ] = None,
) -> int:
    """Group failed jobs by their error: the message without its numbers, ids, addresses, paths and quoted values, and
    the place in your own code where it arose.

    Documents hold `key`, `title`, `frame`, `count`, `share`, `trend`, `lastSpan`, `spanBefore`, `firstAt`, `lastAt`,
    `names`, `queues` and `sample`.
    """
    look = Look(queues or (), None if since is None else span(since), sort, limit, _compared(compare))
    if group is None:
        if ids or then is not None:
            raise UsageError("--ids and --then are about one group.", hint="Name it with --group KEY.")
        return call.run(partial(_groups, call, look))
    if then is not None:
        if ids:
            raise UsageError("--ids only lists; it does not go with --then.", hint="Leave one of them out.")
        return act_on_found(call, then.action, partial(_gather, call, look, group))
    return call.run(partial(_jobs, call, look, group, ids=ids))


def _compared(text: str) -> int:
    found = span(text)
    if not found:
        raise UsageError("--compare needs a span of time.", hint="Write it like 30m, 1h or 1d.")
    return found


async def _refs(call: Call, runtime: "Runtime", look: Look) -> tuple[dict[QueueRef, int], str]:
    """The queues to look at with failed jobs, and how many; and why all of a server is left out, which was told."""
    from bulltui.services.overview import find_queues

    problem = ""
    if look.queues:
        refs = [await resolved(call, runtime, name) for name in look.queues]
    else:
        refs, discovery = await find_queues(runtime.reader, call.settings.prefixes, call.settings.queues)
        problem = discovery.missing
        if discovery.problem:
            note(f"Some queues are left out: {discovery.problem}")
        if not refs:
            note("No queues to look in; `bulltui queues list` says what to check.")
    read = await runtime.reader.counts(list(dict.fromkeys(refs)))
    return {queue.ref: queue.counts.failed for queue in read if queue.counts.failed}, problem


async def _groups(call: Call, look: Look, runtime: "Runtime") -> int:
    from bulltui.cli.error_text import Groups
    from bulltui.services.grouping import Grouping

    expected, problem = await _refs(call, runtime, look)
    grouping = Grouping(
        runtime.finder,
        runtime.clock,
        list(expected),
        since_ms=look.since_ms,
        compare_ms=look.compare_ms,
        expected=None if look.since_ms else expected,
    )
    await _until_stopped(grouping, runtime)
    groups = grouping.groups(look.order)
    shape = Groups(sum(group.count for group in groups), runtime.clock.now_ms()).shape
    call.out.listing(call.output, groups[: look.limit], shape)
    code = _tell(call, look, grouping)
    return ExitCode.PARTLY if problem else code


async def _until_stopped(grouping: "Grouping", runtime: "Runtime") -> None:
    """Reads all, or until Ctrl+C."""
    from bulltui.cli.progress import ProgressLine, stoppable

    cancel = Cancel()
    line = ProgressLine(Out.beside(), "Examining")
    started = runtime.clock.monotonic()
    with stoppable(cancel, line, changes=False):
        async with aclosing(grouping.steps()) as steps:
            async for step in steps:
                spent = runtime.clock.monotonic() - started
                line.show(Progress(step.examined, total=step.total, elapsed_s=spent))
                if cancel.asked:
                    break
    line.clear()


def _tell(call: Call, look: Look, grouping: "Grouping") -> int:
    """Says what the list does not show; the exit code."""
    step, groups = grouping.progress, grouping.groups()
    for problem in grouping.problems:
        note(problem)
    if not groups:
        note("No failed jobs." if look.since_ms is None else "No job failed in that time.")
    elif len(groups) > look.limit:
        note(f"{look.limit:,} of {plural(len(groups), 'group')}. --limit N shows more.")
    if step.missing:
        note(f"{plural(step.missing, 'id')} in the state without a job.")
    if step.unread:
        note(f"{plural(step.unread, 'job')} left out: a field is too large to be looked into.")
    if not step.over:
        note(f"Stopped: these are the errors of {step.examined:,} of {plural(step.total, 'failed job')}.")
        return ExitCode.PARTLY
    return ExitCode.PARTLY if grouping.problems else ExitCode.DONE


async def _members(
    expected: dict[QueueRef, int], look: Look, key: str, runtime: "Runtime"
) -> AsyncGenerator[Sequence[Candidate], None]:
    """The jobs of a group as they are found, with a line that says how far the search is."""
    from bulltui.cli.progress import ProgressLine
    from bulltui.services.grouping import members

    total, examined = sum(expected.values()), 0
    line = ProgressLine(Out.beside(), "Examining")
    started = runtime.clock.monotonic()
    try:
        async for more, found in members(runtime.finder, runtime.clock, list(expected), key, since_ms=look.since_ms):
            examined += more
            line.show(Progress(examined, total=total, elapsed_s=runtime.clock.monotonic() - started))
            if found:
                yield found
    finally:
        line.clear()


def _nobody(key: str) -> NotFoundError:
    from bulltui.services.grouping import OTHERS

    if key == OTHERS.key:
        return NotFoundError(
            "Errors that are too many to be told apart are no group.", hint="Look at fewer: at one queue, or --since."
        )
    return NotFoundError(
        f"No failed job has the error {visible(key)!r}.", hint="`bulltui jobs errors` lists the keys of all groups."
    )


async def _gather(call: Call, look: Look, key: str, runtime: "Runtime", gathering: "Gathering") -> None:
    """Gathers all jobs of a group."""
    from bulltui.services.search import Match
    from bulltui.services.search_parts import summary_of

    expected, problem = await _refs(call, runtime, look)
    all_or_nothing(problem)
    async for found in _members(expected, look, key, runtime):
        gathering.add(Match(job.ref, summary_of(job)) for job in found)
    if not gathering.matched.count:
        raise _nobody(key)


async def _jobs(call: Call, look: Look, key: str, runtime: "Runtime", *, ids: bool) -> int:
    """Lists the jobs of a group."""
    from bulltui.cli.error_text import jobs_shape

    if ids:
        return await _ids(call, look, key, runtime)
    jobs: list[Candidate] = []
    more = False
    expected, problem = await _refs(call, runtime, look)
    async with aclosing(_members(expected, look, key, runtime)) as parts:
        async for found in parts:
            more = len(jobs) + len(found) > look.limit
            jobs += found[: look.limit - len(jobs)]
            if more:
                break
    if not jobs:
        raise _nobody(key)
    call.out.listing(call.output, jobs, jobs_shape(runtime.clock.now_ms()))
    if more:
        note(f"The newest {look.limit:,}. --limit N shows more, --ids the ids of all.")
    return ExitCode.PARTLY if problem else ExitCode.DONE


async def _ids(call: Call, look: Look, key: str, runtime: "Runtime") -> int:
    """Writes the ids of all jobs of a group as they are in the server, for a command that reads them."""
    if len(look.queues) != 1:
        raise UsageError(
            "--ids are those of one queue.", hint="Name the queue: bulltui jobs errors QUEUE --group KEY --ids."
        )
    some = False
    expected, problem = await _refs(call, runtime, look)
    async for found in _members(expected, look, key, runtime):
        some = True
        call.out.raw(b"".join(to_bytes(job.id) + b"\n" for job in found))
    if not some:
        raise _nobody(key)
    return ExitCode.PARTLY if problem else ExitCode.DONE
