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
    """Every case by every library that it is for, running and paused. A part is every case by versions 5 and 6; by 3
    and 4, where they are like 5, each in turn, and paused some."""
    for case in CASES:
        for library in case.libraries:
            for paused in case.paused:
                if tried(True, _shows(case, library, paused=paused)):
                    yield library, paused, case


def _shows(case: Case, library: str, *, paused: bool) -> bool:
    if library in case.differs or f"{library} paused" in case.differs or library not in "34":
        return True
    turn = crc32(f"{case.name} {case.scene}".encode())
    return library == "34"[turn % 2] and ("5" not in case.libraries or not paused or turn % 8 < 2)


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
