"""Every way in which a server fails has its own sentence, hint, code and exit code."""

import errno
import socket
import ssl

import pytest
from redis import exceptions as redis_errors
from redis._parsers.base import BaseParser

from bulltui.domain.errors import BulltuiError, ExitCode, UnreachableError
from bulltui.domain.text import visible
from bulltui.store.answers import ANSWERS
from bulltui.store.errors import explain
from bulltui.store.second_look import NoTlsError, WantsTlsError

HERE = "redis://cache:6379"
FAILED, NOT_ALLOWED, AWAY = ExitCode.FAILED, ExitCode.NOT_ALLOWED, ExitCode.UNREACHABLE

SAID = {
    "NOAUTH Authentication required.": ("no-password", NOT_ALLOWED),
    "NOAUTH HELLO must be called with the client already authenticated": ("no-password", NOT_ALLOWED),
    "WRONGPASS invalid username-password pair or user is disabled.": ("wrong-password", NOT_ALLOWED),
    "ERR invalid password": ("wrong-password", NOT_ALLOWED),
    "ERR AUTH <password> called without any password configured for the default user.": ("wrong-password", NOT_ALLOWED),
    "NOPERM this user has no permissions to run the 'evalsha' command": ("no-permission", NOT_ALLOWED),
    "NOPERM User ops has no permissions to access one of the keys used as arguments": ("no-permission", NOT_ALLOWED),
    "ERR The user executing the script can't run this command or subcommand script: x": ("no-permission", NOT_ALLOWED),
    "DENIED Redis is running in protected mode because protected mode is enabled": ("protected-mode", NOT_ALLOWED),
    "LOADING Redis is loading the dataset in memory": ("loading", AWAY),
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL": ("busy-script", AWAY),
    "UNKILLABLE Sorry the script already executed write commands": ("unkillable", FAILED),
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.": ("master-down", AWAY),
    "READONLY You can't write against a read only replica.": ("read-only-server", NOT_ALLOWED),
    "READONLY You can't write against a read only replica. script: 5f, on @user_script:1.": (
        "read-only-server",
        NOT_ALLOWED,
    ),
    "ERR Error running script (call to f_5f): @user_script:1: -READONLY You can't write against a read only replica.": (
        "read-only-server",
        NOT_ALLOWED,
    ),
    "OOM command not allowed when used memory > 'maxmemory'.": ("out-of-memory", FAILED),
    "ERR Error running script (call to f_5f): @user_script:9: -OOM command not allowed when": ("out-of-memory", FAILED),
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.": (
        "cannot-save",
        FAILED,
    ),
    "NOREPLICAS Not enough good replicas to write.": ("no-replicas", FAILED),
    "MOVED 3999 127.0.0.1:6381": ("cluster", FAILED),
    "CROSSSLOT Keys in request don't hash to the same slot": ("cross-slot", FAILED),
    "ASK 3999 127.0.0.1:6381": ("cluster-moving", FAILED),
    "TRYAGAIN Multiple keys request during rehashing of slot": ("cluster-moving", AWAY),
    "CLUSTERDOWN Hash slot not served": ("cluster-down", AWAY),
    "CLUSTERDOWN The cluster is down": ("cluster-down", AWAY),
    "ERR max number of clients reached": ("max-clients", AWAY),
    "ERR max number of clients + cluster connections reached": ("max-clients", AWAY),
    "ERR DB index is out of range": ("server-error", FAILED),
    "ERR unknown command 'DBSIZE', with args beginning with: ": ("sentinel", AWAY),
    "ERR unknown command `TYPE`, with args beginning with: `x`, ": ("sentinel", AWAY),
    "ERR unknown command 'LPOS', with args beginning with: ": ("server-error", FAILED),
    "ERR something that no version says yet": ("server-error", FAILED),
}


@pytest.mark.parametrize("said", SAID)
def test_what_a_server_answers(said: str) -> None:
    """As the library makes errors of it."""
    code, exit_code = SAID[said]
    error = explain(BaseParser.parse_error(said), HERE)  # type: ignore[no-untyped-call]
    assert (error.code, error.exit_code) == (code, exit_code), error.message
    checked(error)
    assert HERE in error.message or code == "no-permission"


def checked(error: BulltuiError) -> None:
    """One plain sentence and a hint."""
    for text in (error.message, error.hint):
        assert text
        assert visible(text) == text
        assert "{" not in text.replace("{bull}", "")
    assert len(error.message) < 400


def test_each_word_of_the_table_is_said_by_a_test_and_has_its_own_sentence() -> None:
    assert {one.word for one in ANSWERS} <= {said.split(" ", 1)[0] for said in SAID}
    assert len({one.message for one in ANSWERS if one.word != "TRYAGAIN"}) == len(ANSWERS) - 1
    assert "redis+cluster://" in next(one.hint for one in ANSWERS if one.word == "MOVED")


def verification(number: int, message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_code, error.verify_message = number, message
    return error


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] it failed")
    error.reason = reason
    return error


NETWORK: list[tuple[BaseException, str]] = [
    (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "refused"),
    (OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1', 1, 0, 0), [Errno 111]"), "refused"),
    (OSError(errno.EHOSTUNREACH, "No route to host"), "no-route"),
    (OSError(errno.ENETUNREACH, "Network is unreachable"), "no-route"),
    (socket.gaierror(-2, "Name or service not known"), "unknown-host"),
    (redis_errors.TimeoutError("Timeout reading from socket"), "timeout"),
    (TimeoutError(), "timeout"),
    (redis_errors.ConnectionError("Connection closed by server."), "closed"),
    (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "closed"),
    (BrokenPipeError(errno.EPIPE, "Broken pipe"), "closed"),
    (redis_errors.MaxConnectionsError("Too many connections"), "max-clients"),
    (redis_errors.InvalidResponse('Protocol error, got "H" as reply type byte'), "not-redis"),
    (redis_errors.InvalidResponse('Protocol error, got "\\x15" as reply type byte'), "wants-tls"),
    (WantsTlsError(), "wants-tls"),
    (NoTlsError(), "no-tls"),
    (verification(18, "self-signed certificate"), "tls-untrusted"),
    (verification(19, "self-signed certificate in certificate chain"), "tls-untrusted"),
    (verification(20, "unable to get local issuer certificate"), "tls-untrusted"),
    (verification(10, "certificate has expired"), "tls-expired"),
    (verification(9, "certificate is not yet valid"), "tls-expired"),
    (verification(62, "Hostname mismatch, certificate is not valid for 'cache'"), "tls-name"),
    (verification(64, "IP address mismatch, certificate is not valid for '10.0.0.1'"), "tls-name"),
    (tls("WRONG_VERSION_NUMBER"), "no-tls"),
    (tls("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "tls-client-certificate"),
    (tls("TLSV1_ALERT_UNKNOWN_CA"), "tls-client-certificate"),
    (tls("SSLV3_ALERT_CERTIFICATE_EXPIRED"), "tls-client-certificate"),
    (tls("TLSV1_ALERT_PROTOCOL_VERSION"), "tls-version"),
]


@pytest.mark.parametrize(("cause", "code"), NETWORK, ids=lambda one: one if isinstance(one, str) else repr(one))
def test_what_goes_wrong_on_the_way(cause: BaseException, code: str) -> None:
    """By itself, and behind an error of the library."""
    wrapped = redis_errors.ConnectionError("Error connecting to cache:6379.")
    wrapped.__cause__ = cause
    plain_answer = isinstance(cause, redis_errors.RedisError) and not isinstance(cause, redis_errors.TimeoutError)
    for error in (cause,) if plain_answer else (cause, wrapped):
        told = explain(error, HERE)
        assert isinstance(told, UnreachableError)
        assert (told.code, told.exit_code) == (code, AWAY), told.message
        assert HERE in told.message
        checked(told)


def test_hints_name_what_there_is() -> None:
    """No password on the command line, and files by the flags and keys that take them."""
    for said in ("NOAUTH Authentication required.", "WRONGPASS invalid username-password pair"):
        hint = explain(BaseParser.parse_error(said), HERE).hint  # type: ignore[no-untyped-call]
        assert "BULLTUI_PASSWORD" in hint
        assert "profile" in hint
    for cause, words in (
        (verification(18, "self-signed certificate"), ("--ca", "`ca`")),
        (verification(62, "Hostname mismatch"), ("--server-name", "`server_name`")),
        (tls("TLSV1_ALERT_UNKNOWN_CA"), ("--cert", "--key", "`cert` and `key`")),
    ):
        assert all(word in explain(cause, "rediss://cache").hint for word in words)


def test_with_tls_the_hints_are_others() -> None:
    for cause in (TimeoutError(), redis_errors.ConnectionError("Connection closed by server.")):
        assert "rediss://" not in explain(cause, "rediss://cache").hint.replace("in place of rediss://", "")
        assert explain(cause, "rediss://cache").hint != explain(cause, "redis://cache").hint
