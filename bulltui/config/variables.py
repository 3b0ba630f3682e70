"""`${NAME}` and `${NAME:-DEFAULT}` in the texts of a configuration, and `$$` for a `$`."""

import re
from collections.abc import Mapping
from typing import Any

_SIGN = re.compile(r"\$(?:(\$)|\{([^}]*)(\}?))")
_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)


class MissingVariableError(Exception):
    """The environment lacks the variable `name`, and nothing is said to be taken in its place."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the environment has no variable {name}")
        self.name = name


def expand(value: Any, environment: Mapping[str, str]) -> Any:
    """A value of the configuration with those of the environment in the place of variables, once: what stands in one
    is no variable. An empty value counts as none where there is a default. Raises MissingVariableError, and ValueError
    for a `${` that no name follows.

    >>> expand("redis://${HOST}:${PORT:-6379}/$$0", {"HOST": "cache"})
    'redis://cache:6379/$0'
    """
    if isinstance(value, list):
        return [expand(one, environment) for one in value]
    if not isinstance(value, str):
        return value

    def put(found: re.Match[str]) -> str:
        if found[1]:
            return "$"
        name, default = _parts(found)
        given = environment.get(name)
        if given or (given is not None and default is None):
            return given
        if default is None:
            raise MissingVariableError(name)
        return default

    return _SIGN.sub(put, value)


def names_in(text: str) -> tuple[str, ...]:
    """The variables that `text` speaks of. Raises ValueError as `expand` does."""
    found = [_parts(one)[0] for one in _SIGN.finditer(text) if not one[1]]
    return tuple(dict.fromkeys(found))


def _parts(found: re.Match[str]) -> tuple[str, str | None]:
    named = _NAME.fullmatch(found[2]) if found[3] else None
    if named is None:
        raise ValueError("a ${ that no name follows")
    return named[1], named[2]
