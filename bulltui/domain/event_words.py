"""What events say, in words, and which of them one looks for."""

from collections.abc import Mapping
from dataclasses import dataclass

from bulltui.domain import human
from bulltui.domain.event import Event, Gap
from bulltui.domain.fields import whole
from bulltui.domain.text import plural

KINDS = (
    "added",
    "waiting",
    "active",
    "progress",
    "completed",
    "failed",
    "delayed",
    "waiting-children",
    "stalled",
    "removed",
    "retries-exhausted",
    "duplicated",
    "deduplicated",
    "debounced",
    "drained",
    "paused",
    "resumed",
    "cleaned",
)
"""What the libraries write; others may write anything."""

FAILURES = frozenset({"failed", "retries-exhausted", "stalled"})
"""Kinds that tell of a failure."""

_TEXT = 400  # characters of a value: no line is longer


def said(event: Event) -> str:
    """What the fields of an event say, on one line but not yet harmless."""
    fields = event.fields
    match event.kind:
        case "added":
            text = fields.get("name", "")
        case "failed":
            text = fields.get("failedReason", "").strip().partition("\n")[0]
        case "completed":
            result = fields.get("returnvalue", "")
            text = "" if result in ("null", "undefined") else result
        case "progress":
            text = _progress(fields.get("data", ""))
        case "delayed":
            due = whole(fields.get("delay", ""))
            text = "" if due is None or not event.at_ms else f"due {human.ago(event.at_ms - due)}"
        case "waiting" | "active" | "removed":
            before = fields.get("prev", "")
            text = f"was {before}" if before and before != "waiting" else ""
        case "retries-exhausted":
            made = whole(fields.get("attemptsMade", ""))
            text = "no attempt is left" if made is None else f"after {plural(made, 'attempt')}"
        case "deduplicated" | "debounced":
            owner = fields.get("deduplicatedJobId", "")
            name = fields.get("deduplicationId", fields.get("debounceId", ""))
            text = " ".join(word for word in (repr(name), f"is job {owner}" if owner else "") if word)
        case "cleaned":
            count = whole(fields.get("count", ""))
            text = "" if count is None else plural(count, "job")
        case _:
            text = _pairs(fields)
    return text[:_TEXT] + ("…" if len(text) > _TEXT or (event.cut and text) else "")


def _progress(data: str) -> str:
    number = whole(data)
    return f"{number}%" if number is not None and 0 <= number <= 100 else data


def _pairs(fields: Mapping[str, str]) -> str:
    return "  ".join(f"{name}={value[:_TEXT]}" for name, value in list(fields.items())[:8])


def gap_said(gap: Gap) -> str:
    """What was missed."""
    if gap.lost is None:
        return "events were trimmed before they could be read, nobody knows how many"
    rest = "was trimmed before it" if gap.lost == 1 else "were trimmed before they"
    return f"{plural(gap.lost, 'event')} {rest} could be read"


@dataclass(frozen=True, slots=True)
class Sought:
    """Which events one looks for: of these `kinds`, of this job, with `text` in their job's id or a field (the start of
    it that an event keeps), capital or small. Empty ones let all pass."""

    kinds: frozenset[str] = frozenset()
    job_id: str = ""
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.kinds or self.job_id or self.text)

    def fits(self, event: Event) -> bool:
        """Whether it is one of them."""
        if (self.kinds and event.kind not in self.kinds) or (self.job_id and event.job_id != self.job_id):
            return False
        if not self.text:
            return True
        text = self.text.casefold()
        words = (event.kind, event.job_id, *event.fields.values())
        return any(text in word.casefold() for word in words)
