"""A flow as lines of a table: guides, state, name and id of each job, and how its children stand."""

from bulltui.domain.flow import Bond, FlowNode, JobRef
from bulltui.domain.flow_tree import Branch, Line, counts_said
from bulltui.domain.states import JobState
from bulltui.domain.text import plural, visible
from bulltui.tui.present.line import Part, Pieces, part
from bulltui.tui.present.signs import MISSING, STATE_SIGN, STATE_TOKEN, state_label
from bulltui.tui.widgets.cells import Cell, cut, cut_name
from bulltui.tui.widgets.columns import Column

COLUMNS: tuple[Column, ...] = (
    Column("job", "job", min=20, flex=5, priority=100),
    Column("state", "state", width=11, priority=90),
    Column("children", "children", min=14, max=36, flex=2, priority=80),
    Column("queue", "queue", min=8, max=28, flex=2, priority=95, shorten=cut_name),
    Column("text", "", min=16, flex=7, priority=60),
)
_DEEP = 24  # cells of guides; of deeper ones the end
_REASON = 400  # characters of an error that are looked at: no screen is wider
_MEANS = {Bond.IGNORED: "  ignored by its parent", Bond.UNPROCESSED: "  its parent waits on"}
"""What a failed child means for its parent."""
OPEN, CLOSED, HERE = "▾ ", "▸ ", "◀"


def cells(line: Line, here: JobRef) -> tuple[Cell, ...]:
    """The cells of a line; `here` is the job that the flow was opened on."""
    guides = line.guides if len(line.guides) <= _DEEP else f"…{line.guides[-_DEEP + 1 :]}"
    if line.more:
        return [(guides, "dim"), (f"… {line.more:,} more", "delayed"), ("  enter reads on", "dim")], "", "", "", ""
    branch = line.branch
    node, mine = branch.node, branch.job == here
    fold = (OPEN if branch.open else CLOSED) if branch.can_open else ""
    token = "stale" if node.missing else STATE_TOKEN[node.state]
    job: Pieces = [
        (guides, "dim"),
        (fold, "active"),
        (f"{MISSING if node.missing else STATE_SIGN[node.state]} ", token),
    ]
    job += [(cut(node.name, 60), "bold" if mine else ""), (" " if node.name else "", "")]
    if mine:
        job.append((f"{HERE} ", "delayed"))
    job.append((node.job.id, "dim"))
    state = "gone" if node.missing else "hidden" if node.hidden else state_label(node.state)
    failing = node.children.failed or node.children.ignored
    return (
        job,
        (state, token),
        (counts_said(node.children), "failed" if failing else ""),
        node.job.ref.shown,
        _text(branch),
    )


def _text(branch: Branch) -> Cell:
    node = branch.node
    if branch.again:
        return "stands above itself: a circle", "failed"
    if node.missing:
        return _gone(node), "dim"
    if node.hidden:
        return "this user may not read it", "dim"
    if node.state is JobState.FAILED or node.failed_reason:
        reason = " ".join(node.failed_reason[:_REASON].split())
        means = "" if node.bond is None else _MEANS.get(node.bond, "")
        return [(reason, "failed"), (means, "dim")]
    if node.state is JobState.WAITING_CHILDREN:
        return f"waits for {plural(node.children.unprocessed, 'child', 'children')}", "children"
    return ""


def _gone(node: FlowNode) -> str:
    """What is known of a job whose data is gone."""
    match node.bond:
        case Bond.PROCESSED:
            return "done and removed, its result is kept"
        case Bond.UNPROCESSED:
            return "removed, and its parent still waits for it"
        case Bond.FAILED | Bond.IGNORED:
            return "failed and removed"
        case None:
            return "removed"


def title(root: Branch | None, here: JobRef, shown: int, *, circular: bool, problem: str) -> list[Part]:
    """The line above: whose flow, how it stands, and what is odd about it."""
    name = f"Flow of {cut(visible(here.id), 40)} of {cut(visible(here.ref.shown), 30)}"
    parts = [part(9, (name, "bold"))]
    if root is None:
        return [*parts, part(8, (problem or "Reading…", "failed" if problem else "dim"))]
    if not root.can_open and root.node.parent is None:
        parts.append(part(8, ("no parent and no children", "dim")))
    elif said := counts_said(root.node.children):
        parts.append(part(6, (said, "failed" if root.node.children.failed else "")))
    if circular:
        parts.append(part(7, ("its parents go round in a circle", "failed")))
    if problem:
        parts.append(part(8, (problem, "failed")))
    parts.append(part(2, (f"{shown:,} shown", "dim"), right=True))
    return parts
