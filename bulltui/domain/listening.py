"""Where this process listens for Prometheus."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listening:
    """The address, such as `http://127.0.0.1:2855`, empty where nobody asked for it, and a sentence about what is
    unwise in that, empty for nothing."""

    address: str = ""
    warning: str = ""
