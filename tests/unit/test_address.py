"""Addresses without secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.address import public_address, secrets_of, without_secrets

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
