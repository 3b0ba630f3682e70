"""`bulltui jobs why`: where a job is and what it waits for."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.documents import of_server
from bulltui.cli.grammar import command
from bulltui.cli.options import Output
from bulltui.cli.output import Out
from bulltui.cli.table import Tone, cells
from bulltui.domain.errors import ExitCode
from bulltui.domain.jsontext import Json
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import visible
from bulltui.domain.why import Cause, Why

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

_WORDS = re.compile(r"`[^`]*`\S*|\S+")
_GOOD = frozenset({Cause.COMPLETED, Cause.RUNNING, Cause.MOVING, Cause.IDLE, Cause.IN_LINE})
_BAD = frozenset(
    {
        *(Cause.NO_WORKERS, Cause.OVERDUE, Cause.CHILD_FAILED, Cause.STALLED, Cause.ATTEMPTS, Cause.UNRECOVERABLE),
        *(Cause.NO_HASH, Cause.NO_STATE, Cause.STUCK),
    }
)


def register(app: typer.Typer) -> None:
    """Adds the command to the noun `jobs`."""
    command(
        app,
        "why",
        examples="""
        bulltui jobs why payments 8f21
        bulltui jobs why payments 8f21 -o json | jq -r .cause
        """,
    )(why_job)


def why_job(
    call: Call,
    *,
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="The queue's name, or its whole key.")],
    job_id: Annotated[str, typer.Argument(metavar="ID", help="The job's id.")],
) -> int:
    """Explain where a job is and what it waits for, with the evidence and the next step.

    Exits with 4 where there is no such job and nothing is known of one. The document holds `id`, `queue`, `prefix`,
    `verdict`, `cause`, `causes`, `sure`, `evidence`, `steps` and `related`.
    """
    call.refuse(Output.CSV)

    async def read(runtime: "Runtime") -> tuple[QueueRef, Why]:
        from bulltui.services import why
        from bulltui.services.overview import resolve

        ref = await resolve(runtime.reader, call.settings.prefixes, queue)
        return ref, await why.why_job(runtime, ref, job_id)

    ref, why = call.run(read)
    if call.output is Output.TABLE:
        for line in why_lines(call.out, why):
            call.out.line(line)
    else:
        about: dict[str, Json] = {"id": job_id, "queue": ref.name, "prefix": ref.prefix, **of_server(ref)}
        call.out.document(about | why_document(why), short=call.output is Output.JSONL)
    return ExitCode.NOT_FOUND if why.cause is Cause.NOT_FOUND else ExitCode.DONE


def tone_of(why: Why) -> Tone:
    """How good or bad a verdict is."""
    if why.cause in _GOOD and not _BAD & {*why.causes}:
        return Tone.OK
    return Tone.BAD if why.cause in _BAD else Tone.WARN


def why_lines(out: Out, why: Why) -> Iterator[str]:
    """An explanation for people, folded to the terminal."""
    yield from (out.paint(line, tone_of(why)) for line in folded(out, why.verdict))
    if not why.sure:
        yield from folded(out, "This is what is most likely; the server does not tell enough to be sure.")
    for title, lines in (("Seen", why.evidence), ("Next", why.steps)):
        if lines:
            yield ""
            yield out.paint(title, Tone.TITLE)
            for text in lines:
                yield from folded(out, text, "  ")
    if why.related:
        yield ""
        yield out.paint("Jobs", Tone.TITLE)
        for one in why.related:
            yield f"  {visible(one.role)}: {visible(one.job.id)} in {visible(one.job.ref.shown)}"


def folded(out: Out, text: str, indent: str = "") -> list[str]:
    """Prose as lines that fit a terminal, commands whole where they fit; in a file each text is one line."""
    if out.width is None:
        return [indent + visible(text)]
    width, more = max(20, out.width), indent + "  " if indent else ""
    lines, line = [], indent
    for word in _WORDS.findall(visible(text)):
        if line.strip() and cells(line) + 1 + cells(word) > width:
            lines.append(line)
            line = more
        line += f" {word}" if line.strip() else word
        while cells(line) > width:
            cut = next(at for at in range(len(line), 0, -1) if cells(line[:at]) <= width)
            lines.append(line[:cut])
            line = more + line[cut:]
    return [*lines, line]


def why_document(why: Why) -> dict[str, Json]:
    """An explanation as JSON. `cause` is the decisive one of `causes`."""
    return {
        "verdict": why.verdict,
        "cause": why.cause.value,
        "causes": [cause.value for cause in why.causes],
        "sure": why.sure,
        "evidence": list(why.evidence),
        "steps": list(why.steps),
        "related": [
            {
                "role": one.role,
                "id": one.job.id,
                "queue": one.job.ref.name,
                "prefix": one.job.ref.prefix,
                **of_server(one.job.ref),
            }
            for one in why.related
        ],
    }
