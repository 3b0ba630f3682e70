"""How often what is read, in seconds."""

from dataclasses import dataclass

FEW_QUEUES = 100
"""Up to so many queues nothing is spared: one call holds the counts of as many."""

WORKERS_SPARING_S = 30.0
SERIES_SPARING_S = 300.0
SEARCH_SHARE = 400
"""A search for queues, which goes through all keys, takes no more than one part of this many of the server's time."""
SEARCH_LATEST_S = 300.0


@dataclass(frozen=True, slots=True)
class PollOptions:
    """The pace, and which queues: prefixes (None: any) and globs.

    `cache_s` is how old the counts of queues that nobody looks at may get; with 0 everything is read at each pace,
    however many queues there are. `label` and `address` name the server; `replica` says that one is wanted.
    """

    prefixes: tuple[str, ...] | None
    globs: tuple[str, ...] = ()
    refresh_s: float = 2.0
    timeout_s: float = 2.0
    discovery_s: float = 30.0
    workers_s: float = 10.0
    server_s: float = 15.0
    series_s: float = 60.0
    cache_s: float = 0.0
    label: str = ""
    address: str = "The server"
    replica: bool = False

    def spares(self, queues: int) -> bool:
        """Whether so many queues are not all read each time."""
        return self.cache_s > 0 and queues > FEW_QUEUES

    def workers_pause(self, queues: int) -> float:
        """Between two looks at the workers."""
        return max(self.workers_s, WORKERS_SPARING_S) if self.spares(queues) else self.workers_s

    def search_pause(self, took_s: float) -> float:
        """Before the next search for queues, by what the last one took: a server with many keys is searched seldom.
        A queue that is gone shows by its counts, and a person can ask for a search at any time."""
        if self.cache_s <= 0:
            return self.discovery_s
        return max(self.discovery_s, min(SEARCH_LATEST_S, SEARCH_SHARE * took_s))
