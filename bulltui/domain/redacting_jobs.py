"""Masks what rules hide in jobs, rows, schedulers and events (`domain.redaction`)."""

from dataclasses import replace

from bulltui.domain.event import Event
from bulltui.domain.fields import Field, RawHash
from bulltui.domain.job import Job, JobSummary, decode
from bulltui.domain.jsontext import Json, Parsed, dump, parse
from bulltui.domain.redacting import masked
from bulltui.domain.redaction import MASK, PAYLOADS, Redaction, has_mask
from bulltui.domain.scheduler import Scheduler
from bulltui.domain.text import to_bytes


def masked_hash(redaction: Redaction, raw: RawHash) -> RawHash:
    """A job's hash with what is hidden masked, the very same where nothing is. Sizes stay those of what is stored."""
    changed = {}
    for name in redaction.fields:
        found = raw.get(name)
        if found is not None:
            text = masked(redaction, name, found.text, cut=found.cut)
            if text != found.text:
                changed[name] = Field(text, found.size, found.cut)
    return {**raw, **changed} if changed else raw


def masked_job(redaction: Redaction, job: Job) -> Job:
    """A job with what is hidden masked, the very same where nothing is."""
    raw = masked_hash(redaction, job.raw)
    if raw is job.raw:
        return job
    made = decode(job.id, job.queue, job.state, raw)
    return replace(job, raw=raw, data=made.data, opts=made.opts, progress=made.progress, returnvalue=made.returnvalue)


def masked_row(redaction: Redaction, row: JobSummary) -> JobSummary:
    """What a table shows of a job, with what is hidden masked."""
    preview, progress = row.data_preview, row.progress
    if redaction.covers("data") and preview:
        preview = masked(redaction, "data", preview, cut=row.data_size > len(to_bytes(preview)))
    if redaction.covers("progress"):
        progress = masked_value(redaction, "progress", progress)
    return replace(row, data_preview=preview, progress=progress)


def masked_value(redaction: Redaction, name: str, value: Json) -> Json:
    """The value of the payload `name` with what is hidden masked."""
    if value is None or not redaction.covers(name):
        return value
    text = dump(value)
    found = masked(redaction, name, text)
    return value if found == text else parse(found, MASK).value


def masked_scheduler(redaction: Redaction, scheduler: Scheduler) -> Scheduler:
    """A scheduler whose template of jobs has what is hidden masked."""
    data, opts = scheduler.template_data, scheduler.template_opts
    text = masked(redaction, "data", data.text, cut=not data.ok)
    if text != data.text:
        data = Parsed(text, data.value, data.problem) if not data.ok else parse(text)
    return replace(scheduler, template_data=data, template_opts=masked_value(redaction, "opts", opts))


def masked_event(redaction: Redaction, event: Event) -> Event:
    """An event with what is hidden in its payloads masked. The one of a progress calls that `data`."""
    fields = dict(event.fields)
    for name, text in event.fields.items():
        payload = "progress" if name == "data" and event.kind == "progress" else name
        if payload in redaction.fields:
            fields[name] = masked(redaction, payload, text, cut=name in event.cut)
    return event if fields == event.fields else replace(event, fields=fields)


def is_masked(raw: RawHash) -> bool:
    """Whether something of a job's payloads is masked: what is there is not what is stored. Of a job that has the words
    of the mask in its own data this is said too."""
    return any(has_mask(raw[name].text) for name in PAYLOADS if name in raw)
