"""What rules see, and what they do not know."""

from typing import Any

import pytest

from bulltui.domain.alert import Rule, Watched
from bulltui.domain.alert_rules import rule_means
from bulltui.domain.alert_values import looks_back, of_look, of_server, of_window
from bulltui.domain.point import Flow, Point
from bulltui.domain.queue import QueueRef
from bulltui.domain.server import Node, ServerInfo
from bulltui.domain.sketch import sketch_of
from bulltui.domain.snapshot import Health, Link
from tests.alerts.support import NOW, paused, row

ONLINE = Health(Link.ONLINE)


def window(watched: Watched, point: Point, known_s: float = 300, threshold: float = 0, **counts: Any) -> float | None:
    return of_window(Rule("r", watched, threshold, window_s=300), row(**counts), point, known_s)


class TestLooks:
    def test_counts(self) -> None:
        assert of_look(Watched.FAILED, row(failed=7), NOW) == 7
        assert of_look(Watched.BACKLOG, row(waiting=1, prioritized=2, paused=4, delayed=8, active=16), NOW) == 7

    def test_no_workers(self) -> None:
        assert of_look(Watched.NO_WORKERS, row(waiting=3, active=1, workers=0), NOW) == 4
        assert of_look(Watched.NO_WORKERS, row(waiting=3, workers=1), NOW) == 0
        assert of_look(Watched.NO_WORKERS, row(workers=0), NOW) == 0
        assert of_look(Watched.NO_WORKERS, row(waiting=3, workers=None), NOW) is None
        assert of_look(Watched.NO_WORKERS, paused(row(waiting=3, workers=0)), NOW) == 0

    def test_the_oldest(self) -> None:
        assert of_look(Watched.OLDEST_WAITING, row(waiting=1, oldest_waiting_at=NOW - 90_000), NOW) == 90
        assert of_look(Watched.OLDEST_WAITING, row(waiting=1, oldest_waiting_at=NOW + 90_000), NOW) == 0
        assert of_look(Watched.OLDEST_WAITING, row(oldest_waiting_at=NOW - 90_000), NOW) == 0
        assert of_look(Watched.OLDEST_WAITING, row(waiting=1), NOW) is None

    def test_schedulers(self) -> None:
        late = row(next_run_at=NOW - 90_000)
        assert of_look(Watched.OVERDUE_SCHEDULER, late, NOW) == 90
        assert of_look(Watched.OVERDUE_SCHEDULER, paused(late), NOW) == 0
        assert of_look(Watched.OVERDUE_SCHEDULER, row(next_run_at=NOW + 90_000), NOW) == 0
        assert of_look(Watched.OVERDUE_SCHEDULER, row(), NOW) == 0

    def test_paused(self) -> None:
        assert of_look(Watched.PAUSED, paused(row()), NOW) == 1
        assert of_look(Watched.PAUSED, row(), NOW) == 0


class TestWindows:
    def test_rates_are_of_what_is_known(self) -> None:
        point = Point(0, flow=Flow(failed=10))
        assert window(Watched.FAILED_RATE, point) == 2
        assert window(Watched.FAILED_RATE, point, 60) == 10
        assert window(Watched.FAILED_RATE, point, 59, 2) is None
        assert window(Watched.FAILED_RATE, Point(0), 0) is None

    def test_so_many_failed_that_no_more_need_be_known(self) -> None:
        point = Point(0, flow=Flow(failed=11))
        assert window(Watched.FAILED_RATE, point, 0, 2) == 2.2
        assert of_window(Rule("r", Watched.FAILED_RATE, 3, below=True), row(), point, 0) is None

    def test_a_share_of_few_says_nothing(self) -> None:
        assert window(Watched.FAILURE_SHARE, Point(0, flow=Flow(completed=5, failed=15))) == 75
        assert window(Watched.FAILURE_SHARE, Point(0, flow=Flow(failed=9))) == 0
        assert window(Watched.FAILURE_SHARE, Point(0, flow=Flow(failed=9)), 60) is None

    def test_what_stalled_is_enough_or_not_known(self) -> None:
        point = Point(0, flow=Flow(stalled=4))
        assert window(Watched.STALLED, point, 10, 3) == 4
        assert window(Watched.STALLED, point, 10, 4) is None
        assert window(Watched.STALLED, point, 300, 4) == 4

    def test_no_completions(self) -> None:
        none, some = Point(0), Point(0, flow=Flow(failed=1))
        assert window(Watched.NO_COMPLETIONS, none, waiting=3) == 3
        assert window(Watched.NO_COMPLETIONS, none, 299, waiting=3) is None
        assert window(Watched.NO_COMPLETIONS, some, 10, waiting=3) == 0
        assert window(Watched.NO_COMPLETIONS, none, 10) == 0
        rule = Rule("r", Watched.NO_COMPLETIONS)
        assert of_window(rule, paused(row(waiting=3)), none, 300) == 0

    def test_percentiles(self) -> None:
        point = Point(0, wait=sketch_of([1000] * 19 + [60_000] * 2), run=sketch_of([2000]))
        assert window(Watched.WAIT_P95, point) == pytest.approx(60, rel=0.02)
        assert window(Watched.RUN_P95, point) == pytest.approx(2, rel=0.02)
        assert window(Watched.WAIT_P95, Point(0)) == 0
        assert window(Watched.WAIT_P95, Point(0), waiting=1) is None
        assert window(Watched.RUN_P95, Point(0), active=1) is None
        assert window(Watched.RUN_P95, Point(0), 60) is None


class TestServers:
    def test_memory(self) -> None:
        def share(**given: object) -> float | None:
            return of_server(Watched.MEMORY, ServerInfo(**given), ONLINE)[0]  # type: ignore[arg-type]

        assert share(used_memory=92, max_memory=100) == 92
        assert share(used_memory=92, max_memory=0) == 0
        assert share(used_memory=92) is None
        nodes = (Node("a", "primary", used_memory=1, max_memory=10), Node("b", "primary", used_memory=9, max_memory=10))
        assert share(used_memory=10, max_memory=20, nodes=nodes) == 90
        assert of_server(Watched.MEMORY, None, ONLINE)[0] is None

    def test_the_eviction_policy(self) -> None:
        assert of_server(Watched.EVICTION_POLICY, ServerInfo(memory_policy="noeviction"), ONLINE)[0] == 0
        assert of_server(Watched.EVICTION_POLICY, ServerInfo(memory_policy="volatile-lru"), ONLINE) == (
            1,
            "volatile-lru",
        )
        assert of_server(Watched.EVICTION_POLICY, ServerInfo(), ONLINE)[0] is None

    def test_one_that_is_away_tells_nothing_else(self) -> None:
        away = Health(Link.OFFLINE, message="Nothing listens there.")
        full = ServerInfo(used_memory=92, max_memory=100, memory_policy="allkeys-lru")
        assert of_server(Watched.UNREACHABLE, full, away) == (1, "Nothing listens there.")
        assert of_server(Watched.MEMORY, full, away)[0] is None
        assert of_server(Watched.UNREACHABLE, None, Health(Link.CONNECTING))[0] is None
        assert of_server(Watched.UNREACHABLE, None, Health(Link.SLOW))[0] == 0


def test_each_kind_is_seen_somehow() -> None:
    for watched in Watched:
        if watched.of_server:
            of_server(watched, ServerInfo(), ONLINE)
        elif looks_back(watched):
            window(watched, Point(0))
        else:
            of_look(watched, row(), NOW)


def test_whom_a_rule_means() -> None:
    mail = QueueRef("bull", "mail.bulk")
    rule = Rule("r", Watched.FAILED, queues=("mail*", "!*.bulk"))
    assert not rule_means(rule, mail, "eu")
    assert rule_means(rule, QueueRef("bull", "mail"), "eu")
    assert rule_means(Rule("r", Watched.FAILED, queues=("eu/*",)), mail, "eu")
    assert not rule_means(Rule("r", Watched.FAILED, queues=("us/*",)), mail, "eu")
    assert not rule_means(Rule("r", Watched.FAILED), None, "eu")
    assert rule_means(Rule("r", Watched.MEMORY), None, "eu")
    assert not rule_means(Rule("r", Watched.MEMORY, queues=("us*",)), None, "eu")
