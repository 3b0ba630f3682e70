"""Parents and children as they lie in Redis (reference, section 5.4)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bulltui.domain.errors import NotAllowedError
from bulltui.domain.fields import raw_field
from bulltui.domain.flow import Bond, ChildCursor, ChildPage, FlowNode, JobRef, divisions, of_known, queue_of
from bulltui.domain.job import Dependencies
from bulltui.domain.jsontext import parse
from bulltui.domain.queue import QueueRef
from bulltui.domain.states import SUFFIX, JobState
from bulltui.domain.text import exact, to_bytes
from bulltui.store.calls import Calls, Raw, Refused, ScriptsRefusedError
from bulltui.store.errors import about_keys
from bulltui.store.keys import base, job_key
from bulltui.store.plain_flows import LISTED_WHOLE, plain_children, plain_nodes

NODES_A_CALL = 200
BUDGET_MS = 4
ENTRIES = 200_000
"""Entries of lists that one call looks at for the states of its jobs, about 2 ms of the server."""

_STATES = {suffix: state for state, suffix in SUFFIX.items()}
_PLACES = {
    Bond.FAILED: (b":unsuccessful", "zset"),
    Bond.UNPROCESSED: (b":dependencies", "set"),
    Bond.IGNORED: (b":failed", "hash"),
    Bond.PROCESSED: (b":processed", "hash"),
}
_BONDS = tuple(Bond)


_HIDDEN = b"hidden"
_HIDDEN_ROW: tuple[Raw, ...] = (_HIDDEN, b"", b"", b"", b"", b"", 0, 0, 0, 0)
"""In place of what a script tells of a job whose keys the user may not read."""


class RedisFlows:
    """See `services.exploring.FlowReader`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def nodes(self, jobs: Sequence[JobRef]) -> list[FlowNode]:
        """See FlowReader."""
        rows: list[Raw] = [None] * len(jobs)
        groups = self._calls.together([job_key(job.ref, job.id) for job in jobs])
        read = await asyncio.gather(*(self._rows([jobs[at] for at in group]) for group in groups))
        for group, found in zip(groups, read, strict=True):
            for at, row in zip(group, found, strict=True):
                rows[at] = row
        parents = [_parent(exact(row[5]), job.ref) for job, row in zip(jobs, rows, strict=True)]
        lone = [row[4] for row, parent in zip(rows, parents, strict=True) if row[4] and parent is None]
        by_key = dict(zip(lone, await self._divided(lone, ()), strict=True))
        return [
            _node(job, row, parent or by_key.get(row[4])) for job, row, parent in zip(jobs, rows, parents, strict=True)
        ]

    async def _rows(self, jobs: Sequence[JobRef]) -> list[Raw]:
        """What one call after another tells of jobs that one call may go over."""
        rows: list[Raw] = []
        while len(rows) < len(jobs):
            part = jobs[len(rows) : len(rows) + NODES_A_CALL]
            words = [word for job in part for word in (base(job.ref), to_bytes(job.id))]
            keys = [job_key(job.ref, job.id) for job in part]
            try:
                rows += await self._calls.script("flow", keys, [BUDGET_MS, ENTRIES, *words])
            except ScriptsRefusedError:
                rows += await self._plain_rows(part)
            except NotAllowedError as error:
                rows += await self._rows_of_halves(part, error)
        return rows

    async def _plain_rows(self, part: Sequence[JobRef]) -> Sequence[Raw]:
        try:
            return await plain_nodes(self._calls, part)
        except NotAllowedError as error:
            return await self._rows_of_halves(part, error)

    async def _rows_of_halves(self, part: Sequence[JobRef], error: NotAllowedError) -> list[Raw]:
        """One job whose keys may not be read refuses the whole call, which is halved until it is known."""
        if not about_keys(error.message):
            raise error
        if len(part) == 1:
            return [_HIDDEN_ROW]
        half = len(part) // 2
        return [*await self._rows(part[:half]), *await self._rows(part[half:])]

    async def children(self, job: JobRef, cursor: ChildCursor, limit: int, known: Sequence[QueueRef]) -> ChildPage:
        """See FlowReader."""
        nodes: list[FlowNode] = []
        after: ChildCursor | None = cursor
        while after is not None and len(nodes) < limit:
            keys, after_this = await self._keys(job, after, limit - len(nodes))
            jobs = await self._divided(keys, (*known, job.ref))
            nodes += [replace(node, bond=after.bond) for node in await self.nodes(jobs)]
            after = after_this
        return ChildPage(tuple(nodes), after)

    async def _keys(self, job: JobRef, cursor: ChildCursor, limit: int) -> tuple[list[bytes], ChildCursor | None]:
        suffix, kind = _PLACES[cursor.bond]
        name = job_key(job.ref, job.id) + suffix
        try:
            at, keys = await self._calls.script("children", [name], [kind, cursor.at, limit, LISTED_WHOLE])
        except ScriptsRefusedError:
            at, keys = await plain_children(self._calls, name, kind, cursor.at, limit)
        if at:
            return keys, ChildCursor(cursor.bond, exact(at))
        later = _BONDS[_BONDS.index(cursor.bond) + 1 :]
        return keys, ChildCursor(later[0]) if later else None

    async def _divided(self, keys: Sequence[bytes], known: Sequence[QueueRef]) -> list[JobRef]:
        """The jobs of these keys. Where no known queue decides, the longest one that has a `meta` does."""
        found = {key: of_known(exact(key), known) for key in keys}
        server = self._calls.label
        unsure = {key: divisions(exact(key), server) for key, job in found.items() if job is None}
        asked = [("EXISTS", base(one.ref) + b"meta") for ways in unsure.values() for one in ways]
        told = iter(await self._calls.pipeline(asked, may_lack=("EXISTS",)))
        for key, ways in unsure.items():
            there = [
                one for one, reply in [(one, next(told)) for one in ways] if reply and not isinstance(reply, Refused)
            ]
            found[key] = (there or ways or [JobRef(QueueRef("", "", server), exact(key))])[0]
        return [job for key in keys for job in [found[key]] if job is not None]


def _node(job: JobRef, row: Sequence[Raw], parent: JobRef | None) -> FlowNode:
    kind, state, name, reason, _, _, pending, processed, ignored, failed = row
    return FlowNode(
        job,
        name=raw_field(name).text,
        state=_STATES.get(exact(state), JobState.UNKNOWN),
        missing=kind not in (b"hash", _HIDDEN),
        hidden=kind == _HIDDEN,
        failed_reason=raw_field(reason).text,
        children=Dependencies(pending, processed, ignored, failed),
        parent=parent,
    )


def _parent(stored: str, like: QueueRef) -> JobRef | None:
    """The parent that a job names; None where it names none in that form."""
    told = parse(stored).value if stored else None
    if not isinstance(told, dict):
        return None
    queue, job_id = told.get("queueKey"), told.get("id")
    if not isinstance(queue, str) or isinstance(job_id, bool) or not isinstance(job_id, str | int):
        return None
    return JobRef(queue_of(queue, like), str(job_id))
