"""Globs of queues as the patterns of keys that Redis' ACL knows."""

from collections.abc import Iterator, Sequence

from bulltui.domain.errors import UsageError
from bulltui.domain.text import to_bytes, visible
from bulltui.store.keys import glob_literal

_SPACES = frozenset(b" \t\n\v\f\r\0")


def patterns(prefixes: Sequence[str], globs: Sequence[str]) -> tuple[str, ...]:
    """The patterns of the keys of the queues that `globs` mean (none: all) under `prefixes`, without `~`. As in a
    selection of queues a glob may be about the whole key. Raises UsageError for what no pattern can say."""
    if not prefixes:
        raise UsageError(
            "An ACL names the keys, so a prefix has to be known.", hint="Say it with `--prefix NAME`.", code="acl"
        )
    found: dict[str, None] = {}
    for glob in globs or ("*",):
        if glob.startswith("!"):
            raise UsageError(
                f"Redis has no pattern for all queues but some: {visible(glob)}.",
                hint="Name the queues that are meant, as in `--queues 'mail*'`.",
                code="acl",
            )
        whole = [prefix for prefix in prefixes if glob.startswith(f"{prefix}:")]
        if whole:
            found[f"{_pattern(glob)}:*"] = None
            continue
        for prefix in prefixes:
            start = _text(prefix)
            found[f"{start}:*" if glob == "*" else f"{start}:{_pattern(glob)}:*"] = None
            if "[" in glob:  # the exact name of a queue always fits
                found[f"{start}:{_text(glob)}:*"] = None
    return tuple(found)


def _text(literal: str) -> str:
    """A text as it stands in a pattern."""
    raw = to_bytes(literal)
    if _SPACES & set(raw):
        raise UsageError(
            f"A pattern of an ACL cannot have a blank in it: {visible(literal)}.",
            hint="A `?` in a glob stands for any sign, a blank as well.",
            code="acl",
        )
    return glob_literal(raw).replace(b"\\-", b"-").decode("utf-8", "surrogateescape")


def _pattern(glob: str) -> str:
    """A glob of ours as one of Redis': there `^` negates a class, and a backslash takes the next sign as it is."""
    out: list[str] = []
    at = 0
    while at < len(glob):
        sign = glob[at]
        at += 1
        if sign in "*?":
            out.append(sign)
            continue
        end = _end_of_class(glob, at) if sign == "[" else -1
        if end < 0:
            out.append(_text(sign))
            continue
        out.append(_class(glob[at:end]))
        at = end + 1
    return "".join(out)


def _end_of_class(glob: str, start: int) -> int:
    """Where a class ends that begins before `start`, -1 where it is none: a `]` at its start is one of its signs."""
    first = start + 1 if glob[start : start + 1] == "!" else start
    return glob.find("]", first + 1)


def _class(inner: str) -> str:
    negated = inner.startswith("!")
    parts = "".join(_members(inner[1:] if negated else inner))
    return f"[{'^' if negated else ''}{parts}]"


def _members(inner: str) -> Iterator[str]:
    if not inner.isascii() or set(inner.encode()) & _SPACES:
        raise UsageError(
            f"Redis compares bytes, so a pattern cannot have [{visible(inner)}] in it.",
            hint="A `?` stands for any one byte, a `*` for any signs.",
            code="acl",
        )
    at = 0
    while at < len(inner):
        if inner[at + 1 : at + 2] == "-" and at + 2 < len(inner):
            first, last = inner[at], inner[at + 2]
            if not (first.isalnum() and last.isalnum() and first <= last):
                raise UsageError(
                    f"Redis has no such range: {first}-{last}.", hint="Name the signs one by one.", code="acl"
                )
            yield f"{first}-{last}"
            at += 3
        else:
            yield inner[at] if inner[at].isalnum() else f"\\{inner[at]}"
            at += 1
