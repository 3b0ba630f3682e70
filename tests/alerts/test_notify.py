"""Ways of delivery, each with a real one at the other end."""

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bulltui.config.watching import Way
from bulltui.domain import secrets
from bulltui.domain.alert import Alert, Phase, Severity, Watched
from bulltui.domain.alert_states import Transition
from bulltui.domain.queue import QueueRef
from bulltui.notify.command import run_command
from bulltui.notify.templates import filled, is_json
from bulltui.notify.ways import outlets_of, secret_parts
from bulltui.notify.webhook import post
from bulltui.notify.with_apprise import notify
from bulltui.services.watch.messages import message_of, trial_of
from bulltui.services.watch.outlets import Message, NotSentError
from tests.alerts.support import NOW, PAYMENTS, Receiver, receiving
from tests.servers.certificates import Certificates

EVIL = QueueRef("bull", "ev\x1b[31mil\x00\n\u202e$(touch /tmp/x)`id`\udcff{secret}")


def alert(ref: QueueRef = PAYMENTS, phase: Phase = Phase.FIRING, number: str = "a1") -> Alert:
    text = f"{ref.name}: 1,204 failed jobs, more than 100."
    over = NOW + 5000 if phase is Phase.RESOLVED else 0
    return Alert(
        number,
        "many-fail",
        Watched.FAILED,
        Severity.CRITICAL,
        phase,
        ref,
        "cache:6379/0",
        NOW,
        NOW,
        over,
        1204,
        1204,
        100,
        text,
    )


def message(ref: QueueRef = PAYMENTS, *more: Alert) -> Message:
    return message_of("m1", [Transition(one) for one in (alert(ref), *more)], "cache:6379/0", NOW)


class TestWebhook:
    def test_all_of_it_arrives_signed_and_with_its_id(self) -> None:
        with receiving(Receiver()) as there:
            post(message(), there.url, 5, secret="s3cret")
        (got,) = there.got
        assert got.headers["Idempotency-Key"] == got.headers["X-Bulltui-Id"] == got.json["id"] == "m1"
        assert got.headers["Content-Type"] == "application/json"
        assert got.signed_by("s3cret")
        assert not got.signed_by("other")
        told = got.json["alerts"][0]
        assert (told["id"], told["alert"], told["queue"], told["phase"]) == ("a1-firing", "a1", "payments", "firing")
        assert (told["value"], told["threshold"], told["unit"]) == (1204, 100, "jobs")
        assert got.json["text"] == "payments: 1,204 failed jobs, more than 100."

    def test_without_a_secret_nothing_is_signed(self) -> None:
        with receiving(Receiver()) as there:
            post(message(), there.url, 5)
        assert "X-Bulltui-Signature" not in there.got[0].headers

    @pytest.mark.parametrize(
        ("status", "refused"), [(500, False), (503, False), (429, False), (408, False), (400, True), (404, True)]
    )
    def test_an_answer_that_is_none_of_success(self, status: int, refused: bool) -> None:
        with receiving(Receiver([status])) as there, pytest.raises(NotSentError, match=str(status)) as failed:
            post(message(), there.url, 5)
        assert failed.value.refused is refused

    def test_it_heeds_when_it_may_ask_again(self) -> None:
        with receiving(Receiver([(429, {"Retry-After": "120"})])) as there, pytest.raises(NotSentError) as failed:
            post(message(), there.url, 5)
        assert failed.value.after_s == 120

    def test_the_same_is_sent_again_to_the_same_host_only(self) -> None:
        with receiving(Receiver()) as other, receiving(Receiver()) as there:
            there.plan = [(307, {"Location": "/elsewhere"}), 204]
            post(message(), there.url, 5)
            assert [one.path for one in there.got][1:] == ["/elsewhere"]
            assert there.got[1].body == there.got[0].body
            for status in (301, 302, 303, 307, 308):
                there.plan = [(status, {"Location": other.url})]
                with pytest.raises(NotSentError, match="elsewhere"):
                    post(message(), there.url, 5)
            there.plan = [(302, {"Location": "/elsewhere"})]
            with pytest.raises(NotSentError):
                post(message(), there.url, 5)
        assert other.got == []

    def test_one_who_takes_it_and_hangs_up(self) -> None:
        with receiving(Receiver(["drop"])) as there, pytest.raises(NotSentError, match="closed the connection"):
            post(message(), there.url, 5)
        assert len(there.got) == 1

    def test_one_who_is_slow(self) -> None:
        with receiving(Receiver(["slow"])) as there, pytest.raises(NotSentError, match=r"within 0\.2 s"):
            post(message(), there.url, 0.2)

    def test_one_who_answers_a_byte_at_a_time_is_cut_off(self) -> None:
        listening = socket.create_server(("127.0.0.1", 0))

        def drip() -> None:
            taken, _ = listening.accept()
            with taken:
                for sign in b"HTTP/1.1 204 No Content" * 20:
                    try:
                        taken.send(bytes((sign,)))
                    except OSError:
                        return
                    time.sleep(0.05)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        began = time.monotonic()
        with listening, pytest.raises(NotSentError, match=r"within 0\.3 s"):
            post(message(), f"http://127.0.0.1:{listening.getsockname()[1]}/", 0.3)
        assert time.monotonic() - began < 2

    def test_nobody_there(self) -> None:
        with receiving(Receiver()) as there:
            url = there.url
        with pytest.raises(NotSentError, match="nothing listens"):
            post(message(), url, 5)

    def test_a_password_of_the_url_goes_into_a_header(self) -> None:
        with receiving(Receiver()) as there:
            post(message(), there.url.replace("://", "://me:p%40ss@"), 5)
        assert there.got[0].headers["Authorization"] == "Basic bWU6cEBzcw=="

    def test_certificates_are_verified(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made = Certificates(tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.server.cert, made.server.key)
        with receiving(Receiver(), context) as there:
            url = there.url.replace("http://", "https://")
            with pytest.raises(NotSentError, match="its certificate is not trusted"):
                post(message(), url, 5)
            assert there.got == []
            monkeypatch.setenv("SSL_CERT_FILE", str(made.ca))
            post(message(), url, 5)
        assert len(there.got) == 1

    def test_a_body_of_ones_own_is_json_whatever_a_queue_is_called(self) -> None:
        with receiving(Receiver()) as there:
            post(message(EVIL), there.url, 5, body='{"summary": "{text}", "queue": "{queue}", "n": {count}, "x": {}}')
            post(message(), there.url, 5, body="{severity}: {text}")
        told = there.got[0].json
        assert told["queue"].startswith("ev\x1b[31mil\x00")
        assert told["n"] == 1
        assert there.got[0].headers["Content-Type"] == "application/json"
        assert there.got[1].body == b"critical: payments: 1,204 failed jobs, more than 100."

    def test_no_sentence_has_the_url(self) -> None:
        for url in ("http://127.0.0.1:1/T0P5ECRET", "http://no.invalid/T0P5ECRET", "http://[::bad/T0P5ECRET"):
            with pytest.raises(NotSentError) as failed:
                post(message(), url, 2)
            assert "T0P5ECRET" not in failed.value.problem


class TestCommand:
    def test_it_has_the_message_on_its_input_and_in_its_environment(self, tmp_path: Path) -> None:
        into = tmp_path / "told.json"
        code = (
            "import sys, os, json; told = json.load(sys.stdin);"
            "told['environment'] = {k: v for k, v in os.environ.items() if k.startswith('BULLTUI')};"
            f"open({str(into)!r}, 'w').write(json.dumps(told))"
        )
        run_command(message(), (sys.executable, "-c", code), 20)
        told = json.loads(into.read_text())
        assert told["alerts"][0]["queue"] == "payments"
        environment = told["environment"]
        assert environment["BULLTUI_ALERT_SEVERITY"] == "critical"
        assert environment["BULLTUI_ALERT_QUEUE"] == "payments"
        assert environment["BULLTUI_ALERT_ID"] == "m1"

    def test_our_password_is_not_handed_on(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BULLTUI_PASSWORD", "hunter22")
        into = tmp_path / "all"
        run_command(message(), ("/bin/sh", "-c", f"env > {into}"), 20)
        assert "hunter22" not in into.read_text()

    def test_a_hostile_name_runs_nothing_and_has_no_line_of_its_own(self, tmp_path: Path) -> None:
        into = tmp_path / "name"
        run_command(message(EVIL), ("/bin/sh", "-c", f'printf %s "$BULLTUI_ALERT_QUEUE" > {into}; cat > /dev/null'), 20)
        shown = into.read_text()
        assert "$(touch /tmp/x)`id`" in shown
        assert not re.search(r"[\x00-\x09\x0b-\x1f]", shown)

    def test_one_that_fails_says_why(self) -> None:
        with pytest.raises(NotSentError, match="ended with 3: no such channel"):
            run_command(
                message(), ("/bin/sh", "-c", "cat >/dev/null; echo one >&2; echo no such channel >&2; exit 3"), 9
            )

    def test_one_that_does_not_read_its_input_is_no_failure(self) -> None:
        many = [alert(QueueRef("bull", f"queue-{number}" * 50), number=f"a{number}") for number in range(150)]
        run_command(message(PAYMENTS, *many), ("true",), 9)

    def test_one_that_is_not_there(self) -> None:
        with pytest.raises(NotSentError, match="no such command"):
            run_command(message(), ("no-such-program",), 9)

    def test_one_that_hangs_is_killed_with_all_it_started(self, tmp_path: Path) -> None:
        pid = tmp_path / "pid"
        script = f"sleep 300 & echo $! > {pid}; wait"
        began = time.monotonic()
        with pytest.raises(NotSentError, match=r"within 0\.4 s"):
            run_command(message(), ("/bin/sh", "-c", script), 0.4)
        assert time.monotonic() - began < 5
        number = int(pid.read_text())
        end = time.monotonic() + 5
        while time.monotonic() < end:
            try:
                if Path(f"/proc/{number}/stat").read_text().split(") ")[1].startswith("Z"):
                    return
                os.kill(number, 0)
            except (ProcessLookupError, FileNotFoundError):
                return
            time.sleep(0.02)
        pytest.fail("what the command started still runs")

    def test_secrets_that_it_quotes_are_hidden(self) -> None:
        secrets.know("hunter22")
        with pytest.raises(NotSentError) as failed:
            run_command(message(), ("/bin/sh", "-c", "cat >/dev/null; echo bad token hunter22 >&2; exit 1"), 9)
        assert "hunter22" not in failed.value.problem


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what it loads
class TestApprise:
    def test_it_arrives(self) -> None:
        with receiving(Receiver([200])) as there:
            notify(message(), f"json://127.0.0.1:{there.port}/tokenT0P5ECRET9")
        told = there.got[0].json
        assert told["title"] == "CRITICAL payments on cache:6379/0: many-fail"
        assert told["message"] == "payments: 1,204 failed jobs, more than 100."

    def test_with_a_title_and_a_body_of_ones_own(self) -> None:
        with receiving(Receiver([200])) as there:
            notify(message(), f"json://127.0.0.1:{there.port}/", title="[{severity}] {queue}", body="{value} of {unit}")
        assert (there.got[0].json["title"], there.got[0].json["message"]) == ("[critical] payments", "1204 of jobs")

    def test_what_cannot_be_sent_is_told_without_the_url(self) -> None:
        url = "json://me:T0P5ECRETpw@127.0.0.1:1/tokenT0P5ECRET9"
        secrets.know(*secret_parts(url))
        with pytest.raises(NotSentError, match="could not send") as failed:
            notify(message(), url)
        assert "T0P5ECRET" not in failed.value.problem

    def test_a_url_that_means_nothing(self) -> None:
        with pytest.raises(NotSentError, match="does not understand") as failed:
            notify(message(), "nonsense://T0P5ECRET")
        assert failed.value.refused
        assert "T0P5ECRET" not in failed.value.problem

    def test_without_apprise_it_says_how_to_get_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "apprise", None)
        with pytest.raises(NotSentError, match=r"pip install 'bulltui\[alerts\]'"):
            notify(message(), "slack://a/b/c")


class TestWays:
    def test_each_kind_has_its_outlet(self) -> None:
        ways = (Way("hook", "webhook", "http://x/"), Way("run", "command", argv=("true",)), Way("tty", "terminal"))
        assert [one.name for one in outlets_of(ways)] == ["hook", "run"]  # nobody shows anything here
        shown: list[Message] = []
        there = outlets_of(ways, shown.append)
        assert [one.name for one in there] == ["hook", "run", "tty"]
        there[2].send(trial_of("cache", NOW))
        assert shown[0].trial

    def test_who_shows_what_he_is_told_is_told_all_unless_it_is_said(self) -> None:
        (only,) = outlets_of((), lambda message: None)
        assert (only.name, only.kind, only.takes(Severity.INFO)) == ("terminal", "terminal", True)
        (less,) = outlets_of((Way("tty", "terminal", severities=("critical",)),), lambda message: None)
        assert not less.takes(Severity.INFO)

    def test_a_host_is_no_secret(self) -> None:
        outlets_of((Way("w", "webhook", "https://hooks-2.example.com:8443/T1JJ3T3L2/?key=TIiajkdnlazk1"),))
        outlets_of((Way("w", "webhook", "http://10.20.30.40:8080/notifications"),))
        assert secrets.hidden("hooks-2.example.com 10.20.30.40 notifications") == (
            "hooks-2.example.com 10.20.30.40 notifications"
        )
        assert secrets.hidden("T1JJ3T3L2 TIiajkdnlazk1") == "*** ***"

    def test_what_of_a_url_is_secret(self) -> None:
        outlets_of((Way("s", "apprise", "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", secret="shhhh"),))
        assert secrets.hidden("TIiajkdnlazkcOXrIdevi7FQ of services, shhhh") == "*** of services, ***"


def test_templates_know_names_and_nothing_else() -> None:
    values = {"text": 'say "hi"\n', "rule": "x"}
    assert filled("{rule}: {text}", values) == 'x: say "hi"\n'
    assert filled('{"a": "{text}", "b": {}}', values) == '{"a": "say \\"hi\\"\\n", "b": {}}'
    assert filled("{rule.__class__} {0} {rule!r} {nothing}", values) == "{rule.__class__} {0} {rule!r} {nothing}"
    assert is_json(' [ {"a": 1} ]')
    assert not is_json("{severity} of {rule}")


def test_who_only_looks_loads_nothing_that_sends(tmp_path: Path) -> None:
    """Nor a screen, and a server that is away is no reason to say nothing."""
    words = (sys.executable, "-X", "importtime", "-m", "bulltui", "alerts", "list", "-u", "redis://127.0.0.1:1")
    environment = {**os.environ, "BULLTUI_STATE_DIR": str(tmp_path), "XDG_CONFIG_HOME": "/nowhere"}
    done = subprocess.run(words, capture_output=True, check=True, text=True, env=environment)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "bulltui.services.watch.alert_board" in loaded
    assert not loaded & {"urllib.request", "http.server", "apprise", "textual", "prometheus_client", "rich"}
    assert "Nothing fired when alerts were looked for last." in done.stderr
