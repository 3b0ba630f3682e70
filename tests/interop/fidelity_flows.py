"""Cases of fidelity: parents and children."""

from collections.abc import Iterator

from bulltui.domain.actions import Fail, Promote, Release, Remove, RemoveChildren, Retry
from bulltui.domain.outcome import Reason
from bulltui.domain.states import JobState
from tests.interop.fidelity import MODERN, NEWEST, Case, one
from tests.interop.fidelity_instead import NO_STACK

_FAILED = {"p-failed": MODERN, "f-failed": MODERN, "b-failed": MODERN, "i-failed": NEWEST, "c-failed": NEWEST}
_COMPLETED = ("w-done", "p-done", "t-done", "d-done")
_PARENTS = {
    **dict.fromkeys(("waits", "last", "near", "pair", "deep", "through", "forgets", "breaks"), MODERN),
    **dict.fromkeys(("ignores", "continues"), NEWEST),
}
_CHILDREN = {
    **dict.fromkeys(("w-delayed", "w-done", "l-only", "p-failed", "p-done", "t-done"), "parts"),
    **dict.fromkeys(("w-pending", "d-inner", "d-leaf"), "store"),
    "n-only": "orders",
}
_JAMMED = {"j-stuck": MODERN, "jf-stuck": MODERN, "jb-stuck": MODERN, "ji-stuck": NEWEST, "jc-stuck": NEWEST}


def _cases() -> Iterator[Case]:
    for job_id, libraries in _FAILED.items():
        target = one("parts", job_id, JobState.FAILED)
        yield Case(f"retry the child {job_id}", "flow", "retry", Retry(), target, {"id": job_id}, libraries)
        reset = {"id": job_id, "opts": {"resetAttemptsMade": True, "resetAttemptsStarted": True}}
        yield Case(f"retry the child {job_id} anew", "flow", "retry", Retry(reset_attempts=True), target, reset, NEWEST)
    for job_id in _COMPLETED:
        target, at = one("parts", job_id, JobState.COMPLETED), {"id": job_id, "state": "completed"}
        yield Case(f"retry the child {job_id}", "flow", "retry", Retry(), target, at)
    for job_id in ("w-delayed", "l-only"):
        target = one("parts", job_id, JobState.DELAYED)
        yield Case(f"promote the child {job_id}", "flow", "promote", Promote(), target, {"id": job_id})
    for job_id, libraries in _PARENTS.items():
        for children in (False, True):
            yield Case(
                f"remove the parent {job_id}{' with children' if children else ''}",
                "flow",
                "remove",
                Remove(children=children),
                one("orders", job_id),
                {"id": job_id, "children": children},
                libraries,
                skips=Reason.LOCKED if children and job_id == "waits" else None,
            )
    for job_id, queue in _CHILDREN.items():
        for children in (False, True):
            yield Case(
                f"remove the child {job_id}{' with children' if children else ''}",
                "flow",
                "remove",
                Remove(children=children),
                one(queue, job_id),
                {"id": job_id, "children": children},
            )
    for job_id, libraries in {**_FAILED, "i-pending": NEWEST, "f-pending": MODERN, "c-pending": NEWEST}.items():
        queue = "parts" if job_id.endswith("failed") else "store"
        yield Case(
            f"remove the child {job_id}", "flow", "remove", Remove(), one(queue, job_id), {"id": job_id}, libraries
        )
    for job_id in ("waits", "last", "near", "deep", "ignores", "pair"):
        yield Case(
            f"remove the unprocessed children of {job_id}",
            "flow",
            "removeChildren",
            RemoveChildren(),
            one("orders", job_id),
            {"id": job_id},
            NEWEST,
            skips=Reason.CHILDREN if job_id == "pair" else None,  # its only pending child has failed
        )
    for job_id, libraries in _JAMMED.items():
        target = one("parts", job_id, JobState.ACTIVE)
        yield Case(f"release the child {job_id}", "flow", "release", Release(), target, {"id": job_id}, NEWEST)
        reason = {"id": job_id, "reason": "failed by hand"}
        yield Case(f"fail the child {job_id}", "flow", "fail", Fail(), target, reason, libraries, differs=NO_STACK)


CASES = tuple(_cases())
