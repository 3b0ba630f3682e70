"""Queries against plain Python over the same jobs, and against what the server sorts out."""

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bulltui.domain.query.matching import matches
from bulltui.domain.query.parsing import parse
from bulltui.domain.query.planning import plan
from bulltui.domain.query.query import Query, QueryError, pointer
from bulltui.domain.query.tree import Node
from bulltui.domain.scan import READABLE, Candidate
from bulltui.domain.scan_filter import passes
from bulltui.domain.states import JobState
from bulltui.domain.text import cells
from tests.thorough import tried
from tests.unit.query_jobs import NOW, REF, SIGNS, jobs, means, questions


@given(questions(), jobs())
@settings(max_examples=tried(125, 40), deadline=None)
def test_a_query_means_what_plain_python_says(question: tuple[Node, Candidate], other: Candidate) -> None:
    tree, job = question
    query = Query("", tree, NOW)
    assert matches(query, job) == means(tree, job)
    assert matches(query, other) == means(tree, other)


@given(questions())
@settings(max_examples=tried(100, 35), deadline=None)
def test_what_the_server_leaves_out_is_no_match(question: tuple[Node, Candidate]) -> None:
    tree, job = question
    query = Query("", tree, NOW)
    planned = plan(query, job.state, job.ref)
    found = planned is not None and passes(planned.filter, job.id, job.raw) and _between(job, planned.low, planned.high)
    if matches(query, job):
        assert found
    elif planned is not None and planned.exact:
        assert not found


@given(questions())
@settings(max_examples=tried(100, 35), deadline=None)
def test_what_is_wanted_is_enough_to_tell(question: tuple[Node, Candidate]) -> None:
    tree, job = question
    query = Query("", tree, NOW)
    planned = plan(query, job.state, job.ref)
    if planned is not None:
        wanted = {want.name for want in planned.wants if want.cap == READABLE or want.name == "data"}
        bare = replace(job, raw={name: field for name, field in job.raw.items() if name in wanted})
        assert matches(query, bare) == matches(query, job)


def _between(job: Candidate, low: float | None, high: float | None) -> bool:
    assert job.score is not None or (low is None and high is None)
    score = job.score or 0.0
    return (low is None or score >= low) and (high is None or score <= high)


NO_JOB = Candidate(REF, "1", JobState.FAILED, None, {})
WORDS = st.sampled_from(
    [
        *("OR", "NOT", "AND", "(", ")", "-", '"x"', '"', "/a+/", "/(", "=", ",", "*", "\\", ":"),
        *("name:", "state:", "data.", "data.a=", "data.a:>5", "error:", "has:", "id:a,b", "attempts>", "run>5s"),
        *("failed:", "<2h", "ago", "today", "..", "2026-11-01", "size>1mb", "added:2026-13-01", "due:<99999999999h"),
    ]
)


@given(st.lists(st.one_of(WORDS, st.text(SIGNS, max_size=4), st.just(" ")), max_size=12).map("".join), jobs())
@example("-" * 9_000, NO_JOB)
@example("(" * 9_000, NO_JOB)
@example("/[/", NO_JOB)
@example("completed:9999-12-31", NO_JOB)
@example("added:0001-01-01", NO_JOB)
@example("size>" + "9" * 40, NO_JOB)
@example('data."', NO_JOB)
@settings(max_examples=tried(150, 50), deadline=None)
def test_any_text_is_a_query_or_is_pointed_at(text: str, job: Candidate) -> None:
    query, error = _parsed(text)
    if query is not None:
        assert query.text == text
        assert isinstance(matches(query, job), bool)
    if error is not None:
        assert 0 <= error.at <= len(text)
        assert error.message
        line, mark = pointer(error, 40)
        assert cells(line) <= 40
        assert len(mark) <= 40


def _parsed(text: str) -> tuple[Query | None, QueryError | None]:
    try:
        return parse(text, NOW), None
    except QueryError as error:
        return None, error
