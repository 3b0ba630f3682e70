"""Server addresses as they may be shown: without passwords. Any text is taken, also one that is no URL."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, unquote_plus

SENTINEL = "sentinel"
CLUSTER = "cluster"

URL_OPTIONS = frozenset(
    (
        "client_name",
        "db",
        "decode_responses",
        "encoding",
        "encoding_errors",
        "health_check_interval",
        "legacy_responses",
        "lib_name",
        "lib_version",
        "max_connections",
        "password",
        "protocol",
        "retry_on_error",
        "retry_on_timeout",
        "sentinel_password",
        "sentinel_username",
        "socket_connect_timeout",
        "socket_keepalive",
        "socket_read_size",
        "socket_timeout",
        "timeout",
        "username",
    )
)
"""What may stand behind the ? of a URL, besides what begins with `ssl_`."""

_SECRET = re.compile(r"pass|pwd|secret|token", re.IGNORECASE)
_HOST = r"(?:\[[0-9A-Fa-f:.%]*\]|[^\s\[\]:/,@]*)(?::[0-9]*)?"
_PLACE = re.compile(rf"{_HOST}(?:,{_HOST})*(?:/[^@]*)?")
_PORTS = {"": "6379", SENTINEL: "26379", CLUSTER: "6379"}


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of a URL as they are written. `secret` is the password, `hosts` the nodes with a comma between, `path`
    what stands behind them, with its `/`."""

    scheme: str
    user: str
    secret: str
    hosts: str
    path: str
    query: str

    @property
    def kind(self) -> str:
        """What stands behind the + of the scheme: `sentinel`, `cluster`, or nothing for one server."""
        return self.scheme.partition("+")[2].lower()

    @property
    def nodes(self) -> tuple[tuple[str, str], ...]:
        """Host and port of each node, `[` and `]` of the sixth version kept, the usual port where none is written."""
        usual = _PORTS.get(self.kind, "6379")
        return tuple(_node(text, usual) for text in self.hosts.split(",") if text)


def _node(text: str, usual: str) -> tuple[str, str]:
    if ":" not in text.rpartition("]")[2]:
        return text, usual
    host, _, port = text.rpartition(":")
    return host, port


def address_of(url: str) -> Address:
    """The parts of `url`. The last `@` ends the credentials, even where a password holds signs to be escaped."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        scheme, rest = "", url
    rest, _, query = _without_options(rest)
    if scheme.lower() == "unix" and rest.startswith("/"):
        return Address(scheme, "", "", "", rest.partition("#")[0], query)
    credentials, _, place = rest.rpartition("@")
    user, _, secret = credentials.partition(":")
    hosts, slash, path = place.partition("#")[0].partition("/")
    return Address(scheme, user, secret, hosts, slash + path, query.partition("#")[0])


def _without_options(rest: str) -> tuple[str, str, str]:
    """Divides at the `?` that begins the options. One within a password does not, which shows by what is behind it."""
    place, mark, query = rest.partition("?")
    if "@" not in query:
        return place, mark, query
    if _PLACE.fullmatch(place.rpartition("@")[2]) and _options_only(query):
        return place, mark, query
    credentials, at, place = rest.rpartition("@")
    place, mark, query = place.partition("?")
    return credentials + at + place, mark, query


def _options_only(query: str) -> bool:
    names = (pair.partition("=") for pair in query.split("&") if pair)
    return all(
        mark and (name in URL_OPTIONS or name.startswith("ssl_") or _SECRET.search(name)) for name, mark, _ in names
    )


def public_address(url: str) -> str:
    """`url` without password and options; the part before the last `@` of a URL that cannot be read is dropped.

    >>> public_address("rediss://ops:secret@cache:6380/2?ssl_cert_reqs=none")
    'rediss://ops@cache:6380/2'
    >>> public_address("redis+sentinel://:secret@one,two:26380/main/0?sentinel_password=other")
    'redis+sentinel://one,two:26380/main/0'
    """
    parts = address_of(url)
    if not parts.scheme and "://" not in url:
        return parts.hosts + parts.path
    user = f"{parts.user}@" if parts.user else ""
    return f"{parts.scheme}://{user}{parts.hosts}{parts.path}"


def secrets_of(url: str) -> tuple[str, ...]:
    """The passwords in `url`, as written and unescaped, for making sure that no text holds them: that of the
    credentials, and the value of any option whose name speaks of one."""
    parts = address_of(url)
    rough = url.partition("://")[2].rpartition("@")[0].partition(":")[2]
    found = [parts.secret, rough]
    for pair in re.split(r"[?&]", url.partition("?")[2]):
        name, _, value = pair.partition("=")
        if _SECRET.search(name):
            found += [value, value.partition("#")[0], unquote_plus(value)]
    found += [unquote(text) for text in found]
    return tuple(dict.fromkeys(text for text in found if text))


def without_secrets(text: str, url: str) -> str:
    """`text` with every password of `url` replaced."""
    for secret in sorted(secrets_of(url), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def server_of(url: str) -> str:
    """What is reached by `url`, the same text however the URL spells it, without user and secrets: host, port and
    database; of several nodes all, in the order of the alphabet, since one may be written before another.

    >>> server_of("rediss://ops:secret@Cache/2?ssl_cert_reqs=none"), server_of("redis://127.0.0.1?db=1")
    ('cache:6379/2', '127.0.0.1:6379/1')
    >>> server_of("redis+sentinel://two,one:26380/main"), server_of("redis+cluster://one:7000")
    ('one:26380,two:26379/main/0', 'one:7000/cluster')
    """
    parts = address_of(url)
    given = parse_qs(parts.query).get("db", [""])[0]
    number = given if given.isascii() and given.isdigit() else ""
    if parts.scheme == "unix":
        return f"/{parts.path.removeprefix('/')} {number or 0}"
    nodes = sorted({_spelt(host, port) for host, port in parts.nodes}) or [_spelt("", "6379")]
    if parts.kind == CLUSTER:
        return f"{','.join(nodes)}/cluster"
    if parts.kind == SENTINEL:
        master, _, database = parts.path.strip("/").partition("/")
        return f"{','.join(nodes)}/{unquote(master)}/{number or database or 0}"
    return f"{nodes[0]}/{number or parts.path.strip('/') or 0}"


def _spelt(host: str, port: str) -> str:
    lowered = host.lower()
    return f"{'127.0.0.1' if lowered == 'localhost' else lowered}:{port}"
