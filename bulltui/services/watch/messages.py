"""What is written to people and programs of alerts."""

import hashlib
from collections.abc import Mapping, Sequence

from bulltui.domain.alert import Alert, Phase, Severity
from bulltui.domain.alert_names import FIELDS
from bulltui.domain.alert_states import Transition
from bulltui.domain.alert_text import document_of, title
from bulltui.domain.human import age
from bulltui.domain.jsontext import Json
from bulltui.domain.text import plural, valid_unicode
from bulltui.services.watch.outlets import Message

VERSION = 1
"""Of the document; it changes when a program that reads it has to."""

LATE_MS = 60 * 60_000
"""What is told later than this after it happened is summed up."""

LINES = 20
"""So many alerts are told in words; all are in the document."""

_WORST = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


def message_id(way: str, transitions: Sequence[Transition]) -> str:
    """The id of a message: of a single transition its own."""
    if len(transitions) == 1:
        return transitions[0].id
    text = "\0".join((way, *(one.id for one in transitions)))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def message_of(number: str, transitions: Sequence[Transition], server: str, now_ms: int) -> Message:
    """The message about some transitions, the oldest first. The same each time, but for how late it is."""
    last = {one.alert.id: one for one in transitions}
    late = now_ms - min(one.at_ms for one in transitions) > LATE_MS
    shown, passed = [*last.values()], 0
    if late:
        began = {one.alert.id for one in transitions if one.alert.phase is Phase.FIRING}
        over = [one for one in shown if one.alert.phase is Phase.RESOLVED and one.alert.id in began]
        passed = len(over)
        shown = [one for one in shown if one not in over]
    shown.sort(key=lambda one: (one.alert.phase is Phase.RESOLVED, _WORST[one.alert.severity], one.at_ms))
    lines = [_line(one.alert) for one in shown[:LINES]]
    if len(shown) > LINES:
        lines.append(f"And {len(shown) - LINES:,} more.")
    if passed:
        lines.append(f"{plural(passed, 'alert')} began and ended meanwhile.")
    if late:
        since = min(one.at_ms for one in transitions)
        lines.append(f"This could not be told before; the oldest of it was {age(now_ms - since)} ago.")
    document: dict[str, Json] = {
        "version": VERSION,
        "id": number,
        "title": _title(shown, passed, server),
        "text": "\n".join(lines),
        "server": valid_unicode(server),
        "late": late,
        "trial": False,
        "alerts": [{"id": one.id, **document_of(one.alert)} for one in transitions],
    }
    return Message(number, str(document["title"]), str(document["text"]), tuple(transitions), document)


def trial_of(server: str, now_ms: int) -> Message:
    """A message by which a person tries whether it arrives."""
    number = f"trial-{now_ms}"
    head, text = "bulltui: this is a trial", "This is a trial message of bulltui. Nothing is wrong."
    document: dict[str, Json] = {
        "version": VERSION,
        "id": number,
        "title": head,
        "text": text,
        "server": valid_unicode(server),
        "late": False,
        "trial": True,
        "alerts": [],
    }
    return Message(number, head, text, (), document, trial=True)


def fields_of(message: Message) -> Mapping[str, str]:
    """What a template may name, of a message and of the worst alert in it."""
    alerts = [one.alert for one in message.transitions]
    worst = min(alerts, key=lambda one: (one.phase is Phase.RESOLVED, _WORST[one.severity]), default=None)
    found = dict.fromkeys(FIELDS, "")
    found |= {"id": message.id, "title": message.title, "text": message.text, "count": str(len(alerts))}
    if worst is not None:
        whole = document_of(worst)
        found |= {name: _plain(value) for name, value in whole.items() if name in FIELDS and name != "text"}
    return found


def _plain(value: Json) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _line(alert: Alert) -> str:
    return f"{'Resolved: ' if alert.phase is Phase.RESOLVED else ''}{alert.text}"


def _title(shown: Sequence[Transition], passed: int, server: str) -> str:
    if len(shown) == 1 and not passed:
        return title(shown[0].alert)
    firing = sum(one.alert.phase is Phase.FIRING for one in shown)
    parts = [f"{firing} firing"] if firing else []
    if resolved := len(shown) - firing + passed:
        parts.append(f"{resolved} resolved")
    worst = min((_WORST[one.alert.severity] for one in shown if one.alert.phase is Phase.FIRING), default=None)
    sign = "" if worst is None else f"{list(_WORST)[worst].value.upper()} "
    return f"{sign}{valid_unicode(server)}: {', '.join(parts)}"
