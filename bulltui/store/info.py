"""The text of INFO as facts, whichever software answers: what it does not tell stays unknown."""

from collections.abc import Mapping

from bulltui.domain.server import Persistence, Replica, Replication, ServerInfo

Fields = Mapping[str, str]

_SOFTWARE = ("valkey", "dragonfly", "keydb")


def parse_info(text: str) -> dict[str, str]:
    """The fields of INFO."""
    pairs = (line.partition(":") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def number(text: str | None) -> int | None:
    """A whole number, None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 20 else None


def server_of(info: Fields, database: int = 0) -> ServerInfo:
    """What one server says. `database` is the one whose keys are counted."""
    software, version = _software(info)
    # A database without keys has no line.
    keys = _pairs(info.get(f"db{database}", "keys=0")).get("keys") if info else None
    return ServerInfo(
        software=software,
        version=version,
        mode=info.get("server_mode") or info.get("redis_mode", ""),
        role=info.get("role", ""),
        memory_policy=info.get("maxmemory_policy", ""),
        used_memory=number(info.get("used_memory")),
        max_memory=number(info.get("maxmemory")),
        clients=number(info.get("connected_clients")),
        uptime_s=number(info.get("uptime_in_seconds")),
        keys=number(keys),
        fragmentation=_ratio(info.get("mem_fragmentation_ratio")),
        max_clients=number(info.get("maxclients")),
        blocked=number(info.get("blocked_clients")),
        rejected=number(info.get("rejected_connections")),
        evicted=number(info.get("evicted_keys")),
        expired=number(info.get("expired_keys")),
        ops_s=number(info.get("instantaneous_ops_per_sec")),
        persistence=_persistence(info),
        replication=_replication(info),
    )


def _software(info: Fields) -> tuple[str, str]:
    for name in _SOFTWARE:
        if f"{name}_version" in info:
            return name, info[f"{name}_version"].removeprefix("df-v")
    return info.get("server_name") or "redis", info.get("redis_version", "")


def _pairs(text: str) -> dict[str, str]:
    """`a=1,b=2`."""
    return dict(part.partition("=")[::2] for part in text.split(","))


def _ratio(text: str | None) -> float | None:
    digits = (text or "").replace(".", "", 1)
    return float(text or "") if digits.isascii() and digits.isdigit() and len(digits) < 20 else None


def _flag(text: str | None) -> bool | None:
    return None if text not in ("0", "1") else text == "1"


def _fine(text: str | None) -> bool | None:
    return None if not text else text == "ok"


def _persistence(info: Fields) -> Persistence:
    return Persistence(
        saved_at=number(info.get("rdb_last_save_time")) or number(info.get("last_success_save")),
        unsaved=number(info.get("rdb_changes_since_last_save"))
        or number(info.get("rdb_changes_since_last_success_save")),
        rdb_ok=_fine(info.get("rdb_last_bgsave_status")),
        aof=_flag(info.get("aof_enabled")),
        aof_ok=_fine(info.get("aof_last_write_status")),
        rewrite_ok=_fine(info.get("aof_last_bgrewrite_status")),
        aof_bytes=number(info.get("aof_current_size")),
        loading=info.get("loading") == "1",
        saving="1" in (info.get("rdb_bgsave_in_progress"), info.get("aof_rewrite_in_progress")),
    )


def _replication(info: Fields) -> Replication:
    offset = number(info.get("master_repl_offset"))
    host, port = info.get("master_host", ""), info.get("master_port", "")
    replicas = (
        _replica(_pairs(value), offset)
        for name, value in info.items()
        if name.startswith("slave") and name.removeprefix("slave").isdigit()
    )
    return Replication(
        replicas=tuple(replicas),
        primary=f"{host}:{port}" if host else "",
        link=info.get("master_link_status", ""),
        down_s=number(info.get("master_link_down_since_seconds")),
        heard_s=number(info.get("master_last_io_seconds_ago")),
        syncing=info.get("master_sync_in_progress") == "1",
    )


def _replica(told: Fields, offset: int | None) -> Replica:
    at = number(told.get("offset"))
    return Replica(
        address=f"{told.get('ip', '')}:{told.get('port', '')}",
        state=told.get("state", ""),
        behind_bytes=None if offset is None or at is None else max(0, offset - at),
        lag_s=number(told.get("lag")),
    )
