"""How commands are declared: with the shared options, and with help as plain text.

Typer's own help loads Rich, which takes longer than most commands, and draws boxes that no other tool can read; ours
groups options under headings and shows examples as they are typed.
"""

import inspect
import sys
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

import typer
from typer.core import TyperCommand, TyperGroup

from bulltui.cli.call import Call
from bulltui.cli.coercion import make_light
from bulltui.cli.options import Given, connection
from bulltui.cli.output import reader_left

P = ParamSpec("P")
Function = Callable[Concatenate[Call, P], int | None]
"""A command: its call first, then its own arguments and options. A number it returns is the exit code."""

OptionGroup = Callable[..., Given]


def _write_options(command: Any, context: Any, formatter: Any) -> None:
    """Arguments, then options under their headings, those without one first."""
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None:
            continue
        if parameter.param_type_name == "argument":
            sections["Arguments"].append((parameter.metavar or parameter.name, parameter.help or ""))
        else:
            heading = getattr(parameter, "rich_help_panel", None) or "Options"
            sections.setdefault(heading, []).append(record)
    for heading, records in sections.items():
        if records:
            with formatter.section(heading):
                formatter.write_dl(records, col_max=26)


def _write_examples(examples: str | None, formatter: Any) -> None:
    if examples:
        with formatter.section("Examples"):
            for line in inspect.cleandoc(examples).splitlines():
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")


class PlainCommand(TyperCommand):
    """A command with plain help; its epilog is a list of examples."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, that of `--help` and those Typer adds late included."""
        parameters = super().get_params(ctx)
        make_light(parameters)
        return parameters

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTIONS] QUEUE ID`: arguments as their metavars say."""
        arguments = [one for one in self.get_params(ctx) if one.param_type_name == "argument"]
        return ["[OPTIONS]", *(str(one.metavar or one.name) for one in arguments)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the options by heading."""
        _write_options(self, ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Writes the examples as they are."""
        _write_examples(self.epilog, formatter)


class PlainGroup(TyperGroup):
    """A noun with plain help: commands first, since they are what is looked for."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The parameters, that of `--help` and those Typer adds late included."""
        parameters = super().get_params(ctx)
        make_light(parameters)
        return parameters

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the commands, then the options by heading."""
        self.format_commands(ctx, formatter)
        _write_options(self, ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Writes the examples as they are."""
        _write_examples(self.epilog, formatter)


def with_options(function: Function[P], groups: tuple[OptionGroup, ...]) -> Callable[..., int | None]:
    """`function` with the options of `groups` after its own, as Typer sees it; they reach it in its `Call`."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    shared = {group: inspect.signature(group, eval_str=True).parameters for group in groups}

    def run(context: typer.Context, **values: Any) -> int | None:
        given = context.obj if isinstance(context.obj, Given) else Given()
        for group, parameters in shared.items():
            given = group(**{name: values.pop(name) for name in parameters}).over(given)
        context.obj = given
        try:
            code = function(Call(context, given), **values)  # type: ignore[call-arg]
            sys.stdout.flush()
        except BrokenPipeError:
            reader_left()
            return 0
        return code

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [inspect.Parameter("context", keyword, annotation=typer.Context)]
    parameters += [parameter.replace(kind=keyword) for parameter in own]
    parameters += [parameter.replace(kind=keyword) for group in shared.values() for parameter in group.values()]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__doc__ = function.__doc__
    run.__name__ = function.__name__
    return run


def command(
    app: typer.Typer, name: str, *, examples: str = "", groups: tuple[OptionGroup, ...] = (connection,)
) -> Callable[[Function[P]], Function[P]]:
    """Registers a function as the command `name` of `app`, with the shared options."""

    def register(function: Function[P]) -> Function[P]:
        app.command(name, cls=PlainCommand, epilog=examples)(with_options(function, groups))
        return function

    return register


def _typer(**settings: Any) -> typer.Typer:
    return typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False, **settings)


def verb() -> typer.Typer:
    """The place of a command that stands by itself."""
    return _typer()


def noun(name: str, about: str) -> typer.Typer:
    """A group of commands about one kind of thing. The shared options stand on it as well."""
    app = _typer(name=name, help=about, cls=PlainGroup)

    def shared(call: Call) -> None:
        """Takes the shared options."""

    app.callback(help=about)(with_options(shared, (connection,)))
    return app
