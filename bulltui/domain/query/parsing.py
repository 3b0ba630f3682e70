"""From what a person types to a query (`domain/query/examples.py` shows the language)."""

import re
from datetime import tzinfo

from bulltui.domain.query.query import Query, QueryError
from bulltui.domain.query.terms import QUOTE_IT, Terms
from bulltui.domain.query.tokens import Scanner
from bulltui.domain.query.tree import All, Node, Not, Some

LONGEST = 10_000
"""Characters of a query at most."""

DEEPEST = 50
"""Brackets and negations within each other at most."""

_JOINER = re.compile(r"(OR|AND|NOT)(?=[\s()]|\Z)")


def parse(text: str, now_ms: int, zone: tzinfo | None = None) -> Query:
    """The query that `text` means, asked at `now_ms` (epoch ms), with dates in `zone`, None for the machine's own.
    Raises QueryError."""
    if len(text) > LONGEST:
        raise QueryError(f"A query has at most {LONGEST:,} characters, this one {len(text):,}.", text, LONGEST)
    return Query(text, _Parser(text, now_ms, zone).whole(), now_ms)


class _Parser:
    def __init__(self, text: str, now_ms: int, zone: tzinfo | None) -> None:
        self._scan = Scanner(text)
        self._terms = Terms(self._scan, now_ms, zone)
        self._depth = 0

    def whole(self) -> Node:
        """All of the text."""
        self._scan.space()
        if not self._scan.next:
            return All(())
        node = self._some()
        if self._scan.next:
            raise self._scan.fault("Nothing was opened that this bracket closes.", hint=QUOTE_IT)
        return node

    def _joiner(self) -> str:
        found = _JOINER.match(self._scan.text, self._scan.at)
        return found[1] if found else ""

    def _some(self) -> Node:
        parts = [self._all()]
        while self._joiner() == "OR":
            self._scan.at += len("OR")
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _all(self) -> Node:
        parts: list[Node] = []
        joined = False
        while True:
            self._scan.space()
            joiner = self._joiner()
            if not self._scan.next or self._scan.next == ")" or joiner == "OR":
                break
            if joiner == "AND" and parts and not joined:
                self._scan.at += len("AND")
                joined = True
                continue
            parts.append(self._one())
            joined = False
        if not parts or joined:
            raise self._nothing()
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _nothing(self) -> QueryError:
        what = "the end" if not self._scan.next else "this bracket" if self._scan.next == ")" else "this OR"
        return self._scan.fault(f"Something to look for must stand before {what}.", hint=QUOTE_IT)

    def _one(self) -> Node:
        scan = self._scan
        start = scan.at
        self._depth += 1
        if self._depth > DEEPEST:
            raise scan.fault(f"More than {DEEPEST} brackets or negations stand within each other here.")
        try:
            joiner = self._joiner()
            if joiner == "AND":
                raise scan.fault("Something to look for must stand before this AND.", hint=QUOTE_IT)
            if joiner == "NOT":
                scan.at += len("NOT")
                scan.space()
                if not scan.next or scan.next == ")" or self._joiner() in ("OR", "AND"):
                    raise self._nothing()
                return Not(self._one())
            if scan.next == "-" and not scan.text[start + 1 : start + 2].isspace() and start + 1 < len(scan.text):
                scan.at += 1
                if scan.next == ")":
                    scan.at = start
                    return self._terms.term()
                return Not(self._one())
            if scan.next == "(":
                return self._bracket()
            return self._terms.term()
        finally:
            self._depth -= 1

    def _bracket(self) -> Node:
        start = self._scan.at
        self._scan.at += 1
        node = self._some()
        if self._scan.next != ")":
            raise self._scan.fault("This bracket is never closed.", start, hint='Put a ")" behind what belongs in it.')
        self._scan.at += 1
        return node
