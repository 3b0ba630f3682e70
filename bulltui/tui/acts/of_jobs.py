"""What can be done with jobs: with the open one, the one under the cursor, or the marked ones."""

from bulltui.domain.actions import (
    Action,
    AddLog,
    Duplicate,
    Fail,
    Promote,
    Release,
    Remove,
    RemoveChildren,
    Reprioritize,
    Reschedule,
    Retry,
)
from bulltui.domain.states import JobState
from bulltui.services.request import Request
from bulltui.tui.acts.form import Field, Form, Values, flag, is_set, number_of, span_of, text_of
from bulltui.tui.acts.plan import Choice, Edit
from bulltui.tui.acts.scene import Scene
from bulltui.tui.present.requests import target_words

MOST_PRIORITY = 2_097_151
_FINISHED = frozenset({JobState.FAILED, JobState.COMPLETED})
_DELAYED = frozenset({JobState.DELAYED})
_ACTIVE = frozenset({JobState.ACTIVE})
_PARENTS = frozenset({JobState.WAITING_CHILDREN})
_PRIORITIES = frozenset(
    {JobState.WAITING, JobState.PAUSED, JobState.PRIORITIZED, JobState.DELAYED, JobState.WAITING_CHILDREN}
)


def _on(scene: Scene, action: Action, states: "frozenset[JobState] | None" = None) -> Request:
    return Request(action, scene.jobs(states))


def _stuck(scene: Scene) -> bool:
    """Whether it may be that a worker left them: of one whose lock lives it is known that none did."""
    return scene.has_in(_ACTIVE) and scene.stalled is not False


def _words(scene: Scene, states: "frozenset[JobState] | None" = None) -> str:
    return target_words(scene.jobs(states))


def _retry_with(scene: Scene) -> Form[Request]:
    def make(values: Values) -> Request:
        action = Retry(reset_attempts=is_set(values, "attempts"), reset_stalled=is_set(values, "stalled"))
        return _on(scene, action, _FINISHED)

    return Form(
        f"Retry {_words(scene, _FINISHED)}",
        (
            flag("attempts", "all attempts anew", "as if it had never run", on=True),
            flag("stalled", "forget stalls", "else one that stalled too often fails again at once", on=True),
        ),
        make,
    )


def _priority(scene: Scene) -> Form[Request]:
    def make(values: Values) -> Request:
        priority = number_of(values, "priority", "The priority", most=MOST_PRIORITY)
        return _on(scene, Reprioritize(priority or 0, lifo=is_set(values, "lifo")), _PRIORITIES)

    return Form(
        f"Priority of {_words(scene, _PRIORITIES)}",
        (
            Field("priority", "priority", "0", f"1 comes first, {MOST_PRIORITY:,} last; 0 is none, before all others"),
            flag("lifo", "before its equals", "else behind those of the same priority"),
        ),
        make,
    )


def _delay(scene: Scene) -> Form[Request]:
    def make(values: Values) -> Request:
        return _on(scene, Reschedule(span_of(values, "delay", "The delay")), _DELAYED)

    return Form(
        f"Delay of {_words(scene, _DELAYED)}", (Field("delay", "due in", "10m", "from now: 90s, 10m, 1h30m, 2d"),), make
    )


def _log_line(scene: Scene) -> Form[Request]:
    def make(values: Values) -> Request:
        return _on(scene, AddLog(text_of(values, "line", "A line")))

    return Form(f"A log line for {_words(scene)}", (Field("line", "line"),), make)


def _fail(scene: Scene) -> Form[Request]:
    def make(values: Values) -> Request:
        return _on(scene, Fail(text_of(values, "why", "A reason")), _ACTIVE)

    return Form(
        f"Fail {_words(scene, _ACTIVE)}",
        (Field("why", "failed reason", Fail().reason, "stands in the job as its error"),),
        make,
    )


CHOICES: tuple[Choice, ...] = (
    Choice("retry", lambda scene: scene.has_in(_FINISHED), lambda scene: _on(scene, Retry(), _FINISHED)),
    Choice("promote", lambda scene: scene.has_in(_DELAYED), lambda scene: _on(scene, Promote(), _DELAYED)),
    Choice("remove", lambda scene: scene.has_jobs, lambda scene: _on(scene, Remove())),
    Choice("edit", lambda scene: scene.one_job, lambda scene: Edit(scene.ref, scene.ids[0])),
    Choice("duplicate", lambda scene: scene.has_jobs, lambda scene: _on(scene, Duplicate())),
    Choice("retry-with", lambda scene: scene.has_in(_FINISHED), _retry_with),
    Choice("remove-tree", lambda scene: scene.has_jobs, lambda scene: _on(scene, Remove(children=True))),
    Choice("priority", lambda scene: scene.has_in(_PRIORITIES), _priority),
    Choice("delay", lambda scene: scene.has_in(_DELAYED), _delay),
    Choice("log-line", lambda scene: scene.has_jobs, _log_line),
    Choice("release", _stuck, lambda scene: _on(scene, Release(), _ACTIVE)),
    Choice("fail", _stuck, _fail),
    Choice(
        "remove-children",
        lambda scene: scene.has_in(_PARENTS),
        lambda scene: _on(scene, RemoveChildren(), _PARENTS),
    ),
)
