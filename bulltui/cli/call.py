"""One call of a command: what it was told, where it writes, and its way to the server."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import typer

from bulltui.cli.options import Given, Output
from bulltui.cli.output import Out
from bulltui.config.settings import Settings
from bulltui.domain.errors import UsageError

if TYPE_CHECKING:
    from bulltui.wiring import Runtime

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """What a command works with."""

    context: typer.Context
    given: Given

    @cached_property
    def settings(self) -> Settings:
        """The settings of this run."""
        return self.given.settings()

    @cached_property
    def out(self) -> Out:
        """Where results go."""
        return Out.standard()

    @property
    def output(self) -> Output:
        """The form of the results."""
        return self.given.output or Output.TABLE

    def refuse(self, *forms: Output) -> None:
        """Refuses forms that the result of a command does not have."""
        if self.output in forms:
            others = [form.value for form in Output if form not in forms]
            raise UsageError(
                f"`{self.context.command_path}` has no {self.output.value.upper()} form.",
                hint=f"Use -o {' or '.join(others)}.",
            )

    def run(self, work: "Callable[[Runtime], Awaitable[T]]", settings: Settings | None = None) -> T:
        """The result of `work` on the server of this call, or of other `settings`."""
        from bulltui.cli.loop import run
        from bulltui.wiring import open_runtime

        wanted = settings or self.settings

        async def connected() -> T:
            async with open_runtime(wanted, live=False) as runtime:
                vars(self)["out"] = replace(self.out, several=len(wanted.fleet) > 1)
                return await work(runtime)

        return run(connected())
