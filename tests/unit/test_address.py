"""Addresses without secrets."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.address import address_of, public_address, secrets_of, server_of, without_secrets

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://localhost", "redis://localhost"),
        (f"redis://:{SECRET}@host:1/2?x=1#y", "redis://host:1/2"),
        (f"rediss://ops:{SECRET}@host", "rediss://ops@host"),
        (f"unix://:{SECRET}@/run/x.sock?db=1", "unix:///run/x.sock"),
        (f"redis://u:{SECRET}@x@host", "redis://u@host"),
        (f"redis://u:{SECRET}/x@host", "redis://u@host"),
        (f"u:{SECRET}@host", "host"),
        (f"redis://host?password={SECRET}", "redis://host"),
        (f"redis://host:6379/1?password=x@{SECRET}", "redis://host:6379/1"),
        (f"redis://ops:one@host/1?sentinel_password={SECRET}@x&db=1", "redis://ops@host/1"),
        (f"redis://ops:one?{SECRET}@host/1", "redis://ops@host/1"),
        (f"redis://ops:6379?x={SECRET}@host/1", "redis://ops@host/1"),
        (
            f"rediss+sentinel://ops:{SECRET}@One,[::1]:26380/main/2?sentinel_username=s&sentinel_password={SECRET}",
            "rediss+sentinel://ops@One,[::1]:26380/main/2",
        ),
        (f"redis+cluster://:{SECRET}@one:7000,two", "redis+cluster://one:7000,two"),
        ("unix:///run/a@b.sock?db=1", "unix:///run/a@b.sock"),
        ("", ""),
    ],
)
def test_public_address(url: str, shown: str) -> None:
    assert public_address(url) == shown


@given(st.text(st.characters(exclude_characters="s3cr3t@:")), st.text(), st.text(st.characters(exclude_characters="@")))
def test_no_password_is_shown(user: str, more: str, rest: str) -> None:
    shown = public_address(f"redis://{user}:{SECRET}{more}@{rest}")
    assert SECRET not in shown or SECRET in rest


@pytest.mark.parametrize("url", [f"redis://u:{SECRET}@h", f"redis://:{SECRET}@h:port", f"redis://:{SECRET}@[::1"])
def test_secrets(url: str) -> None:
    assert SECRET in secrets_of(url)
    assert without_secrets(f"a {SECRET} b", url) == "a *** b"
    assert secrets_of("redis://host") == ()


HOSTS = st.lists(
    st.one_of(
        st.from_regex(r"[a-z][a-z0-9.-]{0,12}", fullmatch=True),
        st.sampled_from(["127.0.0.1", "[::1]", "localhost", "CACHE"]),
    ),
    min_size=1,
    max_size=4,
)
PORTS = st.one_of(st.just(""), st.integers(1, 65535).map(lambda port: f":{port}"))
CANARY = "c4n4ry"


@given(
    st.sampled_from(["redis", "rediss", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"]),
    st.text(max_size=8),
    HOSTS,
    PORTS,
    st.sampled_from(["", "/0", "/main", "/main/1"]),
    st.sampled_from(["password", "sentinel_password", "ssl_password", "auth_token", "client_secret", "PASSPHRASE"]),
    st.text(max_size=8),
    st.sampled_from(["", "&db=1", "&ssl_cert_reqs=none"]),
)
def test_no_url_of_any_form_shows_a_password(
    scheme: str, before: str, hosts: list[str], port: str, path: str, option: str, after: str, more: str
) -> None:
    """Neither that of the credentials nor that of an option, whatever stands around it."""
    nodes = ",".join(f"{host}{port}" for host in hosts)
    for url in (
        f"{scheme}://me:{before}{CANARY}{after}@{nodes}{path}",
        f"{scheme}://me:x@{nodes}{path}?{option}={CANARY}{more}",
        f"{scheme}://{nodes}{path}?{option}={CANARY}{more}",
        f"{scheme}://{nodes}{path}?{option}=x@{CANARY}{more}",
        f"{scheme}://me:x@{nodes}{path}?{option}={CANARY}@x{more}",
        f"{scheme}://me:{before}{CANARY}{after}@{nodes}{path}?{option}={CANARY}2{more}",
    ):
        for shown in (public_address(url), server_of(url)):
            assert CANARY not in shown, url
        assert any(CANARY in secret for secret in secrets_of(url))
        assert CANARY not in without_secrets(" ".join(secrets_of(url)), url)


@given(HOSTS, PORTS, st.randoms(use_true_random=False), st.sampled_from(["sentinel", "cluster"]))
def test_the_order_of_nodes_does_not_matter(hosts: list[str], port: str, random: random.Random, kind: str) -> None:
    """Nor does a node that is named twice."""
    path = "/main/1" if kind == "sentinel" else ""
    turned = [*hosts, random.choice(hosts)]
    random.shuffle(turned)
    one, other = (f"redis+{kind}://{','.join(f'{host}{port}' for host in some)}{path}" for some in (hosts, turned))
    assert server_of(one) == server_of(other)


@given(st.text())
def test_any_text_has_parts(text: str) -> None:
    for made in (public_address, server_of):
        assert isinstance(made(text), str)
    assert isinstance(secrets_of(text), tuple)
    assert address_of(text) == address_of(text)


def test_escaped_secrets() -> None:
    assert set(secrets_of("redis://:a%40b@h")) == {"a%40b", "a@b"}


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("redis://127.0.0.1:6379", "127.0.0.1:6379/0"),
        ("redis://127.0.0.1", "127.0.0.1:6379/0"),
        ("redis://LocalHost:6379/0", "127.0.0.1:6379/0"),
        ("redis://127.0.0.1:6379/0", "127.0.0.1:6379/0"),
        ("redis://127.0.0.1:6379/", "127.0.0.1:6379/0"),
        ("redis://127.0.0.1:6379/3?protocol=3", "127.0.0.1:6379/3"),
        ("redis://127.0.0.1?db=3", "127.0.0.1:6379/3"),
        ("rediss://ops:s3cr@t/x@Cache.Internal:6380/2", "cache.internal:6380/2"),
        ("redis://[::1]", "[::1]:6379/0"),
        ("redis://[::1]:7000/1", "[::1]:7000/1"),
        ("unix:///run/redis.sock?db=2", "/run/redis.sock 2"),
        ("unix://ops:secret@/run/redis.sock", "/run/redis.sock 0"),
        ("redis+sentinel://ops:x@Two,one:26380/main?sentinel_password=y", "one:26380,two:26379/main/0"),
        ("rediss+sentinel://localhost,[::1]:1,127.0.0.1:26379/a%20b/3", "127.0.0.1:26379,[::1]:1/a b/3"),
        ("redis+sentinel://one/main?db=2", "one:26379/main/2"),
        ("redis+cluster://two,one:7000", "one:7000,two:6379/cluster"),
    ],
)
def test_a_server_has_one_name_however_its_url_is_spelt(url: str, server: str) -> None:
    assert server_of(url) == server
