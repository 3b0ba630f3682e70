"""`bulltui jobs find`: the jobs that a query means, in any number of queues, and what is done with them."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.choice import STDIN
from bulltui.cli.grammar import command
from bulltui.cli.job_acts import GROUPS
from bulltui.cli.job_export import File, Form, export_all, wanted
from bulltui.cli.options import Output
from bulltui.cli.output import note
from bulltui.cli.searching import Asked, Looking, all_or_nothing, meaning, meant, opened, states_of
from bulltui.cli.states import complete_state
from bulltui.cli.then import Then, act_on_found
from bulltui.domain.errors import BulltuiError, ExitCode, NotFoundError, UsageError
from bulltui.domain.query.examples import EXAMPLES

if TYPE_CHECKING:
    from bulltui.domain.matched import Gathering
    from bulltui.wiring import Runtime

USUAL = 50
"""So many rows of a table are shown unless another number is named."""

ALL = 2**62
"""More than there can be."""

In = Annotated[
    list[str] | None,
    typer.Option("--in", metavar="QUEUE", help="In this queue, may be repeated. Default: all that -q selects."),
]
States = Annotated[
    list[str] | None,
    typer.Option(
        "-s",
        "--state",
        metavar="STATE,...",
        autocompletion=complete_state,
        help="Only in these states, with commas or repeated.",
    ),
]


def _language() -> str:
    """The language of queries by examples, as the help shows it."""
    width = max(len(one.query) for part in EXAMPLES.values() for one in part)
    lines = [
        "bulltui jobs find 'error:ETIMEDOUT failed:<1h' -q payments",
        "bulltui jobs find 8f21",
        "bulltui jobs find 'name:charge data.amount>1000' -s failed,delayed -o jsonl | jq -r .id",
        "bulltui jobs find 'error:ECONNREFUSED' --in payments --save refused",
        "bulltui jobs find @refused --then retry --dry-run",
        "bulltui jobs find -s failed -- '-error:timeout'",
    ]
    for title, part in EXAMPLES.items():
        lines += ["", f"{title}:", *(f"  {one.query:<{width}}  {one.meaning}" for one in part)]
    return "\n".join(lines)


def register(app: typer.Typer) -> None:
    """Adds the command to the noun `jobs`."""
    command(app, "find", groups=GROUPS, examples=_language())(find)


def find(
    call: Call,
    *,
    words: Annotated[
        list[str], typer.Argument(metavar="QUERY...", help="What to look for, or @NAME for a saved search.")
    ],
    queues: In = None,
    state: States = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help=f"How many at most. Default: {USUAL} in a table, else all."),
    ] = None,
    then: Annotated[Then | None, typer.Option("--then", help="What to do with all that is found.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="How the query is understood, and what would be looked through.")
    ] = False,
    save: Annotated[str | None, typer.Option("--save", metavar="NAME", help="Keep the search, for @NAME.")] = None,
    no_index: Annotated[
        bool, typer.Option("--no-index", help="Look through the server, even where `jobs index` made an index.")
    ] = False,
    file: File = STDIN,
    form: Form = None,
) -> int:
    """Find jobs by a text, an id or a query, in one queue, some or all.

    Jobs are written as they are found, state by state, those that failed first. CSV and JSON hold what a list shows
    of them, with the start of their data in `dataPreview` and its bytes in `dataSize`. Whole jobs are written by
    `--then export -f FILE`; `bulltui jobs export` has more options for that.
    """
    asked = Asked(" ".join(words), tuple(queues or ()), states_of(state or ()), limit, save)
    if then is not None and explain:
        raise UsageError("--explain only tells; it does not go with --then.", hint="Leave one of them out.")
    if then is not Then.EXPORT and (file != STDIN or form is not None):
        raise UsageError("--file and --format are for --then export.", hint="Use -o for what is listed.")
    if explain:
        call.run(partial(_explain, call, asked))
        return ExitCode.DONE
    if then is None:
        return call.run(partial(_list, call, asked, by_index=not no_index))
    action = then.action
    if action is None:
        if limit is not None:
            raise UsageError("An export writes all that is found.", hint="Leave out --limit.")
        return export_all(call, wanted(call, asked, file, form, None))
    return act_on_found(call, action, partial(_gather, call, asked))


async def _list(call: Call, asked: Asked, runtime: "Runtime", *, by_index: bool) -> int:
    from bulltui.cli.find_text import shape
    from bulltui.services.search import Search, Source

    search = await meant(call, runtime, asked)
    query, scope, problem = await opened(call, runtime, asked, search)
    most = asked.limit or (USUAL if call.output is Output.TABLE else None)
    index = runtime.indexed if by_index else None
    found = Search(runtime.finder, runtime.reader, runtime.clock, query, scope, limit=most or ALL, index=index)
    looking = Looking(runtime, found)
    with call.out.growing(call.output, shape(runtime.clock.now_ms())) as add:
        async for matches in looking.matches():
            add(matches)
    if looking.last is not None and looking.last.source is Source.INDEX:
        note("Found by the index on this machine. --no-index looks through the server.")
    code = looking.tell(most)
    return ExitCode.PARTLY if problem else code


async def _gather(call: Call, asked: Asked, runtime: "Runtime", gathering: "Gathering") -> None:
    from bulltui.services.search import Search

    search = await meant(call, runtime, asked)
    query, scope, problem = await opened(call, runtime, asked, search)
    all_or_nothing(problem)
    found = Search(runtime.finder, runtime.reader, runtime.clock, query, scope, limit=asked.limit or ALL)
    looking = Looking(runtime, found)
    async for matches in looking.matches():
        gathering.add(matches)
    if looking.stopped:
        raise BulltuiError("Stopped before all were found: nothing was changed.", code="stopped")
    all_or_nothing(" ".join(found.away))
    if not gathering.matched.count:
        raise NotFoundError(
            "No job matches, so there is nothing to do.", hint="`--explain` tells how it is understood."
        )
    looking.tell(asked.limit)


async def _explain(call: Call, asked: Asked, runtime: "Runtime") -> None:
    from bulltui.cli.explain_text import tell

    search = await meaning(runtime, asked)
    query, scope, _ = await opened(call, runtime, asked, search)
    queues = await runtime.reader.counts(scope.refs)
    tell(call, query, queues, scope.states, on_server=runtime.finder.on_server)
