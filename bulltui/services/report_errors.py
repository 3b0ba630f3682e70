"""The errors of a report: failed jobs of the period that are still kept, by their error, within a bound."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing

from bulltui.domain.errors import BulltuiError
from bulltui.domain.queue import QueueRef
from bulltui.domain.report import ErrorLine, Errors
from bulltui.domain.report_period import Period, Span
from bulltui.services.finding import Finder
from bulltui.services.grouping import Grouping
from bulltui.services.protocols import Clock

MOST_S = 20.0
"""How long is read, in seconds, for the period and then for the one before."""
MOST_JOBS = 200_000
"""So many failed jobs are looked at, of each of the two."""
MOST_GROUPS = 200
"""So many groups are in a report."""


async def errors_of(
    finder: Finder, clock: Clock, failed: Mapping[QueueRef, int], period: Period, problems: list[str]
) -> Errors:
    """The failed jobs of these queues (with the numbers that they have) in the period, and how many of each error there
    were in the one before. What comes to no end in time is told by `whole`; a server that goes away in the middle is
    told in `problems`."""
    until = clock.monotonic() + MOST_S
    now, whole = await _grouped(finder, clock, failed, period.span, until=until, problems=problems)
    if now is None:
        return Errors(asked=False)
    before: Grouping | None = None
    counted = False
    if whole and now.progress.examined:
        before, counted = await _grouped(finder, clock, failed, period.before, until=until, problems=[])
    groups = now.groups()
    lines = []
    for group in groups[:MOST_GROUPS]:
        then = before.group(group.fingerprint.key) if before is not None and counted else None
        lines.append(
            ErrorLine(
                group.fingerprint.key,
                group.fingerprint.title,
                group.fingerprint.frame,
                group.count,
                (0 if then is None else then.count) if counted else None,
                dict(sorted(group.queues.items(), key=lambda one: (-one[1], one[0]))),
                dict(sorted(group.names.items(), key=lambda one: (-one[1], one[0]))),
                group.first_at,
                group.last_at,
                group.sample,
                group.sample_id,
                group.sample_ref,
            )
        )
    step = now.progress
    return Errors(tuple(lines), step.examined, step.total, step.unread, whole=whole, kinds=len(groups))


async def _grouped(
    finder: Finder, clock: Clock, failed: Mapping[QueueRef, int], span: Span, *, until: float, problems: list[str]
) -> tuple[Grouping | None, bool]:
    """The failed jobs of a span, and whether these are all; None where the server went away before any."""
    grouping = Grouping(finder, clock, list(failed), since_ms=span.ms, until_ms=span.end_ms)
    try:
        async with asyncio.timeout(max(0.0, until - clock.monotonic())), aclosing(grouping.steps()) as steps:
            async for step in steps:
                if step.examined >= MOST_JOBS:
                    break
    except TimeoutError:
        pass
    except BulltuiError as error:
        problems.append(f"Errors cannot be told: {error.message}")
        return (grouping if grouping.progress.examined else None), False
    problems.extend(grouping.problems)
    return grouping, grouping.progress.over
