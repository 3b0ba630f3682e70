"""What programs get: the JSON documents and CSV rows of everything but jobs' own fields. These shapes are stable."""

from bulltui.cli.output import Scalar
from bulltui.domain.job import JobSummary
from bulltui.domain.jsontext import Json, dump
from bulltui.domain.queue import Counts, QueueRef, RateLimit
from bulltui.domain.scheduler import Scheduler
from bulltui.domain.series import MetricSeries
from bulltui.domain.snapshot import QueueRow
from bulltui.domain.states import LISTED
from bulltui.domain.worker import Worker


def of_server(ref: QueueRef) -> dict[str, str]:
    """The label of a queue's server, where several are shown."""
    return {"server": ref.server} if ref.server else {}


# --- queues


def _counts(counts: Counts) -> dict[str, int]:
    return {state.value: counts.of(state) for state in LISTED}


def _rate_limit(limit: RateLimit) -> dict[str, Json] | None:
    if limit == RateLimit():
        return None
    return {
        "max": limit.maximum,
        "duration": limit.duration_ms,
        "used": limit.used,
        "ttl": limit.ttl_ms,
        "limited": limit.limited,
    }


def queue_document(row: QueueRow) -> dict[str, Json]:
    """A queue as a JSON object."""
    queue, rates = row.queue, row.rates
    return {
        "name": queue.ref.name,
        "prefix": queue.ref.prefix,
        **of_server(queue.ref),
        "layout": {
            "name": queue.layout.layout.value,
            "sure": queue.layout.sure,
            "evidence": list(queue.layout.evidence),
        },
        "version": queue.version or None,
        "paused": queue.paused,
        "counts": _counts(queue.counts),
        "concurrency": queue.concurrency,
        "rateLimit": _rate_limit(queue.limit),
        "workers": row.workers,
        "rates": {
            "added": rates.added,
            "finished": rates.finished,
            "failed": rates.failed,
            "estimated": rates.estimated,
        },
        "schedulers": queue.schedulers,
        "oldestWaitingAt": queue.oldest_waiting_at,
        "faults": list(queue.faults),
    }


QUEUE_FIELDS = (
    "name",
    "prefix",
    "layout",
    "layoutSure",
    "version",
    "isPaused",
    *(state.value for state in LISTED),
    "concurrency",
    "limited",
    "workers",
    "schedulers",
    "oldestWaitingAt",
)


def queue_row(row: QueueRow) -> dict[str, Scalar]:
    """A queue as plain values."""
    queue = row.queue
    return {
        "name": queue.ref.name,
        "prefix": queue.ref.prefix,
        **of_server(queue.ref),
        "layout": queue.layout.layout.value,
        "layoutSure": queue.layout.sure,
        "version": queue.version,
        "isPaused": queue.paused,  # `paused` is the count of that state
        **_counts(queue.counts),
        "concurrency": queue.concurrency,
        "limited": queue.limit.limited,
        "workers": row.workers,
        "schedulers": queue.schedulers,
        "oldestWaitingAt": queue.oldest_waiting_at,
    }


def series_document(series: MetricSeries, now_ms: int, minutes: int) -> dict[str, Json]:
    """Jobs finished: the total, and of each of the last whole minutes, oldest first."""
    return {"count": series.count, "perMinute": list(series.per_minute(now_ms, minutes))}


# --- jobs

JOB_FIELDS = (
    "id",
    "name",
    "queue",
    "prefix",
    "state",
    "timestamp",
    "processedOn",
    "finishedOn",
    "delay",
    "priority",
    "attemptsMade",
    "attemptsStarted",
    "stalledCounter",
    "progress",
    "failedReason",
    "processedBy",
    "repeatJobKey",
    "parentKey",
    "dataSize",
    "missing",
)


def job_row(ref: QueueRef, job: JobSummary) -> dict[str, Scalar]:
    """A job of a list as plain values. Its payload is in the JSON form only."""
    progress = job.progress
    return {
        "id": job.id,
        "name": job.name,
        "queue": ref.name,
        "prefix": ref.prefix,
        **of_server(ref),
        "state": job.state.value,
        "timestamp": job.timestamp,
        "processedOn": job.processed_on,
        "finishedOn": job.finished_on,
        "delay": job.delay,
        "priority": job.priority,
        "attemptsMade": job.attempts_made,
        "attemptsStarted": job.attempts_started,
        "stalledCounter": job.stalled_counter,
        "progress": progress if progress is None or isinstance(progress, str | int | float) else dump(progress),
        "failedReason": job.failed_reason,
        "processedBy": job.processed_by,
        "repeatJobKey": job.scheduler,
        "parentKey": job.parent_key,
        "dataSize": job.data_size,
        "missing": job.missing,
    }


# --- workers

WORKER_FIELDS = ("queue", "prefix", "name", "client", "address", "ageSeconds", "idleSeconds", "command", "library")


def worker_document(worker: Worker) -> dict[str, Scalar]:
    """A worker's connection as plain values, for JSON and CSV alike."""
    client = worker.client
    return {
        "queue": worker.queue.name,
        "prefix": worker.queue.prefix,
        **of_server(worker.queue),
        "name": worker.name,
        "client": client.id,
        "address": client.address,
        "ageSeconds": client.age_s,
        "idleSeconds": client.idle_s,
        "command": client.command,
        "library": client.library,
    }


# --- schedulers

SCHEDULER_FIELDS = (
    "id",
    "name",
    "queue",
    "prefix",
    "next",
    "every",
    "pattern",
    "tz",
    "limit",
    "startDate",
    "endDate",
    "offset",
    "iterationCount",
    "armed",
    "legacy",
)


def scheduler_row(ref: QueueRef, scheduler: Scheduler) -> dict[str, Scalar]:
    """A scheduler as plain values, named as BullMQ names them."""
    return {
        "id": scheduler.id,
        "name": scheduler.name,
        "queue": ref.name,
        "prefix": ref.prefix,
        **of_server(ref),
        "next": scheduler.next_at,
        "every": scheduler.every_ms,
        "pattern": scheduler.pattern or None,
        "tz": scheduler.timezone or None,
        "limit": scheduler.limit,
        "startDate": scheduler.start_at,
        "endDate": scheduler.end_at,
        "offset": scheduler.offset_ms,
        "iterationCount": scheduler.iterations,
        "armed": scheduler.armed,
        "legacy": scheduler.legacy,
    }


def scheduler_document(ref: QueueRef, scheduler: Scheduler) -> dict[str, Json]:
    """A scheduler as a JSON object, with the template of its jobs."""
    data = scheduler.template_data
    document: dict[str, Json] = dict(scheduler_row(ref, scheduler))
    document["template"] = {"data": data.value, "opts": scheduler.template_opts}
    if not data.ok:
        document["problems"] = [f"data is {data.problem}"]
        document["raw"] = {"data": data.text}
    return document
