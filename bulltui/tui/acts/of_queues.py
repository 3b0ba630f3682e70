"""What can be done with queues as a whole, and with all jobs of a state."""

from typing import TYPE_CHECKING

from bulltui.domain.actions import (
    Action,
    ClearRateLimit,
    Obliterate,
    Pause,
    Promote,
    RemoveDeduplication,
    Resume,
    Retry,
    SetConcurrency,
    SetRateLimit,
    TrimEvents,
)
from bulltui.domain.actions import Clean as CleanJobs
from bulltui.domain.actions import Drain as DrainQueue
from bulltui.domain.errors import BulltuiError, UsageError
from bulltui.domain.states import JobState
from bulltui.domain.targets import Every, Queues
from bulltui.services.request import Request
from bulltui.tui.acts.form import Field, Form, Kind, Values, flag, is_set, number_of, rate_of, span_of, text_of
from bulltui.tui.acts.plan import Choice, Lookup
from bulltui.tui.acts.scene import Scene
from bulltui.tui.present.requests import target_words

if TYPE_CHECKING:
    from bulltui.services.acting import Runner

_CLEANED = (
    *(JobState.COMPLETED, JobState.FAILED, JobState.WAITING, JobState.PAUSED),
    *(JobState.PRIORITIZED, JobState.DELAYED, JobState.ACTIVE),
)
_LIMITS = (
    Field("limit", "at most", "", "how many jobs, the oldest first; empty for all"),
    Field("older", "older than", "", "90s, 10m, 2d; empty for all"),
    Field("rate", "per second", "", "how many a second; empty for as fast as it goes"),
)


def _on(scene: Scene, action: Action) -> Request:
    return Request(action, Queues(scene.refs))


def _names(scene: Scene) -> str:
    return target_words(Queues(scene.refs))


def _some(scene: Scene) -> bool:
    return bool(scene.refs) and not scene.of_schedulers


def _one(scene: Scene) -> bool:
    return _some(scene) and scene.one_queue


def _has(scene: Scene, *states: JobState) -> bool:
    return _one(scene) and any(map(scene.count, states))


def _pause(scene: Scene) -> Request:
    """The opposite of what it is: of several those that run are paused, and only if none does all are resumed."""
    running = tuple(row.ref for row in scene.rows if not row.queue.paused)
    return Request(Pause(), Queues(running)) if running else Request(Resume(), Queues(tuple(r.ref for r in scene.rows)))


def _pause_all(scene: Scene) -> Request:
    return Request(Pause(), Queues(tuple(row.ref for row in scene.all_rows if not row.queue.paused)))


def _resume_all(scene: Scene) -> Request:
    return Request(Resume(), Queues(tuple(row.ref for row in scene.all_rows if row.queue.paused)))


async def _resume_mine(runner: "Runner") -> Request:
    refs = await runner.paused_here()
    if not refs:
        raise BulltuiError("No queue is paused that was paused from here.", code="nothing")
    return Request(Resume(), Queues(tuple(refs)))


def _every(scene: Scene, state: JobState, values: Values) -> Every:
    return Every(
        scene.ref,
        state,
        number_of(values, "limit", "At most", least=1),
        span_of(values, "older", "Older than"),
        rate_of(values, "rate", "Per second"),
    )


def _retry_some(scene: Scene) -> Form[Request]:
    finished = [state for state in (JobState.FAILED, JobState.COMPLETED) if scene.count(state)]
    first = scene.state if scene.state in finished else finished[0]

    def make(values: Values) -> Request:
        action = Retry(reset_attempts=is_set(values, "attempts"), reset_stalled=is_set(values, "stalled"))
        return Request(action, _every(scene, JobState(values["state"]), values))

    return Form(
        f"Retry jobs of {_names(scene)}",
        (
            _state_field(scene, finished, first),
            *_LIMITS,
            flag("attempts", "all attempts anew"),
            flag("stalled", "forget stalls"),
        ),
        make,
    )


def _state_field(scene: Scene, states: list[JobState], first: JobState | None) -> Field:
    words = tuple((state.value, f"{state.value} ({scene.count(state):,})") for state in states)
    return Field("state", "state", (first or states[0]).value, "← → change it", Kind.CHOICE, words)


def _promote_all(scene: Scene) -> Form[Request]:
    def make(values: Values) -> Request:
        return Request(Promote(scheduled=is_set(values, "scheduled")), _every(scene, JobState.DELAYED, values))

    return Form(
        f"Promote delayed jobs of {_names(scene)}",
        (*_LIMITS, flag("scheduled", "schedulers' runs too", "their next runs come early then")),
        make,
    )


def _drain(scene: Scene) -> Form[Request]:
    return Form(
        f"Drain {_names(scene)}",
        (flag("delayed", "delayed jobs too", "the next runs of schedulers stay"),),
        lambda values: _on(scene, DrainQueue(delayed=is_set(values, "delayed"))),
    )


def _clean(scene: Scene) -> Form[Request]:
    states = [state for state in _CLEANED if scene.count(state)] or list(_CLEANED)

    def make(values: Values) -> Request:
        grace = span_of(values, "older", "Older than")
        limit = number_of(values, "limit", "At most")
        return _on(scene, CleanJobs(JobState(values["state"]), grace, limit or 0))

    return Form(
        f"Clean {_names(scene)}",
        (
            _state_field(scene, states, scene.state if scene.state in states else None),
            Field("older", "older than", "1h", "90s, 10m, 2d; 0 for all"),
            Field("limit", "at most", "", "how many jobs, the oldest first; empty for all"),
        ),
        make,
    )


def _obliterate(scene: Scene) -> Form[Request]:
    return Form(
        f"Obliterate {_names(scene)}",
        (flag("force", "while jobs are active", "their workers will fail to finish them"),),
        lambda values: _on(scene, Obliterate(force=is_set(values, "force"))),
    )


def _concurrency(scene: Scene) -> Form[Request]:
    now = scene.row.queue.concurrency if scene.row is not None else None
    return Form(
        f"Concurrency of {_names(scene)}",
        (Field("most", "jobs at once", "" if now is None else str(now), "over all workers; empty for no limit"),),
        lambda values: _on(scene, SetConcurrency(number_of(values, "most", "Jobs at once", least=1))),
    )


def _rate_limit(scene: Scene) -> Form[Request]:
    limit = scene.row.queue.limit if scene.row is not None else None
    maximum = "" if limit is None or limit.maximum is None else str(limit.maximum)
    duration = "1s" if limit is None or not limit.duration_ms else f"{limit.duration_ms}ms"

    def make(values: Values) -> Request:
        most = number_of(values, "most", "Jobs", least=1)
        per = span_of(values, "per", "In")
        if most is not None and not per:
            raise UsageError("In what span of time?")
        return _on(scene, SetRateLimit(most, per if most is not None else None))

    return Form(
        f"Rate limit of {_names(scene)}",
        (
            Field("most", "jobs started", maximum, "over all workers; empty for no limit"),
            Field("per", "in", duration, "500ms, 1s, 1m"),
        ),
        make,
    )


def _remove_deduplication(scene: Scene) -> Form[Request]:
    return Form(
        f"Remove a deduplication key of {_names(scene)}",
        (Field("id", "deduplication id"),),
        lambda values: _on(scene, RemoveDeduplication(text_of(values, "id", "The id"))),
    )


def _trim_events(scene: Scene) -> Form[Request]:
    return Form(
        f"Trim the events of {_names(scene)}",
        (Field("keep", "keep about", "1000", "the newest; 0 for none"),),
        lambda values: _on(scene, TrimEvents(number_of(values, "keep", "Keep") or 0)),
    )


CHOICES: tuple[Choice, ...] = (
    Choice(
        "retry-all",
        lambda scene: _has(scene, JobState.FAILED),
        lambda scene: Request(Retry(), Every(scene.ref, JobState.FAILED)),
    ),
    Choice("pause", lambda scene: _some(scene) and bool(scene.rows), _pause),
    Choice("drain", _some, _drain),
    Choice("clean", _some, _clean),
    Choice("retry-some", lambda scene: _has(scene, JobState.FAILED, JobState.COMPLETED), _retry_some),
    Choice("promote-all", lambda scene: _has(scene, JobState.DELAYED), _promote_all),
    Choice("concurrency", _some, _concurrency),
    Choice("rate-limit", _some, _rate_limit),
    Choice("clear-rate-limit", _some, lambda scene: _on(scene, ClearRateLimit())),
    Choice("remove-deduplication", _one, _remove_deduplication),
    Choice("trim-events", _some, _trim_events),
    Choice("pause-all", lambda scene: any(not row.queue.paused for row in scene.all_rows), _pause_all),
    Choice("resume-all", lambda scene: any(row.queue.paused for row in scene.all_rows), _resume_all),
    Choice(
        "resume-mine",
        lambda scene: any(row.queue.paused for row in scene.all_rows),
        lambda scene: Lookup(_resume_mine),
    ),
    Choice("obliterate", _some, _obliterate),
)
