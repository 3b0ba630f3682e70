"""`bulltui config`, and commands with none, one and many profiles, each in a process of its own."""

import json
import os
import sys
from pathlib import Path

import pytest
from redis import Redis

from bulltui.demo.server import EmbeddedServer
from tests.cli.conftest import Ended, Run, bulltui
from tests.conftest import url_for
from tests.thorough import tried
from tests.tunnel.conftest import FORWARDER

CANARY = "canary-9c31"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "c.toml"


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return path


def _call(*words: str, path: Path, **variables: str) -> Ended:
    return bulltui(*words, "--config", str(path), env={"BULLTUI_STATE_DIR": str(path.parent / "state"), **variables})


def test_where_it_is(run: Run, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = run("config", "path", "--config", str(path))
    assert (ended.code, ended.out) == (0, f"{path}\n")
    assert "bulltui config init" in ended.err
    monkeypatch.setenv("BULLTUI_CONFIG", str(path))
    assert run("config", "path", "-o", "json").json == {"path": str(path), "exists": False, "named": True}
    _written(path, "")
    assert run("config", "path", "-o", "jsonl").json == {"path": str(path), "exists": True, "named": True}
    monkeypatch.delenv("BULLTUI_CONFIG")
    assert run("config", "path").out == "/nowhere/bulltui/config.toml\n"


def test_a_file_to_begin_with_is_written_once_and_for_one_person(run: Run, path: Path) -> None:
    previous = os.umask(0)
    try:
        assert run("config", "init", "--config", str(path)).out == f"{path}\n"
    finally:
        os.umask(previous)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.write_text("# mine\n")
    ended = run("config", "init", "--config", str(path))
    assert (ended.code, ended.out) == (2, "")
    assert "already" in ended.err
    assert path.read_text() == "# mine\n"
    assert run("config", "init", "--config", str(path), "--force", "-o", "json").json == {"path": str(path)}
    assert path.read_text().startswith("# The configuration of bulltui")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["c.toml"]
    ended = run("config", "check", "--config", str(path))
    assert (ended.code, ended.out) == (0, f"{path}: 0 profiles. Nothing is wrong.\n")


def test_where_it_cannot_be_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = run("config", "init", "--config", str(tmp_path / "file" / "c.toml"))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("bulltui: The configuration cannot be written")


def test_what_holds_in_every_form(run: Run, path: Path) -> None:
    _written(
        path, f'[profiles.eu]\nurl = "redis://me:{CANARY}@eu"\n[profiles.us]\npassword = "{CANARY}"\nread_only = true\n'
    )
    call = ("config", "show", "--config", str(path), "--profile", "eu")
    table = run(*call)
    assert [line.split() for line in table.out.splitlines()[:2]] == [
        ["KEY", "VALUE", "SAID", "BY"],
        ["url", "redis://me:***@eu", f"{path}:2"],
    ]
    (eu, us) = run(*call, "--profile", "us", "-o", "json").json["profiles"]
    assert (eu["profile"], us["profile"]) == ("eu", "us")
    assert us["settings"]["password"] == {"value": "***", "source": f"{path}:4"}
    assert us["settings"]["read_only"] == {"value": True, "source": f"{path}:5"}
    rows = run(*call, "-o", "csv").out.splitlines()
    assert rows[0].split(",") == ["profile", "key", "value", "source"]
    assert rows[1].split(",") == ["eu", "url", "redis://me:***@eu", f"{path}:2"]
    for form in ("table", "json", "jsonl", "csv"):
        ended = run(*call, "--profile", "us", "-o", form)
        assert CANARY not in ended.out + ended.err
    assert "Profiles: eu, us." in run("config", "show", "--config", str(path)).err


def test_everything_that_is_wrong_is_told_without_connecting(run: Run, path: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    command = f'["touch", "{ran}"]'
    _written(
        path,
        f"""\
[profiles.one]
url = "http://one"
[profiles.two]
url = "redis+cluster://two"
tunnel = ["touch", "{ran}", "{{port}}"]
[profiles.three]
url = "redis://three"
key = "c.toml"
[profiles.four]
url = "redis://:{CANARY}@four:port"
password_command = {command}
[profiles.five]
url = "rediss://five"
cert = "none.pem"
password = "${{NO_SUCH_VARIABLE}}"
""",
    )
    ended = run("config", "check", "--config", str(path), "-o", "json")
    assert ended.code == 2
    document = ended.json
    assert (document["ok"], document["path"]) == (False, str(path))
    found = {one["line"]: one["message"] for one in document["findings"]}
    assert sorted(found) == [2, 4, 7, 10, 14, 15]
    assert "several nodes" in found[4]
    assert "NO_SUCH_VARIABLE" in found[15]
    assert {one["level"] for one in document["findings"]} == {"bad"}
    assert CANARY not in ended.out
    assert not ran.exists()
    table = run("config", "check", "--config", str(path)).out.splitlines()
    assert len(table) == 7
    assert table[-1] == f"{path}: 5 profiles. 6 wrong, 0 unwise."


def test_what_is_only_unwise_is_no_failure(run: Run, path: Path) -> None:
    _written(path, '[profiles.eu]\nurl = "redis://eu"\npassword_command = "no-such-program"\n')
    ended = run("config", "check", "--config", str(path), "-o", "csv")
    assert ended.code == 0
    assert ended.out.splitlines()[1].startswith("warn,3,")


def test_doctor_tells_who_else_may_see_the_password(run: Run, path: Path) -> None:
    _written(path, f'[profiles.eu]\nurl = "redis://:{CANARY}@eu"\n').chmod(0o644)
    words = ("doctor", "--config", str(path), "-o", "json")
    checks = {one["check"]: one for one in run(*words, "-u", f"redis://:{CANARY}@fake").json["checks"]}
    assert (checks["password"]["level"], checks["configuration"]["level"]) == ("warn", "warn")
    assert "`ps`" in checks["password"]["message"]
    assert CANARY not in json.dumps(checks)
    path.chmod(0o600)
    checks = {one["check"]: one for one in run(*words, "--profile", "eu").json["checks"]}
    assert not {"password", "configuration"} & checks.keys()


def test_a_file_that_is_not_there_is_wrong_only_for_who_asks_for_it(run: Run, path: Path) -> None:
    assert run("config", "check", "--config", str(path)).code == 2
    assert run("queues", "list", "--config", str(path)).code == 2
    assert run("queues", "list").code == 0


def test_none_one_and_many_profiles(server: EmbeddedServer, raw: Redis, path: Path) -> None:
    raw.hset("bull:mail:meta", "version", "bullmq:5.81.5")
    with EmbeddedServer() as other, Redis(port=other.port) as there:
        there.hset("bull:pay:meta", "version", "bullmq:5.81.5")
        urls = url_for(server), f"redis://127.0.0.1:{other.port}"
        assert _call("queues", "list", "-o", "jsonl", path=_written(path, ""), BULLTUI_URL=urls[0]).code == 0
        _written(path, f'[profiles.eu]\nurl = "{urls[0]}"\n[profiles.us]\nurl = "{urls[1]}"\n')
        names = []
        for words in (("eu",), ("us",), ("eu", "--profile", "us")):
            ended = _call("queues", "list", "-o", "jsonl", "--profile", *words, path=path)
            assert (ended.code, ended.err) == (0, "")
            names.append([json.loads(line)["name"] for line in ended.out.splitlines()])
        assert names == [["mail"], ["pay"], ["mail", "pay"]]
        ended = _call("config", "check", "--connect", path=path)
        assert (ended.code, ended.out) == (0, f"{path}: 2 profiles. Nothing is wrong.\n")
    ended = _call("config", "check", "--connect", path=path)
    assert ended.code == 6
    assert f"{path}:4: profile us: " in ended.out
    assert "1 wrong" in ended.out


def test_a_command_through_a_tunnel_waits_for_it(server: EmbeddedServer, raw: Redis, path: Path) -> None:
    """Longer than a read may take: opening a way is no silence of the server."""
    raw.hset("bull:mail:meta", "version", "bullmq:5.81.5")
    words = json.dumps([*FORWARDER, "2.5"])
    _written(path, f'[profiles.eu]\nurl = "{url_for(server)}"\ntunnel = {words}\n')
    ended = _call("queues", "list", "-o", "jsonl", "--profile", "eu", path=path)
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out)["name"] == "mail"
    assert 2.5 < ended.seconds < 12


def test_ssh_over_a_bastion(server: EmbeddedServer, raw: Redis, path: Path, tmp_path: Path) -> None:
    """With a program called ssh that does what the words that it is given ask for, and writes them down."""
    raw.hset("bull:mail:meta", "version", "bullmq:5.81.5")
    told = tmp_path / "told"
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "ssh"
    program.write_text(
        f"""#!{sys.executable}
import os, sys
open({str(told)!r}, "w").write(" ".join(sys.argv[1:]))
_, port, host, target = sys.argv[sys.argv.index("-L") + 1].split(":")
os.execv({FORWARDER[0]!r}, [*{FORWARDER[:2]!r}, port, host, target])
"""
    )
    program.chmod(0o755)
    _written(path, f'[profiles.eu]\nurl = "redis://127.0.0.1:{server.port}"\nssh = "ops@bastion:2222"\n')
    search = f"{program.parent}:{os.environ['PATH']}"
    ended = _call("queues", "list", "-o", "jsonl", "--profile", "eu", path=path, PATH=search)
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out)["name"] == "mail"
    assert told.read_text().startswith("-N -T -o BatchMode=yes -o ExitOnForwardFailure=yes")
    assert told.read_text().endswith(f":127.0.0.1:{server.port} -p 2222 -- ops@bastion")


def test_a_tunnel_that_fails_is_told_in_a_sentence(server: EmbeddedServer, path: Path) -> None:
    words = json.dumps(["sh", "-c", f"echo no route for {CANARY} >&2; exit 1", "{port}"])
    _written(path, f'[profiles.eu]\nurl = "redis://:{CANARY}@cache"\ntunnel = {words}\n')
    ended = _call("queues", "list", "--profile", "eu", path=path)
    assert (ended.code, ended.out) == (6, "")
    assert ended.err.startswith("bulltui: The tunnel sh ended with status 1: no route for ***. ")
    assert ended.err.count("\n") == 1


def test_no_secret_of_any_source_is_ever_said(server: EmbeddedServer, path: Path, run: Run) -> None:
    """A canary in every place that holds a password: it is refused by the server, and told by nobody."""
    says = json.dumps([sys.executable, "-c", f"print('{CANARY}-command')"])
    _written(
        path,
        f"""\
[profiles.file]
url = "{url_for(server)}"
username = "me"
password = "{CANARY}-file"
[profiles.variable]
url = "{url_for(server)}"
username = "me"
password = "${{SOMEWHERE}}"
[profiles.command]
url = "{url_for(server)}"
username = "me"
password_command = {says}
[profiles.url]
url = "redis://me:{CANARY}%2Furl@127.0.0.1:{server.port}"
[profiles.sentinel]
url = "redis+sentinel://me:{CANARY}-a@127.0.0.1:1/main?sentinel_password={CANARY}-b"
[profiles.wrong]
url = "redis://me:{CANARY}-wrong@host:port"
[profiles.environment]
url = "{url_for(server)}"
username = "me"
""",
    )
    calls = ((("doctor",), ""), (("queues", "list", "-o", "json"), "1"))
    for name in ("file", "variable", "command", "url", "sentinel", "wrong", "environment"):
        for words, debug in tried(calls, calls[1:]):
            ended = _call(
                *(*words, "--profile", name), path=path,
                BULLTUI_DEBUG=debug, SOMEWHERE=f"{CANARY}-variable", BULLTUI_PASSWORD=f"{CANARY}-environment",
            )  # fmt: skip
            assert CANARY not in ended.out + ended.err
            assert ended.code in (2, 5, 6)
    for form in ("table", "json"):
        for word in ("show", "check"):
            ended = run("config", word, "--config", str(path), "-o", form)
            assert CANARY not in ended.out + ended.err
            assert CANARY not in run("config", word, "--config", str(path), "--profile", "url", "-o", form).out
    for file in (path.parent / "state").rglob("*"):
        assert not file.is_file() or CANARY.encode() not in file.read_bytes()


WATCHED = f"""\
[history]
source = "prometheus"
url = "https://me:{CANARY}@prom"
ca = "none.pem"
[metrics]
username = "x"
[alerts.ways.on-call]
kind = "command"
command = "no-such-program {CANARY}"
[alerts.ways.chat]
kind = "apprise"
url = "slack://{CANARY}"
"""


def test_what_is_watched_is_shown_with_who_says_so_and_no_secret(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _written(path, WATCHED)
    monkeypatch.setenv("BULLTUI_METRICS_TOKEN", CANARY)
    monkeypatch.setenv("BULLTUI_HISTORY_MAX_MB", "20")
    for form in ("table", "json", "jsonl", "csv"):
        ended = run("config", "show", "--config", str(path), "-o", form)
        assert ended.code == 0
        assert CANARY not in ended.out + ended.err
    told = run("config", "show", "--config", str(path), "-o", "json").json["watching"]
    assert told["history.url"] == {"value": "https://me:***@prom", "source": f"{path}:3"}
    assert told["history.max_mb"] == {"value": 20, "source": "BULLTUI_HISTORY_MAX_MB"}
    assert told["history.events"] == {"value": True, "source": "default"}
    assert told["metrics.token"] == {"value": "***", "source": "BULLTUI_METRICS_TOKEN"}
    assert told["alerts.ways"] == {"value": ["on-call (command)", "chat (apprise)"], "source": f"{path}:7"}
    assert "unreachable" in told["alerts.rules"]["value"]


def test_what_is_wrong_in_what_is_watched_is_told_with_its_line(run: Run, path: Path) -> None:
    _written(path, WATCHED).chmod(0o644)
    ended = run("config", "check", "--config", str(path), "-o", "json")
    assert ended.code == 2
    assert CANARY not in ended.out
    found = {one["line"]: (one["level"], one["message"]) for one in ended.json["findings"]}
    assert {line: level for line, (level, _) in found.items()} == {None: "warn", 4: "bad", 5: "bad", 9: "warn"}
    assert "history.ca is no file" in found[4][1]
    assert "a username and no password" in found[5][1]
    assert "no command no-such-program" in found[9][1]
    assert "others can read it" in found[None][1]


def test_a_secret_of_the_environment_may_be_read_by_others_as_it_is_not_there(run: Run, path: Path) -> None:
    text = '[metrics]\ntoken = "${TOKEN:-x}"\n[alerts.ways.chat]\nkind = "apprise"\nurl = "${URL:-json://x}"\n'
    _written(path, text).chmod(0o644)
    assert run("config", "check", "--config", str(path)).out.endswith("Nothing is wrong.\n")
    _written(path, '[metrics]\ntoken = "abc"\n').chmod(0o644)
    assert "holds a password, and others can read it" in run("config", "check", "--config", str(path)).out
