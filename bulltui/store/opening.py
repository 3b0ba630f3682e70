"""Ways to a server: which calls a connection's URL wants."""

from collections.abc import Callable
from dataclasses import replace

from redis.asyncio import Redis

from bulltui.domain.connection import Connection
from bulltui.domain.gate import Gate, OpenGate
from bulltui.store.calls import Calls
from bulltui.store.client import open_blocking_client, open_client, shown_address
from bulltui.store.urls import is_cluster


def open_calls(connection: Connection, gate: Gate | None = None) -> Calls:
    """The way to the server of `connection`; it connects on first use. Every call passes `gate`.

    Raises UsageError for what cannot be read in the URL or does not go with it.
    """
    gate = gate or OpenGate()
    if is_cluster(connection.url):
        from bulltui.store.cluster import ClusterCalls  # noqa: PLC0415 - few servers are one

        return ClusterCalls.open(connection, gate)
    calls = Calls(open_client(connection), connection.shown or shown_address(connection.url), gate, connection.label)
    calls.action_timeout_s = connection.action_timeout_s
    return calls


def open_blocking_calls(
    connection: Connection, gate: Gate | None = None, *, block_s: float, connected: Callable[[], None]
) -> Calls:
    """Calls over one connection to each server, for commands that may block up to `block_s` seconds; `connected` is
    called for each new one. Of a Cluster each node that is needed has one."""

    def client_of(one: Connection) -> Redis:
        return open_blocking_client(one, block_s=block_s, connected=connected)

    gate = gate or OpenGate()
    if is_cluster(connection.url):
        from bulltui.store.cluster import ClusterCalls  # noqa: PLC0415 - few servers are one

        return ClusterCalls.open(replace(connection, replica=False), gate, make=client_of)
    return Calls(client_of(connection), connection.shown or shown_address(connection.url), gate, connection.label)
