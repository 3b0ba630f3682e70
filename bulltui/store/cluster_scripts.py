"""Scripts as nodes of a Cluster are given them.

Within a script a key that is not here, since its slot is on its way to another node, is an error at the command that
wants it: what was written before stays. So each script begins by asking for a key of the slot that nobody has. A node
that holds the whole slot says that there is none, and holds it until the script ends; any other cannot say.
"""

from functools import cache
from hashlib import sha1

from bulltui.store.scripts import source

_GUARD = """local here = KEYS[1] and redis.pcall("EXISTS", KEYS[1] .. ":bulltui-none")
if type(here) == "table" and here.err then
  return here
end
"""

_WORDS = (b"non local key", b"non-local key", b"cluster is down", b"do not hash to the same slot")


@cache
def guarded(name: str) -> str:
    """The text of a script, which does nothing where its slot is not wholly here."""
    return _GUARD + source(name)


@cache
def guarded_digest(name: str) -> str:
    """The name under which a node keeps it."""
    return sha1(guarded(name).encode(), usedforsecurity=False).hexdigest()


def is_elsewhere(error: BaseException | bytes) -> bool:
    """Whether a script was refused a key since its slot is not here, or not wholly."""
    text = (error if isinstance(error, bytes) else str(error).encode()).lower()
    return any(words in text for words in _WORDS)
