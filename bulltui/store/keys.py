"""How keys are made and read. Names and prefixes may hold colons and any bytes, so keys are built, never split at the
first colon."""

from bulltui.domain.queue import QueueRef
from bulltui.domain.text import to_bytes


def base(ref: QueueRef) -> bytes:
    """The start of every key of a queue, with the last colon."""
    return to_bytes(ref.key) + b":"


def key(ref: QueueRef, suffix: str) -> bytes:
    """A key of a queue."""
    return base(ref) + suffix.encode()


def job_key(ref: QueueRef, job_id: str) -> bytes:
    """The key of a job's hash."""
    return base(ref) + to_bytes(job_id)


_GLOB_SIGNS = b"*?[]\\^-"


def glob_literal(text: bytes) -> bytes:
    """`text` for a MATCH pattern, its special signs taken literally."""
    return b"".join(b"\\" + bytes([byte]) if byte in _GLOB_SIGNS else bytes([byte]) for byte in text)
