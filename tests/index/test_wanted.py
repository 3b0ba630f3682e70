"""What an index is asked for a query never leaves out a job that the query means."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.query.matching import matches
from bulltui.domain.query.parsing import parse
from bulltui.domain.query.query import Query
from bulltui.domain.query.tree import All, Contains, Node, Place, Some
from bulltui.domain.scan import Candidate
from bulltui.index.document import entry_of, id_of, key_of
from bulltui.index.wanted import wanted
from tests.thorough import tried
from tests.unit.query_jobs import NOW, SIGNS, questions


def holds(texts: Node, text: str) -> bool:
    """Whether the texts are in a text."""
    match texts:
        case All(parts):
            return all(holds(part, text) for part in parts)
        case Some(parts):
            return any(holds(part, text) for part in parts)
        case Contains(_, part):
            return part in text
    raise AssertionError(texts)


@given(questions())
@settings(max_examples=tried(150, 50), deadline=None)
def test_no_match_is_left_out(question: tuple[Node, Candidate]) -> None:
    tree, job = question
    texts = wanted(tree)
    if texts is not None and matches(Query("", tree, NOW), job):
        assert holds(texts, entry_of(job.id, job.raw).text)


@given(st.text(SIGNS, min_size=1))
def test_an_id_survives(job_id: str) -> None:
    key = key_of(job_id)
    key.encode()  # valid text
    assert id_of(key) == job_id


def test_what_an_index_is_asked() -> None:
    def asked(text: str) -> Node | None:
        return wanted(parse(text, NOW).root)

    def texts(*parts: str) -> tuple[Contains, ...]:
        return tuple(Contains(Place.TEXT, part) for part in parts)

    assert asked("Zoë") == texts("zoë")[0]
    assert asked("abc defg") == All(texts("abc", "defg"))
    assert asked("abc OR defg") == Some(texts("abc", "defg"))
    assert asked("ab defg") == texts("defg")[0]
    assert asked("ab OR defg") is None
    assert asked("-abc") is None
    assert asked("data.user.id=4711") == All(texts("4711", "user"))
    assert asked("name:charge*,mail") == Some(texts("charge", "mail"))
    assert asked("/ORD-\\d+x/i") == texts("ord-")[0]
    assert asked("result:abc") is None
