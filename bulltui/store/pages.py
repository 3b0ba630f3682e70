"""Pages of a state (reference, section 5.2)."""

from collections.abc import Sequence
from dataclasses import replace

from bulltui.domain.errors import BulltuiError
from bulltui.domain.job import LIST_FIELDS, JobSummary, summarize
from bulltui.domain.reads import Anchor, JobPage
from bulltui.domain.states import LISTS, JobState
from bulltui.domain.text import exact, to_bytes
from bulltui.store.calls import Calls, Raw, ScriptsRefusedError
from bulltui.store.hashes import BUDGET, READABLE, list_fields
from bulltui.store.keys import base
from bulltui.store.plain_pages import FOREIGN, NO_HASH, PageRequest, Part, is_marker, plain_part, wrong_type

JOBS_A_CALL = 200
"""How many jobs one call reads; longer pages take several."""


async def read_page(calls: Calls, asked: PageRequest) -> JobPage:
    """See `JobReader.page`. Each part of it is read at one instant; a further part goes on behind the last job of the
    one before, wherever that job is by then, so that none shows twice."""
    part = replace(asked, start=max(0, asked.start) if asked.anchor is None else asked.start)
    jobs: list[JobSummary] = []
    first: int | None = None
    left = max(0, asked.limit)
    while True:
        wanted = min(JOBS_A_CALL, left)
        total, at, rows = await _part(calls, replace(part, limit=wanted))
        first = at if first is None else first
        jobs += (_summary(asked.state, row) for row in rows if not is_marker(row[0]) or asked.state not in LISTS)
        left -= wanted
        if left <= 0 or len(rows) < wanted:
            return JobPage(asked.state, first, total, tuple(jobs), asked.oldest_first)
        next_at = at + len(rows)
        part = replace(part, start=next_at, anchor=Anchor(exact(rows[-1][0]), next_at - 1))


def _summary(state: JobState, row: Sequence[Raw]) -> JobSummary:
    job_id, score, kind, lock_ttl, *fields = row
    summary = summarize(
        exact(job_id),
        state,
        list_fields(fields) if kind != NO_HASH else {},
        score=None if score is None else float(score),
        locked=lock_ttl != -2 if state is JobState.ACTIVE else None,
    )
    if kind == FOREIGN:
        return JobSummary(summary.id, state, score=summary.score, foreign=True)
    return replace(summary, missing=kind == NO_HASH)


async def _part(calls: Calls, asked: PageRequest) -> Part:
    anchor = asked.anchor
    arguments: list[bytes | str | int] = [
        base(asked.ref),
        "list" if asked.state in LISTS else "zset",
        asked.start,
        asked.limit,
        "1" if asked.oldest_first else "",
        to_bytes(anchor.id) if anchor else "",
        anchor.index if anchor else 0,
        "1" if asked.state is JobState.ACTIVE else "",
        BUDGET,
        READABLE,
    ]
    for name, wanted in LIST_FIELDS:
        arguments += (name, wanted)
    try:
        answer: Part = await calls.script("page", [asked.key], arguments)
    except ScriptsRefusedError:
        return await plain_part(calls, asked)
    except BulltuiError as error:
        if "WRONGTYPE" not in error.message:
            raise
        raise wrong_type(asked) from error
    return answer
