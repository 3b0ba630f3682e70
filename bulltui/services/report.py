"""Gathers a report: from the history first, and from the server, the alerts and the audit what these can tell.

Only the history must be there. What else does not answer is told in the report, which then is written without it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from bulltui.domain.alert import Alert, Phase
from bulltui.domain.charting import Mark, MarkKind
from bulltui.domain.errors import BulltuiError
from bulltui.domain.history import Deed
from bulltui.domain.match import select
from bulltui.domain.queue import QueueRef
from bulltui.domain.report import DeedLine, Errors, Report, ServerLine, StandingLine
from bulltui.domain.report_numbers import alert_lines
from bulltui.domain.report_period import Period, Span
from bulltui.domain.snapshot import Link, Snapshot
from bulltui.domain.text import plural, visible
from bulltui.services.finding import Finder
from bulltui.services.protocols import Clock
from bulltui.services.report_errors import errors_of
from bulltui.services.report_history import past_of
from bulltui.services.report_scope import Place, Told
from bulltui.services.watch.marks import Deeds, marks_of, text_of
from bulltui.services.watch.protocols import AlertBoard, HistorySource

LOOK_S = 30.0
"""How long a server may take to tell how its queues stand."""
MOST_ALERTS = 5_000
MOST_DEEDS = 5_000
"""So many are looked at; that there are more is said."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Whom to ask. `look` reads how all queues stand now."""

    history: HistorySource
    board: AlertBoard
    deeds: Deeds
    look: Callable[[], Awaitable[Snapshot]]
    finder: Finder
    clock: Clock


async def report_of(sources: Sources, places: Sequence[Place], period: Period, *, version: str = "") -> Report:
    """The report of a period. Raises a BulltuiError where the history cannot be read."""
    told = Told()
    past, alerts, deeds, now = await asyncio.gather(
        past_of(sources.history, places, period, told),
        _alerts(sources.board, places, period.span, told),
        _deeds(sources.deeds, places, period.span, told),
        _now(sources, places, period, told),
    )
    charts = past.charts
    if charts is not None:
        charts = replace(charts, marks=_marks(alerts or (), deeds or (), period.span))
    return Report(
        period=period,
        made_ms=sources.clock.now_ms(),
        version=version,
        total=past.total,
        before=past.before,
        globs=tuple(dict.fromkeys(glob for place in places for glob in place.globs)),
        servers=now.servers,
        queues=past.queues,
        names=past.names,
        errors=now.errors,
        alerts=None if alerts is None else alert_lines(alerts, period.span),
        deeds=None if deeds is None else tuple(deeds),
        standing=now.standing,
        charts=charts,
        covered=past.covered,
        missing=tuple(told.missing),
        notes=tuple(told.notes),
    )


# --- alerts and deeds


async def _alerts(board: AlertBoard, places: Sequence[Place], span: Span, told: Told) -> list[Alert] | None:
    try:
        now = await board.alerts()
        past = await board.past(since_ms=span.start_ms, limit=MOST_ALERTS)
    except BulltuiError as error:
        told.missing.append(f"Alerts cannot be told: {error.message}")
        return None
    if len(past) >= MOST_ALERTS:
        told.notes.append(f"Only the newest {MOST_ALERTS:,} alerts were looked at.")
    return [
        alert
        for alert in (*now, *past)
        if alert.phase is not Phase.PENDING and (alert.ref is None or any(place.has(alert.ref) for place in places))
    ]


async def _deeds(source: Deeds, places: Sequence[Place], span: Span, told: Told) -> list[DeedLine] | None:
    try:
        deeds = await source.deeds(MOST_DEEDS)
    except BulltuiError as error:
        told.missing.append(f"What was changed from here cannot be told: {error.message}")
        return None
    if len(deeds) >= MOST_DEEDS and deeds[-1].at_ms >= span.start_ms:
        told.notes.append(f"Only the newest {MOST_DEEDS:,} changes were looked at.")
    by_address = {place.address: place for place in reversed(places)}
    found = [
        DeedLine(deed, place.label, place.address)
        for deed in deeds
        if span.holds(deed.at_ms) and (place := by_address.get(deed.intent.server)) is not None and _is_of(deed, place)
    ]
    return sorted(found, key=lambda line: line.deed.at_ms)


def _is_of(deed: Deed, place: Place) -> bool:
    """Whether a deed is about queues of the report: one that names none is about the server."""
    names = deed.intent.queues
    if not names or not place.globs:
        return True
    refs = [QueueRef(*name.partition(":")[::2], server=place.label) for name in names]
    return bool(select(refs, place.globs))


def _marks(alerts: Iterable[Alert], deeds: Iterable[DeedLine], span: Span) -> tuple[Mark, ...]:
    """What began in the period, for charts."""
    marks = [mark for alert in alerts for mark in marks_of(alert) if mark.kind is MarkKind.FIRING]
    marks += [Mark(line.deed.at_ms, MarkKind.ACTION, text_of(line.deed)) for line in deeds]
    return tuple(sorted((mark for mark in marks if span.holds(mark.at_ms)), key=lambda mark: (mark.at_ms, mark.text)))


# --- the server


@dataclass(frozen=True, slots=True)
class _Now:
    servers: tuple[ServerLine, ...]
    standing: tuple[StandingLine, ...] | None = None
    errors: Errors = Errors(asked=False)


async def _now(sources: Sources, places: Sequence[Place], period: Period, told: Told) -> _Now:
    try:
        async with asyncio.timeout(LOOK_S):
            snapshot = await sources.look()
    except TimeoutError:
        return _away(places, f"The server did not tell within {LOOK_S:.0f} s how its queues stand.", told)
    except BulltuiError as error:
        return _away(places, error.message, told)
    servers = _servers(snapshot, places)
    told.missing.extend(f"{one.label or one.address}: {one.problem}" for one in servers if one.problem)
    if snapshot.discovery.problem:
        told.notes.append(f"Some queues may be left out: {snapshot.discovery.problem}")
    if snapshot.workers_problem:
        told.notes.append(f"Workers are not known: {snapshot.workers_problem}")
    rows = [row for row in snapshot.rows if any(place.has(row.ref) for place in places)]
    standing = [
        StandingLine(row.ref, row.queue.paused, row.lacks_worker, row.queue.counts.ready, row.queue.counts.failed)
        for row in rows
        if row.queue.paused or row.lacks_worker
    ]
    failed = {row.ref: row.queue.counts.failed for row in rows if row.queue.counts.failed}
    errors = await errors_of(sources.finder, sources.clock, failed, period, told.missing)
    if errors.asked and not errors.whole:
        told.notes.append(
            f"Errors are those of {errors.examined:,} of {plural(errors.total, 'failed job')}: more were not looked at,"
            " to leave the server free."
        )
    if errors.unread:
        told.notes.append(f"{plural(errors.unread, 'failed job')} with a field too large to be looked into.")
    return _Now(servers, tuple(sorted(standing, key=lambda one: (-one.waiting, one.ref))), errors)


def _away(places: Iterable[Place], why: str, told: Told) -> _Now:
    told.missing.append(
        f"{why} So this is from the history alone: without errors, and without what is paused or has no workers."
    )
    return _Now(tuple(ServerLine(place.label, place.address, problem=why) for place in places))


def _servers(snapshot: Snapshot, places: Sequence[Place]) -> tuple[ServerLine, ...]:
    states = {state.label: state for state in snapshot.servers}
    lines = []
    for place in places:
        state = states.get(place.label)
        server = snapshot.server if state is None else state.server
        problem = ""
        if state is not None and state.health.link is Link.OFFLINE:
            problem = state.health.message or "It does not answer."
        software = "" if server is None else visible(server.title)
        lines.append(ServerLine(place.label, place.address, software, problem))
    return tuple(lines)
