"""`bulltui jobs reprioritize|reschedule|update-data|add-log|release|fail|remove-children`: what a job is told anew."""

from typing import Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.choice import Id, Ids, Queue, choose
from bulltui.cli.grammar import command
from bulltui.cli.job_acts import GROUPS, on_jobs
from bulltui.cli.payload import read_text
from bulltui.domain.actions import AddLog, Fail, Release, RemoveChildren, Reprioritize, Reschedule, UpdateData
from bulltui.domain.job_options import PRIORITY_LIMIT
from bulltui.domain.new_job import json_data
from bulltui.domain.spans import span


def register(app: typer.Typer) -> None:
    """Adds the commands to the noun `jobs`."""
    command(
        app,
        "reprioritize",
        groups=GROUPS,
        examples="""
        bulltui jobs reprioritize payments 8f21 --priority 1
        bulltui jobs reprioritize payments 8f21 8f22 --priority 0
        """,
    )(reprioritize)
    command(app, "reschedule", groups=GROUPS, examples="bulltui jobs reschedule mail 17 18 --in 10m")(reschedule)
    command(
        app,
        "update-data",
        groups=GROUPS,
        examples="""
        bulltui jobs update-data payments 8f21 --data '{"order":17,"retry":true}'
        bulltui jobs show mail 17 --field data | jq -c '.to = "ann"' | bulltui jobs update-data mail 17 --data - -y
        """,
    )(update_data)
    command(app, "add-log", groups=GROUPS, examples="bulltui jobs add-log payments 8f21 --line 'refunded by hand'")(
        add_log
    )
    command(app, "release", groups=GROUPS, examples="bulltui jobs release payments 8f21")(release)
    command(app, "fail", groups=GROUPS, examples="bulltui jobs fail payments 8f21 --message 'worker was lost'")(fail)
    command(app, "remove-children", groups=GROUPS, examples="bulltui jobs remove-children reports 12")(remove_children)


def reprioritize(
    call: Call,
    *,
    queue: Queue,
    ids: Ids = None,
    priority: Annotated[
        int,
        typer.Option(
            "--priority", metavar="N", min=0, max=PRIORITY_LIMIT, help="0: none, and first; else 1 is before 2."
        ),
    ],
    lifo: Annotated[bool, typer.Option("--lifo", help="Before others of the same priority.")] = False,
) -> int:
    """Give jobs another priority."""
    return on_jobs(call, queue, Reprioritize(priority=priority, lifo=lifo), choose(ids))


def reschedule(
    call: Call,
    *,
    queue: Queue,
    ids: Ids = None,
    after: Annotated[str, typer.Option("--in", metavar="SPAN", help="How long from now: 90s, 10m, 1h30m, 2d.")],
) -> int:
    """Let delayed jobs become due at another time."""
    return on_jobs(call, queue, Reschedule(delay_ms=span(after)), choose(ids))


def update_data(
    call: Call,
    *,
    queue: Queue,
    job_id: Id,
    data: Annotated[str, typer.Option("--data", metavar="JSON", help="JSON, @FILE, or `-` for standard input.")],
) -> int:
    """Give a job other data. A worker that runs it keeps its copy."""
    return on_jobs(call, queue, UpdateData(json_data(read_text(data))), choose([job_id]))


def add_log(
    call: Call,
    *,
    queue: Queue,
    ids: Ids = None,
    line: Annotated[str, typer.Option("--line", metavar="TEXT", help="What is to stand in the logs.")],
) -> int:
    """Add a line to the logs of jobs."""
    return on_jobs(call, queue, AddLog(line), choose(ids))


def release(call: Call, *, queue: Queue, ids: Ids = None) -> int:
    """Let stuck jobs wait again: active ones whose worker is gone. What they did so far may happen twice."""
    return on_jobs(call, queue, Release(), choose(ids))


def fail(
    call: Call,
    *,
    queue: Queue,
    ids: Ids = None,
    message: Annotated[str, typer.Option("--message", metavar="TEXT", help="The error of the jobs.")] = Fail().reason,
) -> int:
    """Let stuck jobs fail: active ones whose worker is gone."""
    return on_jobs(call, queue, Fail(message), choose(ids))


def remove_children(call: Call, *, queue: Queue, ids: Ids = None) -> int:
    """Remove the children that a waiting parent still waits for, so that it goes on."""
    return on_jobs(call, queue, RemoveChildren(), choose(ids))
