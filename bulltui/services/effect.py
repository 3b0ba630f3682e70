"""Whether a change whose answer was lost has happened, told from the jobs before and after it."""

from bulltui.domain import actions
from bulltui.domain.orders import Order
from bulltui.domain.record import SavedJob
from bulltui.domain.states import SUFFIX, JobState

_FINISHED = (SUFFIX[JobState.COMPLETED], SUFFIX[JobState.FAILED])


def happened(order: Order, before: SavedJob | None, now: SavedJob) -> bool | None:
    """True or False where it shows, None where nobody can know. `before` is the job as it was saved, None where it was
    not."""
    action = order.action
    there = bool(now.state or now.keys)
    match action:
        case actions.Remove() | actions.Drain() | actions.Clean() | actions.Obliterate():
            return not there
        case actions.Retry():
            if not now.state or now.state not in _FINISHED:
                return True if there else None
            return None if _finished_at(now) >= order.started_ms else False
        case actions.Promote():
            return now.state != SUFFIX[JobState.DELAYED] if there else None
        case actions.Release() | actions.Fail():
            return True if there and now.state != SUFFIX[JobState.ACTIVE] else None
        case actions.Reprioritize() | actions.Reschedule() | actions.UpdateData() | actions.Replay(copy=False):
            return None if before is None or not there else now.digest != before.digest
        case _:
            return None


def _finished_at(job: SavedJob) -> float:
    try:
        return float(job.score)
    except ValueError:
        return float("inf")
