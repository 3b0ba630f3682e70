"""What goes wrong on the way to a server: a sentence, a hint, the exit code, soon, and never a password."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from tests.cli import conftest
from tests.cli.conftest import Ended
from tests.conftest import PASSWORD

SECRET = "s3cret-Pass/word"
QUOTED = "s3cret-Pass%2Fword"
SOON = 2.0

ACL = (
    f"user narrow on >{PASSWORD} ~* &* -@all +ping +hello +auth",
    f"user nobody on >{PASSWORD} ~bull:* &* +@all -@dangerous -@scripting",
)


@pytest.fixture(scope="module")
def guarded() -> Iterator[EmbeddedServer]:
    """A server with a password and users of few rights."""
    with EmbeddedServer(password=SECRET, config=ACL) as running:
        yield running


def soonest(call: Callable[[], Ended], bound: float = SOON) -> Ended:
    """A busy machine may hold up a call: the fastest of three counts. One that waits too long does so each time."""
    ended = call()
    for _ in range(2):
        if ended.seconds < bound:
            break
        ended = min(ended, call(), key=lambda one: one.seconds)
    return ended


def bulltui(*argv: str, env: Mapping[str, str] | None = None) -> Ended:
    """A command line in this process."""
    return soonest(lambda: conftest.here(*argv, env=env))


def assert_told(ended: Ended, code: int, *parts: str, soon: float = SOON) -> None:
    """One line with all of `parts`, soon (s), without secrets."""
    assert ended.code == code, ended
    assert ended.out == ""
    assert ended.err.startswith("bulltui: ")
    assert ended.err.count("\n") == 1
    for part in parts:
        assert part in ended.err
    assert "Traceback" not in ended.err
    for secret in (SECRET, QUOTED, "s3cret", PASSWORD + "@"):
        assert secret not in ended.err
    assert ended.seconds < soon


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def answering(reply: bytes) -> Iterator[int]:
    """A server that is no Redis: it says `reply` to whatever it is told. Gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                with client:
                    client.recv(1024)
                    client.sendall(reply)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def test_a_refused_port() -> None:
    port = free_port()
    url = f"redis://me:{QUOTED}@127.0.0.1:{port}"
    ended = soonest(lambda: conftest.bulltui("queues", "list", "-u", url))  # in a process of its own, for once
    assert_told(ended, 6, f"redis://me@127.0.0.1:{port}", "refused")
    as_json = bulltui("queues", "list", "-u", f"redis://me:{QUOTED}@127.0.0.1:{port}", "-o", "json")
    assert as_json.code == 6
    assert as_json.error["code"] == "refused"
    assert as_json.error["hint"]
    assert "s3cret" not in as_json.err


def test_a_socket_that_is_not_there() -> None:
    assert_told(bulltui("queues", "list", "-u", "unix:///nowhere/redis.sock"), 6, "unix:///nowhere/redis.sock")


def test_an_unknown_host() -> None:
    ended = bulltui("queues", "list", "-u", f"redis://:{QUOTED}@nosuchhost.invalid:6379")
    assert_told(ended, 6, "nosuchhost.invalid")


def test_a_look_up_that_never_answers() -> None:
    code = (
        "import socket, sys, time; socket.getaddrinfo = lambda *a, **k: time.sleep(20);"
        "sys.argv[1:] = ['queues', 'list', '-u', 'redis://slow.example:6379'];"
        "from bulltui.__main__ import main; sys.exit(main())"
    )
    ended = soonest(lambda: conftest.python("-c", code), 2 * SOON)
    assert_told(Ended(ended.code, ended.out, ended.err, min(ended.seconds, SOON - 0.1)), 6, "slow.example")
    assert ended.seconds < 2 * SOON


@pytest.mark.parametrize(
    "reply", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00\xff\x00", b""]
)
def test_no_redis(reply: bytes) -> None:
    with answering(reply) as port:
        assert_told(bulltui("queues", "list", "-u", f"redis://:{QUOTED}@127.0.0.1:{port}"), 6, str(port))


def test_tls_where_there_is_none(guarded: EmbeddedServer) -> None:
    ended = bulltui("queues", "list", "-u", f"rediss://:{QUOTED}@127.0.0.1:{guarded.port}")
    assert_told(ended, 6, "TLS", soon=SOON + 1)  # a second look tells what the first does not


def test_no_tls_where_there_is(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    asked = f"req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout {key} -out {certificate}"
    subprocess.run([openssl, *asked.split()], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                    context.wrap_socket(client, server_side=True).close()
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        port = listener.getsockname()[1]
        assert_told(bulltui("queues", "list", "-u", f"redis://:{QUOTED}@127.0.0.1:{port}"), 6, str(port))
        assert_told(bulltui("queues", "list", "-u", f"rediss://:{QUOTED}@127.0.0.1:{port}"), 6, "certificate")
        listener.shutdown(socket.SHUT_RDWR)


def test_a_wrong_password(guarded: EmbeddedServer) -> None:
    url = f"redis://:wrong-s3cret@127.0.0.1:{guarded.port}"
    assert_told(bulltui("queues", "list", "-u", url), 5, "password")
    assert_told(bulltui("jobs", "show", "q", "1", "-u", url), 5, "password")


def test_a_missing_password(guarded: EmbeddedServer) -> None:
    assert_told(bulltui("queues", "list", "-u", f"redis://127.0.0.1:{guarded.port}"), 5, "password")


def test_the_right_password_is_taken(guarded: EmbeddedServer) -> None:
    ended = bulltui("queues", "list", "-o", "json", env={"BULLTUI_URL": f"redis://:{QUOTED}@127.0.0.1:{guarded.port}"})
    assert (ended.code, ended.json) == (0, [])


def test_no_rights(guarded: EmbeddedServer) -> None:
    url = f"redis://narrow:{PASSWORD}@127.0.0.1:{guarded.port}"
    assert_told(bulltui("queues", "list", "-u", url), 5, "may not", "doctor")
    ended = bulltui("doctor", "-u", url, "-o", "json")
    assert ended.code == 5
    rights = next(check for check in ended.json["checks"] if check["check"] == "rights")
    assert rights["level"] == "bad"
    assert "SCAN" in rights["message"]


def test_the_screen_says_when_queues_may_not_be_looked_for(guarded: EmbeddedServer) -> None:
    with Redis(host="127.0.0.1", port=guarded.port, password=SECRET) as raw:
        words = ("blind", "reset", "on", f">{PASSWORD}", "~*", "+@all", "-scan")
        raw.execute_command("ACL", "SETUSER", *words)
    ended = conftest.bulltui("snapshot", "-u", f"redis://blind:{PASSWORD}@127.0.0.1:{guarded.port}", "--width", "120")
    assert "The Redis user may not do this" in ended.out
    assert "Looking for queues" not in ended.out
    assert ended.seconds < 5


def test_queues_that_may_not_be_read_are_not_left_out_in_silence(guarded: EmbeddedServer) -> None:
    with Redis(host="127.0.0.1", port=guarded.port, password=SECRET) as raw:
        for prefix in ("bull", "other"):
            raw.hset(f"{prefix}:shop:meta", mapping={"opts.maxLenEvents": "10000", "version": "bullmq:5.81.5"})
        url = f"redis://nobody:{PASSWORD}@127.0.0.1:{guarded.port}"
        both = bulltui("queues", "list", "-u", url, "-p", "bull", "-p", "other", "-o", "json")
        one = bulltui("queues", "list", "-u", url, "-p", "bull", "-o", "json")
        raw.flushall()
    assert [queue["prefix"] for queue in both.json] == ["bull"]
    assert both.err.startswith("Some queues are left out: The Redis user may not")
    assert "left out" not in one.err


def test_the_doctor_asks_under_every_prefix(guarded: EmbeddedServer) -> None:
    """A user of some keys lacks a pattern of keys elsewhere, not commands."""
    url = f"redis://nobody:{PASSWORD}@127.0.0.1:{guarded.port}"
    ended = bulltui("doctor", "-u", url, "-p", "bull", "-p", "other", "-o", "json")
    rights = next(check for check in ended.json["checks"] if check["check"] == "rights")
    assert rights["level"] == "bad"
    assert "keys under other" in rights["message"]
    assert "LLEN" not in rights["message"]
    assert "~other:*" in rights["hint"]
    ended = bulltui("doctor", "-u", url, "-p", "bull", "-o", "json")
    rights = next(check for check in ended.json["checks"] if check["check"] == "rights")
    assert rights["level"] == "warn"


def test_the_doctor_may_not_come_in(guarded: EmbeddedServer) -> None:
    ended = bulltui("doctor", "-u", f"redis://127.0.0.1:{guarded.port}", "-o", "json")
    assert ended.code == 5
    assert "password" in ended.json["checks"][-1]["message"]


def test_few_rights_are_enough_to_look(guarded: EmbeddedServer) -> None:
    """Without scripts, INFO or CLIENT LIST, on keys of one prefix only."""
    with Redis(host="127.0.0.1", port=guarded.port, password=SECRET) as raw:
        raw.hset("bull:shop:meta", mapping={"opts.maxLenEvents": "10000", "version": "bullmq:5.81.5"})
        raw.lpush("bull:shop:wait", "1", "2")
        url = f"redis://nobody:{PASSWORD}@127.0.0.1:{guarded.port}"
        ended = bulltui("queues", "show", "shop", "-u", url, "-o", "json")
        raw.flushall()
    assert ended.code == 0, ended.err
    assert ended.json["counts"]["waiting"] == 2
    assert ended.json["workers"] is None


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("http://127.0.0.1", "redis://"),
        (f"redis://:{SECRET}@127.0.0.1", "cannot be read"),
        ("redis://127.0.0.1:99999", "cannot be read"),
        ("redis://127.0.0.1/name", "database"),
        ("redis://127.0.0.1?nonsense=1", "option"),
        (f"me:{QUOTED}@127.0.0.1", "redis://"),
    ],
)
def test_urls_that_are_none(url: str, part: str) -> None:
    assert_told(bulltui("queues", "list", "-u", url), 2, part)


def test_a_server_that_does_not_answer(guarded: EmbeddedServer) -> None:
    guarded.pause()
    try:
        ended = bulltui("queues", "list", "-u", f"redis://:{QUOTED}@127.0.0.1:{guarded.port}")
    finally:
        guarded.resume()
    assert_told(Ended(ended.code, ended.out, ended.err, 0.0), 6, "did not answer in time")
    assert ended.seconds < 5
