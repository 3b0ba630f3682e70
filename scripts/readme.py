"""Writes the parts of the README that come from the code: the table of keys.

`python -m scripts.readme` writes, `--check` only tells whether the README is true.
"""

import sys
from pathlib import Path

from bulltui.domain.registry import ACTIONS, BY_ID, Where, key_name

README = Path(__file__).parent.parent / "README.md"
_BEGIN, _END = "<!-- keys: written by `python -m scripts.readme` -->\n", "<!-- /keys -->"
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


def written(text: str) -> str:
    """The README with its table as it should be."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}{key_table()}{_END}{after}"


def main(arguments: list[str]) -> int:
    """Writes or checks; the exit code of a check is 1 when the README is not true."""
    text = README.read_text("utf-8")
    if "--check" in arguments:
        return int(written(text) != text)
    README.write_text(written(text), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
