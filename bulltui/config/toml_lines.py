"""On which line of a TOML text each key stands, which `tomllib` does not tell.

It reads what `tomllib` has understood before, and so need not know what is allowed: only where strings, lists and
tables begin and end. Where it loses its way it says nothing, never a wrong line.
"""

import re
import tomllib
from collections.abc import Mapping

Path = tuple[str | int, ...]
"""The way to a value: keys of tables, and places in lists."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_GAP = re.compile(r"[ \t]*")
_SCALAR = re.compile(r"[^,\]}#\n]+")
_STRINGS = (
    ('"""', re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL)),
    ("'''", re.compile(r"'''.*?'{3,5}(?!')", re.DOTALL)),
    ('"', re.compile(r'"(?:[^"\\\n]|\\.)*"')),
    ("'", re.compile(r"'[^'\n]*'")),
)


class _LostError(Exception):
    """The text is not as it was taken to be."""


def lines_of(text: str) -> Mapping[Path, int]:
    """The line, from 1 on, of each key and each item of a list in `text`, which is TOML; nothing if that is not so.

    >>> lines_of('[a]\\nb = [1,\\n2]\\n')
    {('a',): 1, ('a', 'b'): 2, ('a', 'b', 0): 2, ('a', 'b', 1): 3}
    """
    text = text.replace("\r\n", "\n")  # as tomllib does
    reader = _Reader(text)
    try:
        reader.document()
        known = set(_paths(tomllib.loads(text)))
    except (_LostError, RecursionError, ValueError):
        return {}
    return reader.lines if known == set(reader.lines) else {}


def _paths(value: object, at: Path = ()) -> list[Path]:
    found: list[Path] = []
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for name, inner in items:
        found += [(*at, name), *_paths(inner, (*at, name))]
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._tables: dict[Path, int] = {}  # of arrays of tables, how many there are
        self._counted, self._line = 0, 1

    def document(self) -> None:
        table: Path = ()
        while self._blank():
            if self._peek("[["):
                table = self._header("[[", "]]")
            elif self._peek("["):
                table = self._header("[", "]")
            else:
                self._pair(table)

    def _header(self, begins: str, ends: str) -> Path:
        line = self._here()
        self._take(begins)
        self._gap()
        keys = self._keys()
        self._gap()
        self._take(ends)
        path = self._walk((), keys[:-1], line)
        path = (*path, keys[-1])
        self.lines.setdefault(path, line)
        if begins == "[[":
            place = self._tables.get(path, 0)
            self._tables[path] = place + 1
            path = (*path, place)
            self.lines[path] = line
        return path

    def _walk(self, path: Path, keys: list[str], line: int) -> Path:
        """Down tables that need not be written, the last one of each array of tables."""
        for key in keys:
            path = (*path, key)
            self.lines.setdefault(path, line)
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        line = self._here()
        keys = self._keys()
        path = (*self._walk(table, keys[:-1], line), keys[-1])
        self.lines.setdefault(path, line)
        self._gap()
        self._take("=")
        self._gap()
        self._value(path)

    def _keys(self) -> list[str]:
        keys = [self._key()]
        while True:
            self._gap()
            if not self._peek("."):
                return keys
            self._take(".")
            self._gap()
            keys.append(self._key())

    def _key(self) -> str:
        bare = _BARE.match(self.text, self.at)
        if bare:
            self.at = bare.end()
            return bare.group()
        written = self._string()
        key = tomllib.loads(f"{written} = 0")
        return next(iter(key))

    def _string(self) -> str:
        for mark, pattern in _STRINGS:
            if self._peek(mark):
                found = pattern.match(self.text, self.at)
                if found is None:
                    break
                self.at = found.end()
                return found.group()
        raise _LostError

    def _value(self, path: Path) -> None:
        if self._peek("["):
            self._list(path)
        elif self._peek("{"):
            self._table(path)
        elif self._peek('"') or self._peek("'"):
            self._string()
        else:
            found = _SCALAR.match(self.text, self.at)
            if found is None:
                raise _LostError
            self.at = found.end()

    def _list(self, path: Path) -> None:
        self._take("[")
        place = 0
        while self._blank() and not self._peek("]"):
            self.lines[(*path, place)] = self._here()
            self._value((*path, place))
            place += 1
            self._blank()
            if self._peek(","):
                self._take(",")
        self._take("]")

    def _table(self, path: Path) -> None:
        self._take("{")
        while self._blank() and not self._peek("}"):
            self._pair(path)
            self._blank()
            if self._peek(","):
                self._take(",")
        self._take("}")

    def _here(self) -> int:
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def _blank(self) -> bool:
        """Passes over spaces, lines and comments; False at the end."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at < len(self.text)

    def _gap(self) -> None:
        found = _GAP.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _peek(self, sign: str) -> bool:
        return self.text.startswith(sign, self.at)

    def _take(self, sign: str) -> None:
        if not self._peek(sign):
            raise _LostError
        self.at += len(sign)
