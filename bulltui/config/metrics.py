"""`[metrics]`: the endpoint for Prometheus, and what the environment and the command line say of it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bulltui.config.keys import Key
from bulltui.config.tables import A_FILE, Around, Table, read_table
from bulltui.config.toml_values import text, texts
from bulltui.config.watching import MetricsSettings
from bulltui.domain.errors import UsageError
from bulltui.domain.metric import COMPAT
from bulltui.domain.secrets import know

MOST = 65_535
_COMPAT = ", ".join(family.value for family in COMPAT)


def _port(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    if not 0 <= value <= MOST:
        raise ValueError
    return value


def _compat(value: object) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(texts(value)))
    if not {family.value for family in COMPAT}.issuperset(found):
        raise ValueError
    return found


def _user(value: object) -> str:
    if ":" in (user := text(value)):  # it ends at the first colon, whoever asks
        raise ValueError
    return user


def _file(value: object) -> str:
    return str(Path(text(value)).expanduser())


KEYS: tuple[Key, ...] = (
    Key(
        "port",
        "port",
        f"a whole number from 0 to {MOST}",
        "Prometheus is answered on this port, by the screen and by `bulltui monitor`; 0 takes any that is free",
        _port,
    ),
    Key("host", "host", "a text", "at which address; 127.0.0.1 is this machine alone, 0.0.0.0 every one it has", text),
    Key("username", "username", "a text without a colon", "who may ask, with `password`", _user),
    Key("password", "password", "a text", "better as `${NAME}`", text, secret=True),
    Key("token", "token", "a text", "in place of both, a bearer token; better as `${NAME}`", text, secret=True),
    Key("cert", "cert", A_FILE, "our certificate: metrics are served by https:// then, with `key`", _file),
    Key("key", "key", A_FILE, "the key of `cert`, without a passphrase", _file),
    Key(
        "compat",
        "compat",
        f"some of {_COMPAT}",
        "names of other exporters that are told as well, for dashboards that go by them",
        _compat,
    ),
)

EXAMPLES: Mapping[str, str] = {
    "port": "2855",
    "host": '"127.0.0.1"',
    "username": '"prometheus"',
    "password": '"${METRICS_PASSWORD}"',
    "token": '"${METRICS_TOKEN}"',
    "cert": '"metrics.pem"',
    "key": '"metrics.key"',
    "compat": '["bull_exporter"]',
}
"""What each key may be, as TOML."""

_PASSWORD = {"username", "password"}
_HALVES = (("username", "password"), ("cert", "key"))


def metrics_from(table: object, around: Around) -> tuple[MetricsSettings, Table]:
    """What the table says, and what is wrong with it."""
    found = read_table(table, ("metrics",), KEYS, around)
    return MetricsSettings(**found.values, missing=found.missing), found


def layered_metrics(
    settings: MetricsSettings, flags: Mapping[str, object], environment: Mapping[str, str]
) -> MetricsSettings:
    """What holds with what the environment (`BULLTUI_METRICS_PORT` and so on) and the command line say. Who may ask by
    a token in one place is not asked for the password of another. Raises UsageError."""
    said: dict[str, Any] = {}
    for key in KEYS:
        name = variable(key)
        words = environment.get(name, "")
        if words.strip():
            said[key.field] = _read(key, words, name)
            if key.secret:
                know(said[key.field])
    if "token" in said and not _PASSWORD & said.keys():
        settings = replace(settings, username="", password="")
    elif _PASSWORD & said.keys() and "token" not in said:
        settings = replace(settings, token="")
    by_name = {key.name: key for key in KEYS}
    for name, value in flags.items():
        try:
            said[name] = by_name[name].read(value)
        except (TypeError, ValueError):
            raise UsageError(f"--metrics-{name} has to be {by_name[name].expected}.") from None
    return replace(settings, **said, named="port" in flags)


def variable(key: Key) -> str:
    """What the environment calls a key."""
    return f"BULLTUI_METRICS_{key.name.upper()}"


def checked(settings: MetricsSettings) -> MetricsSettings:
    """The settings, if an endpoint can be made of them as a whole: half a lock is none. Raises UsageError."""
    if settings.missing:
        raise settings.missing[0]
    if settings.token and (settings.username or settings.password):
        raise UsageError(
            "The metrics are kept by a token and by a password.",
            hint="Leave out one of both, in `[metrics]` or in BULLTUI_METRICS_TOKEN and _PASSWORD.",
            code="metrics-auth",
        )
    for pair in _HALVES:
        for one, other in (pair, pair[::-1]):
            if getattr(settings, one) and not getattr(settings, other):
                raise UsageError(
                    f"The metrics have a {one} and no {other}.",
                    hint=f"Give both or neither: `{other}` in `[metrics]`, or BULLTUI_METRICS_{other.upper()}.",
                    code="metrics-auth" if "password" in pair else "metrics-tls",
                )
    return settings


def _read(key: Key, words: str, name: str) -> Any:
    try:
        if key.read is _port:
            return _port(int(words))
        if key.read is _compat:
            return _compat([part.strip() for part in words.split(",") if part.strip()])
        return key.read(words)
    except (TypeError, ValueError):
        raise UsageError(
            f"{name} has to be {key.expected}.", hint=f"Set it so, or leave out {name}.", code="config"
        ) from None
