"""Which queues globs mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.match import select, selected
from bulltui.domain.queue import QueueRef


def names(globs: list[str], *queues: str) -> list[str]:
    return [ref.name for ref in select([QueueRef("bull", name) for name in queues], globs)]


def test_globs() -> None:
    queues = ("mail", "mail.bulk", "pay", "images")
    assert names([], *queues) == list(queues)
    assert names(["mail*"], *queues) == ["mail", "mail.bulk"]
    assert names(["mail", "pay"], *queues) == ["mail", "pay"]
    assert names(["!mail*"], *queues) == ["pay", "images"]
    assert names(["*a*", "!mail"], *queues) == ["mail.bulk", "pay", "images"]
    assert names(["bull:pay"], *queues) == ["pay"]
    assert names(["MAIL"], *queues) == []
    assert names(["none"], *queues) == []


@pytest.mark.parametrize("name", ["a[1]", "a*", "[x", "a?b", "\x1b[31m", "a\nb", "ma\udcfel", "a:b", "[!a]"])
def test_exact_names_always_fit(name: str) -> None:
    assert selected(QueueRef("bull", name), [name])
    assert selected(QueueRef("bull", name), [f"bull:{name}"])
    assert not selected(QueueRef("bull", name), [f"!{name}"])


def test_stars_cross_lines_and_colons() -> None:
    assert selected(QueueRef("bull", "a\nb:c"), ["a*c"])


@given(st.text(), st.text())
def test_any_glob(name: str, glob: str) -> None:
    selected(QueueRef("bull", name), [glob])
