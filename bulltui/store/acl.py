"""The rights of a Redis user that bulltui works with, and no others, as the words of `ACL SETUSER`."""

from collections.abc import Sequence
from dataclasses import dataclass

from bulltui.domain.address import CLUSTER, SENTINEL
from bulltui.domain.errors import UsageError
from bulltui.domain.roles import Role
from bulltui.domain.text import visible
from bulltui.store.acl_keys import patterns
from bulltui.store.discovery import REGISTRY
from bulltui.store.rights import SCRIPTING, SCRIPTING_RO, also_let_through, needed

USER = "bulltui"
_OLDEST, _SINCE_SELECTORS = 6, 7
OF_WAYS = {
    CLUSTER: frozenset(("ASKING", "CLUSTER SLOTS", "READONLY")),
    SENTINEL: frozenset(("ROLE",)),
}
"""What else is asked for on the way to several nodes, by the kind of the URL."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom: the name of the Redis user, the prefixes, globs of queues (none: all), the major version of Redis, and
    what else is special: `way` is the kind of the URL, with `database` it is of another than number 0. `password` is a
    word of the ACL, a stand-in that a person replaces."""

    role: Role
    prefixes: tuple[str, ...]
    globs: tuple[str, ...] = ()
    user: str = USER
    redis: int = _SINCE_SELECTORS
    password: str = ">PASSWORD"  # noqa: S105 - a stand-in
    way: str = ""
    database: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """The words after `ACL SETUSER`: the user and its rules. `lets_through` are actions outside of the role that Redis
    would carry out for it nevertheless, `notes` what else is to be known, a sentence each."""

    user: str
    rules: tuple[str, ...]
    keys: tuple[str, ...]
    commands: tuple[str, ...]
    lets_through: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The whole command."""
        return ("ACL", "SETUSER", self.user, *self.rules)

    @property
    def line(self) -> str:
        """The whole command as it is typed at a prompt of Redis."""
        return " ".join(map(quoted, self.words))


def grant(wanted: Wanted) -> Grant:
    """The rights for a role. Raises UsageError for what an ACL cannot say."""
    if not wanted.user or any(sign.isspace() or sign == "\0" for sign in wanted.user):
        raise UsageError("The name of a Redis user has no blanks in it.", hint="Give `--user` another.", code="acl")
    if wanted.redis < _OLDEST:
        raise UsageError("Redis has had an ACL since version 6.", hint="Give `--redis` 6 or 7.", code="acl")
    modern = wanted.redis >= _SINCE_SELECTORS
    commands = _commands(wanted, modern=modern)
    keys = _keys(wanted, modern=modern)
    rules = (
        "on",
        wanted.password,
        "resetkeys",
        "resetchannels",
        *(("clearselectors",) if modern else ()),
        "-@all",
        *keys,
        *(rule_of(command) for command in commands),
    )
    beside = also_let_through(wanted.role)
    return Grant(wanted.user, rules, keys, commands, beside, tuple(_notes(wanted, beside, modern=modern)))


def rule_of(command: str) -> str:
    """What allows a command, or a part of one: `+client|list`."""
    return "+" + command.lower().replace(" ", "|")


def _commands(wanted: Wanted, *, modern: bool) -> tuple[str, ...]:
    commands = set(needed(wanted.role))
    if not modern:
        commands = commands - SCRIPTING_RO | SCRIPTING
    if not wanted.database:
        commands.discard("SELECT")
    commands |= OF_WAYS.get(wanted.way, frozenset())
    return tuple(sorted(commands))


def _keys(wanted: Wanted, *, modern: bool) -> tuple[str, ...]:
    own = patterns(wanted.prefixes, wanted.globs)
    if not modern:
        return tuple(f"~{pattern}" for pattern in own)
    sign = "%R~" if wanted.role.views_only else "~"
    registry = () if wanted.globs else (f"%R~{REGISTRY.decode()}",)
    return (*(f"{sign}{pattern}" for pattern in own), *registry)


def _notes(wanted: Wanted, beside: Sequence[str], *, modern: bool) -> list[str]:
    notes = []
    role = visible(wanted.role.name)
    if wanted.password.startswith(">"):
        notes.append("Put a password in place of PASSWORD, and keep the user by ACL SAVE or CONFIG REWRITE.")
    if wanted.role.views_only:
        notes.append("Such a user can change nothing at all: it has no command that writes.")
    else:
        notes.append(
            "Redis knows commands and keys, not actions: by hand such a user can do more with these commands than "
            f"bulltui offers the role {role}."
        )
    if beside:
        notes.append(
            f"Redis cannot refuse these either, which need no other commands; the role {role} of bulltui does: "
            f"{', '.join(beside)}."
        )
    if wanted.globs:
        notes.append(
            "Queues outside are not read, and children and parents there are left alone. A name may go on behind a "
            "colon: `mail` includes `mail:eu`."
        )
        if any("*" in glob[:-1] for glob in wanted.globs):
            notes.append("A * that is not last may also fit parts of the keys of other queues, such as ids of jobs.")
    if wanted.way:
        of_sentinels = "; the sentinels have users of their own" if wanted.way == SENTINEL else ""
        notes.append(f"A user is known to one server: give the line to each of them{of_sentinels}.")
    notes.append("SCAN and DBSIZE tell names and number of all keys of the database, whatever the patterns.")
    if not modern:
        notes.append(
            "Redis 6 has no patterns for reading only: what is written is decided by the commands, and scripts are "
            "allowed in the form that may write."
        )
    return notes


def quoted(word: str) -> str:
    """A word as it is typed at a prompt: in quotation marks where it has signs that mean something there."""
    if word and not any(sign in "\"'\\#;" or sign.isspace() or not sign.isprintable() for sign in word):
        return word
    out = "".join(f"\\{sign}" if sign in '"\\' else sign if sign.isprintable() else _escaped(sign) for sign in word)
    return f'"{out}"'


def _escaped(sign: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in sign.encode("utf-8", "surrogateescape"))
