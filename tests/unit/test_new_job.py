"""New and edited jobs: what the library takes, what it refuses, and how it is stored."""

import json
from typing import Any

import pytest

from bulltui.domain.edited_job import Editable, editable, edited_fields, edited_job
from bulltui.domain.errors import UsageError
from bulltui.domain.fields import raw_field
from bulltui.domain.job import Job, decode
from bulltui.domain.job_options import OPTIONS, check_id, read_options
from bulltui.domain.new_job import json_data, new_job
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("{}", '{"attempts":0}'),
        ('{"delay":5,"attempts":3}', '{"attempts":3,"delay":5}'),
        ('{"attempts":null,"delay":1.0}', '{"attempts":0,"delay":1}'),
        ('{"backoff":0}', '{"attempts":0,"backoff":{"type":"fixed","delay":0}}'),
        (
            '{"backoff":{"type":"exponential","delay":1000,"jitter":0.5},"lifo":true}',
            '{"attempts":0,"backoff":{"type":"exponential","delay":1000,"jitter":0.5},"lifo":true}',
        ),
        ('{"priority":2097151,"jobId":"a-1"}', '{"attempts":0,"priority":2097151,"jobId":"a-1"}'),
        (
            '{"removeOnComplete":true,"removeOnFail":{"age":60,"count":-1,"limit":9}}',
            '{"attempts":0,"removeOnComplete":true,"removeOnFail":{"age":60,"count":-1,"limit":9}}',
        ),
        ('{"removeOnComplete":0}', '{"attempts":0,"removeOnComplete":0}'),
        (
            '{"keepLogs":9,"stackTraceLimit":1,"sizeLimit":99}',
            '{"attempts":0,"kl":9,"stackTraceLimit":1,"sizeLimit":99}',
        ),
        (
            '{"deduplication":{"id":"ä","ttl":5,"extend":true,"replace":false,"keepLastIfActive":true}}',
            '{"attempts":0,"de":{"id":"ä","ttl":5,"extend":true,"replace":false,"keepLastIfActive":true}}',
        ),
        ('{"failParentOnFailure":true,"removeDependencyOnFailure":false}', '{"attempts":0,"fpof":true,"rdof":false}'),
        ('{"continueParentOnFailure":true}', '{"attempts":0,"cpof":true}'),
        (
            '{"telemetry":{"metadata":"x","omitContext":true},"timestamp":7}',
            '{"attempts":0,"tm":"x","omc":true,"timestamp":7}',
        ),
    ],
)
def test_options_are_stored_as_the_library_stores_them(given: str, stored: str) -> None:
    assert new_job("charge", "{}", read_options(given)).opts == stored


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"delay": "5"}, "The option delay has to be a whole number from 0 on."),
        ({"delay": -1}, "whole number from 0 on"),
        ({"delay": True}, "whole number"),
        ({"delay": 2**53}, "whole number"),
        ({"delay": 1.5}, "whole number"),
        ({"priority": 2**21}, "The option priority has to be a whole number from 0 to 2,097,151."),
        ({"priority": -1}, "from 0 to"),
        ({"lifo": 1}, "true or false"),
        ({"backoff": "5"}, "a number of ms or an object"),
        ({"backoff": True}, "a number of ms or an object"),
        ({"backoff": {"delay": 5}}, "The option backoff needs type."),
        ({"backoff": {"type": "fixed", "jitter": 1.1}}, "The option backoff.jitter has to be a number from 0 to 1."),
        ({"backoff": {"type": "fixed", "dely": 1}}, "BullMQ has no option 'backoff.dely'."),
        ({"removeOnFail": {"count": -2}}, "The option removeOnFail.count has to be"),
        ({"removeOnFail": "all"}, "true, false, how many to keep"),
        ({"deduplication": {"ttl": 5}}, "The option deduplication needs id."),
        ({"deduplication": {"id": ""}}, "a text that is not empty"),
        ({"deduplication": "x"}, "an object with id, ttl"),
        ({"jobId": 17}, "The option jobId has to be a text."),
        ({"failParentOnFailure": True, "ignoreDependencyOnFailure": True}, "cannot be used together"),
        ({"sizeLimit": 5}, "The data has 15 bytes, and the option sizeLimit allows 5."),
        ({"repeat": {"every": 5}}, "The option repeat cannot be given here."),
        ({"parent": {"id": "1", "queue": "bull:x"}}, "The option parent cannot be given here."),
        ({"repeatJobKey": "x"}, "cannot be given here"),
        ({"debounce": {"id": "x"}}, "cannot be given here"),
        ({"prevMillis": 5}, "cannot be given here"),
        ({"fpof": True}, "BullMQ has no option 'fpof'."),
        ({"\x1b[2J": 1}, "BullMQ has no option '␛[2J'."),
    ],
)
def test_what_the_library_would_refuse_or_trip_over(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        new_job("charge", '{"text":"ää"}', given)
    assert message in refused.value.message


@pytest.mark.parametrize(("name", "near"), [("Priority", "priority"), ("keeplogs", "keepLogs"), ("jobid", "jobId")])
def test_a_name_that_is_nearly_right(name: str, near: str) -> None:
    with pytest.raises(UsageError) as refused:
        new_job("charge", "{}", {name: 1})
    assert refused.value.hint == f"Did you mean {near}?"


def test_options_are_all_known() -> None:
    assert len(OPTIONS) == 18


@pytest.mark.parametrize(
    "job_id", ["a", "a-1", "a:b:c", "01", "-0", "1e3", "1234567890123456789", "é", "metadata", "9" * 30]
)
def test_ids_that_the_library_takes(job_id: str) -> None:
    check_id(job_id)


@pytest.mark.parametrize(
    "job_id",
    [
        "",
        "0",
        "17",
        "-17",
        "9007199254740992",
        "0:x",
        "0:a:b",
        "a:b",
        "a:b:c:d",
        "a:",
        ":",
        "meta",
        "wait",
        "id",
        "stalled-check",
        "repeat:a:b",
        "metrics:completed:data",
        "de:a:b",
    ],
)
def test_ids_that_are_refused_or_would_be_lost(job_id: str) -> None:
    with pytest.raises(UsageError):
        check_id(job_id)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (" 7 ", "7"),
        ("null", "null"),
        ('"a b"', '"a b"'),
        (
            '{ "a" : [ 1.10 , 1e400 , 12345678901234567890 ] ,\n"b": "\\u00e4 \\" }" }',
            '{"a":[1.10,1e400,12345678901234567890],"b":"\\u00e4 \\" }"}',
        ),
    ],
)
def test_data_keeps_its_tokens(text: str, stored: str) -> None:
    assert json_data(text) == stored


@pytest.mark.parametrize("text", ["", " ", "{", "NaN", "{'a':1}", "a", "[" * 100_000, '"\udcff"'])
def test_data_that_is_no_json(text: str) -> None:
    with pytest.raises(UsageError):
        json_data(text)


def test_a_job_needs_a_name() -> None:
    with pytest.raises(UsageError):
        new_job("", "{}", {})


# --- editing


def job(**fields: str | bytes) -> Job:
    raw = {name: raw_field(value) for name, value in fields.items()}
    return decode("7", QueueRef("bull", "q"), JobState.FAILED, raw)


SCHEDULED = job(
    name="charge",
    data='{"big":12345678901234567890,"n":1.10,"t":"a\u202eb"}',
    opts='{"attempts":3,"repeat":{"every":5},"kl":9,"jobId":"repeat:x:5","strange":1}',
)


def test_what_is_seen_in_the_editor() -> None:
    text = editable(SCHEDULED).text
    assert text.startswith('{\n  "name": "charge",\n  "data": {\n    "big": 12345678901234567890,\n    "n": 1.10,\n')
    assert "\u202e" not in text
    assert json.loads(text)["data"]["t"] == "a\u202eb"
    assert json.loads(text)["opts"]["keepLogs"] == 9


def test_nothing_edited_is_nothing_changed() -> None:
    before = editable(SCHEDULED)
    assert edited_job(before, before.text).changed == ()
    assert edited_job(before, json.dumps({"opts": json.loads(before.text)["opts"]})).changed == ()
    assert edited_job(before, "{}").changed == ()


def test_what_was_edited_is_changed_and_nothing_else() -> None:
    before = editable(SCHEDULED)
    edited = edited_job(before, before.text.replace('"n": 1.10', '"n": 2.50'))
    assert edited.changed == ("data",)
    assert edited.data == '{"big":12345678901234567890,"n":2.50,"t":"a\\u202eb"}'
    replay = edited.replay(copy=True)
    assert (replay.name, replay.data, replay.opts, replay.copy) == (None, edited.data, None, True)


def test_options_that_the_job_has_may_stay() -> None:
    before = editable(SCHEDULED)
    edited = edited_job(before, before.text.replace('"attempts": 3', '"attempts": 5'))
    assert edited.opts == '{"attempts":5,"repeat":{"every":5},"kl":9,"jobId":"repeat:x:5","strange":1}'
    for old, new in (('"every": 5', '"every": 6'), ('"strange": 1', '"strange": 2'), ('"keepLogs"', '"kepLogs"')):
        with pytest.raises(UsageError):
            edited_job(before, before.text.replace(old, new))
    without = edited_job(before, '{"opts":{"keepLogs":9}}')
    assert without.opts == '{"attempts":0,"kl":9}'


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"name":""}', '{"name":7}', '{"id":"8"}', '{"opts":7}', '{"opts":[]}']
)
def test_edits_that_cannot_be_taken(text: str) -> None:
    with pytest.raises(UsageError):
        edited_job(editable(SCHEDULED), text)


def test_what_would_not_come_back_as_it_was_is_not_edited() -> None:
    before = editable(job(name=b"\xff", data="{oops", opts="[1]"))
    assert before == Editable(None, None, None)
    assert before.text == "{}\n"
    with pytest.raises(UsageError):
        edited_job(before, '{"data":{}}')
    assert edited_job(before, "{}").changed == ()
    cut = decode("7", QueueRef("bull", "q"), JobState.FAILED, {"data": raw_field("{}", 99), "name": raw_field("x")})
    assert editable(cut).data is None


def test_single_fields_replace_whatever_was_there() -> None:
    edited = edited_fields(editable(job(name="x", data="{oops")), name='"y"', data="{ }")
    assert (edited.name, edited.data, edited.opts) == ("y", "{}", None)


def test_the_size_limit_holds_for_edited_data() -> None:
    before = editable(job(name="x", data="1", opts='{"sizeLimit":3}'))
    with pytest.raises(UsageError):
        edited_fields(before, data='"four"')
