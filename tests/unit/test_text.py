"""Texts of strangers: exact for Redis, harmless for people."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.text import exact, plural, to_bytes, valid_unicode, visible, visible_lines
from tests.unit.strangers import HOSTILE


@given(st.binary())
def test_bytes_come_back(raw: bytes) -> None:
    assert to_bytes(exact(raw)) == raw


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_has_bytes(text: str) -> None:
    assert isinstance(to_bytes(text), bytes)
    valid_unicode(text).encode()


def test_bytes_survive_beside_surrogates_that_never_were_bytes() -> None:
    assert to_bytes("\udcff\ud800") == b"\xff\\ud800"


@given(st.text(st.characters(exclude_categories=())))
def test_visible_text_is_harmless(text: str) -> None:
    for shown in (visible(text), visible_lines(text)):
        shown.encode()
        assert not [s for s in shown if unicodedata.category(s) in ("Cc", "Cs", "Zl", "Zp") and s != "\n"]
    assert "\n" not in visible(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_harmless_and_whole(text: str) -> None:
    shown = visible(text)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(shown) >= len(text)


def test_signs() -> None:
    assert visible("a\x00\x1b\x7f\x9b\n\t\u202e\udcff\ud83d") == "a␀␛␡\\x9b␊␉‹U+202E›\\xff‹U+D83D›"
    assert visible("naïve 日本 👍") == "naïve 日本 👍"
    assert visible("👩‍👩‍👧") == "👩‍👩‍👧"
    assert visible_lines("a\r\nb\tc\x1b") == "a\nb   c␛"


def test_plural() -> None:
    assert (plural(1, "job"), plural(1204, "job"), plural(2, "entry", "entries")) == (
        "1 job",
        "1,204 jobs",
        "2 entries",
    )
