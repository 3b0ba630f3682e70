"""What can be taken back is as it was, key by key, whichever library made the queue."""

import pytest

from bulltui.domain.actions import Restore, Undo
from bulltui.domain.outcome import Kind
from bulltui.domain.targets import Past
from bulltui.services.request import Request
from tests.interop.fidelity import Case
from tests.interop.fidelity_cases import meant, plays
from tests.interop.invariants import broken
from tests.interop.keyspace import Keyspace, differences
from tests.interop.library import PREFIX
from tests.interop.reshape import drop, drop_key, entries, put, set_entries
from tests.interop.stand import OURS, Stand
from tests.thorough import tried

pytestmark = pytest.mark.interop

PLAYS = [
    pytest.param(library, paused, case, id=f"{case.name}-{case.scene}{'-paused' if paused else ''}-v{library}")
    for library, paused, case in plays()
    if case.action.verb.undo is not Undo.NEVER and not (paused and library in tried("34", "345"))
]


def lasting(space: Keyspace, bases: list[str], moved: set[str]) -> Keyspace:
    """What must be as before: all but events, counters, and marks that only wake workers. What was active waits when it
    comes back, since no worker runs it any more; in which place is for other tests to say."""
    found = dict(space)
    for base in bases:
        for suffix in ("events", "marker", "pc"):
            drop_key(found, f"{base}:{suffix}")
        for suffix in ("wait", "paused", "active"):
            key = f"{base}:{suffix}"
            set_entries(
                found, key, tuple(one for one in entries(space, key) if not one.startswith("0:") and one not in moved)
            )
        members = tuple(one for one in space.get((f"{base}:stalled", "members"), ()) if one not in moved)
        drop_key(found, f"{base}:stalled")
        put(found, f"{base}:stalled", "set", "members", value=members)
        for job_id in moved:
            drop(found, f"{base}:prioritized", "score", job_id)
            drop_key(found, f"{base}:{job_id}:lock")
    return found


@pytest.mark.parametrize(("library", "paused", "case"), PLAYS)
def test_undo(stand: Stand, library: str, paused: bool, case: Case) -> None:
    scene = stand.scene(library, case.scene, paused=paused)
    stand.lay_out(scene, OURS)
    _, request = meant(scene.space, case)
    outcome = stand.run(request)
    if not outcome.done:
        assert outcome.undo is None
        return
    assert outcome.undo is not None
    undone = stand.run(Request(Restore(outcome.undo), Past(outcome.undo)))
    assert undone.kind is Kind.DONE, undone
    now = stand.read(OURS)
    bases = [f"{PREFIX}:{queue}" for queue in scene.queues]
    moved = {
        job_id
        for base in bases
        for job_id in {*entries(scene.space, f"{base}:active")} - {*entries(now, f"{base}:active")}
    }
    before, after = (lasting(space, bases, moved) for space in (scene.space, now))
    if library == "4":
        # There a parent that has failed keeps the children that it waited for. What has ended gets none back.
        for space in (before, after):
            drop_key(space, f"{PREFIX}:orders:breaks:dependencies")
    found = differences(before, before, after)
    assert not found, "\n".join(map(str, found))
    assert [fault for base in bases for fault in broken(now, base)] == []
