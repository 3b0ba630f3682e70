"""Builds the object graph: the only package that imports every floor."""

from bulltui.wiring.opening import open_runtime
from bulltui.wiring.runtime import Runtime, runner_of
from bulltui.wiring.serving import serve_metrics

__all__ = ["Runtime", "open_runtime", "runner_of", "serve_metrics"]
