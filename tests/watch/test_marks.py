"""What is marked in charts: actions of ours and alerts."""

from bulltui.domain.alert import Alert, Phase, Severity, Watched
from bulltui.domain.charting import MarkKind
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.history import Deed, Intent
from bulltui.domain.outcome import Outcome
from bulltui.domain.queue import QueueRef
from bulltui.services.watch.marks import TimeMarks
from tests.fake_ledger import FakeAudit
from tests.fake_watch import FakeAlerts

MAIL = QueueRef("my:app", "mail", "eu")
SERVERS = {"redis://eu:6379/0": "eu"}
DONE = Outcome("retry", 3)
REFUSED = Outcome("retry", error=NotAllowedError("No."))
NOTHING = Outcome("retry", 0)


def deed(at_ms: int, server: str = "redis://eu:6379/0", key: str = "my:app:mail", outcome: Outcome = DONE) -> Deed:
    intent = Intent("retry", server, (key,), state="failed", count=3)
    return Deed(f"{at_ms}", at_ms, intent, "ada", host="box", outcome=outcome)


def alert(fired_ms: int, resolved_ms: int = 0) -> Alert:
    phase = Phase.RESOLVED if resolved_ms else Phase.FIRING
    return Alert(
        f"a{fired_ms}", "backlog", Watched.BACKLOG, Severity.WARNING, phase, MAIL, "eu", 0, fired_ms, resolved_ms,
        text="eu/mail: 5,000 jobs wait",
    )  # fmt: skip


async def test_actions_and_alerts_of_the_span_in_their_order() -> None:
    audit = FakeAudit([deed(50), deed(20), deed(5)])
    alerts = FakeAlerts(now=[alert(30)], ended=[alert(2, 25), alert(40, 45)])
    marks = await TimeMarks(audit, alerts, SERVERS, lambda: [MAIL]).marks(10, 50)
    assert [(one.at_ms, one.kind) for one in marks] == [
        (20, MarkKind.ACTION),
        (25, MarkKind.RESOLVED),
        (30, MarkKind.FIRING),
        (40, MarkKind.FIRING),
        (45, MarkKind.RESOLVED),
    ]
    assert all(one.refs == (MAIL,) for one in marks)
    assert marks[0].text == "retry 3 failed: done 3, by ada@box"
    assert marks[2].text == "backlog on eu/mail: 5,000 jobs wait"


async def test_other_servers_and_what_changed_nothing_are_left_out() -> None:
    audit = FakeAudit([deed(20, "redis://us:6379/0"), deed(21, outcome=REFUSED), deed(22, outcome=NOTHING)])
    assert await TimeMarks(audit, FakeAlerts(), SERVERS, list).marks(0, 100) == []


async def test_a_queue_that_is_gone_is_named_as_most_are() -> None:
    (mark,) = await TimeMarks(FakeAudit([deed(20, key="bull:old")]), FakeAlerts(), SERVERS, list).marks(0, 100)
    assert mark.refs == (QueueRef("bull", "old", "eu"),)
