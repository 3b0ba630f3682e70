"""Values of payloads that are never shown nor written down, by rules of the configuration.

A rule is a path: `data.card`, `data.user.*.iban`, `opts.repeat.key`, `returnvalue.token`; with `*` in front
(`*.password`) at any depth of any payload. Names compare without case; a part may be a pattern (`*_token`), `*` is any
name or place in a list, `**` any number of them. Lists need no part of their own: `data.cards.number` is the number of
each. A rule on something hides all that is in it. JSON that lies in a text of JSON is gone through as well.

Only payloads are covered: data, options, result and progress, where they are JSON. What a worker puts into the text of
an error, a log line or a name is not known to be any of it and stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible

MASK = "▒ redacted"
"""What stands in place of a value."""

PAYLOADS = ("data", "opts", "returnvalue", "progress")
"""The fields of a job that rules can be about."""

_SHORT = {
    ("failparentonfailure",): ("fpof",),
    ("continueparentonfailure",): ("cpof",),
    ("ignoredependencyonfailure",): ("idof",),
    ("removedependencyonfailure",): ("rdof",),
    ("keeplogs",): ("kl",),
    ("deduplication",): ("de",),
    ("telemetry", "metadata"): ("tm",),
    ("telemetry", "omitcontext"): ("omc",),
}
"""Options as they are called, and under which name they are stored."""

Path = tuple[str, ...]
Places = frozenset[tuple[int, int]]
"""How far into which rules one is."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`fields` are the payloads it is about, `path` the parts below, lowered; none hides the payload as a whole."""

    fields: tuple[str, ...]
    path: Path


def rules_of(text: str) -> tuple[Rule, ...]:
    """The rules that a line of the configuration means. Raises UsageError for one that could never hide anything."""
    head, *rest = text.strip().split(".")
    path = tuple(part.strip().lower() for part in rest)
    if not all(path) or not head.strip():
        raise _unknown(text, "a part of it is empty")
    if head in ("*", "**"):
        if not path:
            return (Rule(PAYLOADS, ()),)
        return (Rule(PAYLOADS, ("**", *path)), *_stored(("**", *path)))
    fields = tuple(name for name in PAYLOADS if name == head.lower())
    if not fields:
        raise _unknown(text, f"there is no payload {visible(head)}")
    return (Rule(fields, path), *(_stored(path) if fields == ("opts",) else ()))


def _stored(path: Path) -> tuple[Rule, ...]:
    """The rules for options that are stored under another name."""
    bare = path[1:] if path[:1] == ("**",) else path
    found = []
    for long, short in _SHORT.items():
        shared = min(len(long), len(bare))
        if all(fnmatchcase(name, part) for name, part in zip(long, bare, strict=False)) and shared:
            found.append(Rule(("opts",), short + bare[len(long) :]))
        if len(long) > 1 and path[:1] == ("**",) and fnmatchcase(long[-1], bare[0]):
            found.append(Rule(("opts",), short + bare[1:]))
    return tuple(found)


def _unknown(text: str, why: str) -> UsageError:
    return UsageError(
        f"The rule {visible(text)} of `redact` cannot be read: {why}.",
        hint=f"Begin with {', '.join(PAYLOADS)} or `*`, as in `data.card` or `*.password`.",
        code="redact",
    )


@dataclass(frozen=True)
class Redaction:
    """What is hidden. Without rules nothing is."""

    rules: tuple[Rule, ...] = ()
    _steps: dict[tuple[Places, str | int], Places] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Redaction":
        """That of a configuration's lines. Raises UsageError."""
        return cls(tuple(dict.fromkeys(rule for text in texts for rule in rules_of(text))))

    def __bool__(self) -> bool:
        return bool(self.rules)

    @cached_property
    def _numbers(self) -> frozenset[str]:
        """The places in lists that rules name."""
        return frozenset(part for rule in self.rules for part in rule.path if part.isdigit())

    def covers(self, name: str) -> bool:
        """Whether a field of a job may have something in it that is hidden."""
        return any(name in rule.fields for rule in self.rules)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that may have something in them that is hidden."""
        return frozenset(name for name in PAYLOADS if self.covers(name))

    def start(self, name: str) -> Places:
        """Where the rules of a payload begin."""
        return self._open((at, 0) for at, rule in enumerate(self.rules) if name in rule.fields)

    def below(self, places: Places, part: str | int) -> Places:
        """How far the rules are one part further down: a name of an object, a place in a list."""
        asked = (places, part.lower() if isinstance(part, str) else part if str(part) in self._numbers else -1)
        found = self._steps.get(asked)
        if found is None:
            found = self._below(*asked)
            if len(self._steps) < _MOST_STEPS:
                self._steps[asked] = found
        return found

    def hides(self, places: Places) -> bool:
        """Whether what lies there is hidden."""
        return any(at == len(self.rules[rule].path) for rule, at in places)

    def _below(self, places: Places, part: str | int) -> Places:
        further: set[tuple[int, int]] = set()
        for rule, at in places:
            path = self.rules[rule].path
            wanted = path[at] if at < len(path) else "**"
            if wanted == "**":
                further.add((rule, at))
            elif isinstance(part, int):
                further.add((rule, at))  # lists need no part of their own
                if wanted in ("*", str(part)):
                    further.add((rule, at + 1))
            elif fnmatchcase(part, wanted):
                further.add((rule, at + 1))
        return self._open(further)

    def _open(self, places: Iterable[tuple[int, int]]) -> Places:
        """With what `**` may stand for nothing of."""
        found = set(places)
        todo = list(found)
        while todo:
            rule, at = todo.pop()
            path = self.rules[rule].path
            if at < len(path) and path[at] == "**" and (rule, at + 1) not in found:
                found.add((rule, at + 1))
                todo.append((rule, at + 1))
        return frozenset(found)


def has_mask(text: str) -> bool:
    """Whether a mask stands in a text of JSON. Of one that has the same words of its own this is said too."""
    return MASK in text or _ESCAPED in text


_ESCAPED = MASK.encode("ascii", "backslashreplace").decode("ascii")
_MOST_STEPS = 20_000
NOTHING = Redaction()
