"""`bulltui jobs searches`: the searches that have a name, and those that were made lately."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.grammar import command
from bulltui.cli.output import Scalar, Shape, note
from bulltui.cli.searching import tell_problem
from bulltui.cli.table import Column
from bulltui.domain.errors import NotFoundError
from bulltui.domain.saved_search import SIGN, SavedSearch, by_name
from bulltui.domain.text import visible

if TYPE_CHECKING:
    from bulltui.wiring import Runtime


@dataclass(frozen=True, slots=True)
class _Line:
    """A search and where it is from."""

    search: SavedSearch
    source: str


def register(app: typer.Typer) -> None:
    """Adds the command to the noun `jobs`."""
    command(
        app,
        "searches",
        examples="""
        bulltui jobs searches
        bulltui jobs find 'error:ECONNREFUSED failed:<1d' -q 'pay*' --save refused
        bulltui jobs find @refused
        bulltui jobs searches --forget refused
        """,
    )(searches)


def searches(
    call: Call,
    *,
    forget: Annotated[str | None, typer.Option("--forget", metavar="NAME", help="Drop a saved search.")] = None,
    clear: Annotated[bool, typer.Option("--clear-history", help="Drop the searches made lately.")] = False,
) -> None:
    """List saved searches and the last 100 that were made.

    A search is saved by `jobs find --save NAME`, or in the configuration: `[searches]` with `NAME = "query"`, or
    `[searches.NAME]` with `query`, `queues` and `states`. `@NAME` stands for it in a query, and what follows it must
    hold as well. The history is not kept with BULLTUI_HISTORY=0, or `history = false` in a profile.
    """

    async def work(runtime: "Runtime") -> None:
        remembered = runtime.remembered
        if forget is not None:
            await _forget(runtime, forget.removeprefix(SIGN))
        if clear:
            await remembered.forget_history()
            note("The history is empty.")
        if forget is None and not clear:
            await remembered.load()
            tell_problem(runtime)
            lines = _lines(runtime)
            call.out.listing(call.output, lines, _SHAPE)
            if not lines:
                note("No search is saved, and none was made yet.")

    call.run(work)


async def _forget(runtime: "Runtime", name: str) -> None:
    if any(search.name == name for search in runtime.settings.searches):
        raise NotFoundError(
            f"{visible(name)} is a search of the configuration.", hint="Take it out of `[searches]` there."
        )
    await runtime.remembered.forget(name)
    note(f"{SIGN}{name} is dropped.")


def _lines(runtime: "Runtime") -> list[_Line]:
    configured, remembered = runtime.settings.searches, runtime.remembered
    found = by_name(configured, remembered.saved)
    named = [_Line(one, "config" if one in configured else "saved") for _, one in sorted(found.items())]
    return [*named, *(_Line(SavedSearch("", text), "history") for text in remembered.history)]


def _record(line: _Line) -> dict[str, Scalar]:
    search = line.search
    return {
        "name": search.name,
        "source": line.source,
        "query": search.query,
        "queues": " ".join(search.queues),
        "states": ",".join(search.states),
    }


_SHAPE = Shape(
    (Column("name"), Column("source"), Column("query", give=True), Column("queues", give=True), Column("states")),
    lambda line: (
        f"{SIGN}{line.search.name}" if line.search.name else "",
        line.source,
        line.search.query,
        " ".join(line.search.queues),
        ",".join(line.search.states),
    ),
    ("name", "source", "query", "queues", "states"),
    _record,
    lambda line: {
        "name": line.search.name or None,
        "source": line.source,
        "query": line.search.query,
        "queues": list(line.search.queues),
        "states": list(line.search.states),
    },
)
