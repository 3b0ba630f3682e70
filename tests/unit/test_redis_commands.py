"""What is typed at a Redis prompt: its words, what kind of command it is, and how answers are shown."""

import json
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulltui.cli.redis_text import document_of, lines_of, plain_lines, quoted, raw_of
from bulltui.config.keys import BY_NAME
from bulltui.domain.errors import UsageError
from bulltui.domain.jsontext import dump
from bulltui.domain.redis_commands import About, Kind, about_from, ends_what_runs, has_secret, judge, known_here
from bulltui.domain.redis_reply import ReplyError
from bulltui.domain.redis_words import is_open, words_of
from bulltui.domain.text import DANGEROUS
from bulltui.ledger.shell_history import is_kept
from bulltui.services.shell_redaction import tells_unmasked

READS = About(frozenset({"readonly", "fast"}))
WRITES = About(frozenset({"write"}))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("  GET   a ", [b"GET", b"a"]),
        ('SET a "b c"', [b"SET", b"a", b"b c"]),
        (r'SET a "\x00\xff\n\"\\"', [b"SET", b"a", b'\x00\xff\n"\\']),
        (r"SET a 'b\n\'c'", [b"SET", b"a", rb"b\n'c"]),
        ('SET a ""', [b"SET", b"a", b""]),
        (r'x "\xZZ"', [b"x", b"xZZ"]),
        ("ä", ["ä".encode()]),
        ("", []),
    ],
)
def test_words(line: str, words: list[bytes]) -> None:
    assert words_of(line) == words


@pytest.mark.parametrize("line", ['"a', "'a", '"a"b', "'a'b", '"a\\'])
def test_quotes_that_do_not_fit(line: str) -> None:
    with pytest.raises(UsageError):
        words_of(line)


def test_a_quote_that_is_open_takes_more_lines() -> None:
    assert is_open('SET a "b')
    assert not is_open('SET a "b"c')
    assert words_of('SET a "b\nc"') == [b"SET", b"a", b"b\nc"]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.binary(max_size=8), max_size=4))
def test_what_is_shown_in_quotes_can_be_typed_again(words: list[bytes]) -> None:
    shown = " ".join(map(quoted, words))
    assert words_of(shown) == words
    assert not DANGEROUS.search(shown)


@pytest.mark.parametrize(
    ("line", "about", "kind"),
    [
        ("GET a", READS, Kind.READ),
        ("SET a 1", WRITES, Kind.WRITE),
        ("NEWCOMMAND a", None, Kind.WRITE),
        ("llen a", None, Kind.READ),
        ("HGETALL a", None, Kind.READ),
        ("XREAD STREAMS a 0", None, Kind.READ),
        ("GETDEL a", None, Kind.WRITE),
        ("SORT a", None, Kind.WRITE),
        ("GET a", WRITES, Kind.WRITE),
        ("NEWCOMMAND a", About(frozenset({"fast"})), Kind.WRITE),
        ("EVAL 'return 1' 0", About(), Kind.WRITE),
        ("FCALL f 0", About(), Kind.WRITE),
        ("eval_ro 'return 1' 0", About(), Kind.READ),
        ("INFO", About(categories=frozenset({"dangerous"})), Kind.READ),
        ("CONFIG GET x", About(), Kind.READ),
        ("config set x y", About(), Kind.DANGER),
        ("CONFIG RESETSTAT", About(), Kind.DANGER),
        ("CLIENT LIST", About(), Kind.READ),
        ("CLIENT KILL x", About(), Kind.DANGER),
        ("ACL WHOAMI", About(), Kind.READ),
        ("ACL SETUSER x", About(), Kind.DANGER),
        ("FLUSHALL", About(frozenset({"write"})), Kind.DANGER),
        ("DEBUG SLEEP 1", None, Kind.DANGER),
        ("SHUTDOWN", None, Kind.DANGER),
        ("SLOWLOG GET", About(), Kind.READ),
        ("SLOWLOG RESET", About(), Kind.DANGER),
        ("SORT a", About(frozenset({"write"}), frozenset({"dangerous"})), Kind.WRITE),
        ("PFDEBUG a", About(frozenset({"write", "admin"})), Kind.DANGER),
        ("OBJECT ENCODING a", About(), Kind.READ),
        ("XREAD STREAMS a 0", READS, Kind.READ),
        ("XREAD block 5 STREAMS a 0", READS, Kind.REFUSED),
        ("KEYS *", READS, Kind.REFUSED),
        ("MONITOR", None, Kind.REFUSED),
        ("subscribe a", None, Kind.REFUSED),
        ("BLPOP a 0", WRITES, Kind.REFUSED),
        ("MULTI", None, Kind.REFUSED),
        ("SELECT 1", None, Kind.REFUSED),
        ("AUTH x", None, Kind.REFUSED),
        ("CLIENT REPLY OFF", About(), Kind.REFUSED),
        ("XINFO STREAM a", About(), Kind.READ),
        ("\xff\xfe a", None, Kind.WRITE),
    ],
)
def test_kinds(line: str, about: About | None, kind: Kind) -> None:
    found = judge(words_of(line), about)
    assert found.kind is kind
    assert bool(found.why) == (kind is Kind.REFUSED)


def test_what_ends_a_script_and_what_is_never_sent_is_known_without_the_server() -> None:
    """A server that is busy with a script answers nothing else."""
    for line, kind in (("script kill", Kind.DANGER), ("FUNCTION KILL", Kind.DANGER), ("SHUTDOWN NOSAVE", Kind.DANGER)):
        found = known_here(words_of(line))
        assert found is not None
        assert found.kind is kind
        assert ends_what_runs(words_of(line))
    assert known_here(words_of("KEYS *")) == judge(words_of("KEYS *"), READS)
    assert known_here(words_of("GET a")) is None
    assert not ends_what_runs(words_of("SCRIPT FLUSH"))


@pytest.mark.parametrize("line", ["READONLY", "READWRITE"])
def test_hints_name_keys_that_a_profile_has(line: str) -> None:
    assert "`replica`" in judge(words_of(line), None).hint
    assert "replica" in BY_NAME


def test_flags_of_subcommands_go_before_those_of_the_command() -> None:
    about = About(frozenset({"write"}), parts={"thing|show": READS})
    assert judge([b"THING", b"SHOW"], about).kind is Kind.READ
    assert judge([b"THING", b"DROP"], about).kind is Kind.WRITE


def test_what_a_server_says_of_commands_may_be_anything() -> None:
    sub = [b"object|encoding", 3, [b"readonly"], 2, 2, 1, [b"@read"], [], [], []]
    answer = [
        None,
        [b"object", -2, {b"write"}, 0, 0, 0, [b"@slow"], [], [], [sub, 5]],
        7,
        [b"x"],
        [1, 2, 3],
        [b"get", 2, 5],
    ]
    found = about_from(answer)
    assert found["OBJECT"].parts["object|encoding"].flags == {"readonly"}
    assert found["OBJECT"].categories == {"slow"}
    assert found["GET"].flags == frozenset()
    assert about_from("no list") == {}


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("GET a", True),
        (" GET a", False),
        ("AUTH geheim", False),
        ("auth user geheim", False),
        ("HELLO 3 AUTH u p", False),
        ("CONFIG SET requirepass x", False),
        ("CONFIG SET masterauth x", False),
        ("ACL SETUSER x >p", False),
        ("MIGRATE h 1 k 0 1 AUTH p", False),
        ("SET url redis://u:p@h", False),
        ("SET a 'open", False),
        ("", False),
        ("X" * 3_000, False),
    ],
)
def test_what_is_kept_in_the_history(line: str, kept: bool) -> None:
    assert is_kept(line) is kept
    assert has_secret([b"auth", b"x"])


def test_answers_as_redis_cli_shows_them() -> None:
    def shown(reply: object) -> list[str]:
        return list(lines_of(reply))

    assert shown(None) == ["(nil)"]
    assert shown(5) == ["(integer) 5"]
    assert shown(True) == ["(true)"]
    assert shown(1.5) == ["(double) 1.5"]
    assert shown(b'a\x1b[31m\xff"\n') == ['"a\\x1b[31m\\xff\\"\\n"']
    assert shown(ReplyError("ERR \x1bno")) == ["(error) ERR ␛no"]
    assert shown([]) == ["(empty array)"]
    assert shown({}) == ["(empty hash)"]
    assert shown([1, [b"a", None]]) == ["1) (integer) 1", '2) 1) "a"', "   2) (nil)"]
    assert shown({b"k": [1]}) == ['1# "k" => 1) (integer) 1']
    assert shown({b"s"}) == ['1~ "s"']
    assert list(lines_of(b"string", status=True)) == ["string"]
    deep: object = 1
    for _ in range(3_000):
        deep = [deep]
    assert shown(deep)


def test_answers_for_scripts_and_as_bytes_and_json() -> None:
    reply = {b"a": [b"\xff\x1b", None, 2, 0.5], b"\xfe": ReplyError("ERR x")}
    assert list(plain_lines(reply)) == ["a", "\\xff␛", "", "2", "0.5", "\\xfe", "ERR x"]
    assert raw_of(b"\xff\x1b") == b"\xff\x1b\n"
    text = dump(document_of(reply))
    assert not DANGEROUS.search(text)
    assert json.loads(text) == {"a": ["\\xff\x1b", None, 2, 0.5], "\\xfe": {"error": "ERR x"}}
    assert document_of({(1, 2): 3}) == [[[1, 2], 3]]
    assert document_of([float("inf"), {b"b", b"a"}]) == ["inf", ["a", "b"]]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("HGET k data", True),
        ("LLEN k", True),
        ("SET a b", True),
        ("SET a b GET", False),
        ("EVAL x 0", False),
        ("EVAL_RO x 0", False),
        ("DUMP k", False),
        ("SORT k GET x", False),
        ("HVALS k", False),
        ("HSCAN k 0", False),
        ("XRANGE k - +", False),
        ("GET k", False),
        ("HRANDFIELD k 1 WITHVALUES", False),
        ("WHATEVER k", False),
    ],
)
def test_with_rules_only_what_can_be_looked_through_is_sent(line: str, told: bool) -> None:
    assert tells_unmasked([word.encode() for word in shlex.split(line)]) is told
