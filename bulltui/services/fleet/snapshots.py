"""What several servers show, as one snapshot."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bulltui.domain.snapshot import Discovery, Health, Link, QueueRow, ServerState, Snapshot
from bulltui.domain.vitals import Breaker, CacheStats, CallStats, Vitals

_OPEN_FIRST = (Breaker.OPEN, Breaker.HALF_OPEN, Breaker.CLOSED)
_WORST_FIRST = (Link.OFFLINE, Link.CONNECTING, Link.SLOW, Link.ONLINE)


def state_of(label: str, address: str, snapshot: Snapshot) -> ServerState:
    """A server as a snapshot of it alone shows it."""
    return ServerState(
        label,
        address,
        snapshot.taken_at,
        snapshot.server,
        snapshot.health,
        snapshot.discovery,
        snapshot.vitals,
        snapshot.workers_problem,
        snapshot.server_at,
    )


def merged(parts: Sequence[tuple[ServerState, Sequence[QueueRow]]], seq: int) -> Snapshot:
    """The snapshot of all. The rows of a server that does not answer stay those of its last good read; each row says
    when it was read, since the servers are read at different times."""
    states = tuple(state for state, _ in parts)
    rows = tuple(row if row.read_at else replace(row, read_at=state.taken_at) for state, some in parts for row in some)
    return Snapshot(
        seq=seq,
        taken_at=_taken_at(states),
        rows=rows,
        server=next((state.server for state in states if state.server is not None), None),
        server_at=next((state.server_at for state in states if state.server is not None), 0),
        health=_health(states),
        discovery=_discovery(states),
        workers_problem=_told({state.label: state.workers_problem for state in states}),
        vitals=_vitals([state.vitals for state in states]),
        servers=states,
    )


def _taken_at(states: Sequence[ServerState]) -> int:
    """When the oldest of the counts were read. What was never read has none, and is old only where nothing was."""
    return min((state.taken_at for state in states if state.taken_at), default=0)


def _health(states: Sequence[ServerState]) -> Health:
    """The worst one, with what is wrong where something is."""
    worst = min(states, key=lambda state: _WORST_FIRST.index(state.health.link))
    if worst.health.link is not Link.OFFLINE or len(states) == 1:
        return worst.health
    down = [state for state in states if state.health.link is Link.OFFLINE]
    tries = [state.health.next_try_ms for state in down if state.health.next_try_ms is not None]
    return replace(
        worst.health,
        since_ms=min(state.health.since_ms for state in down),
        next_try_ms=min(tries, default=None),
        message=_told({state.label: state.health.message for state in down}),
    )


def _discovery(states: Sequence[ServerState]) -> Discovery:
    """The sum. It has finished once every server was gone through that answers."""
    all_of = [state.discovery for state in states]
    ends = [
        state.discovery.finished_at
        for state in states
        if state.discovery.finished_at is not None or state.health.link is not Link.OFFLINE
    ]
    finished = [end for end in ends if end is not None]
    others = dict.fromkeys(prefix for one in all_of for prefix in one.other_prefixes)
    return Discovery(
        running=any(one.running for one in all_of),
        scanned=sum(one.scanned for one in all_of),
        found=sum(one.found for one in all_of),
        finished_at=min(finished) if finished and len(finished) == len(ends) else None,
        other_prefixes=tuple(sorted(others)),
        problem=_told({state.label: state.discovery.problem for state in states}),
    )


def _told(problems: Mapping[str, str]) -> str:
    """Sentences with the servers that they are of."""
    return " ".join(f"{label}: {problem}" for label, problem in problems.items() if problem)


def _vitals(all_of: Sequence[Vitals]) -> Vitals:
    """The sums, and the worst breaker."""
    calls: dict[str, CallStats] = {}
    for vitals in all_of:
        for name, stats in vitals.calls.items():
            calls[name] = _added(calls[name], stats) if name in calls else stats
    return Vitals(
        breaker=min((vitals.breaker for vitals in all_of), key=_OPEN_FIRST.index),
        calls=calls,
        slow=tuple(sorted((slow for vitals in all_of for slow in vitals.slow), key=lambda slow: slow.at_ms)),
        opened=sum(vitals.opened for vitals in all_of),
        cache=CacheStats(
            sum(vitals.cache.hits for vitals in all_of),
            sum(vitals.cache.misses for vitals in all_of),
            max(vitals.cache.ttl_s for vitals in all_of),
        ),
        refresh_s=max((vitals.refresh_s for vitals in all_of if vitals.refresh_s is not None), default=None),
    )


def _added(one: CallStats, other: CallStats) -> CallStats:
    return CallStats(
        one.count + other.count,
        one.errors + other.errors,
        one.sum_ms + other.sum_ms,
        max(one.max_ms, other.max_ms),
        tuple(a + b for a, b in zip(one.buckets, other.buckets, strict=True)),
    )
