"""Reads a table of the configuration by its keys: each value checked, with those of the environment put in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bulltui.config.keys import Key
from bulltui.config.toml_values import Place, dotted, unknown, wrong
from bulltui.config.variables import MissingVariableError, expand
from bulltui.domain.address import secrets_of
from bulltui.domain.errors import UsageError
from bulltui.domain.secrets import know
from bulltui.domain.text import visible


@dataclass(frozen=True, slots=True)
class Around:
    """What a table stands in: its file, the folder that paths in it are below, and the environment."""

    place: Place
    environment: Mapping[str, str]
    folder: Path


@dataclass(frozen=True, slots=True)
class Table:
    """What a table says, by the fields of its keys, and where each stands. `problems` is what is wrong in it; `missing`
    what cannot be used here, as the environment lacks a variable."""

    values: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[UsageError, ...] = ()
    missing: tuple[UsageError, ...] = ()


def read_table(table: object, path: tuple[str, ...], keys: Sequence[Key], around: Around) -> Table:
    """The values of a table. Goes on behind what is wrong. Values of secret keys are known as such from now on."""
    place = around.place
    if not isinstance(table, dict):
        return Table(problems=(wrong(place, path, "a table"),))
    by_name = {key.name: key for key in keys}
    values: dict[str, Any] = {}
    problems: list[UsageError] = []
    missing: list[UsageError] = []
    for name, written in table.items():
        here = (*path, name)
        key = by_name.get(name)
        if key is None:
            problems.append(unknown(place, here, by_name))
            continue
        try:
            words = expand(key.divided(written), around.environment)
        except ValueError:
            problems.append(wrong(place, here, "written with `$$` for a dollar sign, or `${NAME}`"))
            continue
        except MissingVariableError as lack:
            missing.append(_lack(lack.name, place, here))
            continue
        try:
            value = key.read(words)
        except (TypeError, ValueError):
            problems.append(wrong(place, here, key.expected))
            continue
        if key.secret and isinstance(value, str):
            know(value, *secrets_of(value))
        values[key.field] = str(around.folder / value) if key.expected == A_FILE else value
    return Table(values, tuple(problems), tuple(missing))


A_FILE = "the path of a PEM file"
"""What keys expect that name a file: it is below the folder of the configuration."""


def _lack(name: str, place: Place, path: tuple[str, ...]) -> UsageError:
    return UsageError(
        f"The environment has no variable {visible(name)}, which {dotted(path)} in {place.at(path)} needs.",
        hint=f"Set it, or write ${{{visible(name)}:-VALUE}} for what to take without it.",
        code="config",
    )
