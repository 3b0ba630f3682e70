"""How much is tried: all of it by `make thorough`, a part that shows the same in fewer minutes by `make test`."""

import os
from typing import TypeVar

T = TypeVar("T")

THOROUGH = bool(os.environ.get("BULLTUI_THOROUGH"))


def tried(all_of_it: T, part: T) -> T:
    """What is tried in this run."""
    return all_of_it if THOROUGH else part
