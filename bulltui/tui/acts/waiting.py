"""What was asked for while its server was away, kept until that is back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bulltui.domain import human
from bulltui.domain.errors import UnreachableError
from bulltui.domain.queue import QueueRef
from bulltui.domain.registry import BY_ID
from bulltui.domain.snapshot import Link, ServerState, Snapshot
from bulltui.domain.targets import Jobs
from bulltui.domain.text import visible
from bulltui.services.request import Request
from bulltui.tui.acts.form import Form
from bulltui.tui.acts.plan import Edit, Plan
from bulltui.tui.present.connection import next_try
from bulltui.tui.present.requests import target_words
from bulltui.tui.present.ways import states_of

CODE = "away"
"""The code of the error that says it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An action from the key to its start: its `plan`, what is said `about` it, its id in the registry, the queues it
    is for (none: any), and when it was asked for (epoch ms)."""

    plan: Plan
    about: Sequence[str] = ()
    act: str = ""
    refs: tuple[QueueRef, ...] = ()
    at_ms: int = 0

    @property
    def words(self) -> str:
        """What it is, in few words: `retry: 12 jobs of payments`."""
        plan = self.plan
        if isinstance(plan, Request):
            return f"{plan.verb}: {target_words(plan.target)}"
        if isinstance(plan, Form):
            return plan.title
        if isinstance(plan, Edit):
            return f"edit: {target_words(Jobs(plan.ref, (plan.job_id,)))}"
        return BY_ID[self.act].label if self.act in BY_ID else "the action"


def away(snapshot: Snapshot, refs: Iterable[QueueRef]) -> ServerState | None:
    """The first server of these queues that does not answer. Without queues one is named only where all are away."""
    states = states_of(snapshot, "")
    labels = {ref.server for ref in refs} if len(states) > 1 else set()
    down = [one for one in states if one.health.link is Link.OFFLINE and (not labels or one.label in labels)]
    return down[0] if down and (labels or len(down) == len(states)) else None


def answers_again(snapshot: Snapshot, asked: Asked) -> bool:
    """Whether all servers it is for were read since it was asked."""
    states = states_of(snapshot, "")
    labels = {ref.server for ref in asked.refs} if len(states) > 1 else set()
    some = [one for one in states if not labels or one.label in labels]
    return away(snapshot, asked.refs) is None and all(one.taken_at > asked.at_ms for one in some)


def not_now(state: ServerState, now_ms: int) -> UnreachableError:
    """Why nothing is begun now, and when it is tried again."""
    health = state.health
    who = f"{visible(state.label)} is offline" if state.label else "offline"
    since = f" since {human.clock(health.since_ms).partition(' ')[2]}" if health.since_ms else ""
    why = f": {visible(health.message).rstrip('.')}" if health.message else ""
    return UnreachableError(
        f"Not now: {who}{since}{why}; {next_try(health, now_ms)}.",
        hint="You are asked again when it is back.",
        code=CODE,
    )
