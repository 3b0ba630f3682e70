"""A server as lines: how one is connected to it, how it is, and what of that does not suit queues."""

from bulltui.domain import human
from bulltui.domain.server import Persistence, Replication, ServerInfo
from bulltui.domain.snapshot import Link, ServerState
from bulltui.domain.text import plural, visible
from bulltui.tui.present.connection import Way, connection_lines
from bulltui.tui.present.facts import BAD, GOOD, Phrase, beside, faded, heading, row
from bulltui.tui.present.latency import cache_words, call_lines, slow_lines
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.nodes import node_lines
from bulltui.tui.present.running import EMPTY, FULL
from bulltui.tui.present.signs import LINK_SIGN
from bulltui.tui.widgets.cells import cut

_BAR = 12
_FULL_SHARE = 0.85
_SIDE_BY_SIDE = 120
_TITLE = 24
_OLD_MS = 60_000
"""A server is asked to tell of itself a few times a minute; what is older than that is marked, whatever the link is."""


def server_lines(state: ServerState, way: Way, now_ms: int, width: int) -> list[Pieces]:
    """All about a server, in two columns where there is room."""
    wide = width >= _SIDE_BY_SIDE
    left_width = width * 48 // 100 if wide else width
    right_width = width - left_width - 2 if wide else width
    left = [*connection_lines(state, way, now_ms, left_width), [], *_itself(state, now_ms, left_width)]
    right = [
        heading("Calls from here", "since the start"),
        *call_lines(state.vitals, right_width),
        [],
        *row("cache", right_width, *cache_words(state.vitals.cache)),
        [],
        heading("Slow calls", "the newest first"),
        *slow_lines(state.vitals.slow, now_ms, right_width),
    ]
    nodes = _nodes(state.server, _old(state, now_ms), width) if state.server is not None else []
    body = beside(left, right, left_width) if wide else [*left, [], *right]
    return [*_title(state), *body, *nodes]


def _title(state: ServerState) -> list[Pieces]:
    if not state.label:
        return []
    sign, token = LINK_SIGN[state.health.link]
    return [
        [(f" {sign} ", token), (visible(state.label), "bold underline"), (f"  {visible(state.address)}", "dim")],
        [],
    ]


def _old(state: ServerState, now_ms: int) -> str:
    """How long ago it told of itself, empty where that is as new as can be."""
    old = now_ms - (state.server_at or state.taken_at)
    return human.ago(max(0, old)) if state.health.link is Link.OFFLINE or old >= _OLD_MS else ""


def _nodes(server: ServerInfo, old: str, width: int) -> list[Pieces]:
    if not server.nodes:
        return []
    gap, title, *lines = node_lines(server.nodes, width)
    return [gap, [*title, (f"  as they were {old}", "failed bold")], *faded(lines)] if old else [gap, title, *lines]


def _itself(state: ServerState, now_ms: int, width: int) -> list[Pieces]:
    server, old = state.server, _old(state, now_ms)
    if server is None:
        never = "It was not reached yet, nothing is known of it."
        silent = "It has told nothing of itself yet, or may not."
        said = never if state.health.link is Link.OFFLINE and not state.taken_at else silent
        return [heading("Server"), *row("", width, (said, "dim"))]
    title = heading("Server", cut(visible(server.title), _TITLE))
    lines = _facts(server, now_ms, width)
    return [[*title, (f"  as it was {old}", "failed bold")], *faded(lines)] if old else [title, *lines]


def _facts(server: ServerInfo, now_ms: int, width: int) -> list[Pieces]:
    lines: list[Pieces] = []
    lines += row("mode", width, (visible(server.mode) or "not told", ""), *_role(server))
    lines += row("memory", width, *_memory(server))
    lines += row("policy", width, *_policy(server))
    lines += row("on disk", width, *_persistence(server.persistence, now_ms))
    lines += _replication(server.replication, width)
    lines += row("clients", width, *_clients(server))
    lines += row("keys", width, *_keys(server))
    if server.ops_s is not None:
        lines += row("load", width, (f"{server.ops_s:,} commands/s", ""), ("of all its clients", "dim"))
    if server.uptime_s is not None:
        lines += row("up for", width, (human.age(server.uptime_s * 1000), ""))
    return lines


def _role(server: ServerInfo) -> list[Phrase]:
    if not server.role:
        return []
    role = {"master": "primary", "slave": "replica"}.get(server.role, server.role)
    return [(f"role {visible(role)}", "delayed" if role == "replica" else "")]


def _memory(server: ServerInfo) -> list[Phrase]:
    if server.used_memory is None:
        return [("not told", "dim")]
    used = human.size(server.used_memory)
    said: list[Phrase]
    if server.max_memory:
        share = server.used_memory / server.max_memory
        full = min(_BAR, round(share * _BAR))
        bad = share >= _FULL_SHARE
        token = "failed bold" if bad else "active"
        said = [
            (FULL * full + EMPTY * (_BAR - full), token),
            (f"{used} of {human.size(server.max_memory)}, {share:.0%}", token if bad else ""),
        ]
        if bad:
            said.append(("nearly full: adds of jobs will be refused", "failed bold"))
    else:
        said = [(used, ""), ("no limit" if server.max_memory == 0 else "", "dim")]
    if server.fragmentation is not None:
        said.append((f"fragmentation {server.fragmentation:.1f}", "delayed" if server.fragmentation > 1.5 else "dim"))
    return said


def _policy(server: ServerInfo) -> list[Phrase]:
    if server.policy_is_safe is None:
        return [("not told", "dim")]
    if server.policy_is_safe:
        return [GOOD, (server.memory_policy, "")]
    return [BAD, (f"{visible(server.memory_policy)}: jobs may vanish, BullMQ needs noeviction", "failed bold")]


def _persistence(found: Persistence, now_ms: int) -> list[Phrase]:
    if found.loading:
        return [BAD, ("it reads its data and answers nothing yet", "failed bold")]
    said: list[Phrase] = [BAD, (found.fault, "failed bold")] if found.fault else []
    if found.aof:
        said.append((f"append-only file {human.size(found.aof_bytes or 0)}", ""))
    elif found.aof is False:
        said.append(("no append-only file: a crash loses what is newer than the snapshot", "delayed"))
    if found.saved_at:
        said.append((f"snapshot {human.ago(max(0, now_ms - found.saved_at * 1000))}", ""))
    if found.unsaved is not None:
        said.append((f"{plural(found.unsaved, 'change')} since", "dim"))
    if found.saving:
        said.append(("writing now", "active"))
    return said or [("not told", "dim")]


def _replication(found: Replication, width: int) -> list[Pieces]:
    if found.primary:
        down = found.link == "down"
        said = [(f"of {visible(found.primary)}", ""), (f"link {found.link}", "failed bold" if down else "ok")]
        if found.down_s is not None and down:
            said.append((f"for {human.age(found.down_s * 1000)}", "failed"))
        if found.syncing:
            said.append(("takes over all data now", "delayed"))
        return row("replica", width, *said)
    lines: list[Pieces] = []
    for place, one in enumerate(found.replicas):
        behind = "" if one.behind_bytes is None else f"{human.size(one.behind_bytes)} behind"
        lag = "" if one.lag_s is None else f"heard {one.lag_s}s ago"
        state = (visible(one.state), "" if one.state == "online" else "failed")
        lines += row(
            "replicas" if not place else "", width, (visible(one.address), ""), state, (f"{behind} {lag}", "dim")
        )
    return lines


def _clients(server: ServerInfo) -> list[Phrase]:
    if server.clients is None:
        return [("not told", "dim")]
    most = f" of {server.max_clients:,}" if server.max_clients else ""
    near = bool(server.max_clients) and server.clients >= (server.max_clients or 0) * _FULL_SHARE
    said = [(f"{server.clients:,}{most}", "failed bold" if near else "")]
    if server.blocked:
        said.append((f"{server.blocked:,} wait for something", "dim"))
    if server.rejected:
        said += [BAD, (f"{server.rejected:,} were turned away", "failed")]
    return said


def _keys(server: ServerInfo) -> list[Phrase]:
    said = [("not told", "dim") if server.keys is None else (f"{server.keys:,}", "")]
    if server.expired is not None:
        said.append((f"{server.expired:,} expired", "dim"))
    if server.evicted:
        said += [BAD, (f"{server.evicted:,} EVICTED for want of memory: jobs are broken", "failed bold")]
    elif server.evicted == 0:
        said.append(("none evicted", "dim"))
    return said
