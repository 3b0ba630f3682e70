"""The language of queries: what is understood, what it means, what is refused and where."""

import json
import re
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from bulltui.domain.fields import raw_field
from bulltui.domain.query.examples import EXAMPLES
from bulltui.domain.query.matching import matches
from bulltui.domain.query.parsing import parse
from bulltui.domain.query.planning import jobs_named, plan
from bulltui.domain.query.query import QueryError, pointer
from bulltui.domain.query.tree import Between
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Candidate
from bulltui.domain.scan_filter import passes
from bulltui.domain.states import JobState
from tests.unit.query_jobs import means

NOW = 1_764_000_000_000  # 2025-11-24 16:00:00 UTC
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
REF = QueueRef("bull", "payments")


def job(state: str = "failed", job_id: str = "1", score: float | None = None, **fields: object) -> Candidate:
    """A job; data and the like are written as JSON unless they are bytes."""
    raw = {}
    for name, value in fields.items():
        json_field = name in ("data", "returnvalue", "opts", "stacktrace")
        raw[name] = raw_field(value if isinstance(value, bytes) else json.dumps(value) if json_field else str(value))
    return Candidate(REF, job_id, JobState(state), score, raw)


def found(text: str, candidate: Candidate) -> bool:
    """Whether the query means the job; the plan and plain Python must agree."""
    query = parse(text, NOW, UTC)
    answer = matches(query, candidate)
    planned = plan(query, candidate.state, candidate.ref)
    passed = planned is not None and passes(planned.filter, candidate.id, candidate.raw)
    if passed and planned is not None and candidate.score is not None:
        passed = (planned.low is None or planned.low <= candidate.score) and (
            planned.high is None or candidate.score <= planned.high
        )
    assert passed or not answer, "left out by the server"
    if planned is not None and planned.exact:
        assert passed == answer, "said to be exact"
    return answer


ORDER = {"orderId": "A-1", "user": {"id": 42, "name": "Zoë"}, "total": 99.5, "items": [{"sku": "x"}, {"sku": "Y-2"}]}
CHARGE = job(
    job_id="8f21",
    score=NOW - HOUR,
    name="charge",
    data=ORDER,
    failedReason="connect ETIMEDOUT 10.0.0.1:443",
    atm=3,
    priority=5,
    timestamp=NOW - 2 * HOUR,
    processedOn=NOW - 2 * HOUR + 90_000,
    finishedOn=NOW - HOUR,
    returnvalue=None,
    opts={"attempts": 3, "delay": 30_000, "fpof": True},
    stacktrace=["Error: connect\n    at Socket (/srv/app/pay.ts:1:2)"],
    pb="pod-7",
    rjk="nightly",
    parentKey="bull:flows:p1",
)

IS_FOUND = [
    *(
        "timeout OR etimedout",
        "ETIMEDOUT",
        "etimedout",
        '"connect etimedout"',
        "=ETIMEDOUT",
        "charge",
        "A-1",
        "zoë",
        "ZOË",
    ),
    *(
        '"orderId"',
        "orderid",
        "name:charge",
        "name:CHARGE",
        "name:ch*",
        "name:x,charge",
        "name=charge",
        "id:8f21",
        "id:8f*",
    ),
    *("queue:payments", "queue:pay*", "queue:bull:payments", "state:failed", "state:delayed,failed", "state:fail*"),
    *("error:econn OR error:timedout", 'error="connect etimedout 10.0.0.1:443"', "error:10.0.0.1", "stack:pay.ts"),
    *("worker:pod", "scheduler:nightly", "parent:flows", "data:zoë", "data:x", "data.user.id=42", 'data.user.id="42"'),
    *(
        "data.user.id=42.0",
        "data.user.id:42",
        "data.user.id>41",
        "data.user.id>=42",
        "data.user.id:<43",
        "data.user:zoë",
    ),
    *(
        "data.items.sku=x",
        "data.items.sku=y-2",
        "data.items.1.sku=Y-2",
        "data.items:y-",
        "data.total>99",
        "data.total<=99.5",
    ),
    *(
        "has:data.user",
        "has:error",
        "has:data",
        "-has:data.coupon",
        "-has:result",
        "data.user.id!=43",
        "data.coupon!=1",
    ),
    *(
        "data.user.name>y",
        "opts.attempts=3",
        "opts.failParentOnFailure=true",
        "opts.delay>10",
        "attempts>2",
        "attempts:3",
    ),
    *(
        "attempts>=3",
        "attempts!=2",
        "attempts<4",
        "priority<6",
        "priority=5",
        "stalled=0",
        "progress=0",
        "size>50",
        "size<1kb",
    ),
    *(
        "run>5s",
        "run<2h",
        "delay=0",
        "failed:<2h",
        "failed:<2h ago",
        "failed:>30m ago",
        "failed>30m",
    ),
    *("failed:2025-11-24", "finished:2025-11-24T14:59..2025-11-24T15:00", "failed:..2025-11-24", "added:today"),
    *("finished:today", "failed:2h..30m", "failed:2h..30m ago", "failed:>yesterday", "failed:2025-11", "added<3h"),
    *(
        "/ETIME.*443/",
        "/etime/i",
        "error:/^connect/",
        "data:/A-\\d/",
        "data.orderId:/^A-[0-9]$/",
        "-timeout",
        "NOT timeout",
    ),
    *("charge (timeout OR etimedout) -refund", "-(a1 OR b2)", "charge AND etimedout", "", "  ", "10.0.0.1:443"),
]
IS_NOT_FOUND = [
    *(
        "=etimedout",
        "refund",
        "name:charg",
        "name:harge",
        "id:8F21",
        "id:8f2",
        "queue:pay",
        "state:delayed",
        "due:<10m",
    ),
    *(
        "error:charge",
        "error=connect",
        "data:charge",
        "data.user.id=4",
        "data.user.id=421",
        "data.id=42",
        "data.user.id>42",
    ),
    *("data.user=42", "data.items.2.sku=x", "data.items.0.sku=Y-2", "has:data.coupon", "has:result", "result=null2"),
    *("data.total>100", "attempts>3", "attempts=0", "priority>5", "run>2h", "wait>1s", "failed:>2h", "failed:<30m"),
    *(
        "completed:<2h",
        "failed:yesterday",
        "failed:..2025-11-23",
        "failed:2025-11-25..",
        "added:<1h",
        "/etime/",
        "/^ETIME/",
    ),
    *("charge refund", "-charge", "data.orderId:/^A-[0-9]{2}$/", "size>1mb", "data.user.id!=42", "has:data.user.x"),
]


@pytest.mark.parametrize("text", IS_FOUND)
def test_means_the_job(text: str) -> None:
    assert found(text, CHARGE)


@pytest.mark.parametrize("text", IS_NOT_FOUND)
def test_does_not_mean_the_job(text: str) -> None:
    assert not found(text, CHARGE)


OTHERS = [
    job(
        "delayed",
        score=(NOW + 5 * MINUTE) * 4096.0 + 17,
        name="Kelvin \u212a",
        data=b'{"a":"\\u00e9\\/b\\"c","n":"007"}',
    ),
    job("delayed", score=(NOW + 10 * MINUTE) * 4096.0 + 4095, data=b'"caf\xc3\xa9 a/b"', atm="3.7", attemptsMade=""),
    job("waiting", name="ÉCLAIR", data=b'{"a":"x\\u003cy","b":[[{"c":1}],"d"]}', timestamp=NOW - HOUR, priority="-1"),
    job("active", data=b"not json \\u00e9 42", processedOn=NOW - 10_000, timestamp="x", progress=50),
    job(
        "completed",
        score=float(NOW - DAY),
        data=b"\xff\xfe",
        returnvalue=b'{"ok":true,"n":"42"}',
        finishedOn="x",
        atm=1,
    ),
    job("prioritized", data=[1, [2, [3, "e"]]], name="ſtrasse ẞ", priority=3, atm="1e1", timestamp=NOW - 5),
    job("paused", data=None, opts=b"{}", failedReason=""),
    job("waiting-children"),
]
QUERIES = [
    *(
        "é",
        "É",
        "caf",
        "CAFÉ",
        "a/b",
        '"/b\\"c"',
        '"x<y"',
        "kelvin",
        "k",
        "\u212a",
        "éclair",
        "ß",
        "ẞ",
        "straſſe",
        "\\",
        "42",
    ),
    *(
        "data.n=7",
        "data.n=007",
        "data.a:é",
        'data.a=É/B\\"c',
        'data.a="é/b\\"c"',
        "data.b.c=1",
        "data.b=d",
        "data=e",
        "data=3",
    ),
    *("has:data", "has:data.a", "-has:data", "data=null", "result.ok=true", "result.n=42", "result.n<50", "attempts>3"),
    *(
        "attempts<4",
        "attempts=10",
        "-attempts>0",
        "-(attempts<3 priority=0)",
        "priority<0",
        "progress>=50",
        "-progress<50",
    ),
    *(
        "due:<10m",
        "due:>5m",
        "due:5m..10m",
        "due:today",
        "completed:yesterday",
        "completed:<25h",
        "finished:>1d",
        "run>5s",
    ),
    *(
        "wait>1ms",
        "wait>30m",
        "a OR 42",
        "(a 42) OR (é k) OR priority>1",
        "a b OR c d OR e f OR g h",
        "name:*",
        "name:é*r",
    ),
    *(
        "completed:yesterday OR state:waiting",
        "due:<6m OR due:>10m",
        "due:>1m due:<6m",
        "-due:<6m",
        "failed:<1d OR due:<6m",
    ),
]


@pytest.mark.parametrize("text", [*QUERIES, *IS_FOUND, *IS_NOT_FOUND])
def test_agrees_with_plain_python_and_with_the_server(text: str) -> None:
    plain = not any(word in text for word in ("run", "wait", "opts.", "/"))
    for candidate in OTHERS:
        answer = found(text, candidate)
        if plain:
            assert answer == means(parse(text, NOW, UTC).root, candidate), candidate


def test_how_long_a_job_waited_or_waits() -> None:
    started = job(timestamp=NOW - HOUR, processedOn=NOW - HOUR + 90_000, opts={"delay": 30_000}, atm=1)
    assert found("wait=60s", started)
    assert not found("wait>61s", started)
    assert found("wait>59m", job("waiting", timestamp=NOW - HOUR))
    assert not found("wait>1ms", job("waiting"))
    assert not found("wait>1ms OR wait<1ms", job("delayed", timestamp=NOW - HOUR, score=0.0))
    assert found("run>9s", job("active", processedOn=NOW - 10_000, finishedOn=""))


def test_an_escaping_producer_and_another_one_are_found_alike() -> None:
    value = {"note": 'Zoë said "a/b" <ok> & 日本 😀', "key é": 1}
    producers = [
        json.dumps(value),
        json.dumps(value, ensure_ascii=False),
        json.dumps(value).replace("/", "\\/"),
        json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
    ]
    queries = ["zoë", 'zoë "said \\"a/b"', "a/b", "<ok>", '"> & 日"', "日本", "😀", 'data.note:/b\\" <OK/i', '"key É"']
    for producer in producers:
        for text in queries:
            assert found(text, job(data=producer.encode())), (text, producer)
    assert not any(found("=ZOË", job(data=producer.encode())) for producer in producers)


def test_days_are_of_the_zone() -> None:
    berlin = parse("completed:2026-11-01..2026-11-03", NOW, ZoneInfo("Europe/Berlin")).root
    assert berlin == Between(berlin.measure, 1_793_487_600_000, 1_793_746_799_999)  # type: ignore[union-attr]
    change = parse("added:2026-10-25", NOW, ZoneInfo("Europe/Berlin")).root  # 25 hours long
    assert isinstance(change, Between)
    assert change.high is not None
    assert change.low is not None
    assert change.high - change.low == 25 * HOUR - 1


@pytest.mark.parametrize(
    ("text", "at", "says", "hint"),
    [
        ("eror:x", 0, "no eror", "error:"),
        ("name:a Name:b", 7, "no Name", "name:"),
        ("user.id=42", 0, "no user", "data.user.id="),
        ("a (b", 2, "never closed", ")"),
        ("a b)", 3, "Nothing was opened", "quotes"),
        ('a "b', 2, "never closed", '"'),
        ("a OR", 4, "before the end", "quotes"),
        ("OR a", 0, "before this OR", "quotes"),
        ("a AND", 5, "before the end", "quotes"),
        ("NOT", 3, "before the end", "quotes"),
        ("()", 1, "before this bracket", "quotes"),
        ("state:fialed", 6, "no state fialed", "failed"),
        ("state:failed,", 13, "missing", "quotes"),
        ("attempts>many", 9, "no number", "attempts>3"),
        ("run>5", 4, "no span", "run>90s"),
        ("size>big", 5, "no size", "size>20kb"),
        ("failed:soon", 7, "no time", "2026-11-01"),
        ("added:2026-02-30", 6, "no day or time", "today"),
        ("added:2026-11-03..2026-11-01", 6, "ends before", "today"),
        ("error: x", 6, "Behind error:", "quotes"),
        ("name>x", 4, "does not compare", ""),
        ("name.first=x", 4, "nothing within name", ""),
        ("has:coupon", 4, "no coupon", "has:data.coupon"),
        ("/a(/", 2, "", ""),
        ("x" * 10_001, 10_000, "at most 10,000", ""),
    ],
)
def test_a_wrong_query_points_at_the_character(text: str, at: int, says: str, hint: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(text, NOW)
    assert raised.value.at == at
    assert says in raised.value.message
    assert hint in raised.value.hint


def test_what_people_paste_is_a_text() -> None:
    for text in (
        "TypeError: x is no function",
        "http://a.b/c?d=e",
        "repeat:nightly:1764",
        "/srv/app",
        "abc==",
        "Error: a",
        "-",
    ):
        assert found(text, job(failedReason=f"... {text}")), text


def test_the_pointer_counts_columns() -> None:
    with pytest.raises(QueryError) as raised:
        parse('日本 \t"b', NOW)
    assert pointer(raised.value, 40) == ('日本 ␉"b', "      ^")
    with pytest.raises(QueryError) as raised:
        parse("x" * 500 + " (b", NOW)
    line, mark = pointer(raised.value, 30)
    assert len(line) <= 30
    assert line[len(mark) - 1] == "("


def test_what_may_be_an_id() -> None:
    assert jobs_named(parse("8f21", NOW)) == "8f21"
    assert jobs_named(parse("id:a:b:c", NOW)) == "a:b:c"
    assert jobs_named(parse('"a b"', NOW)) == "a b"
    assert jobs_named(parse('id:"a*"', NOW)) == "a*"
    for text in ("id:a*", "id:a,b", "a b", "-a", "name:a", ""):
        assert jobs_named(parse(text, NOW)) is None, text


def test_ranges_bound_the_score() -> None:
    def bounds(text: str, state: str) -> tuple[float | None, float | None] | None:
        planned = plan(parse(text, NOW, UTC), JobState(state))
        return None if planned is None else (planned.low, planned.high)

    assert bounds("failed:<2h x", "failed") == (NOW - 2 * HOUR, None)
    assert bounds("failed:<2h failed:>1h", "failed") == (NOW - 2 * HOUR, NOW - HOUR)
    assert bounds("failed:<1h failed:>2h", "failed") is None
    assert bounds("failed:<1h OR failed:>2h", "failed") == (None, None)
    assert bounds("failed:2h..1h OR failed:4h..3h", "failed") == (NOW - 4 * HOUR, NOW - HOUR)
    assert bounds("failed:<2h OR x", "failed") == (None, None)
    assert bounds("-failed:<2h", "failed") == (None, None)
    assert bounds("failed:<2h", "completed") is None
    assert bounds("-failed:<2h", "completed") == (None, None)
    assert bounds("state:failed OR due:<1h", "waiting") is None
    assert bounds("due:<1h", "delayed") == (None, (NOW + HOUR + 1) * 4096.0)
    assert bounds("queue:nope", "failed") == (None, None)
    assert plan(parse("queue:nope", NOW), JobState.FAILED, REF) is None


TIMES = ("added:", "started:", "finished:", "completed:", "failed:", "due:")


def test_the_examples_are_queries() -> None:
    for examples in EXAMPLES.values():
        for example in examples:
            assert parse(example.query, NOW).text == example.query
            for word in example.meaning.split("`")[1::2]:
                if re.fullmatch("[a-z]+:", word):
                    parse(f"{word}today" if word in TIMES else f"{word}x", NOW)
