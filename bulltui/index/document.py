"""A job as the index holds it."""

from dataclasses import dataclass

from bulltui.domain.fields import RawHash
from bulltui.domain.fingerprint import fingerprint
from bulltui.domain.jsontext import parse
from bulltui.domain.query.folding import fold
from bulltui.domain.query.json_values import scalars
from bulltui.domain.scan import Want
from bulltui.domain.text import to_bytes, valid_unicode

WANTS = (Want("name"), Want("failedReason"), Want("data"), Want("stacktrace", 4_096, tail=True))
"""What is read of a job."""

PLACES = ("name", "failedReason", "data")
"""Fields whose texts are found."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`text` is all that can be found, folded: in what is within JSON as stored and, where that has escapes, as meant.
    `error` is the title of the error's fingerprint."""

    id: str
    text: str
    name: str
    error: str


def entry_of(job_id: str, raw: RawHash) -> Entry:
    """What the index has of a job."""
    texts = [raw[name].text for name in PLACES if name in raw]
    data = raw["data"].text if "data" in raw else ""
    if "\\" in data:
        parsed = parse(data)
        if parsed.ok:
            texts += scalars(parsed.value)
    failed = raw.get("failedReason")
    trace = raw.get("stacktrace")
    error = fingerprint(failed.text, trace.text if trace else None).title if failed and failed.text else ""
    name = raw["name"].text if "name" in raw else ""
    return Entry(key_of(job_id), searchable("\n".join(texts)), valid_unicode(name[:200]), valid_unicode(error[:500]))


def searchable(text: str) -> str:
    """A text, or a part of one, as it is found in another."""
    return valid_unicode(fold(text))


def key_of(job_id: str) -> str:
    """An id as any valid text, of which `id_of` makes the same id."""
    return to_bytes(job_id).decode("latin-1")


def id_of(key: str) -> str:
    """The id of a key."""
    return key.encode("latin-1").decode("utf-8", "surrogateescape")
