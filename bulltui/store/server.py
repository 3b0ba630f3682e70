"""What the server says of itself and of the connected user's rights."""

from time import perf_counter

from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.reads import Latency, Rights
from bulltui.domain.server import ServerInfo
from bulltui.domain.text import exact
from bulltui.store.calls import Calls
from bulltui.store.errors import about_keys
from bulltui.store.rights import PROBES


def parse_info(text: str) -> dict[str, str]:
    """The fields of INFO."""
    pairs = (line.partition(":") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


async def read_server(calls: Calls) -> ServerInfo:
    """See `ServerReader.server`. Raises NotAllowedError where INFO is not allowed."""
    info = parse_info(exact(await calls.execute("INFO")))
    version, software = info.get("redis_version", ""), "redis"
    for name in ("valkey", "dragonfly", "keydb"):
        if f"{name}_version" in info:
            software, version = name, info[f"{name}_version"].removeprefix("df-v")
    if info.get("server_name") == "valkey" and software == "redis":
        software = "valkey"
    # A database without keys has no line.
    database = info.get(f"db{calls.database}", "keys=0")
    keys = _number(dict(part.partition("=")[::2] for part in database.split(",")).get("keys"))
    try:
        user = exact(await calls.execute("ACL", "WHOAMI"))
    except BulltuiError as error:
        if error.code not in ("server-error", "no-permission"):
            raise
        user = ""
    return ServerInfo(
        software=software,
        version=version,
        mode=info.get("server_mode") or info.get("redis_mode", ""),
        role=info.get("role", ""),
        memory_policy=info.get("maxmemory_policy", ""),
        used_memory=_number(info.get("used_memory")),
        max_memory=_number(info.get("maxmemory")),
        clients=_number(info.get("connected_clients")),
        uptime_s=_number(info.get("uptime_in_seconds")),
        keys=keys,
        user=user,
        protocol=calls.protocol,
    )


async def read_latency(calls: Calls, samples: int) -> Latency:
    """See `ServerReader.latency`."""
    times: list[float] = []
    for _ in range(max(1, samples)):
        started = perf_counter()
        await calls.execute("PING", probe=True)
        times.append((perf_counter() - started) * 1000)
    ordered = sorted(times)
    return Latency(ordered[0], ordered[len(ordered) // 2], ordered[-1], tuple(times))


_PROBE = "bulltui-probe:none:"
"""A key that nothing has. A user limited to some keys is asked about these by `prefix`."""


async def read_rights(calls: Calls, prefix: str) -> Rights:
    """See `ServerReader.rights`: each command that reading uses is sent once for a key that does not exist."""
    name = f"{prefix}:{_PROBE}"
    missing: list[str] = []
    keys = True
    for command, words in PROBES.items():
        try:
            await calls.execute(*(name if word == "{key}" else word for word in words))
        except NotAllowedError as error:
            if about_keys(error.message):
                keys = False
            else:
                missing.append(command)
        except BulltuiError as error:
            if error.code != "server-error":
                raise
    try:
        user = exact(await calls.execute("ACL", "WHOAMI"))
    except BulltuiError:
        user = ""
    return Rights(user, tuple(missing), keys)
