"""`bulltui monitor`: the history, alerts and metrics as a service, without a screen."""

from dataclasses import replace
from typing import Annotated

import typer

from bulltui.cli.call import Call
from bulltui.cli.grammar import command, verb
from bulltui.cli.monitor_log import LogForm
from bulltui.cli.options import Output, connection, history, metrics
from bulltui.config.settings import Settings
from bulltui.config.watching import Watching
from bulltui.domain.errors import UsageError

PORT = 2855
"""BULL on the keys of a telephone: none of the exporters that are about takes it."""

app = verb()


@command(
    app,
    "monitor",
    groups=(metrics, history, connection),
    examples="""
    bulltui monitor                                       metrics on http://127.0.0.1:2855, history and alerts
    bulltui monitor --profile eu --profile us --log json  two servers, lines for programs
    bulltui monitor --metrics-host 0.0.0.0                in a container: who may ask is said by [metrics]
    bulltui monitor --no-metrics                          history and alerts alone
    curl -s http://127.0.0.1:2855/readyz
    """,
)
def monitor(
    call: Call,
    *,
    no_alerts: Annotated[bool, typer.Option("--no-alerts", help="Look for no alerts and tell nobody.")] = False,
    no_metrics: Annotated[bool, typer.Option("--no-metrics", help="Do not listen for Prometheus.")] = False,
    log: Annotated[
        LogForm, typer.Option("--log", help="How lines are written to standard error.", case_sensitive=False)
    ] = LogForm.TEXT,
) -> int:
    """Keep the history, look for alerts and answer Prometheus, without a screen.

    Runs until SIGTERM or Ctrl+C, and waits for servers that are away. Writes a line to standard error for what matters:
    alerts, servers that go and come, what cannot be done. SIGHUP reads the configuration anew, or ends it on a
    terminal. Tells systemd how it is (Type=notify, WatchdogSec).

    Exit code 0 at its end, 1 where the port is taken, 2 for a configuration that is wrong.
    """
    if call.output is not Output.TABLE:
        raise UsageError(
            "The monitor has no result that could be written so.", hint="Its lines are JSON by --log json."
        )
    if no_metrics and call.given.metrics:
        raise UsageError("--no-metrics and options of metrics do not go together.", hint="Leave out one of both.")

    def settings() -> Settings:
        return monitored(call.given.settings(), alerts=not no_alerts, listens=not no_metrics)

    first = settings()
    if no_metrics and no_alerts and not first.watching.history.enabled:
        raise UsageError("Without history, alerts and metrics there is nothing to do.", hint="Leave one of them on.")
    from bulltui.cli.loop import run
    from bulltui.cli.monitoring import Monitor

    return run(Monitor(first, settings, log).run())


def monitored(settings: Settings, *, alerts: bool = True, listens: bool = True) -> Settings:
    """The settings of a run with what a monitor does by itself. Raises UsageError for what the environment lacks."""
    if settings.watching.missing:
        raise settings.watching.missing[0]

    def of(watching: Watching) -> Watching:
        port = (PORT if watching.metrics.port is None else watching.metrics.port) if listens else None
        found = replace(watching, metrics=replace(watching.metrics, port=port))
        return found if alerts else replace(found, alerts=replace(found.alerts, rules=(), ways=(), built_in=False))

    fleet = tuple(replace(one, watching=of(one.watching)) for one in settings.fleet)
    return replace(settings, watching=of(settings.watching), fleet=fleet)
