"""A figure, what it is held against, and the table of all."""

import os
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `floor` is what the same run measured for the least possible, or for another tool; `limit`
    is what the product promises, on the ratio where there is a floor and `by_ratio`, else on the number itself."""

    name: str
    ours: float
    unit: str
    limit: float | None = None
    floor: float | None = None
    floor_name: str = ""
    by_ratio: bool = False

    @property
    def ratio(self) -> float | None:
        """Ours by the floor."""
        return self.ours / self.floor if self.floor else None

    @property
    def held(self) -> bool | None:
        """Whether the promise holds; None where there is none."""
        judged = self.ratio if self.by_ratio else self.ours
        return None if self.limit is None or judged is None else judged <= self.limit


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines of text."""
    rows = [("figure", "ours", "unit", "floor", "measured as", "ratio", "promised", "")]
    for figure in figures:
        promised = "" if figure.limit is None else f"<= {_number(figure.limit)}{'x' if figure.by_ratio else ''}"
        verdict = {None: "", True: "held", False: "NOT HELD"}[figure.held]
        rows.append(
            (
                figure.name,
                _number(figure.ours),
                figure.unit,
                _number(figure.floor),
                figure.floor_name,
                _number(figure.ratio),
                promised,
                verdict,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor, user and system together (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """The resident memory of a process in MB (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def own_memory_mb() -> float:
    """The most memory this process has used so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
