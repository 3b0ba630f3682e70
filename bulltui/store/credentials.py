"""Who we are to a server, and the password for it: written down somewhere, or what a command says.

A command is run, without a shell, when a connection first wants its word, which is kept from then on; it ends with us
at the latest, however we end. Once a server has refused the word the command is run again, once for that connection:
passwords that expire come anew. What was refused is not sent again for a while, which grows: no storm of wrong
passwords, whoever asks and however often. So it is with a command that failed.
"""

import asyncio
import re
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from time import monotonic
from weakref import WeakValueDictionary

from redis.credentials import CredentialProvider
from redis.exceptions import RedisError

from bulltui.children import Keeper, why_not
from bulltui.domain.connection import Connection
from bulltui.domain.errors import BulltuiError, NotAllowedError, UsageError
from bulltui.domain.secrets import know
from bulltui.domain.text import visible

COMMAND_WITHIN_S = 15.0
"""How long a command for a password may take: it may ask a safe over the network."""

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0
_LONGEST_WORD = 64 * 1024


class ToldError(RedisError):
    """What redis-py has to pass on: an error that has its sentence already. It is no lost connection to redis-py, and
    so is not tried again."""

    def __init__(self, told: BulltuiError) -> None:
        super().__init__(told.message)
        self.told = told


class Refusals:
    """Remembers that a server refused who we are, and for how long it is not asked again."""

    def __init__(self) -> None:
        self._refusal: RedisError | None = None
        self._until = 0.0
        self._pause = 0.0

    def check(self) -> None:
        """Raises the refusal while it is fresh."""
        if self._refusal is not None and monotonic() < self._until:
            if isinstance(self._refusal, ToldError):
                raise ToldError(self._refusal.told)
            raise type(self._refusal)(*self._refusal.args, status_code=self._refusal.status_code)

    def refused(self, refusal: RedisError) -> None:
        """It was refused, again."""
        self._refusal = refusal
        self._pause = min(self._pause * 2, LONGEST_PAUSE_S) if self._pause else FIRST_PAUSE_S
        self._until = monotonic() + self._pause

    def welcome(self) -> None:
        """It was let in."""
        self._refusal, self._pause = None, 0.0


class CommandPassword(CredentialProvider):
    """User and password, the password being the first line that a command says."""

    def __init__(self, command: Sequence[str], username: str) -> None:
        self.command = tuple(command)
        self.username = username
        self.number = 0
        """Of the word that is kept."""
        self._word: str | None = None
        self._running: asyncio.Task[str] | None = None
        self._failures = Refusals()

    def forget(self, number: int) -> None:
        """The word of this number was refused: it is asked for anew when it is wanted."""
        if number == self.number:
            self._word = None

    async def ready(self) -> bool:
        """Runs the command if no word is kept; all that wait for it share one run, which goes on when they give up.
        Whether the word is new, rather than kept. Raises ToldError."""
        if self._word is not None:
            return False
        running, loop = self._running, asyncio.get_running_loop()
        if running is None or running.get_loop() is not loop or _failed(running):
            self._failures.check()
            running = self._running = loop.create_task(said_by(self.command))
            running.add_done_callback(_looked_at)
        try:
            word = await asyncio.shield(running)
        except BulltuiError as error:
            failure = ToldError(error)
            if self._running is running:
                self._running = None
                self._failures.refused(failure)
            raise failure from None
        if self._running is running:  # the first of those who waited
            self._word, self._running = word, None
            self.number += 1
            self._failures.welcome()
        return True

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        """See CredentialProvider."""
        await self.ready()
        word = self._word or ""
        return (self.username, word) if self.username else (word,)

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """Not used: everything here waits without holding up others."""
        raise NotImplementedError


def _failed(task: asyncio.Task[str]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _looked_at(task: asyncio.Task[str]) -> None:
    if not task.cancelled():
        task.exception()


_known: WeakValueDictionary[tuple[tuple[str, ...], str], CommandPassword] = WeakValueDictionary()


def command_password(connection: Connection, username: str) -> CommandPassword:
    """The one of the process for this command and user: all connections and nodes share its word."""
    key = (connection.password_command, username)
    found = _known.get(key)
    if found is None:
        found = _known[key] = CommandPassword(*key)
    return found


async def said_by(command: Sequence[str], within_s: float = COMMAND_WITHIN_S) -> str:
    """The first line that `command` says. Raises UsageError if it cannot be run, NotAllowedError if it fails, says
    nothing or takes too long; what it said on its error output may be told, its output never."""
    name = visible(command[0]) if command else ""
    shown = f"The command for the password, {name},"
    if why := why_not(command[0]) if command else "it is no command":
        raise _cannot(shown, why)
    keeper = Keeper()
    try:
        output, errors, status = await _asked(keeper, command, within_s)
    except TimeoutError:
        raise NotAllowedError(
            f"{shown} did not end within {within_s:g} s.",
            hint="Run it by hand: it may be waiting for an answer.",
            code="password-command",
        ) from None
    except (OSError, ValueError) as error:  # no more processes or descriptors, say, or a NUL in a word
        raise _cannot(shown, getattr(error, "strerror", None) or "it is no command") from None
    finally:
        keeper.close()
    try:
        word = output.split(b"\n", 1)[0].removesuffix(b"\r").decode()
        why = "" if word else "said nothing"
    except UnicodeDecodeError:
        word, why = "", "said what is no text"
    if status:
        why = f"failed with status {status}"
    if why:
        said = _last_line(errors, word)
        raise NotAllowedError(
            f"{shown} {why}{': ' + said if said else ''}.",
            hint="Run it by hand: the first line that it prints is taken as the password.",
            code="password-command",
        )
    know(word)
    return word


def _cannot(shown: str, why: str) -> UsageError:
    return UsageError(f"{shown} cannot be run: {why}.", hint="password_command is a list of words; there is no shell.")


async def _asked(keeper: Keeper, command: Sequence[str], within_s: float) -> tuple[bytes, bytes, int]:
    """What `command` says until it ends, on both ways, and its status. One that does not end in time, or is waited for
    no longer, ends with all that it started; what one leaves behind that did end is its own affair."""
    process = await keeper.start(command, stdout=PIPE, stderr=PIPE)
    ended = False
    try:
        async with asyncio.timeout(within_s):
            output, errors = await _said(process)
        ended = True
    finally:
        if ended:
            keeper.let_go(process)
        else:
            await keeper.end(process, grace_s=0)
    return output, errors, process.returncode or 0


async def _said(process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
    """What it says until it ends, as much as a password and a reason have."""
    if process.stdout is None or process.stderr is None:
        return b"", b""
    output, errors = await asyncio.gather(_bounded(process.stdout), _bounded(process.stderr))
    await process.wait()
    return output, errors


async def _bounded(stream: asyncio.StreamReader) -> bytes:
    kept = b""
    while piece := await stream.read(_LONGEST_WORD):
        kept += piece[: _LONGEST_WORD - len(kept)]
    return kept


def _last_line(errors: bytes, word: str) -> str:
    lines = [line.strip() for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
    said = re.sub(r"\s+", " ", visible(lines[-1])).rstrip(".") if lines else ""
    if word:
        said = said.replace(word, "***")
    return said if len(said) <= 160 else said[:159] + "…"
