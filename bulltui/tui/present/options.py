"""The options of a job under their public names: first those that differ from what BullMQ takes by default."""

from bulltui.domain import human
from bulltui.domain.fields import long_options
from bulltui.domain.job import Job
from bulltui.domain.jsontext import Json, dump
from bulltui.tui.widgets.cells import Cell

DEFAULTS: dict[str, tuple[Json, str]] = {
    "attempts": (1, "how often it may be started"),
    "backoff": (None, "pause before a retry"),
    "delay": (0, "ms before it may run"),
    "priority": (0, "0 is none; of others the smallest runs first"),
    "lifo": (False, "runs before those that wait"),
    "removeOnComplete": (False, "kept when completed"),
    "removeOnFail": (False, "kept when failed"),
    "jobId": (None, "id given by the producer"),
    "deduplication": (None, "id by which equal jobs are dropped"),
    "failParentOnFailure": (False, "its failure fails the parent"),
    "continueParentOnFailure": (False, "its failure lets the parent run at once"),
    "ignoreDependencyOnFailure": (False, "the parent runs even if it fails"),
    "removeDependencyOnFailure": (False, "the parent forgets it if it fails"),
    "keepLogs": (None, "log lines kept"),
    "stackTraceLimit": (None, "stack traces kept"),
    "sizeLimit": (None, "bytes of data at most"),
    "timestamp": (None, "when it was added"),
    "parent": (None, "the job that waits for it"),
    "repeat": (None, "the rule that repeats it"),
    "prevMillis": (None, "time of the run before"),
    "repeatJobKey": (None, "the scheduler that made it"),
    "telemetry": (None, "trace context"),
}
_NAME_WIDTH = max(map(len, DEFAULTS)) + 2


def _value(name: str, value: Json) -> str:
    text = dump(value)
    if name in ("delay", "timestamp", "prevMillis") and isinstance(value, int) and not isinstance(value, bool):
        return f"{text}  ({human.duration(value) if name == 'delay' else human.clock(value)})"
    if name == "backoff" and isinstance(value, dict):
        pause = value.get("delay")
        kind = dump(value.get("type")).strip('"')
        if isinstance(pause, int) and len(value) == 2:
            return f"{kind}, {human.duration(pause)}"
    return text


def option_lines(job: Job) -> list[Cell]:
    """One line an option."""
    if not job.opts.ok:
        return [(f"The options are {job.opts.problem}", "failed"), "", job.opts.text]
    options = long_options(job.opts.value)
    if not isinstance(options, dict):
        return [("The options are no object:", "failed"), dump(options)]
    different: list[Cell] = []
    same: list[Cell] = []
    for name, value in options.items():
        default, meaning = DEFAULTS.get(name, (None, "not an option known here"))
        row = (name.ljust(_NAME_WIDTH), _value(name, value))
        if value in (default, 0 if name == "attempts" else default):
            same.append([(row[0], "dim"), (row[1], "dim")])
        else:
            different.append([(row[0], "syntax-key"), (row[1], "bold"), (f"   {meaning}", "dim")])
    lines: list[Cell] = different or [("Nothing differs from the defaults.", "dim")]
    unset = [
        [(name.ljust(_NAME_WIDTH), "dim"), (_default_text(DEFAULTS[name][0]), "dim")]
        for name in ("attempts", "backoff", "delay", "priority", "lifo", "removeOnComplete", "removeOnFail")
        if name not in options
    ]
    return [*lines, "", ("defaults", "bold dim"), *same, *unset]


def _default_text(value: Json) -> str:
    return "none" if value is None else dump(value)
