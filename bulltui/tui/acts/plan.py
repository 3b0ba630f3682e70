"""How an action is got from a scene: at once, by a form, by asking what is written down, or through the editor."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulltui.domain.queue import QueueRef
from bulltui.services.request import Request
from bulltui.tui.acts.form import Form
from bulltui.tui.acts.scene import Scene

if TYPE_CHECKING:
    from bulltui.services.acting import Runner


@dataclass(frozen=True, slots=True)
class Lookup:
    """A request that is made of what the runner knows. `make` raises a BulltuiError where there is none."""

    make: "Callable[[Runner], Awaitable[Request]]"


@dataclass(frozen=True, slots=True)
class Edit:
    """A job to be edited."""

    ref: QueueRef
    job_id: str


Plan = Request | Form[Request] | Lookup | Edit


@dataclass(frozen=True, slots=True)
class Choice:
    """An action of the registry by its `id`: whether it `applies` to a scene, and the `plan` for one it applies to."""

    id: str
    applies: Callable[[Scene], bool]
    plan: Callable[[Scene], Plan]
