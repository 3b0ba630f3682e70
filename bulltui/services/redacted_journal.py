"""The journal where something is hidden: what `redact` forbids is not written down, so it cannot be brought back."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from bulltui.domain import actions
from bulltui.domain.actions import Undo
from bulltui.domain.errors import NotAllowedError
from bulltui.domain.history import Intent, Past
from bulltui.domain.outcome import Outcome, Preview
from bulltui.domain.record import Record, SavedJob
from bulltui.domain.redacting_records import is_kept, masked_record
from bulltui.domain.redaction import Redaction, has_mask
from bulltui.domain.text import plural
from bulltui.services.acting import Journal, JournalEntry
from bulltui.services.request import Request


class RedactedJournal:
    """See `services.acting.Journal`."""

    def __init__(self, journal: Journal, redaction: Redaction) -> None:
        self._journal = journal
        self._redaction = redaction

    async def open(self, intent: Intent, at_ms: int) -> JournalEntry:
        """See Journal."""
        return _RedactedEntry(await self._journal.open(intent, at_ms), self._redaction)

    async def entries(self) -> list[Past]:
        """See Journal."""
        return await self._journal.entries()

    def records(self, number: int) -> AsyncGenerator[tuple[Record, ...], None]:
        """See Journal."""
        return self._journal.records(number)

    async def mark_undone(self, number: int) -> None:
        """See Journal."""
        await self._journal.mark_undone(number)


class _RedactedEntry:
    def __init__(self, entry: JournalEntry, redaction: Redaction) -> None:
        self._entry = entry
        self._redaction = redaction

    @property
    def number(self) -> int:
        """See JournalEntry."""
        return self._entry.number

    async def add(self, records: Sequence[Record]) -> None:
        """See JournalEntry."""
        await self._entry.add([masked_record(self._redaction, record) for record in records])

    async def expect(self, total: int) -> None:
        """See JournalEntry."""
        await self._entry.expect(total)

    async def close(self, outcome: Outcome) -> None:
        """See JournalEntry."""
        await self._entry.close(outcome)


def kept_preview(preview: Preview, request: Request, looks: Sequence[tuple[Redaction, Sequence[SavedJob]]]) -> Preview:
    """The preview with what cannot be undone since it is not kept. `looks` are what is hidden on each server, and the
    jobs of it that were looked at."""
    hides = any(redaction for redaction, _ in looks)
    if not (hides and preview.undoable and request.action.verb.undo is Undo.RECORDS):
        return preview
    why = "`redact` forbids to keep their data"
    some = [job for _, jobs in looks for job in jobs]
    lost = sum(not is_kept(redaction, job) for redaction, jobs in looks for job in jobs)
    if not some:
        warning = "Jobs with data that `redact` hides cannot be brought back: it forbids to keep them."
    elif not lost:
        return preview
    elif lost == preview.count == 1:
        warning = "It cannot be undone: `redact` forbids to keep its data."
    elif lost == preview.count:
        warning = f"None of these can be undone: {why}."
    elif lost == len(some):
        warning = f"What was looked at of these ({plural(lost, 'job')}) cannot be undone: {why}."
    else:
        looked = "" if len(some) == preview.count else f" {len(some):,} looked at"
        warning = f"{lost:,} of{looked or ' these'} cannot be undone: {why}."
    gone = bool(some) and lost == preview.count
    lines = tuple(line for line in preview.lines if not (gone and line.startswith("It can be undone")))
    return replace(preview, lines=lines, warnings=(*preview.warnings, warning), undoable=not gone)


def check_unmasked(request: Request) -> None:
    """Raises NotAllowedError where a mask would be written over what it hides."""
    match request.action:
        case actions.UpdateData(data=data):
            texts = [data]
        case actions.Replay(data=changed, opts=opts) | actions.Add(data=changed, opts=opts):
            texts = [text for text in (changed, opts) if text]
        case _:
            return
    if any(has_mask(text) for text in texts):
        raise NotAllowedError(
            "What is to be written has the words of a mask in it, not what they hide.",
            hint="Give the whole data by `--data`, as they are to be.",
            code="redacted",
        )
