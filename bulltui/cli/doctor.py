"""`bulltui doctor`: is the server fit for queues, and what is there?"""

from typing import TYPE_CHECKING

from bulltui.cli.call import Call
from bulltui.cli.grammar import command, verb
from bulltui.cli.options import Output
from bulltui.cli.output import Scalar
from bulltui.cli.table import Tone
from bulltui.domain.errors import ExitCode
from bulltui.domain.text import visible

if TYPE_CHECKING:
    from bulltui.services.check import Check
    from bulltui.wiring import Runtime

_FIELDS = ("check", "level", "message", "hint")
_TONES = {"ok": Tone.OK, "warn": Tone.WARN, "bad": Tone.BAD}


app = verb()


@command(
    app,
    "doctor",
    examples="""
    bulltui doctor -u rediss://ops@redis.internal:6380
    bulltui doctor -o json | jq '.checks[] | select(.level != "ok")'
    """,
)
def run_doctor(call: Call) -> int:
    """Check the connection, the server, your rights and the queues.

    Exit code 0 when nothing is bad, 6 when the server cannot be reached, 5 when it lets you do nothing, else 1.
    """

    async def examine(runtime: "Runtime") -> "list[tuple[str, Check]]":
        from bulltui.cli.doctor_here import checks_here

        found = [("", check) for check in checks_here(call.given)]
        if call.output is Output.TABLE:
            for _, check in found:
                _tell(call, check)
        for server in runtime.servers:
            label = server.settings.label
            if label and call.output is Output.TABLE:
                call.out.line(("\n" if found else "") + call.out.paint(visible(label), Tone.TITLE))
            found += [(label, check) for check in await _examine(call, server)]
        return found

    found = call.run(examine)
    codes = [check.exit_code for _, check in found if check.level == "bad"]
    bad = len(codes)
    warnings = sum(check.level == "warn" for _, check in found)
    if call.output is Output.TABLE:
        call.out.line()
        call.out.line(_verdict(bad, warnings))
    elif call.output is Output.CSV:
        with call.out.rows(_FIELDS) as add:
            for label, check in found:
                add({**_plain(check), **_of(label)})
    else:
        documents = [{**_plain(check), "details": list(check.details), **_of(label)} for label, check in found]
        call.out.document({"ok": not bad, "checks": documents}, short=call.output is Output.JSONL)
    return max(codes, default=ExitCode.DONE)


async def _examine(call: Call, runtime: "Runtime") -> "list[Check]":
    """All checks of one server, each told as soon as it is made."""
    from bulltui.cli.doctor_here import way_checks
    from bulltui.services.doctor import checks

    found = way_checks(settings := runtime.settings)
    if call.output is Output.TABLE:
        for check in found:
            _tell(call, check)
    asker = None if runtime.calls is None else runtime.rights
    async for check in checks(runtime.reader, settings.prefixes, settings.queues, role=settings.role, asker=asker):
        found.append(check)
        if call.output is Output.TABLE:
            _tell(call, check)
            call.out.flush()
    return found


def _of(label: str) -> dict[str, Scalar]:
    return {"server": label} if label else {}


def _plain(check: "Check") -> dict[str, Scalar]:
    return {"check": check.name, "level": check.level, "message": check.message, "hint": check.hint}


def _tell(call: Call, check: "Check") -> None:
    word = call.out.paint(f"{check.level:4}", _TONES[check.level])
    call.out.line(f"{word}  {check.name:13} {visible(check.message)}")
    indent = " " * 20
    for detail in check.details:
        call.out.line(f"{indent}- {visible(detail)}")
    if check.hint:
        call.out.line(f"{indent}{visible(check.hint)}")


def _verdict(bad: int, warnings: int) -> str:
    if not bad and not warnings:
        return "All is well."
    parts = [f"{bad} bad"] * bool(bad) + [f"{warnings} to look at"] * bool(warnings)
    return ", ".join(parts) + "."
