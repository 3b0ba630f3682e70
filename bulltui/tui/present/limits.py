"""What holds a queue up and what its limits are used for, as lines."""

from bulltui.domain.bottleneck import LOCAL_LIMITS, Bottleneck, Verdict
from bulltui.domain.limit_facts import limit_facts
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.prose import folded, prose
from bulltui.tui.present.signs import BUSY, IDLE, LIMITED, NO_WORKER, PAUSED, STALLED
from bulltui.tui.present.why import verdict_lines

LOOKS: dict[Verdict, tuple[str, str]] = {
    Verdict.PAUSED: (PAUSED, "paused"),
    Verdict.NO_WORKERS: (NO_WORKER, "failed"),
    Verdict.RATE_LIMITED: (LIMITED, "delayed"),
    Verdict.SATURATED: (LIMITED, "delayed"),
    Verdict.STALLED: (STALLED, "failed"),
    Verdict.STUCK: (STALLED, "failed"),
    Verdict.SLOWER: (STALLED, "delayed"),
    Verdict.GROWING: ("▲", "delayed"),
    Verdict.BUSY: (BUSY, "delayed"),
    Verdict.DRAINING: ("▼", "active"),
    Verdict.FINE: ("✓", "ok"),
    Verdict.STARVED: ("✓", "ok"),
    Verdict.IDLE: (IDLE, "dim"),
}
"""The sign and the token of each verdict."""

_NAME = 18


def bottleneck_lines(found: Bottleneck, width: int) -> list[Pieces]:
    """The verdict, and before it what a longer look adds to it."""
    lines: list[Pieces] = []
    if found.sentence != found.why.verdict:
        sign, token = LOOKS[found.verdict]
        lines = prose(found.sentence, f"{token} bold", width, sign=f"{sign} ")
    return [*lines, *verdict_lines(found.why, width)]


def limits_lines(found: Bottleneck, width: int) -> list[Pieces]:
    """The numbers, each behind its name, and what cannot be known of them."""
    token = {"window now": "delayed"} if found.numbers.limit.limited else {}
    lines: list[Pieces] = []
    for name, text in limit_facts(found, brief=True):
        first, *rest = folded(text, width - _NAME)
        lines.append([(name.ljust(_NAME), "dim"), (first, token.get(name, ""))])
        lines += [[(" " * _NAME, ""), (line, token.get(name, ""))] for line in rest]
    if found.numbers.limit.maximum is None:
        lines += [[(line, "dim")] for line in folded(LOCAL_LIMITS, width)]
    return lines
