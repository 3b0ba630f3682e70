"""Fields of a job's hash as the scripts and their plain counterparts answer them."""

from collections.abc import Sequence

from bulltui.domain.fields import Field, raw_field
from bulltui.domain.job import LIST_FIELDS
from bulltui.domain.text import exact
from bulltui.store.calls import Raw

JOB_FIELDS = (
    "name",
    "data",
    "opts",
    "timestamp",
    "delay",
    "priority",
    "attemptsMade",
    "atm",
    "ats",
    "stc",
    "processedOn",
    "finishedOn",
    "failedReason",
    "stacktrace",
    "returnvalue",
    "progress",
    "pb",
    "rjk",
    "deid",
    "parentKey",
    "parent",
    "defa",
)
"""The fields that the libraries write into a job's hash and that say something here."""

MANY_FIELDS = 500
"""In a hash with more fields than this only the library's are read."""

READABLE = 65_536
"""A larger field is not read for a list at all: the server can only hand out all of it."""

READABLE_PLAIN = 16_384
"""The same without scripts, where all of it comes over the wire."""

BUDGET = 1_000_000
"""Bytes of values in one page."""


def list_fields(answer: Sequence[Raw]) -> dict[str, Field]:
    """The fields of a row of a page: size and value for each of `LIST_FIELDS`; absent ones have size 0."""
    fields: dict[str, Field] = {}
    for (name, _), size, value in zip(LIST_FIELDS, answer[::2], answer[1::2], strict=False):
        if size:
            fields[name] = raw_field(value or b"", int(size))
    return fields


def all_fields(answer: Sequence[Raw]) -> dict[str, Field]:
    """The fields of a job: name, size and value for each."""
    return {
        exact(name): raw_field(value or b"", int(size))
        for name, size, value in zip(answer[::3], answer[1::3], answer[2::3], strict=False)
    }
