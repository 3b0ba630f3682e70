"""A flow as far as it was read: branches that open and close, and the lines that show it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bulltui.domain.flow import ChildCursor, FlowNode, JobRef
from bulltui.domain.job import Dependencies


@dataclass(eq=False, slots=True)
class Branch:
    """A job in a tree with those of its children that were read. `cursor` is where to read on, None where all were;
    `spare` were read and are not shown yet. `again` marks a job that stands above itself already, a circle that nobody
    goes round. `open` is whether its children are shown."""

    node: FlowNode
    parent: "Branch | None" = None
    children: "list[Branch]" = field(default_factory=list)
    cursor: ChildCursor | None = field(default_factory=ChildCursor)
    spare: list[FlowNode] = field(default_factory=list)
    again: bool = False
    open: bool = False

    @property
    def job(self) -> JobRef:
        """Which job."""
        return self.node.job

    @property
    def depth(self) -> int:
        """How many stand above it."""
        return sum(1 for _ in self.above())

    @property
    def can_open(self) -> bool:
        """Whether there is something below it, as far as is known."""
        return not self.again and (self.node.children.total > 0 or bool(self.children))

    @property
    def left(self) -> int:
        """How many children are not shown, at least."""
        if self.cursor is None:
            return len(self.spare)
        return max(self.node.children.total - len(self.children), len(self.spare), 1)

    def above(self) -> "Iterator[Branch]":
        """Its parent, the parent of that and so on."""
        one = self.parent
        while one is not None:
            yield one
            one = one.parent

    def below(self) -> "Iterator[Branch]":
        """All that were read below it, each before its own."""
        todo = list(reversed(self.children))
        while todo:
            one = todo.pop()
            yield one
            todo += reversed(one.children)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a tree: the guides before it, and a branch; or of `more` of its children that are not shown."""

    guides: str
    branch: Branch
    more: int = 0


def lines(root: Branch) -> list[Line]:
    """What is shown of a tree, from the top."""
    found: list[Line] = []
    todo: list[tuple[str, str, Branch, bool]] = [("", "", root, False)]
    while todo:
        guides, below, branch, more = todo.pop()
        if more:
            found.append(Line(guides, branch, branch.left))
            continue
        found.append(Line(guides, branch))
        if not branch.open:
            continue
        rest = [(child, False) for child in branch.children]
        rest += [(branch, True)] if branch.left else []
        for at, (child, is_more) in reversed(list(enumerate(rest))):
            ends = at == len(rest) - 1
            todo.append((f"{below}{'└─ ' if ends else '├─ '}", f"{below}{'   ' if ends else '│  '}", child, is_more))
    return found


def counts_said(children: Dependencies) -> str:
    """`2 of 5 done, 1 failed, 1 ignored`; empty without children."""
    if not children.total:
        return ""
    parts = [f"{children.processed:,} of {children.total:,} done"]
    parts += [f"{children.failed:,} failed"] if children.failed else []
    parts += [f"{children.ignored:,} ignored"] if children.ignored else []
    return ", ".join(parts)
