"""Alerts, mutes and rules as lines of tables, in full, and in the header."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bulltui.domain import human
from bulltui.domain.alert import UNITS, Alert, Delivery, Mute, Phase, Rule, Severity
from bulltui.domain.alert_text import amount, span
from bulltui.domain.text import plural, visible
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.prose import prose
from bulltui.tui.widgets.cells import Cell, cut, width_of
from bulltui.tui.widgets.columns import Column

WORST = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
Sign = tuple[str, str]
"""A text and its token."""
SIGNS: dict[Severity, Sign] = {
    Severity.CRITICAL: ("✖", "failed bold"),
    Severity.WARNING: ("⚠", "delayed"),
    Severity.INFO: ("·", "dim"),
}
RESOLVED, PENDING, MUTED = ("✓", "ok"), ("◌", "stale"), ("‖", "dim")

NOW_COLUMNS: tuple[Column, ...] = (
    Column("sign", "", width=1, priority=99),
    Column("severity", "severity", width=8, priority=85),
    Column("subject", "on", min=10, max=32, flex=2, priority=100),
    Column("text", "what", min=26, flex=5, priority=95),
    Column("for", "for", width=4, align="right", priority=90),
    Column("told", "told", min=10, max=20, flex=1, priority=60),
    Column("rule", "rule", min=14, max=20, flex=1, priority=30),
)
PAST_COLUMNS: tuple[Column, ...] = (
    Column("sign", "", width=1, priority=99),
    Column("severity", "severity", width=8, priority=40),
    Column("subject", "on", min=10, max=32, flex=2, priority=100),
    Column("rule", "rule", min=12, max=20, flex=1, priority=88),
    Column("text", "what", min=18, flex=5, priority=80),
    Column("ago", "ended", width=5, align="right", priority=90),
    Column("lasted", "lasted", width=6, align="right", priority=70),
    Column("worst", "worst", min=10, max=16, flex=1, priority=30),
)
MUTE_COLUMNS: tuple[Column, ...] = (
    Column("number", "no.", width=4, align="right", priority=90),
    Column("rules", "alerts", min=10, max=24, flex=1, priority=95),
    Column("subjects", "on", min=10, max=40, flex=2, priority=100),
    Column("until", "until", min=14, max=28, flex=1, priority=92),
    Column("why", "reason", min=8, flex=3, priority=60),
    Column("by", "by", min=6, max=16, flex=1, priority=40),
    Column("since", "since", width=8, align="right", priority=30),
)
RULE_COLUMNS: tuple[Column, ...] = (
    Column("sign", "", width=1, priority=99),
    Column("severity", "severity", width=8, priority=80),
    Column("name", "rule", min=14, max=28, flex=1, priority=100),
    Column("when", "fires when", min=20, flex=4, priority=95),
    Column("on", "on", min=8, max=36, flex=2, priority=70),
    Column("now", "now", width=5, align="right", priority=90),
    Column("to", "told to", min=6, max=20, flex=1, priority=40),
)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many alerts fire that somebody is to be told of, by severity, and how many that nobody is. `problem`: these
    are the last that were known, and why there are no newer ones."""

    critical: int = 0
    warning: int = 0
    info: int = 0
    muted: int = 0
    problem: str = ""

    @property
    def firing(self) -> int:
        """All that somebody is to be told of."""
        return self.critical + self.warning + self.info


NO_ALERTS = Tally()


def tally(alerts: Sequence[Alert], problem: str = "") -> Tally:
    """What is to be counted of alerts."""
    firing = [one for one in alerts if one.phase is Phase.FIRING]
    loud = [one.severity for one in firing if not one.muted]
    return Tally(
        loud.count(Severity.CRITICAL),
        loud.count(Severity.WARNING),
        loud.count(Severity.INFO),
        len(firing) - len(loud),
        problem,
    )


def tally_words(found: Tally) -> Pieces:
    """As the header says it: the worst ones by their name, since colours alone say nothing."""
    if not found.firing:
        return []
    others = found.warning + found.info
    unsure = "?" if found.problem else ""
    if found.critical:
        more = f" +{others:,}" if others else ""
        return [(f"⚠ {found.critical:,} critical{more}{unsure}", "failed bold")]
    return [(f"⚠ {plural(others, 'alert')}{unsure}", "delayed bold" if found.warning else "dim")]


# --- lines


def severity_cells(alert: Alert) -> tuple[Sign, Sign]:
    """The sign and the word of how bad an alert is."""
    sign, token = SIGNS[alert.severity]
    if alert.phase is Phase.PENDING:
        return PENDING, ("pending", "stale")
    if alert.muted:
        return MUTED, (alert.severity.value, "dim")
    return (sign, token), (alert.severity.value, token)


def sentence(alert: Alert) -> str:
    """What is wrong, without whom it is about. Texts that begin with that leave it out."""
    text, subject = alert.text, f"{visible(alert.subject)}: "
    return text.removeprefix(subject) or alert.watched.value


def now_cells(alert: Alert, told: Mapping[str, Sequence[Delivery]], now_ms: int) -> tuple[Cell, ...]:
    """The cells of one that is pending or fires."""
    quiet = "dim" if alert.muted or alert.phase is Phase.PENDING else ""
    since = alert.fired_ms or alert.since_ms
    return (
        *severity_cells(alert),
        (alert.subject, quiet or "bold"),
        (sentence(alert), quiet),
        (human.age(max(0, now_ms - since)).partition(" ")[0], quiet or "dim"),
        told_cell(alert, told.get(alert.id, ())),
        (alert.rule, "dim"),
    )


def told_cell(alert: Alert, deliveries: Sequence[Delivery]) -> Cell:
    """Whether anybody knows of it."""
    if alert.phase is Phase.PENDING:
        return ("not yet", "dim")
    if alert.muted:
        return ("muted", "dim")
    mine = [one for one in deliveries if one.phase is alert.phase]
    failed = [one for one in mine if one.state != "sent" and one.tries]
    if any(one.state == "given-up" for one in mine):
        return ("✖ not told", "failed")
    if failed:
        return ("! trying", "delayed")
    sent = [one.way for one in mine if one.state == "sent"]
    return (f"✓ {', '.join(sent)}", "ok") if sent else ("–", "dim")


def past_cells(alert: Alert, now_ms: int) -> tuple[Cell, ...]:
    """The cells of one that is over."""
    return (
        RESOLVED,
        (alert.severity.value, "dim"),
        alert.subject,
        (alert.rule, ""),
        (sentence(alert), "dim"),
        human.age(max(0, now_ms - alert.resolved_ms)).partition(" ")[0],
        human.age(max(0, alert.resolved_ms - (alert.fired_ms or alert.since_ms))).partition(" ")[0],
        (amount(alert.watched, alert.worst) if UNITS[alert.watched] else "–", "dim"),
    )


def until_text(mute: Mute, now_ms: int) -> str:
    """For how long nobody is told."""
    if mute.until_ms is not None:
        left = f"for {human.age(max(0, mute.until_ms - now_ms))} more"
        return f"{left}, or resolved" if mute.until_resolved else left
    return "until resolved" if mute.until_resolved else "for good"


def everything(glob: str, what: str) -> str:
    """A glob of a mute in words where it is no choice."""
    return what if glob == "*" else glob


def mute_cells(mute: Mute, now_ms: int) -> tuple[Cell, ...]:
    """The cells of a mute."""
    return (
        str(mute.number),
        everything(mute.rules, "all alerts"),
        everything(mute.subjects, "everything"),
        (until_text(mute, now_ms), "delayed"),
        mute.why or ("–", "dim"),
        (mute.by, "dim"),
        (human.age(max(0, now_ms - mute.at_ms)).partition(" ")[0], "dim"),
    )


def condition(rule: Rule) -> str:
    """When a rule fires, in a few words."""
    unit = UNITS[rule.watched]
    name = rule.watched.value.replace("-", " ")
    if unit:
        name += f" {'<' if rule.below else '>'} {amount(rule.watched, rule.threshold)}"
    return f"{name} for {span(rule.for_s)}" if rule.for_s else name


def rule_cells(rule: Rule, alerts: Sequence[Alert]) -> tuple[Cell, ...]:
    """The cells of a rule."""
    firing = sum(one.rule == rule.name and one.phase is Phase.FIRING for one in alerts)
    sign, token = SIGNS[rule.severity]
    return (
        (sign, token),
        (rule.severity.value, token),
        [(rule.name, "bold"), ("  built in" if rule.built_in else "", "dim")],
        condition(rule),
        (" ".join(rule.queues) or ("servers" if rule.watched.of_server else "all queues"), "dim"),
        (str(firing), token) if firing else ("0", "dim"),
        (", ".join(rule.to) or "all ways", "dim"),
    )


# --- in full


def _row(name: str, text: str, width: int, token: str = "") -> list[Pieces]:
    if not text:
        return []
    first, *rest = prose(text, token, width - 11)
    return [[(f" {name:<10}", "dim"), *first], *([(" " * 11, ""), *line] for line in rest)]


def alert_lines(
    alert: Alert, deliveries: Sequence[Delivery], mutes: Sequence[Mute], now_ms: int, width: int
) -> list[Pieces]:
    """All of an alert, the most important first."""
    (sign, token), word = severity_cells(alert)[0], alert.severity.value.upper()
    if alert.phase is Phase.RESOLVED:
        sign, token = RESOLVED
    head = f"{word} {visible(alert.subject)}: {sentence(alert)}"
    lines = prose(head, token, width, sign=f"{sign} ")
    lines += _row("since", _since(alert, now_ms), width)
    if UNITS[alert.watched]:
        reached = f"{amount(alert.watched, alert.value)} now, at worst {amount(alert.watched, alert.worst)}"
        if alert.phase is Phase.RESOLVED:
            reached = f"at worst {amount(alert.watched, alert.worst)}"
        lines += _row("value", f"{reached}; the limit is {amount(alert.watched, alert.threshold)}", width)
    mute = next((one for one in mutes if one.number == alert.muted), None)
    if alert.muted:
        what = f"by mute {alert.muted}" + (f", {until_text(mute, now_ms)}" if mute is not None else "")
        why = f": {mute.why}" if mute is not None and mute.why else ""
        lines += _row("muted", what + why, width, "delayed")
    for place, one in enumerate(deliveries):
        told, told_token = delivery_text(one, now_ms)
        lines += _row("told" if not place else "", told, width, told_token)
    return [*lines, *_row("rule", alert.rule, width, "dim")]


def _since(alert: Alert, now_ms: int) -> str:
    if alert.phase is Phase.RESOLVED:
        lasted = human.age(max(0, alert.resolved_ms - (alert.fired_ms or alert.since_ms)))
        return f"{human.clock(alert.fired_ms)} to {human.clock(alert.resolved_ms)}, {lasted}"
    if alert.phase is Phase.PENDING:
        return f"{human.clock(alert.since_ms)}, {human.age(max(0, now_ms - alert.since_ms))}: not long enough yet"
    known = human.age(max(0, alert.fired_ms - alert.since_ms))
    return f"{human.clock(alert.fired_ms)}, {human.age(max(0, now_ms - alert.fired_ms))}; it began {known} before"


def delivery_text(one: Delivery, now_ms: int) -> tuple[str, str]:
    """What became of telling it to somebody, and a token."""
    what = f"{visible(one.way)}, {one.phase.value}"
    when = human.ago(max(0, now_ms - one.at_ms))
    problem = f": {visible(one.problem)}" if one.problem else ""
    if one.state == "sent":
        return f"✓ {what}, {when}" + (f", at try {one.tries}" if one.tries > 1 else ""), "ok"
    if one.state == "given-up":
        return f"✖ {what}: given up after {plural(one.tries, 'try', 'tries')}{problem}", "failed"
    return f"! {what}: {'tried ' + plural(one.tries, 'time') if one.tries else 'waits'}{problem}", "delayed"


def mute_lines(mute: Mute, alerts: Sequence[Alert], now_ms: int, width: int) -> list[Pieces]:
    """All of a mute."""
    quiet = [visible(one.subject) for one in alerts if one.muted == mute.number]
    head = f"{everything(mute.rules, 'all alerts')} on {everything(mute.subjects, 'everything')}"
    lines = prose(head, "bold", width, sign="‖ ")
    lines += _row("until", until_text(mute, now_ms), width)
    lines += _row("reason", mute.why, width)
    lines += _row("by", f"{mute.by or '?'}, {human.ago(max(0, now_ms - mute.at_ms))}", width)
    return [*lines, *_row("quiet now", ", ".join(quiet) or "nothing", width)]


def rule_lines(rule: Rule, width: int) -> list[Pieces]:
    """All of a rule."""
    sign, token = SIGNS[rule.severity]
    lines = prose(f"{rule.name}: {condition(rule)}", token, width, sign=f"{sign} ")
    clear = rule.threshold if rule.clear is None else rule.clear
    if UNITS[rule.watched]:
        over = f"at {amount(rule.watched, clear)} or {'more' if rule.below else 'less'} for {span(rule.clear_s)}"
        lines += _row("is over", over, width)
    else:
        lines += _row("is over", f"when it was in order for {span(rule.clear_s)}", width)
    lines += _row("looks at", f"the last {span(rule.window_s)} where it is about rates and times", width)
    lines += _row("on", " ".join(rule.queues) or "everything", width)
    return [*lines, *_row("told to", ", ".join(rule.to) or "all ways of delivery", width)]


def toast(alert: Alert) -> str:
    """What is said in passing when one fires or is over."""
    return f"{cut(visible(alert.subject), 60)}: {sentence(alert)}"


def toasts(fired: Sequence[Alert], resolved: Sequence[Alert]) -> list[tuple[str, str, Severity | None]]:
    """What is said in passing of those that fire and those that are over: a title, a text, and how bad it is, None for
    good news. Of many at once it is said together."""
    said: list[tuple[str, str, Severity | None]] = []
    for some, firing in ((fired, True), (resolved, False)):
        if len(some) > _ONE_BY_ONE:
            worst = min(some, key=lambda one: WORST[one.severity])
            verb = "alerts fire" if firing else "alerts are over"
            text = f"{len(some):,} {verb}, such as {toast(worst)} A shows them."
            said.append((_title(worst, firing=firing), text, worst.severity if firing else None))
            continue
        said += [(_title(one, firing=firing), toast(one), one.severity if firing else None) for one in some]
    return said


_ONE_BY_ONE = 3


def _title(alert: Alert, *, firing: bool) -> str:
    return alert.severity.value.upper() if firing else "Resolved"


def alarm(unseen: Sequence[Alert], now_ms: int, width: int) -> list[Pieces]:
    """The line on critical alerts that nobody has looked at yet."""
    if not unseen:
        return []
    first = unseen[0]
    age = human.age(max(0, now_ms - first.fired_ms))
    more = f"  +{len(unseen) - 1:,} more" if len(unseen) > 1 else ""
    key = "  A shows it" if not more else f"{more}, A shows them"
    head = f" ✖ CRITICAL {cut(visible(first.subject), 40)}: "
    room = max(8, width - width_of(head) - width_of(key) - len(age) - 3)
    text = cut(sentence(first), room)
    return [[(head, "failed bold reverse"), (f"{text}", "failed bold"), (f" {age}", "failed"), (key, "bold")]]
