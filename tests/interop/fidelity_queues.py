"""Cases of fidelity: acts on whole queues, on all jobs of a state, and on schedulers."""

from collections.abc import Iterator, Mapping

from bulltui.domain.actions import (
    Clean,
    ClearRateLimit,
    Drain,
    Obliterate,
    Pause,
    Promote,
    RemoveDeduplication,
    Resume,
    Retry,
    SetConcurrency,
    SetRateLimit,
    TrimEvents,
    Unschedule,
)
from bulltui.domain.outcome import Reason
from bulltui.domain.states import SUFFIX, JobState
from tests.interop.fidelity import ALL, BOTH, MODERN, NEWEST, RUNNING, Case, Differs, every, scheduler, whole
from tests.interop.fidelity_instead import (
    PROMOTES_ONE_BY_ONE,
    PROMOTES_UNARMED,
    RELINKS,
    RETRIES_ONE_BY_ONE,
    SAYS_AGAIN,
)
from tests.interop.fidelity_instead_queues import (
    CLEANS_NO_HELD,
    CLEANS_NO_LIST,
    CLEANS_NO_REPEATABLES,
    CLEANS_NOTHING,
    CLEANS_UP_TO_LIMIT,
    CLEARS_LIMITER,
    CLEARS_PARENTS,
    COUNTS_NO_MARKER,
    EMPTIES_PAUSED_LAST,
    LETS_INNER_GO_ON,
    LETS_NEAR_GO_ON,
    SPARES_MARKER,
    SPARES_NEXT_RUNS,
    SPARES_REPEATABLES,
    STOPS_UNTOUCHED,
)

_MAIL = whole("mail")


def _pause() -> Iterator[Case]:
    for scene in ("states", "plain", "idle", "quiet", "limits"):
        yield Case("pause", scene, "pause", Pause(), _MAIL, libraries=ALL, paused=RUNNING)
        yield Case("resume", scene, "resume", Resume(), _MAIL, libraries=ALL, paused=(True,))
    yield Case(
        "pause what is paused",
        "plain",
        "pause",
        Pause(),
        _MAIL,
        libraries=("6",),
        paused=(True,),
        differs=SAYS_AGAIN,
    )
    yield Case(
        "resume what runs", "plain", "resume", Resume(), _MAIL, libraries=MODERN, paused=RUNNING, differs=SAYS_AGAIN
    )


def _drain() -> Iterator[Case]:
    for delayed in (False, True):
        name, action, at = f"drain{' with the delayed' if delayed else ''}", Drain(delayed), {"delayed": delayed}
        for scene in ("plain", "states", "idle", "aged"):
            libraries = ALL if scene == "plain" else MODERN
            differs = SPARES_MARKER if scene == "idle" else {}
            yield Case(name, scene, "drain", action, _MAIL, at, libraries, differs=differs)
        differs = SPARES_NEXT_RUNS | (SPARES_REPEATABLES if delayed else SPARES_MARKER)
        yield Case(f"{name} schedulers", "schedulers", "drain", action, _MAIL, at, differs=differs)
    for queue, differs in (("orders", LETS_NEAR_GO_ON), ("parts", {}), ("store", LETS_INNER_GO_ON)):
        at = {"delayed": True}
        yield Case(f"drain {queue}", "flow", "drain", Drain(delayed=True), whole(queue), at, differs=differs)
    yield Case("drain deduplicated", "dedup", "drain", Drain(delayed=True), _MAIL, {"delayed": True}, NEWEST)


_CLEANED = (
    *(JobState.FAILED, JobState.COMPLETED, JobState.ACTIVE, JobState.DELAYED, JobState.WAITING, JobState.PAUSED),
    JobState.PRIORITIZED,
)
_GRACES = ((0, 0), (150, 0), (300, 0), (1, 2), (0.5, 1))
"""Minutes, and how many at most: between the ages of the scene, and some of it."""


def _cleaned(state: JobState, minutes: float, limit: int) -> Mapping[str, Differs]:
    if state is JobState.ACTIVE:
        return CLEANS_NO_HELD if minutes == 300 else CLEANS_UP_TO_LIMIT if limit == 2 else {}
    return CLEANS_NOTHING if minutes == 300 else CLEANS_NO_LIST if state is JobState.WAITING else {}


def _clean() -> Iterator[Case]:
    for state in _CLEANED:
        for minutes, limit in _GRACES:
            grace = int(minutes * 60_000)
            yield Case(
                f"clean {state.value} older than {minutes} min, at most {limit or 'all'}",
                "aged",
                "clean",
                Clean(state, grace, limit),
                _MAIL,
                {"state": SUFFIX[state], "grace": grace, "limit": limit},
                libraries=("4", "5") if state is JobState.PAUSED else MODERN,
                paused=(True,) if state is JobState.PAUSED else BOTH if minutes in (0, 1) else RUNNING,
                skips=Reason.LOCKED if state is JobState.ACTIVE and limit != 1 else None,
                differs=_cleaned(state, minutes, limit),
            )
    for state, differs in (
        (JobState.WAITING, COUNTS_NO_MARKER | CLEANS_NO_LIST),
        (JobState.DELAYED, CLEANS_NO_REPEATABLES),
    ):
        name, at = f"clean {state.value} schedulers", {"state": SUFFIX[state]}
        skips = Reason.SCHEDULER
        yield Case(name, "schedulers", "clean", Clean(state), _MAIL, at, skips=skips, differs=differs)
    for queue, state in (("parts", JobState.DELAYED), ("parts", JobState.FAILED), ("store", JobState.WAITING)):
        name, at = f"clean {queue} {state.value}", {"state": SUFFIX[state]}
        differs = LETS_INNER_GO_ON if queue == "store" else {}
        yield Case(name, "flow", "clean", Clean(state), whole(queue), at, paused=RUNNING, differs=differs)


def _all() -> Iterator[Case]:
    for scene in ("plain", "aged", "states", "idle"):
        mixed = scene in ("states", "idle")
        for state in (JobState.FAILED, JobState.COMPLETED):
            target, at = every("mail", state), {"state": state.value}
            differs = RETRIES_ONE_BY_ONE if mixed else {}
            yield Case(f"retry all {state.value}", scene, "retryAll", Retry(), target, at, differs=differs)
        if scene != "plain":
            target = every("mail", JobState.DELAYED)
            yield Case("promote all", scene, "promoteAll", Promote(), target, differs=PROMOTES_ONE_BY_ONE)
    target = every("mail", JobState.DELAYED)
    name = "promote all of schedulers"
    yield Case(name, "schedulers", "promoteAll", Promote(), target, differs=PROMOTES_UNARMED)
    yield Case(
        f"{name} that are meant",
        "schedulers",
        "promoteAll",
        Promote(scheduled=True),
        target,
        differs=PROMOTES_ONE_BY_ONE,
    )
    for state in (JobState.FAILED, JobState.COMPLETED):
        target = every("parts", state)
        yield Case(
            f"retry all {state.value} children",
            "flow",
            "retryAll",
            Retry(),
            target,
            {"state": state.value},
            differs=RELINKS,
        )


def _obliterate() -> Iterator[Case]:
    for scene in ("idle", "quiet", "schedulers"):
        for force in (False, True):
            name = "obliterate by force" if force else "obliterate"
            yield Case(name, scene, "obliterate", Obliterate(force), _MAIL, {"force": force})
    for scene in ("states", "dedup", "limits"):
        libraries = NEWEST if scene == "dedup" else MODERN
        name, at, differs = "obliterate by force", {"force": True}, CLEARS_LIMITER if scene == "limits" else {}
        yield Case(name, scene, "obliterate", Obliterate(force=True), _MAIL, at, libraries, differs=differs)
    for queue, differs in (("orders", CLEARS_PARENTS), ("parts", {}), ("store", EMPTIES_PAUSED_LAST)):
        name, at = f"obliterate {queue}", {"force": True}
        yield Case(name, "flow", "obliterate", Obliterate(force=True), whole(queue), at, differs=differs)
    yield Case("obliterate while jobs run", "states", "obliterate", Obliterate(), _MAIL, differs=STOPS_UNTOUCHED)


def _settings() -> Iterator[Case]:
    for scene in ("states", "limits"):
        for n in (5, None):
            yield Case(
                f"concurrency {n}", scene, "concurrency", SetConcurrency(n), _MAIL, {"n": n}, NEWEST,
                skips=Reason.ALREADY if scene == "states" and n is None else None,
            )  # fmt: skip
        for maximum in (100, None):
            ms = None if maximum is None else 60_000
            yield Case(
                f"limit {maximum}", scene, "limit", SetRateLimit(maximum, ms), _MAIL, {"max": maximum, "ms": ms},
                NEWEST,
                skips=Reason.ALREADY if scene == "states" and maximum is None else None,
            )  # fmt: skip
    yield Case("clear the limiter", "limits", "clearLimit", ClearRateLimit(), _MAIL, libraries=NEWEST)
    for key in ("owner", "windowed", "busy"):
        action = RemoveDeduplication(key)
        yield Case(f"remove the deduplication {key}", "dedup", "removeDedup", action, _MAIL, {"id": key}, NEWEST)
    yield Case("trim events", "states", "trim", TrimEvents(0), _MAIL, {"keep": 0}, ALL)
    for scheduler_id in ("pulse", "nightly", "urgent"):
        target, at = scheduler("mail", scheduler_id), {"id": scheduler_id}
        yield Case(f"remove the scheduler {scheduler_id}", "schedulers", "unschedule", Unschedule(), target, at, NEWEST)
    for name in ("~beat", "~night"):
        target, at = scheduler("mail", name), {"id": name}
        yield Case(
            f"remove the repeatable {name}", "repeatables", "unrepeat", Unschedule(), target, at, ("3", "4", "5")
        )


CASES = (*_pause(), *_drain(), *_clean(), *_all(), *_obliterate(), *_settings())
