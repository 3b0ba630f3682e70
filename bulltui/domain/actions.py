"""What a person can order: one frozen dataclass an action, with what it needs to be told. BullMQ's own words.

What they do to a queue of each layout is in docs/bullmq-reference.md, section 3; the scripts of the store carry it out.
"""

from dataclasses import dataclass, replace
from enum import Enum
from typing import ClassVar

from bulltui.domain.states import JobState


class Need(Enum):
    """What an action must know of the queue's layout, since the wrong one loses jobs."""

    ANY = "any"  # it touches nothing in which the layouts of BullMQ differ
    ENQUEUE = "enqueue"  # it puts jobs where workers take them
    PAUSE = "pause"  # it pauses


class Undo(Enum):
    """How an action can be taken back."""

    NEVER = "never"
    RECORDS = "records"  # from what the journal saved of each job or key
    INVERSE = "inverse"  # by the opposite action, on what was really changed


@dataclass(frozen=True, slots=True)
class Verb:
    """The words of an action. `name` is the stable one of the command line, the audit and the metrics; `doing` and
    `done` make sentences ("Retrying 12 jobs", "12 jobs retried"); `effect` says what happens, one sentence; `destroys`
    whether something is gone afterwards that only the journal has."""

    name: str
    doing: str
    done: str
    effect: str
    need: Need = Need.ANY
    undo: Undo = Undo.NEVER
    destroys: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """The base of all actions."""

    verb: ClassVar[Verb]


# --- jobs


@dataclass(frozen=True, slots=True)
class Retry(Action):
    """Failed or completed jobs to run again. `reset_attempts` gives them all their attempts anew, `reset_stalled` sets
    the stalled counter back, without which a job that stalled too often fails again at once."""

    verb = Verb(
        "retry", "Retrying", "retried", "They run again; the error and the result are cleared.", need=Need.ENQUEUE
    )
    reset_attempts: bool = False
    reset_stalled: bool = False


@dataclass(frozen=True, slots=True)
class Remove(Action):
    """Jobs to be gone, on `children` with all that hangs below them, in whatever queues."""

    verb = Verb(
        "remove",
        "Removing",
        "removed",
        "They are gone, with their data and logs.",
        undo=Undo.RECORDS,
        destroys=True,
    )
    children: bool = False


@dataclass(frozen=True, slots=True)
class Promote(Action):
    """Delayed jobs to run now. On `scheduled` also the next runs of schedulers, which come early then."""

    verb = Verb("promote", "Promoting", "promoted", "They wait no longer for their time.", need=Need.ENQUEUE)
    scheduled: bool = False


@dataclass(frozen=True, slots=True)
class Duplicate(Action):
    """A new job of the same name, data and options, without its place in a flow, its schedule, its delay, its id and
    its deduplication."""

    verb = Verb("duplicate", "Duplicating", "duplicated", "Copies with new ids are added.", need=Need.ENQUEUE)


@dataclass(frozen=True, slots=True)
class Replay(Action):
    """A finished job to run again with another name, other data or options (JSON text as it will be stored; None keeps
    what is there): under the same id, or as a copy."""

    verb = Verb(
        "replay",
        "Replaying",
        "replayed",
        "It runs again with what was edited.",
        need=Need.ENQUEUE,
        undo=Undo.RECORDS,
        destroys=True,
    )
    name: str | None = None
    data: str | None = None
    opts: str | None = None
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Reprioritize(Action):
    """Another priority: 0 is none and first, else 1 (first) to 2,097,151. `lifo` puts it before its equals."""

    verb = Verb(
        "reprioritize",
        "Reprioritizing",
        "reprioritized",
        "They change their place in line.",
        need=Need.ENQUEUE,
        undo=Undo.RECORDS,
    )
    priority: int = 0
    lifo: bool = False


@dataclass(frozen=True, slots=True)
class Reschedule(Action):
    """Delayed jobs to run `delay_ms` from now."""

    verb = Verb("reschedule", "Rescheduling", "rescheduled", "They become due then.", undo=Undo.RECORDS)
    delay_ms: int = 0


@dataclass(frozen=True, slots=True)
class UpdateData(Action):
    """Other data, as JSON text, in whatever state; a worker that runs the job keeps its copy."""

    verb = Verb(
        "update-data",
        "Updating the data of",
        "given other data",
        "The data before is replaced.",
        undo=Undo.RECORDS,
        destroys=True,
    )
    data: str = "{}"


@dataclass(frozen=True, slots=True)
class AddLog(Action):
    """A line for the job's logs."""

    verb = Verb("add-log", "Adding a log line to", "given a log line", "The line stands last in the logs.")
    line: str = ""


@dataclass(frozen=True, slots=True)
class Release(Action):
    """Active jobs whose lock is gone (stalled), back to waiting: they run next."""

    verb = Verb(
        "release",
        "Releasing",
        "released",
        "Stuck jobs go back to waiting and run next; what they did so far may happen twice.",
        need=Need.ENQUEUE,
    )


@dataclass(frozen=True, slots=True)
class Fail(Action):
    """Active jobs whose lock is gone (stalled), to failed, with a reason."""

    verb = Verb("fail", "Failing", "failed by hand", "Stuck jobs count as failed.", need=Need.ENQUEUE)
    reason: str = "failed by hand"


@dataclass(frozen=True, slots=True)
class RemoveChildren(Action):
    """The children that a waiting parent still waits for, so that it goes on; running and failed ones stay."""

    verb = Verb(
        "remove-children",
        "Removing the unprocessed children of",
        "freed of unprocessed children",
        "Children that have not run are gone; a parent without pending ones goes on.",
        need=Need.ENQUEUE,
        undo=Undo.RECORDS,
        destroys=True,
    )


@dataclass(frozen=True, slots=True)
class Add(Action):
    """A new job. `data` and `opts` are JSON text; options are BullMQ's, checked as the library checks them."""

    verb = Verb("add", "Adding", "added", "A new job is added.", need=Need.ENQUEUE)
    name: str = ""
    data: str = "{}"
    opts: str = "{}"


@dataclass(frozen=True, slots=True)
class AddAll(Action):
    """New jobs, each with its own name, data and options: those of one call."""

    verb = replace(Add.verb, effect="New jobs are added.")
    jobs: tuple[Add, ...] = ()


# --- queues


@dataclass(frozen=True, slots=True)
class Pause(Action):
    """No more jobs are started; those that run go on."""

    verb = Verb(
        "pause",
        "Pausing",
        "paused",
        "No more jobs are started; those that run go on.",
        need=Need.PAUSE,
        undo=Undo.INVERSE,
    )


@dataclass(frozen=True, slots=True)
class Resume(Action):
    """Jobs are started again."""

    verb = Verb("resume", "Resuming", "resumed", "Jobs are started again.", need=Need.ENQUEUE, undo=Undo.INVERSE)


@dataclass(frozen=True, slots=True)
class Drain(Action):
    """Waiting and prioritized jobs to be gone, on `delayed` the delayed ones too. Running and finished ones stay, and
    so do the next runs of schedulers."""

    verb = Verb(
        "drain",
        "Draining",
        "drained",
        "Jobs that have not started are gone; running and finished ones stay, and schedulers go on. "
        "A parent whose last child goes runs.",
        undo=Undo.RECORDS,
        destroys=True,
    )
    delayed: bool = False


@dataclass(frozen=True, slots=True)
class Clean(Action):
    """Jobs of one state to be gone that are older than `grace_ms`, at most `limit` (0: all), the oldest first.
    Age is that of finishing, for jobs that have not finished that of their creation or last start."""

    verb = Verb(
        "clean",
        "Cleaning",
        "cleaned away",
        "Old jobs of this state are gone, with their data and logs. A parent whose last child goes runs.",
        undo=Undo.RECORDS,
        destroys=True,
    )
    state: JobState = JobState.COMPLETED
    grace_ms: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Obliterate(Action):
    """The queue to be gone, with all its jobs. `force` also while jobs are active."""

    verb = Verb(
        "obliterate",
        "Obliterating",
        "obliterated",
        "The queue and everything in it is gone.",
        undo=Undo.RECORDS,
        destroys=True,
    )
    force: bool = False


@dataclass(frozen=True, slots=True)
class SetConcurrency(Action):
    """How many jobs of the queue may run at once over all workers, None for no limit. BullMQ 5.9 and later."""

    verb = Verb(
        "concurrency", "Limiting", "given another concurrency", "Workers notice within 10 s.", undo=Undo.INVERSE
    )
    concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class SetRateLimit(Action):
    """At most `maximum` jobs started per `duration_ms` over all workers, None for no limit. BullMQ 5.60 and later."""

    verb = Verb(
        "limit", "Limiting", "given another rate limit", "Workers notice with their next job.", undo=Undo.INVERSE
    )
    maximum: int | None = None
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ClearRateLimit(Action):
    """The counter of the running window to be gone, so that a limited queue goes on now."""

    verb = Verb(
        "clear-rate-limit", "Clearing the limiter of", "freed of the running rate limit", "A limited queue goes on."
    )


@dataclass(frozen=True, slots=True)
class RemoveDeduplication(Action):
    """The key of a deduplication id to be gone, so that the next job with that id is added."""

    verb = Verb(
        "remove-deduplication",
        "Removing a deduplication key of",
        "freed of a deduplication key",
        "The next job with this deduplication id is added.",
        undo=Undo.RECORDS,
        destroys=True,
    )
    deduplication_id: str = ""


@dataclass(frozen=True, slots=True)
class TrimEvents(Action):
    """The stream of events to be cut to about its newest `keep`."""

    verb = Verb("trim-events", "Trimming the events of", "trimmed", "Older events are gone for good.")
    keep: int = 0


# --- schedulers


@dataclass(frozen=True, slots=True)
class Trigger(Action):
    """A run of a scheduler now, beside its planned ones."""

    verb = Verb("trigger", "Triggering", "triggered", "One more run is added now.", need=Need.ENQUEUE)


@dataclass(frozen=True, slots=True)
class Unschedule(Action):
    """A scheduler to be gone, with its next run where that has not come due."""

    verb = Verb(
        "remove-scheduler",
        "Removing",
        "removed",
        "Nothing is scheduled by it any more; a run that waits already stays.",
        undo=Undo.RECORDS,
        destroys=True,
    )


@dataclass(frozen=True, slots=True)
class Restore(Action):
    """An earlier action, by its number in the journal, to be taken back."""

    verb = Verb("undo", "Undoing", "brought back", "What it changed is as before.")
    number: int = 0


ALL: tuple[type[Action], ...] = (
    *(Retry, Remove, Promote, Duplicate, Replay, Reprioritize, Reschedule, UpdateData, AddLog, Release, Fail),
    *(RemoveChildren, Add, AddAll, Pause, Resume, Drain, Clean, Obliterate, SetConcurrency, SetRateLimit),
    *(ClearRateLimit, RemoveDeduplication, TrimEvents, Trigger, Unschedule, Restore),
)
"""Every action."""

BY_NAME = {action.verb.name: action.verb for action in ALL}
"""The words of each action by its stable name."""
