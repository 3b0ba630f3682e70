"""Spans of time as people type them."""

import pytest

from bulltui.domain.errors import UsageError
from bulltui.domain.spans import span


@pytest.mark.parametrize(
    ("text", "ms"),
    [("90s", 90_000), ("10m", 600_000), ("1h30m", 5_400_000), ("1h 30m", 5_400_000), ("2d", 172_800_000),
     ("250ms", 250), ("1.5s", 1500), ("0", 0), (" 1W ", 604_800_000), ("0s", 0)],
)  # fmt: skip
def test_spans(text: str, ms: int) -> None:
    assert span(text) == ms


@pytest.mark.parametrize(
    "text", ["", "10", "m", "-5m", "10 minutes", "5m3", "1e9d", "nan", "101y", "99999d", "5m;", "9" * 400 + "s"]
)
def test_what_is_none_is_a_sentence(text: str) -> None:
    with pytest.raises(UsageError):
        span(text)
