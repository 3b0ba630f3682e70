"""`bulltui jobs retry|remove|promote|duplicate`: for some jobs, or all of a state."""

from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.acting import act, request, resolved
from bulltui.cli.call import Call
from bulltui.cli.choice import All, Choice, Ids, Limit, Older, Queue, Rate, State, choose
from bulltui.cli.grammar import command
from bulltui.cli.options import change, connection
from bulltui.domain.actions import Action, Duplicate, Promote, Remove, Retry
from bulltui.domain.states import JobState
from bulltui.services.request import Request

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

GROUPS = (change, connection)


def register(app: typer.Typer) -> None:
    """Adds the commands to the noun `jobs`."""
    command(
        app,
        "retry",
        groups=GROUPS,
        examples="""
        bulltui jobs retry payments 8f21 8f1e
        bulltui jobs retry payments --all --older-than 2h --rate 50
        bulltui jobs list payments -s failed -o jsonl | jq -r .id | bulltui jobs retry payments - --yes
        """,
    )(retry)
    command(
        app,
        "remove",
        groups=GROUPS,
        examples="""
        bulltui jobs remove payments 8f21
        bulltui jobs remove payments --all --state completed --older-than 7d --dry-run
        """,
    )(remove)
    command(
        app,
        "promote",
        groups=GROUPS,
        examples="""
        bulltui jobs promote mail 17 18
        bulltui jobs promote mail --all --limit 100
        """,
    )(promote)
    command(
        app,
        "duplicate",
        groups=GROUPS,
        examples="""
        bulltui jobs duplicate payments 8f21
        """,
    )(duplicate)


def on_jobs(call: Call, queue: str, action: Action, jobs: Choice) -> int:
    """An action on jobs of a queue."""

    async def plan(runtime: "Runtime") -> Request:
        return request(call, action, jobs.of(await resolved(call, runtime, queue)))

    return act(call, plan)


def retry(
    call: Call,
    *,
    queue: Queue,
    ids: Ids = None,
    everything: All = False,
    state: State = None,
    limit: Limit = None,
    older_than: Older = None,
    rate: Rate = None,
    reset_attempts: Annotated[bool, typer.Option("--reset-attempts", help="All attempts anew.")] = False,
    reset_stalled: Annotated[
        bool,
        typer.Option("--reset-stalled", help="Forget how often they stalled, or one that stalled too often fails."),
    ] = False,
) -> int:
    """Run failed or completed jobs again. With --all the failed ones, unless --state says otherwise."""
    usual = JobState.FAILED
    jobs = choose(ids, everything=everything, state=state, limit=limit, older_than=older_than, rate=rate, usual=usual)
    return on_jobs(call, queue, Retry(reset_attempts=reset_attempts, reset_stalled=reset_stalled), jobs)


def remove(
    call: Call,
    *,
    queue: Queue,
    ids: Ids = None,
    everything: All = False,
    state: State = None,
    limit: Limit = None,
    older_than: Older = None,
    rate: Rate = None,
    children: Annotated[bool, typer.Option("--children", help="With all that hangs below them, in any queue.")] = False,
) -> int:
    """Remove jobs, with their data and logs. Those that a worker runs stay, and so do the next runs of schedulers."""
    jobs = choose(ids, everything=everything, state=state, limit=limit, older_than=older_than, rate=rate)
    return on_jobs(call, queue, Remove(children=children), jobs)


def promote(
    call: Call,
    *,
    queue: Queue,
    ids: Ids = None,
    everything: All = False,
    limit: Limit = None,
    older_than: Older = None,
    rate: Rate = None,
    scheduled: Annotated[bool, typer.Option("--scheduled", help="The next runs of schedulers too.")] = False,
) -> int:
    """Let delayed jobs run now."""
    usual = JobState.DELAYED
    jobs = choose(ids, everything=everything, limit=limit, older_than=older_than, rate=rate, usual=usual)
    return on_jobs(call, queue, Promote(scheduled=scheduled), jobs)


def duplicate(
    call: Call,
    *,
    queue: Queue,
    ids: Ids = None,
    everything: All = False,
    state: State = None,
    limit: Limit = None,
    older_than: Older = None,
    rate: Rate = None,
) -> int:
    """Add new jobs with the name, data and options of these. The ids of the copies are told."""
    jobs = choose(ids, everything=everything, state=state, limit=limit, older_than=older_than, rate=rate)
    return on_jobs(call, queue, Duplicate(), jobs)
