"""`bulltui jobs show`: one job in full."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.grammar import command
from bulltui.cli.job_text import job_lines
from bulltui.cli.options import Output
from bulltui.domain.errors import NotFoundError
from bulltui.domain.fields import raw_field
from bulltui.domain.job import Job, decode
from bulltui.domain.job_json import job_document
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import exact, visible, visible_lines

if TYPE_CHECKING:
    from bulltui.services.protocols import JobReader
    from bulltui.wiring import Runtime


async def find_job(reader: "JobReader", ref: QueueRef, job_id: str) -> Job:
    """The job, its large fields cut. Raises NotFoundError."""
    job = await reader.job(ref, job_id)
    if job is None:
        raise NotFoundError(
            f"There is no job {visible(job_id)!r} in {visible(ref.shown)}.",
            hint=f"`bulltui jobs list {visible(ref.shown)} --state STATE` shows ids; a finished job may be gone.",
        )
    return job


async def whole(reader: "JobReader", job: Job) -> Job:
    """`job` with every field whole, whatever its size. A field that vanished meanwhile stays cut."""
    raw = dict(job.raw)
    for name, found in job.raw.items():
        if found.cut:
            content = await reader.field(job.queue, job.id, name)
            if content is not None:
                raw[name] = raw_field(content)
    if raw == job.raw:
        return job
    read = decode(
        job.id,
        job.queue,
        job.state,
        raw,
        score=job.score,
        lock_ttl_ms=job.lock_ttl_ms,
        log_count=job.log_count,
        dependencies=job.dependencies,
    )
    foreign = [problem for problem in job.problems if "another program" in problem]
    return replace(read, problems=(*foreign, *read.problems)) if foreign else read


def register(app: typer.Typer) -> None:
    """Adds the command to the noun `jobs`."""
    command(
        app,
        "show",
        examples="""
        bulltui jobs show payments 8f21
        bulltui jobs show payments 8f21 -o json | jq .data
        bulltui jobs show payments 8f21 --field data > data.json
        """,
    )(show_job)


def show_job(
    call: Call,
    *,
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="The queue's name, or its whole key.")],
    job_id: Annotated[str, typer.Argument(metavar="ID", help="The job's id.")],
    field: Annotated[
        str | None,
        typer.Option("--field", metavar="NAME", help="Only this field of the hash, its bytes as they are in Redis."),
    ] = None,
) -> None:
    """Show one job: times, options, data, errors with their stacks, result.

    The table shows the first 256 KiB of a field; -o json and --field give all of it.
    """
    if field is not None:
        _show_field(call, queue, job_id, field)
        return
    call.refuse(Output.CSV)

    async def read(runtime: "Runtime") -> tuple[Job, int]:
        from bulltui.services.overview import resolve

        ref = await resolve(runtime.reader, call.settings.prefixes, queue)
        job = await find_job(runtime.reader, ref, job_id)
        if call.output is not Output.TABLE:
            job = await whole(runtime.reader, job)
        return job, runtime.clock.now_ms()

    job, now = call.run(read)
    if call.output is Output.TABLE:
        for text in job_lines(call.out.paint, job, now):
            call.out.line(text)
    else:
        call.out.document(job_document(job), short=call.output is Output.JSONL)


def _show_field(call: Call, queue: str, job_id: str, field: str) -> None:
    async def read(runtime: "Runtime") -> bytes:
        from bulltui.services.overview import resolve

        ref = await resolve(runtime.reader, call.settings.prefixes, queue)
        content = await runtime.reader.field(ref, job_id, field)
        if content is not None:
            return content
        job = await find_job(runtime.reader, ref, job_id)
        raise NotFoundError(
            f"The job {visible(job_id)!r} has no field {visible(field)!r}.",
            hint=f"It has {', '.join(visible(name) for name in sorted(job.raw))}." if job.raw else "Its hash is gone.",
        )

    content = call.run(read)
    if call.out.terminal:  # a file gets the bytes, a person's terminal nothing that acts on it
        call.out.line(visible_lines(exact(content)))
    else:
        call.out.raw(content)
