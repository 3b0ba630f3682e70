"""What is said of each kind of alert."""

import pytest

from bulltui.domain.alert import Alert, Phase, Rule, Severity, Watched
from bulltui.domain.alert_rules import BUILT_IN, REASONS
from bulltui.domain.alert_states import Ending, Track
from bulltui.domain.alert_text import (
    amount,
    document_of,
    firing_text,
    labelled,
    resolved_text,
    span,
    text_now,
    title,
)
from tests.alerts.support import NOW, PAYMENTS

FIRING = {
    Watched.FAILED: (1204, "1,204 failed jobs, more than 10 for 2 min."),
    Watched.FAILED_RATE: (12.5, "12.5 jobs a minute fail, more than 10 for 2 min."),
    Watched.FAILURE_SHARE: (62, "62 % of the jobs fail, more than 10 % for 2 min."),
    Watched.BACKLOG: (1, "1 job waits, more than 10 for 2 min."),
    Watched.OLDEST_WAITING: (724, "the oldest job waits for 12m 04s, more than 10 s for 2 min."),
    Watched.WAIT_P95: (42, "p95 of waiting is 42s, more than 10 s for 2 min."),
    Watched.RUN_P95: (42, "p95 of running is 42s, more than 10 s for 2 min."),
    Watched.NO_WORKERS: (12, "12 jobs wait and no worker is connected, for 2 min."),
    Watched.STALLED: (4, "4 jobs stalled within 5 min, more than 10 for 2 min."),
    Watched.OVERDUE_SCHEDULER: (724, "a scheduler is overdue by 12m 04s, more than 10 s for 2 min."),
    Watched.PAUSED: (1, "paused, for 2 min."),
    Watched.NO_COMPLETIONS: (12, "no job ended within 5 min, and 12 jobs wait, for 2 min."),
    Watched.MEMORY: (92, "92 % of its memory is used, more than 10 % for 2 min."),
    Watched.EVICTION_POLICY: (
        1,
        "the eviction policy is allkeys\u241blru, so jobs may be lost; BullMQ needs noeviction, for 2 min.",
    ),
    Watched.UNREACHABLE: (1, "it does not answer for 2 min: allkeys\u241blru."),
}


@pytest.mark.parametrize("watched", list(Watched))
def test_each_kind_says_what_is_wrong(watched: Watched) -> None:
    value, text = FIRING[watched]
    assert firing_text(Rule("r", watched, 10, for_s=120), value, "allkeys\x1blru") == text


@pytest.mark.parametrize("watched", list(Watched))
def test_each_kind_says_that_it_is_over(watched: Watched) -> None:
    rule = Rule("r", watched, 10)
    alert = Alert(
        "a", "r", watched, Severity.WARNING, Phase.RESOLVED, PAYMENTS, "s", NOW, NOW + 60_000, NOW + 842_000, 92, 92
    )
    text = resolved_text(alert, rule, 3, Ending.PASSED)
    assert "it lasted 14m 02s" in text
    assert text.endswith(".")
    assert "the queue is gone" in resolved_text(alert, rule, 3, Ending.GONE)
    assert "no rule" in resolved_text(alert, None, 3, Ending.PASSED)


def test_while_it_is_pending_it_does_not_say_for_how_long() -> None:
    assert firing_text(Rule("r", Watched.FAILED, 10, for_s=120), 11, pending=True) == "11 failed jobs, more than 10."
    assert firing_text(Rule("r", Watched.PAUSED, for_s=120), 1, pending=True) == "paused."


def test_one_that_is_in_order_says_what_it_waits_for() -> None:
    def now(rule: Rule, value: float, level: int = 0) -> str:
        alert = Alert("a", "r", rule.watched, Severity.WARNING, Phase.FIRING, PAYMENTS, "s", NOW, NOW, value=value)
        return text_now(rule, Track(alert, NOW, 0, level), alert)

    waits = Rule("r", Watched.BACKLOG, 3, for_s=0, clear_s=120)
    assert now(waits, 4) == "4 jobs wait, more than 3."
    assert now(waits, 0) == "in order again with 0 waiting jobs; it ends once that has lasted 2 min."
    assert now(waits, 0, 1).endswith("; it ends once that has lasted 4 min. It comes and goes.")
    assert now(Rule("r", Watched.PAUSED), 0) == "no longer paused; it ends once that has lasted 1 min."
    share = Rule("r", Watched.FAILURE_SHARE, 50, for_s=120, clear=25)
    assert now(share, 40) == "40 % of the jobs fail, no longer more than 50 %; it ends at 25 % or less."
    assert now(share, 20) == "in order again with 20 %; it ends once that has lasted 1 min."
    few = Rule("r", Watched.BACKLOG, 3, below=True, clear=9)
    assert now(few, 5) == "5 jobs wait, no longer less than 3; it ends at 9 or more."


def test_what_comes_and_goes_is_told_to() -> None:
    rule = Rule("r", Watched.BACKLOG, 10, below=True, for_s=0)
    assert firing_text(rule, 3, comes_and_goes=True) == "3 jobs wait, less than 10. It comes and goes."


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.5, "0.5 s"), (1, "1 s"), (90, "90 s"), (120, "2 min"), (5400, "90 min"), (86_400, "1 day")]
)
def test_times_are_told_as_they_are_set(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_amounts_have_their_unit() -> None:
    assert amount(Watched.FAILED, 1204) == "1,204 jobs"
    assert amount(Watched.FAILED_RATE, 0.25) == "0.2 jobs/min"
    assert amount(Watched.MEMORY, 91.26) == "91.3 %"
    assert amount(Watched.PAUSED, 1) == "yes"


def test_an_alert_among_those_of_other_servers() -> None:
    alert = Alert(
        "a",
        "r",
        Watched.FAILED,
        Severity.WARNING,
        Phase.FIRING,
        PAYMENTS,
        "cache:6379/0",
        NOW,
        text="payments: bad.",
    )
    there = labelled(alert, "eu")
    assert (there.subject, there.text, there.server) == ("eu/payments", "eu/payments: bad.", "eu")
    assert title(there) == "WARNING payments on eu: r"
    assert document_of(there)["subject"] == "eu/payments"


def test_our_own_rules_have_reasons_and_names_of_their_own() -> None:
    assert {rule.name for rule in BUILT_IN} == set(REASONS)
    assert len(REASONS) == len(BUILT_IN)
    assert all(rule.built_in and not rule.to for rule in BUILT_IN)
