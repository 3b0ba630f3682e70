"""Alerts, rules, mutes and deliveries as lines of a table, rows of CSV and JSON documents."""

from collections.abc import Sequence

from bulltui.cli.output import Document, Scalar, Shape
from bulltui.cli.table import Cell, Column, Row, Tone
from bulltui.domain.alert import UNITS, Alert, Delivery, Mute, Rule, Severity
from bulltui.domain.alert_rules import REASONS
from bulltui.domain.alert_text import amount, document_of, span
from bulltui.domain.human import age, clock

_TONES = {Severity.CRITICAL: Tone.BAD, Severity.WARNING: Tone.WARN, Severity.INFO: Tone.PLAIN}


def _severity(alert: Alert) -> Cell:
    return Cell(alert.severity.value, _TONES[alert.severity])


def _phase(alert: Alert) -> str:
    return f"{alert.phase.value}, muted" if alert.muted else alert.phase.value


def _alert(alert: Alert) -> Document:
    return document_of(alert) | {"muted": alert.muted or None, "seen": alert.seen_ms or None}


def _flat(alert: Alert) -> dict[str, Scalar]:
    return dict(_alert(alert))


_ALERT_FIELDS = (
    *("alert", "phase", "rule", "watched", "severity", "subject", "server", "prefix", "queue", "value", "worst"),
    *("threshold", "unit", "since", "fired", "resolved", "text", "muted", "seen"),
)


def _now_row(alert: Alert) -> Row:
    begun = alert.fired_ms or alert.since_ms
    return (_severity(alert), _phase(alert), clock(begun), alert.rule, alert.text)


NOW = Shape(
    (
        Column("severity"),
        Column("phase", drop=3),
        Column("since", drop=2),
        Column("rule", drop=1),
        Column("what", give=True),
    ),
    _now_row,
    _ALERT_FIELDS,
    _flat,
    _alert,
)
"""Alerts that fire or are pending."""


def _past_row(alert: Alert) -> Row:
    lasted = age(max(0, alert.resolved_ms - alert.fired_ms))
    return (clock(alert.fired_ms), lasted, _severity(alert), alert.rule, alert.text)


PAST = Shape(
    (
        Column("fired"),
        Column("lasted", right=True),
        Column("severity", drop=2),
        Column("rule", drop=1),
        Column("what", give=True),
    ),
    _past_row,
    _ALERT_FIELDS,
    _flat,
    _alert,
)
"""Alerts that have ended."""


def rule_lines(rules: Sequence[Rule]) -> list[Rule]:
    """Rules as they are listed: by name."""
    return sorted(rules, key=lambda rule: rule.name)


def _limit(rule: Rule) -> str:
    if not UNITS[rule.watched]:
        return ""
    if not (rule.threshold or rule.below):
        return "any"
    time = UNITS[rule.watched] == "s"
    return (
        f"{'under' if rule.below else 'over'} {span(rule.threshold) if time else amount(rule.watched, rule.threshold)}"
    )


def _rule(rule: Rule) -> Document:
    return {
        "name": rule.name,
        "watch": rule.watched.value,
        "threshold": rule.threshold if UNITS[rule.watched] else None,
        "below": rule.below,
        "unit": UNITS[rule.watched] or None,
        "for": rule.for_s,
        "clear": rule.clear,
        "clearFor": rule.clear_s,
        "window": rule.window_s,
        "queues": list(rule.queues),
        "severity": rule.severity.value,
        "to": list(rule.to),
        "builtIn": rule.built_in,
    }


def _rule_row(rule: Rule) -> Row:
    severity = Cell(rule.severity.value, _TONES[rule.severity])
    about = " ".join(rule.queues) or ("server" if rule.watched.of_server else "all queues")
    why = REASONS[rule.name] if rule.built_in else "configuration"
    held = span(rule.for_s) if rule.for_s else "at once"
    return (rule.name, severity, rule.watched.value, _limit(rule), held, about, " ".join(rule.to) or "all", why)


RULES = Shape(
    (
        Column("rule"),
        Column("severity", drop=3),
        Column("watches"),
        Column("fires"),
        Column("for"),
        Column("about", give=True, drop=2),
        Column("to", give=True, drop=4),
        Column("why", give=True, drop=5),
    ),
    _rule_row,
    (
        *("name", "watch", "threshold", "below", "unit", "for", "clear", "clearFor", "window", "queues", "severity"),
        *("to", "builtIn"),
    ),
    lambda rule: {**_rule(rule), "queues": " ".join(rule.queues), "to": " ".join(rule.to)},
    _rule,
)
"""What is watched for."""


def _until(mute: Mute) -> str:
    if mute.until_resolved:
        return "resolved"
    return "taken back" if mute.until_ms is None else clock(mute.until_ms)


def _mute(mute: Mute) -> Document:
    return {
        "number": mute.number,
        "rules": mute.rules,
        "subjects": mute.subjects,
        "at": mute.at_ms,
        "until": mute.until_ms,
        "untilResolved": mute.until_resolved,
        "by": mute.by,
        "reason": mute.why,
    }


MUTES = Shape(
    (
        Column("number", right=True),
        Column("rules", give=True),
        Column("about", give=True),
        Column("until"),
        Column("by", give=True, drop=1),
        Column("reason", give=True, drop=2),
    ),
    lambda mute: (str(mute.number), mute.rules, mute.subjects, _until(mute), mute.by, mute.why),
    ("number", "rules", "subjects", "at", "until", "untilResolved", "by", "reason"),
    lambda mute: dict(_mute(mute)),
    _mute,
)
"""Who is not told."""

_STATES = {"sent": Tone.OK, "given-up": Tone.BAD}


def _delivery(one: Delivery) -> Document:
    return {
        "alert": one.alert,
        "phase": one.phase.value,
        "way": one.way,
        "state": one.state,
        "at": one.at_ms,
        "tries": one.tries,
        "problem": one.problem,
    }


def _delivery_row(one: Delivery) -> Row:
    state = Cell(one.state, _STATES.get(one.state, Tone.WARN))
    phase = "trial" if one.alert.startswith("trial-") else one.phase.value
    return (clock(one.at_ms), one.way, one.alert, phase, state, str(one.tries), one.problem)


DELIVERIES = Shape(
    (
        Column("when", drop=2),
        Column("way"),
        Column("alert", drop=1),
        Column("phase"),
        Column("state"),
        Column("tries", right=True, drop=3),
        Column("problem", give=True),
    ),
    _delivery_row,
    ("alert", "phase", "way", "state", "at", "tries", "problem"),
    lambda one: dict(_delivery(one)),
    _delivery,
)
"""Who was told."""
