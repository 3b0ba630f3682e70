"""URLs, configurations, queries and names of strangers."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulltui.config.settings import Settings
from bulltui.config.told import Told, settings_from
from bulltui.domain.address import server_of
from bulltui.domain.errors import BulltuiError
from bulltui.domain.fields import raw_field
from bulltui.domain.jsontext import dump
from bulltui.domain.query.matching import matcher
from bulltui.domain.query.parsing import parse
from bulltui.domain.query.planning import plan
from bulltui.domain.queue import QueueRef
from bulltui.domain.scan import Candidate
from bulltui.domain.states import LISTED
from bulltui.domain.text import to_bytes, visible
from bulltui.store.client import shown_address
from bulltui.store.keys import job_key
from bulltui.store.opening import open_calls
from bulltui.tui.whole import file_name
from tests.fuzz.telltale import CANARY, HARMFUL, call, fuzzed, told

WILD = st.text(max_size=20) | st.text("@:/?#[]%&=+,. \\\x00\x1b", max_size=12)
SCHEMES = st.sampled_from(
    ["redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "redis+unix", "http", ""]
)
PARTS = (
    st.sampled_from(
        [
            "?db=1",
            "?db=x",
            "?protocol=2",
            "?sentinel_password=" + CANARY,
            "?password=" + CANARY,
            "?ssl_cert_reqs=none",
            "/0",
            "/master/3",
            "//",
            "?",
            "#",
            "?a=b&a=b",
            "?timeout=-1",
            "?ssl_ca_certs=/nowhere",
            "/tmp/x.sock",
            "%zz",
        ]
    )
    | WILD
)
USERS = st.sampled_from([f":{CANARY}@", f"user:{CANARY}@", f"a:b:{CANARY}@", f"u@v:{CANARY}@"]) | st.builds(
    "{}:{}{}@".format, WILD, st.just(CANARY), WILD
)
HOSTS = st.sampled_from(["localhost", "h1:1,h2:2", "[::1]:6379", "[::1", "h:99999999", "h:-1", "h:x", ""]) | WILD
URLS = st.builds("{}://{}{}{}{}".format, SCHEMES, USERS, HOSTS, PARTS, PARTS) | st.builds(
    "{}{}{}".format, WILD, USERS, WILD
)


@fuzzed
@given(URLS)
def test_urls(url: str) -> None:
    settings = Settings(url=url)
    assert CANARY not in repr(settings)
    assert CANARY not in repr(settings.connection)
    for shown in (shown_address(url), server_of(url)):
        assert CANARY not in shown
    try:
        calls = open_calls(settings.connection)
    except BulltuiError as error:
        told(error, ("doctor", "-u", url))
    else:
        assert CANARY not in calls.address


@pytest.mark.parametrize("environment", [False, True])
def test_urls_on_the_command_line(tmp_path: Path, environment: bool) -> None:
    seen: list[str] = []

    @fuzzed
    @given(URLS)
    def collect(url: str) -> None:
        seen.append(url)

    collect()
    for url in seen[::10]:
        words = () if environment else ("-u", url)
        safe = url.replace("\x00", "").encode("utf-8", "replace").decode()
        call(
            "acl",
            *words,
            environment={"BULLTUI_URL": safe, "BULLTUI_STATE_DIR": str(tmp_path)} if environment else None,
        )
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]


KEYS = st.sampled_from(
    [
        "url",
        "password",
        "username",
        "password_command",
        "prefix",
        "queues",
        "read_only",
        "tls",
        "tunnel",
        "ssh",
        "role",
        "redact",
        "cache",
        "refresh",
        "theme",
        "production",
        "searches",
        "layout",
        "ca",
        "timeouts",
        "nonsense",
        "label",
    ]
)
VALUES = st.sampled_from(
    [
        f'"redis://:{CANARY}@h"',
        f'"{CANARY}"',
        '"${FUZZ_SECRET}"',
        '"${FUZZ_NOTHING}"',
        '"$FUZZ_SECRET"',
        "true",
        "-1",
        "1e999",
        "[]",
        "[1, 2]",
        f'["printf", "{CANARY}"]',
        "{}",
        '{ca = "x"}',
        '""',
        '"\\u0000"',
        "1979-05-27",
        "nan",
        '["data.card", ""]',
        "'''x\ny'''",
        '"viewer"',
        '"30s"',
        '["*"]',
        "[[]]",
        f'{{password = "{CANARY}"}}',
    ]
) | st.text(max_size=10).map(dump)
LINES = (
    st.builds("{} = {}".format, KEYS, VALUES)
    | st.sampled_from(["[profiles.a]", "[profiles.b]", "[defaults]", "[roles.a]", "[searches]", "[[profiles]]", "[a"])
    | st.builds("{} = {}".format, st.sampled_from(["default_profile", '"a b"', "a.b"]), VALUES)
    | WILD
)


@fuzzed
@given(st.lists(LINES, max_size=8), st.sampled_from([(), ("a",), ("a", "b"), ("\x1b[31m",)]))
def test_configurations(tmp_path_factory: pytest.TempPathFactory, lines: list[str], profiles: tuple[str, ...]) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.toml"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    path.chmod(0o600)
    environment = {"FUZZ_SECRET": CANARY, "HOME": str(path.parent)}
    try:
        settings = settings_from(Told(profiles=profiles, config=str(path)), environment)
        assert CANARY not in repr(settings)
        assert not any(CANARY in known.address for known in settings.known)
    except BulltuiError as error:
        told(error)


def test_configurations_on_the_command_line(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    @fuzzed
    @given(st.lists(LINES, max_size=6))
    def collect(lines: list[str]) -> None:
        seen.append(lines)

    collect()
    path = tmp_path / "config.toml"
    environment = {"BULLTUI_CONFIG": str(path), "FUZZ_SECRET": CANARY, "BULLTUI_STATE_DIR": str(tmp_path / "state")}
    for lines in seen[::25]:
        path.write_bytes("\n".join(["[profiles.a]", *lines]).encode("utf-8", "surrogatepass"))
        path.chmod(0o600)
        for words in (("config", "show"), ("config", "check"), ("acl", "--profile", "a")):
            call(*words, environment=environment)


WORDS = st.sampled_from(
    [
        "state:failed",
        "data.a=1",
        "data.a.b>=3",
        "error:/a|b/",
        "failed:<2h",
        "name:x*",
        "NOT",
        "OR",
        "(",
        ")",
        "attempts>1",
        '"a b"',
        "'",
        "/[/",
        "/(a*)*b/",
        "id:1",
        "-",
        "!",
        "@x",
        "data.a:\\u0041",
        "size>1MB",
        "due:>now",
        "/(/",
        "data.",
        "<",
    ]
) | st.text(max_size=8)
HASH = {
    "name": "charge",
    "data": '{"a":{"b":3},"x":"a b"}',
    "opts": '{"attempts":3}',
    "timestamp": "1750000000000",
    "failedReason": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "stacktrace": '["x"]',
}


@fuzzed
@given(st.lists(WORDS, max_size=7).map(" ".join) | st.text(max_size=60))
def test_queries(text: str) -> None:
    ref = QueueRef("bull", "mail")
    try:
        query = parse(text, 1_800_000_000_000)
    except BulltuiError as error:
        told(error)
        return
    raw = {name: raw_field(value) for name, value in HASH.items()}
    for state in LISTED:
        plan(query, state, ref)
        assert matcher(query)(Candidate(ref, "1", state, 1.0, raw)) in (True, False)


NAMES = st.text(min_size=1, max_size=30) | st.binary(min_size=1, max_size=20).map(os.fsdecode) | WILD


@fuzzed
@given(NAMES, NAMES, NAMES)
def test_names_of_queues_and_jobs(prefix: str, name: str, job_id: str) -> None:
    ref = QueueRef(prefix, name)
    assert job_key(ref, job_id) == to_bytes(f"{prefix}:{name}:{job_id}")
    for text in (visible(ref.shown), visible(job_id), dump({name: job_id})):
        assert not HARMFUL.search(text)
        text.encode("utf-8")
    stem = file_name(name, job_id, "data", json=True)
    assert Path(stem).name == stem
    assert not stem.startswith((".", "~"))
    assert stem.isascii()
