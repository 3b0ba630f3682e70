"""What may hold a queue, so that its jobs do not run: the hardest first."""

from collections.abc import Iterator
from dataclasses import dataclass

from bulltui.domain.draft import when
from bulltui.domain.evidence import Ground
from bulltui.domain.human import age, duration
from bulltui.domain.layout import Layout
from bulltui.domain.steps import command, step
from bulltui.domain.text import plural, visible
from bulltui.domain.why import Cause

HARD = frozenset({Cause.PAUSED, Cause.NO_WORKERS, Cause.RATE_LIMITED})
"""What holds any job of a queue, whatever its place."""

_LIST_PAUSED = frozenset({Layout.BULL, Layout.V3, Layout.V4, Layout.V5})


@dataclass(frozen=True, slots=True)
class Holdup:
    """Something that holds a queue. `clause` says it within a sentence ("the queue is paused")."""

    cause: Cause
    clause: str
    evidence: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    sure: bool = True


def holdups(ground: Ground) -> list[Holdup]:
    """All that holds a queue now."""
    found = (_paused, _no_workers, _rate_limited, _concurrency, _busy)
    return [one for look in found for one in look(ground)]


def holdups_of_due(ground: Ground) -> list[Holdup]:
    """What of it matters to delayed jobs that are due: workers with a free place move these even where no more jobs may
    run at once."""
    return [one for one in holdups(ground) if one.cause is not Cause.CONCURRENCY]


def _paused(ground: Ground) -> Iterator[Holdup]:
    if not ground.paused:
        return
    since = ground.paused_at_ms
    clause = (
        "the queue is paused"
        if since is None
        else f"the queue has been paused for {age(max(0, ground.now_ms - since))}"
    )
    told = "" if since is None else f"Its stream tells of the pause: {when(since, ground.now_ms)}."
    resume = step("Resume the queue", "pause", "queues resume", ground.ref)
    yield Holdup(Cause.PAUSED, clause, tuple(filter(None, (told,))), (resume,))


def _no_workers(ground: Ground) -> Iterator[Holdup]:
    if ground.workers.total != 0:
        return
    start = f"Start a worker for the queue; {command('workers list', ground.ref)} shows it once it is connected."
    check = ground.stalled_check_ttl_ms
    if check is None:
        yield Holdup(Cause.NO_WORKERS, "no worker is connected", (), (start,))
        return
    told = (
        "A worker looked for stalled jobs not long ago: it has just ended, or its connection has no name"
        " (a name with spaces, or a proxy)."
    )
    yield Holdup(Cause.NO_WORKERS, "no worker is connected that the server can name", (told,), (start,), sure=False)


def _rate_limited(ground: Ground) -> Iterator[Holdup]:
    limit = ground.limit
    clear = step("Let it go on now", "clear-rate-limit", "queues clear-rate-limit", ground.ref)
    if limit.limited and limit.manual:
        yield Holdup(
            Cause.RATE_LIMITED,
            f"a worker has stopped the queue by `rateLimit()`, for {duration(limit.ttl_ms)} more",
            ("" if limit.maximum is not None else "Only workers that have a limiter heed it.",),
            (clear,),
            sure=limit.maximum is not None,
        )
    elif limit.limited:
        yield Holdup(
            Cause.RATE_LIMITED,
            f"the queue is rate limited, for {duration(limit.ttl_ms)} more",
            (
                f"{plural(limit.used, 'job')} of {limit.maximum:,} in {duration(limit.duration_ms or 0)} have started"
                " in this window.",
            ),
            (clear,),
        )
    elif _maybe_limited(ground):
        yield Holdup(
            Cause.RATE_LIMITED,
            f"its workers may have reached a limit of their own, for {duration(limit.ttl_ms)} more",
            (
                f"{plural(limit.used, 'job')} started in the window that runs; how many may is known to the workers"
                " only.",
            ),
            (clear,),
            sure=False,
        )


def _concurrency(ground: Ground) -> Iterator[Holdup]:
    most = ground.concurrency
    if most is None or ground.active < most or (ground.may_be and not {Layout.V5, Layout.V6} & {*ground.may_be}):
        return
    clause = (
        f"{ground.active:,} of {most:,} jobs run that may at once over all workers"
        if most > 0
        else "no job may run: the global concurrency is 0"
    )
    yield Holdup(
        Cause.CONCURRENCY,
        clause,
        (f"The global concurrency of the queue is {most:,}, and {plural(ground.active, 'job')} are active.",),
        (
            step("See what runs", "", "jobs list", ground.ref, "--state=active"),
            step("Let more run at once", "concurrency", "queues concurrency", ground.ref, str(max(1, most) * 2)),
        ),
    )


def _busy(ground: Ground) -> Iterator[Holdup]:
    workers = ground.workers
    if not workers.total or workers.idle != 0 or not ground.active or workers.locks == 0:
        return
    clause = "its worker is busy" if workers.total == 1 else f"all {workers.total:,} workers are busy"
    yield Holdup(
        Cause.WORKERS_BUSY,
        clause,
        (f"{plural(workers.total, 'worker')}, none of which waits for a job; {plural(ground.active, 'job')} active.",),
        (step("See what runs", "", "jobs list", ground.ref, "--state=active"), "Start more workers to go faster."),
        # Whoever waits for a limit of its own, or is stopped, looks busy too, but runs nothing.
        sure=workers.locks is not None and workers.locks >= workers.total and not _maybe_limited(ground),
    )


def _maybe_limited(ground: Ground) -> bool:
    """Whether workers may wait for a limit: the queue's, or one of their own that nobody else knows."""
    return ground.limit.limited or (ground.limit.ttl_ms > 0 and ground.limit.maximum is None)


def about_workers(ground: Ground) -> str:
    """A line on the workers, for whatever explanation."""
    workers = ground.workers
    if workers.total is None:
        reason = f": {visible(workers.problem)}" if workers.problem else "."
        return f"Whether workers are connected cannot be known{reason}"
    if workers.total == 0:
        return "No worker is connected."
    if workers.idle is None:
        return f"{plural(workers.total, 'worker')} connected."
    return f"{plural(workers.total, 'worker')} connected, {workers.idle:,} of them waiting for a job."
