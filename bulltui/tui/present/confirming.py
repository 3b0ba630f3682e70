"""What a confirmation says: target, count, effect, what to think of before, and what cannot be undone."""

from collections.abc import Sequence

from bulltui.domain.actions import Restore
from bulltui.domain.errors import BulltuiError
from bulltui.domain.layout import Layout
from bulltui.domain.outcome import Preview
from bulltui.services.request import Request
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.prose import prose
from bulltui.tui.present.requests import doing
from bulltui.tui.present.signs import FAILED

LAYOUTS = {"3": Layout.V3, "4": Layout.V4, "5": Layout.V5, "6": Layout.V6}
"""The keys that say which BullMQ serves a queue."""


def reading(request: Request, width: int) -> list[Pieces]:
    """While it is looked up what it would do."""
    return [*prose(doing(request), "bold", width), *prose("Reading…", "dim", width)]


def problem(request: Request, error: BulltuiError, width: int) -> list[Pieces]:
    """Why it cannot be done."""
    lines = prose(doing(request), "bold", width)
    lines += prose(error.message, "failed", width, sign=f"{FAILED} ")
    if error.hint:
        lines += prose(error.hint, "", width, indent="   ")
    if can_say_layout(request, error):
        lines += prose("If you know which BullMQ serves it: press 3, 4, 5 or 6.", "delayed", width, indent="   ")
    return lines


def can_say_layout(request: Request, error: BulltuiError | None) -> bool:
    """Whether it would help to know which library serves the queue, and it was not said yet."""
    return error is not None and error.code == "layout" and request.layout is None


def question(request: Request, preview: Preview, width: int, *, about: Sequence[str] = ()) -> list[Pieces]:
    """What would be done, and `about` what the jobs are together."""
    lines = prose(preview.title, "bold", width)
    for line in about:
        lines += prose(line, "dim", width)
    for line in preview.lines:
        lines += prose(line, "", width)
    if len(preview.samples) > 1 and not about:
        lines += prose(f"Such as {', '.join(preview.samples)}", "dim", width)
    for warning in preview.warnings:
        lines += prose(warning, "delayed", width, sign="! ")
    if request.layout is not None:
        lines += prose(f"Taken as a queue of {request.layout.label}, since you said so.", "delayed", width, sign="! ")
    return [*lines, *_undo(request, preview, width)]


def _undo(request: Request, preview: Preview, width: int) -> list[Pieces]:
    """What is not said by the preview itself: that there is no way back."""
    if preview.undoable or isinstance(request.action, Restore):
        return []
    if request.action.verb.destroys and not request.undo:
        return prose(
            "It cannot be undone, since nothing is saved. w saves it after all.", "failed bold", width, sign="! "
        )
    return prose("It cannot be undone.", "delayed", width, sign="! ")


def can_go_without_undo(request: Request, preview: Preview | None) -> bool:
    """Whether it can be chosen to save nothing before, or was."""
    return preview is not None and request.action.verb.destroys and (preview.undoable or not request.undo)
