"""A job: what a list shows of it, and all of it.

Fields carry BullMQ's meaning (docs/bullmq-reference.md, section 2). Times are epoch milliseconds. Decoding takes the
hash field by field and never raises: a field that cannot be read has its default and a line in `problems`.
"""

import math
from dataclasses import dataclass, field

from bulltui.domain.fields import HashReader, RawHash
from bulltui.domain.jsontext import Json, Parsed
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import JobState

LIST_FIELDS: tuple[tuple[str, int], ...] = (
    ("name", 2_048),
    ("timestamp", 40),
    ("processedOn", 40),
    ("finishedOn", 40),
    ("delay", 40),
    ("priority", 40),
    ("attemptsMade", 40),
    ("atm", 40),
    ("ats", 40),
    ("stc", 40),
    ("progress", 1_024),
    ("failedReason", 2_048),
    ("pb", 256),
    ("rjk", 512),
    ("parentKey", 1_024),
    ("opts", 16_384),
    ("data", 1_024),
)
"""What a list shows of a job, and how many bytes of it at most."""


def due(score: float | None) -> int | None:
    """When a delayed job of this score is due (epoch ms)."""
    return int(score // 4096) if score is not None and math.isfinite(score) else None


@dataclass(frozen=True, slots=True)
class JobSummary:
    """What a job table shows.

    `missing` marks an id that is in the state but has no hash; `foreign` one whose key is no hash at all. `score` is
    the one of the sorted set, None for lists. `locked` is whether an active job's lock lives (None when not asked): an
    active job without one is stalled. `asked_delay` (ms) is the one of the options, which stays when `delay` is done
    with. `max_attempts` comes from the options, 0 when unknown.
    `data_preview` is the start of the payload's text, empty when the payload is too large to read for a list.
    """

    id: str
    state: JobState
    name: str = ""
    timestamp: int | None = None
    processed_on: int | None = None
    finished_on: int | None = None
    delay: int = 0
    asked_delay: int = 0
    priority: int = 0
    attempts_made: int = 0
    attempts_started: int = 0
    max_attempts: int = 0
    stalled_counter: int = 0
    progress: Json = 0
    failed_reason: str = ""
    data_preview: str = ""
    data_size: int = 0
    processed_by: str = ""
    scheduler: str = ""
    parent_key: str = ""
    score: float | None = None
    locked: bool | None = None
    missing: bool = False
    foreign: bool = False

    @property
    def waited_ms(self) -> int | None:
        """See `waited`."""
        return waited(self.state, self.attempts_made, self.timestamp, self.processed_on, self.asked_delay)

    @property
    def due_at(self) -> int | None:
        """When a delayed job is due (epoch ms)."""
        return due(self.score) if self.state is JobState.DELAYED else None


@dataclass(frozen=True, slots=True)
class Dependencies:
    """A parent's children by outcome: `unprocessed` still pending, `processed` done, `ignored` failed but ignored or
    continued, `failed` failed and failing the parent."""

    unprocessed: int = 0
    processed: int = 0
    ignored: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All children known of."""
        return self.unprocessed + self.processed + self.ignored + self.failed


@dataclass(frozen=True, slots=True)
class Job:
    """All of a job. `raw` is its hash as stored; the JSON fields are parsed, with the problem kept where they are not.

    `lock_ttl_ms` is what is left of the worker's lock, None without a lock. `problems` are sentences about fields that
    could not be read.
    """

    id: str
    queue: QueueRef
    state: JobState
    raw: RawHash
    name: str = ""
    data: Parsed = field(default_factory=lambda: Parsed("", {}))
    opts: Parsed = field(default_factory=lambda: Parsed("", {}))
    progress: Parsed = field(default_factory=lambda: Parsed("", 0))
    returnvalue: Parsed = field(default_factory=lambda: Parsed("", None))
    stacktrace: tuple[str, ...] = ()
    delay: int | None = None
    priority: int | None = None
    timestamp: int | None = None
    processed_on: int | None = None
    finished_on: int | None = None
    attempts_made: int = 0
    attempts_started: int = 0
    stalled_counter: int = 0
    failed_reason: str = ""
    deferred_failure: str = ""
    parent_key: str = ""
    parent: Parsed = field(default_factory=lambda: Parsed("", None))
    scheduler: str = ""
    deduplication_id: str = ""
    processed_by: str = ""
    score: float | None = None
    lock_ttl_ms: int | None = None
    log_count: int = 0
    dependencies: Dependencies = Dependencies()
    problems: tuple[str, ...] = ()

    @property
    def missing(self) -> bool:
        """Whether the id stands in a state but its hash is gone."""
        return not self.raw

    @property
    def max_attempts(self) -> int:
        """Attempts in all, at least 1 (the stored 0 behaves as 1)."""
        return _attempts(self.opts.value) or 1

    @property
    def waited_ms(self) -> int | None:
        """See `waited`."""
        asked_delay = _asked_delay(self.opts.value)
        return waited(self.state, self.attempts_made, self.timestamp, self.processed_on, asked_delay)

    @property
    def due_at(self) -> int | None:
        """When a delayed job is due (epoch ms)."""
        return due(self.score) if self.state is JobState.DELAYED else None


def waited(
    state: JobState, attempts_made: int, timestamp: int | None, processed_on: int | None, asked_delay: int
) -> int | None:
    """How long (ms) a job was in the queue before it was started, without the delay that it was added with.

    Of one that was tried before it is not known: earlier attempts and the pauses after them lie between.
    """
    before = attempts_made if state is JobState.ACTIVE else attempts_made - 1
    if before > 0 or timestamp is None or processed_on is None:
        return None
    return max(0, processed_on - timestamp - asked_delay)


def _attempts(opts: Json) -> int:
    """Attempts in all as the options say, at least 1; 0 when they do not."""
    attempts = opts.get("attempts") if isinstance(opts, dict) else None
    return max(1, int(attempts)) if isinstance(attempts, int | float) else 0


def _asked_delay(opts: Json) -> int:
    """The delay in ms that a job was added with."""
    delay = opts.get("delay") if isinstance(opts, dict) else None
    return max(0, int(delay)) if isinstance(delay, int | float) else 0


def summarize(
    job_id: str, state: JobState, raw: RawHash, *, score: float | None = None, locked: bool | None = None
) -> JobSummary:
    """What a table shows, from the few fields that are read for it."""
    if not raw:
        return JobSummary(job_id, state, score=score, locked=locked, missing=True)
    reader = HashReader(raw)
    data = raw.get("data")
    opts = reader.json("opts", {}).value
    return JobSummary(
        id=job_id,
        state=state,
        name=reader.text("name"),
        timestamp=reader.integer("timestamp"),
        processed_on=reader.integer("processedOn"),
        finished_on=reader.integer("finishedOn"),
        delay=reader.integer("delay") or 0,
        priority=reader.integer("priority") or 0,
        attempts_made=reader.integer("attemptsMade", "atm") or 0,
        attempts_started=reader.integer("ats") or 0,
        max_attempts=_attempts(opts),
        asked_delay=_asked_delay(opts),
        stalled_counter=reader.integer("stc") or 0,
        progress=reader.json("progress", 0).value,
        failed_reason=reader.text("failedReason"),
        data_preview=data.text if data else "",
        data_size=data.size if data else 0,
        processed_by=reader.text("pb"),
        scheduler=reader.text("rjk"),
        parent_key=reader.text("parentKey"),
        score=score,
        locked=locked,
    )


def decode(
    job_id: str,
    queue: QueueRef,
    state: JobState,
    raw: RawHash,
    *,
    score: float | None = None,
    lock_ttl_ms: int | None = None,
    log_count: int = 0,
    dependencies: Dependencies = Dependencies(),
) -> Job:
    """A job from its whole hash. An empty hash gives a job that is `missing`."""
    reader = HashReader(raw)
    return Job(
        id=job_id,
        queue=queue,
        state=state,
        raw=raw,
        name=reader.text("name"),
        data=reader.json("data", {}),
        opts=reader.json("opts", {}),
        progress=reader.json("progress", 0),
        returnvalue=reader.json("returnvalue", None),
        stacktrace=reader.traces(),
        delay=reader.integer("delay"),
        priority=reader.integer("priority"),
        timestamp=reader.integer("timestamp"),
        processed_on=reader.integer("processedOn"),
        finished_on=reader.integer("finishedOn"),
        attempts_made=reader.integer("attemptsMade", "atm") or 0,
        attempts_started=reader.integer("ats") or 0,
        stalled_counter=reader.integer("stc") or 0,
        failed_reason=reader.text("failedReason"),
        deferred_failure=reader.text("defa"),
        parent_key=reader.text("parentKey"),
        parent=reader.json("parent", None),
        scheduler=reader.text("rjk"),
        deduplication_id=reader.text("deid"),
        processed_by=reader.text("pb"),
        score=score,
        lock_ttl_ms=lock_ttl_ms,
        log_count=log_count,
        dependencies=dependencies,
        problems=tuple(reader.problems),
    )
