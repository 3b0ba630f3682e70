"""`bulltui jobs add`: a new job, checked as the library checks it."""

from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.acting import act, request, resolved
from bulltui.cli.call import Call
from bulltui.cli.choice import Queue
from bulltui.cli.grammar import command
from bulltui.cli.job_acts import GROUPS
from bulltui.cli.job_import import add_from
from bulltui.cli.payload import read_text
from bulltui.domain.errors import UsageError
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
        bulltui jobs export mail --find ann | bulltui jobs add mail-again --from - --yes
        """,
    )(add)


def add(
    call: Call,
    *,
    queue: Queue,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", show_default=False, help="The job's name, by which workers go."),
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="JSON", help="JSON, @FILE, or `-` for standard input. Default: {}.")
    ] = None,
    opts: Annotated[
        str | None, typer.Option("--opts", metavar="JSON", help="Options as for `Queue.add`: JSON or @FILE.")
    ] = None,
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
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="Add the jobs of this file: JSON lines or an array; or `-`."),
    ] = None,
    keep_ids: Annotated[
        bool,
        typer.Option("--keep-ids", help="With --from: under their ids; one that is there is skipped."),
    ] = False,
    skip_wrong: Annotated[
        bool, typer.Option("--skip-wrong", help="With --from: leave out what cannot be added, and add the rest.")
    ] = False,
) -> int:
    """Add a job to a queue, or all jobs of a file as `jobs export` writes them. Of a single one the id is told.

    In a file each job is an object with `name`, `data` and `opts`, as for `Queue.add`; other fields are left alone.
    They are added in the order of the file. An export has the newest first: `tac FILE` turns its lines round.
    """
    if source is not None:
        if any(one is not None for one in (name, data, opts, delay, priority, job_id, attempts)) or lifo:
            raise UsageError("--from takes name, data and options from the file.", hint="Leave the other ones out.")
        return add_from(call, queue, source, keep_ids=keep_ids, skip_wrong=skip_wrong)
    if name is None:
        raise UsageError("Which job?", hint="Give it a name, or say --from FILE.")
    if keep_ids or skip_wrong:
        raise UsageError("--keep-ids and --skip-wrong go with --from only.", hint="Leave them out.")
    options = read_options(read_text(opts or "{}"))
    given: dict[str, Json] = {
        "delay": None if delay is None else span(delay),
        "priority": priority,
        "jobId": job_id,
        "lifo": lifo or None,
        "attempts": attempts,
    }
    action = new_job(
        name,
        read_text("{}" if data is None else data),
        options | {key: value for key, value in given.items() if value is not None},
    )

    async def plan(runtime: "Runtime") -> Request:
        return request(call, action, Queues((await resolved(call, runtime, queue),)))

    return act(call, plan)
