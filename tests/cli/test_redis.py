"""`bulltui redis` on a real server: one command, and the prompt in a terminal."""

import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.redis_commands import READ_ONLY, about_from
from tests.cli.conftest import ENVIRONMENT, Ended
from tests.cli.desk import COMMAND, Desk
from tests.conftest import url_for
from tests.own_time import own_time

HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ufeff]")


@pytest.fixture
def desk(server: EmbeddedServer, raw: Redis, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Desk:
    raw.rpush("bull:mail:wait", *range(5))
    raw.hset("bull:mail:1", mapping={"name": b"\x1b]0;x\x07\xff", "data": '{"card":"CANARY","to":"ann"}'})
    raw.hset("bull:mail:meta", mapping={"opts.maxLenEvents": "10000", "version": "bullmq:5.81.5"})
    return Desk(url_for(server), tmp_path / "state", capfdbinary)


def audit(desk: Desk) -> str:
    path = Path(desk.env["BULLTUI_STATE_DIR"]) / "audit.jsonl"
    return path.read_text() if path.exists() else ""


def test_one_command(desk: Desk) -> None:
    assert desk("redis", "LLEN", "bull:mail:wait") == Ended(0, "5\n", "")
    assert desk("redis", "LRANGE", "bull:mail:wait", "0", "-1").out == "0\n1\n2\n3\n4\n"
    assert desk("redis", "--json", "HGETALL", "bull:mail:1").json["data"] == '{"card":"CANARY","to":"ann"}'
    assert desk("redis", "-o", "jsonl", "LRANGE", "bull:mail:wait", "0", "1").out == '["0","1"]\n'
    assert desk("redis", "GET", "nothing").out == "\n"
    assert audit(desk) == ""


def test_what_a_server_writes_for_people_is_lines(desk: Desk) -> None:
    lines = desk("redis", "info", "server").out.splitlines()
    assert lines[0] == "# Server"
    assert any(re.fullmatch(r"(redis|valkey)_version:[\d.]+", line) for line in lines)
    assert all(line.startswith("id=") for line in desk("redis", "CLIENT", "LIST").out.splitlines())
    assert desk("redis", "GET", "bull:mail:lines").out == "\n"
    assert desk("redis", "-y", "SET", "bull:mail:lines", "a\nb") == Ended(0, "OK\n", "")
    assert desk("redis", "GET", "bull:mail:lines").out == "a␊b\n", "a value is one line"


def test_bytes_are_faithful_only_where_that_is_asked_for(desk: Desk, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for options in ((), ("-o", "json"), ("-o", "jsonl")):
        ended = desk("redis", *options, "HGET", "bull:mail:1", "name")
        assert not HARMFUL.search(ended.out)
        assert "\\xff" in ended.out
    done = subprocess.run(
        [*COMMAND, "redis", "--raw", "HGET", "bull:mail:1", "name"],
        env={**ENVIRONMENT, **desk.env},
        capture_output=True,
        check=False,
    )
    assert done.stdout == b"\x1b]0;x\x07\xff\n"


def test_errors_of_the_server(desk: Desk) -> None:
    ended = desk("redis", "GET", "bull:mail:wait")
    assert (ended.code, ended.out) == (1, "")
    assert "WRONGTYPE" in ended.err
    ended = desk("redis", "--json", "LLEN")
    assert ended.code == 1
    assert ended.json["error"].startswith("ERR wrong number")


def test_a_change_is_asked_for_and_in_the_audit_without_its_values(desk: Desk, raw: Redis) -> None:
    ended = desk("redis", "SET", "bull:mail:x", "CANARY")
    assert (ended.code, "--yes" in ended.err) == (2, True)
    assert not raw.exists("bull:mail:x")
    assert desk("redis", "-y", "--reason", "why", "SET", "bull:mail:x", "CANARY") == Ended(0, "OK\n", "")
    intent, outcome = map(json.loads, audit(desk).splitlines())
    assert (intent["verb"], intent["details"], intent["reason"]) == (
        "redis",
        {"command": "SET", "keys": "bull:mail:x"},
        "why",
    )
    assert outcome["done"] == 1
    assert "CANARY" not in audit(desk)
    assert desk("redis", "-y", "LPUSH", "bull:mail:1", "x").code == 1
    refused = json.loads(audit(desk).splitlines()[-1])
    assert (refused["kind"], refused["error"]["message"]) == ("failed", "The server answered WRONGTYPE.")
    # A refusal may quote what was sent.
    assert "CANARY" in desk("redis", "-y", "ACL", "SETUSER", "nobody", "CANARY").err
    assert "CANARY" not in audit(desk)


@pytest.mark.parametrize("words", ["SET a 1", "EVAL 'return 1' 0", "FOO x", "CONFIG SET maxmemory 1", "FLUSHALL"])
@pytest.mark.parametrize("given", [("--read-only",), ("--role", "viewer"), ("--role", "operator")])
def test_who_may_not_change_anything_sends_only_what_reads(desk: Desk, words: str, given: tuple[str, ...]) -> None:
    ended = desk("redis", *given, "-y", *words.split())
    assert ended.code == 5, ended
    assert audit(desk) == ""


def test_reading_needs_no_rights(desk: Desk) -> None:
    for words in ("EVAL_RO,return 1,0", "CONFIG,GET,maxmemory", "INFO", "SCAN,0", "OBJECT,ENCODING,bull:mail:1"):
        assert desk("redis", "--role", "viewer", *words.split(",")).code == 0


@pytest.mark.parametrize("late", [("--profile", "prod"), ("--url=redis://other:1",), ("--read-only",)])
def test_an_option_behind_the_command_is_no_key(desk: Desk, raw: Redis, late: tuple[str, ...]) -> None:
    ended = desk("redis", "-y", "DEL", "bull:mail:1", *late)
    assert ended.code == 2
    assert "stand before the command" in ended.err
    assert raw.exists("bull:mail:1")


def test_reading_needs_no_right_to_ask_for_commands(desk: Desk, raw: Redis) -> None:
    """As a user has it by what `bulltui acl` prints."""
    raw.acl_setuser(
        "few", enabled=True, passwords=["+few-word"], categories=["-@all"], commands=["+llen", "+set"], keys=["bull:*"]
    )
    try:
        flags = ("redis", "-u", desk.url.replace("redis://", "redis://few:few-word@"))
        for role in ("viewer", "admin"):
            assert desk(*flags, "--role", role, "LLEN", "bull:mail:wait") == Ended(0, "5\n", "")
        assert desk(*flags, "--role", "viewer", "SET", "bull:mail:x", "1").code == 5
        assert desk(*flags, "SET", "bull:mail:x", "1").code == 2
    finally:
        raw.acl_deluser("few")


def test_what_is_known_to_read_is_so_for_the_server(server: EmbeddedServer) -> None:
    with Redis.from_url(url_for(server)) as own:
        own.response_callbacks.clear()
        told = about_from(own.execute_command("COMMAND", "INFO", *sorted(READ_ONLY)))
    assert len(told) > 50
    assert {name for name, about in told.items() if "readonly" not in about.flags or "write" in about.flags} == set()


@pytest.mark.parametrize("words", ["KEYS *", "MONITOR", "SUBSCRIBE a", "BLPOP a 0", "MULTI", "SELECT 1", "HELLO 3"])
def test_what_is_never_sent_says_why(desk: Desk, words: str) -> None:
    ended = desk("redis", "-y", *words.split())
    assert ended.code == 5
    assert "is not sent from here" in ended.err


def test_what_is_hidden_stays_hidden(desk: Desk, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[defaults]\nredact = ["data.card"]\n')
    config.chmod(0o600)
    for options in ((), ("--json",), ("--raw",)):
        for words in ("HGETALL bull:mail:1", "HGET bull:mail:1 data", "HMGET bull:mail:1 name data"):
            if options == ("--raw",) and "name" in (*words.split(), *["name"] * words.startswith("HGETALL")):
                continue  # that is no text
            ended = desk("redis", *options, *words.split(), BULLTUI_CONFIG=str(config))
            assert ended.code == 0, ended
            assert "CANARY" not in ended.out
            assert "ann" in ended.out
    for words in ("HVALS bull:mail:1", "EVAL_RO return 0", "DUMP bull:mail:1", "GETRANGE x 0 1"):
        assert desk("redis", *words.split(), BULLTUI_CONFIG=str(config)).code == 5


CANARIES = ("canary-of-all", "canary-of-masters", "canary-of-keys", "canary-of-ann")
HASH = re.compile("[0-9a-f]{64}")


@pytest.fixture(scope="module")
def guarded() -> Iterator[EmbeddedServer]:
    """A server with passwords of each kind."""
    config = ["masterauth canary-of-masters", "user ann on >canary-of-ann ~* +@all", "slowlog-log-slower-than 0"]
    config.append("slowlog-max-len 10000")
    with EmbeddedServer(password="canary-of-all", config=config) as own:
        with Redis.from_url(own.url) as raw:
            with suppress(RedisError):  # where it was built without TLS
                raw.config_set("tls-key-file-pass", "canary-of-keys")
            with suppress(RedisError):  # a server masks what it knows
                raw.config_set("unknown-pass", "canary-of-keys")
            with suppress(RedisError):
                raw.execute_command("MIGRATE", "127.0.0.1", "1", "k", "0", "10", "AUTH", "canary-of-ann")
            raw.hset("bull:mail:1", mapping={"password": "data", "requirepass": "data", "passwords": "data"})
        yield own


@pytest.mark.parametrize(
    ("words", "masked"),
    [
        ("CONFIG GET requirepass", "requirepass"),
        ("config get MASTERAUTH", "masterauth"),
        ("CONFIG GET *", "requirepass"),
        ("CONFIG GET *pass *auth", "masterauth"),
        ("ACL LIST", "password of ann"),
        ("ACL GETUSER ann", "passwords"),
        ("SLOWLOG GET -1", "config"),
        ("CLIENT LIST", ""),
        ("INFO everything", ""),
    ],
)
@pytest.mark.parametrize(
    ("options", "protocol"), [((), "?protocol=2"), (("--json",), ""), (("--raw",), "?protocol=2")], ids=str
)
def test_no_password_of_a_server_is_shown_to_anyone(
    desk: Desk, guarded: EmbeddedServer, words: str, masked: str, options: tuple[str, ...], protocol: str
) -> None:
    """And that one was left out is said, beside the answer."""
    for role in ("viewer", "admin") if not words.startswith("ACL") else ("admin",):
        ended = desk("redis", "-u", guarded.url + protocol, "--role", role, "--yes", *options, *words.split())
        assert ended.code == 0, ended
        assert ended.out.strip()
        assert not any(canary in ended.out + ended.err for canary in CANARIES)
        assert not HASH.search(ended.out)
        assert ("***" in ended.out) == bool(masked)
        assert ended.err == "" if not masked else "Masked in this answer: " in ended.err and masked in ended.err.lower()
        assert ended.err.count("\n") == bool(masked)


def test_lines_have_no_password_either(desk: Desk, guarded: EmbeddedServer) -> None:
    done = subprocess.run(
        [*COMMAND, "redis", "-u", guarded.url, "--role", "viewer"],
        env={**ENVIRONMENT, **desk.env},
        input=b"CONFIG GET requirepass\nPING\n",
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, b"requirepass\n***\nPONG\n")
    assert done.stderr == b"Masked in this answer: requirepass.\n"


def test_what_a_server_tells_of_itself_is_whole_beside_that(desk: Desk, guarded: EmbeddedServer) -> None:
    found = desk("redis", "-u", guarded.url, "--json", "CONFIG", "GET", "*").json
    found = found if isinstance(found, dict) else dict(zip(found[::2], found[1::2], strict=True))
    assert (found["requirepass"], found["masterauth"], found["masteruser"]) == ("***", "***", "")
    assert found["maxmemory-policy"] == "noeviction"
    assert [name for name, value in found.items() if value == "***"] == [
        name for name in found if name in ("requirepass", "masterauth", "primaryauth", "tls-key-file-pass")
    ]
    lines = desk("redis", "-u", guarded.url, "--yes", "ACL", "LIST").out.splitlines()
    assert re.fullmatch(r"user ann on (sanitize-payload )?#\*\*\* ~\* (resetchannels )?(&\* )?\+@all", lines[0])
    data = desk("redis", "-u", guarded.url, "--json", "HGETALL", "bull:mail:1")
    assert (set(data.json.values()), data.err) == ({"data"}, "")


@pytest.mark.parametrize("words", ["ACL LIST", "ACL GETUSER ann", "ACL LOG", "ACL USERS", "ACL GENPASS", "ACL SAVE"])
def test_who_may_not_change_anything_asks_nothing_of_users(desk: Desk, guarded: EmbeddedServer, words: str) -> None:
    for given in (("--role", "viewer"), ("--role", "operator"), ("--read-only",)):
        assert desk("redis", "-u", guarded.url, *given, "--yes", *words.split()).code == 5


def test_a_command_of_two_words_in_one_is_none(desk: Desk, guarded: EmbeddedServer) -> None:
    """A client may divide it, behind the back of what is refused, asked about or masked by its name."""
    for words in (("CONFIG GET", "requirepass"), ("KEYS *",), ("FLUSHALL ASYNC",), ("KEYS ", "*"), ("\tKEYS", "*")):
        ended = desk("redis", "-u", guarded.url, "--yes", *words)
        assert (ended.code, ended.out) == (2, "")
        assert "one word" in ended.err


class Terminal:
    """A call in a terminal of its own."""

    def __init__(self, desk: Desk, *argv: str, without: str = "") -> None:
        self.pid, self._fd = pty.fork()
        if not self.pid:  # pragma: no cover - the child
            env = {**ENVIRONMENT, **desk.env, "TERM": "dumb" if without else "xterm"}
            hide = f"import sys; sys.modules[{without!r}] = None; " if without else ""
            code = f"{hide}from bulltui.__main__ import main; raise SystemExit(main({list(argv)!r}))"
            os.execve(sys.executable, [sys.executable, "-c", code], env)
        self.seen = ""

    def until(self, text: str) -> None:
        deadline = time.monotonic() + 20
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            if select.select([self._fd], [], [], 0.1)[0]:
                try:
                    found = os.read(self._fd, 65536).decode("utf-8", "replace")
                except OSError:
                    found = ""
                if "\x1b[6n" in found:
                    os.write(self._fd, b"\x1b[1;1R")
                assert found or text in self.seen, self.seen
                self.seen += found
        self.seen = self.seen.partition(text)[2]

    def at_the_prompt(self, text: str) -> None:
        """Types once the prompt takes it: before that a Ctrl+D would be the terminal's own."""
        self.until(">")
        time.sleep(0.05)
        self.types(text)

    def types(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def ended(self) -> int:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if select.select([self._fd], [], [], 0.05)[0]:
                with suppress(OSError):
                    os.read(self._fd, 65536)
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                os.close(self._fd)
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError(self.seen)


@pytest.mark.parametrize("without", ["", "prompt_toolkit"])
def test_the_prompt(desk: Desk, raw: Redis, without: str) -> None:
    terminal = Terminal(desk, "redis", without=without)
    terminal.at_the_prompt("LLEN bull:mail:wait\r")
    terminal.until("(integer) 5")
    terminal.at_the_prompt("AUTH geheim\r")
    terminal.until("is not sent from here")
    terminal.at_the_prompt("SET bull:mail:x 1\r")
    terminal.until("[y/N]")
    terminal.types("y\r")
    terminal.until("OK")
    terminal.at_the_prompt("FLUSHDB\r")
    terminal.until("Type FLUSHDB")
    terminal.types("no\r")
    terminal.until("Nothing was sent")
    assert raw.exists("bull:mail:x")
    terminal.at_the_prompt("\x04")
    assert terminal.ended() == 0
    history = Path(desk.env["BULLTUI_STATE_DIR"]) / "redis-history"
    assert history.read_text().splitlines() == ["LLEN bull:mail:wait", "SET bull:mail:x 1", "FLUSHDB"]
    assert stat.S_IMODE(history.stat().st_mode) == 0o600


def test_ctrl_c_ends_a_command_that_waits_and_the_prompt_goes_on(tmp_path: Path, desk: Desk) -> None:
    with EmbeddedServer() as own:  # it is held up for a while
        desk.env["BULLTUI_URL"] = f"redis://127.0.0.1:{own.port}"
        terminal = Terminal(desk, "redis", without="prompt_toolkit")
        terminal.until(">")
        terminal.types("PING\r")
        terminal.until("PONG")
        with Redis(port=own.port) as other:
            other.execute_command("CLIENT", "PAUSE", "8000", "ALL")
        terminal.types("LLEN bull:mail:wait\r")
        time.sleep(0.5)
        started = own_time()
        terminal.types("\x03")
        terminal.until("^C")
        terminal.until(">")
        assert own_time() - started < 5
        terminal.types("exit\r")
        assert terminal.ended() == 0


@contextmanager
def busy(own: EmbeddedServer) -> Iterator[None]:
    """Held up by a script that does not end by itself."""

    def hold() -> None:
        with Redis(port=own.port) as other, suppress(RedisError):
            other.eval("while true do end", 0)

    with Redis(port=own.port) as raw, ThreadPoolExecutor() as pool:
        raw.config_set("lua-time-limit", 10)
        held = pool.submit(hold)
        try:
            deadline = time.monotonic() + 10
            with suppress(RedisError):
                while time.monotonic() < deadline:
                    raw.ping()
                    time.sleep(0.02)
            yield
            held.result(timeout=5)
        finally:
            with suppress(RedisError):
                raw.script_kill()


def test_a_script_that_does_not_end_is_ended(desk: Desk) -> None:
    with EmbeddedServer() as own:
        desk.env["BULLTUI_URL"] = f"redis://127.0.0.1:{own.port}"
        with busy(own):
            assert desk("redis", "LLEN", "bull:mail:wait").code == 6
            assert desk("redis", "--yes", "SCRIPT", "KILL") == Ended(0, "OK\n", "")
        assert '"command":"SCRIPT KILL"' in audit(desk).replace('": "', '":"')
        with busy(own):  # and when it was noticed before that the server does not answer
            done = subprocess.run(
                [*COMMAND, "redis", "--yes"],
                env={**ENVIRONMENT, **desk.env},
                input=b"GET a\nSCRIPT KILL\n" + b"LLEN bull:mail:wait\n" * 200,
                capture_output=True,
                check=False,
            )
        # The script is still ending while that is answered: what comes next may find the server busy once more.
        lines = done.stdout.splitlines()
        assert (done.returncode, lines[0], lines[-1]) == (1, b"OK", b"0"), done.stderr


def test_a_command_without_a_name_is_refused(desk: Desk) -> None:
    for words in (("",), (" ", "x")):
        ended = desk("redis", "--yes", *words)
        assert (ended.code, ended.out) == (2, "")
        assert "name of a command" in ended.err


def test_what_goes_wrong_with_lines_is_told_beside_the_answers_as_for_one_command(desk: Desk, raw: Redis) -> None:
    def piped(lines: bytes, *words: str) -> tuple[int, bytes, list[str]]:
        command = [*COMMAND, "redis", *words]
        done = subprocess.run(command, env={**ENVIRONMENT, **desk.env}, input=lines, capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr.decode().splitlines()

    code, out, errors = piped(b"SET bull:mail:x 1\nKEYS *\nPING\n")
    assert (code, out) == (1, b"PONG\n")
    assert not raw.exists("bull:mail:x")
    assert errors[0].startswith("bulltui: SET may change something")
    assert "--yes" in errors[0]
    assert errors[1].startswith("bulltui: KEYS is not sent from here")
    code, out, errors = piped(b"SET bull:mail:x 1\nPING\n", "-o", "jsonl")
    assert (code, out) == (1, b'"PONG"\n')
    assert json.loads(errors[0])["error"]["code"] == "not-confirmed"
    code, out, errors = piped(b'PING\nSET bull:mail:x "1\n', "--yes")
    assert (code, out) == (1, b"PONG\n")
    assert "A quote is not closed" in errors[0]
    assert not raw.exists("bull:mail:x")


def test_lines_by_standard_input(desk: Desk) -> None:
    done = subprocess.run(
        [*COMMAND, "redis"],
        env={**ENVIRONMENT, **desk.env},
        input=b'PING\nGET "a\nb"\nLLEN bull:mail:wait\nLLEN\nexit\nGET x\n',
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, b"PONG\n\n5\n")
    assert b"wrong number" in done.stderr


def test_the_prompt_goes_on_after_its_server_was_away(tmp_path: Path) -> None:
    """Nobody looks whether it is back but who types, so that no command is held back."""
    with (
        EmbeddedServer() as own,
        subprocess.Popen(
            [*COMMAND, "redis", "--url", own.url],
            env={**ENVIRONMENT, "BULLTUI_STATE_DIR": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None

        def say(line: str) -> None:
            process.stdin.write(f"{line}\n")  # type: ignore[union-attr]

        say("PING")
        assert process.stdout.readline() == "PONG\n"
        own.kill()
        for _ in range(3):
            say("PING")
            assert "Nothing listens" in process.stderr.readline()
        own.restart()
        say("PING")
        assert process.stdout.readline() == "PONG\n"
        say("exit")


def test_offers() -> None:
    from bulltui.cli.redis_prompt import _keys

    queues = ["bull:mail", "bull:mailing", "bull:e\x1bvil", "bull:with space"]
    assert list(_keys(queues, "bull:ma")) == ["bull:mail:", "bull:mailing:"]
    assert list(_keys(queues, "bull:mail:wait")) == ["bull:mail:wait", "bull:mail:waiting-children"]
