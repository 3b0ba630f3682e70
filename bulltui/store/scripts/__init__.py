"""The Lua scripts, one file each, read once. `-- needs: a, b` in the first line puts those parts of `lib/` before."""

from functools import cache
from hashlib import sha1
from importlib.resources import files

_NEEDS = "-- needs:"


@cache
def source(name: str) -> str:
    """The text of a script, with the parts that it shares with others."""
    folder = files(__package__)
    text = (folder / f"{name}.lua").read_text("utf-8")
    first, _, rest = text.partition("\n")
    if not first.startswith(_NEEDS):
        return text
    parts = [part.strip() for part in first.removeprefix(_NEEDS).split(",")]
    return "\n".join([*((folder / "lib" / f"{part}.lua").read_text("utf-8") for part in parts), rest])


@cache
def digest(name: str) -> str:
    """The name under which the server keeps a script."""
    return sha1(source(name).encode(), usedforsecurity=False).hexdigest()
