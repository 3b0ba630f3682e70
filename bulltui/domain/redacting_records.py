"""Masks what rules hide in what is saved of jobs and queues (`domain.record`)."""

from dataclasses import replace

from bulltui.domain.record import Record, SavedJob, SavedKey, SavedQueue, Value
from bulltui.domain.redacting import masked
from bulltui.domain.redaction import Redaction

_RESULTS = ":processed"
"""The hash of a parent that has the results of its children."""


def masked_record(redaction: Redaction, record: Record) -> Record:
    """A record without what is hidden, and marked where that takes something from it; else the very same."""
    if not isinstance(record, SavedJob | SavedQueue):
        return record
    keys = tuple(_key(redaction, key) for key in record.keys)
    if isinstance(record, SavedQueue):
        return replace(record, keys=keys) if any(key.masked for key in keys) else record
    links = tuple(_key(redaction, key) for key in record.links)  # one may be a whole job that waits for this one's end
    return replace(record, keys=keys, links=links, masked=True) if any(key.masked for key in keys + links) else record


def is_kept(redaction: Redaction, job: SavedJob) -> bool:
    """Whether a job can be saved in full."""
    return not any(_key(redaction, key).masked for key in job.keys + job.links)


def _key(redaction: Redaction, key: SavedKey) -> SavedKey:
    if key.kind != "hash" or isinstance(key.value, str):
        return key
    results = key.key.endswith(_RESULTS)
    value: Value = tuple(
        (entry[0], masked(redaction, "returnvalue" if results else entry[0], entry[1])) for entry in key.value
    )
    return key if value == key.value else replace(key, value=value, masked=True)
