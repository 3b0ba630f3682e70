"""bulltui as a process among others: pipes, signals, terminals, shells."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest
from redis import Redis

from bulltui.cli.app import _COMMANDS
from bulltui.demo.server import EmbeddedServer
from tests.cli.conftest import ENVIRONMENT, Ended, bulltui, python
from tests.conftest import url_for

COMMAND = (sys.executable, "-m", "bulltui")


def fill(raw: Redis, queues: int = 3) -> None:
    for number in range(queues):
        raw.hset(f"bull:queue-{number:05}:meta", mapping={"opts.maxLenEvents": "10000", "version": "bullmq:5.81.5"})
        raw.zadd(f"bull:queue-{number:05}:failed", {"1": 1.0})


def on_terminal(*argv: str, columns: int = 80, env: dict[str, str] | None = None) -> Ended:
    """Runs a command line with a terminal of that width as its output and errors."""
    leader, follower = pty.openpty()
    environment = {**ENVIRONMENT, "TERM": "xterm", "COLUMNS": str(columns), "LINES": "24", **(env or {})}
    with subprocess.Popen(
        [*COMMAND, *argv], stdin=subprocess.DEVNULL, stdout=follower, stderr=follower, env=environment
    ) as process:
        os.close(follower)
        out = b""
        try:
            while chunk := os.read(leader, 65536):
                out += chunk
        except OSError:  # the process has closed the terminal
            pass
        process.wait()
    os.close(leader)
    return Ended(process.returncode, out.decode().replace("\r\n", "\n"), "")


def test_a_table_on_a_terminal(server: EmbeddedServer, raw: Redis) -> None:
    fill(raw)
    shown = on_terminal("queues", "list", "-u", url_for(server))
    assert "\x1b[31m1\x1b[0m" in shown.out  # the failed count, which is a number as well
    assert "No room for:" in shown.out
    plain = re.sub(r"\x1b\[\d*m", "", shown.out)
    assert max(map(len, plain.splitlines()[:4])) <= 80
    no_colour = on_terminal("queues", "list", "-u", url_for(server), env={"NO_COLOR": "1"})
    assert no_colour.out == plain
    wide = on_terminal("queues", "list", "-u", url_for(server), columns=200)
    assert "LAYOUT" in wide.out


def test_a_field_on_a_terminal_is_harmless(server: EmbeddedServer, raw: Redis) -> None:
    fill(raw)
    raw.hset("bull:queue-00000:1", mapping={"data": b'"\x1b]52;c;eA==\x07 \xff \xe2\x80\xae"', "name": "x"})
    words = ("jobs", "show", "queue-00000", "1", "--field", "data", "-u", url_for(server))
    assert on_terminal(*words).out == '"␛]52;c;eA==␇ \\xff ‹U+202E›"\n'
    piped = subprocess.run([*COMMAND, *words], capture_output=True, check=True, env=ENVIRONMENT)
    assert piped.stdout == b'"\x1b]52;c;eA==\x07 \xff \xe2\x80\xae"'


@pytest.mark.parametrize("words", [("queues", "list", "-o", "jsonl"), ("queues", "list"), ("--help",)])
def test_a_reader_that_leaves_early(server: EmbeddedServer, raw: Redis, words: Sequence[str]) -> None:
    fill(raw, 1000)
    with subprocess.Popen(
        [*COMMAND, "-u", url_for(server), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() in (0, 1)


def test_ctrl_c_is_quiet(server: EmbeddedServer, raw: Redis) -> None:
    fill(raw)
    raw.hset("bull:queue-00000:7", mapping={"name": "x", "data": "{}"})
    raw.lpush("bull:queue-00000:active", "7")
    raw.rpush("bull:queue-00000:7:logs", "hello")
    with subprocess.Popen(
        [*COMMAND, "jobs", "logs", "queue-00000", "7", "--follow", "-u", url_for(server)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"hello\n"
        raw.rpush("bull:queue-00000:7:logs", "more")
        assert process.stdout.readline() == b"more\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 130
        assert process.stdout.read() + process.stderr.read() == b""


def test_ctrl_c_while_connecting_is_quiet(server: EmbeddedServer) -> None:
    server.pause()
    try:
        with subprocess.Popen(
            [*COMMAND, "queues", "list", "-u", url_for(server)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
        ) as process:
            time.sleep(0.6)  # the server does not answer, so by now it is waited for
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=5)
    finally:
        server.resume()
    assert (process.returncode, out, err) == (130, b"", b"")


def test_an_unexpected_error_is_a_sentence() -> None:
    code = (
        "import sys; import bulltui.wiring as w; w.open_runtime = None;"
        "from bulltui.__main__ import main; sys.exit(main(['queues', 'list', '-u', 'redis://:hunter22@h']))"
    )
    ended = python("-c", code)
    assert ended.code == 1
    assert ended.err.startswith("bulltui: Something unexpected went wrong: TypeError")
    assert ended.err.count("\n") == 1
    assert "BULLTUI_DEBUG=1" in ended.err
    debug = python("-c", code, env={"BULLTUI_DEBUG": "1"})
    assert "Traceback" in debug.err
    assert "hunter22" not in debug.err


def test_a_full_disk_is_a_sentence(server: EmbeddedServer, raw: Redis) -> None:
    fill(raw)
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [*COMMAND, "queues", "list", "-u", url_for(server)],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            env=ENVIRONMENT,
        )
    assert done.returncode == 1
    assert done.stderr == b"bulltui: The output cannot be written: No space left on device.\n"


def test_programs_get_utf8_in_any_locale(server: EmbeddedServer, raw: Redis) -> None:
    raw.hset("bull:m\u00fcll:meta", mapping={"opts.maxLenEvents": "1", "version": "bullmq:5.1.0"})
    for locale in ("C", "POSIX", "de_DE.ISO-8859-1"):
        env = {"LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
        assert bulltui("queues", "list", "-o", "json", "-u", url_for(server), env=env).json[0]["name"] == "m\u00fcll"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("bulltui ", [*_COMMANDS]),
        ("bulltui jobs r", ["retry", "remove", "replay", "reprioritize", "reschedule", "release", "remove-children"]),
        ("bulltui jobs remove q --all -s pri", ["prioritized"]),
        ("bulltui queues retry-all q --state ", ["failed", "completed"]),
        ("bulltui undo l", ["list"]),
        ("bulltui jobs list q --state comp", ["completed"]),
        ("bulltui queues list --sort f", ["failed"]),
        ("bulltui queues list -o js", ["json", "jsonl"]),
    ],
)
def test_shell_completion(line: str, expected: list[str]) -> None:
    words = line.split(" ")
    env = {"_BULLTUI_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    ended = bulltui(env=env)
    assert ended.code == 0
    assert ended.out.split() == expected


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_shown(shell: str) -> None:
    ended = bulltui("--show-completion", shell, env={"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"})
    assert ended.code == 0
    assert f"_BULLTUI_COMPLETE=complete_{shell}" in ended.out
