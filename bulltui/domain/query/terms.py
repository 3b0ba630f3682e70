"""The terms of a query: a text, or a word with an operator and what stands behind it."""

import re
from datetime import tzinfo

from bulltui.domain.query import globs, words
from bulltui.domain.query.amounts import amount, how
from bulltui.domain.query.regex import Regex
from bulltui.domain.query.regex_tree import RegexError
from bulltui.domain.query.stored import FIELDS
from bulltui.domain.query.times import Calendar, is_age
from bulltui.domain.query.tokens import Scanner
from bulltui.domain.query.tree import Between, Compares, Contains, Is, Matches, Measure, Node, Not, Op, Place, Value
from bulltui.domain.states import LISTED, JobState

QUOTE_IT = "To look for it as a text, put it in quotes."

_KEY = re.compile(r'([A-Za-z_$][\w$-]*)((?:\.(?:"(?:[^"\\]|\\.)*"|[^\s.:=<>!()"]+))*)(:|=|!=|<=|>=|<|>)')
_OPERATOR = re.compile(r"<=|>=|!=|<|>|=")
_AGO = re.compile(r"\s+ago(?=[\s)]|\Z)")
_ALIASES = {"children": JobState.WAITING_CHILDREN, "wait": JobState.WAITING, "running": JobState.ACTIVE}
_STATES = tuple(state.value for state in LISTED)


class Terms:
    """Reads terms where a scanner is. Ages count from `now_ms` (epoch ms), dates are of `zone`, None for the machine's
    own."""

    def __init__(self, scan: Scanner, now_ms: int, zone: tzinfo | None) -> None:
        self._scan = scan
        self._now_ms = now_ms
        self._zone = zone

    def term(self) -> Node:
        """The term here. Raises QueryError."""
        scan = self._scan
        start = scan.at
        if scan.next == '"':
            return Contains(Place.TEXT, scan.quoted())
        if scan.next == "/" and (pattern := self._regex(Place.TEXT, ())) is not None:
            return pattern
        if scan.next == "=" and not scan.text[start + 1 : start + 2].isspace() and start + 1 < len(scan.text):
            scan.at += 1
            return Contains(Place.TEXT, self._text("=")[0], exact=True)
        found = _KEY.match(scan.text, start)
        if found is not None:
            node = self._field(found)
            if node is not None:
                return node
        scan.at = start
        return Contains(Place.TEXT, scan.word())

    def _regex(self, place: Place, path: tuple[str, ...]) -> Matches | None:
        start = self._scan.at
        found = self._scan.regex()
        if found is None:
            return None
        pattern, flags = found
        try:
            Regex.of(pattern, ignore_case="i" in flags)
        except RegexError as error:
            raise self._scan.fault(error.message, start + 1 + error.at) from error
        return Matches(place, pattern, "i" in flags, path)

    def _field(self, found: re.Match[str]) -> Node | None:
        """The test that a word and an operator begin; None for what is a plain text after all."""
        scan = self._scan
        start, word, operator = scan.at, found[1], found[3]
        path = _path(found[2])
        scan.at = found.end()
        if word == words.HAS and operator == ":" and not path:
            return self._has()
        known = word in words.PLACES or word in words.MEASURES
        if not known:
            self._strange(found)
            return None
        if scan.ended:
            example = {":": "what it holds", "=": "a value"}.get(operator, "a number or a text")
            raise scan.fault(f"Behind {found[0]} comes {example}, without a space.", hint=QUOTE_IT)
        if word in words.MEASURES and not path:
            return self._measure(words.MEASURES[word], word, operator)
        if word not in words.PLACES or (path and words.PLACES[word] not in words.JSON):
            raise scan.fault(
                f"There is nothing within {word}: only data, result and opts have parts.", start + len(word)
            )
        return self._place(words.PLACES[word], path, operator, found)

    def _strange(self, found: re.Match[str]) -> None:
        """Refuses a word that looks like one of ours."""
        scan = self._scan
        start, word, operator = found.start(), found[1], found[3]
        if not self._scan.rest().strip("="):
            return
        meant = words.like(word)
        if meant is not None:
            hint = f"Did you mean {meant}{found[2]}{operator}? {QUOTE_IT}"
            raise scan.fault(f"There is no {word} to look in.", start, hint=hint)
        if operator == ":":
            return
        hint = f"Did you mean data.{word}{found[2]}{operator}? {QUOTE_IT}"
        raise scan.fault(f"There is no {word} to compare.", start, hint=hint)

    def _text(self, operator: str) -> tuple[str, bool]:
        """A text as a word or in quotes, and whether it was in quotes."""
        start = self._scan.at
        if self._scan.next == '"':
            return self._scan.quoted(), True
        word = self._scan.word()
        if not word:
            raise self._scan.fault(f"A text must stand behind {operator}.", start)
        return word, False

    def _place(self, place: Place, path: tuple[str, ...], operator: str, found: re.Match[str]) -> Node:
        scan = self._scan
        json = place in words.JSON
        if operator == ":":
            if place in words.WHOLE:
                return self._values(place)
            if scan.next == "/" and (pattern := self._regex(place, path)) is not None:
                return pattern
            inner = _OPERATOR.match(scan.text, scan.at) if path else None
            if inner is None:
                return Contains(place, self._text(found[0])[0], path=path)
            scan.at = inner.end()
            operator = inner[0]
        if not json:
            if operator not in ("=", "!="):
                raise scan.fault(f"{found[1]} is a text and does not compare with {operator}.", found.start(3))
            whole = self._values(place) if place in words.WHOLE else Is(place, (self._value(found[0]),))
            return Not(whole) if operator == "!=" else whole
        text, _ = self._text(found[0])
        if operator == "!=":
            return Not(Value(place, path, Op.EQUAL, text))
        return Value(place, path, Op(operator), text)

    def _value(self, behind: str) -> str:
        text, quoted = self._text(behind)
        return globs.literal(text) if quoted else text

    def _values(self, place: Place) -> Is:
        """A list of values with commas."""
        scan = self._scan
        values: list[str] = []
        while True:
            start = scan.at
            value = globs.literal(scan.quoted()) if scan.next == '"' else scan.word(",")
            if not value:
                raise scan.fault("A value is missing here.", start, hint=QUOTE_IT)
            values.append(self._state(value, start) if place is Place.STATE else value)
            if scan.next != ",":
                return Is(place, tuple(values))
            scan.at += 1

    def _state(self, value: str, at: int) -> str:
        wanted = value.lower()
        if wanted in _ALIASES:
            return _ALIASES[wanted].value
        if wanted in _STATES:
            return wanted
        if any(globs.fits(wanted, state) for state in _STATES):
            return wanted
        meant = words.like(value, _STATES)
        hint = f"Did you mean {meant}?" if meant else f"There are {', '.join(_STATES)}."
        raise self._scan.fault(f"There is no state {value}.", at, hint=hint)

    def _has(self) -> Node:
        scan = self._scan
        start = scan.at
        text = scan.word()
        found = _KEY.fullmatch(text + ":")
        place = words.PLACES.get(found[1]) if found else None
        if found is None or place not in FIELDS:
            meant = (
                words.like(
                    text.partition(".")[0], tuple(word for word, place in words.PLACES.items() if place in FIELDS)
                )
                if text
                else None
            )
            hint = f"Did you mean has:{meant}?" if meant else "Write it like has:data.coupon or has:error."
            raise scan.fault(f"There is no {text or 'place'} to look in.", start, hint=hint)
        path = _path(found[2])
        if path and place not in words.JSON:
            raise scan.fault(f"There is nothing within {found[1]}: only data, result and opts have parts.", start)
        return Value(place, path)

    def _measure(self, measure: Measure, word: str, operator: str) -> Node:
        scan = self._scan
        if operator == ":" and (inner := scan.take(_OPERATOR)):
            operator = inner[0]
        operator = "=" if operator == ":" else operator
        start = scan.at
        text, _ = self._text(f"{word}{operator}")
        if operator == "!=":
            return Not(self._number(measure, Op.EQUAL, "=", text, start))
        return self._number(measure, Op(operator), operator, text, start)

    def _number(self, measure: Measure, op: Op, operator: str, text: str, at: int) -> Node:
        try:
            if measure in words.TIMES:
                ago = self._ago(text)
                calendar = Calendar(self._now_ms, self._zone, ahead=measure is Measure.DUE)
                times = calendar.span(operator, text.removesuffix(" ago"), ago=ago)
                return Between(measure, times.low, times.high)
            return Compares(measure, op, amount(measure, text))
        except ValueError as error:
            raise self._scan.fault(f"{str(error)[:1].upper()}{str(error)[1:]}.", at, hint=how(measure)) from error

    def _ago(self, text: str) -> bool:
        if text.endswith(" ago"):
            return True
        return is_age(text.rpartition("..")[2]) and self._scan.take(_AGO) is not None


def _path(text: str) -> tuple[str, ...]:
    """The steps of `.a."b c".0`."""
    scan = Scanner(text)
    steps: list[str] = []
    while scan.next:
        scan.at += 1
        steps.append(scan.quoted() if scan.next == '"' else scan.word("."))
    return tuple(steps)
