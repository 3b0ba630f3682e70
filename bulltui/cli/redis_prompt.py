"""The prompt of `bulltui redis`: lines edited by prompt_toolkit where it is there (extra `shell`), else by what Python
has, else plain. The connection lives in a loop of its own thread, so that it is kept while one types."""

import asyncio
import concurrent.futures
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from bulltui.cli.errors import redacted, report
from bulltui.cli.output import Out
from bulltui.cli.redis import Style, confirmed, show, unconfirmed
from bulltui.cli.table import Tone
from bulltui.domain.errors import BulltuiError, ExitCode
from bulltui.domain.redis_commands import Kind, verb_of
from bulltui.domain.redis_reply import ReplyError
from bulltui.domain.redis_words import is_open, words_of
from bulltui.domain.text import visible
from bulltui.ledger.paths import state_folder
from bulltui.ledger.shell_history import ShellHistory

if TYPE_CHECKING:
    from bulltui.cli.call import Call
    from bulltui.config.settings import Settings
    from bulltui.wiring import Runtime

T = TypeVar("T")

SUFFIXES = (
    "wait",
    "active",
    "paused",
    "prioritized",
    "delayed",
    "completed",
    "failed",
    "waiting-children",
    "meta",
    "events",
    "id",
    "marker",
    "pc",
    "repeat",
    "stalled",
    "limiter",
    "metrics:completed",
    "metrics:failed",
)
_OFFERED = 50
_LOOKED_S = 3.0
"""For how long queues are looked for, to offer their names."""
_HELP = "help, exit, or any Redis command. Ctrl+C ends a command that waits, Ctrl+D leaves."


class Lines(Protocol):
    """Where lines come from. Raises EOFError at the end, KeyboardInterrupt for Ctrl+C."""

    def read(self, prompt: str) -> str:
        """The next line."""


class Background:
    """A loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Awaitable[T]) -> T:
        """The result of `work`. Ctrl+C cancels it."""
        future = asyncio.run_coroutine_threadsafe(_coroutine(work), self._loop)
        while True:
            try:
                return future.result(timeout=0.1)  # in slices, since Windows notices Ctrl+C only in between
            except concurrent.futures.TimeoutError:
                if future.done():
                    raise
            except KeyboardInterrupt:
                future.cancel()
                with suppress(BaseException):
                    future.result(timeout=2)
                raise

    def begin(self, work: Awaitable[T]) -> "concurrent.futures.Future[T]":
        """Starts `work` and lets it run."""
        return asyncio.run_coroutine_threadsafe(_coroutine(work), self._loop)

    def end(self) -> None:
        """Stops the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=2)


async def _coroutine(work: Awaitable[T]) -> T:
    return await work


def prompt(call: "Call", settings: "Settings", style: Style) -> int:
    """Reads commands until the end; the exit code: 1 where input was no terminal and a command failed."""
    from bulltui.wiring import open_runtime

    background = Background()
    try:
        with _opened(background, open_runtime(settings, live=False)) as runtime:
            return Session(call, settings, style, background, runtime).run()
    finally:
        background.end()


@contextmanager
def _opened(background: Background, context: Any) -> "Iterator[Runtime]":
    runtime = background.run(context.__aenter__())
    try:
        yield runtime
    finally:
        background.run(context.__aexit__(None, None, None))


class Session:
    """One prompt."""

    def __init__(
        self, call: "Call", settings: "Settings", style: Style, background: Background, runtime: "Runtime"
    ) -> None:
        self._call = call
        self._settings = settings
        self._style = style
        self._background = background
        self._shell = runtime.shell
        self._runtime = runtime
        self._reason = call.given.reason or ""
        self._failed = False
        self._queues: list[str] = []
        keeps = settings.history and not settings.redact
        self._history = ShellHistory(state_folder(settings.state_folder), keeps=keeps)

    def run(self) -> int:
        """Until the end of the input."""
        typed = sys.stdin.isatty()
        if typed:
            self._background.begin(self._look_around())
        lines: Lines = self._editor() if typed else _Plain(sys.stdin)
        start = f"{self._runtime.reader.address}> " if typed else ""
        while True:
            try:
                line = self._line(lines, start)
            except EOFError:
                break
            except KeyboardInterrupt:
                continue
            if line.strip().lower() in ("exit", "quit"):
                break
            if line.strip():
                self._one(line, typed=typed)
        return int(ExitCode.FAILED if self._failed and not typed else ExitCode.DONE)

    def _line(self, lines: Lines, start: str) -> str:
        line = lines.read(start)
        while is_open(line):  # a quote is open: more lines belong to it
            try:
                line += "\n" + lines.read("... " if start else "")
            except EOFError:
                if start:
                    raise
                return line  # which is told to be wrong
        return line

    def _one(self, line: str, *, typed: bool) -> None:
        if typed:
            self._history.add(line)
        if line.strip().lower() in ("help", "?"):
            self._call.out.line(_HELP)
            return
        try:
            words = words_of(line)
            judgement = self._background.run(self._shell.judge(words, reason=self._reason))
            if judgement.kind is not Kind.READ and not self._agreed(words, dangerous=judgement.kind is Kind.DANGER):
                if not typed:
                    raise unconfirmed(visible(verb_of(words)))
                self._call.out.line("Nothing was sent.")
                self._failed = True
                return
            answered = self._background.run(self._shell.send(words, judgement, reason=self._reason))
        except BulltuiError as error:
            self._failed = True
            if not typed:
                report(error, sys.argv[1:])
                return
            beside = Out.beside()
            text = redacted(f"{error.message} {error.hint}".strip(), sys.argv[1:])
            beside.line(beside.paint(visible(text), Tone.BAD))
            return
        except KeyboardInterrupt:
            self._call.out.line("^C")
            return
        self._failed = self._failed or isinstance(answered.reply, ReplyError)
        show(self._call.out, words, answered, judgement, self._style)

    def _agreed(self, words: list[bytes], *, dangerous: bool) -> bool:
        if not sys.stdin.isatty():
            return self._call.given.yes
        if self._call.given.yes and not dangerous:
            return True
        try:
            return confirmed(Out.beside(), self._settings, visible(verb_of(words)), dangerous=dangerous)
        except KeyboardInterrupt:
            return False

    # --- what can be offered

    async def _look_around(self) -> None:
        with suppress(BulltuiError, TimeoutError):
            await self._shell.commands()
        with suppress(BulltuiError, TimeoutError):
            async with asyncio.timeout(_LOOKED_S):
                async for found in self._runtime.reader.discover(self._settings.prefixes):
                    self._queues += [ref.key for ref in found.refs]

    def offers(self, line: str) -> list[str]:
        """What the last word of a line may become: commands, then keys by the queues that there are."""
        before, _, word = line.rpartition(" ")
        if not before.strip():
            known = self._shell.known
            return [name for name in sorted(known) if name.startswith(word.upper())][:_OFFERED]
        return list(_keys(self._queues, word))[:_OFFERED]

    def _editor(self) -> Lines:
        for make in (_toolkit_lines, _readline_lines):
            with suppress(ImportError):
                return make(self._history, self.offers)
        return _Plain(sys.stdin, sys.stdout)


def _keys(queues: Iterable[str], word: str) -> Iterator[str]:
    safe = [queue for queue in queues if visible(queue) == queue and not any(sign in queue for sign in " \"'")]
    inside = [queue for queue in safe if word.startswith(f"{queue}:")]
    if inside:
        queue = max(inside, key=len)
        yield from (f"{queue}:{suffix}" for suffix in SUFFIXES if f"{queue}:{suffix}".startswith(word))
    else:
        yield from (f"{queue}:" for queue in sorted(safe) if queue.startswith(word))


class _Plain:
    """Lines as they come."""

    def __init__(self, source: Any, beside: Any = None) -> None:
        self._source = source
        self._beside = beside

    def read(self, prompt: str) -> str:
        """See Lines."""
        if self._beside is not None:
            self._beside.write(prompt)
            self._beside.flush()
        line: str = self._source.readline()
        if not line:
            raise EOFError
        return line.rstrip("\r\n")


Offer = Callable[[str], list[str]]


def _readline_lines(history: ShellHistory, offers: Offer) -> Lines:
    import readline  # not everywhere

    class Readline:
        """See Lines."""

        def __init__(self) -> None:
            readline.set_auto_history(False)
            for line in history.load():
                readline.add_history(line)
            readline.set_completer_delims(" ")
            readline.set_completer(self._offer)
            readline.parse_and_bind("tab: complete")

        def _offer(self, _: str, at: int) -> str | None:
            found = offers(readline.get_line_buffer()[: readline.get_endidx()])
            return found[at] if at < len(found) else None

        def read(self, prompt: str) -> str:
            """See Lines."""
            line = input(prompt)
            if line.strip() and not line[0].isspace():
                readline.add_history(line)
            return line

    return Readline()


def _toolkit_lines(history: ShellHistory, offers: Offer) -> Lines:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completer, Completion
    from prompt_toolkit.history import InMemoryHistory

    class Offers(Completer):
        """What can be completed."""

        def get_completions(self, document: Any, complete_event: Any) -> Iterator[Completion]:
            """See Completer."""
            text = document.text_before_cursor
            word = text.rpartition(" ")[2]
            for offer in offers(text):
                yield Completion(offer, start_position=-len(word))

    session: PromptSession[str] = PromptSession(
        history=InMemoryHistory(history.load()), completer=Offers(), complete_while_typing=False
    )

    class Toolkit:
        """See Lines."""

        def read(self, prompt: str) -> str:
            """See Lines."""
            return session.prompt(prompt)

    return Toolkit()
