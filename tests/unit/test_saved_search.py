"""What `@name` stands for."""

import pytest

from bulltui.domain.query.query import QueryError
from bulltui.domain.saved_search import SavedSearch, by_name, expanded

STUCK = SavedSearch("stuck", "run>10m OR wait>1h", ("pay*",), ("active",))
SEARCHES = by_name([STUCK], [SavedSearch("stuck", "other"), SavedSearch("empty", "", ("a",))])


def test_a_text_without_a_name_is_itself() -> None:
    assert expanded("error:x", SEARCHES) == SavedSearch("", "error:x")
    assert expanded('"@stuck"', SEARCHES).query == '"@stuck"'
    assert expanded("ann@stuck", SEARCHES).query == "ann@stuck"


def test_a_name_is_its_search_the_first_of_that_name() -> None:
    assert expanded(" @stuck ", SEARCHES) == STUCK


def test_what_follows_a_name_holds_as_well() -> None:
    found = expanded("@stuck name:a OR name:b", SEARCHES)
    assert found.query == "(run>10m OR wait>1h) (name:a OR name:b)"
    assert found.queues == ("pay*",)
    assert expanded("@empty name:a", SEARCHES) == SavedSearch("empty", "name:a", ("a",))


def test_a_name_that_nobody_gave_is_told_at_its_character() -> None:
    with pytest.raises(QueryError, match="No search is saved as stuc") as caught:
        expanded("  @stuc", SEARCHES)
    assert caught.value.at == 2
    assert "@stuck?" in caught.value.hint
    assert "quotes" in caught.value.hint
