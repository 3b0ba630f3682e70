"""One job as people read it, from the head line down to the raw oddities."""

from collections.abc import Callable, Iterator

from bulltui.cli.table import Tone
from bulltui.domain.fields import long_options
from bulltui.domain.human import ago, clock, duration, size
from bulltui.domain.job import Job
from bulltui.domain.jsontext import Json, Parsed, dump
from bulltui.domain.states import JobState
from bulltui.domain.text import plural, visible, visible_lines

Paint = Callable[[str, Tone], str]

_LABEL = 13
TONES = {
    JobState.COMPLETED: Tone.OK,
    JobState.ACTIVE: Tone.OK,
    JobState.FAILED: Tone.BAD,
    JobState.PAUSED: Tone.WARN,
    JobState.UNKNOWN: Tone.WARN,
}
# Options that say the same as their absence.
_DEFAULTS: dict[str, tuple[Json, ...]] = {
    "attempts": (0, 1),
    "delay": (0,),
    "priority": (0,),
    "lifo": (False,),
    "backoff": (0, None),
}


def field(label: str, text: str, width: int = _LABEL) -> str:
    """A line of a description. `text` is made harmless."""
    return f"  {label:{width}} {visible(text)}".rstrip()


def _block(text: str) -> Iterator[str]:
    for line in visible_lines(text).split("\n"):
        yield f"  {line}".rstrip()


def job_lines(paint: Paint, job: Job, now_ms: int) -> Iterator[str]:
    """A job in full."""
    yield from _head(paint, job)
    sections: tuple[tuple[str, Iterator[str]], ...] = (
        ("Problems", (paint(field("!", problem), Tone.WARN) for problem in job.problems)),
        ("Timeline", _timeline(job, now_ms)),
        ("Options", _options(job)),
        (_sized("Data", job, "data"), _json_block(job, "data", job.data)),
        (_sized("Progress", job, "progress"), _json_block(job, "progress", job.progress)),
        ("Error", _error(job)),
        (_sized("Stack traces", job, "stacktrace"), _stacks(job)),
        (_sized("Return value", job, "returnvalue"), _json_block(job, "returnvalue", job.returnvalue)),
        ("Children", _children(job)),
        ("Logs", _logs(job)),
    )
    for title, lines in sections:
        first = next(lines, None)
        if first is None:
            continue
        yield ""
        yield paint(title, Tone.TITLE)
        yield first
        yield from lines


def _head(paint: Paint, job: Job) -> Iterator[str]:
    name = job.name or ("(no hash: its data is gone)" if job.missing else "(no name)")
    state = paint(job.state.value, TONES.get(job.state, Tone.PLAIN))
    yield f"{paint(visible(name), Tone.TITLE)}  {state}{_attempts(job)}"
    yield field("id", job.id)
    yield field("queue", job.queue.shown)
    yield field("prefix", job.queue.prefix)
    if job.state is JobState.UNKNOWN:
        yield field("", "the job is in no list and no set of its queue: nothing will run it")
    for label, text in (
        ("priority", str(job.priority) if job.priority else ""),
        ("worker", job.processed_by),
        ("lock", _lock(job)),
        ("stalled", plural(job.stalled_counter, "time") if job.stalled_counter else ""),
        ("parent", job.parent_key),
        ("scheduler", job.scheduler),
        ("dedup id", job.deduplication_id),
        ("will fail", job.deferred_failure),
    ):
        if text:
            yield field(label, text)


def _attempts(job: Job) -> str:
    if not (job.attempts_made or job.attempts_started):
        return ""
    # While it runs the attempt is not counted as made yet.
    number = job.attempts_made + (1 if job.state is JobState.ACTIVE else 0)
    return f", attempt {number:,} of {max(number, job.max_attempts):,}"


def _lock(job: Job) -> str:
    if job.lock_ttl_ms is not None:
        return f"held by a worker, {duration(max(0, job.lock_ttl_ms))} left"
    return "none: the job is stalled" if job.state is JobState.ACTIVE else ""


def _timeline(job: Job, now: int) -> Iterator[str]:
    steps: list[tuple[str, int, str]] = []
    if job.timestamp is not None:
        steps.append(("added", job.timestamp, f"delayed by {duration(job.delay)}" if job.delay else ""))
    if job.processed_on is not None:
        waited = "" if job.waited_ms is None else f"waited {duration(job.waited_ms)}"
        steps.append(("started", job.processed_on, waited))
    if job.finished_on is not None:
        ran = "" if job.processed_on is None else f"ran {duration(job.finished_on - job.processed_on)}"
        steps.append((job.state.value if job.state in TONES else "finished", job.finished_on, ran))
    if job.due_at is not None:
        steps.append(("due", job.due_at, ""))
    for label, at, took in steps:
        yield field(label, ", ".join(filter(None, (f"{clock(at, fine=True)}  {ago(now - at)}", took))))


def _options(job: Job) -> Iterator[str]:
    options = long_options(job.opts.value)
    if not job.opts.ok:
        yield from _block(job.opts.text)
    elif not isinstance(options, dict):
        yield from _block(dump(options))
    else:
        told = {visible(name): value for name, value in options.items() if not _is_default(job, name, value)}
        width = min(40, max([_LABEL, *map(len, told)]))
        for name, value in told.items():
            yield field(name, value if isinstance(value, str) else dump(value), width)


def _is_default(job: Job, name: str, value: Json) -> bool:
    if name == "jobId":
        return bool(value == job.id)
    return any(value == default and type(value) is type(default) for default in _DEFAULTS.get(name, ()))


def _sized(title: str, job: Job, name: str) -> str:
    found = job.raw.get(name)
    return f"{title}  {size(found.size)}" if found and found.size >= 1024 else title


def _json_block(job: Job, name: str, parsed: Parsed) -> Iterator[str]:
    found = job.raw.get(name)
    if found is None or not (found.text or found.size):
        return
    if name == "progress" and parsed.ok and parsed.value == 0:
        return
    yield from _block(dump(parsed.value, indent=2) if parsed.ok else parsed.text)
    yield from _cut_line(job, name)


def _cut_line(job: Job, name: str) -> Iterator[str]:
    found = job.raw.get(name)
    if found is not None and found.cut:
        read = size(len(found.text.encode("utf-8", "surrogateescape")))
        what = f"… the first {read} of {size(found.size)}" if found.text else f"{size(found.size)}, too large to show"
        yield f"  {what}; `--field {name}` or -o json gives all of it"


def _error(job: Job) -> Iterator[str]:
    if job.failed_reason:
        yield from _block(job.failed_reason)
        yield from _cut_line(job, "failedReason")


def _stacks(job: Job) -> Iterator[str]:
    total = len(job.stacktrace)
    for number, stack in enumerate(job.stacktrace, 1):
        if total > 1:
            yield f"  {number} of {total}{', the last' if number == total else ''}"
        yield from (f"  {line}".rstrip() for line in _block(stack))
    yield from _cut_line(job, "stacktrace")


def _children(job: Job) -> Iterator[str]:
    found = job.dependencies
    for label, number in (
        ("pending", found.unprocessed),
        ("done", found.processed),
        ("ignored", found.ignored),
        ("failed", found.failed),
    ):
        if number:
            yield field(label, f"{number:,}")


def _logs(job: Job) -> Iterator[str]:
    if job.log_count:
        call = f"bulltui jobs logs {visible(job.queue.name)} {visible(job.id)}"
        yield f"  {plural(job.log_count, 'line')}: `{call}`"
