"""What needs which Redis commands: no command of the scripts or of what is sent beside them escapes the tables."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bulltui.store
from bulltui.domain import actions
from bulltui.domain.actions import BY_NAME
from bulltui.domain.roles import ADMIN, OPERATOR, VIEWER, custom
from bulltui.store import mutate, rights
from bulltui.store.acl import OF_WAYS
from bulltui.store.rights import NO_COMMANDS, READING, SCRIPTS, also_let_through, commands_in, needed
from bulltui.store.scripts import source

STORE = Path(bulltui.store.__file__).parent
LUA = STORE / "scripts"
NAMES = sorted(
    str(path.relative_to(LUA)).removesuffix(".lua") for path in LUA.rglob("*.lua") if "lib" not in path.parts
)
ACTING = [name for name in NAMES if name.startswith("act/")]

# How a script may name a command other than by its name. Each of these is one of names that stand elsewhere in it.
BY_ANOTHER_NAME = {
    "push",  # LPUSH or RPUSH
    "how",  # of lib/line: LPUSH or RPUSH
    "PUT[saved.kind]",
    "side[3]",
    "command",  # of around.lua
    "...",  # passed on
    "unpack(words",  # batch.lua: the tables of commands, which stand in Python
    'in_list and "LRANGE" or "ZREVRANGE"',
    'oldest and "ZRANK" or "ZREVRANK"',
    'oldest and "ZRANGE" or "ZREVRANGE"',
}


def code_of(name: str) -> str:
    """A script without its comments."""
    return re.sub(r"--[^\n]*", "", source(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_script_calls_commands_by_their_names(name: str) -> None:
    code = code_of(name)
    for called in re.findall(r"(?<![\w.])(?:redis\.)?p?call\(([^,)]*)", code):
        first = called.strip()
        if first.startswith("function") or first in ("cjson.decode", "sort_out", "redis.acl_check_cmd"):
            continue
        assert re.fullmatch(r'"[A-Z]+"', first) or first in BY_ANOTHER_NAME, first
    assert not re.search(r'"[A-Z]+"\s*\.\.|\.\.\s*"[A-Z]+"', code), "a name put together"
    assert "redis.setresp" not in code
    assert "loadstring" not in code


def test_every_word_in_capitals_is_a_command_or_known_for_none(raw: Any) -> None:
    commands = {name.upper() for name in raw.command()}
    words = {word for name in NAMES for word in re.findall(r'"([A-Z][A-Z_]+)"', code_of(name))}
    assert words - NO_COMMANDS <= commands
    assert not NO_COMMANDS & commands
    assert not {word for name in NAMES for word in re.findall(r"'([A-Z][A-Z_]+)'", code_of(name))}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ACTING])
def test_scripts_that_read_need_what_reading_is_granted(name: str) -> None:
    assert commands_in(name) <= READING


def test_every_script_that_changes_belongs_to_an_action() -> None:
    assert set(SCRIPTS) == set(BY_NAME)
    named = {script for scripts in SCRIPTS.values() for script in scripts}
    assert named | {"act/save", "act/restore", "act/restore_queue"} == set(ACTING)


def test_a_part_of_a_command_is_the_only_one_used() -> None:
    for name in NAMES:
        code = code_of(name)
        for command, part in (("MEMORY", "USAGE"), ("XINFO", "STREAM")):
            assert code.count(f'"{command}"') == code.count(f'"{command}", "{part}"')


# --- what Python sends


def constants(path: Path) -> Iterator[tuple[str, str]]:
    """The words in capitals of a module, each with the one that follows it in a call or a tuple."""
    for node in ast.walk(ast.parse(path.read_text())):
        items = node.args if isinstance(node, ast.Call) else getattr(node, "elts", None)
        if not isinstance(items, list):
            continue
        words = [one.value if isinstance(one, ast.Constant) else "" for one in items]
        for first, second in zip(words, [*words, ""][1:], strict=True):
            if isinstance(first, str) and re.fullmatch(r"[A-Z][A-Z_]+", first):
                yield first, second if isinstance(second, str) else ""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[A-Z]{3,}", node.value):
            yield node.value, ""


def sent(paths: Iterator[Path], known: dict[str, Any]) -> set[str]:
    """The commands named in modules, a part of one after a blank. `REPLICAS` and the like are none of a server's."""
    commands = {name.upper(): bool(told.get("subcommands")) for name, told in known.items()}
    found: set[str] = set()
    for path in paths:
        pairs = set(constants(path))
        with_parts = {first for first, second in pairs if second}
        for first, second in pairs:
            if first in commands and (second or first not in with_parts):
                has_parts = first in ("ACL", "CLIENT", "XINFO", "MEMORY", "CLUSTER", "CONFIG", "SCRIPT", "OBJECT")
                found.add(f"{first} {second}" if has_parts and second else first)
    return found


OF_OTHERS = {"AUTH", "HELLO", "QUIT"}
"""What needs no right, or is told as the answer of a server."""
OF_PERSONS = ("raw_commands.py",)
"""What sends what a person types, at a prompt."""
TABLES = ("rights.py", "role_rights.py", "acl.py", "acl_keys.py", "commands.py")


def test_what_is_sent_to_read_is_what_reading_is_granted(raw: Any) -> None:
    modules = (path for path in STORE.glob("*.py") if path.name not in (*TABLES, *OF_PERSONS, "sentinel.py"))
    named = sent(modules, raw.command())
    assert len(named) > 25
    of_ways = frozenset().union(*OF_WAYS.values())
    assert named - OF_OTHERS - of_ways <= READING | {"EVALSHA", "EVAL"}


def test_what_is_sent_to_change_is_what_acting_is_granted(raw: Any) -> None:
    named = sent((STORE / "acts").glob("*.py"), raw.command())
    assert named <= rights.OF_ACTING | READING
    assert named >= rights.OF_RESTORING


# --- what the roles need


def test_roles_stand_on_each_other() -> None:
    viewer, operator, admin = (needed(role) for role in (VIEWER, OPERATOR, ADMIN))
    assert viewer < operator < admin
    assert admin - operator == {"UNLINK", "XTRIM"}
    assert viewer == READING
    assert [also_let_through(role) for role in (VIEWER, OPERATOR, ADMIN)] == [(), (), ()]


@pytest.mark.parametrize("verb", sorted(set(BY_NAME) - set(OPERATOR.sorted_verbs)))
def test_what_loses_something_needs_what_an_operator_has_not(verb: str) -> None:
    assert not needed(custom("one", [verb])) <= needed(OPERATOR)
    for script in SCRIPTS[verb]:
        if script not in ("act/pause", "act/duplicate"):
            assert {"UNLINK", "XTRIM"} & commands_in(script)


@pytest.mark.parametrize("verb", [verb for verb in OPERATOR.sorted_verbs if verb != "undo"])
def test_what_loses_nothing_never_unlinks(verb: str) -> None:
    for script in (*SCRIPTS[verb], "act/restore", "act/restore_queue", "act/save"):
        assert not {"UNLINK", "XTRIM"} & commands_in(script)


def test_servers_that_cannot_be_asked_for_rights_are_asked_by_a_key_that_nobody_has(raw: Any, server: Any) -> None:
    """As on Redis 6: who may not UNLINK is refused before the first write."""
    text = source("act/remove").replace("redis.acl_check_cmd", "redis.no_such_thing")
    raw.hset("bull:mail:meta", "version", "bullmq:5.0.0")
    raw.hset("bull:mail:1", mapping={"name": "x", "data": "{}", "opts": "{}", "timestamp": 1})
    raw.lpush("bull:mail:wait", "1")
    raw.execute_command("ACL", "SETUSER", "old6", "reset", "on", "nopass", "~*", "+@all", "-unlink")
    own = type(raw)(port=server.port, username="old6", password="x")
    told = (1, "bull:mail:meta", "bull:mail:", "v5", 1_800_000_000_000, 4, "soft", "", "", "", "0", "1", "", 0)
    with pytest.raises(Exception, match=r"can.t run this command|no permissions|NOPERM"):
        own.eval(text, *told)
    assert raw.lrange("bull:mail:wait", 0, -1) == [b"1"]
    assert raw.exists("bull:mail:1")
    raw.eval(text, *told)
    assert not raw.exists("bull:mail:1", "bull:mail:wait")
    own.close()
    raw.execute_command("ACL", "DELUSER", "old6")


def test_scripts_of_actions_are_those_that_are_run() -> None:
    """The names of scripts in the modules that carry actions out."""
    named = {word for path in (STORE / "acts").glob("*.py") for word in re.findall(r'"(act/\w+)"', path.read_text())}
    assert named == set(ACTING)
    assert mutate.BUDGET_MS
    assert actions.ALL
