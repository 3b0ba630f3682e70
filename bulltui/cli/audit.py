"""`bulltui audit`: who did what, when, and what came of it."""

from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.acting import tell_interrupted
from bulltui.cli.call import Call
from bulltui.cli.grammar import command, verb
from bulltui.cli.output import Shape, note
from bulltui.cli.table import Cell, Column, Row, Tone
from bulltui.domain.history import Deed
from bulltui.domain.human import clock
from bulltui.domain.jsontext import Json
from bulltui.domain.outcome import Kind
from bulltui.domain.telling import came_of, what, who

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

app = verb()

_COLUMNS = (
    Column("when"),
    Column("who", give=True),
    Column("where", give=True),
    Column("what", give=True),
    Column("outcome", give=True),
    Column("reason", give=True, drop=1),
)
_FIELDS = (
    *("id", "at", "ended", "user", "sudoUser", "ssh", "host", "pid", "server", "queues", "action", "state", "count"),
    *("undoes", "reason", "outcome", "done", "skipped", "unsure", "left", "undo", "interrupted", "error"),
)


@command(
    app,
    "audit",
    examples="""
    bulltui audit
    bulltui audit --limit 1000 -o jsonl | jq 'select(.action == "obliterate")'
    """,
)
def show_audit(
    call: Call,
    *,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many, the newest first.")] = 50,
) -> None:
    """Show what was changed from this machine, the newest first."""

    async def read(runtime: "Runtime") -> list[Deed]:
        await tell_interrupted(runtime.runner.audit)
        return await runtime.runner.audit.deeds(limit)

    deeds = call.run(read)
    several = len({deed.intent.server for deed in deeds}) > 1
    columns = (*_COLUMNS[:2], Column("server", give=True), *_COLUMNS[2:]) if several else _COLUMNS

    def row(deed: Deed) -> Row:
        cells = _row(deed)
        where = call.settings.servers.get(deed.intent.server) or deed.intent.server
        return (*cells[:2], where, *cells[2:]) if several else cells

    call.out.listing(call.output, deeds, Shape(columns, row, _FIELDS, _record, _document))
    if not deeds:
        note("Nothing was changed from here yet.")


_TONES = {Kind.DONE: Tone.OK, Kind.NOTHING: Tone.DIM, Kind.PARTLY: Tone.WARN, Kind.REFUSED: Tone.WARN}


def _row(deed: Deed) -> Row:
    tone = Tone.BAD
    if deed.outcome is not None:
        tone = _TONES.get(deed.outcome.kind, Tone.BAD)
    elif not deed.interrupted:
        tone = Tone.PLAIN
    queues = deed.intent.queues
    where = ", ".join(queues[:3]) + (f" and {len(queues) - 3:,} more" if len(queues) > 3 else "")
    return (
        clock(deed.at_ms),
        who(deed),
        where or deed.intent.server,
        what(deed),
        Cell(came_of(deed), tone),
        deed.intent.reason,
    )


def _document(deed: Deed) -> dict[str, Json]:
    intent, outcome = deed.intent, deed.outcome
    document: dict[str, Json] = {
        "id": deed.id,
        "at": deed.at_ms,
        "ended": deed.ended_ms,
        "user": deed.user,
        "sudoUser": deed.sudo_user,
        "ssh": deed.ssh,
        "host": deed.host,
        "pid": deed.pid,
        "server": intent.server,
        "queues": list(intent.queues),
        "action": intent.verb,
        "details": dict(intent.details),
        "state": intent.state,
        "count": intent.count,
        "ids": list(intent.ids),
        "undoes": intent.undoes,
        "reason": intent.reason,
        "interrupted": deed.interrupted,
        "outcome": None if outcome is None else outcome.kind.value,
    }
    if outcome is not None:
        document |= {
            "done": outcome.done,
            "skipped": {reason.value: count for reason, count in outcome.skipped.items()},
            "unsure": outcome.unsure,
            "left": outcome.left,
            "undo": outcome.undo,
            "error": outcome.error and {"code": outcome.error.code, "message": outcome.error.message},
        }
    return document


def _record(deed: Deed) -> dict[str, str | int | float | bool | None]:
    document = _document(deed)
    outcome = deed.outcome
    return {
        **{field: document.get(field) for field in _FIELDS},
        "queues": " ".join(deed.intent.queues),
        "skipped": None if outcome is None else sum(outcome.skipped.values()),
        "error": outcome.error.message if outcome is not None and outcome.error is not None else None,
    }
