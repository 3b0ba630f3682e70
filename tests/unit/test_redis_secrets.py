"""Passwords in what servers tell of themselves, whatever the server and whatever it calls its commands."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.domain.redis_reply import ReplyError
from bulltui.domain.redis_secrets import without_passwords

HASH = b"e1ad7654ed2c41abc955a12fed4e2364450f3282dc45b07031b3578d051c1ce3"


def masked(line: str, reply: Any) -> tuple[Any, tuple[str, ...]]:
    return without_passwords(line.encode().split(), reply)


@pytest.mark.parametrize(
    "line", ["CONFIG GET *", "config get *", "SENTINEL CONFIG GET *", "FT.CONFIG GET *", "RENAMED GET *"]
)
@pytest.mark.parametrize(
    "name",
    [
        "requirepass",
        "masterauth",
        "primaryauth",
        "tls-key-file-pass",
        "tls-client-key-file-pass",
        "sentinel-pass",
        "OSS_GLOBAL_PASSWORD",
        "s3_secret_access_key",
        "api-key",
        "x-token",
        "REQUIREPASS",
    ],
)
def test_settings_whose_name_speaks_of_a_password(line: str, name: str) -> None:
    told = name.encode()
    beside = [b"maxmemory", b"0", b"tls-auth-clients", b"yes", b"tls-key-file", b"/a/pass", b"masteruser", b"ann"]
    assert masked(line, [*beside, told, b"canary"]) == ([*beside, told, b"***"], (name,))
    assert masked(line, {told: b"canary", b"dir": b"/"}) == ({told: b"***", b"dir": b"/"}, (name,))
    assert masked(line, [[told, b"canary"], [b"dir", b"/"]]) == ([[told, b"***"], [b"dir", b"/"]], (name,))
    for nothing in (b"", None):
        assert masked(line, [told, nothing]) == ([told, nothing], ())


def test_passwords_in_urls_of_settings() -> None:
    url = b"redis://ann:can@ary@h:1 s3://key:canary@b"
    assert masked("CONFIG GET x", [b"x", url]) == ([b"x", b"redis://ann:***@h:1 s3://key:***@b"], ("x",))
    assert masked("CONFIG GET x", [b"x", b"redis://ann@h:1"])[1] == ()


@pytest.mark.parametrize("line", ["ACL GETUSER ann", "RENAMED getuser ann"])
def test_a_user(line: str) -> None:
    beside = [b"flags", [b"nopass", b"on"], b"commands", b"+@all", b"selectors", [[b"commands", b"+get"]]]
    reply = [*beside, b"passwords", [HASH, HASH]]
    assert masked(line, reply) == ([*beside, b"passwords", [b"***", b"***"]], ("passwords",))
    assert masked(line, {b"passwords": [HASH], b"keys": b"~*"})[0] == {b"passwords": [b"***"], b"keys": b"~*"}
    assert masked(line, [b"passwords", []]) == ([b"passwords", []], ())


@pytest.mark.parametrize("line", ["ACL LIST", "RENAMED LIST"])
def test_lines_about_users(line: str) -> None:
    ann = b"user ann on sanitize-payload #" + HASH + b" #" + HASH + b" >plain ~* &* +@all (~x +get)"
    nobody = b"user nobody off resetchannels -@all"
    shown = b"user ann on sanitize-payload #*** #*** >*** ~* &* +@all (~x +get)"
    assert masked(line, [ann, nobody]) == ([shown, nobody], ("password of ann",))


def test_words_that_modules_were_loaded_with() -> None:
    module = [b"name", b"search", b"ver", 2, b"path", b"/pass", b"args", [b"MAX", b"1", b"PASSWORD", b"canary", b"X"]]
    shown = [*module[:-1], [b"MAX", b"1", b"PASSWORD", b"***", b"X"]]
    assert masked("MODULE LIST", [module]) == ([shown], ("args",))
    assert masked("MODULE LIST", [{b"name": b"s", b"args": [b"TOKEN", b"canary"]}])[0][0][b"args"] == [b"TOKEN", b"***"]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("auth canary", "auth ***"),
        ("AUTH ann canary", "AUTH *** ***"),
        ("AUTH (redacted)", "AUTH (redacted)"),
        ("HELLO 3 auth ann canary SETNAME x", "HELLO 3 auth *** *** *** ***"),
        ("HELLO 3 SETNAME x", "HELLO 3 SETNAME x"),
        ("ACL SETUSER ann >canary <canary #canary !canary ~a:* +@all", "ACL SETUSER ann *** *** *** *** ~a:* +@all"),
        ("config SET dir / requirepass canary masterauth canary", "config SET dir / requirepass *** masterauth ***"),
        ("MIGRATE h 1 k 0 10 COPY AUTH canary KEYS a", "MIGRATE h 1 k 0 10 COPY AUTH *** KEYS a"),
        ("MIGRATE h 1 k 0 10 AUTH2 ann canary KEYS a", "MIGRATE h 1 k 0 10 AUTH2 *** *** KEYS a"),
        ("SENTINEL SET main auth-pass canary", "SENTINEL SET main auth-pass ***"),
        ("SEARCH.CLUSTERSET PASSWORD canary RANGE 1", "SEARCH.CLUSTERSET PASSWORD *** RANGE 1"),
        ("MODULE LOAD /x redis://ann:canary@h", "MODULE LOAD /x redis://ann:***@h"),
        ("HSET k password data", "HSET k password data"),
        ("... 5 more", "... 5 more"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("line", ["SLOWLOG GET", "slowlog get -1", "COMMANDLOG GET 10 slow"])
def test_slow_calls(line: str, words: str, shown: str) -> None:
    other = [2, 0, 5, [b"GET", b"password"], b"127.0.0.1:1", b""]
    reply = [other, [1, 0, 5, words.encode().split(), b"127.0.0.1:1", b"name"]]
    found, names = masked(line, reply)
    assert found == [other, [1, 0, 5, shown.encode().split(), b"127.0.0.1:1", b"name"]]
    assert bool(names) == ("canary" in words)


def test_a_password_with_space_is_one_word() -> None:
    found, _ = masked("SLOWLOG GET", [[1, 0, 5, [b"ACL", b"SETUSER", b"ann", b">can ary"], b"", b""]])
    assert found[0][3][-1] == b"***"


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("HGETALL get", [b"password", b"data"]),
        ("HGETALL list", {b"requirepass": b"data"}),
        ("LRANGE list 0 -1", [b"user ann #data"]),
        ("EVAL_RO x 0", [b"password", b"data"]),
        ("GET", b"password"),
        ("CONFIG SET requirepass x", b"OK"),
        ("ACL GENPASS", b"f00"),
        ("ACL USERS", [b"password", b"ann"]),
        ("CLIENT LIST", b"id=1 user=pass cmd=auth"),
        ("CONFIG GET x", ReplyError("NOPERM")),
        ("FUNCTION LIST", [[b"library_name", b"password", b"library_code", b"#!lua name=password"]]),
    ],
)
def test_what_is_none_stays(line: str, reply: Any) -> None:
    assert masked(line, reply) == (reply, ())


REPLIES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.binary(max_size=8)
    | st.sampled_from([b"auth", b"args", b"passwords"]),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.binary(max_size=4) | st.integers(), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(["CONFIG GET x", "ACL GETUSER x", "ACL LIST", "MODULE LIST", "SLOWLOG GET"]), REPLIES)
def test_whatever_is_answered_it_is_looked_through(line: str, reply: Any) -> None:
    found, names = masked(line, reply)
    assert (found == reply) == (not names)
