"""The first words on a new connection: who we are, in which version of RESP, and our name."""

import asyncio
from collections.abc import Awaitable, Callable
from weakref import WeakKeyDictionary

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import AuthenticationError, InvalidResponse, RedisError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bulltui.store.credentials import CommandPassword, Refusals

CLIENT_NAME = "bulltui"

Greet = Callable[[AbstractConnection], Awaitable[None]]


class GreetingError(ResponseError):
    """A refusal at connecting. Unlike the library's own errors it is no lost connection, and so is not tried again: a
    wrong password is sent once."""


class OldWordError(RedisConnectionError):
    """A word that a command said some time ago was refused. Connecting once more asks the command anew."""


class Greeting:
    """`greet` is what redis-py calls for each new connection. `then` are further looks, in the time for connecting."""

    def __init__(self, password: CommandPassword | None = None, *then: Greet) -> None:
        self._password = password
        self._then = then
        self._words: WeakKeyDictionary[AbstractConnection, tuple[int, bool]] = WeakKeyDictionary()
        self._refusals = Refusals()

    async def before(self, connection: AbstractConnection) -> None:
        """What is done before a connection is made: a command for a password takes its own time. Raises the last
        refusal while it is fresh, and ToldError where there is no password."""
        self._refusals.check()
        if self._password is not None:
            is_new = await self._password.ready()
            number = self._password.number
            if is_new or self._words.get(connection, (0, True))[0] != number:
                self._words[connection] = (number, is_new)

    async def greet(self, connection: AbstractConnection) -> None:
        """Says hello and names the connection, within the time for connecting: redis-py counts only the TCP part."""
        try:
            await self._timed(connection)
        except AuthenticationError as error:
            number, is_new = self._words.pop(connection, (0, True))
            if self._password is not None:
                self._password.forget(number)
            if not is_new:
                raise OldWordError(str(error), status_code=error.status_code) from None
            refusal = GreetingError(str(error), status_code=error.status_code)
            self._refusals.refused(refusal)
            raise refusal from None
        self._words.pop(connection, None)
        self._refusals.welcome()

    async def _timed(self, connection: AbstractConnection) -> None:
        try:
            async with asyncio.timeout(connection.socket_connect_timeout):
                await _hello(connection)
                for look in self._then:
                    await look(connection)
        except TimeoutError:
            raise RedisTimeoutError("no answer to the greeting") from None
        except (RedisError, OSError):
            raise
        except Exception as error:  # redis-py takes for granted that what answers is a Redis
            raise InvalidResponse(f"an answer that no Redis gives: {type(error).__name__}") from None


async def _hello(connection: AbstractConnection) -> None:
    """RESP2 where a server or a user's rights do not allow RESP3. The name is a courtesy: users without the right to
    CLIENT SETNAME work all the same."""
    try:
        await connection.on_connect()
    except ResponseError as error:
        if not _about_hello(str(error)):
            raise
        connection.protocol = 2
        await connection.on_connect()
    try:
        await connection.send_command("CLIENT", "SETNAME", CLIENT_NAME, check_health=False)
        await connection.read_response()
    except ResponseError:
        pass


def _about_hello(text: str) -> bool:
    lowered = text.lower()
    return "noproto" in lowered or "hello" in lowered or "unknown command" in lowered
