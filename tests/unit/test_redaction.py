"""What rules hide in payloads, whatever the JSON looks like."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.errors import UsageError
from bulltui.domain.event import Event
from bulltui.domain.fields import raw_field
from bulltui.domain.job import decode, summarize
from bulltui.domain.queue import QueueRef
from bulltui.domain.redacting import masked
from bulltui.domain.redacting_jobs import is_masked, masked_event, masked_job, masked_row, masked_scheduler
from bulltui.domain.redaction import MASK, Redaction, has_mask
from bulltui.domain.scheduler import decode_scheduler
from bulltui.domain.states import JobState

REF = QueueRef("bull", "mail")
SECRET = "CANARY-4111"


def hidden(rules: str, value: Any, field: str = "data") -> Any:
    return json.loads(masked(Redaction.of(rules.split()), field, json.dumps(value)))


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("data.card", {"card": 1, "cards": 2}, {"card": MASK, "cards": 2}),
        ("data.CARD", {"Card": {"no": 1}}, {"Card": MASK}),
        ("data.card", {"a": {"card": 1}}, {"a": {"card": 1}}),
        ("data.a.card", {"a": {"card": 1}}, {"a": {"card": MASK}}),
        ("data.user.*.iban", {"user": {"x": {"iban": 1}, "iban": 2}}, {"user": {"x": {"iban": MASK}, "iban": 2}}),
        ("data.user.*.iban", {"user": [{"iban": 1}]}, {"user": [{"iban": MASK}]}),
        ("*.password", {"a": [[{"PassWord": [1, {"b": 2}]}]]}, {"a": [[{"PassWord": MASK}]]}),
        ("data.cards.no", {"cards": [{"no": 1}, {"no": None}]}, {"cards": [{"no": MASK}, {"no": MASK}]}),
        ("data.cards.1", {"cards": [1, 2, 3]}, {"cards": [1, MASK, 3]}),
        ("data.cards.*", {"cards": [1, {"a": 2}]}, {"cards": [MASK, MASK]}),
        ("data.*_token", {"my_token": 1, "token": 2}, {"my_token": MASK, "token": 2}),
        (
            "data.a.**.z",
            {"z": 1, "a": {"z": 2, "b": {"c": {"z": 3}}}},
            {"z": 1, "a": {"z": MASK, "b": {"c": {"z": MASK}}}},
        ),
        ("data", {"anything": 1}, MASK),
        ("*", [1], MASK),
        ("returnvalue.card", {"card": 1}, {"card": 1}),
        ("opts.card", {"card": 1}, {"card": 1}),
        ("data.card", json.dumps({"card": 1}), json.dumps({"card": MASK}, ensure_ascii=False, separators=(", ", ": "))),
        ("data.card", {"b": "[mail] sent"}, {"b": "[mail] sent"}),
    ],
)
def test_rules(rule: str, before: Any, after: Any) -> None:
    assert hidden(rule, before) == after


def test_options_are_hidden_under_the_names_they_are_stored_by() -> None:
    stored = {"tm": "trace", "omc": True, "de": {"id": "x"}, "kl": 3}
    assert hidden("opts.telemetry.metadata", stored, "opts") == {**stored, "tm": MASK}
    assert hidden("opts.telemetry", stored, "opts") == {**stored, "tm": MASK, "omc": MASK}
    assert hidden("opts.deduplication.id", stored, "opts") == {**stored, "de": {"id": MASK}}
    assert hidden("*.metadata", stored, "opts") == {**stored, "tm": MASK}
    assert hidden("*.keepLogs", stored, "opts") == {**stored, "kl": MASK}


@pytest.mark.parametrize(
    "text",
    [
        '{"card":"%s"}',
        '{"\\u0063ard":"%s"}',
        '{"card":1,"card":"%s"}',
        '{"card":"%s","card":1}',
        '{"a":{"card":"%s"},"a":1}',
        "{'card': '%s'}",
        '{card: "%s"}',
        "card=%s",
        '{"a":1} {"card":"%s"}',
        '{"a":NaN,"card":"%s"}',
        '{"x":[1,,{"card":"%s"}]}',
        '\ufeff{"card":"%s"}',
        '{"payload":"{\\"card\\":\\"%s\\"}"}',
        '{"payload":"\\ufeff {\\"card\\":\\"%s\\"}"}',
        '{"payload":"{\\\'card\\\':\\"%s"}',
        '"{\\"card\\":\\"%s\\"}"',
        '{"card":{"a":"%s"',
        '{"card":["%s",}',
    ],
)
def test_broken_and_strange_json_lets_nothing_through(text: str) -> None:
    redaction = Redaction.of(["*.card"])
    whole = text % SECRET
    for end in range(len(whole) + 1):
        for cut in (True, False):
            found = masked(redaction, "data", whole[:end], cut=cut)
            assert not any(SECRET[:length] in found for length in range(3, len(SECRET))), (whole[:end], cut)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "b", "card", "Card", "c\u0301", '"{']) | st.text(max_size=3), inner, max_size=4
        )
    ),
    max_leaves=12,
)


def planted(value: Any, *, under: bool = False) -> Any:
    """`value` with a secret in the place of each scalar that lies under a `card`."""
    if isinstance(value, dict):
        return {name: planted(one, under=under or name.lower() == "card") for name, one in value.items()}
    if isinstance(value, list):
        return [planted(one, under=under) for one in value]
    return SECRET if under else value


def without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: MASK if name.lower() == "card" else without(one) for name, one in value.items()}
    return [without(one) for one in value] if isinstance(value, list) else value


@settings(max_examples=300, deadline=None, derandomize=True)
@given(VALUES, st.integers(0, 400), st.booleans(), st.integers(0, 3), st.sampled_from([None, 1]))
def test_no_cut_lets_a_value_through_and_all_else_stays(
    value: Any, end: int, ascii_only: bool, wrapped: int, indent: int | None
) -> None:
    redaction = Redaction.of(["*.card"])
    text = json.dumps(planted(value), ensure_ascii=ascii_only, indent=indent)
    if not wrapped:
        assert json.loads(masked(redaction, "data", text)) == without(planted(value))
    for _ in range(wrapped):
        text = json.dumps(text, ensure_ascii=ascii_only)
    for found in (masked(redaction, "data", text), masked(redaction, "data", text[:end], cut=True)):
        assert "CANARY" not in found
        assert masked(redaction, "data", found) == found or "CANARY" not in masked(redaction, "data", found)


def test_json_in_texts_of_json_is_hidden_at_any_depth() -> None:
    text = json.dumps({"card": SECRET})
    for _ in range(12):
        text = json.dumps({"more": text})
        assert "CANARY" not in masked(Redaction.of(["*.card"]), "data", text)


def test_a_text_in_which_nothing_is_hidden_stays_as_it_is_to_the_sign() -> None:
    text = '{ "a" : [1.0,\t1E5, "\\u0041", {"b":"{\\"c\\": 1}"}] }'
    assert masked(Redaction.of(["*.card"]), "data", text) is text


@pytest.mark.parametrize("rule", ["", "name.x", "data..x", "data.", "card", "failedReason"])
def test_a_rule_that_could_never_hide_anything_is_told(rule: str) -> None:
    with pytest.raises(UsageError):
        Redaction.of([rule])


def test_jobs_rows_events_and_schedulers() -> None:
    redaction = Redaction.of(["*.card", "progress.card", "returnvalue.token"])
    data = json.dumps({"card": SECRET, "to": "ann"})
    fields = {"name": "n", "data": data, "returnvalue": '{"token":"CANARY"}', "progress": '{"card":"CANARY"}'}
    raw = {name: raw_field(text) for name, text in fields.items()}
    job = masked_job(redaction, decode("1", REF, JobState.FAILED, raw, log_count=3))
    assert "CANARY" not in repr(job)
    assert job.data.value == {"card": MASK, "to": "ann"}
    assert job.raw["data"].size == len(data)
    assert job.log_count == 3
    assert is_masked(job.raw)
    assert not is_masked(raw)
    row = masked_row(redaction, summarize("1", JobState.FAILED, {**raw, "data": raw_field(data[:12], len(data))}))
    assert "CANARY" not in repr(row)
    assert row.progress == {"card": MASK}
    told = [
        Event(REF, "1-0", "progress", "1", {"data": '{"card":"CANARY"}'}),
        Event(REF, "1-0", "completed", "1", {"returnvalue": '{"token":"CANA'}, frozenset({"returnvalue"})),
    ]
    assert not any("CANA" in repr(masked_event(redaction, event)) for event in told)
    scheduler = decode_scheduler(
        "s", 1, {**raw, "opts": raw_field('{"card":"CANARY"}'), "ic": raw_field("1")}, armed=True
    )
    assert "CANARY" not in repr(masked_scheduler(redaction, scheduler))


def test_a_mask_is_known_in_any_form_of_json() -> None:
    assert has_mask(json.dumps(MASK))
    assert has_mask(json.dumps(MASK, ensure_ascii=False))
    assert not has_mask('"redacted"')
