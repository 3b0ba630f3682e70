"""URLs as connections take them: every option known and in its range, or a sentence that says what is wrong."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit

from redis.asyncio.connection import parse_url

from bulltui.domain.address import CLUSTER, SENTINEL, URL_OPTIONS, Address, address_of, public_address
from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible

_SCHEMES = ("redis", "rediss", "unix")
_SEVERAL = tuple(f"{one}+{kind}" for kind in (SENTINEL, CLUSTER) for one in ("redis", "rediss"))
_FORM = "redis://USER:PASSWORD@HOST:PORT/DB"
_FORMS = {
    SENTINEL: "redis+sentinel://USER:PASSWORD@HOST:26379,HOST:26379/MASTER/DB?sentinel_password=PASSWORD",
    CLUSTER: "redis+cluster://USER:PASSWORD@HOST:PORT,HOST:PORT",
}

_TAKEN = frozenset(
    ("db", "username", "password", "protocol", "socket_timeout", "socket_connect_timeout", "socket_keepalive")
)
_OF_SENTINELS = frozenset(("sentinel_username", "sentinel_password"))
_TLS = "ssl_"
_PASSED_OVER = URL_OPTIONS - _TAKEN - _OF_SENTINELS
"""Options of redis-py that a URL shared with other programs may have, and that would change what this one relies on."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a URL says. `kind` is that of `Address`; `nodes` are hosts and ports, none of a socket; `arguments` are
    those of redis-py's connections, without host, port and credentials."""

    kind: str
    tls: bool
    nodes: tuple[tuple[str, int], ...]
    master: str
    arguments: dict[str, Any]
    username: str = ""
    password: str = field(default="", repr=False)
    sentinel_username: str = ""
    sentinel_password: str = field(default="", repr=False)


def is_cluster(url: str) -> bool:
    """Whether `url` names nodes of a Redis Cluster."""
    return address_of(url.strip()).kind == CLUSTER


def shown_address(url: str) -> str:
    """`url` as it may stand in a sentence: without secrets, harmless, of bounded length."""
    address = visible(public_address(url.strip()))
    return address if len(address) <= 200 else address[:199] + "…"


def node_url(url: str, host: str, port: int) -> str:
    """The URL of one node of those that `url` leads to, with its credentials and options."""
    parts = address_of(url.strip())
    user = f"{parts.user}:{parts.secret}@" if parts.user or parts.secret else ""
    name = f"[{host}]" if ":" in host else host
    pairs = [(key, value) for key, value in parse_qsl(parts.query) if key not in _OF_SENTINELS]
    options = f"?{urlencode(pairs)}" if pairs else ""
    return f"{parts.scheme.partition('+')[0]}://{user}{name}:{port}{options}"


def read_url(url: str) -> Place:
    """What `url` says. Raises UsageError, never with a password in it."""
    url = url.strip()
    shown = shown_address(url)
    if any(sign.isspace() or not sign.isprintable() for sign in url):
        raise UsageError(f"The URL {shown} has a space or an invisible character in it.", hint="Write it as %20 etc.")
    parts = address_of(url)
    if "://" in url and parts.scheme.lower() in _SEVERAL:
        return _several(parts, shown)
    return _one(url, shown)


def _one(url: str, shown: str) -> Place:
    if "://" in url and len(address_of(url).nodes) > 1:
        raise UsageError(
            f"The URL {shown} names several hosts.", hint="Those are redis+sentinel:// or redis+cluster://."
        )
    try:
        parts = urlsplit(url)
        _ = parts.port
        options = parse_qs(parts.query)
    except ValueError as error:
        raise UsageError(f"The URL {shown} cannot be read: {_without_quotes(error)}.", hint=_FORM) from None
    if parts.scheme not in _SCHEMES or "://" not in url:
        raise UsageError(
            f"The URL {shown} does not begin with redis://, rediss:// or unix://.",
            hint=f"{_FORM}; of several nodes redis+sentinel:// or redis+cluster://, rediss+ for TLS.",
        )
    if parts.scheme == "unix" and not parts.path.strip("/"):
        raise UsageError(f"The URL {shown} names no socket.", hint="unix:///PATH/TO/SOCKET?db=0")
    database = parts.path.strip("/")
    if parts.scheme != "unix" and database and not _a_number(database):
        raise UsageError(
            f"The URL {shown} names a database that is no number.",
            hint="A database is a number, /0 to /15; a / in a password is written %2F.",
        )
    _check_options(options, shown, _TAKEN | _PASSED_OVER)
    arguments = _arguments(url, shown)
    host, port = arguments.pop("host", "localhost"), arguments.pop("port", 6379)
    username, password = arguments.pop("username", ""), arguments.pop("password", "")
    nodes = () if parts.scheme == "unix" else ((str(host), int(port)),)
    return Place("", parts.scheme == "rediss", nodes, "", arguments, str(username), str(password))


def _several(parts: Address, shown: str) -> Place:
    """Sentinels, or nodes of a Cluster."""
    form = _FORMS[parts.kind]
    try:
        options = parse_qs(parts.query)
    except ValueError as error:
        raise UsageError(f"The URL {shown} cannot be read: {_without_quotes(error)}.", hint=form) from None
    of_sentinels = _OF_SENTINELS if parts.kind == SENTINEL else frozenset()
    _check_options(options, shown, _TAKEN | _PASSED_OVER | of_sentinels)
    nodes = tuple(_node(host, port, shown, form) for host, port in parts.nodes)
    if not nodes:
        raise UsageError(f"The URL {shown} names no host.", hint=form)
    master, database = "", ""
    if parts.kind == SENTINEL:
        master, _, database = parts.path.strip("/").partition("/")
        if not master:
            raise UsageError(f"The URL {shown} does not say which master the sentinels are asked for.", hint=form)
    else:
        database = parts.path.strip("/")
    if database and not _a_number(database):
        raise UsageError(f"The URL {shown} names a database that is no number.", hint=form)
    scheme = parts.scheme.lower().partition("+")[0]
    others = [(name, value) for name, value in parse_qsl(parts.query) if name not in _OF_SENTINELS]
    arguments = _arguments(f"{scheme}://node/{database or 0}?{urlencode(others, quote_via=quote)}", shown)
    if parts.kind == CLUSTER and arguments.get("db"):
        raise UsageError(f"The URL {shown} names a database, of which a Redis Cluster has only 0.", hint=form)
    arguments.pop("host", None)
    username = arguments.pop("username", "") or unquote(parts.user)
    password = arguments.pop("password", "") or unquote(parts.secret)
    asked_as = {name: options.get(name, [""])[0] for name in _OF_SENTINELS}
    return Place(
        parts.kind, scheme == "rediss", nodes, unquote(master), arguments, str(username), str(password), **asked_as
    )


def _a_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _node(host: str, port: str, shown: str, form: str) -> tuple[str, int]:
    name = unquote(host).lower()
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    if not name or any(sign in name for sign in "[]") or (":" in name and not host.startswith("[")):
        raise UsageError(f"The URL {shown} has a node without a host that can be read.", hint=form)
    if not _a_number(port) or not 0 < int(port) < 65536:
        raise UsageError(f"The URL {shown} has a node with a port that is none.", hint=form)
    return name, int(port)


def _check_options(options: dict[str, list[str]], shown: str, known: frozenset[str]) -> None:
    for name in options:
        if name not in known and not name.startswith(_TLS):
            raise UsageError(
                f"The URL {shown} has an option that is not known: {visible(name[:40])}.",
                hint="Known are " + ", ".join(sorted(known - _PASSED_OVER)) + " and those beginning with ssl_.",
            )


def _arguments(url: str, shown: str) -> dict[str, Any]:
    try:
        arguments = dict(parse_url(url))
    except ValueError as error:
        raise UsageError(f"The URL {shown} cannot be read: {_without_quotes(error)}", hint=_FORM) from None
    arguments.pop("connection_class", None)
    taken = {name: value for name, value in arguments.items() if name not in _PASSED_OVER}
    _check_numbers(taken, shown)
    return taken


def _without_quotes(error: ValueError) -> str:
    """The reason only: what is quoted of the URL may be a part of a password."""
    return re.sub(r"'.*'|\".*\"|: .*", "…", visible(str(error)))


def _check_numbers(arguments: dict[str, Any], shown: str) -> None:
    if arguments.get("protocol", 3) not in (2, 3):
        raise UsageError(f"The URL {shown} asks for an unknown protocol.", hint="protocol is 2 or 3.")
    for name in ("socket_timeout", "socket_connect_timeout"):
        seconds = arguments.get(name, 1.0)
        if not 0 < seconds < 3600:
            raise UsageError(f"The URL {shown} has a {name} that is no time.", hint="It is in seconds, like 2.5.")
