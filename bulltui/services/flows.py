"""Opens flows from any of their jobs, and reads on as someone looks deeper."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bulltui.domain.flow import FlowNode, JobRef
from bulltui.domain.flow_tree import Branch, Line, lines
from bulltui.domain.queue import QueueRef
from bulltui.services.exploring import FlowReader

WIDTH = 50
"""How many children are read and shown at a time."""

HEIGHT = 100
"""How many parents are looked for above a job."""


class FlowTree:
    """A flow around a job. Each method raises a `BulltuiError` when the server does not answer, and leaves the tree as
    it was. `known` are queues that may hold children; more of them may be told at any time."""

    def __init__(self, flows: FlowReader, known: Sequence[QueueRef] = (), width: int = WIDTH) -> None:
        self._flows = flows
        self._width = width
        self.known = known
        self.root: Branch | None = None
        self.circular = False
        """Whether the parents of the job lead back to one of them: the top is then any of these."""

    def lines(self) -> list[Line]:
        """What is shown, from the top."""
        return [] if self.root is None else lines(self.root)

    async def open(self, job: JobRef) -> Branch:
        """Reads the flow of a job: its parents up to the top, which may be missing, the first children of each on the
        way, and its own. Gives its branch, which stands in the tree wherever it is among its siblings."""
        way, circular = await self._parents(job)
        branch = root = Branch(way[-1])
        for node in reversed(way[:-1]):
            await self._read(branch)
            branch.open = True
            branch = self._child(branch, node)
        await self.expand(branch)
        self.root, self.circular = root, circular
        return branch

    async def _parents(self, job: JobRef) -> tuple[list[FlowNode], bool]:
        """The job, its parent and so on, and whether they go round in a circle."""
        (node,) = await self._flows.nodes([job])
        way, seen = [node], {job}
        while node.parent is not None and len(way) < HEIGHT:
            if node.parent in seen:
                return way, True
            seen.add(node.parent)
            (node,) = await self._flows.nodes([node.parent])
            way.append(node)
        return way, False

    @staticmethod
    def _child(parent: Branch, node: FlowNode) -> Branch:
        """The branch of `node` below `parent`, put first where it is not among those that were read so far."""
        for child in parent.children:
            if child.job == node.job:
                return child
        spare = [one for one in parent.spare if one.job == node.job]
        parent.spare = [one for one in parent.spare if one.job != node.job]
        child = Branch(spare[0] if spare else node, parent)
        parent.children.insert(0, child)
        return child

    async def expand(self, branch: Branch) -> None:
        """Shows the children of a branch, the first ones read now if they were not."""
        if branch.can_open and not branch.children:
            await self._read(branch)
        branch.open = branch.can_open

    async def more(self, branch: Branch) -> int:
        """Shows more children of a branch; how many."""
        before = len(branch.children)
        await self._read(branch)
        return len(branch.children) - before

    async def expand_all(self, depth: int, most: int) -> bool:
        """Shows all branches down to `depth` below the top, up to about `most` jobs, level by level; whether that was
        enough for all."""
        todo = deque([self.root] if self.root is not None else [])
        count = 1 + (sum(1 for _ in self.root.below()) if self.root is not None else 0)
        while todo:
            branch = todo.popleft()
            if not branch.can_open or (branch.depth >= depth and not branch.open):
                continue
            if count >= most and not branch.children:
                return False
            before = len(branch.children)
            await self.expand(branch)
            count += len(branch.children) - before
            todo += branch.children
        return True

    async def refresh(self, branches: Iterable[Branch]) -> None:
        """Reads these branches again as jobs, such as those on screen. Their children stay those that were read."""
        wanted = list(branches)
        for branch, node in zip(wanted, await self._flows.nodes([one.job for one in wanted]), strict=True):
            branch.node = replace(node, bond=branch.node.bond)

    async def _read(self, branch: Branch) -> None:
        """Adds the next children, as many as are shown at a time."""
        if branch.node.hidden:
            branch.cursor = None
            return
        spare, cursor = list(branch.spare), branch.cursor
        there = {child.job: child for child in branch.children}
        fresh: dict[JobRef, FlowNode] = {}
        while True:
            while spare and len(fresh) < self._width:
                node = spare.pop(0)
                if node.job in there:
                    there[node.job].node = node  # it was put there out of its turn
                else:
                    fresh.setdefault(node.job, node)
            # Where all are there that were counted, it is made sure of that there are no more.
            all_there = len(branch.children) + len(fresh) >= branch.node.children.total
            if cursor is None or (len(fresh) >= self._width and (spare or not all_there)):
                break
            limit = max(1, self._width - len(fresh))
            page = await self._flows.children(branch.job, cursor, limit, self.known)
            spare, cursor = [*spare, *page.nodes], page.cursor
        above = {branch.job, *(one.job for one in branch.above())}
        branch.children += [Branch(node, branch, again=node.job in above) for node in fresh.values()]
        branch.spare, branch.cursor = spare, cursor
