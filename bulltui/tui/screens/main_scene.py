"""What is meant on the main screen: by the pane one is in, the cursor and the marks there."""

from dataclasses import replace

from bulltui.domain.flow import JobRef
from bulltui.domain.job import Job
from bulltui.domain.queue import QueueRef
from bulltui.domain.snapshot import Snapshot
from bulltui.domain.states import JobState
from bulltui.domain.targets import Jobs
from bulltui.tui.acts import offers
from bulltui.tui.acts.offers import Offer
from bulltui.tui.acts.scene import NOTHING, Scene
from bulltui.tui.panes.detail_pane import DetailPane
from bulltui.tui.panes.job_pane import JobPane
from bulltui.tui.panes.queue_pane import QueuePane
from bulltui.tui.screens.main_layout import Level


def of_queues(queues: QueuePane, snapshot: Snapshot) -> Scene:
    """The marked queues, or the one under the cursor."""
    refs = queues.meant
    wanted = set(refs)
    rows = tuple(row for row in snapshot.rows if row.ref in wanted)
    return Scene(refs, rows, all_rows=snapshot.rows)


def of_jobs(jobs: JobPane, snapshot: Snapshot) -> Scene:
    """The marked jobs, or the one under the cursor."""
    if jobs.ref is None:
        return NOTHING
    row = snapshot.row(jobs.ref)
    locked = jobs.locked if len(jobs.meant) == 1 else None
    return Scene(
        (jobs.ref,),
        () if row is None else (row,),
        jobs.state,
        jobs.meant,
        None if locked is None else not locked,
        snapshot.rows,
    )


def of_job(detail: DetailPane, snapshot: Snapshot) -> Scene:
    """The open job, as far as it is known."""
    key = detail.shown
    return NOTHING if key is None else scene_of_job(JobRef(key.ref, key.id), detail.job, snapshot)


def scene_of_job(which: JobRef, job: Job | None, snapshot: Snapshot) -> Scene:
    """A job; None as long as it is not read, or where it is gone."""
    row = snapshot.row(which.ref)
    stalled = None if job is None or job.state is not JobState.ACTIVE else job.lock_ttl_ms is None
    return Scene(
        (which.ref,),
        () if row is None else (row,),
        None if job is None else job.state,
        (which.id,),
        stalled,
        snapshot.rows,
    )


def scene_of_queue(ref: QueueRef, snapshot: Snapshot) -> Scene:
    """A queue."""
    row = snapshot.row(ref)
    return Scene((ref,), () if row is None else (row,), all_rows=snapshot.rows)


def offers_at(level: Level, queues: QueuePane, jobs: JobPane, detail: DetailPane) -> tuple[Offer, ...]:
    """What can be written into a file in the pane of `level`."""
    if level is Level.QUEUES:
        return (offers.of_queues(queues.meant),) if queues.meant else ()
    if level is Level.JOB:
        key = detail.shown
        return () if key is None else (offers.of_jobs(lambda: (Jobs(key.ref, (key.id,)),), 1, "open", key.ref),)
    ref, state = jobs.ref, jobs.state
    if ref is None:
        return ()
    marks, query, row = jobs.table.marks, jobs.filter, jobs.row
    found = [offers.of_jobs(lambda: (Jobs(ref, jobs.meant),), len(marks), "marked", ref)] if marks else []
    if query is not None:
        found.append(offers.of_search(query, (ref,), (state,), f"all {state.value} that fit"))
    found.append(offers.of_state(ref, state, 0 if row is None else row.queue.counts.of(state)))
    paths = jobs.columns_of_csv
    return tuple(replace(one, columns=paths) for one in (*found, offers.of_queues((ref,))))


def scene_at(level: Level, queues: QueuePane, jobs: JobPane, detail: DetailPane, snapshot: Snapshot) -> Scene:
    """What is meant in the pane of `level`."""
    if level is Level.QUEUES:
        return of_queues(queues, snapshot)
    return of_jobs(jobs, snapshot) if level is Level.JOBS else of_job(detail, snapshot)
