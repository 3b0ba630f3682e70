"""What events say in words, and which of them one looks for."""

import pytest

from bulltui.domain.event import Event, Gap, place
from bulltui.domain.event_words import Sought, gap_said, said
from bulltui.domain.queue import QueueRef

NOW = 1_800_000_000_000
MAIL = QueueRef("bull", "mail")


@pytest.mark.parametrize(
    ("kind", "fields", "text"),
    [
        ("added", {"name": "charge"}, "charge"),
        ("failed", {"failedReason": "no money\nat all"}, "no money"),
        ("delayed", {"delay": str(NOW + 5_000)}, "due in 5s"),
        ("delayed", {"delay": "soon"}, ""),
        ("progress", {"data": "42"}, "42%"),
        ("progress", {"data": '{"step":3}'}, '{"step":3}'),
        ("waiting", {"prev": "delayed"}, "was delayed"),
        ("active", {"prev": "waiting"}, ""),
        ("cleaned", {"count": "3"}, "3 jobs"),
        ("retries-exhausted", {"attemptsMade": "3"}, "after 3 attempts"),
        ("retries-exhausted", {}, "no attempt is left"),
        ("deduplicated", {"deduplicationId": "mail", "deduplicatedJobId": "7"}, "'mail' is job 7"),
        ("completed", {"returnvalue": "null"}, ""),
        ("completed", {"returnvalue": "x" * 500}, "x" * 400 + "…"),
        ("made up", {"a": "1", "b": "2"}, "a=1  b=2"),
        ("", {}, ""),
    ],
)
def test_what_fields_say(kind: str, fields: dict[str, str], text: str) -> None:
    assert said(Event(MAIL, f"{NOW}-0", kind, "1", fields)) == text


def test_what_was_cut_shows() -> None:
    assert said(Event(MAIL, "1-0", "failed", "1", {"failedReason": "long"}, frozenset({"failedReason"}))) == "long…"


def test_gaps() -> None:
    assert gap_said(Gap(MAIL, "1-0", "2-0", 1)) == "1 event was trimmed before it could be read"
    assert gap_said(Gap(MAIL, "1-0", "2-0", 1_200)) == "1,200 events were trimmed before they could be read"
    assert "nobody knows" in gap_said(Gap(MAIL, "1-0", "2-0"))


@pytest.mark.parametrize(
    ("sought", "fits"),
    [
        (Sought(), True),
        (Sought(kinds=frozenset({"failed", "stalled"})), True),
        (Sought(kinds=frozenset({"stalled"})), False),
        (Sought(job_id="7"), True),
        (Sought(job_id="77"), False),
        (Sought(text="STRASSE"), True),
        (Sought(text="7"), True),
        (Sought(kinds=frozenset({"failed"}), job_id="7", text="weg"), False),
    ],
)
def test_what_is_sought(sought: Sought, *, fits: bool) -> None:
    assert sought.fits(Event(MAIL, "1-0", "failed", "7", {"failedReason": "Straße"})) is fits
    assert bool(sought) is (sought != Sought())


def test_places_of_a_stream_compare_as_numbers() -> None:
    assert place("9-9") < place("10-0") < place("10-10") < place("11")
    assert Event(MAIL, "12-3", "added").at_ms == 12
    assert Event(MAIL, "a stranger's", "added").at_ms == 0
