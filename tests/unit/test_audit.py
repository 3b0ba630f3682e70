"""What bulltui stands on, and that nobody's secret lies in its files."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scripts import audit

ROOT = Path(__file__).parents[2]


def test_nothing_is_found() -> None:
    assert audit.problems() == []


def test_what_would_be_found() -> None:
    project = {"dependencies": ["redis", "a @ https://x/y.whl"], "optional-dependencies": {"x": ["b<3", "c>=1"]}}
    assert [line.split()[0] for line in audit.bounds(project)] == ["redis", "a", "b"]
    assert len(list(audit.too_old({"redis": "4.5.4", "pygments": "2.15.1", "other": "0"}))) == 1
    ours = audit.roots_of(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"])
    assert {"redis", "textual", "hiredis", "rich", "prompt-toolkit", "tantivy", "bullmq"} <= audit.closure(ours)


def test_licences_that_do_not_go_with_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    from email.message import Message

    def told(licence: str) -> Message:
        message = Message()
        message["License-Expression"] = licence
        return message

    of = {"a": "GPL-3.0-only", "b": "MIT", "c": "Proprietary", "d": "GPL-2.0 OR MIT", "e": "LGPL-2.1"}
    of["f"] = "AGPL-3.0 AND MIT"
    monkeypatch.setattr("scripts.audit.metadata.metadata", lambda name: told(of[name]))
    assert [line[0] for line in audit.licences(of)] == ["a", "c", "e", "f"]


@pytest.mark.parametrize(
    ("code", "said", "expected"),
    [
        (0, "No known vulnerabilities found", (True, [])),
        (1, "redis 4.0 CVE-1", (True, ["redis 4.0 CVE-1"])),
        (1, "requests.exceptions.ConnectionError: x", (False, ["requests.exceptions.ConnectionError: x"])),
    ],
)
def test_the_service_may_not_answer(code: int, said: str, expected: tuple[bool, list[str]]) -> None:
    command = [sys.executable, "-c", f"print({said!r}); raise SystemExit({code})"]
    assert audit.ask_service(command) == expected
    assert audit.ask_service(["/nowhere/at/all"])[0] is False


SECRETS = re.compile(
    rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"
    rb"|\bxox[abpr]-[0-9A-Za-z-]{20,}"
    rb"|\bsk_live_[0-9a-zA-Z]{20,}|\bAIza[0-9A-Za-z_-]{35}\b|\bpypi-AgEI[0-9A-Za-z_-]{20,}|\beyJhbGciOi[0-9A-Za-z_-]{20,}\."
)
NAMES = re.compile(r"(?:^|/)(?:\.env(?:\..*)?|id_(?:rsa|ed25519|ecdsa)|.*\.(?:pem|key|p12|pfx|keystore))$")


def test_no_secret_is_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not in a repository")
    paths = [name for name in listed.stdout.decode().split("\0") if name]
    assert [name for name in paths if NAMES.search(name)] == []
    found = []
    for name in paths:
        path = ROOT / name
        if path.is_file() and not path.is_symlink() and SECRETS.search(path.read_bytes()):
            found.append(name)
    assert found == []


def test_what_a_secret_looks_like() -> None:
    assert SECRETS.search(b"-----BEGIN " + b"RSA PRIVATE KEY-----")
    assert SECRETS.search(b"key = AKIA" + b"ABCDEFGHIJKLMNOP")
    assert NAMES.search("tests/x/server.key")
