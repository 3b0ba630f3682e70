"""The filter of the list of queues."""

import pytest

from bulltui.domain.layout import Layout, LayoutVerdict
from bulltui.domain.query.query import QueryError
from bulltui.domain.queue import Counts, Queue, QueueRef, RateLimit
from bulltui.domain.queue_filter import STATUSES, QueueFilter
from bulltui.domain.rates import Rates
from bulltui.domain.snapshot import QueueRow

NONE, UNKNOWN = Counts(), Rates()


def row(
    name: str, counts: Counts = NONE, *, workers: int | None = 1, rates: Rates = UNKNOWN, **more: object
) -> QueueRow:
    """A queue of a snapshot."""
    queue = Queue(QueueRef("bull", name), counts, LayoutVerdict(Layout.V5), **more)  # type: ignore[arg-type]
    return QueueRow(queue, rates, workers)


ROWS = [
    row("payments", Counts(failed=312, waiting=5, active=2), rates=Rates(added=50.0, finished=10.0)),
    row("mail:bulk", Counts(waiting=9), workers=0),
    row("mail:news", paused=True, workers=0),
    row("Reports", limit=RateLimit(manual=True, ttl_ms=10)),
    row("images-resize", Counts(active=1), workers=0, faults=("bull:images-resize:wait",)),
    row("pay-remit", Counts(completed=5), rates=Rates(added=10.0, finished=10.0)),
]


def names(text: str) -> list[str]:
    """What the filter leaves, in the order of the list."""
    shown = [one.ref.name for one in ROWS]
    return [shown[place] for place in QueueFilter.parse(text).chosen(ROWS, shown)]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", [one.ref.name for one in ROWS]),
        ("  ", [one.ref.name for one in ROWS]),
        ("mail", ["mail:bulk", "mail:news"]),
        ("mail bulk", ["mail:bulk"]),
        ("mail !bulk", ["mail:news"]),
        ("mail*s", ["mail:news"]),
        ("*s !mail*", ["payments", "Reports"]),
        ("reports", ["Reports"]),
        ("REPORTS", []),
        ("Rep", ["Reports"]),
        ("pmt", ["payments", "pay-remit"]),
        ("pay", ["payments", "pay-remit"]),
        ("xyz", []),
        ("!", [one.ref.name for one in ROWS]),
        ("is:failing", ["payments"]),
        ("is:paused", ["mail:news"]),
        ("is:pau", ["mail:news"]),
        ("is:unserved", ["mail:bulk", "images-resize"]),
        ("is:no-workers", ["mail:bulk", "mail:news", "images-resize"]),
        ("is:stalled", ["images-resize"]),
        ("is:limited", ["Reports"]),
        ("is:growing", ["payments"]),
        ("is:busy", ["payments", "images-resize"]),
        ("is:idle", ["mail:news", "Reports", "pay-remit"]),
        ("is:faulty", ["images-resize"]),
        ("!is:idle mail", ["mail:bulk"]),
        ("is:", [one.ref.name for one in ROWS]),
        ("[", []),
    ],
)
def test_leaves(text: str, left: list[str]) -> None:
    assert names(text) == left


def test_a_status_that_is_none_is_pointed_at() -> None:
    with pytest.raises(QueryError) as raised:
        QueueFilter.parse("mail is:bogus")
    assert raised.value.at == 8
    assert "paused" in raised.value.hint


def test_better_fits_rank_before_others() -> None:
    wanted = QueueFilter.parse("mail")
    order = ["mail", "mail:bulk", "eu-mail", "email", "my-axis-in-lab"]
    ranks = [wanted.rank(row(name)) for name in order]
    assert None not in ranks
    assert ranks == sorted(ranks, key=lambda rank: rank or 0)
    assert len(set(ranks)) == len(ranks)
    assert wanted.rank(row("liam")) is None
    loose, tight = QueueFilter.parse("pr").rank(row("pay-remit")), QueueFilter.parse("pr").rank(row("xpxr"))
    assert loose is not None
    assert tight is not None
    assert loose < tight  # starts of words


def test_every_status_says_what_it_means() -> None:
    assert all(meaning for meaning, _ in STATUSES.values())
    assert not QueueFilter.parse(" ")
    assert QueueFilter.parse("a")
