"""All that can be done, by the ids of the registry."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from bulltui.domain.actions import Restore, Trigger, Unschedule
from bulltui.domain.errors import BulltuiError
from bulltui.domain.targets import Past, Schedulers
from bulltui.services.request import Request
from bulltui.tui.acts import of_jobs, of_queues
from bulltui.tui.acts.adding import add_form
from bulltui.tui.acts.plan import Choice, Lookup
from bulltui.tui.acts.scene import Scene

if TYPE_CHECKING:
    from bulltui.domain.history import Past as Entry
    from bulltui.services.acting import Runner


def undoable(entry: "Entry") -> bool:
    """Whether an entry of the journal can be taken back."""
    return not entry.undone and not entry.running


def undoing(number: int) -> Request:
    """The request that takes an entry back."""
    return Request(Restore(number), Past(number))


def undo_newest(servers: Collection[str]) -> Lookup:
    """What was done last on these servers, to be taken back."""

    async def make(runner: "Runner") -> Request:
        for entry in await runner.journal.entries():
            if entry.intent.server in servers and undoable(entry):
                return undoing(entry.number)
        raise BulltuiError("There is nothing to undo.", hint="H shows what was done from here.", code="nothing")

    return Lookup(make)


_CHOICES: tuple[Choice, ...] = (
    *of_jobs.CHOICES,
    *of_queues.CHOICES,
    Choice("add", lambda scene: scene.one_queue and not scene.of_schedulers, add_form),
    Choice(
        "trigger",
        lambda scene: scene.of_schedulers and bool(scene.ids),
        lambda scene: Request(Trigger(), Schedulers(scene.ref, scene.ids)),
    ),
    Choice(
        "unschedule",
        lambda scene: scene.of_schedulers and bool(scene.ids),
        lambda scene: Request(Unschedule(), Schedulers(scene.ref, scene.ids)),
    ),
)
CHOICES = {choice.id: choice for choice in _CHOICES}


def possible(scene: Scene) -> list[str]:
    """The ids of what can be done now: with jobs first, where jobs are meant."""
    return [choice.id for choice in _CHOICES if choice.applies(scene)]
