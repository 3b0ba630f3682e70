"""Groups of failed jobs as lines of a table, and all of one group."""

from bulltui.domain import human
from bulltui.domain.error_groups import ErrorGroup, Order, Trend
from bulltui.domain.errors import BulltuiError
from bulltui.domain.job import Job
from bulltui.domain.text import plural, visible, visible_lines
from bulltui.services.grouping import Step
from bulltui.tui.present.line import Part, Pieces, part, pieces
from bulltui.tui.present.prose import folded
from bulltui.tui.present.trace import error_lines
from bulltui.tui.widgets.cells import Cell
from bulltui.tui.widgets.columns import Column

COLUMNS: tuple[Column, ...] = (
    Column("count", "count", width=8, align="right", priority=100),
    Column("share", "share", width=9, align="right", priority=40),
    Column("trend", "trend", width=11, priority=80),
    Column("last", "last", width=8, align="right", priority=70),
    Column("first", "first", width=8, align="right", priority=30),
    Column("message", "error", min=24, flex=6, priority=95),
    Column("frame", "where", min=12, max=40, flex=2, priority=50),
    Column("names", "jobs", min=10, max=28, flex=2, priority=60),
)

LOOKS: dict[Trend, tuple[str, str]] = {
    Trend.NEW: ("★", "failed bold"),
    Trend.GROWING: ("▲", "failed"),
    Trend.STEADY: ("=", "delayed"),
    Trend.SHRINKING: ("▼", "ok"),
    Trend.GONE: ("○", "ok"),
    Trend.OLD: ("·", "dim"),
}
"""The sign and the token of each trend."""

SORTED: dict[Order, str] = {Order.COUNT: "count", Order.LAST: "last", Order.TREND: "trend"}
"""The column of each order."""
_BAR, _PARTS = 4, " ▏▎▍▌▋▊▉█"
_MESSAGE = 400  # characters of a message that are looked at: no screen is wider
_FEW = 6
_LINES = 12


def bar(share: float, width: int = _BAR) -> str:
    """A share from 0 to 1 as a bar, in eighths of a cell; what is there at all is seen."""
    eighths = max(1 if share > 0 else 0, round(share * width * 8))
    return ("█" * (eighths // 8) + (_PARTS[eighths % 8] if eighths % 8 else "")).ljust(width)


def cells(group: ErrorGroup, total: int, now_ms: int) -> tuple[Cell, ...]:
    """The cells of a group, of `total` failed jobs in all."""
    share = group.count / total if total else 0.0
    sign, token = LOOKS[group.trend]
    names = sorted(group.names, key=lambda name: -group.names[name])
    return (
        (f"{group.count:,}", "failed bold"),
        [(f"{percent(share)} ", ""), (bar(share), "failed")],
        [(f"{sign} {group.trend.value}", token)],
        _since(group.last_at, now_ms),
        _since(group.first_at, now_ms),
        message(group) or ("no message", "dim"),
        (group.fingerprint.frame, "dim"),
        (", ".join(name or "no name" for name in names[:_FEW]), "dim"),
    )


def message(group: ErrorGroup) -> str:
    """The title of a group on one line."""
    return " ".join(group.fingerprint.title[:_MESSAGE].split())


def percent(share: float) -> str:
    """A share as per cent: `38%`, `<1%`."""
    return "<1%" if 0 < share < 0.01 else f"{int(share * 100)}%"


def _since(at: int | None, now_ms: int) -> Cell:
    return ("–", "dim") if at is None else human.age(max(0, now_ms - at))


def nothing(where: str, problem: BulltuiError | None, *, running: bool, whole: bool) -> str:
    """What is said where there is no group; `whole` where no server is left out."""
    if problem is not None:
        return f"{problem.message}\n{problem.hint}".strip()
    return "Reading…" if running else f"No failed job in {where if whole else 'what was looked through'}."


def title(
    where: str,
    groups: int,
    progress: Step,
    *,
    running: bool,
    since: int,
    order: Order,
    problem: BulltuiError | None,
    other: str,
) -> list[Part]:
    """The line above: whose errors, how far they are read, and how many jobs failed meanwhile."""
    parts = [part(9, (f"Errors of {where}", "bold"), (f"  {plural(groups, 'group')}", ""))]
    if running:
        parts.append(part(8, (f"examined {progress.examined:,} of {progress.total:,}", "active")))
    elif not progress.over:
        stopped = f"stopped: examined {progress.examined:,} of {progress.total:,}, c goes on"
        parts.append(part(8, (stopped, "delayed bold")))
    else:
        parts.append(part(6, (plural(progress.examined, "failed job"), "failed")))
    if progress.unread:
        parts.append(part(3, (f"{progress.unread:,} too large to read", "delayed")))
    if progress.missing:
        parts.append(part(2, (f"{progress.missing:,} without data", "stale")))
    if problem is not None:
        parts.append(part(7, (problem.message, "failed")))
    if since and progress.over:
        parts.append(part(5, (f"{since:,} more since, ctrl+r", "delayed")))
    parts.append(part(1, (f"by {order.value}{', ' + other if other else ''}", "dim"), right=True))
    return parts


def facts(group: ErrorGroup, total: int, now_ms: int, width: int) -> list[Pieces]:
    """What there is to know of a group beside its message."""
    share = group.count / total if total else 0.0
    sign, token = LOOKS[group.trend]
    lines: list[Pieces] = [
        [
            (" ", ""),
            (plural(group.count, "failed job"), "failed bold"),
            (f", {percent(share)} of all", ""),
            ("   ", ""),
            (f"{sign} {group.trend.value}", token),
            (f": {group.last_hour:,} in the last hour, {group.hour_before:,} in the one before", "dim"),
        ]
    ]
    if group.last_at is not None and group.first_at is not None:
        times = f" last {human.ago(now_ms - group.last_at)}, first {human.ago(now_ms - group.first_at)}"
        lines.append([(times, ""), (f"   {human.clock(group.first_at)} to {human.clock(group.last_at)}", "dim")])
    lines += _counted("jobs", group.names, width)
    if group.ids:
        lines += _counted(
            "queue" if len(group.ids) == 1 else "queues", {ref.shown: len(ids) for ref, ids in group.ids.items()}, width
        )
    if not group.complete:
        lines.append([(f" Of these {group.kept:,} are known by their ids; the rest is only counted.", "delayed")])
    return lines


def _counted(label: str, counts: dict[str, int], width: int) -> list[Pieces]:
    most = sorted(counts, key=lambda name: -counts[name])
    said = ", ".join(f"{visible(name[:60]) or 'no name'} {counts[name]:,}" for name in most[:_FEW])
    if len(most) > _FEW:
        said += f" and {len(most) - _FEW:,} more"
    indent = len(label) + 2
    return [
        [(f" {label} " if not place else " " * indent, "dim"), (line, "")]
        for place, line in enumerate(folded(said, width - indent - 1))
    ]


def sample_lines(group: ErrorGroup, width: int, most: int = _LINES) -> list[Pieces]:
    """The message of the newest job, folded, at most `most` lines."""
    lines: list[Pieces] = []
    for text in visible_lines(group.sample[: 40 * width]).split("\n"):
        lines += [[(" ", ""), (line, "failed bold")] for line in folded(text, width - 2)]
        if len(lines) > most:
            return [*lines[: most - 1], [(" … ", "dim"), ("the job has all of it", "dim")]]
    return lines or [[(" There is no message.", "dim")]]


def detail(group: ErrorGroup, job: Job | None, total: int, now_ms: int, width: int) -> list[Pieces]:
    """All of a group: its facts, the message of the newest job, and that job's stack trace as far as it is read."""
    lines = [*facts(group, total, now_ms, width), []]
    where = "" if group.sample_ref is None else f" of {visible(group.sample_ref.shown)}"
    lines.append([(" the newest, ", "dim"), (visible(group.sample_id), "bold"), (where, "dim")])
    if job is None:
        return [*lines, *sample_lines(group, width)]
    return [*lines, *([(" ", ""), *pieces(line)] for line in error_lines(job))]
