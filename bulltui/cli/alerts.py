"""`bulltui alerts`: what is wrong, what was, what is watched for, who is told and who is not."""

from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.alert_text import DELIVERIES, MUTES, NOW, PAST, RULES, rule_lines
from bulltui.cli.call import Call
from bulltui.cli.grammar import command, noun
from bulltui.cli.options import refuse_empty
from bulltui.cli.output import note
from bulltui.domain.alert import Alert, Delivery, Mute, Phase
from bulltui.domain.errors import BulltuiError, NotFoundError, UsageError
from bulltui.domain.human import clock
from bulltui.domain.match import selected
from bulltui.domain.spans import span
from bulltui.domain.text import plural, visible

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

app = noun("alerts", "Alerts: what is wrong, who is told, and who is not.")

FIRES = 3
"""The exit code that says that something is wrong, where it is asked for."""


@command(
    app,
    "list",
    examples="""
    bulltui alerts list
    bulltui alerts list --exit-code || page-somebody
    bulltui alerts list -q 'pay*' --all -o json
    """,
)
def list_alerts(
    call: Call,
    *,
    every: Annotated[bool, typer.Option("--all", help="Those that are pending and those muted as well.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 3 where one fires that is not muted.")
    ] = False,
) -> int:
    """List the alerts that fire now, the worst first.

    They are looked for by whoever watches, `bulltui monitor` or an open screen; this only reads what that wrote down.
    """

    async def read(runtime: "Runtime") -> tuple[list[Alert], bool]:
        board = runtime.alerts
        return [one for one in await board.alerts() if _meant(one, call)], await board.watched()

    found, watched = call.run(read)
    firing = [one for one in found if one.phase is Phase.FIRING and not one.muted]
    shown = found if every else firing
    call.out.listing(call.output, shown, NOW)
    left = len(found) - len(shown)
    if not shown:
        note("Nothing fires." if watched else "Nothing fired when alerts were looked for last.")
    if left:
        note(f"{plural(left, 'alert')} more, pending or muted: --all.")
    if not watched:
        note("Nobody looks for alerts now: `bulltui monitor` does, and so does an open screen.")
    return FIRES if exit_code and firing else 0


def _meant(alert: Alert, call: Call) -> bool:
    globs = call.settings.queues
    return not globs or (alert.ref is not None and selected(alert.ref, globs))


@command(
    app,
    "history",
    examples="""
    bulltui alerts history
    bulltui alerts history --since 1d -o csv
    """,
)
def show_history(
    call: Call,
    *,
    since: Annotated[
        str | None, typer.Option("--since", metavar="SPAN", help="Only those that ended so long ago at most: 2h, 1d.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many, the newest first.")] = 50,
) -> None:
    """Show alerts that have ended, the newest first. They are kept for 90 days, 10,000 at most."""
    ms = span(since) if since is not None else None

    async def read(runtime: "Runtime") -> list[Alert]:
        start = 0 if ms is None else runtime.clock.now_ms() - ms
        many = limit if not call.settings.queues else 10_000
        return [one for one in await runtime.alerts.past(since_ms=start, limit=many) if _meant(one, call)][:limit]

    found = call.run(read)
    call.out.listing(call.output, found, PAST)
    if not found:
        note("None has ended here yet." if since is None else "None has ended in that time.")


@command(
    app,
    "rules",
    examples="""
    bulltui alerts rules
    """,
)
def show_rules(call: Call) -> None:
    """Show what is watched for: our own rules, and those of `[alerts.rules]` in the configuration."""

    async def read(runtime: "Runtime") -> None:
        call.out.listing(call.output, rule_lines(runtime.alerts.rules), RULES)

    call.run(read)


@command(
    app,
    "deliveries",
    examples="""
    bulltui alerts deliveries
    """,
)
def show_deliveries(
    call: Call,
    *,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="How many, the newest first.")] = 50,
) -> None:
    """Show who was told of what, and what could not be told."""

    async def read(runtime: "Runtime") -> list[Delivery]:
        return await runtime.alerts.deliveries(limit)

    found = call.run(read)
    call.out.listing(call.output, found, DELIVERIES)
    if not found:
        note("Nobody was told of anything yet.")


@command(
    app,
    "test",
    examples="""
    bulltui alerts test
    bulltui alerts test slack
    """,
)
def try_ways(
    call: Call,
    *,
    way: Annotated[str | None, typer.Argument(metavar="WAY", help="One of `[alerts.ways]`. Default: all.")] = None,
) -> None:
    """Send a trial message, and say whether it arrived."""

    async def send(runtime: "Runtime") -> list[Delivery]:
        return await runtime.alerts.test(way or "")

    missing = call.settings.watching.alerts.missing
    try:
        done = call.run(send)
    except NotFoundError:
        if missing:
            raise missing[0] from None
        raise
    call.out.listing(call.output, done, DELIVERIES)
    if not (done or missing):
        note("There is no way of delivery. `[alerts.ways.NAME]` of the configuration has them.")
    failed = [one for one in done if one.state != "sent"]
    if failed:
        names = ", ".join(visible(one.way) for one in failed)
        raise BulltuiError(f"It could not be sent by {names}: {failed[0].problem}", code="not-sent")
    if missing and not way:
        raise missing[0]


@command(
    app,
    "mute",
    examples="""
    bulltui alerts mute --for 2h --reason 'moving the database'
    bulltui alerts mute no-workers --on 'mail*' --until-resolved
    bulltui alerts mute 'stalled' --on legacy --forever
    """,
)
def mute_alerts(
    call: Call,
    *,
    rule: Annotated[
        str | None, typer.Argument(metavar="RULE", help="A rule, or a glob of rules. Default: all.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="GLOB", help="Only of these queues, or of this server. --queue does the same."),
    ] = None,
    time: Annotated[str | None, typer.Option("--for", metavar="SPAN", help="For so long: 90s, 2h, 1d.")] = None,
    until_resolved: Annotated[bool, typer.Option("--until-resolved", help="Until what fires now has ended.")] = False,
    forever: Annotated[bool, typer.Option("--forever", help="Until it is taken back by `alerts unmute`.")] = False,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why.")] = None,
) -> None:
    """Let nobody be told of alerts. They are still looked for, and listed.

    A mute holds over restarts. What still fires when it ends is told then.
    """
    refuse_empty({"--on": on, "--for": time, "--reason": reason})
    if sum((time is not None, until_resolved, forever)) != 1:
        raise UsageError("Say for how long: one of --for SPAN, --until-resolved, --forever.")
    ms = span(time) if time is not None else None
    subjects = _subjects(call, on)

    async def work(runtime: "Runtime") -> list[Mute]:
        from bulltui.ledger.who import who

        board, now = runtime.alerts, runtime.clock.now_ms()
        until = None if ms is None else now + ms
        someone = who()
        by = f"{someone.user}@{someone.host}" if someone.user else someone.host
        wanted = [
            Mute(0, rule or "*", one, now, until, until_resolved=until_resolved, by=by, why=reason or "")
            for one in subjects
        ]
        made = [await board.mute(one) for one in wanted]
        held = {one.number for one in await board.mutes()}
        if until_resolved and not any(one.number in held for one in made):
            for one in made:
                await board.unmute(one.number)
            raise NotFoundError("Nothing of that fires, so there is nothing to wait for.", hint="Say --for SPAN.")
        return made

    made = call.run(work)
    call.out.listing(call.output, made, MUTES)
    for one in made:
        end = "until taken back" if one.until_ms is None else f"until {clock(one.until_ms)}"
        end = "until what fires now has ended" if one.until_resolved else end
        note(f"Muted {end}; `bulltui alerts unmute {one.number}` takes it back.")


def _subjects(call: Call, on: str | None) -> tuple[str, ...]:
    globs = call.given.globs
    if on is not None and globs:
        raise UsageError("--on and --queue say the same.", hint="Leave out one of both.")
    for glob in (*globs, on or ""):
        if glob.startswith("!"):
            raise UsageError("A mute has to say what it is about, and not what it is not about.")
    return (on,) if on is not None else globs or ("*",)


@command(
    app,
    "unmute",
    examples="""
    bulltui alerts mutes
    bulltui alerts unmute 3
    """,
)
def unmute_alerts(
    call: Call,
    *,
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...", help="As `alerts mutes` shows them.")],
) -> None:
    """Take mutes back. What fires then is told."""

    async def work(runtime: "Runtime") -> list[int]:
        return [number for number in numbers if not await runtime.alerts.unmute(number)]

    missing = call.run(work)
    if missing:
        raise NotFoundError(
            f"There is no mute {missing[0]}, or it has ended.", hint="`bulltui alerts mutes` lists them."
        )
    note("Taken back.")


@command(
    app,
    "mutes",
    examples="""
    bulltui alerts mutes
    """,
)
def show_mutes(call: Call) -> None:
    """List the mutes that hold."""

    async def read(runtime: "Runtime") -> list[Mute]:
        return await runtime.alerts.mutes()

    found = call.run(read)
    call.out.listing(call.output, found, MUTES)
    if not found:
        note("Nothing is muted.")
