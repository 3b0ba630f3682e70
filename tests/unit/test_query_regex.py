"""Regular expressions in queries: against the library's, and in a bounded time."""

import random
import re
import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.query.regex import Regex
from bulltui.domain.query.regex_tree import RegexError

ATOMS = st.sampled_from(
    [
        *"abkK1_ é日",
        ".",
        "\\d",
        "\\w",
        "\\S",
        "\\b",
        "\\B",
        "^",
        "$",
        "[a-c]",
        "[^a\\d]",
        "[]a-]",
        "\\.",
        "\\x61",
        "\\u00e9",
        "[\\s_]",
    ]
)
REPEATS = st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "{,1}"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map("".join),
        st.tuples(inner, REPEATS).map(lambda both: f"(?:{both[0]}){both[1]}"),
        st.tuples(inner, inner).map(lambda both: f"({both[0]}|{both[1]})"),
    ),
    max_leaves=6,
)


def library(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    """The same for the library, for which `$` also is before a newline at the end, and which writes `{,1}` so."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return re.compile(pattern.replace("$", "\\Z"), re.IGNORECASE if ignore_case else 0)


@given(PATTERNS, st.lists(st.text("abkK1_ éÉ日.\n", min_size=1, max_size=8), min_size=1, max_size=5), st.booleans())
@settings(max_examples=300, deadline=None)
def test_finds_what_the_library_finds(pattern: str, texts: list[str], ignore_case: bool) -> None:
    regex, theirs = Regex(pattern, ignore_case=ignore_case), library(pattern, ignore_case)
    for text in texts:
        assert regex.found(text) == (theirs.search(text) is not None), text


@pytest.mark.parametrize(
    ("pattern", "has", "lacks"),
    [
        ("ORD-\\d{4}", "x ORD-1234", "ORD-123"),
        ("5\\d\\d", "status 503", "status 403"),
        ("^connect E(TIMEDOUT|CONNREFUSED) .*:443$", "connect ETIMEDOUT 10.0.0.1:443", "connect ETIMEDOUT 10.0.0.1:80"),
        ("a{x}", "a{x}", "ax"),
        ("\\bcat\\b", "a cat.", "concatenate"),
        ("[^a-z]", "A", "abc"),
        ("\\/v1\\/", "/api/v1/x", "/v2/"),
        ("", "", None),
        ("a|", "b", None),
    ],
)
def test_finds(pattern: str, has: str, lacks: str | None) -> None:
    assert Regex(pattern).found(has)
    assert lacks is None or not Regex(pattern).found(lacks)


@pytest.mark.parametrize(
    ("pattern", "at"),
    [
        ("a(b", 1),
        ("a)b", 1),
        ("[a", 0),
        ("*a", 0),
        ("a**", 2),
        ("a*+", 2),
        ("x(?=a)", 1),
        ("(?P<n>a)", 0),
        ("(a)\\1", 3),
        ("\\q", 0),
        ("a\\", 1),
        ("[b-a]", 1),
        ("a{3,2}", 1),
        ("a{999}", 1),
        ("(a{90}){90}", 0),
        ("(" * 60, 50),
    ],
)
def test_what_is_not_understood_is_pointed_at(pattern: str, at: int) -> None:
    with pytest.raises(RegexError) as raised:
        Regex(pattern)
    assert raised.value.at == at


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+$", "a" * 100_000 + "b"),
        ("(a|a)*b$", "b" + "a" * 100_000),
        ("(a*)*(a*)*c$", "c" + "a" * 100_000),
        (".*.*.*.*=[xy]", "=" * 100_000),
        ("a?" * 60 + "a" * 60 + "b$", "b" + "a" * 100_000),
        ("(x+x+)+y$", "y" + "x" * 100_000),
        ("(a|b)*a(a|b){60}c", "c" + "".join(random.Random(1).choices("ab", k=1_000_000))),
    ],
)
def test_no_pattern_hangs(pattern: str, text: str) -> None:
    began = time.process_time()
    assert not Regex(pattern).found(text)
    assert time.process_time() - began < 5.0


@pytest.mark.parametrize(
    ("pattern", "ignore_case", "needle"),
    [
        ("ORD-\\d+", False, "ORD-"),
        ("ORD-\\d+", True, "ord-"),
        ("a.bcd(?:ef)+gh", False, "bcd"),
        ("(foo|bar)x", False, "x"),
        ("foo|bar", False, ""),
        ("\\bconn\\b refused$", False, "conn refused"),
    ],
)
def test_what_stands_wherever_the_pattern_does(pattern: str, ignore_case: bool, needle: str) -> None:
    assert Regex(pattern, ignore_case=ignore_case).needle.text == needle
