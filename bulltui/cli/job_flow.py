"""`bulltui jobs flow`: the parents and children of a job, as a tree."""

from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.documents import of_server
from bulltui.cli.grammar import command
from bulltui.cli.job_text import TONES
from bulltui.cli.options import Output
from bulltui.cli.output import Out, note
from bulltui.cli.table import GAP, Tone, cells, cut
from bulltui.domain.errors import NotFoundError
from bulltui.domain.flow import Bond, FlowNode, JobRef
from bulltui.domain.flow_tree import Branch, Line, counts_said
from bulltui.domain.jsontext import Json
from bulltui.domain.states import JobState
from bulltui.domain.text import plural, visible

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

DEPTH, WIDTH = 10, 50
MOST = 5_000
"""How many jobs are shown at most."""


def register(app: typer.Typer) -> None:
    """Adds the command to the noun `jobs`."""
    command(
        app,
        "flow",
        examples="""
        bulltui jobs flow orders 8f21
        bulltui jobs flow orders 8f21 --depth 1 --width 500
        bulltui jobs flow orders 8f21 -o json | jq '.. | select(.state? == "failed") | .id'
        """,
    )(show_flow)


def show_flow(
    call: Call,
    *,
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="The queue's name, or its whole key.")],
    job_id: Annotated[str, typer.Argument(metavar="ID", help="The id of any job of the flow.")],
    depth: Annotated[
        int, typer.Option("--depth", metavar="N", min=0, help="How many levels below the top are shown.")
    ] = DEPTH,
    width: Annotated[
        int, typer.Option("--width", metavar="N", min=1, max=MOST, help="How many children of each job are shown.")
    ] = WIDTH,
) -> None:
    """Show the parents and children of a job, across queues, as a tree.

    Children that failed come first, then those that are waited for, those that failed and are ignored, and the others.
    The way to the job and its own children are shown whatever --depth says.

    The document is the top of the tree: `queue`, `prefix`, `id`, `name`, `state`, `missing`, `bond`, `failedReason`,
    `counts`, `asked`, `children`, which are alike, and `left`, how many of these are not shown.
    """
    call.refuse(Output.CSV)

    async def work(runtime: "Runtime") -> None:
        from bulltui.services.flows import FlowTree
        from bulltui.services.overview import resolve

        ref = await resolve(runtime.reader, call.settings.prefixes, queue)
        tree = FlowTree(runtime.flows, (ref,), width)
        asked = await tree.open(JobRef(ref, job_id))
        root = tree.root or asked
        if asked is root and asked.node.missing and not asked.node.children.total:
            raise NotFoundError(
                f"There is no job {visible(job_id)!r} in {visible(ref.shown)}.",
                hint="A finished job may be gone; its parent, if it has one, may still show it.",
            )
        whole = await tree.expand_all(depth, MOST)
        if call.output is not Output.TABLE:
            call.out.document(_document(root, asked), short=call.output is Output.JSONL)
            return
        for line in tree.lines():
            call.out.line(_text(call.out, line, asked))
        call.out.flush()
        if tree.circular:
            note("The parents of this job go round in a circle; the top is one of them.")
        if not whole:
            note(f"Stopped at {plural(MOST, 'job')}: --depth and --width show less of each level.")
        if asked is root and not asked.can_open:
            note("This job has neither a parent nor children.")

    call.run(work)


def _text(out: Out, line: Line, asked: Branch) -> str:
    """A line of the tree. On a terminal it is cut to its width."""
    branch = line.branch
    if line.more:
        return line.guides + out.paint(f"… {line.more:,} more", Tone.DIM)
    parts: list[tuple[str, Tone]] = []
    node = branch.node
    if branch.parent is None or branch.parent.job.ref != branch.job.ref:
        ref = branch.job.ref
        same = branch.parent is not None and branch.parent.job.ref.prefix == ref.prefix
        parts.append((ref.name if same else ref.shown_key, Tone.PLAIN))
    parts += [(node.job.id, Tone.TITLE if branch is asked else Tone.PLAIN), (node.name, Tone.PLAIN)]
    parts += _said(branch)
    if branch is asked:
        parts.append(("<- this one", Tone.DIM))
    room = None if out.width is None else out.width - cells(line.guides)
    shown: list[str] = []
    for text, tone in parts:
        harmless = visible(text)
        if not harmless:
            continue
        if room is not None:
            harmless = cut(harmless, room)
            room -= cells(harmless) + len(GAP)
        if harmless:
            shown.append(out.paint(harmless, tone))
    return line.guides + GAP.join(shown)


def _said(branch: Branch) -> list[tuple[str, Tone]]:
    """What is told of a job: its state, how its parent stands to it, its children, why it failed."""
    node = branch.node
    state = ("gone", Tone.WARN) if node.missing else (node.state.value, TONES.get(node.state, Tone.PLAIN))
    said = [("may not be read by this user", Tone.WARN) if node.hidden else state]
    if node.missing and node.bond is Bond.PROCESSED:
        said = [("done and gone", Tone.DIM)]
    elif node.bond is Bond.IGNORED:
        said.append(("ignored", Tone.DIM))
    said.append((counts_said(node.children), Tone.BAD if node.children.failed else Tone.PLAIN))
    if branch.again:
        said.append(("stands above already, a circle", Tone.WARN))
    if node.failed_reason and node.state in (JobState.FAILED, JobState.DELAYED):
        said.append((node.failed_reason.strip().partition("\n")[0], Tone.BAD))
    return said


def _document(root: Branch, asked: Branch) -> Json:
    """The tree as nested objects. Built from the bottom, since a tree may be deeper than calls may be nested."""
    made: dict[int, dict[str, Json]] = {}
    for branch in reversed([root, *root.below()]):
        document = _node_document(branch.node)
        document["asked"] = branch is asked
        document["children"] = [made.pop(id(child)) for child in branch.children] if branch.open else []
        document["left"] = branch.left if branch.open else branch.node.children.total
        made[id(branch)] = document
    return made[id(root)]


def _node_document(node: FlowNode) -> dict[str, Json]:
    counts = node.children
    return {
        "queue": node.job.ref.name,
        "prefix": node.job.ref.prefix,
        **of_server(node.job.ref),
        "id": node.job.id,
        "name": node.name or None,
        "state": None if node.missing or node.hidden else node.state.value,
        "missing": node.missing,
        "hidden": node.hidden,
        "bond": node.bond.value if node.bond is not None else None,
        "failedReason": node.failed_reason or None,
        "counts": {
            "processed": counts.processed,
            "unprocessed": counts.unprocessed,
            "failed": counts.failed,
            "ignored": counts.ignored,
        },
    }
