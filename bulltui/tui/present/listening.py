"""Where this process answers Prometheus, as lines."""

from bulltui.domain.listening import Listening
from bulltui.domain.text import visible
from bulltui.tui.present.facts import BAD, GOOD, heading, row
from bulltui.tui.present.line import Pieces


def listening_lines(listening: Listening, width: int) -> list[Pieces]:
    """Where, and what is unwise in that; else how it is begun."""
    if not listening.address:
        silent = (listening.warning, "failed") if listening.warning else ("For Prometheus: --metrics-port PORT", "dim")
        return [heading("Metrics"), *row("", width, ("Nobody is answered.", "dim"), silent)]
    said = [GOOD, (f"{visible(listening.address)}/metrics", "")]
    lines = [heading("Metrics", "for Prometheus"), *row("answered", width, *said)]
    return [*lines, *row("", width, BAD, (listening.warning, "failed"))] if listening.warning else lines
