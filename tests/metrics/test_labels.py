"""Names from strangers as labels."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.metric import Family
from bulltui.domain.queue import QueueRef
from bulltui.metrics import labels
from tests.metrics.scene import openmetrics_values, values

HOSTILE = (
    'say "hi"',
    "back\\slash",
    "back\\",
    "two\nlines",
    "carriage\rreturn",
    "\\n",
    '",evil="1',
    "} 1\nevil 1",
    "\x00\x01\x7f",
    "\u2028\u202e\x85",
    "# HELP",
    " ",
    "",
    "\udcff",
    "\udcfe",
    "\ufffd",
    "a\udcffb",
    "日本",
    "x" * 200,
    "x" * 201,
    "x" * 1_000_000,
    "x" * 1_000_000 + "y",
    "\ud800",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_one_value(name: str) -> None:
    text = f"x{{{labels.of(queue=name)}}} 1\n"
    text.encode()
    ((_, found),) = values(text)
    ((label, shown),) = found or (("queue", ""),)
    assert label == "queue"
    assert len(shown) < 300
    try:
        name.encode()
    except UnicodeEncodeError:
        return
    if len(name) <= labels.LONGEST:
        assert shown == name
    assert openmetrics_values(f"# TYPE x gauge\n{text}# EOF\n")


def test_no_two_names_have_the_same_value() -> None:
    for one, other in combinations(HOSTILE, 2):
        assert labels.value(one) != labels.value(other)


@given(st.binary(max_size=12), st.binary(max_size=12))
def test_names_differ_as_their_bytes_do(one: bytes, other: bytes) -> None:
    first, second = (labels.value(raw.decode("utf-8", "surrogateescape")) for raw in (one, other))
    assert (first == second) == (one == other)


def test_a_name_that_looks_like_a_digest_is_no_other_name() -> None:
    forged = labels.value("\udcff")
    assert labels.value(forged) != forged


def test_a_queue_is_told_from_those_of_other_prefixes_and_servers() -> None:
    assert labels.of_queue(QueueRef("bull", "mail")) == 'queue="mail"'
    assert labels.of_queue(QueueRef("shop", "mail")) == 'queue="mail",prefix="shop"'
    assert labels.of_queue(QueueRef("shop", "mail", "eu")) == 'queue="mail",prefix="shop",server="eu"'
    assert labels.of_queue(QueueRef("bull", "mail", "eu"), Family.BULL_EXPORTER) == (
        'queue="mail",prefix="bull",server="eu"'
    )
    assert labels.of_queue(QueueRef("bull", "mail"), Family.BULL_MONITOR) == 'queue_prefix="bull",queue_name="mail"'
