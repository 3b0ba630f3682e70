"""Jobs and queries at random, and what a query means for a job in plain Python, for property tests."""

import json
import math
import re
from typing import Any

from hypothesis import strategies as st

from bulltui.domain.fields import raw_field
from bulltui.domain.query.tree import (
    All,
    Between,
    Compares,
    Contains,
    Is,
    Matches,
    Measure,
    Node,
    Not,
    Op,
    Place,
    Some,
    Value,
)
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Candidate
from bulltui.domain.states import LISTED, LISTS, JobState
from bulltui.domain.text import to_bytes

NOW = 1_764_000_000_000
REF = QueueRef("bull", "Mail")
SIGNS = "aAkKsSzéÉßẞſKİıΣσςжЖΩω日😀\"\\/<&'+` \n\t\x00\x7f.-_:*?0142\udcff\udc80\u2028[]%^$()"
TEXTS = st.text(SIGNS, max_size=6)
NUMBERS = st.one_of(st.integers(-50, 50), st.sampled_from([0.5, 42.0, 1.25, 10**15, 9007199254740993]))
KEYS = st.one_of(st.sampled_from(["a", "id", "user", "0", "é", "x y", 'q"', "1"]), TEXTS)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, NUMBERS.map(str))
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


@st.composite
def stored_json(draw: st.DrawFn) -> bytes:
    """A JSON text as one of several producers writes it, or one that is broken."""
    value = draw(VALUES)
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    match draw(st.integers(0, 5)):
        case 0:
            text = text.replace("/", "\\/")
        case 1:
            text = text.replace("<", "\\u003c").replace("&", "\\u0026").replace("'", "\\u0027").replace("+", "\\u002B")
        case 2:
            text = text[: draw(st.integers(0, len(text)))]
    return to_bytes(text)


STORED_NUMBERS = st.one_of(
    st.integers(-5, 5).map(str),
    st.sampled_from(["", "x", "3.7", "1e2", "1e999", "-0", "+4", "٣", "5.", str(NOW - 90_000), str(NOW)]),
).map(str.encode)
TIMES = st.integers(NOW - 200_000, NOW + 100_000).map(lambda at: str(at).encode())
FIELDS = {
    "name": TEXTS.map(to_bytes),
    "data": stored_json(),
    "opts": stored_json(),
    "returnvalue": stored_json(),
    "stacktrace": st.lists(TEXTS, max_size=2).map(lambda traces: to_bytes(json.dumps(traces))),
    "failedReason": TEXTS.map(to_bytes),
    "pb": TEXTS.map(to_bytes),
    "rjk": TEXTS.map(to_bytes),
    "parentKey": TEXTS.map(to_bytes),
    **dict.fromkeys(("attemptsMade", "atm", "stc", "priority", "delay", "progress"), STORED_NUMBERS),
    **dict.fromkeys(("timestamp", "processedOn", "finishedOn"), st.one_of(TIMES, STORED_NUMBERS)),
}


@st.composite
def jobs(draw: st.DrawFn) -> Candidate:
    """A job, whatever its fields hold."""
    state = draw(st.sampled_from(LISTED))
    raw = draw(st.fixed_dictionaries({}, optional=FIELDS))
    score: float | None = None
    if state not in LISTS:
        at = draw(st.integers(NOW - 200_000, NOW + 100_000))
        score = at * 4096.0 + draw(st.integers(0, 4095)) if state is JobState.DELAYED else float(at)
        if state in (JobState.COMPLETED, JobState.FAILED):
            raw["finishedOn"] = str(at).encode()
    fields = {name: raw_field(value) for name, value in raw.items()}
    return Candidate(REF, draw(TEXTS) or "1", state, score, fields)


JSON_PLACES = st.sampled_from([Place.DATA, Place.RESULT])
HOLDING = st.sampled_from(
    [
        *(Place.TEXT, Place.DATA, Place.ERROR, Place.RESULT, Place.OPTS),
        *(Place.STACK, Place.WORKER, Place.PARENT, Place.SCHEDULER),
    ]
)
MEASURES = st.sampled_from([Measure.ATTEMPTS, Measure.PRIORITY, Measure.DELAY, Measure.SIZE, Measure.PROGRESS])
STATES = st.sampled_from([state.value for state in LISTED])
TIMES_OF_JOBS = st.sampled_from(
    [Measure.ADDED, Measure.STARTED, Measure.FINISHED, Measure.COMPLETED, Measure.FAILED, Measure.DUE]
)
LOWS = st.one_of(st.none(), st.integers(NOW - 200_000, NOW))
HIGHS = st.one_of(st.none(), st.integers(NOW - 100_000, NOW + 100_000))


@st.composite
def questions(draw: st.DrawFn) -> tuple[Node, Candidate]:
    """A job, and a query that is about what the job holds, more or less."""
    job = draw(jobs())
    return draw(trees(job)), job


def trees(job: Candidate) -> st.SearchStrategy[Node]:
    """Queries about what a job holds."""
    return st.recursive(
        _leaves(job),
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(All, st.lists(inner, max_size=3).map(tuple)),
            st.builds(Some, st.lists(inner, max_size=3).map(tuple)),
        ),
        max_leaves=4,
    )


def _leaves(job: Candidate) -> st.SearchStrategy[Node]:
    paths, words = _paths_and_words(job)
    texts = st.one_of(st.sampled_from(words).flatmap(_part_of), TEXTS) if words else TEXTS
    wanted = st.one_of(texts, NUMBERS.map(str), st.sampled_from(["true", "null", "42.0", "FALSE", "0.50"]))
    path = st.one_of(st.sampled_from(paths), st.lists(KEYS, min_size=1, max_size=3).map(tuple))
    globs = st.one_of(texts.map(lambda text: text.replace("a", "*")), texts, st.text("aAké*?\\.", max_size=4))
    values = st.lists(globs, min_size=1, max_size=3).map(tuple)
    around = job.score // 4096 if job.state is JobState.DELAYED and job.score else job.score or NOW
    near = st.integers(int(around) - 2, int(around) + 2)
    return st.one_of(
        st.builds(Contains, HOLDING, texts, st.booleans()),
        st.builds(Contains, JSON_PLACES, texts, st.booleans(), path),
        st.builds(Value, JSON_PLACES, path, st.sampled_from([op for op in Op if op is not Op.UNEQUAL]), wanted),
        st.builds(Value, JSON_PLACES, path),
        st.builds(Value, HOLDING.filter(lambda place: place is not Place.TEXT), st.just(())),
        st.builds(Is, st.sampled_from([Place.NAME, Place.ID, Place.ERROR, Place.QUEUE]), values),
        st.builds(Is, st.just(Place.STATE), st.lists(STATES, min_size=1).map(tuple)),
        st.builds(Compares, MEASURES, st.sampled_from(list(Op)), st.integers(-5, 60).map(float)),
        st.builds(Between, TIMES_OF_JOBS, st.one_of(LOWS, near), st.one_of(HIGHS, near)),
        st.builds(Matches, HOLDING, st.sampled_from(["a", "k+", "^é", "[0-9]+$", "s.z", "日|ж"]), st.booleans()),
    )


def _paths_and_words(job: Candidate) -> tuple[list[tuple[str, ...]], list[str]]:
    paths: list[tuple[str, ...]] = [("a",)]
    words = [job.id, *(job.raw[name].text for name in ("name", "failedReason") if name in job.raw)]

    def go(value: Any, path: tuple[str, ...]) -> None:
        paths.append(path)
        if isinstance(value, dict):
            words.extend(value)
            for key, below in value.items():
                go(below, (*path, key))
        elif isinstance(value, list):
            for index, below in enumerate(value):
                go(below, (*path, str(index)))
                go(below, path)
        else:
            words.append(value if isinstance(value, str) else json.dumps(value))

    for name in _IN_JSON & job.raw.keys():
        for value in _loaded(job.raw[name].text):
            go(value, ())
    return [path for path in paths if path], [word for word in words if word]


def _part_of(word: str) -> st.SearchStrategy[str]:
    """A part of a word, in another case maybe."""
    places = st.integers(0, len(word))
    parts = st.tuples(places, places).map(lambda ends: word[min(ends) : max(ends)])
    return st.one_of(st.just(word), parts, parts.map(str.swapcase), st.just(word.upper()))


_STORED = {
    Place.TEXT: ["name", "failedReason", "data"],
    Place.NAME: ["name"],
    Place.DATA: ["data"],
    Place.ERROR: ["failedReason"],
    Place.RESULT: ["returnvalue"],
    Place.OPTS: ["opts"],
    Place.STACK: ["stacktrace"],
    Place.WORKER: ["pb"],
    Place.PARENT: ["parentKey"],
    Place.SCHEDULER: ["rjk"],
}
_IN_JSON = {"data", "returnvalue", "opts", "stacktrace"}


def lowered(text: str) -> str:
    """Without regard to case, as far as the lower form is as long in UTF-8."""
    return "".join(
        sign.lower() if len(sign.lower().encode("utf-8", "replace")) == len(sign.encode("utf-8", "replace")) else sign
        for sign in text
    )


def _loaded(text: str) -> list[Any]:
    try:
        return [json.loads(text, parse_constant=lambda name: 1 / 0)]
    except (ValueError, ZeroDivisionError):
        return []


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [word for key, below in value.items() for word in (key, *_words(below))]
    if isinstance(value, list):
        return [word for below in value for word in _words(below)]
    return [] if value is None else [value] if isinstance(value, str) else [json.dumps(value)]


def _elements(value: Any) -> list[Any]:
    return [one for below in value for one in _elements(below)] if isinstance(value, list) else [value]


def _walk(value: Any, path: tuple[str, ...]) -> list[Any]:
    if not path:
        return [value]
    step, *rest = path
    if isinstance(value, dict):
        return _walk(value[step], tuple(rest)) if step in value else []
    if isinstance(value, list):
        if re.fullmatch("[0-9]+", step):
            return _walk(value[int(step)], tuple(rest)) if int(step) < len(value) else []
        return [
            found
            for one in _elements(value)
            if isinstance(one, dict) and step in one
            for found in _walk(one[step], tuple(rest))
        ]
    return []


def _as_number(value: Any) -> int | float | None:
    if isinstance(value, str):
        if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
            return None
        return float(value) if "." in value else int(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


_OPS: dict[Op, Any] = {
    Op.LESS: lambda a, b: a < b,
    Op.AT_MOST: lambda a, b: a <= b,
    Op.MORE: lambda a, b: a > b,
    Op.AT_LEAST: lambda a, b: a >= b,
    Op.EQUAL: lambda a, b: a == b,
    Op.UNEQUAL: lambda a, b: a != b,
}


def _value_holds(value: Any, op: Op, text: str) -> bool:
    left, right = _as_number(value), _as_number(text)
    if left is not None and right is not None:
        return bool(_OPS[op](left, right))
    if isinstance(value, str):
        return (op is Op.EQUAL or right is None) and bool(_OPS[op](lowered(value), lowered(text)))
    if isinstance(value, bool) or value is None:
        return op is Op.EQUAL and lowered(text) == json.dumps(value)
    return False


def _glob(value: str) -> re.Pattern[str]:
    out, signs = "", iter(value)
    for sign in signs:
        if sign == "\\":
            out += re.escape(next(signs, "\\"))
        else:
            out += {"*": ".*", "?": "."}.get(sign, re.escape(sign))
    return re.compile(out, re.DOTALL)


def _number_in(text: str) -> float | None:
    found = re.fullmatch(r"[+-]?[0-9]+\.?[0-9]*([eE][+-]?[0-9]+)?", text)
    return float(text) if found and len(text) <= 40 else None


def means(node: Node, job: Candidate) -> bool:
    """What the node means for the job."""
    text = {name: field.text for name, field in job.raw.items()}
    match node:
        case All(parts):
            return all(means(part, job) for part in parts)
        case Some(parts):
            return any(means(part, job) for part in parts)
        case Not(part):
            return not means(part, job)
        case Contains(place, wanted, exactly, path):
            bare = str if exactly else lowered
            found = [text.get(name, "") for name in _STORED[place]] if not path else []
            for name in _STORED[place]:
                if name in _IN_JSON:
                    for value in _loaded(text.get(name, "")):
                        found += [word for below in _walk(value, path) for word in _words(below)]
            return any(bare(wanted) in bare(one) for one in found)
        case Matches(place, pattern, ignore_case, ()):
            bare = lowered if ignore_case else str
            regex = re.compile(bare(pattern).replace("$", "\\Z"))
            found = [text.get(name, "") for name in _STORED[place]]
            for name in _STORED[place]:
                if name in _IN_JSON:
                    found += [word for value in _loaded(text.get(name, "")) for word in _words(value)]
            return any(regex.search(bare(one)) for one in found)
        case Value(place, (), None):
            held = text.get(_STORED[place][0], "")
            return held.strip() not in ("", "null") if _STORED[place][0] in _IN_JSON else held != ""
        case Value(place, path, op, wanted):
            values = [one for value in _loaded(text.get(_STORED[place][0], "")) for one in _walk(value, path)]
            if op is None:
                return any(value is not None for value in values)
            return any(_value_holds(one, op, wanted) for value in values for one in _elements(value))
        case Is(Place.STATE, values):
            return job.state.value in values
        case Is(Place.ID, values):
            return any(_glob(value).fullmatch(job.id) for value in values)
        case Is(Place.QUEUE, values):
            names = (lowered(job.ref.name), lowered(job.ref.key))
            return any(_glob(lowered(value)).fullmatch(name) for value in values for name in names)
        case Is(place, values):
            return any(_glob(lowered(value)).fullmatch(lowered(text.get(_STORED[place][0], ""))) for value in values)
        case Compares(measure, op, number):
            return bool(_OPS[op](_measure(measure, text), number))
        case Between(measure, low, high):
            at = _time(measure, job, text)
            return at is not None and (low is None or at >= low) and (high is None or at <= high)
    raise AssertionError(node)


def _measure(measure: Measure, text: dict[str, str]) -> float:
    if measure is Measure.SIZE:
        return len(to_bytes(text.get("data", "")))
    names = {"attempts": ("attemptsMade", "atm"), "stalled": ("stc",)}.get(measure.value, (measure.value,))
    held = next((text[name] for name in names if text.get(name)), "")
    return _number_in(held) or 0


def _time(measure: Measure, job: Candidate, text: dict[str, str]) -> float | None:
    match measure:
        case Measure.DUE:
            return math.floor(job.score / 4096) if job.state is JobState.DELAYED and job.score is not None else None
        case Measure.ADDED:
            return _number_in(text.get("timestamp", ""))
        case Measure.STARTED:
            return _number_in(text.get("processedOn", ""))
        case Measure.COMPLETED | Measure.FAILED if job.state.value != measure.value:
            return None
    if job.state in (JobState.COMPLETED, JobState.FAILED) and job.score is not None:
        return job.score
    return _number_in(text.get("finishedOn", ""))
