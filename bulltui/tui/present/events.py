"""What queues tell, as lines of a table: each kind with a sign, a colour and its word, and what its fields say."""

from collections.abc import Mapping, Sequence

from bulltui.domain import human
from bulltui.domain.event import Event, Gap
from bulltui.domain.event_words import gap_said, said
from bulltui.domain.queue import QueueRef
from bulltui.domain.text import plural, visible
from bulltui.services.follow import Back, Lost, Told, Unfollowed
from bulltui.tui.present.line import Part, part
from bulltui.tui.present.signs import FAILED, PAUSED, STALLED
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.columns import Column

COLUMNS: tuple[Column, ...] = (
    Column("time", "time", width=12, priority=80),
    Column("queue", "queue", min=8, max=24, flex=2, priority=70),
    Column("kind", "event", width=19, priority=95),
    Column("job", "job", min=8, max=36, flex=2, priority=90),
    Column("text", "", min=20, flex=5, priority=85),
)
_SECOND = 1000

LOOKS: dict[str, tuple[str, str]] = {
    "added": ("+", "dim"),
    "waiting": ("◦", "waiting"),
    "active": ("▶", "active"),
    "progress": ("…", "active"),
    "completed": ("✓", "ok"),
    "failed": (FAILED, "failed"),
    "retries-exhausted": (FAILED, "failed bold"),
    "stalled": (STALLED, "failed"),
    "delayed": ("◷", "delayed"),
    "waiting-children": ("◇", "children"),
    "removed": ("−", "dim"),
    "cleaned": ("−", "delayed"),
    "duplicated": ("=", "dim"),
    "deduplicated": ("=", "dim"),
    "debounced": ("=", "dim"),
    "drained": ("○", "dim"),
    "paused": (PAUSED, "paused"),
    "resumed": ("▶", "ok"),
}
"""The sign and the token of each kind that the libraries write."""
_STRANGE = ("·", "stale")

_STYLES = {"added": "", "cleaned": "", "failed": "failed", "retries-exhausted": "failed", "progress": "active"}
"""The token of what an event says, `dim` for all others."""


def clock_text(ms: int) -> str:
    """The local time of day, to the millisecond."""
    return human.clock(ms, fine=True).partition(" ")[2] or human.clock(ms)


def columns(*, queues: bool) -> tuple[Column, ...]:
    """The columns; one for the queue where there are several."""
    return tuple(column for column in COLUMNS if queues or column.key != "queue")


def cells(told: Told, *, queues: bool = True) -> tuple[Cell, ...]:
    """The cells of a line, for the same `columns`."""
    when, queue, *others = _cells(told)
    return (when, queue, *others) if queues else (when, *others)


def _cells(told: Told) -> tuple[Cell, ...]:
    if not isinstance(told, Event):
        at, ref, word, (text, style) = _about_following(told)
        return (
            (clock_text(at) if at else "", "dim"),
            ("" if ref is None else ref.shown),
            (word, style),
            "",
            (text, style),
        )
    sign, token = LOOKS.get(told.kind, _STRANGE)
    return (
        (clock_text(told.at_ms) if told.at_ms else "", "dim"),
        told.ref.shown,
        [(f"{sign} ", token), (told.kind or "no kind", token)],
        told.job_id or ("–", "dim"),
        (visible(said(told)), _STYLES.get(told.kind, "dim")),
    )


def _about_following(told: Gap | Lost | Back | Unfollowed) -> tuple[int, QueueRef | None, str, tuple[str, str]]:
    """What is told of the following itself: when, of which queue, a word for it, a sentence and its token."""
    match told:
        case Gap(ref):
            return 0, ref, "⚠ gap", (gap_said(told), "failed")
        case Lost(at_ms, error):
            return at_ms, None, "✖ lost", (f"{error.message} {error.hint}".strip(), "failed")
        case Back(at_ms, away_ms):
            text = f"back after {human.duration(away_ms)}; what was written meanwhile follows"
            return at_ms, None, "● back", (text, "ok")
        case Unfollowed(at_ms, ref, why):
            return (
                at_ms,
                ref,
                "⚠ unread" if why else "● back",
                (why or "it can be followed now", "failed" if why else "ok"),
            )


def words_of(told: Told) -> str:
    """What a filter looks through, in lower case."""
    if not isinstance(told, Event):
        _, ref, word, (text, _) = _about_following(told)
        return f"{'' if ref is None else ref.shown} {word} {text}".lower()
    return f"{told.ref.shown} {told.kind} {told.job_id} {said(told)}".lower()


def fits(words: Sequence[str], text: str) -> bool:
    """Whether every word is in a text, and none of those with `!` before them."""
    return all((word[1:] not in text) if word.startswith("!") and len(word) > 1 else word in text for word in words)


_ORDER = ("failed", "stalled", "completed", "added", "active", "delayed", "retries-exhausted", "removed")


def head(what: str, rates: Mapping[str, float], state: str, *, filtered: str, trouble: str) -> list[Part]:
    """The line above: whose events, how many of each kind a second, and whether they are followed."""
    parts = [part(9, (what, "bold"))]
    if trouble:
        parts.append(part(8, (trouble, "failed")))
    if filtered:
        parts.append(part(7, (filtered, "delayed")))
    kinds = sorted(rates, key=lambda kind: (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), kind))
    for place, kind in enumerate(kinds):
        sign, token = LOOKS.get(kind, _STRANGE)
        rate = f"{sign} {visible(kind)[:20]} {human.rate(rates[kind])}/s"
        parts.append(part(max(1, 6 - place), (rate, token)))
    parts.append(part(8, (state, "ok" if state == FOLLOWS else "delayed bold"), right=True))
    return parts


FOLLOWS = "following"


def trouble(lost: Lost | None, now_ms: int) -> str:
    """That the server cannot be read, and when it is tried again."""
    if lost is None:
        return ""
    return f"not connected, next try in {human.age(max(0, lost.next_try_ms - now_ms))}"


def standing(behind: int | None, *, seeks: bool) -> str:
    """Whether events are followed; else how many came since one holds still."""
    if behind is None:
        return "following to the next failure" if seeks else FOLLOWS
    return f"held, {behind:,} more since" if behind else "held"


def whose(refs: Sequence[QueueRef], *, of_all: bool) -> str:
    """Whose events they are."""
    if of_all:
        return f"Events of all {plural(len(refs), 'queue')}"
    return f"Events of {visible(refs[0].shown)[:40]}" if len(refs) == 1 else f"Events of {plural(len(refs), 'queue')}"


def nothing(*, filtered: bool) -> str:
    """What is said where there is no line."""
    return "No event fits the filter." if filtered else "Nothing was told yet. Events show as they come."
