"""What the server says of itself and of the connected user's rights."""

from dataclasses import replace
from time import perf_counter

from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.reads import Latency, Rights
from bulltui.domain.server import ServerInfo
from bulltui.domain.text import exact
from bulltui.store.calls import Calls
from bulltui.store.errors import about_keys
from bulltui.store.info import parse_info, server_of
from bulltui.store.links import role_seen
from bulltui.store.rights import PROBES


async def read_server(calls: Calls) -> ServerInfo:
    """See `ServerReader.server`. Raises NotAllowedError where INFO is not allowed."""
    members = await calls.members()
    if members:
        from bulltui.store.cluster_info import read_cluster  # noqa: PLC0415 - few servers are a Cluster

        found = await read_cluster(members)
    else:
        found = server_of(parse_info(exact(await calls.execute("INFO"))), calls.database)
        role_seen(calls.client, found.role)
    return replace(found, user=await _user(calls), protocol=calls.protocol, tls=calls.is_encrypted)


async def _user(calls: Calls) -> str:
    """The name of our user, empty where that is not told."""
    try:
        return exact(await calls.execute("ACL", "WHOAMI"))
    except BulltuiError as error:
        if error.code not in ("server-error", "no-permission"):
            raise
        return ""


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
