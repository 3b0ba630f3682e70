"""How one is connected to a server, as lines: the link, the breaker, encryption, rights."""

from dataclasses import dataclass

from bulltui.domain import human
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Health, Link, ServerState
from bulltui.domain.text import plural, visible
from bulltui.domain.vitals import Breaker
from bulltui.tui.present.facts import BAD, GOOD, Phrase, heading, row
from bulltui.tui.present.latency import span
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.signs import LINK_SIGN

_BREAKER = {
    Breaker.CLOSED: "closed, all calls go through",
    Breaker.OPEN: "OPEN, calls are not sent while it does not answer",
    Breaker.HALF_OPEN: "half-open, one call tries whether it is back",
}


@dataclass(frozen=True, slots=True)
class Way:
    """What of the way to a server is told and not seen: whether its certificate is not checked, whether replicas are
    read, what a person may do, whether scripts are allowed (None while nobody tried), and the program whose tunnel it
    goes through."""

    insecure: bool = False
    replica: bool = False
    may: str = ""
    scripts: bool | None = None
    tunnel: str = ""


def connection_lines(state: ServerState, way: Way, now_ms: int, width: int) -> list[Pieces]:
    """How one is connected, as who, and what one may do."""
    lines = [heading("Connection", "" if state.label else visible(state.address))]
    lines += row("state", width, *link_words(state.health, now_ms))
    if state.health.link is Link.OFFLINE:
        # A line of its own: where both times fold into one or not by their length, all below moves by the second.
        since = f"since {human.clock(state.health.since_ms)}" if state.health.since_ms else ""
        lines += row("", width, (since, "dim"), (next_try(state.health, now_ms), "delayed"))
    for text, token in ((state.health.message, "bold"), (state.health.hint, "stale")):
        if text:
            lines += row("", width, (visible(text), token))
    vitals = state.vitals
    token = "" if vitals.breaker is Breaker.CLOSED else "failed bold"
    times = "it never opened" if not vitals.opened else f"opened {plural(vitals.opened, 'time')}"
    lines += row("breaker", width, (_BREAKER[vitals.breaker], token), (f"({times})", "dim"))
    lines += row("TLS", width, *_tls(state, way))
    if way.replica:
        lines += row("reads", width, ("from replicas where there are any, which may be behind", "delayed"))
    lines += row("user", width, *_user(state.server))
    if way.may:
        lines += row("you may", width, (way.may, "delayed"))
    if way.scripts is not None:
        said = ("allowed", "") if way.scripts else ("refused: plain commands in pipelines are used", "delayed")
        lines += row("scripts", width, said)
    return lines


def link_words(health: Health, now_ms: int) -> tuple[Phrase, ...]:
    """How the connection is and for how long; since when, where it is there."""
    sign, token = LINK_SIGN[health.link]
    said = [(f"{sign} {health.link.value.upper()}", f"{token} bold")]
    if health.latency_ms is not None:
        said.append((span(health.latency_ms).replace(" ", "\N{NO-BREAK SPACE}"), ""))
    if health.since_ms:
        gone = max(0, now_ms - health.since_ms)
        lasted = f"for {human.age(gone)}" if gone >= human.SECOND_MS else ""
        since = "" if health.link is Link.OFFLINE else f"since {human.clock(health.since_ms)}"
        said.append((", ".join(filter(None, (lasted, since))), "dim"))
    return tuple(said)


def next_try(health: Health, now_ms: int) -> str:
    """When a server that is away is asked again."""
    if health.next_try_ms is None or health.next_try_ms <= now_ms:
        return "trying now"
    return f"next try in {max(1, round((health.next_try_ms - now_ms) / 1000))}s"


def _tls(state: ServerState, way: Way) -> list[Phrase]:
    # Before the first answer nothing is known but what was asked for.
    if state.address.startswith("rediss") or (state.server is not None and state.server.tls):
        if way.insecure:
            return [BAD, ("encrypted, but the CERTIFICATE IS NOT CHECKED: it may be anyone's", "failed bold")]
        if state.health.link is Link.OFFLINE:
            return [("encrypted, the certificate has to be good", "")]  # whether it is may be what is wrong
        return [GOOD, ("encrypted, certificate checked", "")]
    if state.address.startswith("unix"):
        return [("none: a socket of this machine", "dim")]
    if way.tunnel:
        return [("none behind the tunnel of", "dim"), (visible(way.tunnel), "")]
    return [("none: what is sent can be read on the way", "dim")]


def _user(server: ServerInfo | None) -> list[Phrase]:
    if server is None:
        return [("not known yet", "dim")]
    protocol = f"RESP{server.protocol}" if server.protocol else ""
    return [(visible(server.user) or "not told", "" if server.user else "dim"), (protocol, "dim")]
