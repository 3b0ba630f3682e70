"""What lies in the hash of a job: anything. It is decoded, shown on both front ends, and masked."""

import csv
import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bulltui.cli import job_list_text
from bulltui.cli.job_text import job_lines
from bulltui.cli.redis_text import document_of, lines_of, plain_lines
from bulltui.cli.table import lay_out
from bulltui.domain.csv_text import csv_line
from bulltui.domain.fields import raw_field
from bulltui.domain.job import decode, summarize
from bulltui.domain.job_json import job_document
from bulltui.domain.jsontext import dump
from bulltui.domain.queue import QueueRef
from bulltui.domain.redacting_jobs import masked_job, masked_row
from bulltui.domain.redaction import Redaction
from bulltui.domain.states import LISTED, JobState
from bulltui.tui.present import job_head, jobs, parts, timeline
from tests.fuzz.telltale import CANARY, HARMFUL, fuzzed, quiet

NOW = 1_800_000_000_000
REF = QueueRef("bull", "mail")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("\x1b]52;c;x\x07")
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("password"), inner, max_size=3)
    ),
    max_leaves=8,
)
PAYLOADS = (
    JSON.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=30)
    | st.integers(-5, 10**20).map(lambda number: str(number).encode())
    | st.sampled_from([b"NaN", b"1e999", b"[" * 3000, b'{"a":' * 500, b"\xff\xfe", b'"\\ud800"', b"-", b"0x10", b""])
)
FIELDS = st.sampled_from(
    [
        "name",
        "data",
        "opts",
        "progress",
        "returnvalue",
        "stacktrace",
        "failedReason",
        "timestamp",
        "processedOn",
        "finishedOn",
        "delay",
        "priority",
        "atm",
        "ats",
        "attemptsMade",
        "stc",
        "pb",
        "rjk",
        "parentKey",
        "parent",
        "deid",
        "\x1b[31m",
        "defa",
    ]
)


def hide(value: Any) -> Any:
    """`value` with the secret below each `password`."""
    if isinstance(value, dict):
        return {name: CANARY if name.lower() == "password" else hide(one) for name, one in value.items()}
    return [hide(one) for one in value] if isinstance(value, list) else value


@fuzzed
@given(
    st.dictionaries(FIELDS, PAYLOADS, max_size=6), st.sampled_from(sorted(LISTED)), st.integers(0, 40), st.booleans()
)
def test_hashes(fields: dict[str, bytes], state: JobState, end: int, cut: bool) -> None:
    raw = {name: raw_field(value[:end], len(value)) if cut else raw_field(value) for name, value in fields.items()}
    row = summarize("1\x1b", state, raw, score=float(NOW))
    job = decode("1\x1b", REF, state, raw, score=float(NOW), lock_ttl_ms=5, log_count=2)
    said = [*job_lines(lambda text, _: text, job, NOW), dump(job_document(job))]
    said += lay_out(job_list_text.columns(state), [job_list_text.row(row, NOW)], 100).lines(colour=False)
    for part in parts.parts(job):
        parts.lines(job, part, None, NOW, 80)
        parts.note(job, part)
        parts.json_of(job, part)
    job_head.facts(job, NOW)
    job_head.head_lines("1", job, None, NOW)
    timeline.timeline_lines(job, NOW, 80)
    jobs.cells(row, NOW)
    line = csv_line([row.name, row.failed_reason, row.id])
    (cells,) = csv.reader(io.StringIO(line))
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)
    said.append(line)
    for text in said:
        assert not HARMFUL.search(text), text
        text.encode("utf-8")
    quiet(*said)


@fuzzed
@given(JSON, st.sampled_from(["data", "opts", "progress", "returnvalue"]), st.integers(0, 80), st.booleans())
def test_what_is_hidden(value: Any, field: str, end: int, ascii_only: bool) -> None:
    redaction = Redaction.of(["*.password"])
    text = json.dumps(hide({"a": value, "password": value}), ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    for raw in ({field: raw_field(text)}, {field: raw_field(text[:end], len(text))}):
        job = masked_job(redaction, decode("1", REF, JobState.FAILED, raw))
        row = masked_row(redaction, summarize("1", JobState.FAILED, raw))
        quiet(repr(job), repr(row), dump(job_document(job)), *job_lines(lambda one, _: one, job, NOW))


REPLIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.binary(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@fuzzed
@given(REPLIES)
def test_answers_of_raw_commands(reply: Any) -> None:
    for text in (*lines_of(reply), *plain_lines(reply), dump(document_of(reply))):
        assert not HARMFUL.search(text)
        text.encode("utf-8")
