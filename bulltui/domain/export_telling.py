"""An export in sentences: how it ended, and what is not in the file."""

from collections.abc import Sequence

from bulltui.domain.export_mark import Mark
from bulltui.domain.text import plural, visible


def written(mark: Mark) -> str:
    """How many jobs were written, without a full stop."""
    return f"{plural(mark.jobs, 'job')} written"


def stopped(mark: Mark, total: int) -> str:
    """How far it came before it was stopped."""
    return f"Stopped: {mark.examined:,} of {plural(total, 'job')} examined, {written(mark)}."


def left_out(mark: Mark, missing: Sequence[str]) -> list[str]:
    """What is not in the file, or not as it was; `missing` are some of the ids that no job has."""
    lines = []
    if mark.missing:
        some = ", ".join(map(visible, missing)) + (" …" if mark.missing > len(missing) else "")
        lines.append(f"{plural(mark.missing, 'id')} of no job: {some}.")
    if mark.unread:
        lines.append(f"{plural(mark.unread, 'job')} could not be looked into: a field is larger than 2 MiB.")
    if mark.cut:
        lines.append(f"{plural(mark.cut, 'field')} of more than 64 MiB left out, named in `sizes`.")
    if mark.inexact:
        lines.append(
            f"{plural(mark.inexact, 'job')} with bytes that are no UTF-8 and so no JSON: they are written as \\xNN."
        )
    return lines
