"""Writes the parts of the README that come from the code: the table of keys, the language of queries by examples,
and the keys of the configuration.

`python -m scripts.readme` writes, `--check` only tells whether the README is true.
"""

import sys
from pathlib import Path

from bulltui.config.keys import KEYS
from bulltui.config.template import EXAMPLES as VALUES
from bulltui.domain.query.examples import EXAMPLES
from bulltui.domain.registry import ACTIONS, BY_ID, Where, key_name

README = Path(__file__).parent.parent / "README.md"
_MADE = "written by `python -m scripts.readme`"
_WHERE = {
    Where.EVERYWHERE: "everywhere",
    Where.MAIN: "a queue, its jobs",
    Where.LISTS: "in lists",
    Where.QUEUES: "queues",
    Where.JOBS: "jobs",
    Where.JOB: "an open job",
    Where.OF_JOBS: "a job, or the marked",
    Where.SCHEDULERS: "schedulers",
    Where.EVENTS: "live events",
    Where.CHARTS: "charts",
    Where.ALERTS: "alerts",
}


def key_table() -> str:
    """The keys of all actions as a table."""
    rows = ["| key | where | what it does |", "|---|---|---|"]
    for action in ACTIONS:
        keys = (
            " ".join(f"`{key_name(key)}`" for key in action.keys)
            or f"`{key_name(BY_ID['menu'].keys[0])}` {action.label}"
        )
        rows.append(f"| {keys} | {_WHERE[action.where]} | {action.help} |")
    return "\n".join(rows) + "\n"


def query_table() -> str:
    """The language of queries by examples."""
    rows = ["| query | means |", "|---|---|"]
    for kind, examples in EXAMPLES.items():
        rows.append(f"| **{kind}** | |")
        for one in examples:
            query, meaning = (text.replace("|", "\\|") for text in (one.query, one.meaning))
            rows.append(f"| `{query}` | {meaning} |")
    return "\n".join(rows) + "\n"


def config_table() -> str:
    """The keys of a profile."""
    rows = ["| key | what it is for | what it has to be | such as |", "|---|---|---|---|"]
    rows += [f"| `{key.name}` | {key.about} | {key.expected} | `{VALUES[key.name]}` |" for key in KEYS]
    return "\n".join(rows) + "\n"


def written(text: str) -> str:
    """The README with its tables as they should be."""
    for name, table in (("keys", key_table()), ("queries", query_table()), ("config", config_table())):
        begin, end = f"<!-- {name}: {_MADE} -->\n", f"<!-- /{name} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}{table}{end}{after}"
    return text


def main(arguments: list[str]) -> int:
    """Writes or checks; the exit code of a check is 1 when the README is not true."""
    text = README.read_text("utf-8")
    if "--check" in arguments:
        return int(written(text) != text)
    README.write_text(written(text), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
