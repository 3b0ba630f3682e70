"""`bulltui events`: what queues tell, as it happens."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.grammar import command, verb
from bulltui.cli.options import Output
from bulltui.cli.output import note
from bulltui.domain.errors import UsageError
from bulltui.domain.event_words import KINDS, Sought
from bulltui.domain.spans import span

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

_ID = re.compile(r"\d{6,20}(-\d{1,20})?")
_LAST = 50

app = verb()


@command(
    app,
    "events",
    examples="""
    bulltui events                                  all queues, from now on
    bulltui events payments mail -n 20              the last 20, and what comes
    bulltui events --since 10m --kind failed        failures of the last ten minutes, and what comes
    bulltui events payments --no-follow -o jsonl    the newest 50, and no more
    bulltui events --exit-on failed && notify-send "a job failed"
    """,
)
def follow_events(
    call: Call,
    *,
    queues: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUEUE...]", show_default=False, help="Only these. Default: all that -q chooses."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="SPAN|ID", help="Begin so long ago, such as 10m, or behind the event of this id."
        ),
    ] = None,
    last: Annotated[
        int | None, typer.Option("-n", "--last", metavar="N", min=0, help="Begin with the newest N of before.")
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="KIND,...", help="Only these: failed, completed, stalled and so on."),
    ] = None,
    job_id: Annotated[str, typer.Option("--job", metavar="ID", help="Only those of this job.")] = "",
    text: Annotated[
        str, typer.Option("--grep", metavar="TEXT", help="Only those with this in a field (its first 512 bytes) or id.")
    ] = "",
    no_follow: Annotated[bool, typer.Option("--no-follow", help="Do not wait for more.")] = False,
    ends: Annotated[
        list[str] | None,
        typer.Option("--exit-on", metavar="KIND,...", help="End with the next event of these kinds that is shown."),
    ] = None,
    most: Annotated[
        int | None, typer.Option("--count", metavar="N", min=1, help="End after N events, or N of --exit-on.")
    ] = None,
) -> None:
    """Follow what queues tell: jobs added, started, completed, failed and so on.

    New queues are followed as they appear. What was missed is told on standard error, and so are lost connections.

    Documents hold `id`, `at`, `queue`, `prefix`, `event`, `jobId`, `fields` and `cut`, the names of fields of which
    only the start is there. CSV has `text` in place of the last two.
    """
    if since is not None and last is not None:
        raise UsageError("--since and -n do not go together.", hint="Leave one of them out.")
    if not no_follow and call.output is Output.JSON:
        raise UsageError("A JSON array has an end, and following has none.", hint="Use -o jsonl, or --no-follow.")
    from bulltui.cli.event_tail import Tail, Wanted

    wanted = Wanted(
        Sought(_kinds(kinds), job_id, text),
        None if since is None else since if _ID.fullmatch(since) else span(since),
        (_LAST if no_follow and since is None else 0) if last is None else last,
        not no_follow,
        _kinds(ends),
        1 if ends and most is None else most,
    )

    async def work(runtime: "Runtime") -> None:
        await Tail(call, runtime, wanted).run(queues or ())

    call.run(work)


def _kinds(given: Sequence[str] | None) -> frozenset[str]:
    kinds = frozenset(kind.strip() for words in given or () for kind in words.split(",") if kind.strip())
    for kind in kinds.difference(KINDS):
        near = get_close_matches(kind, KINDS, n=1)
        note(f"No library writes events {kind!r}." + (f" Did you mean {near[0]}?" if near else ""))
    return kinds
