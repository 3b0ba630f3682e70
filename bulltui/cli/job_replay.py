"""`bulltui jobs replay`: a finished job once more, with another name, other data or options."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.acting import act, request, resolved
from bulltui.cli.call import Call
from bulltui.cli.choice import Id, Queue
from bulltui.cli.grammar import command
from bulltui.cli.job_acts import GROUPS
from bulltui.cli.job_show import find_job, whole
from bulltui.cli.payload import read_text
from bulltui.domain.actions import Replay
from bulltui.domain.edited_job import Editable, Edited, check_shown, editable, edited_fields
from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.fields import long_options
from bulltui.domain.jsontext import dump, parse
from bulltui.domain.targets import Jobs
from bulltui.services.request import Request

if TYPE_CHECKING:
    from bulltui.wiring import Runtime


def register(app: typer.Typer) -> None:
    """Adds the command to the noun `jobs`."""
    command(
        app,
        "replay",
        groups=GROUPS,
        examples="""
        bulltui jobs replay payments 8f21 --edit
        bulltui jobs replay payments 8f21 --data '{"order":17}' --copy
        bulltui jobs replay payments 8f21 --opts '{"attempts":5}' --yes
        """,
    )(replay_job)


def replay_job(
    call: Call,
    *,
    queue: Queue,
    job_id: Id,
    data: Annotated[
        str | None, typer.Option("--data", metavar="JSON", help="Other data: JSON, @FILE, or `-` for standard input.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="Another name.")] = None,
    opts: Annotated[str | None, typer.Option("--opts", metavar="JSON", help="Other options, all of them.")] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Open it in $VISUAL or $EDITOR first.")] = False,
    copy: Annotated[bool, typer.Option("--copy", help="As a new job; the old one stays as it is.")] = False,
) -> int:
    """Run a finished job again with what is edited, under the same id or as a copy."""
    given = {
        "name": None if name is None else dump(name),
        "data": None if data is None else read_text(data),
        "opts": None if opts is None else read_text(opts),
    }
    changes = {field: text for field, text in given.items() if text is not None}
    if not (changes or edit or copy):
        raise UsageError(
            "What is to be another?",
            hint="Say --edit, --data, --name or --opts. `bulltui jobs retry` runs it as it is.",
        )
    if edit:
        from bulltui.cli.editing import check_terminal

        check_terminal()

    async def plan(runtime: "Runtime") -> Request:
        ref = await resolved(call, runtime, queue)
        job = await find_job(runtime.reader, ref, job_id)
        if edit:
            job = await whole(runtime.reader, job)
            check_shown(job)
        target = Jobs(ref, (job.id,))
        before = editable(job)
        edited, as_copy = edited_fields(before, **changes), copy
        if edit:
            # What would be refused anyway is refused before somebody takes the trouble.
            await runtime.runner.preview(request(call, Replay(copy=copy), target))
            edited, as_copy = _through_editor(call, _with(before, edited), before, as_copy=copy)
        return request(call, edited.replay(copy=as_copy), target)

    return act(call, plan)


def _with(before: Editable, edited: Edited) -> Editable:
    """What is in the editor at first: the job, and what the command line changed of it."""
    found = before
    if edited.name is not None:
        found = replace(found, name=dump(edited.name))
    if edited.data is not None:
        found = replace(found, data=edited.data)
    if edited.opts is not None:
        found = replace(found, opts=dump(long_options(parse(edited.opts).value)))
    return found


def _through_editor(call: Call, start: Editable, before: Editable, *, as_copy: bool) -> tuple[Edited, bool]:
    from bulltui.cli.editing import choose_copy, edit_job, show_difference
    from bulltui.cli.output import Out

    beside = Out.beside()
    edited, text = edit_job(beside, start, before)
    if not edited.changed and not as_copy:
        raise BulltuiError("Nothing was edited, so nothing was done.", code="unchanged")
    show_difference(beside, before.text, text)
    if as_copy or call.given.yes or call.given.dry_run:
        return edited, as_copy
    chosen = choose_copy(beside)
    if chosen is None:
        raise BulltuiError("Nothing was changed.", code="unchanged")
    return edited, chosen
