"""The server: what it is, how it is, and whether its settings suit a queue."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What the server says about itself. Empty or None where it does not tell.

    `software` is `redis`, `valkey`, `dragonfly` and so on. Memory in bytes; `max_memory` 0 means no limit.
    """

    software: str = "redis"
    version: str = ""
    mode: str = ""
    role: str = ""
    memory_policy: str = ""
    used_memory: int | None = None
    max_memory: int | None = None
    clients: int | None = None
    uptime_s: int | None = None
    keys: int | None = None
    user: str = ""
    protocol: int = 0

    @property
    def title(self) -> str:
        """`valkey 8.1.4`."""
        return f"{self.software} {self.version}".strip()

    @property
    def policy_is_safe(self) -> bool | None:
        """Whether keys are never evicted, as BullMQ requires; None when unknown."""
        return self.memory_policy == "noeviction" if self.memory_policy else None
