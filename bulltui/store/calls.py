"""How commands reach the server: by script where scripts are allowed, else by pipelines of the same commands.

Every answer is raw: bytes, ints and lists, an error within an answer as a `Refused`. One decoder serves both ways.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, NoScriptError, ResponseError

from bulltui.domain.errors import NotAllowedError
from bulltui.store.errors import explained
from bulltui.store.scripts import digest, source

Raw = Any
Command = tuple[bytes | str | int, ...]
"""A command whose second word is appended to a base key, e.g. `("LLEN", "wait")`."""

KEYS_A_CALL = 100
"""How many keys one batch goes over: about 3,000 commands, a few ms of the server."""

_ERROR = b"\x00!"


@dataclass(frozen=True, slots=True)
class Refused:
    """An error in place of one answer."""

    text: str

    @property
    def wrong_type(self) -> bool:
        """Whether the key has a foreign type."""
        return self.text.startswith("WRONGTYPE")


class ScriptsRefusedError(Exception):
    """The server or the user's rights do not allow scripts."""


class Calls:
    """The client with the ways to call it. `scripts_allowed` is None until the first script was tried."""

    def __init__(self, client: Redis, address: str) -> None:
        self.client = client
        self.address = address
        self.scripts_allowed: bool | None = None
        self._read_only_form = True  # EVALSHA_RO, from Redis 7 on: also for replicas, and it cannot write

    @property
    def protocol(self) -> int:
        """The version of RESP that is spoken, 0 before the first connection."""
        pool = self.client.connection_pool
        spoken = {int(connection.protocol) for connection in pool._available_connections}
        return min(spoken, default=0)

    async def execute(self, *words: bytes | str | int | float) -> Raw:
        """One command."""
        with explained(self.address):
            return await self._send(*words)

    async def _send(self, *words: bytes | str | int | float) -> Raw:
        return await self.client.execute_command(*words)  # type: ignore[no-untyped-call]

    async def pipeline(self, commands: Sequence[Sequence[bytes | str | int | float]]) -> list[Raw]:
        """Several commands in one trip; errors come as `Refused` in their places."""
        if not commands:
            return []
        with explained(self.address):
            async with self.client.pipeline(transaction=False) as pipe:
                for words in commands:
                    pipe.execute_command(*words)
                replies = await pipe.execute(raise_on_error=False)
        return [self._own(reply) for reply in replies]

    async def script(self, name: str, keys: Sequence[bytes], arguments: Sequence[bytes | str | int]) -> Raw:
        """Runs a read-only script. Raises ScriptsRefusedError where that is not possible."""
        if self.scripts_allowed is False:
            raise ScriptsRefusedError
        with explained(self.address):
            try:
                reply = await self._evaluate(name, keys, arguments)
            except (NoPermissionError, ResponseError) as error:
                if not _about_scripts(error):
                    raise
                self.scripts_allowed = False
                raise ScriptsRefusedError from None
        self.scripts_allowed = True
        return reply

    async def _evaluate(self, name: str, keys: Sequence[bytes], arguments: Sequence[bytes | str | int]) -> Raw:
        tail = (len(keys), *keys, *arguments)
        form = "_RO" if self._read_only_form else ""
        try:
            return await self._send(f"EVALSHA{form}", digest(name), *tail)
        except NoScriptError:
            return await self._send(f"EVAL{form}", source(name), *tail)
        except (NoPermissionError, ResponseError) as error:
            if not form or not _about_scripts(error):
                raise
            self._read_only_form = False  # Redis 6, or rights for the plain form only
            return await self._evaluate(name, keys, arguments)

    async def batch(self, keys: Sequence[bytes], commands: Sequence[Command]) -> list[list[Raw]]:
        """The replies of `commands` for each of `keys`, in chunks, so that no call is long."""
        rows: list[list[Raw]] = []
        for start in range(0, len(keys), KEYS_A_CALL):
            rows += await self._batch(keys[start : start + KEYS_A_CALL], commands)
        return rows

    async def _batch(self, keys: Sequence[bytes], commands: Sequence[Command]) -> list[list[Raw]]:
        width = len(commands)
        try:
            words: list[bytes | str | int] = []
            for command in commands:
                words += (len(command), *command)
            flat = await self.script("batch", keys, words)
            if any(item.__class__ is bytes and item[:2] == _ERROR for item in flat):
                flat = [self._own(item) for item in flat]
        except ScriptsRefusedError:
            flat = await self.pipeline(
                [(name, key + _bytes(suffix), *rest) for key in keys for name, suffix, *rest in commands]
            )
        return [flat[at : at + width] for at in range(0, len(flat), width)]

    def _own(self, reply: Raw) -> Raw:
        if isinstance(reply, ResponseError):
            text = str(reply)
            if isinstance(reply, NoPermissionError) and not text.startswith("NOPERM"):
                text = f"NOPERM {text}"
            reply = Refused(text)
        elif reply.__class__ is bytes and reply[:2] == _ERROR:
            reply = Refused(reply[2:].decode("utf-8", "replace"))
        if isinstance(reply, Refused) and "NOPERM" in reply.text[:12].upper():
            raise NotAllowedError(
                f"The Redis user may not do this: {reply.text}",
                hint="`bulltui doctor` lists the rights that are missing.",
                code="no-permission",
            )
        if isinstance(reply, Exception):
            with explained(self.address):
                raise reply
        return reply


def _bytes(word: bytes | str | int) -> bytes:
    return word if isinstance(word, bytes) else str(word).encode()


def _about_scripts(error: Exception) -> bool:
    """Whether `error` says that scripts are not allowed, rather than that one went wrong."""
    text = str(error).lower()
    if isinstance(error, NoPermissionError) or "noperm" in text or "no permissions" in text:
        return "eval" in text or "@scripting" in text or "script" in text
    return "unknown command" in text or "unknown redis command" in text or ("script" in text and "disabled" in text)
