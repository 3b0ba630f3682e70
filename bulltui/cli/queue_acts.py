"""`bulltui queues pause|resume|drain|clean|retry-all|promote-all|obliterate`."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.acting import act, request, resolved
from bulltui.cli.call import Call
from bulltui.cli.choice import Limit, Older, Queue, Rate, choose
from bulltui.cli.grammar import command
from bulltui.cli.job_acts import GROUPS, on_jobs
from bulltui.cli.states import complete_finished, complete_state, state_from
from bulltui.domain.actions import Action, Clean, Drain, Obliterate, Pause, Promote, Resume, Retry
from bulltui.domain.errors import NotFoundError, UsageError
from bulltui.domain.queue import QueueRef
from bulltui.domain.spans import span
from bulltui.domain.states import JobState
from bulltui.domain.targets import Queues
from bulltui.services.request import Request

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="[QUEUE...]", show_default=False, help="Names of queues, or their whole keys."),
]
All = Annotated[bool, typer.Option("--all", help="All queues, or with -q those that fit.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the noun `queues`."""
    command(
        app,
        "pause",
        groups=GROUPS,
        examples="""
        bulltui queues pause payments mail.bulk
        bulltui queues pause --all -q 'mail.*' --reason 'provider is down'
        """,
    )(pause)
    command(
        app,
        "resume",
        groups=GROUPS,
        examples="""
        bulltui queues resume payments
        bulltui queues resume --mine
        """,
    )(resume)
    command(
        app,
        "drain",
        groups=GROUPS,
        examples="""
        bulltui queues drain mail.bulk --dry-run
        bulltui queues drain mail.bulk --delayed
        """,
    )(drain)
    command(
        app,
        "clean",
        groups=GROUPS,
        examples="""
        bulltui queues clean payments --state completed --older-than 7d
        bulltui queues clean payments --state failed --older-than 30d --limit 10000 --yes
        """,
    )(clean)
    command(
        app,
        "retry-all",
        groups=GROUPS,
        examples="""
        bulltui queues retry-all payments
        bulltui queues retry-all payments --rate 50 --limit 1000 --reset-attempts
        """,
    )(retry_all)
    command(app, "promote-all", groups=GROUPS, examples="bulltui queues promote-all mail --rate 50")(promote_all)
    command(
        app,
        "obliterate",
        groups=GROUPS,
        examples="""
        bulltui queues obliterate old-reports
        bulltui queues obliterate old-reports --force --yes
        """,
    )(obliterate)


def on_queue(call: Call, queue: str, action: Action) -> int:
    """An action on a queue as a whole."""

    async def plan(runtime: "Runtime") -> Request:
        return request(call, action, Queues((await resolved(call, runtime, queue),)))

    return act(call, plan)


def pause(call: Call, *, queues: Names = None, everything: All = False) -> int:
    """Start no more jobs; those that run go on."""
    return _on_queues(call, Pause(), _refs(call, queues, everything=everything))


def resume(
    call: Call,
    *,
    queues: Names = None,
    everything: All = False,
    mine: Annotated[bool, typer.Option("--mine", help="What was paused from here, and nothing else.")] = False,
) -> int:
    """Start jobs again."""
    if not mine:
        return _on_queues(call, Resume(), _refs(call, queues, everything=everything))
    if queues or everything:
        raise UsageError("--mine goes with neither names nor --all.", hint="Leave one of them out.")

    async def paused(runtime: "Runtime") -> list[QueueRef]:
        found = await runtime.runner.paused_here()
        if not found:
            raise NotFoundError("No queue was paused from here that was not resumed since.")
        return found

    return _on_queues(call, Resume(), paused)


Refs = Callable[["Runtime"], Awaitable[list[QueueRef]]]


def _refs(call: Call, names: list[str] | None, *, everything: bool) -> Refs:
    if bool(names) == everything:
        raise UsageError(
            "Names and --all do not go together." if names else "Which queues?",
            hint="Name them, or say --all, with -q for some of them.",
        )

    async def named(runtime: "Runtime") -> list[QueueRef]:
        return list(dict.fromkeys([await resolved(call, runtime, name) for name in names or ()]))

    async def found(runtime: "Runtime") -> list[QueueRef]:
        from bulltui.services.overview import find_queues

        settings = call.settings
        refs, discovery = await find_queues(runtime.reader, settings.prefixes, settings.queues)
        if discovery.problem:
            raise UsageError(f"Not all queues can be found: {discovery.problem}", hint="Name the queues.")
        if not refs:
            raise NotFoundError("There are no such queues.", hint="`bulltui queues list` says what to check.")
        return refs

    return named if names else found


def _on_queues(call: Call, action: Action, refs: Refs) -> int:
    async def plan(runtime: "Runtime") -> Request:
        return request(call, action, Queues(tuple(await refs(runtime))))

    return act(call, plan)


def drain(
    call: Call,
    *,
    queue: Queue,
    delayed: Annotated[
        bool, typer.Option("--delayed", help="The delayed ones too, but for runs of schedulers.")
    ] = False,
) -> int:
    """Remove all jobs that have not started. Running and finished ones stay, and schedulers go on."""
    return on_queue(call, queue, Drain(delayed=delayed))


def clean(
    call: Call,
    *,
    queue: Queue,
    state: Annotated[
        str,
        typer.Option("-s", "--state", metavar="STATE", autocompletion=complete_state, help="Jobs of which state."),
    ],
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="SPAN", help="Finished, or added, longer ago: 2h, 7d. 0: all.")
    ],
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=0, help="So many at most, the oldest first.")] = 0,
) -> int:
    """Remove old jobs of one state."""
    return on_queue(call, queue, Clean(state=state_from(state), grace_ms=span(older_than), limit=limit))


def retry_all(
    call: Call,
    *,
    queue: Queue,
    state: Annotated[
        str,
        typer.Option(
            "-s", "--state", metavar="STATE", autocompletion=complete_finished, help="failed or completed ones."
        ),
    ] = JobState.FAILED.value,
    limit: Limit = None,
    older_than: Older = None,
    rate: Rate = None,
    reset_attempts: Annotated[bool, typer.Option("--reset-attempts", help="All attempts anew.")] = False,
    reset_stalled: Annotated[bool, typer.Option("--reset-stalled", help="Forget how often they stalled.")] = False,
) -> int:
    """Run all failed jobs of a queue again, each with its priority. Those that fail meanwhile are none of them."""
    action = Retry(reset_attempts=reset_attempts, reset_stalled=reset_stalled)
    jobs = choose((), everything=True, state=state, limit=limit, older_than=older_than, rate=rate)
    if jobs.state not in (JobState.FAILED, JobState.COMPLETED):
        raise UsageError(f"{state} jobs cannot be retried.", hint="Those that are failed or completed can.")
    return on_jobs(call, queue, action, jobs)


def promote_all(
    call: Call,
    *,
    queue: Queue,
    limit: Limit = None,
    older_than: Older = None,
    rate: Rate = None,
    scheduled: Annotated[bool, typer.Option("--scheduled", help="The next runs of schedulers too.")] = False,
) -> int:
    """Let all delayed jobs of a queue run now, the soonest due first, each with its priority."""
    jobs = choose((), everything=True, limit=limit, older_than=older_than, rate=rate, usual=JobState.DELAYED)
    return on_jobs(call, queue, Promote(scheduled=scheduled), jobs)


def obliterate(
    call: Call,
    *,
    queue: Queue,
    force: Annotated[bool, typer.Option("--force", help="Even while jobs are active.")] = False,
) -> int:
    """Remove a queue with everything in it."""
    return on_queue(call, queue, Obliterate(force=force))
