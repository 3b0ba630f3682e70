"""Where keys stand in a TOML text: always the right line, or none."""

import tomllib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bulltui.config.toml_lines import lines_of
from tests.thorough import tried


def test_every_way_to_write_a_key() -> None:
    text = '''# [not.this]
top = """
[profiles.no]
key = 1
"""
[profiles.eu]
url = "a" # = b
"quo.ted" = 'x'
dotted . inner = 1
list = [ # a comment ]
  "one",
  [2, 3],
  { a = "]", b = {} },
]
inline = { x = 1, y.z = 2 }
[[tables]]
a = 1
[[tables]]
[tables.below]
a = 2
'''
    assert lines_of(text) == {
        ("top",): 2,
        ("profiles",): 6,
        ("profiles", "eu"): 6,
        ("profiles", "eu", "url"): 7,
        ("profiles", "eu", "quo.ted"): 8,
        ("profiles", "eu", "dotted"): 9,
        ("profiles", "eu", "dotted", "inner"): 9,
        ("profiles", "eu", "list"): 10,
        ("profiles", "eu", "list", 0): 11,
        ("profiles", "eu", "list", 1): 12,
        ("profiles", "eu", "list", 1, 0): 12,
        ("profiles", "eu", "list", 1, 1): 12,
        ("profiles", "eu", "list", 2): 13,
        ("profiles", "eu", "list", 2, "a"): 13,
        ("profiles", "eu", "list", 2, "b"): 13,
        ("profiles", "eu", "inline"): 15,
        ("profiles", "eu", "inline", "x"): 15,
        ("profiles", "eu", "inline", "y"): 15,
        ("profiles", "eu", "inline", "y", "z"): 15,
        ("tables",): 16,
        ("tables", 0): 16,
        ("tables", 0, "a"): 17,
        ("tables", 1): 18,
        ("tables", 1, "below"): 19,
        ("tables", 1, "below", "a"): 20,
    }


@pytest.mark.parametrize("text", ["a = ", "[", "a = 1\na = 2", "\x00", "a = '''", "[[[[" * 5000])
def test_what_is_no_toml_has_no_lines(text: str) -> None:
    assert lines_of(text) == {}


_NAMES = st.sampled_from(("a", "b-1", '"q u"', "'l.x'", '"e\\"s"', '"\\u00fc"', "7"))
_STRINGS = st.sampled_from(
    (
        *('"x"', "'y'", '"\\" ] # ="', "'''\n[a]\nb = 1'''", '"""\n\\"""\n# no\n"""', '"""a""b\n"""'),
        *("''''one'''", '"""two\n"""""', "'''three'''''"),
    )
)
_SPACE = st.sampled_from(("", " ", "\t"))
_BREAK = st.sampled_from(("\n", "\r\n", "\n\n", " # [a]\n", '\n# \' " """\n'))


@st.composite
def _values(draw: st.DrawFn, depth: int = 2) -> str:
    """A value; each number in it is `@`, for the number of its line to be put there."""
    kind = draw(st.integers(0, 3 if depth else 1))
    if kind == 0:
        return "@"
    if kind == 1:
        return draw(_STRINGS)
    if kind == 2:
        items = draw(st.lists(_values(depth - 1), max_size=3))
        gap = draw(st.sampled_from((" ", "\n", " # ]\n")))
        last: bool = draw(st.booleans())
        return f"[{gap}" + f",{gap}".join(items) + (f",{gap}]" if items and last else f"{gap}]")
    names = draw(st.lists(_NAMES, max_size=3, unique=True))
    return "{" + ", ".join(f"{name} = {draw(_values(depth - 1))}" for name in names) + "}"


@st.composite
def _documents(draw: st.DrawFn) -> str:
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        if draw(st.booleans()):
            name = draw(_SPACE) + ".".join(draw(st.lists(_NAMES, min_size=1, max_size=3))) + draw(_SPACE)
            header = f"[[{name}]]" if draw(st.booleans()) else f"[{name}]"
            parts.append(header + draw(_BREAK))
        for _ in range(draw(st.integers(0, 3))):
            name = draw(st.sampled_from((".", " . "))).join(draw(st.lists(_NAMES, min_size=1, max_size=2)))
            parts.append(f"{draw(_SPACE)}{name}{draw(_SPACE)}={draw(_SPACE)}{draw(_values())}{draw(_BREAK)}")
    return "".join(parts)


def _numbers(value: object, at: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], int]:
    found: dict[tuple[str | int, ...], int] = {}
    if isinstance(value, int):
        found[at] = value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        found |= _numbers(inner, (*at, name))
    return found


def _paths(value: object, at: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: set[tuple[str | int, ...]] = set()
    for name, inner in items:
        found |= {(*at, name)} | _paths(inner, (*at, name))
    return found


@settings(max_examples=tried(400, 100), deadline=None)
@given(_documents())
@example("a = [\n@,\n@]\n")
def test_every_number_stands_on_the_line_that_is_told_of_it(text: str) -> None:
    """Each number of the document is that of its line. Those of lists have places of their own; a value that begins on
    the line of its key is told by that."""
    text = "\n".join(line.replace("@", str(number)) for number, line in enumerate(text.split("\n"), 1))
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assert lines_of(text) == {}
        return
    lines = lines_of(text)
    assert set(lines) == _paths(document)
    for path, number in _numbers(document).items():
        assert lines[path] == number


@settings(max_examples=tried(300, 100), deadline=None)
@given(st.text(alphabet="ab.=[]{}\"'#\n\\, 1", max_size=60))
def test_no_text_breaks_it_and_no_line_is_made_up(text: str) -> None:
    lines = lines_of(text)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assert lines == {}
        return
    assert set(lines) in (set(), _paths(document))
