"""The JSON form of a job: the fields of BullMQ's own `Job.toJSON`, plus `state`, `queue` and what was wrong with it."""

from bulltui.domain.fields import long_options
from bulltui.domain.job import Job
from bulltui.domain.jsontext import Json, Parsed


def _optional(document: dict[str, Json], **values: Json) -> None:
    document.update({name: value for name, value in values.items() if value not in (None, "")})


def job_document(job: Job) -> dict[str, Json]:
    """`job` as a JSON object. Absent optional fields are left out, as `toJSON` leaves them out.

    `problems` lists fields that could not be read, `raw` their exact text; `sizes` names fields of which only a part
    was read, with their true size in bytes. All three only when there is something to say.
    """
    document: dict[str, Json] = {
        "id": job.id,
        "name": job.name,
        "queue": job.queue.name,
        "prefix": job.queue.prefix,
        **({"server": job.queue.server} if job.queue.server else {}),
        "state": job.state.value,
        "data": job.data.value,
        "opts": long_options(job.opts.value),
        "progress": job.progress.value,
        "delay": job.delay,
        "priority": job.priority,
        "timestamp": job.timestamp,
        "attemptsMade": job.attempts_made,
        "attemptsStarted": job.attempts_started,
        "stalledCounter": job.stalled_counter,
        "stacktrace": list(job.stacktrace),
    }
    if "returnvalue" in job.raw and job.returnvalue.ok:
        document["returnvalue"] = job.returnvalue.value
    _optional(
        document,
        failedReason=job.failed_reason,
        processedOn=job.processed_on,
        finishedOn=job.finished_on,
        parentKey=job.parent_key,
        parent=job.parent.value,
        repeatJobKey=job.scheduler,
        deduplicationId=job.deduplication_id,
        processedBy=job.processed_by,
        deferredFailure=job.deferred_failure,
    )
    _tell_troubles(job, document)
    return document


def _tell_troubles(job: Job, document: dict[str, Json]) -> None:
    if job.missing:
        document["missing"] = True
    if job.problems:
        document["problems"] = list(job.problems)
    fields: dict[str, Parsed] = {
        "data": job.data,
        "opts": job.opts,
        "progress": job.progress,
        "returnvalue": job.returnvalue,
        "parent": job.parent,
    }
    raw = {name: parsed.text for name, parsed in fields.items() if not parsed.ok}
    if raw:
        document["raw"] = raw
    sizes = {name: found.size for name, found in job.raw.items() if found.cut}
    if sizes:
        document["sizes"] = sizes
