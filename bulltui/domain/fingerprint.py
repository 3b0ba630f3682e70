"""What makes two errors the same: the message without what varies in it, and where in the user's own code it arose."""

import re
from functools import lru_cache
from hashlib import blake2b

from bulltui.domain.error_groups import Fingerprint
from bulltui.domain.fingerprint_text import title_of
from bulltui.domain.frames import head_and_frame

NO_MESSAGE = "(no message)"

NO_ERROR = "(what was thrown is no error)"
"""Of `throw "text"` and the like: BullMQ then stores the message `null` and no trace, whatever was thrown."""

_CLASS = re.compile(r"(?:Uncaught )?([A-Za-z_$][\w$.]{0,99}(?: \[\w+\])?)(?:: |:?\n|:?$)")
_ERROR_CLASS = re.compile(r"(?:Error|Exception|Fault|Warning)(?: \[\w+\])?$")
_PYTHON_CLASS = re.compile(r"^([A-Za-z_][\w.]{0,99})(?:: .*)?$")


def fingerprint(failed_reason: str, stacktrace: str | None) -> Fingerprint:
    """The fingerprint of a failed job, from its fields `failedReason` and `stacktrace` as they are stored, of which
    either may be cut off, the latter at either end. Never raises."""
    head, frame = head_and_frame(stacktrace) if stacktrace else ("", "")
    return _fingerprint(failed_reason, error_class(head, failed_reason), frame)


@lru_cache(8_192)
def _fingerprint(reason: str, kind: str, frame: str) -> Fingerprint:
    title = NO_ERROR if reason in ("null", "undefined") and not (kind or frame) else title_of(reason)
    if kind not in ("", "Error") and not title.startswith(kind.partition(" ")[0]):
        title = f"{kind}: {title}" if title else kind
    return _keyed(title or NO_MESSAGE, frame)


@lru_cache(8_192)
def _keyed(title: str, frame: str) -> Fingerprint:
    words = f"{title}\n{frame}".encode("utf-8", "surrogatepass")
    return Fingerprint(blake2b(words, digest_size=5).hexdigest(), title, frame)


def error_class(head: str, reason: str) -> str:
    """The class of the error, such as `TypeError [ERR_INVALID_URL]`, as the head of its trace has it; empty where that
    does not say."""
    if head.startswith(("Traceback (", "  File ")) or "\nTraceback (" in head:
        return _python_class(head)
    found = _CLASS.match(head)
    if not found:
        return ""
    # What stands before a colon is a class if it is named like one, or else if the message follows.
    start = reason.lstrip()[:40]
    return found[1] if _ERROR_CLASS.search(found[1]) or head[found.end() :].lstrip().startswith(start) else ""


def _python_class(trace: str) -> str:
    """Python writes the error last, behind its frames."""
    for line in reversed(trace.rstrip().split("\n")[-50:]):
        if not line.startswith(" ") and (found := _PYTHON_CLASS.match(line)):
            return found[1].rpartition(".")[2]
    return ""
