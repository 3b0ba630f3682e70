"""The server screen, and what the header says of the connection."""

from dataclasses import replace
from itertools import product

import pytest

from bulltui.config.settings import Settings
from bulltui.domain.connection import Tls
from bulltui.domain.roles import OPERATOR
from bulltui.domain.server import ServerInfo
from bulltui.domain.snapshot import Health, Link, Snapshot
from bulltui.domain.vitals import CacheStats, CallStats, Vitals
from bulltui.tui.present import header
from bulltui.tui.present.connection import Way
from bulltui.tui.present.latency import quantile
from bulltui.tui.present.line import Pieces
from bulltui.tui.present.server import server_lines
from bulltui.tui.present.ways import identity_of, unchecked
from bulltui.tui.screens.main import MainScreen
from bulltui.tui.screens.server import ServerScreen
from bulltui.tui.widgets.cells import width_of
from tests.tui.fake_servers import AWAY, BAD_INFO, INFO, NODES, NOW, away, state
from tests.tui.fakes import shop, stage


def text(lines: list[Pieces]) -> str:
    """All of it as one text, folded lines joined."""
    return " ".join(" ".join("".join(piece for piece, _ in line) for line in lines).split())


class TestLines:
    @pytest.mark.parametrize("width", [60, 80, 119, 120, 139, 200])
    @pytest.mark.parametrize("server", [INFO, BAD_INFO, ServerInfo(), replace(INFO, nodes=NODES), None])
    def test_no_line_is_wider_than_the_screen(self, width: int, server: ServerInfo | None) -> None:
        lines = server_lines(state("eu", server=server), Way(True, True, "only look", False), NOW, width)
        assert max(sum(width_of(piece) for piece, _ in line) for line in lines) <= width

    def test_a_good_day(self) -> None:
        said = text(server_lines(state(), Way(scripts=True), NOW, 100))
        for known in (
            "● ONLINE 1.2 ms for 4m 12s",
            "closed, all calls go through (opened 2 times)",
            "ops RESP3",
            "scripts allowed",
            "standalone role primary",
            "1.0 GiB of 4.0 GiB, 25%",
            "✓ noeviction",
            "append-only file 50 MiB snapshot 4m 00s ago 123 changes since",
            "10.0.0.2:6379 online 14 B behind",
            "41 of 10,000 3 wait",
            "120,331 12 expired none evicted",
            "1,204 commands/s",
            "1d 01h",
            "83% of 100 counts were known",
            "9s ago 5.0s find ✖ It did not answer.",
        ):
            assert known in said, known
        assert "✖" not in said.replace("✖ It did not answer.", "")

    def test_what_does_not_suit_queues_has_a_word_and_a_sign(self) -> None:
        said = text(server_lines(state(server=BAD_INFO), Way(), NOW, 100))
        for known in (
            "✖ allkeys-lru: jobs may vanish, BullMQ needs noeviction",
            "nearly full",
            "✖ 5 EVICTED",
            "✖ 7 were turned away",
            "✖ the last snapshot failed",
            "no append-only file",
        ):
            assert known in said, known

    def test_a_sign_stands_before_its_words_and_never_alone(self) -> None:
        for width, server in product(range(60, 160), (INFO, BAD_INFO)):
            for line in server_lines(state(server=server), Way(), NOW, width):
                said = "".join(piece for piece, _ in line)
                left = said.partition("│")[0] if width >= 120 else said
                assert not left.rstrip().endswith(("✖", "✓")), left

    def test_a_server_that_is_away(self) -> None:
        said = text(server_lines(away("us"), Way(), NOW, 100))
        assert "✖ OFFLINE" in said
        assert "next try in 7s" in said
        assert "Connection refused." in said
        assert "OPEN, calls are not sent" in said

    @pytest.mark.parametrize("width", [60, 80, 140])
    def test_what_a_server_told_before_it_went_away_has_its_age(self, width: int) -> None:
        said = text([line for line in server_lines(away("us"), Way(), NOW, width) if line])
        assert "as it was 1m 10s ago" in said.replace(" │ ", " ")
        assert "as it was" not in text(server_lines(state(), Way(), NOW, width))
        later = text(server_lines(away("us"), Way(), NOW + 600_000, width))
        assert "as it was 11m 10s ago" in later

    @pytest.mark.parametrize("width", [60, 80, 119, 120, 139])
    def test_no_second_moves_what_is_below_while_a_server_is_away(self, width: int) -> None:
        told = away("us", server=None)
        waits = ((0, 0), (9_000, 1_000), (10_000, 15_000), (65_000, 9_000), (725_000, 15_000), (90_061_000, 15_000))
        places = set()
        for gone, wait in waits:
            now = AWAY.since_ms + gone
            health = replace(AWAY, next_try_ms=now + wait)
            lines = server_lines(replace(told, health=health), Way(), now, width)
            places.add(next(at for at, line in enumerate(lines) if any("breaker" in piece for piece, _ in line)))
        assert len(places) == 1

    def test_what_is_old_looks_old_and_what_is_bad_stays_bad(self) -> None:
        lines = server_lines(away("us", server=BAD_INFO), Way(), NOW, 100)
        tokens = {piece.strip(): token for line in lines for piece, token in line}
        assert tokens["120,331"] == "stale"
        assert tokens["EVICTED"] == "failed bold"
        fresh = {piece.strip(): token for line in server_lines(state(), Way(), NOW, 100) for piece, token in line}
        assert fresh["120,331"] == ""

    def test_a_server_that_goes_on_but_no_longer_tells_of_itself_has_the_age_of_what_it_told(self) -> None:
        """Rights may be taken away, and INFO may take too long while counts do not."""
        assert "as it was 1m 30s ago" in text(server_lines(state(server_at=NOW - 90_000), Way(), NOW, 100))
        assert "as it was" not in text(server_lines(state(server_at=NOW - 30_000), Way(), NOW, 100))

    def test_the_nodes_of_a_cluster_have_their_age_as_well(self) -> None:
        gone = away("us", server=replace(INFO, nodes=NODES))
        assert "Nodes 2 nodes as they were 1m 10s ago" in text(server_lines(gone, Way(), NOW, 100))

    def test_a_server_that_was_never_reached_says_so(self) -> None:
        said = text(server_lines(away("us", server=None, server_at=0, taken_at=0), Way(), NOW, 100))
        assert "It was not reached yet" in said

    def test_a_certificate_is_not_called_good_while_nothing_is_connected(self) -> None:
        said = text(server_lines(replace(away("us"), address="rediss://us:6379"), Way(), NOW, 100))
        assert "✓ encrypted" not in said
        assert "encrypted, the certificate has to be good" in said

    def test_tls_is_what_it_is(self) -> None:
        def tls(address: str, way: Way) -> str:
            return text(server_lines(replace(state(), address=address), way, NOW, 100))

        assert "CERTIFICATE IS NOT CHECKED" in tls("rediss://x:1", Way(insecure=True))
        assert "✓ encrypted, certificate checked" in tls("rediss://x:1", Way())
        assert "can be read on the way" in tls("redis://x:1", Way())
        assert "tunnel of ssh" in tls("redis://x:1", Way(tunnel="ssh"))
        assert "a socket of this machine" in tls("unix:///run/x", Way())

    def test_hostile_words_are_harmless(self) -> None:
        evil = replace(INFO, user="a\x1b[31mb", software="x\ny", memory_policy="z\x07")
        lines = server_lines(state("l\x1b", server=evil), Way(may="m\x1b"), NOW, 100)
        assert all(piece.isprintable() for line in lines for piece, _ in line)

    def test_quantiles_by_buckets(self) -> None:
        assert quantile(CallStats(), 0.5) is None
        spread = CallStats(10, 0, 0.0, 9_000.0, (5, 0, 0, 4, *(0,) * 8, 1))
        assert quantile(spread, 0.5) == 0.5
        assert 2.5 < (quantile(spread, 0.9) or 0) <= 5.0
        assert 2500 < (quantile(spread, 0.99) or 0) <= 9_000.0

    def test_a_cache_that_is_off_says_so(self) -> None:
        assert "off: all counts" in text(server_lines(state(vitals=Vitals(cache=CacheStats())), Way(), NOW, 80))


class TestScreen:
    @pytest.mark.parametrize("size", [(60, 16), (80, 24), (140, 40)])
    async def test_it_opens_scrolls_and_closes(self, size: tuple[int, int]) -> None:
        async with stage(shop(), size) as on:
            await on.publish(replace(on.runtime.snapshot(), servers=(state(),)))
            await on.press("I")
            assert isinstance(on.app.screen, ServerScreen)
            assert "ONLINE" in on.text
            assert all(len(line) <= size[0] for line in on.lines)
            await on.press("G")
            assert "It did not answer" in on.text
            await on.press("I")
            assert isinstance(on.app.screen, MainScreen)

    async def test_it_goes_on_with_each_refresh(self) -> None:
        async with stage(shop()) as on:
            await on.press("I")
            assert "redis://127.0.0.1:6379" in on.text
            await on.publish(replace(on.runtime.snapshot(), servers=(away("us"), state("eu"))))
            assert "✖ OFFLINE  for 1m 05s" in on.text
            assert "● eu" in on.text
            on.runtime.clock.now += 5_000
            await on.publish(replace(on.runtime.snapshot(), servers=(away("us"), state("eu"))))
            assert "✖ OFFLINE  for 1m 10s" in on.text


class TestHeader:
    ROWS = Snapshot(1, NOW, health=Health(Link.ONLINE, 1.2, NOW))

    def said(self, settings: Settings, snapshot: Snapshot, width: int = 80) -> str:
        identity = identity_of(settings, "redis://prod:6379", read_only=settings.read_only)
        return "".join(piece for piece, _ in header.header(identity, snapshot, NOW, width))

    @pytest.mark.parametrize("width", [60, 80, 140])
    def test_a_certificate_that_is_not_checked_is_always_said(self, width: int) -> None:
        for settings in (
            Settings(url="rediss://x", tls=Tls(insecure=True)),
            Settings(url="rediss://x?ssl_cert_reqs=none"),
            Settings(fleet=(Settings(label="eu"), Settings(label="us", url="rediss://x", tls=Tls(insecure=True)))),
        ):
            assert "TLS NOT CHECKED" in self.said(settings, self.ROWS, width)
            assert "ONLINE" in self.said(settings, self.ROWS, width)
        assert "TLS" not in self.said(Settings(url="rediss://x"), self.ROWS, width)
        assert not unchecked(Settings(tls=Tls(insecure=True)))

    def test_role_and_replica(self) -> None:
        said = self.said(Settings(role=OPERATOR, replica=True), self.ROWS)
        assert "operator" in said
        assert "replica" in said
        assert "admin" not in self.said(Settings(), self.ROWS)

    def test_offline_and_slow_say_since_when(self) -> None:
        slow = replace(self.ROWS, health=Health(Link.SLOW, 400.0, NOW - 9_000))
        assert "SLOW 400 ms since" in self.said(Settings(), slow, 140)
        assert "OFFLINE" in self.said(Settings(), replace(self.ROWS, health=AWAY), 60)

    def test_each_of_several_servers_has_its_sign(self) -> None:
        both = replace(self.ROWS, servers=(state("eu"), away("us")), health=AWAY)
        assert "● eu  ✖ us OFFLINE" in self.said(Settings(), both, 60)
        many = replace(both, servers=(*(state(f"s{number}") for number in range(20)), away("us")))
        assert "● 20 ONLINE  ✖ us OFFLINE" in self.said(Settings(), many, 60)

    def test_a_server_that_answers_and_yet_is_wrong_is_told(self) -> None:
        odd = Health(Link.ONLINE, 1.0, NOW, None, "It is a replica.", "Connect to the primary.")
        for snapshot in (replace(self.ROWS, health=odd), replace(self.ROWS, servers=(state("eu", odd), state("us")))):
            said = " ".join("".join(text for text, _ in line) for line in header.banner(snapshot, NOW, 100))
            assert "It is a replica." in said
            assert "Connect to the primary." in said

    def test_the_banner_names_the_server_that_is_away(self) -> None:
        both = replace(self.ROWS, servers=(state("eu"), away("us")), health=AWAY)
        (line,) = header.banner(both, NOW, 100)
        assert "us is offline for 1m 05s  Connection refused.  next try in 7s" in "".join(text for text, _ in line)
