"""Raw Redis commands from a person: what may be sent here, what has to be asked before, and what is written down.

These go round the runner of actions, which knows what a change means for a queue. So only who may do everything may
change anything by them, and the audit is told of each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bulltui.domain.errors import BulltuiError, NotAllowedError, UsageError
from bulltui.domain.history import Intent
from bulltui.domain.outcome import Outcome
from bulltui.domain.redaction import Redaction
from bulltui.domain.redis_commands import (
    About,
    Judgement,
    Kind,
    ends_what_runs,
    has_parts,
    judge,
    known_here,
    part_of,
    verb_of,
)
from bulltui.domain.redis_reply import Reply, ReplyError
from bulltui.domain.redis_secrets import without_passwords
from bulltui.domain.roles import Role
from bulltui.domain.text import visible
from bulltui.services.acting import Audit
from bulltui.services.protocols import Clock
from bulltui.services.shell_redaction import masked_reply, tells_unmasked

VERB = "redis"
KEYS = 20
"""Of so many keys the names are written down."""


class Wire(Protocol):
    """What sends raw commands. An error that the server answers is a `ReplyError`; a `BulltuiError` is raised when it
    does not answer."""

    async def about(self, names: Sequence[str] = ()) -> dict[str, About]:
        """What the server says of these commands, or of all, by name in capitals; nothing where it may not be asked."""

    async def read(self, words: Sequence[bytes]) -> Reply:
        """Sends what only reads."""

    async def change(self, words: Sequence[bytes]) -> Reply:
        """Sends what changes something, once. Raises LostAnswerError where nobody knows whether it happened."""

    async def keys(self, words: Sequence[bytes]) -> list[str]:
        """The keys that a command names, none where that cannot be told."""


@dataclass(frozen=True, slots=True)
class ShellRules:
    """What may be sent. `server` is where, without secrets."""

    server: str
    read_only: bool
    role: Role
    require_reason: bool = False
    redaction: Redaction = Redaction()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, and what the passwords are called that were masked in it."""

    reply: Reply
    masked: tuple[str, ...] = ()


class Shell:
    """Sends commands as far as the rules allow."""

    def __init__(self, wire: Wire, audit: Audit, clock: Clock, rules: ShellRules) -> None:
        self._wire = wire
        self._audit = audit
        self._clock = clock
        self._rules = rules
        self._known: dict[str, About] = {}
        self._knows_all = False

    @property
    def known(self) -> Mapping[str, About]:
        """The commands that the server told of so far."""
        return self._known

    async def commands(self) -> dict[str, About]:
        """All commands of the server, for a prompt to offer."""
        if not self._knows_all:
            self._known = await self._wire.about()
            self._knows_all = True
        return self._known

    async def judge(self, words: Sequence[bytes], *, reason: str = "") -> Judgement:
        """What a command is. Raises NotAllowedError or UsageError for one that is not sent from here."""
        verb = verb_of(words)
        if not verb.strip():
            raise UsageError("The name of a command is missing.", hint="It is the first word: LLEN KEY.", code="words")
        if verb.split() != [verb]:  # a client would divide it, and send another command than was judged
            raise UsageError(
                f"The name of a command is one word, and {visible(verb)} has space in it.",
                hint="Each word stands by itself: CONFIG GET maxmemory.",
                code="words",
            )
        if known_here(words) is None and not self._knows_all and verb not in self._known:
            self._known |= await self._wire.about([verb])
        found = judge(words, self._known.get(verb))
        if found.kind is Kind.REFUSED:
            raise NotAllowedError(found.why, hint=found.hint, code="refused")
        if self._rules.redaction and not tells_unmasked(words):
            raise NotAllowedError(
                f"{visible(verb)} is not sent here: its answer may hold what `redact` hides.",
                hint="Keys, sizes, ids, HGET, HMGET and HGETALL can be asked for.",
                code="redacted",
            )
        if found.kind is not Kind.READ:
            self._check_change(verb, reason)
        return found

    def _check_change(self, verb: str, reason: str) -> None:
        role = self._rules.role
        if self._rules.read_only:
            raise NotAllowedError(
                f"{visible(verb)} is not known to only read, and nothing is changed here: read-only.",
                hint="Leave out --read-only and BULLTUI_READ_ONLY, or take a profile without `read_only`.",
                code="read-only",
            )
        if role.verbs is not None or role.queues:
            raise NotAllowedError(
                f"{visible(verb)} is not known to only read. Raw commands go round what the role {visible(role.name)} "
                "allows, so that only admin changes anything by them.",
                hint="The commands of bulltui do what the role allows.",
                code="role",
            )
        if (self._rules.require_reason or role.require_reason) and not reason.strip():
            raise UsageError(
                "A reason is needed here for every change.",
                hint="Say it with `--reason TEXT`; it is kept in the audit.",
                code="no-reason",
            )

    async def send(self, words: Sequence[bytes], judgement: Judgement, *, reason: str = "") -> Answer:
        """The answer, without the passwords of the server. What may change something is in the audit before it is sent.
        Raises BulltuiError."""
        if judgement.kind is Kind.READ:
            reply = await self._wire.read(words)
        else:
            reply = await self._change(words, reason)
        reply, masked = without_passwords(words, reply)
        if self._rules.redaction:
            reply = masked_reply(self._rules.redaction, words, reply)
        return Answer(reply, masked)

    async def _change(self, words: Sequence[bytes], reason: str) -> Reply:
        verb, part = verb_of(words), part_of(words)
        two = has_parts(words) or bool(self._known.get(verb, About()).parts)
        keys = [] if ends_what_runs(words) else await self._wire.keys(words)
        details: dict[str, object] = {"command": visible(f"{verb} {part}" if two else verb)}
        if keys:
            details["keys"] = ", ".join(map(visible, keys[:KEYS]))
        intent = Intent(VERB, self._rules.server, (), details, reason=reason)
        audit_id = await self._audit.intend(intent, self._clock.now_ms())
        outcome = Outcome(VERB, unsure=1)
        started = self._clock.monotonic()
        try:
            reply = await self._wire.change(words)
            failed = _kept(reply) if isinstance(reply, ReplyError) else None
            outcome = Outcome(VERB, done=int(failed is None), error=failed)
        except BulltuiError as error:
            outcome = Outcome(VERB, unsure=int(error.code == "lost-answer"), error=error)
            raise
        finally:
            await self._audit.conclude(
                audit_id, _timed(outcome, self._clock.monotonic() - started), self._clock.now_ms()
            )
        return reply


def _kept(reply: ReplyError) -> BulltuiError:
    """A refusal as it is written down: by its first word, since the rest may quote what was sent."""
    code = reply.text.partition(" ")[0]
    return BulltuiError(
        f"The server answered {code if code.isascii() and code.isupper() else 'ERR'}.", code="server-error"
    )


def _timed(outcome: Outcome, seconds: float) -> Outcome:
    return replace(outcome, elapsed_s=seconds)
