"""The words of ACL SETUSER: patterns of keys, quotation marks, what they cannot say."""

import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from bulltui.demo.server import EmbeddedServer
from bulltui.domain.errors import UsageError
from bulltui.domain.match import example, selected
from bulltui.domain.queue import QueueRef
from bulltui.domain.roles import ADMIN, OPERATOR, VIEWER, custom
from bulltui.store.acl import Wanted, grant, quoted
from bulltui.store.acl_keys import patterns

GLOBS = (
    *("*", "mail", "mail*", "*mail", "m?il", "m[ae]il", "m[!ae]il", "m[a-f]il", "m[!a-f]il", "mail[", "[]x]ail"),
    *("m[-x]il", "m[x-]il", "m\\il", "m^il", "[^m]ail", "{mail}", "ma*l*", "a[1]", "bull:mail*", "a-b"),
)
NAMES = (
    *("mail", "mails", "mxil", "meil", "m-il", "m\\il", "m^il", "mail[", "]ail", "xail", "^ail", "{mail}", "mal"),
    *("email", "a1", "a[1]", "a-b", "payments", "MAIL", "*", "m"),
)


@pytest.fixture
def user(server: EmbeddedServer, raw: Any) -> Iterator[Any]:
    yield raw
    raw.execute_command("ACL", "DELUSER", "patterned")


@pytest.mark.parametrize("glob", GLOBS)
def test_redis_means_the_same_queues_by_a_pattern(user: Any, glob: str) -> None:
    words = [f"~{pattern}" for pattern in patterns(("bull",), (glob,))]
    user.execute_command("ACL", "SETUSER", "patterned", "reset", "on", "nopass", *words, "+get")
    for name in NAMES:
        allowed = user.execute_command("ACL", "DRYRUN", "patterned", "GET", f"bull:{name}:wait") == b"OK"
        assert allowed == selected(QueueRef("bull", name), [glob]), (name, words)
        assert user.execute_command("ACL", "DRYRUN", "patterned", "GET", f"cow:{name}:wait") != b"OK"


@pytest.mark.parametrize("glob", GLOBS)
def test_an_example_fits_its_glob(glob: str) -> None:
    if ":" not in glob:
        assert selected(QueueRef("bull", example(glob)), [glob])


def test_prefixes_are_taken_literally(user: Any) -> None:
    assert patterns(("{eu}", "a*b"), ("mail",)) == ("{eu}:mail:*", "a\\*b:mail:*")
    assert patterns(("bull",), ()) == ("bull:*",)
    assert patterns(("a", "b"), ("b:pay", "*")) == ("b:pay:*", "a:*", "b:*")


@pytest.mark.parametrize(
    ("prefixes", "globs", "told"),
    [
        ((), (), "a prefix has to be known"),
        (("bull",), ("!mail",), "no pattern for all queues but some: !mail"),
        (("bull",), ("my mail",), "cannot have a blank in it"),
        (("my bull",), ("*",), "cannot have a blank in it"),
        (("bull",), ("m[é]il",), "Redis compares bytes"),
        (("bull",), ("m[ x]il",), "Redis compares bytes"),
        (("bull",), ("m[z-a]il",), "no such range: z-a"),
    ],
)
def test_what_no_pattern_can_say_is_refused(prefixes: tuple[str, ...], globs: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError, match=told) as error:
        patterns(prefixes, globs)
    assert error.value.hint


@pytest.mark.parametrize(
    "word", ["+get", "~bull:*", "%R~bull:*", "a\\b", 'a"b', "a'b", "é", "a\u200bb", "\udcffx", "#x", ""]
)
def test_words_come_through_a_prompt(raw: Any, word: str) -> None:
    typed = quoted(word)
    assert "\n" not in typed
    if word.isprintable():
        assert shlex.split(typed) == [word]
    assert typed == word or typed[0] == typed[-1] == '"'


def test_a_viewer_reads_only_and_names_no_command_that_writes(raw: Any) -> None:
    known = raw.command()
    given = grant(Wanted(VIEWER, ("bull",)))
    assert given.keys == ("%R~bull:*", "%R~bullmq:registry")
    for command in given.commands:
        flags = known[command.split()[0].lower()]["flags"]
        assert "write" not in flags or command in ("EVAL_RO", "EVALSHA_RO"), command
    assert given.lets_through == ()


def test_the_line_begins_from_nothing() -> None:
    rules = grant(Wanted(OPERATOR, ("bull",), ("mail*",), user="team")).rules
    assert rules[:6] == ("on", ">PASSWORD", "resetkeys", "resetchannels", "clearselectors", "-@all")
    assert rules[6] == "~bull:mail*:*"
    assert {"+client|list", "+client|setname", "+acl|whoami", "+evalsha"} <= set(rules)
    assert not {"+unlink", "+xtrim", "+select", "+@all", "+keys", "+config"} & set(rules)
    assert grant(Wanted(OPERATOR, ("bull",), user="team")).line.startswith("ACL SETUSER team on >PASSWORD ")
    assert "+unlink" in grant(Wanted(ADMIN, ("bull",))).rules


def test_redis_6_has_neither_keys_for_reading_nor_scripts_for_reading() -> None:
    given = grant(Wanted(VIEWER, ("bull",), redis=6))
    assert given.keys == ("~bull:*",)
    assert {"+eval", "+evalsha"} <= set(given.rules)
    assert not {"clearselectors", "+eval_ro", "+evalsha_ro"} & set(given.rules)
    assert any("Redis 6" in note for note in given.notes)


def test_the_way_to_the_server_asks_for_more() -> None:
    assert "+role" in grant(Wanted(VIEWER, ("bull",), way="sentinel")).rules
    assert "+cluster|slots" in grant(Wanted(VIEWER, ("bull",), way="cluster")).rules
    assert "+select" in grant(Wanted(VIEWER, ("bull",), database=True)).rules


def test_what_redis_cannot_tell_apart_is_said() -> None:
    given = grant(Wanted(custom("writer", ["add-log"]), ("bull",)))
    assert "release" in given.lets_through
    assert not {"remove", "obliterate", "update-data", "trim-events"} & set(given.lets_through)
    assert any("cannot refuse these either" in note and "release" in note for note in given.notes)


@pytest.mark.parametrize("user", ["", "a b", "a\0"])
def test_names_of_users(user: str) -> None:
    with pytest.raises(UsageError, match="no blanks"):
        grant(Wanted(VIEWER, ("bull",), user=user))
    with pytest.raises(UsageError, match="since version 6"):
        grant(Wanted(VIEWER, ("bull",), redis=5))
