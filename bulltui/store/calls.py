"""How commands reach the server: by script where scripts are allowed, else by pipelines of the same commands.

Every answer is raw: bytes, ints and lists, an error within an answer as a `Refused`. One decoder serves both ways.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from time import monotonic, perf_counter
from typing import Any

from hiredis import pack_command
from redis.asyncio import Redis
from redis.asyncio.connection import SSLConnection
from redis.exceptions import InvalidResponse, NoPermissionError, NoScriptError, RedisError, ResponseError

from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.gate import Gate, OpenGate
from bulltui.domain.text import visible
from bulltui.store.commands import Word, Words, bytes_of, name_of, verb_of
from bulltui.store.errors import explain, explained, lacks_basics, not_permitted
from bulltui.store.once import send_once
from bulltui.store.refusals import MOVING, UNDECLARED, WITHOUT_WORD, Refused, ScriptsRefusedError, about_scripts
from bulltui.store.scripts import digest, source

__all__ = [
    "KEYS_A_CALL",
    "MOVING",
    "Calls",
    "Command",
    "Member",
    "Raw",
    "Refused",
    "ScriptsRefusedError",
    "about_scripts",
]

Raw = Any
Command = tuple[bytes | str | int, ...]
"""A command whose second word is appended to a base key, e.g. `("LLEN", "wait")`."""

KEYS_A_CALL = 100
"""How many keys one batch goes over: about 3,000 commands, a few ms of the server."""

SCRIPTS_AGAIN_S = 15.0
"""How long (s) a user who was refused scripts goes without."""

SCRIPTS_A_TRIP = 50
"""How many calls of a script are sent at once; between them the server serves others."""


@dataclass(frozen=True, slots=True)
class Member:
    """A node of a Cluster: its address, that of the primary which it follows or nothing, how many slots it holds."""

    calls: "Calls"
    address: str
    primary: str = ""
    slots: int = 0


class Calls:
    """The client with the ways to call it; each trip passes `gate`. `label` names the server among several.
    `action_timeout_s` bounds one call that changes something, in seconds."""

    def __init__(self, client: Redis, address: str, gate: Gate | None = None, label: str = "") -> None:
        self.client = client
        self._settle(address, gate, label)

    def _settle(self, address: str, gate: Gate | None, label: str) -> None:
        self.address = address
        self.gate: Gate = gate or OpenGate()
        self.label = label
        self._scripts: bool | None = None
        self._refused_at = 0.0
        self.action_timeout_s = 10.0
        self._read_only_form = True  # EVALSHA_RO, from Redis 7 on: also for replicas, and it cannot write

    @property
    def scripts_allowed(self) -> bool | None:
        """Whether the server runs scripts for this user; None while it is not known: before the first was tried, and
        again a while after one was refused, since rights are given as well as taken."""
        if self._scripts is False and monotonic() - self._refused_at > SCRIPTS_AGAIN_S:
            self._scripts, self._read_only_form = None, True
        return self._scripts

    @scripts_allowed.setter
    def scripts_allowed(self, allowed: bool) -> None:
        self._scripts = allowed
        if not allowed:
            self._refused_at = monotonic()

    @property
    def protocol(self) -> int:
        """The version of RESP that is spoken, 0 before the first connection."""
        pool = self.client.connection_pool
        spoken = {int(connection.protocol) for connection in pool._available_connections}
        return min(spoken, default=0)

    @property
    def database(self) -> int:
        """The number of the database."""
        return int(self.client.connection_pool.connection_kwargs.get("db") or 0)

    @property
    def is_encrypted(self) -> bool:
        """Whether connections speak TLS."""
        return issubclass(self.client.connection_pool.connection_class, SSLConnection)

    @property
    def keys_a_trip(self) -> int:
        """Over how many keys one trip goes at most: then what came is decoded before the next."""
        return KEYS_A_CALL

    async def spaces(self) -> "Sequence[Calls]":
        """The servers among which the keys are divided: this one."""
        return (self,)

    async def nodes(self) -> "Sequence[Calls]":
        """All servers, those as well that only follow others: this one."""
        return (self,)

    async def members(self) -> "Sequence[Member]":
        """The nodes of a Cluster, primaries first; none of one server."""
        return ()

    def together(self, keys: Sequence[bytes]) -> list[list[int]]:
        """Which of `keys` one call may go over, by their places: all."""
        return [list(range(len(keys)))] if keys else []

    def text(self, name: str) -> str:
        """The text of a script as this server is given it."""
        return source(name)

    def digest(self, name: str) -> str:
        """The name under which this server keeps a script."""
        return digest(name)

    async def close(self) -> None:
        """Closes the connections."""
        await self.client.aclose()

    async def execute(self, *words: Word, probe: bool = False) -> Raw:
        """One command; a `probe` asks whether the server is back."""
        with explained(self.address):
            return await self._send(verb_of(words), *words, probe=probe)

    async def once(self, call: str, *words: bytes | str | int) -> Raw:
        """One command that changes something, never sent a second time, with the time of an action; `call` is what it
        is called in measures. Raises LostAnswerError where it was sent and no answer came, and redis-py's errors for
        what the server answers."""
        async with self._passing(call):
            return await self.trip_once(words, self.action_timeout_s)

    async def pipeline(self, commands: Sequence[Words], *, may_lack: Sequence[str] = (), call: str = "") -> list[Raw]:
        """Several commands that read, in one trip; errors come as `Refused` in their places. A missing right is raised,
        except for the commands of `may_lack`. `call` is what it is called in measures."""
        with explained(self.address):
            replies = await self._send_all(call or name_of(commands), commands) if commands else []
        return [
            self._own(reply, lacking_is_fine=words[0] in may_lack)
            for words, reply in zip(commands, replies, strict=True)
        ]

    async def _send(self, call: str, *words: Word, timeout_s: float | None = None, probe: bool = False) -> Raw:
        async with self._passing(call, probe=probe):
            return await self.trip(words, timeout_s)

    async def _send_all(self, call: str, commands: Sequence[Words]) -> list[Raw]:
        """The answers in one trip, errors among them in their places."""
        async with self._passing(call):
            return await self.trips(commands)

    @asynccontextmanager
    async def _passing(self, call: str, *, probe: bool = False) -> AsyncIterator[None]:
        """One trip through the gate, which is told how long it took and what went wrong, if anything."""
        await self.gate.enter(probe=probe)
        started = perf_counter()
        told: BulltuiError | None = None
        cancelled = False
        try:
            yield
        except NoScriptError:
            raise  # it is an answer, and the script is sent then
        except BulltuiError as error:
            told = error
            raise
        except (RedisError, OSError, ValueError) as error:
            told = explain(error, self.address)
            raise
        except asyncio.CancelledError:
            # Nobody knows whether it would have answered; a probe is over, and brought nothing.
            cancelled = not probe
            told = UnreachableError(f"{self.address} did not answer in time.", code="timeout")
            raise
        finally:
            if not cancelled:
                self.gate.told(call, (perf_counter() - started) * 1000, told)

    # --- trips: what they are made of, without the gate; errors are redis-py's

    async def trip(self, words: Words, timeout_s: float | None = None) -> Raw:
        """One command, which may take another time than a refresh, in seconds."""
        with _cancellable():
            if timeout_s is None:
                return await self.client.execute_command(*words)  # type: ignore[no-untyped-call]
            pool = self.client.connection_pool
            connection = await pool.get_connection()  # type: ignore[no-untyped-call]
            patience, connection.socket_timeout = connection.socket_timeout, timeout_s
            try:
                packed = pack_command(tuple(words))  # type: ignore[arg-type]  # its types forget that a tuple has many
                await connection.send_packed_command([packed], check_health=False)
                return await connection.read_response()
            finally:
                connection.socket_timeout = patience
                await asyncio.shield(pool.release(connection))

    async def trips(self, commands: Sequence[Words]) -> list[Raw]:
        """Several commands in one trip; what the server refuses stands among the answers."""
        async with self.client.pipeline(transaction=False) as pipe:
            for words in commands:
                pipe.execute_command(*words)
            with _cancellable():
                return await pipe.execute(raise_on_error=False)

    async def trip_once(self, words: Sequence[bytes | str | int], timeout_s: float, *, asking: bool = False) -> Raw:
        """See `once`. `asking`: the key is on its way to this node of a Cluster."""
        return await send_once(self.client.connection_pool, self.address, tuple(words), timeout_s, asking=asking)

    async def script(
        self,
        name: str,
        keys: Sequence[bytes],
        arguments: Sequence[bytes | str | int],
        *,
        timeout_s: float | None = None,
    ) -> Raw:
        """Runs a read-only script, with the time of a refresh or with another. Raises ScriptsRefusedError where that is
        not possible."""
        if self.scripts_allowed is False:
            raise ScriptsRefusedError
        with explained(self.address):
            try:
                reply = await self._evaluate(name, keys, arguments, timeout_s)
            except (NoPermissionError, ResponseError) as error:
                self._give_up_scripts(error)
                raise
            if not isinstance(reply, list):
                raise InvalidResponse("no answer of a script")
        self.scripts_allowed = True
        return reply

    def _give_up_scripts(self, error: Exception) -> None:
        """Raises ScriptsRefusedError where `error` is a reason to ask by pipelines."""
        if about_scripts(error):
            self.scripts_allowed = False
            raise ScriptsRefusedError from None

    async def scripts(self, name: str, items: Sequence[tuple[bytes, Sequence[bytes | str | int]]]) -> list[Raw]:
        """Runs a read-only script on several keys, each with its arguments, in a few trips. Errors are raised."""
        answers: list[Raw] = []
        for start in range(0, len(items), SCRIPTS_A_TRIP):
            part = items[start : start + SCRIPTS_A_TRIP]
            # The first one by itself: it loads the script and tells whether and in which form scripts are allowed.
            answers.append(await self.script(name, [part[0][0]], part[0][1]))
            rest = [(self._by_digest, self.digest(name), 1, key, *arguments) for key, arguments in part[1:]]
            answers += await self.pipeline(rest, call=name)
        for answer in answers:
            if isinstance(answer, Refused):
                raise BulltuiError(f"{self.address} answered: {visible(answer.text)}", code="server-error")
        return answers

    @property
    def _by_digest(self) -> str:
        return "EVALSHA_RO" if self._read_only_form else "EVALSHA"

    async def _evaluate(
        self, name: str, keys: Sequence[bytes], arguments: Sequence[bytes | str | int], timeout_s: float | None
    ) -> Raw:
        tail = (len(keys), *keys, *arguments)
        form = "_RO" if self._read_only_form else ""
        try:
            return await self._send(name, f"EVALSHA{form}", self.digest(name), *tail, timeout_s=timeout_s)
        except NoScriptError:
            return await self._send(name, f"EVAL{form}", self.text(name), *tail, timeout_s=timeout_s)
        except (NoPermissionError, ResponseError) as error:
            if not form or not about_scripts(error):
                raise
            self._read_only_form = False  # Redis 6, or rights for the plain form only
            return await self._evaluate(name, keys, arguments, timeout_s)

    async def batch(self, keys: Sequence[bytes], commands: Sequence[Command]) -> list[list[Raw]]:
        """The replies of `commands` for each of `keys`, in chunks, so that no call is long."""
        rows: list[list[Raw]] = []
        for start in range(0, len(keys), self.keys_a_trip):
            rows += await self._batch(keys[start : start + self.keys_a_trip], commands)
        return rows

    async def _batch(self, keys: Sequence[bytes], commands: Sequence[Command]) -> list[list[Raw]]:
        width = len(commands)
        try:
            words: list[bytes | str | int] = []
            for command in commands:
                words += (len(command), *command)
            flat, errors = await self.script("batch", keys, words)
            for at, text in zip(errors[::2], errors[1::2], strict=True):
                if UNDECLARED in text:
                    self.scripts_allowed = False
                    raise ScriptsRefusedError
                flat[at - 1] = self._own(Refused(text.decode("utf-8", "replace")))
        except ScriptsRefusedError:
            flat = await self.pipeline(
                [(name, key + bytes_of(suffix), *rest) for key in keys for name, suffix, *rest in commands]
            )
        return [flat[at : at + width] for at in range(0, len(flat), width)]

    def _own(self, reply: Raw, *, lacking_is_fine: bool = False) -> Raw:
        """`reply` with errors in our form. Raises what is no matter of one key: missing rights, a lost connection."""
        if isinstance(reply, ResponseError):
            text = str(reply)
            for kind, word in WITHOUT_WORD.items():
                if isinstance(reply, kind) and not text.startswith(word):
                    text = f"{word} {text}"
            reply = Refused(text)
        if isinstance(reply, Refused) and reply.forbidden and not lacking_is_fine:
            raise not_permitted(reply.text)
        if isinstance(reply, Refused) and lacks_basics(reply.text) and not lacking_is_fine:
            raise explain(ResponseError(reply.text), self.address)
        if isinstance(reply, Exception):
            with explained(self.address):
                raise reply
        return reply


@contextmanager
def _cancellable() -> Iterator[None]:
    """Raises CancelledError at the end where the task was cancelled within and went on nevertheless, to an answer or to
    an error: redis-py sends by `asyncio.wait_for`, which up to Python 3.11 loses a cancellation that comes together
    with its result."""
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        yield
    except Exception:
        if task and task.cancelling() > before:
            raise asyncio.CancelledError from None
        raise
    if task and task.cancelling() > before:
        raise asyncio.CancelledError
