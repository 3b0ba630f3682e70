"""A job as JSON: whole, valid for any parser, harmless on any terminal, whatever a stranger wrote."""

import json
import unicodedata

import pytest
from hypothesis import given, settings

from bulltui.domain.fields import raw_field
from bulltui.domain.job import decode, summarize
from bulltui.domain.job_json import job_document
from bulltui.domain.jsontext import dump
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState
from tests.unit.strangers import DOCUMENTS, FIELDS, HOSTILE, NUMBERS, hashes

MAIL = QueueRef("bull", "mail")
JSON_FIELDS = ["data", "opts", "progress", "returnvalue", "stacktrace", "parent"]


def written(fields: dict[str, bytes | str], *, size: int | None = None, job_id: str = "1") -> str:
    raw = {name: raw_field(value, size) for name, value in fields.items()}
    job = decode(job_id, MAIL, JobState.FAILED, raw, score=1.0, lock_ttl_ms=5)
    assert all(isinstance(problem, str) for problem in job.problems)
    summary = summarize("1", JobState.DELAYED, raw, score=float("inf"))
    assert (job.due_at, summary.due_at, summary.max_attempts >= 0, job.max_attempts >= 1) == (None, None, True, True)
    return dump(job_document(job))


def check(text: str) -> object:
    """Valid UTF-8 JSON without anything that acts on a terminal; returns what any parser makes of it."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    text.encode("utf-8")
    bad = {f"U+{ord(sign):04X}" for sign in text if unicodedata.category(sign) in ("Cc", "Cs") and sign != "\n"}
    bidi = {"\u061c", "\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
    assert not bad
    assert not bidi & set(text)
    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("kind", ["hostile", "numbers", "documents"])
def test_every_field_with_everything(field: str, kind: str) -> None:
    for value in {"hostile": HOSTILE, "numbers": NUMBERS, "documents": DOCUMENTS}[kind]:
        check(written({"name": "x", field: value}))
        check(written({field: value}, size=10**6))


@settings(max_examples=200, deadline=None)
@given(hashes)
def test_any_hash(fields: dict[str, bytes]) -> None:
    document = check(written(dict(fields)))
    assert isinstance(document, dict)
    assert document["id"] == "1"


@pytest.mark.parametrize("text", HOSTILE)
def test_ids_names_and_reasons_come_back_whole(text: str) -> None:
    document = check(written({"name": text, "failedReason": text, "data": json.dumps(text)}, job_id=text))
    assert isinstance(document, dict)
    if "\ud83d" in text or "\udcff" in text:
        return  # what is no Unicode is written as an escape
    assert document["name"] == document["failedReason"] == document["data"] == document["id"] == text


def test_bytes_that_are_no_utf8_are_told_apart() -> None:
    document = check(written({"name": b"\xff\xfe", "data": b'"\xff"'}))
    assert isinstance(document, dict)
    assert (document["name"], document["data"]) == ("\\xff\\xfe", "\\xff")


@pytest.mark.parametrize("field", JSON_FIELDS)
def test_broken_json_is_kept_and_told(field: str) -> None:
    document = check(written({"name": "x", field: "{broken"}))
    assert isinstance(document, dict)
    assert any(field in problem for problem in document["problems"])
    if field == "stacktrace":
        assert document["stacktrace"] == ["{broken"]
    else:
        assert document["raw"] == {field: "{broken"}


def test_numbers_beyond_json_are_kept_as_text() -> None:
    document = check(written({"data": '{"a":1e400}'}))
    assert isinstance(document, dict)
    assert document["data"] == {"a": "1e400"}


def test_large_whole_numbers_keep_every_digit() -> None:
    document = check(written({"data": '{"n":12345678901234567890123}', "timestamp": str(10**18)}))
    assert isinstance(document, dict)
    assert (document["data"]["n"], document["timestamp"]) == (12345678901234567890123, 10**18)


def test_the_librarys_own_form() -> None:
    document = check(
        written(
            {
                "name": "welcome",
                "data": '{"to":"a"}',
                "opts": '{"attempts":3,"kl":5,"fpof":true,"de":{"id":"d"},"tm":"c","own":[]}',
                "timestamp": "5",
                "delay": "0",
                "priority": "2",
                "atm": "1",
                "ats": "2",
                "returnvalue": "null",
                "failedReason": "why",
                "stacktrace": '["a"]',
                "processedOn": "6",
                "finishedOn": "7",
                "parentKey": "bull:x:1",
                "parent": '{"id":"1","queueKey":"bull:x"}',
                "rjk": "daily",
                "deid": "d",
                "pb": "w",
            }
        )
    )
    assert document == {
        "id": "1",
        "name": "welcome",
        "queue": "mail",
        "prefix": "bull",
        "state": "failed",
        "data": {"to": "a"},
        "opts": {
            "attempts": 3,
            "keepLogs": 5,
            "failParentOnFailure": True,
            "deduplication": {"id": "d"},
            "telemetry": {"metadata": "c"},
            "own": [],
        },
        "progress": 0,
        "delay": 0,
        "priority": 2,
        "timestamp": 5,
        "attemptsMade": 1,
        "attemptsStarted": 2,
        "stalledCounter": 0,
        "stacktrace": ["a"],
        "returnvalue": None,
        "failedReason": "why",
        "processedOn": 6,
        "finishedOn": 7,
        "parentKey": "bull:x:1",
        "parent": {"id": "1", "queueKey": "bull:x"},
        "repeatJobKey": "daily",
        "deduplicationId": "d",
        "processedBy": "w",
    }


def test_missing_and_cut() -> None:
    document = check(written({}))
    assert isinstance(document, dict)
    assert document["missing"] is True
    document = check(written({"data": '"x', "name": "n"}, size=500))
    assert isinstance(document, dict)
    assert document["sizes"] == {"data": 500, "name": 500}
