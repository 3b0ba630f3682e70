"""The pieces that a query is made of."""

import re

from bulltui.domain.query.query import QueryError

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "/": "/"}
_FLAGS = re.compile(r"i?(?=[\s)]|\Z)")
_REGEX = re.compile(r"/((?:[^/\\]|\\.)+)/", re.DOTALL)
_REST = re.compile(r"\S*")
_UNICODE = re.compile(r"u([0-9a-fA-F]{4})")


class Scanner:
    """Goes over a text piece by piece. `at` is the index of the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fault(self, message: str, at: int | None = None, *, hint: str = "") -> QueryError:
        """An error at an index, by default here."""
        return QueryError(message, self.text, self.at if at is None else at, hint=hint)

    def space(self) -> None:
        """Goes over white space."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    @property
    def next(self) -> str:
        """The next character, empty at the end."""
        return self.text[self.at : self.at + 1]

    @property
    def ended(self) -> bool:
        """Whether a term ends here."""
        return not self.next or self.next.isspace() or self.next == ")"

    def rest(self) -> str:
        """What stands from here up to white space."""
        found = _REST.match(self.text, self.at)
        return found[0] if found else ""

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Goes over what fits the pattern here."""
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def quoted(self) -> str:
        """The text between two quotes, with its escapes read."""
        start = self.at
        self.at += 1
        parts: list[str] = []
        while self.next != '"':
            if not self.next:
                raise self.fault("This quote is never closed.", start, hint='Put a " behind the text.')
            if self.next == "\\":
                parts.append(self._escape())
            else:
                parts.append(self.next)
                self.at += 1
        self.at += 1
        return "".join(parts)

    def _escape(self) -> str:
        self.at += 1
        sign = self.next
        if sign == "u" and (found := self.take(_UNICODE)):
            return chr(int(found[1], 16))
        if sign in _ESCAPES and sign:
            self.at += 1
            return _ESCAPES[sign]
        return "\\"

    def regex(self) -> tuple[str, str] | None:
        """A pattern between slashes and its flags; None where the slash begins a plain word like a path."""
        found = _REGEX.match(self.text, self.at)
        flags = _FLAGS.match(self.text, found.end()) if found else None
        if found is None or flags is None:
            return None
        self.at = flags.end()
        return found[1], flags[0]

    def word(self, stops: str = "") -> str:
        """What stands up to white space or one of `stops`, with brackets in it as long as they are closed in it."""
        start, depth = self.at, 0
        while self.next and not self.next.isspace() and self.next not in (stops or " "):
            if self.next == "(":
                depth += 1
            elif self.next == ")":
                if not depth:
                    break
                depth -= 1
            self.at += 1
        return self.text[start : self.at]
