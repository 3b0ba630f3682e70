"""Cases of fidelity: acts on single jobs that belong to no flow."""

import json
from collections.abc import Iterator

from bulltui.domain.actions import (
    AddLog,
    Fail,
    Promote,
    Release,
    Remove,
    Reprioritize,
    Reschedule,
    Retry,
    UpdateData,
)
from bulltui.domain.outcome import Reason
from bulltui.domain.states import JobState
from tests.interop.fidelity import ALL, BOTH, MODERN, NEWEST, RUNNING, Case, one
from tests.interop.fidelity_instead import (
    KEEPS_FAILED,
    KEEPS_PRIORITY,
    LEAVES_HELD,
    LEAVES_PRIORITY,
    LOSES_PRIORITY,
    NO_STACK,
    SPARES_ARMED,
)

HOUR = 3_600_000
DATA = '{"to":"ann@example.com","list":[],"path":"a/b","n":0.1}'

_STATES = {
    JobState.FAILED: ("broken", "broken-urgent", "broken-lifo", "broken-again"),
    JobState.COMPLETED: ("done", "done-urgent", "done-lifo"),
    JobState.ACTIVE: ("held", "stuck", "stuck-urgent", "stuck-again"),
    JobState.WAITING: ("first", "second", "third", "before"),
    JobState.PRIORITIZED: ("urgent-5", "urgent-2", "urgent-5b"),
    JobState.DELAYED: ("hour", "two-hours", "hour-urgent", "hour-lifo"),
}
"""The jobs of the scene `states`."""
_LINES = (JobState.WAITING, JobState.PRIORITIZED)
"""By version and pause these are other states to those that count."""
_EVERYONE = {job_id: state for state, ids in _STATES.items() for job_id in ids}


def _retry() -> Iterator[Case]:
    for scene in ("states", "idle", "quiet"):
        for state in (JobState.FAILED, JobState.COMPLETED):
            for job_id in _STATES[state]:
                yield Case(
                    f"retry {job_id}",
                    scene,
                    "retry",
                    Retry(),
                    one("mail", job_id, state),
                    {"id": job_id, "state": state.value},
                    libraries=ALL,
                    paused=RUNNING if scene == "quiet" else BOTH,
                    differs=KEEPS_PRIORITY if "urgent" in job_id else {},
                )
    for job_id in ("broken", "broken-again"):
        reset = {"resetAttemptsMade": True, "resetAttemptsStarted": True}
        yield Case(
            f"retry {job_id} with its attempts anew",
            "states",
            "retry",
            Retry(reset_attempts=True),
            one("mail", job_id, JobState.FAILED),
            {"id": job_id, "state": "failed", "opts": reset},
            libraries=NEWEST,
        )
    yield Case("retry when all slots are taken", "limits", "retry", Retry(), one("mail", "broken"), {"id": "broken"})
    for job_id in ("first", "urgent-5", "hour", "stuck"):
        yield Case(
            f"retry {job_id}",
            "states",
            "retry",
            Retry(),
            one("mail", job_id, JobState.FAILED),
            {"id": job_id},
            skips=Reason.STATE,
        )
    yield Case(
        "retry nobody", "states", "retry", Retry(), one("mail", "nobody"), {"id": "nobody"}, skips=Reason.MISSING
    )


def _remove() -> Iterator[Case]:
    for job_id, state in _EVERYONE.items():
        yield Case(
            f"remove {job_id}",
            "states",
            "remove",
            Remove(),
            one("mail", job_id, None if state in _LINES else state),
            {"id": job_id},
            libraries=ALL,
            skips=Reason.LOCKED if job_id == "held" else None,
        )
    for job_id in ("owner", "windowed", "debounced", "broken", "busy", "busy-next"):
        yield Case(
            f"remove the deduplicated {job_id}",
            "dedup",
            "remove",
            Remove(),
            one("mail", job_id),
            {"id": job_id},
            libraries=NEWEST,
            skips=Reason.LOCKED if job_id == "busy" else Reason.MISSING if job_id == "busy-next" else None,
        )
    for scheduler in ("@nightly", "@pulse", "@urgent"):
        yield Case(
            f"remove {scheduler}",
            "schedulers",
            "remove",
            Remove(),
            one("mail", scheduler),
            {"id": scheduler},
            libraries=NEWEST,
            skips=Reason.SCHEDULER,
        )


def _promote() -> Iterator[Case]:
    for scene in ("states", "idle"):
        for job_id in _STATES[JobState.DELAYED]:
            yield Case(
                f"promote {job_id}",
                scene,
                "promote",
                Promote(),
                one("mail", job_id, JobState.DELAYED),
                {"id": job_id},
                libraries=ALL,
                differs=LEAVES_PRIORITY if "urgent" in job_id else {},
            )
    for job_id in ("first", "broken", "urgent-5"):
        yield Case(
            f"promote {job_id}",
            "states",
            "promote",
            Promote(),
            one("mail", job_id, JobState.DELAYED),
            {"id": job_id},
            skips=Reason.STATE,
        )
    for scheduler in ("@nightly", "@urgent"):
        yield Case(
            f"promote {scheduler}",
            "schedulers",
            "promote",
            Promote(),
            one("mail", scheduler),
            {"id": scheduler},
            libraries=NEWEST,
            differs=SPARES_ARMED,
        )
        yield Case(
            f"promote {scheduler} that is meant",
            "schedulers",
            "promote",
            Promote(scheduled=True),
            one("mail", scheduler),
            {"id": scheduler},
            libraries=NEWEST,
        )


_PRIORITIES = (
    *(("first", 3), ("third", 3), ("before", 9), ("urgent-5", 0), ("urgent-5", 2), ("urgent-2", 7), ("urgent-5b", 5)),
    *(("hour", 3), ("hour-urgent", 0), ("broken", 3), ("broken-urgent", 0), ("done", 2), ("stuck", 2)),
)


def _priority() -> Iterator[Case]:
    for job_id, priority in _PRIORITIES:
        for lifo in (False, True):
            yield Case(
                f"priority {priority} for {job_id}{' lifo' if lifo else ''}",
                "states",
                "priority",
                Reprioritize(priority, lifo),
                one("mail", job_id),
                {"id": job_id, "priority": priority, "lifo": lifo},
                libraries=NEWEST if lifo else MODERN,
                differs=LOSES_PRIORITY if priority == 0 and job_id.startswith("urgent") else {},
            )


def _small() -> Iterator[Case]:
    for job_id in ("hour", "two-hours", "hour-urgent"):
        for delay in (HOUR // 2, 3 * HOUR):
            yield Case(
                f"delay {job_id} by {delay // 60_000} min",
                "states",
                "delay",
                Reschedule(delay),
                one("mail", job_id),
                {"id": job_id, "delay": delay},
                libraries=ALL,
            )
    yield Case(
        "delay where nothing waits", "idle", "delay", Reschedule(HOUR // 2), one("mail", "two-hours"),
        {"id": "two-hours", "delay": HOUR // 2}, libraries=ALL,
    )  # fmt: skip
    yield Case(
        "delay first", "states", "delay", Reschedule(HOUR), one("mail", "first"), {"id": "first", "delay": HOUR},
        skips=Reason.STATE,
    )  # fmt: skip
    for job_id in ("first", "broken", "held", "hour"):
        at = {"id": job_id, "data": json.loads(DATA)}
        yield Case(f"data of {job_id}", "states", "data", UpdateData(DATA), one("mail", job_id), at, ALL, RUNNING)
        line = {"id": job_id, "line": "seen by ann ✓"}
        yield Case(f"log of {job_id}", "states", "log", AddLog(line["line"]), one("mail", job_id), line, ALL, RUNNING)


def _odd() -> Iterator[Case]:
    """Ids as people make them, of `node/scenes.mjs`."""
    for job_id in ("x:y:z", "🐂-42", 'it\'s "quoted"', "a*b?[c]\\", " ", "stalled-check-ü"):
        later = f"{job_id}{'' if job_id == 'x:y:z' else '~'}later"
        at = {"id": job_id}
        yield Case(f"retry {job_id}", "odd", "retry", Retry(), one("mail", job_id), at, paused=RUNNING)
        yield Case(f"remove {job_id}", "odd", "remove", Remove(), one("mail", job_id), at, paused=RUNNING)
        yield Case(
            f"log of {job_id}", "odd", "log", AddLog("ü"), one("mail", job_id), at | {"line": "ü"}, paused=RUNNING
        )
        yield Case(f"promote {later}", "odd", "promote", Promote(), one("mail", later), {"id": later}, paused=RUNNING)


_OWN_END = ("stuck-gone", "stuck-few", "stuck-lifo", "stuck-simple", "stuck-window", "stuck-kept")


def _stuck() -> Iterator[Case]:
    for job_id in _OWN_END:
        target = one("mail", job_id)
        yield Case(f"release {job_id}", "stuck", "release", Release(), target, {"id": job_id}, NEWEST)
        yield Case(
            f"fail {job_id}",
            "stuck",
            "fail",
            Fail(),
            target,
            {"id": job_id, "reason": "failed by hand"},
            MODERN if job_id in _OWN_END[:3] else NEWEST,
            differs=KEEPS_FAILED if job_id in _OWN_END[:2] else NO_STACK,
        )

    for job_id in _STATES[JobState.ACTIVE]:
        held = job_id == "held"
        yield Case(
            f"release {job_id}",
            "states",
            "release",
            Release(),
            one("mail", job_id),
            {"id": job_id},
            NEWEST,
            differs=LEAVES_HELD if held else {},
        )
        yield Case(
            f"fail {job_id}",
            "states",
            "fail",
            Fail(),
            one("mail", job_id),
            {"id": job_id, "reason": "failed by hand"},
            differs=LEAVES_HELD if held else NO_STACK,
        )


CASES = (*_retry(), *_remove(), *_promote(), *_priority(), *_small(), *_stuck(), *_odd())
