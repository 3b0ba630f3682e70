"""The lines of the monitor, and what it tells whoever supervises it."""

import io
import json
import os
import socket
from pathlib import Path

import pytest

from bulltui.cli.monitor import PORT, monitored
from bulltui.cli.monitor_log import Log, LogForm
from bulltui.cli.sd_notify import Supervisor
from bulltui.config.settings import Settings
from bulltui.config.watching import AlertSettings, MetricsSettings, Watching, Way
from bulltui.domain.errors import UsageError
from bulltui.domain.secrets import know
from bulltui.services.watch.news import Level, News

HOSTILE = News("problem", "one\ntwo \x1b[31m\u202e canary-77 \x00", Level.WARNING, {"server": "canary-77\n", "n": 3})


def line(form: LogForm, **environment: str) -> str:
    know("canary-77")
    stream = io.StringIO()
    Log(form, stream, environment).write(HOSTILE, 1_790_000_000_123)
    return stream.getvalue()


def test_a_line_is_a_line_whatever_is_in_it() -> None:
    text = line(LogForm.TEXT)
    assert text.count("\n") == 1
    assert text.endswith("\n")
    assert " warning one" in text
    assert not any(bad in text for bad in ("\x1b", "\u202e", "\x00", "canary-77"))


def test_a_journal_has_its_own_time_and_is_told_how_bad_it_is() -> None:
    assert line(LogForm.TEXT, JOURNAL_STREAM="8:1").startswith("<4>one")


def test_json_for_programs() -> None:
    text = line(LogForm.JSON)
    assert text.count("\n") == 1
    told = json.loads(text)
    assert told["time"] == "2026-09-21T14:13:20.123Z"
    assert (told["level"], told["event"], told["n"]) == ("warning", "problem", 3)
    assert "canary-77" not in text
    assert "\x1b" not in told["message"]


def test_a_stream_that_is_gone_is_no_reason_to_end() -> None:
    stream = io.StringIO()
    stream.close()
    log = Log.__new__(Log)
    log.__dict__.update(_form=LogForm.TEXT, _stream=stream, _journal=False, _colour=False)
    log.write(HOSTILE, 0)


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told(tmp_path: Path, *, abstract: bool) -> None:
    name = f"@bulltui-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0" + name[1:] if abstract else name)
        receiver.settimeout(5)
        Supervisor({"NOTIFY_SOCKET": name}).say(READY=1, STATUS="two\nlines")
        assert receiver.recv(1000) == b"READY=1\nSTATUS=two lines"


def test_nobody_or_one_that_is_gone_is_told_nothing(tmp_path: Path) -> None:
    for address in ("", "relative", str(tmp_path / "gone")):
        Supervisor({"NOTIFY_SOCKET": address}).say(READY=1)


@pytest.mark.parametrize(
    ("environment", "every"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_how_often_the_watchdog_wants_to_hear(environment: dict[str, str], every: float | None) -> None:
    assert Supervisor(environment).watchdog_s == every


def test_a_monitor_listens_by_itself_and_leaves_out_what_is_not_wanted() -> None:
    ways = AlertSettings(ways=(Way("x", "command"),))
    plain = Settings(watching=Watching(alerts=ways))
    several = Settings(watching=plain.watching, fleet=(plain, plain))
    assert monitored(plain).watching.metrics.port == PORT
    named = Settings(watching=Watching(metrics=MetricsSettings(port=0)))
    assert monitored(named).watching.metrics.port == 0
    assert monitored(plain, listens=False).watching.metrics.port is None
    quiet = monitored(several, alerts=False)
    for one in (quiet, *quiet.fleet):
        assert (one.watching.alerts.ways, one.watching.alerts.built_in) == ((), False)
        assert one.watching.metrics.port == PORT
    with pytest.raises(UsageError, match="no variable"):
        monitored(Settings(watching=Watching(missing=(UsageError("There is no variable X."),))))
