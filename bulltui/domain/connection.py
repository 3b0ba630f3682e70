"""How a server is reached, whatever stands between."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tls:
    """How a server proves who it is, and we to it. Paths of PEM files; empty: the system's certificates, none of ours.
    `server_name` is what the certificate is held against where it is not the host of the URL, as behind a tunnel.
    `insecure`: the certificate is not looked at, which every screen says."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    server_name: str = ""
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """A server and the way to it.

    `url` is redis://, rediss:// or unix://; redis+sentinel:// and redis+cluster:// (`rediss+` for TLS) name several
    nodes. `username` and `password` go before those of the URL; `password_command` is run, without a shell, for a
    password whenever one is needed. `tunnel` is a command, without a shell, whose words may hold `{port}` (a free port
    of this machine, which is connected to in place of the URL's), `{host}` and `{target_port}` (those of the URL).
    `replica`: reads go to replicas where there are any; changes never do. `label` names the server among several, and
    `shown` is what the server is called in place of its URL, where that leads to a tunnel.
    Times in seconds: for one attempt to connect, one read, one call that changes something, one look of a search.
    """

    url: str = field(repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    password_command: tuple[str, ...] = ()
    tls: Tls = Tls()
    tunnel: tuple[str, ...] = ()
    replica: bool = False
    label: str = ""
    connect_timeout_s: float = 1.3
    timeout_s: float = 2.0
    action_timeout_s: float = 10.0
    search_timeout_s: float = 5.0
    shown: str = ""
