"""What the server says of itself and of the connected user's rights."""

from time import perf_counter

from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.reads import Latency, Rights
from bulltui.domain.server import ServerInfo
from bulltui.domain.text import exact
from bulltui.store.calls import Calls
from bulltui.store.errors import about_keys


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
        await calls.execute("PING")
        times.append((perf_counter() - started) * 1000)
    ordered = sorted(times)
    return Latency(ordered[0], ordered[len(ordered) // 2], ordered[-1], tuple(times))


_PROBE = "bulltui-probe:none:"
"""A key that nothing has. A user limited to some keys is asked about these by `prefix`."""


async def read_rights(calls: Calls, prefix: str) -> Rights:
    """See `ServerReader.rights`: each command that reading uses is sent once for a key that does not exist."""
    name = f"{prefix}:{_PROBE}"
    probes: dict[str, tuple[str | int, ...]] = {
        "SCAN": ("SCAN", 0, "MATCH", name, "COUNT", 1),
        "TYPE": ("TYPE", name),
        "EXISTS": ("EXISTS", name),
        "GET": ("GET", name),
        "PTTL": ("PTTL", name),
        "LLEN": ("LLEN", name),
        "LINDEX": ("LINDEX", name, 0),
        "LRANGE": ("LRANGE", name, 0, 0),
        "LPOS": ("LPOS", name, "x"),
        "ZCARD": ("ZCARD", name),
        "ZCOUNT": ("ZCOUNT", name, 0, 0),
        "ZRANGE": ("ZRANGE", name, 0, 0),
        "ZRANK": ("ZRANK", name, "x"),
        "ZREVRANK": ("ZREVRANK", name, "x"),
        "ZREVRANGE": ("ZREVRANGE", name, 0, 0),
        "ZRANGEBYSCORE": ("ZRANGEBYSCORE", name, 0, 0),
        "ZSCORE": ("ZSCORE", name, "x"),
        "HGET": ("HGET", name, "x"),
        "HMGET": ("HMGET", name, "x"),
        "HKEYS": ("HKEYS", name),
        "HLEN": ("HLEN", name),
        "HSTRLEN": ("HSTRLEN", name, "x"),
        "HSCAN": ("HSCAN", name, 0),
        "SCARD": ("SCARD", name),
        "SSCAN": ("SSCAN", name, 0),
        "SISMEMBER": ("SISMEMBER", name, "x"),
        "XRANGE": ("XRANGE", name, "-", "+", "COUNT", 1),
        "XREVRANGE": ("XREVRANGE", name, "+", "-", "COUNT", 1),
        "XREAD": ("XREAD", "COUNT", 1, "STREAMS", name, "$"),
        "XINFO": ("XINFO", "STREAM", name),
        "TIME": ("TIME",),
        "INFO": ("INFO", "server"),
        "CLIENT LIST": ("CLIENT", "LIST", "ID", 0),
        "EVAL_RO": ("EVAL_RO", "return 1", 0),
    }
    missing: list[str] = []
    keys = True
    for command, words in probes.items():
        try:
            await calls.execute(*words)
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
