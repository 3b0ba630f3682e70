"""What is worth a line to whoever looks after a service."""

from dataclasses import replace

from bulltui.domain.alert import Alert, Phase, Severity, Watched
from bulltui.domain.queue import QueueRef
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Discovery, Health, Link, ServerState, Snapshot
from bulltui.services.watch.news import Level, Newsroom
from bulltui.services.watch.protocols import HistoryState

MAIL = QueueRef("bull", "mail")


def seen(link: Link, *, label: str = "", found: bool = False, since_ms: int = 0, message: str = "") -> Snapshot:
    state = ServerState(
        label,
        "redis://here",
        1,
        ServerInfo("valkey", "8.1"),
        Health(link, since_ms=since_ms, message=message, hint="Start it."),
        Discovery(finished_at=1 if found else None),
    )
    return Snapshot(1, 1, servers=(state,))


def alert(name: str, phase: Phase = Phase.FIRING, fired_ms: int = 1000, resolved_ms: int = 0, muted: int = 0) -> Alert:
    return Alert(
        name, "backlog", Watched.BACKLOG, Severity.CRITICAL, phase, MAIL, "here", 0, fired_ms, resolved_ms,
        text="5,000 jobs wait", muted=muted,
    )  # fmt: skip


def test_a_server_is_met_lost_and_found_once_each() -> None:
    room = Newsroom()
    told = [
        *room.of_servers(seen(Link.CONNECTING), 0),
        *room.of_servers(seen(Link.ONLINE), 0),
        *room.of_servers(seen(Link.ONLINE, found=True), 0),
        *room.of_servers(seen(Link.SLOW, found=True), 0),
        *room.of_servers(seen(Link.OFFLINE, since_ms=10_000, message="Connection refused."), 12_000),
        *room.of_servers(seen(Link.OFFLINE, since_ms=10_000, message="Connection refused."), 13_000),
        *room.of_servers(seen(Link.ONLINE, found=True), 70_000),
        *room.of_servers(seen(Link.ONLINE, found=True), 71_000),
    ]
    assert [(one.event, one.level) for one in told] == [
        ("server-there", Level.INFO),
        ("queues-found", Level.INFO),
        ("server-away", Level.ERROR),
        ("server-back", Level.INFO),
    ]
    assert told[1].message == "redis://here, valkey 8.1, has 0 queues."
    assert told[2].message == "redis://here is away: Connection refused. Start it."
    assert told[3].message == "redis://here is there again, after 1m 00s."
    assert told[3].fields == {"server": "redis://here", "awayMs": 60_000}


def test_one_that_was_away_from_the_start_is_there_at_last() -> None:
    room = Newsroom()
    told = [*room.of_servers(seen(Link.OFFLINE, label="eu"), 5), *room.of_servers(seen(Link.ONLINE, label="eu"), 1005)]
    assert [one.event for one in told] == ["server-away", "server-back"]
    assert told[1].message == "eu (redis://here) is there again, after 1s."


def test_troubles_begin_and_end() -> None:
    room = Newsroom()
    assert [one.event for one in room.of_troubles(["The disk is full."])] == ["problem"]
    assert room.of_troubles(["The disk is full."]) == []
    assert [one.message for one in room.of_troubles([])] == ["No longer so: The disk is full."]


def test_alerts_fire_and_end_once_also_those_between_two_looks() -> None:
    room = Newsroom()
    old = alert("old", Phase.RESOLVED, 1, 2)
    assert [one.event for one in room.of_alerts([alert("before"), alert("p", Phase.PENDING)], [old])] == [
        "alerts-firing"
    ]
    fired = room.of_alerts([alert("before"), alert("new", muted=3)], [old])
    assert [(one.event, one.level) for one in fired] == [("alert-fired", Level.ERROR)]
    assert fired[0].message == "Alert backlog on mail (muted): 5,000 jobs wait"
    named = replace(alert("named"), text="mail: 5,000 jobs wait")
    (once,) = room.of_alerts([alert("before"), alert("new", muted=3), named], [old])
    assert once.message == "Alert backlog on mail: 5,000 jobs wait"
    room.of_alerts([alert("before"), alert("new", muted=3)], [old])
    ended = replace(alert("before"), phase=Phase.RESOLVED, resolved_ms=61_000)
    short = alert("short", Phase.RESOLVED, 5000, 6000)
    told = room.of_alerts([alert("new")], [short, ended, old])
    assert [(one.event, one.fields["alert"]) for one in told] == [
        ("alert-fired", "short"),
        ("alert-ended", "short"),
        ("alert-ended", "before"),
    ]
    assert told[2].message == "Alert backlog on mail has ended after 1m 00s."
    assert room.of_alerts([alert("new")], [short, ended, old]) == []


def test_a_start_without_alerts_is_quiet() -> None:
    room = Newsroom()
    assert room.of_alerts([], [alert("old", Phase.RESOLVED, 1, 2)]) == []
    assert room.of_alerts([], [alert("old", Phase.RESOLVED, 1, 2)]) == []


def test_who_writes_the_history_is_told_when_that_changes() -> None:
    room = Newsroom()
    other = HistoryState("/h", writer="bulltui 12 on box")
    assert [one.event for one in room.of_history(other)] == ["history-of-another"]
    assert room.of_history(other) == []
    assert room.of_history(HistoryState(problem="It cannot be read.")) == []
    assert [one.event for one in room.of_history(HistoryState("/h", leads=True))] == ["history-ours"]


def test_how_it_is_fits_in_a_line() -> None:
    room = Newsroom()
    room.of_alerts([alert("a")], [])
    assert room.status(seen(Link.OFFLINE, label="eu")) == "0 queues, 1 alert firing, away: eu"
    assert room.status(seen(Link.ONLINE)) == "0 queues, 1 alert firing"
