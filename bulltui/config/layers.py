"""Who says what: flags, then the environment, then a profile, then the defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bulltui.config.keys import BY_NAME, KEYS, Key, from_words
from bulltui.config.profiles import Configuration, Profile
from bulltui.config.roles import narrowed, role_named
from bulltui.config.settings import prefixes_from
from bulltui.domain.address import address_of
from bulltui.domain.errors import UsageError

FLAG, NAMED, ENVIRONMENT, PROFILE, SHARED = range(5)
"""How much a word weighs, the most first; `NAMED` is that of a profile that the command line names where it says which
server, `SHARED` that of REDIS_URL, which is there for other programs too."""

NOT_BY_ENVIRONMENT = frozenset(("tunnel", "ssh", "password_command"))
"""What is run stands in the file, where it is seen, and nowhere else."""

FLAGS: Mapping[str, str] = {"prefix": "--prefix", "queues": "--queue"}
"""What the command line calls keys, where it is not `--KEY`."""

_TLS = frozenset(("ca", "cert", "key", "server_name", "insecure"))
_ANYWHERE = frozenset(("ca", "insecure"))
"""What `[defaults]` say of servers that holds without a profile too: nothing that says who we are."""
_EITHER = (("password", "password_command"), ("tunnel", "ssh"))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What holds for a key and where it was said: a flag, a variable, or a line of the configuration."""

    key: Key
    value: Any
    source: str
    weight: int


def layered(
    flags: Mapping[str, object],
    environment: Mapping[str, str],
    configuration: Configuration,
    profile: Profile,
    *,
    named: bool,
) -> dict[str, Chosen]:
    """What holds for each key of which anyone says something. `flags` are by the names of keys; with `named` the
    command line names the profile. What belongs to the server of a profile goes with its URL: no other one is told its
    password. Raises UsageError."""
    found: dict[str, Chosen] = {}
    for key in KEYS:
        said = [one for one in (_flag(key, flags), _variable(key, environment), _file(key, profile, named)) if one]
        if said:
            found[key.name] = _together(key, sorted(said, key=lambda one: one.weight))
    if "url" not in found and environment.get("REDIS_URL"):
        found["url"] = Chosen(BY_NAME["url"], environment["REDIS_URL"], "REDIS_URL", SHARED)
    _only_with_its_server(found, profile)
    _tls_only_with_tls(found, profile)
    for pair in _EITHER:
        one, other = (found.get(name) for name in pair)
        if one and other:
            del found[pair[0] if one.weight > other.weight else pair[1]]
    _password_of_the_url(found)
    _role(found, configuration, profile)
    if "prefix" in found:
        found["prefix"] = _with(found["prefix"], prefixes_from(found["prefix"].value))
    return found


def _flag(key: Key, flags: Mapping[str, object]) -> Chosen | None:
    if key.name not in flags:
        return None
    name = FLAGS.get(key.name, f"--{key.name.replace('_', '-')}")
    value = flags[key.name]
    try:
        return Chosen(key, value if isinstance(value, tuple) else key.read(value), name, FLAG)
    except (TypeError, ValueError):
        raise UsageError(f"{name} has to be {key.expected}.") from None


def _variable(key: Key, environment: Mapping[str, str]) -> Chosen | None:
    words = environment.get(key.variable, "")
    if not words.strip() or key.name in NOT_BY_ENVIRONMENT:
        return None
    try:
        return Chosen(key, from_words(key, words), key.variable, ENVIRONMENT)
    except (TypeError, ValueError):
        raise UsageError(
            f"{key.variable} has to be {key.expected}.", hint=f"Set it so, or leave out {key.variable}.", code="config"
        ) from None


def _file(key: Key, profile: Profile, named: bool) -> Chosen | None:
    if key.name not in profile.values:
        return None
    weight = NAMED if named and key.of_server else PROFILE
    return Chosen(key, profile.values[key.name], profile.places.get(key.name, ""), weight)


def _together(key: Key, said: list[Chosen]) -> Chosen:
    """What holds where several say something: the first, except for what nobody is to take back."""
    if key.name == "read_only":
        return next((one for one in said if one.value), said[0])
    if key.name == "history":
        return next((one for one in said if not one.value), said[0])
    if key.name == "redact":
        every = tuple(dict.fromkeys(text for one in said for text in one.value))
        return Chosen(key, every, ", ".join(one.source for one in said), said[0].weight)
    return said[0]


def _only_with_its_server(found: dict[str, Chosen], profile: Profile) -> None:
    """What the file says of a server is not said to another one that a flag or the environment names."""
    url = found.get("url")
    if not profile.name:
        kept = _ANYWHERE
    elif "url" in profile.values and url is not None and url.weight not in (NAMED, PROFILE):
        kept = frozenset()
    else:
        return
    for name in [name for name, one in found.items() if one.key.of_server and one.weight in (NAMED, PROFILE)]:
        if name not in kept:
            del found[name]


def _tls_only_with_tls(found: dict[str, Chosen], profile: Profile) -> None:
    """What all profiles share of TLS is not meant for those without it."""
    if "url" in found and not address_of(found["url"].value.strip()).scheme.lower().startswith("rediss"):
        for name in _TLS & profile.shared & found.keys():
            if found[name].weight in (NAMED, PROFILE):
                del found[name]


def _password_of_the_url(found: dict[str, Chosen]) -> None:
    """Who we are by a URL goes before what weighs less than the URL."""
    url = found.get("url")
    if url is None:
        return
    parts = address_of(url.value.strip())
    for name, given in (("username", parts.user), ("password", parts.secret), ("password_command", parts.secret)):
        if given and name in found and found[name].weight > url.weight:
            del found[name]


def _role(found: dict[str, Chosen], configuration: Configuration, profile: Profile) -> None:
    chosen = found.get("role")
    if chosen is None or not isinstance(chosen.value, str):
        return
    role = role_named(chosen.value, configuration.roles, chosen.source)
    limit = profile.values.get("role")
    found["role"] = _with(chosen, role if limit is None else narrowed(role, limit))


def _with(chosen: Chosen, value: Any) -> Chosen:
    return Chosen(chosen.key, value, chosen.source, chosen.weight)
