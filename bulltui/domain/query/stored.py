"""Where the parts of a job that queries speak of stand in its hash (docs/bullmq-reference.md, section 2)."""

from bulltui.domain.query.tree import Measure, Place
from bulltui.domain.states import JobState

DATA, ERROR, NAME = "data", "failedReason", "name"

FIELDS: dict[Place, tuple[str, ...]] = {
    Place.TEXT: (NAME, ERROR, DATA),
    Place.NAME: (NAME,),
    Place.DATA: (DATA,),
    Place.ERROR: (ERROR,),
    Place.RESULT: ("returnvalue",),
    Place.OPTS: ("opts",),
    Place.STACK: ("stacktrace",),
    Place.WORKER: ("pb",),
    Place.PARENT: ("parentKey",),
    Place.SCHEDULER: ("rjk",),
}
"""The fields of a place; those missing here are no fields."""

JSON_FIELDS = frozenset({DATA, "returnvalue", "opts", "stacktrace"})
"""Fields whose texts are within JSON."""

NUMBERS: dict[Measure, tuple[str, ...]] = {
    Measure.ATTEMPTS: ("attemptsMade", "atm"),
    Measure.STALLED: ("stc",),
    Measure.PRIORITY: ("priority",),
    Measure.DELAY: ("delay",),
    Measure.PROGRESS: ("progress",),
}
"""The field of a number, the first one that is there; without one it is 0."""

MOMENTS: dict[Measure, str] = {
    Measure.ADDED: "timestamp",
    Measure.STARTED: "processedOn",
    Measure.FINISHED: "finishedOn",
    Measure.COMPLETED: "finishedOn",
    Measure.FAILED: "finishedOn",
}
"""The field of a time."""

FINISHED = (JobState.COMPLETED, JobState.FAILED)
"""States whose score is the time at which the job finished."""

ONLY_IN: dict[Measure, JobState] = {
    Measure.COMPLETED: JobState.COMPLETED,
    Measure.FAILED: JobState.FAILED,
    Measure.DUE: JobState.DELAYED,
}
"""Times that only jobs of one state have."""


def by_score(measure: Measure, state: JobState) -> bool:
    """Whether the score of a state tells this time."""
    if state in FINISHED:
        return MOMENTS.get(measure) == "finishedOn"
    return measure is Measure.DUE
