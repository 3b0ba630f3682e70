"""What one is asked before nobody is told of an alert for a time."""

from dataclasses import replace

from bulltui.domain.alert import Alert, Mute, Rule
from bulltui.domain.errors import UsageError
from bulltui.domain.human import HOUR_MS, MINUTE_MS, age
from bulltui.domain.queue import DEFAULT_PREFIX
from bulltui.domain.text import visible
from bulltui.tui.acts.form import Field, Form, Kind, Values

SPANS = {"30m": 30 * MINUTE_MS, "2h": 2 * HOUR_MS, "24h": 24 * HOUR_MS}
_RESOLVED, _EVER = "resolved", "ever"
_THIS, _RULE, _SUBJECT, _GLOBS = "this", "rule", "subject", "globs"
_LONGEST_GLOB = 300


def subject_glob(alert: Alert) -> str:
    """What a mute of this alert alone is about."""
    ref = alert.ref
    if ref is None:
        return alert.server
    if ref.prefix == DEFAULT_PREFIX:
        return ref.shown
    return f"{alert.server}/{ref.key}" if ref.server else ref.key


def mute_form(alert: Alert | None, rule: Rule | None, now_ms: int, by: str) -> Form[Mute]:
    """Asks what is to be muted for how long: from an alert, a rule, or nothing."""
    rules = alert.rule if alert is not None else rule.name if rule is not None else "*"
    subjects = subject_glob(alert) if alert is not None else "*"
    scopes = {
        _THIS: ("this", rules, subjects),
        _RULE: ("its rule", rules, "*"),
        _SUBJECT: ("all on it", "*", subjects),
        _GLOBS: ("as typed", "", ""),
    }
    about = f" {visible(alert.rule)} on {visible(alert.subject)}" if alert is not None else ""

    def make(values: Values) -> Mute:
        scope = values["scope"] if alert is not None else _GLOBS
        _, of_rules, of_subjects = scopes[scope]
        if scope == _GLOBS:
            of_rules, of_subjects = (values[name].strip() for name in ("rules", "subjects"))
        if not of_rules or not of_subjects:
            raise UsageError("A glob is needed for each: `*` stands for all.")
        if max(len(of_rules), len(of_subjects)) > _LONGEST_GLOB:
            raise UsageError(f"A glob has {_LONGEST_GLOB} characters at most.")
        mute = Mute(0, of_rules, of_subjects, now_ms, by=by, why=values["why"].strip())
        lasting = values["lasting"]
        if lasting == _RESOLVED:
            return replace(mute, until_resolved=True)
        return mute if lasting == _EVER else replace(mute, until_ms=now_ms + SPANS[lasting])

    choices = tuple((name, words) for name, (words, _, _) in scopes.items())
    hint = "This alert; its rule on everything; all rules on the queue or server; or the globs below."
    scope = (Field("scope", "What", _THIS, hint, Kind.CHOICE, choices),) if alert is not None else ()
    spans = (*((name, name) for name in SPANS), (_RESOLVED, "till resolved"), (_EVER, "for good"))
    only = " Only `as typed` reads it." if scope else ""
    return Form(
        f"Tell nobody of{about or ' these alerts'}",
        (
            Field("lasting", "For", "30m", "What fires meanwhile is counted and shown, not told.", Kind.CHOICE, spans),
            *scope,
            Field("rules", "Alerts (glob)", _typed(rules), f"Names of rules: `*`, `no-workers`, `*-p95`.{only}"),
            Field("subjects", "On (glob)", _typed(subjects), f"Queues or servers: `*`, `mail.*`, `eu/*`.{only}"),
            Field("why", "Reason", "", "Others read it, and you tomorrow."),
        ),
        make,
        tells,
    )


def _typed(glob: str) -> str:
    """As it can stand in a field: what a terminal would take for its own is any sign."""
    return "".join(sign if visible(sign) == sign else "?" for sign in glob)


def tells(mute: Mute) -> str:
    """What a mute will do."""
    what = "any alert" if mute.rules == "*" else f"alerts {visible(mute.rules)}"
    where = "anything" if mute.subjects == "*" else visible(mute.subjects)
    lasting = "for good, until you take it back"
    if mute.until_resolved:
        lasting = "until what fires now has ended"
    elif mute.until_ms is not None:
        lasting = f"for {age(mute.until_ms - mute.at_ms)}"
    return f"Nobody is told of {what} on {where} {lasting}."
