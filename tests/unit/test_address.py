"""Addresses without secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.address import public_address, secrets_of, server_of, without_secrets

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
    ],
)
def test_a_server_has_one_name_however_its_url_is_spelt(url: str, server: str) -> None:
    assert server_of(url) == server
