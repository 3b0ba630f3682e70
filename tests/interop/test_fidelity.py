"""What ours does to a queue is what the library does to the same queue, to the last key, and workers go on alike.

The cases are in `fidelity_cases.py`; those in which we differ on purpose say why, and what is there instead.
"""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from bulltui.domain.outcome import Outcome
from tests.interop.fidelity import Case, Differs
from tests.interop.fidelity_cases import meant, plays
from tests.interop.invariants import broken, states
from tests.interop.keyspace import Keyspace, differences
from tests.interop.library import PREFIX, LibraryError
from tests.interop.reshape import announced_once
from tests.interop.stand import OURS, THEIRS, Stand

pytestmark = pytest.mark.interop

PLAYS = [
    pytest.param(library, paused, case, id=f"{case.name}-{case.scene}{'-paused' if paused else ''}-v{library}")
    for library, paused, case in plays()
]


def _theirs(stand: Stand, library: str, case: Case, at: Mapping[str, Any]) -> str:
    """Why the library refused, empty where it did not."""
    try:
        stand.library(library).act(THEIRS, case.act, case.target_queue, **at)
    except LibraryError as error:
        return str(error)
    return ""


def _check_outcome(case: Case, refusal: str, outcome: Outcome, differs: Differs | None) -> None:
    skips = case.skips if differs is None else differs.skips
    stops = differs.stops if differs else ""
    assert (outcome.error.code if outcome.error else "") == stops
    assert set(outcome.skipped) == ({skips} if skips else set())
    assert not refusal or skips or stops


def _expected(before: Keyspace, theirs: Keyspace, differs: Differs | None) -> Keyspace:
    if differs is None:
        return theirs
    expected = dict(before) if differs.instead is None else differs.instead(before, theirs)
    assert differences(before, theirs, expected), f"the library does it now: {differs.why}"
    return expected


def _ended(space: Keyspace, base: str) -> dict[str, list[str]]:
    """The jobs of each state, by name: of those that finished in the same ms the name decides anyway."""
    return {state: sorted(ids) for state, ids in states(space, base).items()}


@pytest.mark.parametrize(("library", "paused", "case"), PLAYS)
def test_fidelity(stand: Stand, library: str, paused: bool, case: Case) -> None:
    scene = stand.scene(library, case.scene, paused=paused)
    stand.lay_out(scene, THEIRS, OURS)
    at, request = meant(scene.space, case)
    differs = case.differs.get(f"{library} paused" if paused else library, case.differs.get(library))

    refusal = _theirs(stand, library, case, at)
    outcome = stand.run(request)
    _check_outcome(case, refusal, outcome, differs)
    bases = [f"{PREFIX}:{queue}" for queue in scene.queues]
    expected, ours = _expected(scene.space, stand.read(THEIRS), differs), stand.read(OURS)
    for space, base in product((expected, ours), bases):
        announced_once(space, base)
    found = differences(scene.space, expected, ours)
    assert not found, "\n".join(map(str, found))
    faults = [fault for base in bases for fault in broken(ours, base)]
    assert not faults, faults

    their_runs, our_runs = stand.finish(library, scene.queues)
    theirs, ours = stand.read(THEIRS), stand.read(OURS)
    faults = [fault for base in bases for fault in broken(ours, base)]
    assert not faults, faults
    if differs is None:
        assert our_runs == their_runs
        for base in bases:
            assert _ended(ours, base) == _ended(theirs, base)
