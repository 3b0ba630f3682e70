"""`bulltui schedulers trigger|remove`."""

from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.acting import act, request, resolved
from bulltui.cli.call import Call
from bulltui.cli.choice import Queue
from bulltui.cli.grammar import command
from bulltui.cli.job_acts import GROUPS
from bulltui.domain.actions import Action, Trigger, Unschedule
from bulltui.domain.targets import Schedulers
from bulltui.services.request import Request

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of schedulers, as `schedulers list` shows them.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the noun `schedulers`."""
    command(app, "trigger", groups=GROUPS, examples="bulltui schedulers trigger reports nightly")(trigger)
    command(app, "remove", groups=GROUPS, examples="bulltui schedulers remove reports nightly")(remove)


def trigger(call: Call, *, queue: Queue, ids: Ids) -> int:
    """Add one more run of schedulers now, beside their planned ones. The ids of the jobs are told."""
    return _on_schedulers(call, queue, ids, Trigger())


def remove(call: Call, *, queue: Queue, ids: Ids) -> int:
    """Remove schedulers, with their next runs. A run that has come due already stays."""
    return _on_schedulers(call, queue, ids, Unschedule())


def _on_schedulers(call: Call, queue: str, ids: list[str], action: Action) -> int:
    wanted = tuple(dict.fromkeys(ids))

    async def plan(runtime: "Runtime") -> Request:
        return request(call, action, Schedulers(await resolved(call, runtime, queue), wanted))

    return act(call, plan)
