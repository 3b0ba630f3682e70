"""Builds what watches: the history, alerts and the metrics of one server, or of several."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bulltui.services.watch.protocols import AlertBoard, HistorySource, Marks, Watch
    from bulltui.wiring.runtime import Runtime


def history_of(runtime: "Runtime") -> "HistorySource":
    """Where charts and reports are read from."""
    raise NotImplementedError(runtime)


def alerts_of(runtime: "Runtime") -> "AlertBoard":
    """The alerts of all servers of the runtime."""
    raise NotImplementedError(runtime)


def marks_of(runtime: "Runtime") -> "Marks":
    """What happened on them."""
    raise NotImplementedError(runtime)


def watch_of(runtime: "Runtime") -> "Watch":
    """Who writes the history, looks for alerts and tells of them, while it runs."""
    raise NotImplementedError(runtime)
