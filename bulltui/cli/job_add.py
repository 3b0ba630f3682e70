"""`bulltui jobs add`: a new job, checked as the library checks it."""

from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.acting import act, request, resolved
from bulltui.cli.call import Call
from bulltui.cli.choice import Queue
from bulltui.cli.grammar import command
from bulltui.cli.job_acts import GROUPS
from bulltui.cli.payload import read_text
from bulltui.domain.job_options import PRIORITY_LIMIT, read_options
from bulltui.domain.jsontext import Json
from bulltui.domain.new_job import new_job
from bulltui.domain.spans import span
from bulltui.domain.targets import Queues
from bulltui.services.request import Request

if TYPE_CHECKING:
    from bulltui.wiring import Runtime


def register(app: typer.Typer) -> None:
    """Adds the command to the noun `jobs`."""
    command(
        app,
        "add",
        groups=GROUPS,
        examples="""
        bulltui jobs add mail welcome --data '{"to":"ann@example.com"}'
        bulltui jobs add mail welcome --data @job.json --delay 5m --attempts 3 --id welcome-ann
        bulltui jobs add mail welcome --opts '{"backoff":1000,"removeOnComplete":true}'
        """,
    )(add)


def add(
    call: Call,
    *,
    queue: Queue,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The job's name, by which workers go.")],
    data: Annotated[str, typer.Option("--data", metavar="JSON", help="JSON, @FILE, or `-` for standard input.")] = "{}",
    opts: Annotated[
        str, typer.Option("--opts", metavar="JSON", help="Options as for `Queue.add`: JSON or @FILE.")
    ] = "{}",
    delay: Annotated[str | None, typer.Option("--delay", metavar="SPAN", help="Not before that: 90s, 10m, 2h.")] = None,
    priority: Annotated[
        int | None,
        typer.Option(
            "--priority", metavar="N", min=0, max=PRIORITY_LIMIT, help="0: none, and first; else 1 is before 2."
        ),
    ] = None,
    job_id: Annotated[str | None, typer.Option("--id", metavar="ID", help="Its id. Default: the next number.")] = None,
    lifo: Annotated[bool, typer.Option("--lifo", help="Next in line rather than last.")] = False,
    attempts: Annotated[int | None, typer.Option("--attempts", metavar="N", min=0, help="So many tries.")] = None,
) -> int:
    """Add a job to a queue. Its id is told."""
    options = read_options(read_text(opts))
    given: dict[str, Json] = {
        "delay": None if delay is None else span(delay),
        "priority": priority,
        "jobId": job_id,
        "lifo": lifo or None,
        "attempts": attempts,
    }
    action = new_job(name, read_text(data), options | {key: value for key, value in given.items() if value is not None})

    async def plan(runtime: "Runtime") -> Request:
        return request(call, action, Queues((await resolved(call, runtime, queue),)))

    return act(call, plan)
