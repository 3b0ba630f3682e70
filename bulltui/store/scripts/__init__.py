"""The Lua scripts, one file each, read once."""

from functools import cache
from hashlib import sha1
from importlib.resources import files


@cache
def source(name: str) -> str:
    """The text of a script."""
    return (files(__package__) / f"{name}.lua").read_text("utf-8")


@cache
def digest(name: str) -> str:
    """The name under which the server keeps a script."""
    return sha1(source(name).encode(), usedforsecurity=False).hexdigest()
