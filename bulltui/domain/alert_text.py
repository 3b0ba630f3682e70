"""Alerts as sentences."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bulltui.domain.alert import UNITS, Alert, Phase, Rule, Watched
from bulltui.domain.alert_states import Ending, Track, breached, cleared, hold_ms
from bulltui.domain.human import age
from bulltui.domain.jsontext import Json
from bulltui.domain.text import plural, valid_unicode, visible

_UNITS_S = ((86_400, "day", "days"), (3600, "h", "h"), (60, "min", "min"))


def span(seconds: float) -> str:
    """A time as people set it: `90 s`, `2 min`, `1 h`, `1 day`.

    >>> span(120), span(90), span(0.5)
    ('2 min', '90 s', '0.5 s')
    """
    for unit, one, many in _UNITS_S:
        if seconds >= unit and seconds % unit == 0:
            number = round(seconds / unit)
            return f"{number} {one if number == 1 else many}"
    return f"{seconds:g} s"


def amount(watched: Watched, value: float) -> str:
    """A value or threshold with its unit: `1,204 jobs`, `62 %`, `4m 12s`."""
    unit = UNITS[watched]
    if unit == "s":
        return age(round(value * 1000))
    if unit == "%":
        return f"{_number(value)} %"
    if unit == "jobs":
        return plural(round(value), "job") if value == round(value) else f"{_number(value)} jobs"
    return f"{_number(value)} {unit}" if unit else ("yes" if value else "no")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.1f}"


def _jobs(value: float, noun: str, verb: str = "") -> str:
    count = round(value)
    return f"{plural(count, noun)}{' ' if verb else ''}{verb if count != 1 else _one(verb)}"


def _one(verb: str) -> str:
    return f"{verb}s" if verb and not verb.endswith("ed") else verb


_WHAT: Mapping[Watched, Callable[[float, str, Rule], str]] = {
    Watched.FAILED: lambda value, _, rule: _jobs(value, "failed job"),
    Watched.FAILED_RATE: lambda value, _, rule: f"{_number(value)} jobs a minute fail",
    Watched.FAILURE_SHARE: lambda value, _, rule: f"{_number(value)} % of the jobs fail",
    Watched.BACKLOG: lambda value, _, rule: _jobs(value, "job", "wait"),
    Watched.OLDEST_WAITING: lambda value, _, rule: f"the oldest job waits for {age(round(value * 1000))}",
    Watched.WAIT_P95: lambda value, _, rule: f"p95 of waiting is {age(round(value * 1000))}",
    Watched.RUN_P95: lambda value, _, rule: f"p95 of running is {age(round(value * 1000))}",
    Watched.NO_WORKERS: lambda value, _, rule: f"{_jobs(value, 'job', 'wait')} and no worker is connected",
    Watched.STALLED: lambda value, _, rule: f"{_jobs(value, 'job', 'stalled')} within {span(rule.window_s)}",
    Watched.OVERDUE_SCHEDULER: lambda value, _, rule: f"a scheduler is overdue by {age(round(value * 1000))}",
    Watched.PAUSED: lambda value, _, rule: "paused",
    Watched.NO_COMPLETIONS: lambda value, _, rule: (
        f"no job ended within {span(rule.window_s)}, and {_jobs(value, 'job', 'wait')}"
    ),
    Watched.MEMORY: lambda value, _, rule: f"{_number(value)} % of its memory is used",
    Watched.EVICTION_POLICY: lambda value, detail, rule: (
        f"the eviction policy is {visible(detail)[:100] or 'not noeviction'}, so jobs may be lost; "
        "BullMQ needs noeviction"
    ),
    Watched.UNREACHABLE: lambda value, detail, rule: "it does not answer",
}

_BACK: Mapping[Watched, str] = {
    Watched.NO_WORKERS: "workers are connected, or no job waits",
    Watched.PAUSED: "no longer paused",
    Watched.EVICTION_POLICY: "the eviction policy is noeviction",
    Watched.UNREACHABLE: "it answers again",
    Watched.NO_COMPLETIONS: "jobs end again, or none waits",
    Watched.OVERDUE_SCHEDULER: "no scheduler is overdue",
}
_SO_OR_NOT = frozenset((Watched.PAUSED, Watched.EVICTION_POLICY, Watched.UNREACHABLE))
_PLAIN = _SO_OR_NOT | {Watched.NO_WORKERS, Watched.NO_COMPLETIONS}
"""Of these no limit is told: any is too much."""


def firing_text(
    rule: Rule, value: float, detail: str = "", *, pending: bool = False, comes_and_goes: bool = False
) -> str:
    """What is wrong, without whom it is about: `1,204 failed jobs, more than 100 for 2 min.`"""
    said = [_WHAT[rule.watched](value, detail, rule)]
    held = f"for {span(rule.for_s)}" if rule.for_s and not pending else ""
    if rule.watched is Watched.UNREACHABLE:
        said = [" ".join((*said, held)).rstrip()]
    elif rule.watched in _PLAIN:
        said += [held] if held else []
    else:
        said.append(f"{'less' if rule.below else 'more'} than {_limit(rule, rule.threshold)} {held}".rstrip())
    why = f": {visible(detail)[:300].rstrip('.')}" if rule.watched is Watched.UNREACHABLE and detail else ""
    return f"{', '.join(said)}{why}.{' It comes and goes.' if comes_and_goes else ''}"


def text_now(rule: Rule, track: Track, alert: Alert, detail: str = "") -> str:
    """How it stands with the alert of a track, without whom it is about: what is wrong, or, while one that fires waits
    for its end, that it is not so any more and what it waits for."""
    pending = alert.phase is Phase.PENDING
    goes = bool(track.level) and not pending
    if pending or breached(rule, alert.value):
        return firing_text(rule, alert.value, detail, pending=pending, comes_and_goes=goes)
    if cleared(rule, alert.value):
        held = span(hold_ms(rule, track.level) / 1000)
        said = f"{_well(rule, alert.value)}; it ends once that has lasted {held}"
    else:
        more, back = ("less", "more") if rule.below else ("more", "less")
        what, clear = (
            _WHAT[rule.watched](alert.value, detail, rule),
            rule.threshold if rule.clear is None else rule.clear,
        )
        said = (
            f"{what}, no longer {more} than {_limit(rule, rule.threshold)}; it ends at {_limit(rule, clear)} or {back}"
        )
    return f"{said}.{' It comes and goes.' if goes else ''}"


def _limit(rule: Rule, value: float) -> str:
    if UNITS[rule.watched] == "s":
        return span(value)
    return f"{_number(value)} %" if UNITS[rule.watched] == "%" else _number(value)


def resolved_text(alert: Alert, rule: Rule | None, value: float, ending: Ending) -> str:
    """That it is over, without whom it is about, and how bad it was."""
    lasted = f"it lasted {age(alert.resolved_ms - alert.since_ms)}"
    if ending is Ending.GONE:
        return f"the queue is gone; {lasted}."
    if ending is Ending.UNWATCHED or rule is None:
        return f"no rule is about it any more; {lasted}."
    worst = "" if alert.watched in _SO_OR_NOT else f", at worst {amount(alert.watched, alert.worst)}"
    return f"{_well(rule, value)}; {lasted}{worst}."


def _well(rule: Rule, value: float) -> str:
    return _BACK.get(rule.watched) or f"in order again with {_now(rule, value)}"


def _now(rule: Rule, value: float) -> str:
    unit = {Watched.FAILED: "failed job", Watched.STALLED: "stalled job", Watched.BACKLOG: "waiting job"}
    if rule.watched in unit:
        return plural(round(value), unit[rule.watched])
    return amount(rule.watched, value)


def bare(alert: Alert) -> str:
    """Its sentence without whom it is about, for where that is said before."""
    return alert.text.removeprefix(about(alert, ""))


def about(alert: Alert, what: str) -> str:
    """Whom it is about, and what: `payments: 1,204 failed jobs, more than 100 for 2 min.`"""
    return f"{visible(alert.subject)}: {what}"


def labelled(alert: Alert, label: str) -> Alert:
    """An alert of a server as it is named among others."""
    ref = alert.ref and replace(alert.ref, server=label)
    found = replace(alert, ref=ref, server=label)
    return replace(found, text=about(found, bare(alert)))


def title(alert: Alert) -> str:
    """A line above it: `CRITICAL payments on eu: no-workers`, `Resolved eu: memory`."""
    sign = "Resolved" if alert.phase is Phase.RESOLVED else alert.severity.value.upper()
    where = visible(alert.subject) if alert.ref is None else f"{visible(alert.ref.name)} on {visible(alert.server)}"
    return f"{sign} {where}: {visible(alert.rule)}"


def document_of(alert: Alert) -> dict[str, Json]:
    """An alert for programs. Times in epoch ms, None where that has not been."""
    return {
        "alert": alert.id,
        "phase": alert.phase.value,
        "rule": alert.rule,
        "watched": alert.watched.value,
        "severity": alert.severity.value,
        "subject": valid_unicode(alert.subject),
        "server": valid_unicode(alert.server),
        "prefix": None if alert.ref is None else valid_unicode(alert.ref.prefix),
        "queue": None if alert.ref is None else valid_unicode(alert.ref.name),
        "value": alert.value,
        "worst": alert.worst,
        "threshold": alert.threshold,
        "unit": UNITS[alert.watched] or None,
        "since": alert.since_ms or None,
        "fired": alert.fired_ms or None,
        "resolved": alert.resolved_ms or None,
        "text": alert.text,
    }
