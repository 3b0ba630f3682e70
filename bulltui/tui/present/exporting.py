"""What came of an export, in sentences."""

from pathlib import Path
from typing import Literal

from bulltui.domain.export_telling import left_out, stopped, written
from bulltui.domain.human import size
from bulltui.domain.outcome import Kind
from bulltui.domain.text import visible
from bulltui.services.export import Exported


def ended(result: Exported, path: Path, size_b: int) -> tuple[str, Kind]:
    """How it ended. `size_b` are the bytes of the file."""
    mark, shown = result.mark, visible(str(path))
    if result.stopped:
        said = [stopped(mark, result.total), f"The same export into {shown} goes on behind that."]
    else:
        said = [f"{written(mark)} to {shown}, {size(size_b)}."]
    partly = result.stopped or mark.missing or mark.unread or mark.cut
    return " ".join([*said, *left_out(mark, result.missing)]), Kind.PARTLY if partly else Kind.DONE


def toast(text: str, kind: Kind) -> tuple[str, Literal["information", "warning", "error"]]:
    """The same in passing. What did not go as it should is said at length elsewhere, and stays there."""
    if kind is Kind.DONE:
        return text, "information"
    return ("export: partly done", "warning") if kind is Kind.PARTLY else ("export: failed", "error")
