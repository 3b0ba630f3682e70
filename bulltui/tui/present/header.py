"""The line at the top, and the banner under it when something is wrong."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain import human
from bulltui.domain.snapshot import Health, Link, ServerState, Snapshot
from bulltui.domain.text import plural, visible
from bulltui.tui.present.connection import next_try
from bulltui.tui.present.line import Part, Pieces, fit, part
from bulltui.tui.present.queue_list import waiting
from bulltui.tui.present.signs import FAILED, LINK_SIGN
from bulltui.tui.themes import StyleLike
from bulltui.tui.widgets.cells import cut, width_of

_ROOMY = 100
_FEW = 4
_LABEL = 16
_AGE = len("1s ago")
_OLD = len("59m 59s ago")
"""What is beside the age comes and goes with no second; while a server is away that gets longer."""
_LONGEST = len(" for 364d 23h") + len("next try in 15s")
"""Of the two times that a banner tells."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What of the header never changes: the address, that this is a demo or a server where care is due, the name of the
    profile, that nothing may be changed, the role where it is not that of all rights, that a certificate is not
    checked, and that replicas are read."""

    address: str
    note: str = ""
    read_only: bool = False
    production: bool = False
    profile: str = ""
    role: str = ""
    unchecked: bool = False
    replica: bool = False


def age_text(snapshot: Snapshot, now_ms: int) -> str:
    """How old the numbers are."""
    if not snapshot.taken_at:
        return ""
    old = now_ms - snapshot.taken_at
    return "now" if old < 1000 else human.ago(old)


def header(
    identity: Identity, snapshot: Snapshot, now_ms: int, width: int, alerts: Sequence[tuple[str, StyleLike]] = ()
) -> Pieces:
    """The header in `width` cells; `alerts` says how many fire."""
    parts = [*_left(identity, snapshot, now_ms, width), *_totals(snapshot), part(93, *alerts, right=True)]
    return fit(parts, width, gap=3 if width >= 100 else 2)


def _left(identity: Identity, snapshot: Snapshot, now_ms: int, width: int) -> list[Part]:
    several = len(snapshot.servers) > 1
    stale = snapshot.health.link is Link.OFFLINE
    return [
        part(100, ("bulltui", "active bold")),
        part(95, ("PRODUCTION" if identity.production else "", "failed bold reverse")),
        part(94, ("TLS NOT CHECKED" if identity.unchecked else "", "failed bold")),
        part(92, ("READ-ONLY" if identity.read_only else "", "delayed bold")),
        part(91, ("" if identity.read_only else visible(identity.role), "delayed bold")),
        part(75, ("replica" if identity.replica else "", "delayed")),
        # A name says more than an address, and is shorter.
        part(82, ("" if several else visible(identity.profile), "bold")),
        part(60, ("" if several else visible(identity.address), "")),
        part(20, (visible(snapshot.server.title) if snapshot.server and not several else "", "dim")),
        part(96, *(_servers(snapshot.servers, width) if several else _link(snapshot.health, now_ms, width))),
        part(80, (age_text(snapshot, now_ms).ljust(_OLD if stale else _AGE), "failed bold" if stale else "dim")),
        part(55, (identity.note, "delayed")),
    ]


def _link(health: Health, now_ms: int, width: int) -> Pieces:
    """How the connection is. What an outage is like stands in the banner below, where there is room for that."""
    sign, token = LINK_SIGN[health.link]
    said: Pieces = [(sign, token), (f" {health.link.value.upper()}", f"{token} bold")]
    if health.latency_ms is not None:
        said.append((f" {human_latency(health.latency_ms)}", "dim"))
    if health.link in (Link.OFFLINE, Link.SLOW) and health.since_ms and width >= _ROOMY:
        said.append((f" since {human.clock(health.since_ms).partition(' ')[2]}", token))
    return said


def _servers(servers: Sequence[ServerState], width: int) -> Pieces:
    """Each server with the sign of its connection; of many, those that are well are only counted."""
    well = [one for one in servers if one.health.link is Link.ONLINE]
    counted = len(servers) > (_FEW if width >= _ROOMY else _FEW // 2) and len(well) > 1
    said: Pieces = [("● ", "ok"), (f"{len(well):,} ONLINE", "ok bold")] if counted else []
    for one in servers:
        if counted and one.health.link is Link.ONLINE:
            continue
        sign, token = LINK_SIGN[one.health.link]
        word = "" if one.health.link is Link.ONLINE else f" {one.health.link.value.upper()}"
        gap = "  " if said else ""
        said += [(f"{gap}{sign} ", token), (cut(visible(one.label), _LABEL), "bold"), (word, f"{token} bold")]
    return said


def human_latency(ms: float) -> str:
    """A round trip: `0.4 ms`, `12 ms`."""
    return f"{ms:.1f} ms" if ms < 10 else f"{ms:.0f} ms"


def _totals(snapshot: Snapshot) -> list[Part]:
    if not snapshot.taken_at:
        return []
    counts = snapshot.totals
    failed = human.count(counts.failed)
    parts = [
        part(40, (plural(len(snapshot.rows), "queue"), ""), right=True),
        part(35, (f"waiting {human.count(waiting(counts))}", "waiting"), right=True),
        part(30, (f"active {human.count(counts.active)}", "active"), right=True),
        part(70, (f"{FAILED} failed {failed}", "failed bold") if counts.failed else ("failed 0", "dim"), right=True),
    ]
    if snapshot.discovery.running and snapshot.discovery.finished_at is None:
        parts.insert(0, part(45, ("searching for queues…", "delayed"), right=True))
    return parts


def banner(snapshot: Snapshot, now_ms: int, width: int) -> list[Pieces]:
    """What is wrong, what to do, and when it is tried again, in lines of `width` cells; empty when all is well. Of
    several servers a line for each that is away."""
    if len(snapshot.servers) > 1:
        lines: list[Pieces] = []
        for one in snapshot.servers:
            if one.health.link is Link.OFFLINE:
                lines += _away(one.health, now_ms, width, one.label, kept=bool(one.taken_at))
            else:
                lines += _warned(one.health, width)
        down = any(one.health.link is Link.OFFLINE for one in snapshot.servers)
        return lines if down else [*lines, *_left_out(snapshot, width)]
    health = snapshot.health
    if health.link is Link.OFFLINE:
        return _away(health, now_ms, width, "", kept=bool(snapshot.taken_at))
    return [*_warned(health, width), *_left_out(snapshot, width)]


def away(snapshot: Snapshot) -> tuple[str, ...]:
    """The labels of the servers that are away; of one server alone it is an empty one."""
    if len(snapshot.servers) > 1:
        return tuple(one.label for one in snapshot.servers if one.health.link is Link.OFFLINE)
    return ("",) if snapshot.health.link is Link.OFFLINE else ()


def _warned(health: Health, width: int) -> list[Pieces]:
    """What is wrong with a server that answers."""
    if not health.message:
        return []
    first, *rest = _wrapped(visible(health.message), "bold", width)
    lines: list[Pieces] = [[(" ! ", "delayed bold"), (first[0][0].lstrip(), "bold")], *rest]
    return [*lines, *_wrapped(visible(health.hint), "stale", width)]


def _left_out(snapshot: Snapshot, width: int) -> list[Pieces]:
    left_out = visible(snapshot.discovery.problem) if snapshot.rows else ""
    return _folded([(" ! some queues are left out", "delayed bold")], left_out, "", width) if left_out else []


def _away(health: Health, now_ms: int, width: int, label: str, *, kept: bool) -> list[Pieces]:
    gone = now_ms - health.since_ms
    since = human.age(gone) if health.since_ms and gone >= human.SECOND_MS else ""
    who = f"{cut(visible(label), _LABEL)} is " if label else ""
    head: Pieces = [(f" {FAILED} {who}offline", "failed bold"), (f" for {since}" if since else "", "failed")]
    # Of several only the sentence: hints of all of them would leave no room for the queues.
    again = f"  {next_try(health, now_ms)}" + ("" if label else ", ctrl+r tries at once")
    # As if both times were as long as they can get: a line that folds when a second more is told moves all below it.
    longer = _LONGEST - len(f" for {since}" if since else "") - len(next_try(health, now_ms))
    lines = _folded(head, visible(health.message), again, width, spare=max(0, longer))
    if label:
        return lines
    told = "The last data stay on the screen. " if kept else ""
    return [*lines, *_wrapped(f"{told}{health.hint}", "stale", width)]


def _folded(head: Pieces, message: str, note: str, width: int, *, spare: int = 0) -> list[Pieces]:
    """Head, message and note in one line, or the message below the two where there is no room, `spare` cells left."""
    whole: Pieces = [*head, (f"  {message}", "bold"), (note, "dim")]
    if sum(width_of(text) for text, _ in whole) + spare <= width:
        return [whole]
    return [[*head, (note, "dim")], *_wrapped(message, "bold", width)]


def _wrapped(text: str, token: str, width: int) -> list[Pieces]:
    return [[(f"   {line}", token)] for line in textwrap.wrap(text, max(20, width - 4))]
