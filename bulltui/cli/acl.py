"""`bulltui acl`: the rights that Redis has to give to a user, so that bulltui works for a role and no more."""

from typing import TYPE_CHECKING, Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.grammar import command, verb
from bulltui.cli.options import Output, refuse_empty
from bulltui.domain.address import address_of, server_of
from bulltui.domain.text import visible

if TYPE_CHECKING:
    from bulltui.store.acl import Grant, Wanted

_WIDTH = 100

app = verb()


@command(
    app,
    "acl",
    examples="""
    bulltui acl --role viewer
    bulltui acl --role operator --queues 'mail*' --user mail-team
    bulltui acl --role operator --redis 6 -p '{eu}'
    bulltui acl --profile prod -o json | jq -r .command
    """,
)
def print_acl(
    call: Call,
    *,
    queues: Annotated[
        list[str] | None,
        typer.Option("--queues", metavar="GLOB", help="Only these queues, may be repeated. Default: the role's."),
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="NAME", help="The Redis user. Default: that of the URL.")
    ] = None,
    nopass: Annotated[
        bool, typer.Option("--nopass", help="A user without a password, for a server that nobody else reaches.")
    ] = False,
    redis: Annotated[
        int | None,
        typer.Option("--redis", metavar="VERSION", min=6, max=99, help="The major version of Redis. Default: 7."),
    ] = None,
) -> None:
    """Print the ACL SETUSER that a role needs.

    The role is that of --role, else the profile's. Asks no server and changes nothing: give the line to whoever may
    run it. No password is ever printed.
    """
    call.refuse(Output.CSV)
    refuse_empty({"--queues": "" if "" in (queues or ()) else None, "--user": user})
    from bulltui.store.acl import USER, Wanted, grant

    settings = call.settings
    chosen, address = settings.role, address_of(settings.url)
    wanted = Wanted(
        chosen,
        settings.prefixes or (),
        tuple(queues or ()) or settings.queues or chosen.queues,
        user=user if user is not None else settings.username or address.user or USER,
        redis=redis or 7,
        password="nopass" if nopass else ">PASSWORD",
        way=address.kind,
        database=not server_of(settings.url).endswith(("/0", " 0", "/cluster")),
    )
    given = grant(wanted)
    if call.output is Output.TABLE:
        for line in _comment(wanted, given):
            call.out.line(f"# {line}".rstrip())
        call.out.line(given.line)
        return
    call.out.document(
        {
            "role": chosen.name,
            "actions": list(chosen.sorted_verbs),
            "queues": list(wanted.globs),
            "prefixes": list(wanted.prefixes),
            "user": given.user,
            "command": given.line,
            "rules": list(given.rules),
            "keys": list(given.keys),
            "commands": [name.lower().replace(" ", "|") for name in given.commands],
            "let_through": list(given.lets_through),
            "notes": list(given.notes),
        },
        short=call.output is Output.JSONL,
    )


def _comment(wanted: "Wanted", given: "Grant") -> list[str]:
    from textwrap import wrap

    role, verbs = wanted.role, wanted.role.sorted_verbs
    can = "everything" if role.verbs is None else ", ".join(verbs) or "nothing but look"
    where = f"on the queues {', '.join(map(visible, wanted.globs))}" if wanted.globs else "on all queues"
    under = ", ".join(map(visible, wanted.prefixes))
    lines = [
        f"bulltui: what a user of Redis {wanted.redis} needs for the role {visible(role.name)}, {where} under {under}."
    ]
    lines.append(f"The role may do: {can}.")
    return [part for line in (*lines, *given.notes) for part in wrap(line, _WIDTH, subsequent_indent="  ")]
