"""Writes what is made of the table of metrics: its document, the dashboard for Grafana and the rules for Prometheus.

`python -m scripts.metrics` writes, `--check` only tells whether they are up to date.
"""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from bulltui.config.metrics import EXAMPLES, KEYS, variable
from bulltui.domain.metric import Family, Metric
from bulltui.domain.metric_table import METRICS
from bulltui.domain.metric_table_others import NOT_TOLD
from scripts import grafana, prometheus_rules

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "metrics.md"
_BEGIN, _END = "<!-- begin: written by `make metrics` -->\n", "<!-- end -->\n"
_TITLES = {
    Family.BULLMQ: "BullMQ's own",
    Family.DER_DASH: "As bull-der-dash has them",
    Family.OURS: "bulltui's",
    Family.PROCESS: "The process",
    Family.BULL_EXPORTER: "With `--metrics-compat bull_exporter`",
    Family.BULL_MONITOR: "With `--metrics-compat bull_monitor`",
    Family.BULLMQ_METRICS: "With `--metrics-compat bullmq_metrics`",
}


def files() -> Mapping[Path, str]:
    """What each file has to be."""
    deploy = ROOT / "docs" / "deploy"
    return {
        DOCUMENT: _document(DOCUMENT.read_text(encoding="utf-8")),
        deploy / "grafana" / "bulltui.json": grafana.dashboard(),
        deploy / "prometheus" / "bulltui.rules.yml": prometheus_rules.rules(),
        deploy / "prometheus" / "prometheus.yml": prometheus_rules.EXAMPLE,
    }


def _document(text: str) -> str:
    head, _, rest = text.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    return head + _BEGIN + "".join(_parts()) + _END + tail


def _parts() -> Iterable[str]:
    yield "\n| key of `[metrics]` | what it is for | what it has to be | such as | in the environment |\n"
    yield "|---|---|---|---|---|\n"
    for key in KEYS:
        yield f"| `{key.name}` | {key.about} | {key.expected} | `{EXAMPLES[key.name]}` | `{variable(key)}` |\n"
    for family, title in _TITLES.items():
        yield f"\n### {title}\n\n| name | kind | labels | what it is |\n|---|---|---|---|\n"
        for metric in METRICS:
            if metric.family is family:
                yield _row(metric)
    yield "\n### Not told\n\n"
    for name, why in NOT_TOLD.items():
        yield f"- `{name}`: {why}.\n"
    yield "\n"


def _row(metric: Metric) -> str:
    labels = " ".join(f"`{label}`" for label in metric.all_labels)
    none = f" No sample where {metric.absent}." if metric.absent else ""
    return f"| `{metric.name}` | {metric.kind.value} | {labels} | {metric.help}{none} |\n"


def main() -> int:
    """Writes, or with `--check` tells what is not up to date by the exit code."""
    old = []
    for path, text in files().items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        old.append(path.relative_to(ROOT))
        if "--check" not in sys.argv[1:]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in old:
        print(f"{path} {'is not up to date' if '--check' in sys.argv[1:] else 'written'}")
    return 1 if old and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
