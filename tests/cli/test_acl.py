"""`bulltui acl`."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

CONFIG = """
[profiles.team]
url = "redis://mailers:s3cret@10.0.0.1/2"
prefix = "{eu}"
role = "mailer"

[roles.mailer]
actions = ["retry", "pause", "resume", "undo"]
queues = ["mail*"]
"""


def test_the_last_line_is_the_command_and_all_others_are_comments(run: Run) -> None:
    ended = run("acl", "--role", "operator", "--queues", "mail*", "--user", "team")
    assert ended.code == 0
    *comments, line = ended.out.splitlines()
    assert all(comment.startswith("# ") for comment in comments)
    assert max(map(len, comments)) <= 102
    assert line.startswith("ACL SETUSER team on >PASSWORD resetkeys resetchannels clearselectors -@all ~bull:mail*:* +")
    assert comments[0] == (
        "# bulltui: what a user of Redis 7 needs for the role operator, on the queues mail* under bull."
    )
    assert "by hand such a user can do more" in " ".join(comments).replace("#   ", "")


def test_no_server_is_asked(run: Run) -> None:
    ended = run("acl", "--role", "viewer", "-u", "redis://127.0.0.1:1")
    assert ended.code == 0
    assert "%R~bull:*" in ended.out


def test_as_a_document(run: Run) -> None:
    told = run("acl", "--role", "viewer", "-p", "a", "-p", "b", "--nopass", "-o", "json").json
    assert (told["role"], told["actions"], told["queues"], told["prefixes"]) == ("viewer", [], [], ["a", "b"])
    assert told["keys"] == ["%R~a:*", "%R~b:*", "%R~bullmq:registry"]
    assert told["rules"][:2] == ["on", "nopass"]
    assert told["command"] == " ".join(("ACL SETUSER", told["user"], *told["rules"]))
    assert {"client|list", "hmget", "eval_ro"} <= set(told["commands"])
    assert told["let_through"] == []
    assert told["notes"]
    short = run("acl", "--role", "viewer", "-o", "jsonl").out
    assert short.count("\n") == 1
    assert run("acl", "-o", "csv").code == 2


def test_redis_6(run: Run) -> None:
    line = run("acl", "--role", "viewer", "--redis", "6").out.splitlines()[-1]
    assert " ~bull:* " in line
    assert "+evalsha " in line
    assert "%R" not in line
    assert "_ro" not in line
    assert run("acl", "--redis", "5").code == 2


def test_the_profile_says_role_queues_prefix_and_user_and_no_password_is_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    path.chmod(0o600)
    ended = run("acl", "--profile", "team", "--config", str(path))
    assert ended.code == 0, ended.err
    line = ended.out.splitlines()[-1]
    assert line.startswith("ACL SETUSER mailers on >PASSWORD ")
    assert "~{eu}:mail*:*" in line
    assert "+select" in line  # the database is not number 0
    assert "+unlink" not in line
    assert "s3cret" not in ended.out + ended.err
    assert "Redis cannot refuse these either" in ended.out
    told = run("acl", "--profile", "team", "--config", str(path), "-o", "json").json
    assert told["actions"] == ["retry", "pause", "resume", "undo"]
    assert {"promote", "add-log"} <= set(told["let_through"])


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--role", "boss"), 2, "names no role: boss"),
        (("--role", "viewer", "--queues", "!mail"), 2, "no pattern for all queues but some"),
        (("--role", "viewer", "-p", "auto"), 2, "a prefix has to be known"),
        (("--role", "viewer", "--user", "a b"), 2, "no blanks"),
    ],
)
def test_what_cannot_be_printed(run: Run, words: tuple[str, ...], code: int, told: str) -> None:
    ended = run("acl", *words)
    assert (ended.code, ended.out) == (code, "")
    assert told in ended.err
    assert ended.err.count("\n") == 1
