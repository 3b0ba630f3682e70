"""Sends commands as a person typed them (`services.shell`)."""

from collections.abc import Sequence
from time import perf_counter

from redis import exceptions as redis_errors
from redis.exceptions import RedisError

from bulltui.domain.errors import BulltuiError
from bulltui.domain.redis_commands import About, about_from, ends_what_runs, verb_of
from bulltui.domain.redis_reply import Reply, ReplyError
from bulltui.domain.text import exact
from bulltui.store.calls import Calls, Refused
from bulltui.store.commands import keys_of
from bulltui.store.errors import explained
from bulltui.store.once import ANSWERED

_CODES: dict[type[Exception], str] = {
    redis_errors.NoPermissionError: "NOPERM",
    redis_errors.ReadOnlyError: "READONLY",
    redis_errors.NoScriptError: "NOSCRIPT",
    redis_errors.BusyLoadingError: "LOADING",
    redis_errors.ExecAbortError: "EXECABORT",
    redis_errors.OutOfMemoryError: "OOM",
    redis_errors.AuthenticationError: "NOAUTH",
    redis_errors.ClusterCrossSlotError: "CROSSSLOT",
}
"""Which code redis-py takes off the text of an error, by the class it makes of it."""


class RawCommands:
    """See `services.shell.Wire`. What reads goes to `reading`, what changes to `changing`, the primary."""

    def __init__(self, reading: Calls, changing: Calls) -> None:
        self._reading = reading
        self._changing = changing

    async def about(self, names: Sequence[str] = ()) -> dict[str, About]:
        """See Wire."""
        words = ("COMMAND", "INFO", *names) if names else ("COMMAND",)
        try:
            return about_from(await self._reading.execute(*words))
        except BulltuiError as error:
            if error.code in ("not-allowed", "no-permission") or "NOPERM" in error.message:
                return {}
            raise

    async def read(self, words: Sequence[bytes]) -> Reply:
        """See Wire."""
        verb = verb_of(words)
        (reply,) = await self._reading.pipeline([(verb, *words[1:])], may_lack=(verb,), call=verb)
        return ReplyError(_coded(reply.text)) if isinstance(reply, Refused) else _plain(reply)

    async def change(self, words: Sequence[bytes]) -> Reply:
        """See Wire."""
        with explained(self._changing.address):
            try:
                if ends_what_runs(words):
                    return _plain(await self._past_the_gate(words))
                return _plain(await self._changing.once(verb_of(words), *words))
            except ANSWERED as error:
                return ReplyError(_worded(error))

    async def _past_the_gate(self, words: Sequence[bytes]) -> Reply:
        """What a server takes while it answers nothing else, and the gate is closed for that."""
        started = perf_counter()
        reply: Reply = await self._changing.trip_once(words, self._changing.action_timeout_s)
        self._changing.gate.told(verb_of(words), (perf_counter() - started) * 1000, None)
        return reply

    async def keys(self, words: Sequence[bytes]) -> list[str]:
        """See Wire."""
        try:
            found = await self._reading.execute("COMMAND", "GETKEYS", *words)
        except BulltuiError:
            found = None
        if not isinstance(found, list):
            try:
                found = keys_of(tuple(words))
            except (ValueError, IndexError):
                found = []
        return [exact(key) for key in found if isinstance(key, bytes)]


def _plain(reply: Reply) -> Reply:
    if isinstance(reply, RedisError):
        return ReplyError(_worded(reply))
    if isinstance(reply, list | tuple):
        return [_plain(one) for one in reply]
    if isinstance(reply, dict):
        return {key: _plain(value) for key, value in reply.items()}
    return reply


def _worded(error: RedisError) -> str:
    code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), "")
    return _coded(str(error), code or "ERR")


def _coded(text: str, code: str = "ERR") -> str:
    first = text.partition(" ")[0]
    return text if first.isupper() and first.isascii() else f"{code} {text}".strip()
