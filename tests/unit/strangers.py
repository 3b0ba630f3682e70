"""Texts and hashes of strangers, by hand and at random, for property tests."""

from hypothesis import strategies as st

HOSTILE = [
    "[red]x[/]",
    "[/]",
    "\x1b[31mred\x1b[0m",
    "\x1b]52;c;cGF5bG9hZA==\x07",
    "\x9b31m",
    "a\x00b",
    "\x85\x90\x9f",
    "\u202egnp.exe",
    "\u2066\u2069\u200f\u061c",
    "\u200b\ufeff\u2060\U000e0041",
    "x" * 10_000,
    "\r\n\t\x0b\x0c",
    "\ud83d",
    "\udcff\udc80",
    "👩\u200d👩\u200d👧 naïve 日本 \u202e",
]

NUMBERS = [
    "0",
    "-5",
    "1700000000000",
    str(10**18),
    "-" + str(10**18),
    "1e400",
    "abc",
    "",
    "NaN",
    "1.5",
    "9" * 5000,
    "٣",
]

DOCUMENTS = [
    "{}",
    "null",
    "[1,2]",
    '"text"',
    "{",
    "",
    "NaN",
    '{"a":NaN}',
    '{"a":1e400}',
    "[" * 100_000,
    "[" * 100_000 + "]" * 100_000,
    "[" * 900 + "]" * 900,
    '{"a":' * 900 + "1" + "}" * 900,
    "1" * 5000,
    '{"n":' + "1" * 400 + "}",
    '"\\ud800"',
    '{"\\udcff":"\\udcff"}',
    '"\x1b]52;c;x\x07"',
    '"\\u001b[31m\\u202e"',
    "\udcff\udcfe",
    '{"__proto__":1,"a":1,"a":2}',
    "\ufeff{}",
    '{"x":"\x00"}',
]

FIELDS = [
    "name",
    "data",
    "opts",
    "progress",
    "returnvalue",
    "stacktrace",
    "parent",
    "delay",
    "priority",
    "timestamp",
    "processedOn",
    "finishedOn",
    "attemptsMade",
    "atm",
    "ats",
    "stc",
    "failedReason",
    "defa",
    "parentKey",
    "rjk",
    "deid",
    "pb",
    "",
    "own",
]

values = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([text.encode("utf-8", "surrogatepass") for text in (*HOSTILE, *NUMBERS, *DOCUMENTS)]),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=8)),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=6,
    ).map(lambda value: __import__("json").dumps(value).encode()),
)

hashes = st.dictionaries(st.one_of(st.sampled_from(FIELDS), st.text(max_size=5)), values, max_size=12)
"""Random hashes of jobs, by field name; the values are bytes."""
