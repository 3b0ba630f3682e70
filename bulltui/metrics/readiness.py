"""Whether what is told can be relied on, in the words of probes."""

from datetime import UTC, datetime

from bulltui.domain.human import age
from bulltui.domain.snapshot import Link
from bulltui.domain.text import visible
from bulltui.metrics.gather import Gatherer, Server

STALE = 2.0
"""Numbers that are older than so many refreshes are told to be old."""
LEAST_S = 1.0
DEAD_S = 10.0
"""A loop that was not seen for so long does nothing any more."""


def unready(gatherer: Gatherer) -> list[str]:
    """Why it is not ready, a sentence for each server; none where it is. No sentence has an address or a secret."""
    source = gatherer.source
    now = source.clock.now_ms()
    told = [(server, _why(server, now)) for server in source.servers]
    many = len(source.servers) > 1
    return [f"{visible(server.label)}: {why}" if many else why for server, why in told if why]


def dead(gatherer: Gatherer) -> str:
    """Why the process is not alive, empty where it is."""
    silent = gatherer.source.clock.monotonic() - gatherer.beat
    return f"Nothing has moved in this process for {silent:.0f} s." if silent > DEAD_S else ""


def _why(server: Server, now: int) -> str:
    state = server.state
    if state.health.link is Link.OFFLINE:
        since = state.health.since_ms
        return f"Redis has been away since {_clock(since)}, for {age(max(0, now - since))}."
    if not state.taken_at:
        return "No queues have been read yet."
    age_s = max(0, now - state.taken_at) / 1000
    # A refresh that takes longer than its pace makes numbers no older than they have to be; those of several servers
    # are brought together a little later.
    pace = max(server.refresh_s, state.vitals.refresh_s or 0.0, LEAST_S / STALE)
    if age_s > STALE * pace:
        return f"The numbers of the queues are {age_s:.1f} s old, and Redis is read every {server.refresh_s:g} s."
    return ""


def _clock(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%H:%M:%S UTC")
