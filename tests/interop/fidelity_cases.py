"""The table of all cases of fidelity."""

from collections.abc import Iterator

from tests.interop import fidelity_flows, fidelity_jobs, fidelity_new_jobs, fidelity_queues
from tests.interop.fidelity import Case

CASES: tuple[Case, ...] = (
    *fidelity_jobs.CASES,
    *fidelity_new_jobs.CASES,
    *fidelity_flows.CASES,
    *fidelity_queues.CASES,
)


def plays() -> Iterator[tuple[str, bool, Case]]:
    """Every case by every library that it is for, running and paused."""
    for case in CASES:
        for library in case.libraries:
            for paused in case.paused:
                yield library, paused, case
