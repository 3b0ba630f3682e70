"""The keys of a profile: what each is for, what it has to be, and how it is read."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bulltui.config.ssh import ssh_tunnel
from bulltui.config.toml_values import flag, text, texts
from bulltui.domain.layout import Layout
from bulltui.domain.redaction import rules_of

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Key:
    """A key. `field` is that of `Settings`; `expected` says what a value has to be, `about` what it is for; `read`
    makes the value or raises TypeError or ValueError. `of_server`: it belongs to one server, and so neither to all
    profiles nor to a URL of somewhere else. `secret`: it is never shown."""

    name: str
    field: str
    expected: str
    about: str
    read: Callable[[Any], Any]
    of_server: bool = False
    secret: bool = False

    def divided(self, value: object) -> object:
        """The words of a command, before variables are put into them: what stands in one stays one word. Raises
        ValueError."""
        return shlex.split(value) if self.read is _argv and isinstance(value, str) else value

    @property
    def variable(self) -> str:
        """What the environment calls it."""
        return f"BULLTUI_{self.name.upper()}"


def _argv(value: object) -> tuple[str, ...]:
    """A command as words: a list, or a text divided as a shell would, which is never asked."""
    words = texts(value if isinstance(value, list) else shlex.split(text(value)))
    if not words:
        raise ValueError
    return words


def _ssh(value: object) -> str:
    ssh_tunnel(place := text(value))
    return place


def _rules(value: object) -> tuple[str, ...]:
    return tuple(one for one in texts(value) if rules_of(one))


def _layout(value: object) -> Layout:
    layout = Layout(text(value))
    if layout in (Layout.BULL, Layout.UNKNOWN):
        raise ValueError
    return layout


def _between(least: float, most: float, *, off: bool = False) -> Callable[[Any], float]:
    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError
        if not (least <= value <= most or (off and value == 0)):
            raise ValueError
        return float(value)

    return read


def _bytes(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1024 * 1024:
        raise TypeError
    return value * _MB


def _file(value: object) -> str:
    return str(Path(text(value)).expanduser())


def _time(name: str, field: str, least: float, most: float, about: str) -> Key:
    return Key(name, field, f"a number of seconds from {least:g} to {most:g}", about, _between(least, most))


_A_FLAG = "true or false"
_TEXT = "a text"
_TEXTS = "a text or a list of texts"
_COMMAND = "a command: a text, or a list of its words"
_MBS = "a whole number of MB"
_FILE = "the path of a PEM file"

KEYS = (
    Key(
        "url",
        "url",
        "a text, redis://, rediss:// or unix://",
        "where the server is; `redis+sentinel://` and `redis+cluster://` too",
        text,
        of_server=True,
    ),
    Key("username", "username", _TEXT, "the Redis user, in place of the URL's", text, of_server=True),
    Key(
        "password",
        "password",
        _TEXT,
        "its password, in place of the URL's; better as `${NAME}`, or said by `password_command`",
        text,
        of_server=True,
        secret=True,
    ),
    Key(
        "password_command",
        "password_command",
        _COMMAND,
        "a command, run without a shell, whose first line of output is the password",
        _argv,
        of_server=True,
    ),
    Key("ca", "ca", _FILE, "the certificates of a private CA", _file, of_server=True),
    Key("cert", "cert", _FILE, "our own certificate, where the server wants one", _file, of_server=True),
    Key("key", "key", _FILE, "the key of `cert`", _file, of_server=True),
    Key(
        "server_name",
        "server_name",
        _TEXT,
        "the name in the server's certificate, where it is not the URL's host",
        text,
        of_server=True,
    ),
    Key(
        "insecure",
        "insecure",
        _A_FLAG,
        "the server's certificate is not looked at, which the screen says",
        flag,
        of_server=True,
    ),
    Key(
        "tunnel",
        "tunnel",
        _COMMAND,
        "a command, run without a shell, that leads from `{port}` of this machine to the server; `{host}` and "
        "`{target_port}` are the URL's",
        _argv,
        of_server=True,
    ),
    Key(
        "ssh",
        "ssh",
        "a text, USER@HOST or USER@HOST:PORT",
        "in place of `tunnel`: `ssh` over this host, with your keys; it never asks",
        _ssh,
        of_server=True,
    ),
    Key("replica", "replica", _A_FLAG, "reads go to replicas, where there are any", flag),
    Key("prefix", "prefixes", _TEXTS, "BullMQ's key prefixes; `auto` finds them", texts),
    Key("queues", "queues", _TEXTS, "only queues that fit one of these globs; `!GLOB` leaves out", texts),
    Key("read_only", "read_only", _A_FLAG, "every change is refused", flag),
    Key("role", "role", _TEXT, "what may be done: viewer, operator, admin, or one of `[roles]`", text),
    Key("production", "production", _A_FLAG, "confirmations look different", flag),
    Key("require_reason", "require_reason", _A_FLAG, "no change without `--reason`", flag),
    Key("redact", "redact", _TEXTS, "values of payloads that are never shown nor written down", _rules),
    Key("audit_payloads", "audit_payloads", _A_FLAG, "names, data and options of jobs may be in the audit", flag),
    Key("history", "history", _A_FLAG, "searches are remembered from one run to the next", flag),
    Key("layout", "layout", "one of v3, v4, v5, v6", "which BullMQ serves queues that do not tell", _layout),
    Key("theme", "theme", _TEXT, "colours of the screen, such as dark or light", text),
    _time("refresh", "refresh_s", 0.2, 3600, "how often it reads"),
    Key(
        "cache",
        "cache_s",
        "a number of seconds from 10 to 30, or 0 to read all at each refresh",
        "how old counts of queues that nobody looks at may get",
        _between(10, 30, off=True),
    ),
    _time("timeout", "refresh_timeout_s", 0.1, 60, "how long one read may take"),
    _time("connect_timeout", "connect_timeout_s", 0.1, 60, "how long one attempt to connect may take"),
    _time("action_timeout", "action_timeout_s", 0.5, 600, "how long one call that changes something may take"),
    _time("search_timeout", "search_timeout_s", 0.5, 600, "how long one look of a search may take"),
    _time("discovery", "discovery_s", 5, 3600, "how often it looks for new queues"),
    Key("undo_limit_mb", "undo_limit", _MBS, "what is saved at most so that one action can be undone", _bytes),
    Key(
        "undo_total_mb",
        "undo_total",
        _MBS,
        "what is kept at most so that actions can be undone, of all of them",
        _bytes,
    ),
)
BY_NAME: Mapping[str, Key] = {key.name: key for key in KEYS}


def from_words(key: Key, words: str) -> Any:
    """The value of a key that the environment has as a text. Raises TypeError or ValueError."""
    lowered = words.strip().lower()
    if key.read is flag:
        if lowered not in _TRUE | _FALSE:
            raise ValueError
        return lowered in _TRUE
    if key.read in (texts, _rules):
        return key.read([word for word in (part.strip() for part in words.split(",")) if word])
    try:
        return key.read(words)
    except TypeError:
        number = float(words)
        return key.read(int(number) if number.is_integer() else number)


_TRUE = frozenset(("1", "true", "yes", "on"))
_FALSE = frozenset(("0", "false", "no", "off"))
