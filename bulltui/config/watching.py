"""What a run is told of watching: `[history]`, `[metrics]` and `[alerts]`."""

from dataclasses import dataclass, field

from bulltui.domain.alert import Rule
from bulltui.domain.errors import UsageError


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """Whether and where the history of queues is kept. `source` is `local` or `prometheus`, and then `url` leads to it,
    with a user and password, or a token; `match` are matchers of labels that tell our series from others. `max_mb`
    bounds the file of a server. `events`: the events of queues are followed for exact numbers and durations, else flows
    follow from counts. `missing` is why it cannot be had here."""

    enabled: bool = True
    source: str = "local"
    url: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    ca: str = ""
    match: str = ""
    max_mb: int = 1500
    events: bool = True
    missing: tuple[UsageError, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """The endpoint for Prometheus: nobody listens without a `port` (0: any free one). `compat` names families of other
    exporters that are told as well. `named`: the command line says the port, and not a file for many runs. `missing`:
    as in `Watching`, of these."""

    port: int | None = None
    host: str = "127.0.0.1"
    username: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    cert: str = ""
    key: str = ""
    compat: tuple[str, ...] = ()
    named: bool = False
    missing: tuple[UsageError, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """A way of delivery. `kind` is `terminal`, `command`, `webhook` or `apprise`; `argv` is the command, `url` where a
    webhook or Apprise sends to, `secret` signs what a webhook sends. `title` and `body` are templates, empty for ours.
    `per_minute` bounds how many messages are sent, and what would be more is told together."""

    name: str
    kind: str
    url: str = field(default="", repr=False)
    argv: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    title: str = ""
    body: str = ""
    severities: tuple[str, ...] = ()
    timeout_s: float = 10.0
    per_minute: int = 10


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """What is watched for, and who is told. `built_in`: our own rules are among them, unless one of the same name
    stands for it or it is `off` (`config.alerts.rules_of`). `missing` is why rules and ways of the file cannot be had
    here."""

    rules: tuple[Rule, ...] = ()
    ways: tuple[Way, ...] = ()
    built_in: bool = True
    group_s: float = 10.0
    off: tuple[str, ...] = ()
    missing: tuple[UsageError, ...] = ()


@dataclass(frozen=True, slots=True)
class Watching:
    """All of it. `missing` says what cannot be used here, as the environment lacks a variable: whoever needs it raises
    that, and nobody else."""

    history: HistorySettings = HistorySettings()
    metrics: MetricsSettings = MetricsSettings()
    alerts: AlertSettings = AlertSettings()
    missing: tuple[UsageError, ...] = ()
