"""`bulltui undo`: takes back what was done, or lists what can be."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.acting import act, request
from bulltui.cli.call import Call
from bulltui.cli.grammar import command, verb
from bulltui.cli.options import change, connection
from bulltui.cli.output import Shape, note
from bulltui.cli.table import Cell, Column, Row, Tone
from bulltui.domain.actions import Restore
from bulltui.domain.errors import NotFoundError, UsageError
from bulltui.domain.history import Past
from bulltui.domain.human import ago, size
from bulltui.domain.jsontext import Json
from bulltui.domain.targets import Past as PastTarget
from bulltui.domain.text import visible
from bulltui.services.request import Request

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

LIST = "list"

app = verb()

_COLUMNS = (
    Column("number", right=True),
    Column("when"),
    Column("what"),
    Column("queues", give=True),
    Column("done", right=True),
    Column("size", right=True, drop=2),
    Column("by", give=True, drop=1),
    Column("status"),
)
_FIELDS = ("number", "at", "action", "queues", "state", "server", "done", "size", "user", "reason", "status")


def _complete(incomplete: str) -> list[str]:
    return [LIST] if LIST.startswith(incomplete) else []


@command(
    app,
    "undo",
    groups=(change, connection),
    examples="""
    bulltui undo                 takes back what was done last
    bulltui undo list            what can be taken back
    bulltui undo 41
    """,
)
def undo(
    call: Call,
    *,
    which: Annotated[
        str | None,
        typer.Argument(
            metavar="[list|N]", show_default=False, autocompletion=_complete, help="`list`, or a number of that list."
        ),
    ] = None,
) -> int | None:
    """Take back what was done last from here, or by its number.

    What would overwrite something newer stays as it is.
    """
    if which == LIST:
        _list(call)
        return None
    number = None if which is None else _number(which)

    async def plan(runtime: "Runtime") -> Request:
        chosen = number if number is not None else await _newest(runtime, call.settings.servers)
        return request(call, Restore(chosen), PastTarget(chosen))

    return act(call, plan)


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) < 19):
        raise UsageError(f"{visible(word)} is no number of an undo.", hint="`bulltui undo list` shows them.")
    return int(word)


async def _newest(runtime: "Runtime", servers: Collection[str]) -> int:
    for past in await runtime.runner.journal.entries():
        if not past.undone and not past.running and past.intent.server in servers:
            return past.number
    raise NotFoundError(
        f"There is nothing to take back on {', '.join(servers)}.", hint="`bulltui undo list` shows all that is kept."
    )


def _list(call: Call) -> None:
    async def read(runtime: "Runtime") -> tuple[Sequence[Past], int]:
        return await runtime.runner.journal.entries(), runtime.clock.now_ms()

    entries, now = call.run(read)
    several = len({past.intent.server for past in entries}) > 1
    columns = (*_COLUMNS[:3], Column("server", give=True), *_COLUMNS[3:]) if several else _COLUMNS

    def row(past: Past) -> Row:
        cells = _row(past, now)
        where = call.settings.servers.get(past.intent.server) or past.intent.server
        return (*cells[:3], where, *cells[3:]) if several else cells

    call.out.listing(call.output, entries, Shape(columns, row, _FIELDS, _record, _document))
    if not entries:
        note("Nothing is kept that could be taken back.")


def status(past: Past) -> str:
    """Whether it can be taken back."""
    if past.running:
        return "running"
    if past.undone:
        return "undone"
    return "can be undone" if past.kind else "cut off, can be undone"


def _row(past: Past, now: int) -> Row:
    tone = Tone.DIM if past.undone or past.running else Tone.OK
    return (
        str(past.number),
        ago(now - past.at_ms),
        past.intent.verb,
        ", ".join(past.intent.queues),
        "?" if past.done is None else f"{past.done:,}",
        size(past.size),
        past.user,
        Cell(status(past), tone),
    )


def _document(past: Past) -> dict[str, Json]:
    return {
        "number": past.number,
        "at": past.at_ms,
        "action": past.intent.verb,
        "queues": list(past.intent.queues),
        "state": past.intent.state,
        "server": past.intent.server,
        "done": past.done,
        "size": past.size,
        "user": past.user,
        "reason": past.intent.reason,
        "status": status(past),
    }


def _record(past: Past) -> dict[str, str | int | float | bool | None]:
    return {**_document(past), "queues": " ".join(past.intent.queues)}
