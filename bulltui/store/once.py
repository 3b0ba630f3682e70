"""How a command that changes something is sent: once, or not at all.

A client that tries again by itself would do a thing twice whose answer was lost, so the connection is used here without
the client's retries. Until the first byte is written every error is the usual one; from then on a lost connection means
that nobody knows.
"""

import asyncio
from typing import Any

from hiredis import pack_command
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    RedisError,
    ResponseError,
)

from bulltui.domain.orders import LostAnswerError
from bulltui.store.errors import explained
from bulltui.store.links import LinkPool

ANSWERED = (ResponseError, AuthenticationError, AuthorizationError, BusyLoadingError)
"""What the server said, rather than a lost connection: redis-py makes some answers connection errors."""

_ASKING = b"*1\r\n$6\r\nASKING\r\n"


async def send_once(
    pool: ConnectionPool,
    address: str,
    words: tuple[bytes | str | int, ...],
    timeout_s: float,
    *,
    asking: bool = False,
) -> Any:
    """One command over a connection of `pool`, never sent a second time; with `asking` a node of a Cluster is told that
    the key may be on its way to it. Raises BulltuiError where no connection was to
    be had (nothing was sent), LostAnswerError where it was sent and no answer came, redis-py's errors for answers."""
    if isinstance(pool, LinkPool):
        await pool.before_change()
    with explained(address):  # a connection that was closed meanwhile is made anew here
        connection = await pool.get_connection()  # type: ignore[no-untyped-call]
    patience = connection.socket_timeout
    connection.socket_timeout = None  # that of a refresh; one time holds for the whole call
    whole, asked = False, not asking
    try:
        packed = pack_command(words)  # type: ignore[arg-type]  # its types forget that a tuple has many
        async with asyncio.timeout(timeout_s):
            await connection.send_packed_command([_ASKING, packed] if asking else [packed], check_health=False)
            if asking:
                await connection.read_response()
                asked = True
            reply = await connection.read_response()
        whole = True
        return reply
    except ANSWERED:
        whole = asked  # where ASKING is refused, what was asked is answered as well
        raise
    except (RedisError, OSError, ValueError) as error:
        raise _lost(error, address) from error
    finally:
        connection.socket_timeout = patience
        await asyncio.shield(_give_back(pool, connection, whole=whole))


async def _give_back(pool: ConnectionPool, connection: AbstractConnection, *, whole: bool) -> None:
    """An answer that comes too late must not be taken for that of the next call."""
    if not whole:
        await connection.disconnect(nowait=True)
    await pool.release(connection)


def _lost(error: BaseException, address: str) -> LostAnswerError:
    slow = isinstance(error, TimeoutError)
    what = f"{address} did not answer in time" if slow else f"The connection to {address} was lost"
    return LostAnswerError(
        f"{what} after the change was sent: it may or may not have been made.",
        hint="Look at the queue before doing it again; the change is not repeated by itself.",
        code="lost-answer",
    )
