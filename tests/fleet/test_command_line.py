"""The command line on several profiles: documents, names, what is away."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bulltui.cli import app
from bulltui.demo.server import EmbeddedServer
from tests.conftest import url_for
from tests.fleet.conftest import US, fill

Bulltui = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bulltui(
    server: EmbeddedServer,
    eu: Redis,
    us: Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Bulltui:
    """Runs a command line on both servers, or on `profiles`."""
    fill(eu, "mail", "1", "2")
    fill(us, "mail", "1")
    fill(us, "pay", "7", "8", "9", reason="timeout")
    config = tmp_path / "config.toml"
    config.write_text(
        f'[profiles.eu]\nurl = "{url_for(server)}"\n'
        f'[profiles.us]\nurl = "{url_for(server, database=US)}"\n'
        '[profiles.gone]\nurl = "redis://127.0.0.1:1"\n'
    )
    config.chmod(0o600)
    for name in ("BULLTUI_URL", "REDIS_URL", "BULLTUI_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BULLTUI_CONFIG", str(config))
    monkeypatch.setenv("BULLTUI_STATE_DIR", str(tmp_path / "state"))

    def run(*words: str, profiles: tuple[str, ...] = ("eu", "us")) -> tuple[int, str, str]:
        code = app.run([*words, *(word for name in profiles for word in ("--profile", name))])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def documents(ended: tuple[int, str, str], code: int = 0) -> Any:
    assert ended[0] == code, ended
    return json.loads(ended[1])


def test_documents_say_which_server_where_there_are_several(bulltui: Bulltui) -> None:
    queues = documents(bulltui("queues", "list", "-o", "json"))
    assert {(one["server"], one["name"]) for one in queues} == {("eu", "mail"), ("us", "mail"), ("us", "pay")}
    alone = documents(bulltui("queues", "list", "-o", "json", profiles=("eu",)))
    assert [one["name"] for one in alone] == ["mail"]
    assert "server" not in alone[0]
    assert {one["server"] for one in documents(bulltui("jobs", "find", "declined", "-o", "json"))} == {"eu", "us"}
    groups = documents(bulltui("jobs", "errors", "-o", "json"))
    assert {queue["server"] for group in groups for queue in group["queues"]} == {"eu", "us"}
    events = bulltui("events", "--no-follow", "-o", "jsonl")
    assert events[0] == 0, events


def test_tables_and_csv_say_it_too(bulltui: Bulltui) -> None:
    code, out, _ = bulltui("queues", "list")
    assert code == 0
    assert {line.split()[0] for line in out.splitlines()[1:]} == {"eu/mail", "us/mail", "us/pay"}
    header, *rows = bulltui("queues", "list", "-o", "csv")[1].splitlines()
    assert header.endswith(",server")
    assert {row.rpartition(",")[2] for row in rows} == {"eu", "us"}
    assert not bulltui("queues", "list", "-o", "csv", profiles=("us",))[1].splitlines()[0].endswith("server")


def test_a_queue_of_one_of_them_is_named_after_it(bulltui: Bulltui) -> None:
    assert documents(bulltui("queues", "show", "pay", "-o", "json"))["server"] == "us"
    assert documents(bulltui("jobs", "list", "us/mail", "-s", "failed", "-o", "json"))[0]["server"] == "us"
    code, _, err = bulltui("jobs", "list", "mail", "-s", "failed")
    assert code == 2
    assert "eu/mail, us/mail" in err
    assert documents(bulltui("jobs", "show", "eu/mail", "2", "-o", "json"))["server"] == "eu"
    assert bulltui("jobs", "why", "us/pay", "7")[0] == 0
    assert bulltui("jobs", "flow", "us/pay", "7", "-o", "json")[0] == 0
    assert bulltui("workers", "list")[0] == 0


def test_what_is_done_on_both_is_told_with_both_numbers(bulltui: Bulltui, eu: Redis, us: Redis) -> None:
    done = documents(bulltui("jobs", "find", "declined", "--then", "remove", "--yes", "-o", "json"))
    assert sorted(done["servers"]) == ["eu", "us"]
    assert done["done"] == 3
    assert len(done["undos"]) == 2
    listed = bulltui("undo", "list")[1].splitlines()
    assert "SERVER" in listed[0]
    assert [("eu" in line.split(), "us" in line.split()) for line in listed[1:]] in (
        [(True, False), (False, True)],
        [(False, True), (True, False)],
    )
    assert eu.zcard("bull:mail:failed") == 0
    for _ in done["undos"]:
        assert bulltui("undo", "--yes")[0] == 0
    assert (eu.zcard("bull:mail:failed"), us.zcard("bull:mail:failed")) == (2, 1)
    dry = documents(bulltui("queues", "pause", "eu/mail", "us/pay", "--dry-run", "-o", "json"))
    assert dry["title"] == "Pause eu/mail, us/pay"
    audit = documents(bulltui("audit", "-o", "json"))
    assert len({deed["server"] for deed in audit}) == 2


def test_an_export_of_both_goes_into_one_file(bulltui: Bulltui, tmp_path: Path) -> None:
    file = tmp_path / "jobs.jsonl"
    assert bulltui("jobs", "export", "--find", "charge", "-f", str(file))[0] == 0
    jobs = [json.loads(line) for line in file.read_text().splitlines()]
    assert sorted((job["server"], job["queue"], job["id"]) for job in jobs)[:3] == [
        ("eu", "mail", "1"),
        ("eu", "mail", "2"),
        ("us", "mail", "1"),
    ]


def test_one_that_is_away_is_told_beside_the_rest(bulltui: Bulltui) -> None:
    code, out, err = bulltui("queues", "list", "-o", "json", profiles=("eu", "gone"))
    assert code == 3
    assert [one["name"] for one in json.loads(out)] == ["mail"]
    assert "gone" in err
    assert bulltui("queues", "list", profiles=("gone", "gone2"))[0] == 2
    code, out, err = bulltui("jobs", "find", "declined", "-o", "json", profiles=("gone", "us"))
    assert {job["server"] for job in json.loads(out)} == {"us"}
    assert "gone" in err
    assert bulltui("queues", "show", "us/pay", profiles=("gone", "us"))[0] == 0
    assert bulltui("queues", "pause", "--all", "--yes", profiles=("gone", "us"))[0] == 2


def test_the_doctor_looks_at_each(bulltui: Bulltui) -> None:
    code, out, _ = bulltui("doctor", "-o", "json", profiles=("eu", "gone"))
    checks = json.loads(out)["checks"]
    assert {check["server"] for check in checks} == {"eu", "gone"}
    assert code == 6
    assert bulltui("doctor")[1].splitlines()[0] == "eu"


def test_what_is_said_of_a_queue_names_its_server(bulltui: Bulltui) -> None:
    assert "--profile us pay" in bulltui("queues", "show", "pay")[1]
    preview = documents(bulltui("jobs", "find", "declined", "--then", "remove", "--dry-run", "-o", "json"))
    assert "Of 2 eu/mail, 1 us/mail." in preview["effect"]


def test_raw_commands_go_to_one_server_only(bulltui: Bulltui) -> None:
    code, _, err = bulltui("redis", "--profile", "eu", "--profile", "us", "PING", profiles=())
    assert code == 2
    assert "--profile" in err
    assert bulltui("redis", "--profile", "us", "PING", profiles=())[0] == 0


def test_what_was_not_looked_at_is_told_by_the_exit_code_and_nothing_is_changed_then(
    bulltui: Bulltui, us: Redis
) -> None:
    away = ("gone", "us")
    for words in (("jobs", "errors"), ("jobs", "find", "declined"), ("jobs", "export", "--find", "charge")):
        code, out, err = bulltui(*words, profiles=away)
        assert code == 3, words
        assert "Some queues are left out: gone: " in err
        assert out
    key = documents(bulltui("jobs", "errors", "-o", "json", profiles=("us",)))[0]["key"]
    assert bulltui("jobs", "errors", "--group", key, profiles=away)[0] == 3
    for words in (("jobs", "find", "declined"), ("jobs", "errors", "--group", key)):
        code, _, err = bulltui(*words, "--then", "remove", "--yes", profiles=away)
        assert code == 1, err
        assert "nothing was changed: gone: " in err
    assert (us.zcard("bull:mail:failed"), us.zcard("bull:pay:failed")) == (1, 3)
