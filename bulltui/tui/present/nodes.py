"""The nodes of a Cluster, a line each."""

from collections.abc import Sequence

from bulltui.domain import human
from bulltui.domain.server import Node
from bulltui.domain.text import plural, visible
from bulltui.tui.present.facts import heading
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.prose import folded
from bulltui.tui.widgets.cells import cut, width_of

_NODE_COLUMNS: tuple[tuple[str, int], ...] = (("role", 9), ("slots", 7), ("keys", 8), ("memory", 10), ("ops/s", 8))


def node_lines(nodes: Sequence[Node], width: int) -> list[Pieces]:
    """What each told of itself, or why it did not."""
    room = max(16, min(40, width - sum(size for _, size in _NODE_COLUMNS) - 2))
    head: Pieces = [(" " + "node".ljust(room), "dim bold")]
    head += [(title.rjust(size), "dim bold") for title, size in _NODE_COLUMNS]
    lines: list[Pieces] = [[], heading("Nodes", plural(len(nodes), "node")), head]
    for node in nodes:
        name = cut(visible(node.address), room - 1)
        first = (" " + name + " " * (room - width_of(name)), "failed" if node.problem else "")
        if node.problem:
            told = enumerate(folded(node.problem, width - 6))
            lines.append([first])
            lines += [[("     " if at else "   ✖ ", "failed"), (line, "failed")] for at, line in told]
            continue
        said = (
            (node.role, "" if node.role == "primary" else "dim"),
            (f"{node.slots:,}" if node.slots else "", ""),
            ("" if node.keys is None else human.count(node.keys), ""),
            ("" if node.used_memory is None else human.size(node.used_memory), ""),
            ("" if node.ops_s is None else human.count(node.ops_s), ""),
        )
        cells = [(text.rjust(size), token) for (text, token), (_, size) in zip(said, _NODE_COLUMNS, strict=True)]
        lines.append([first, *cells])
    return lines
