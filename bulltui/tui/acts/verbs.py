"""Which actions of the runner stand behind what is offered on the screen, and why one of them is not."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bulltui.domain.errors import NotAllowedError
from bulltui.domain.queue import QueueRef
from bulltui.domain.registry import BY_ID
from bulltui.domain.text import visible
from bulltui.services.leave import check_queues

if TYPE_CHECKING:
    from bulltui.config.settings import Settings
    from bulltui.services.acting import Runner

_OTHERS: dict[str, tuple[str, ...]] = {
    "edit": ("replay", "update-data", "add"),
    "retry-with": ("retry",),
    "retry-all": ("retry",),
    "retry-some": ("retry",),
    "remove-tree": ("remove",),
    "priority": ("reprioritize",),
    "delay": ("reschedule",),
    "log-line": ("add-log",),
    "pause": ("pause", "resume"),
    "pause-all": ("pause",),
    "resume-all": ("resume",),
    "resume-mine": ("resume",),
    "promote-all": ("promote",),
    "rate-limit": ("limit",),
    "unschedule": ("remove-scheduler",),
    "menu": (),
    "undo": (),
    "undo-list": (),
}
"""Those whose names differ from that in the registry. What is undone is held against the role by itself."""


def verbs_of(action_id: str) -> tuple[str, ...]:
    """The names of the actions, of which one must be allowed; none for what every role may try."""
    return _OTHERS.get(action_id, (action_id,))


def refusal(action_id: str, refs: Sequence[QueueRef], runner: "Runner", settings: "Settings") -> NotAllowedError | None:
    """Why an action of the registry may not be done to these queues; None where it may be."""
    if runner.refusal:
        return NotAllowedError(f"Nothing can be changed: {runner.refusal}.")
    verbs = verbs_of(action_id)
    if not verbs or any(runner.allows(verb, refs) for verb in verbs):
        return None
    labels = {ref.server for ref in refs}
    for one in settings.each:
        if labels and one.label not in labels and len(settings.each) > 1:
            continue
        role, where = one.role, f" on {visible(one.label)}" if one.label else ""
        if one.read_only:
            return NotAllowedError(f"Nothing can be changed{where}: read-only.")
        if not any(role.allows(verb) for verb in verbs):
            what = BY_ID[action_id].label.rstrip("…")
            return NotAllowedError(
                f"The role {visible(role.name)} does not allow `{what}`{where}.",
                hint=f"It allows {', '.join(role.sorted_verbs) or 'nothing but to look'}.",
                code="role",
            )
        try:
            check_queues(role, [ref for ref in refs if ref.server == one.label or len(settings.each) == 1])
        except NotAllowedError as error:
            return error
    return NotAllowedError("The role that you have here does not allow this.", code="role")
