"""The line at the top, and the banner under it when something is wrong."""

import textwrap
from dataclasses import dataclass

from bulltui.domain import human
from bulltui.domain.snapshot import Link, Snapshot
from bulltui.domain.text import plural, visible
from bulltui.tui.present.line import Part, Pieces, fit, part
from bulltui.tui.present.queue_list import waiting
from bulltui.tui.present.signs import FAILED, LINK_SIGN
from bulltui.tui.widgets.cells import width_of


@dataclass(frozen=True, slots=True)
class Identity:
    """What of the header never changes: the address, that this is a demo or a server where care is due, the name of the
    profile, and that nothing may be changed."""

    address: str
    note: str = ""
    read_only: bool = False
    production: bool = False
    profile: str = ""


def age_text(snapshot: Snapshot, now_ms: int) -> str:
    """How old the numbers are."""
    if not snapshot.taken_at:
        return ""
    old = now_ms - snapshot.taken_at
    return "now" if old < 1000 else human.ago(old)


def header(identity: Identity, snapshot: Snapshot, now_ms: int, width: int) -> Pieces:
    """The header in `width` cells."""
    return fit([*_left(identity, snapshot, now_ms), *_totals(snapshot)], width, gap=3 if width >= 100 else 2)


def _left(identity: Identity, snapshot: Snapshot, now_ms: int) -> list[Part]:
    health = snapshot.health
    sign, token = LINK_SIGN[health.link]
    latency = f" {human_latency(health.latency_ms)}" if health.latency_ms is not None else ""
    stale = health.link is Link.OFFLINE
    return [
        part(100, ("bulltui", "active bold")),
        part(95, ("PRODUCTION" if identity.production else "", "failed bold reverse")),
        part(92, ("READ-ONLY" if identity.read_only else "", "delayed bold")),
        part(58, (visible(identity.profile), "bold")),
        part(60, (visible(identity.address), "")),
        part(20, (visible(snapshot.server.title) if snapshot.server else "", "dim")),
        part(90, (sign, token), (f" {health.link.value}", f"{token} bold"), (latency, "dim")),
        part(80, (age_text(snapshot, now_ms), "failed bold" if stale else "dim")),
        part(55, (identity.note, "delayed")),
    ]


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
    """What is wrong, what to do, and when it is tried again, in lines of `width` cells; empty when all is well."""
    health = snapshot.health
    if health.link is not Link.OFFLINE:
        left_out = visible(snapshot.discovery.problem) if snapshot.rows else ""
        return _folded([(" ! some queues are left out", "delayed bold")], left_out, "", width) if left_out else []
    gone = now_ms - health.since_ms
    since = human.age(gone) if health.since_ms and gone >= human.SECOND_MS else ""
    if health.next_try_ms is None or health.next_try_ms <= now_ms:
        again = "trying now"
    else:
        again = f"next try in {max(1, round((health.next_try_ms - now_ms) / 1000))}s"
    head: Pieces = [(f" {FAILED} offline", "failed bold"), (f" for {since}" if since else "", "failed")]
    lines = _folded(head, health.message, f"  {again}, ctrl+r tries at once", width)
    kept = "The last data stay on the screen. " if snapshot.taken_at else ""
    return [*lines, *_wrapped(f"{kept}{health.hint}", "stale", width)]


def _folded(head: Pieces, message: str, note: str, width: int) -> list[Pieces]:
    """Head, message and note in one line, or the message below the two where there is no room."""
    whole: Pieces = [*head, (f"  {message}", "bold"), (note, "dim")]
    if sum(width_of(text) for text, _ in whole) <= width:
        return [whole]
    return [[*head, (note, "dim")], *_wrapped(message, "bold", width)]


def _wrapped(text: str, token: str, width: int) -> list[Pieces]:
    return [[(f"   {line}", token)] for line in textwrap.wrap(text, max(20, width - 4))]
