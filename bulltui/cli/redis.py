"""`bulltui redis`: a raw Redis command over the way of bulltui, or a prompt for several."""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.confirm import answer, can_ask
from bulltui.cli.grammar import PlainCommand, verb, with_options
from bulltui.cli.options import CHANGE, Given, Output, connection
from bulltui.cli.output import Out, note
from bulltui.cli.redis_text import document_of, lines_of, plain_lines, raw_of, text_lines
from bulltui.cli.table import Tone
from bulltui.domain.errors import ExitCode, UsageError
from bulltui.domain.redis_commands import Kind, answers_lines, verb_of
from bulltui.domain.redis_reply import ReplyError
from bulltui.domain.text import to_bytes, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulltui.config.settings import Settings
    from bulltui.domain.redis_commands import Judgement
    from bulltui.domain.redis_reply import Reply
    from bulltui.services.shell import Answer
    from bulltui.wiring import Runtime

PATIENCE_S = 15.0
"""How long an answer may take, in seconds; Ctrl+C ends the wait before."""

_WHERE = frozenset(("--profile", "--url", "--config", "--read-only", "--role", "--replica"))
"""Options that say where a command goes, or that nothing is changed there."""

_STATUS_OF = frozenset(("TYPE", "PING", "SAVE", "BGSAVE", "BGREWRITEAOF"))
"""Commands that read, and whose answer is a word of the server."""

_NAMED = 6
"""Of so many passwords that were masked the names are told."""

_EXAMPLES = """
bulltui redis                                    a prompt; Ctrl+D leaves it
bulltui redis LLEN bull:mail:wait                one command
bulltui redis -o json HGETALL bull:mail:17
bulltui redis --raw HGET bull:mail:17 data > data.json
bulltui redis --yes --reason 'left over' DEL bull:mail:17:lock
"""

app = verb()


def change(
    *,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.", rich_help_panel=CHANGE)] = False,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the audit.", rich_help_panel=CHANGE)
    ] = None,
) -> Given:
    """How a change is made."""
    return Given(yes=yes, reason=reason)


def send_raw(
    call: Call,
    *,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND...]", help="The command; none opens a prompt.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Write the bytes of the answer as they are.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same as -o json.")] = False,
) -> int:
    """Send raw Redis commands, with the URL, user, tunnel and TLS of bulltui. Options stand before the command.

    This goes round what bulltui knows of queues: a command that changes something is asked about, written into the
    audit, and cannot be undone. With --read-only, and for roles other than admin, only commands that read are sent.
    """
    if as_json:
        call = Call(call.context, replace(call.given, output=Output.JSON))
    call.refuse(Output.CSV)
    settings = _patient(call.settings)
    if not words:
        from bulltui.cli.redis_prompt import prompt

        return prompt(call, settings, Style(call.output, raw=raw))
    _check_order(words)
    command = [to_bytes(word) for word in words]

    async def work(runtime: "Runtime") -> "tuple[Answer, Judgement]":
        shell = runtime.shell
        judgement = await shell.judge(command, reason=call.given.reason or "")
        confirm(call, settings, command, judgement)
        return await shell.send(command, judgement, reason=call.given.reason or ""), judgement

    answered, judgement = call.run(work, settings)
    show(call.out, command, answered, judgement, Style(call.output, raw=raw))
    return int(ExitCode.FAILED if isinstance(answered.reply, ReplyError) else ExitCode.DONE)


app.command(
    "redis",
    cls=PlainCommand,
    epilog=_EXAMPLES,
    context_settings={"allow_interspersed_args": False, "ignore_unknown_options": False},
)(with_options(send_raw, (connection, change)))


class Style:
    """How answers are written."""

    def __init__(self, output: Output, *, raw: bool = False) -> None:
        self.output = output
        self.raw = raw


def _check_order(words: "Sequence[str]") -> None:
    """Raises UsageError where an option stands behind the command: taken for a word of it, the command would go to
    another server than was meant."""
    late = next((word for word in words[1:] if word.partition("=")[0] in _WHERE), None)
    if late is not None:
        raise UsageError(
            f"{late.partition('=')[0]} stands behind the command, so that it is a word of it. Nothing was sent.",
            hint="Options stand before the command. If it is really meant as a word, type the command at the prompt.",
        )


def _patient(settings: "Settings") -> "Settings":
    if len(settings.fleet) > 1:
        raise UsageError("Raw commands go to one server.", hint="Name one by --profile or --url.", code="several")
    return replace(settings, refresh_timeout_s=max(PATIENCE_S, settings.refresh_timeout_s))


def confirm(call: Call, settings: "Settings", words: "Sequence[bytes]", judgement: "Judgement") -> None:
    """Asks before something is changed. Raises UsageError where nobody can be asked, or says no."""
    if judgement.kind is Kind.READ:
        return
    dangerous = judgement.kind is Kind.DANGER
    if call.given.yes and not dangerous:
        return
    name = visible(verb_of(words))
    if not can_ask():
        if call.given.yes:
            return
        raise unconfirmed(name)
    if not confirmed(Out.beside(), settings, name, dangerous=dangerous):
        raise UsageError("Nothing was sent.", code="not-confirmed")


def unconfirmed(name: str) -> UsageError:
    """That nobody can be asked whether a command is to be sent."""
    return UsageError(
        f"{name} may change something, and there is no terminal to ask on.",
        hint="Say --yes, before the command, to send it.",
        code="not-confirmed",
    )


def confirmed(out: Out, settings: "Settings", name: str, *, dangerous: bool) -> bool:
    """Asks, the default being no; what harms more than a key is confirmed by its name."""
    if settings.production:
        out.line(out.paint(f" PRODUCTION   profile {visible(settings.profile)}", Tone.ALARM))
    where = "the whole server" if dangerous else "keys"
    out.line(f"{name} may change {where}. It goes round bulltui's checks and cannot be undone.")
    if dangerous:
        return answer(out, f"Type {name} to send it: ").strip().upper() == name
    return answer(out, "Send it? [y/N] ").strip().lower() in ("y", "yes")


def show(out: Out, words: "Sequence[bytes]", answered: "Answer", judgement: "Judgement", style: Style) -> None:
    """Writes an answer, and beside it what was masked."""
    _show(out, words, answered.reply, judgement, style)
    out.flush()
    if answered.masked:
        first, more = answered.masked[:_NAMED], len(answered.masked) - _NAMED
        note(f"Masked in this answer: {', '.join(first)}{f' and {more:,} more' if more > 0 else ''}.")


def _show(out: Out, words: "Sequence[bytes]", reply: "Reply", judgement: "Judgement", style: Style) -> None:
    if style.raw:
        out.raw(raw_of(reply))
    elif style.output in (Output.JSON, Output.JSONL):
        out.document(document_of(reply), short=style.output is Output.JSONL)
    elif isinstance(reply, ReplyError) and not out.terminal:
        sys.stderr.write(f"bulltui: {visible(reply.text)}\n")
    elif isinstance(reply, bytes) and answers_lines(words):
        for line in text_lines(reply):
            out.line(line)
    elif out.terminal:
        status = judgement.kind is not Kind.READ and reply == b"OK"
        for line in lines_of(reply, status=status or verb_of(words) in _STATUS_OF):
            out.line(out.paint(line, Tone.BAD) if isinstance(reply, ReplyError) else line)
    else:
        for line in plain_lines(reply):
            out.line(line)
