"""The table of all cases of fidelity."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from zlib import crc32

from bulltui.domain.targets import Jobs, Schedulers
from bulltui.services.request import Request
from tests.interop import fidelity_flows, fidelity_jobs, fidelity_new_jobs, fidelity_queues
from tests.interop.fidelity import Case
from tests.interop.invariants import armed
from tests.interop.keyspace import Keyspace
from tests.interop.library import PREFIX
from tests.interop.reshape import field
from tests.thorough import tried

CASES: tuple[Case, ...] = (
    *fidelity_jobs.CASES,
    *fidelity_new_jobs.CASES,
    *fidelity_flows.CASES,
    *fidelity_queues.CASES,
)


def plays() -> Iterator[tuple[str, bool, Case]]:
    """Every case by every library that it is for, running and paused. Version 5 and those before it keep what waits
    in a paused queue alike, so that a part is every case running, and paused by the newest one of each kind; by the
    others some."""
    for case in CASES:
        for library in case.libraries:
            for paused in case.paused:
                if not paused or tried(True, _shows_paused(case, library)):
                    yield library, paused, case


def _shows_paused(case: Case, library: str) -> bool:
    newest_alike = max((one for one in case.libraries if one < "6"), default="")
    some = crc32(f"{case.name} {case.scene} {library}".encode()) % 8 == 0
    return some or library in ("6", newest_alike) or f"{library} paused" in case.differs


def _meant_by(space: Keyspace, job_id: str) -> str:
    """An id; `@name` is the next run of a scheduler, `~name` the repeatable whose jobs have that name."""
    mail = f"{PREFIX}:mail"
    if job_id.startswith("@"):
        found = armed(space, mail, job_id[1:])
        assert found is not None
        return found
    if job_id.startswith("~"):
        members = [part[2] for part in space if part[:2] == (f"{mail}:repeat", "score")]
        names = {field(space, f"{mail}:repeat:{one}", "name") or one.split(":")[0]: one for one in members}
        return names[job_id[1:]]
    return job_id


def meant(space: Keyspace, case: Case) -> tuple[Mapping[str, Any], Request]:
    """What each side is told."""
    at, target = dict(case.at), case.target
    if "id" in at:
        at["id"] = _meant_by(space, at["id"])
    if isinstance(target, Jobs | Schedulers):
        target = replace(target, ids=tuple(_meant_by(space, job_id) for job_id in target.ids))
    return at, Request(case.action, target)
