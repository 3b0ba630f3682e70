"""What a tunnel is told, and what is connected to behind it."""

import pytest

from bulltui.domain.connection import Connection, Tls
from bulltui.domain.errors import UsageError
from bulltui.tunnel.words import filled, led, target_of


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("redis://cache", ("cache", 6379)),
        ("rediss://me:pw@cache:6380/2?ssl_cert_reqs=none", ("cache", 6380)),
        ("redis://:p@ss/w:rd@cache:1", ("cache", 1)),
        ("redis://[::1]:7000", ("[::1]", 7000)),
        ("redis://", ("localhost", 6379)),
    ],
)
def test_where_a_tunnel_leads(url: str, target: tuple[str, int]) -> None:
    assert target_of(url) == target


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis+sentinel://:secret@one,two/main", "several nodes"),
        ("rediss+cluster://one:7000", "several nodes"),
        ("redis://:secret@one,two", "several nodes"),
        ("unix:///tmp/redis.sock", "no host"),
        ("nonsense", "no host"),
        ("redis://cache:port", "a port that is none"),
        ("redis://cache:70000", "a port that is none"),
    ],
)
def test_what_no_tunnel_leads_to_is_refused_with_a_sentence(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        target_of(url)
    assert "secret" not in caught.value.message


def test_placeholders_are_filled_and_nothing_else() -> None:
    words = ("ssh", "-L", "127.0.0.1:{port}:{host}:{target_port}", "{{.Name}}", "{other}", "a b")
    assert filled(words, 1234, "[::1]", 6379) == (
        *("ssh", "-L", "127.0.0.1:1234:[::1]:6379", "{{.Name}}", "{other}", "a b"),
    )


def test_what_is_connected_to_keeps_all_but_the_place() -> None:
    given = Connection("rediss://me:p%40ss@cache:6380/2?protocol=2", tunnel=("x", "{port}"), label="eu")
    got = led(given, 4000)
    assert got.url == "rediss://me:p%40ss@127.0.0.1:4000/2?protocol=2"
    assert (got.tls.server_name, got.label) == ("cache", "eu")
    assert got.shown == "rediss://me@cache:6380/2"


def test_a_name_that_is_said_stays_and_without_tls_there_is_none() -> None:
    tls = Tls(server_name="other")
    assert led(Connection("rediss://cache", tls=tls), 1).tls is tls
    assert led(Connection("redis://cache"), 1).tls == Tls()
    assert led(Connection("rediss://[fe80::1]"), 1).tls.server_name == "fe80::1"
