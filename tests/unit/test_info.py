"""What servers say in INFO, as facts."""

from hypothesis import given
from hypothesis import strategies as st

from bulltui.domain.server import Persistence, Replica, Replication
from bulltui.store.info import parse_info, server_of

PRIMARY = """# Server
redis_version:7.0.15
redis_mode:standalone
uptime_in_seconds:90
# Clients
connected_clients:7
maxclients:10000
blocked_clients:2
# Memory
used_memory:1000
maxmemory:4000
maxmemory_policy:noeviction
mem_fragmentation_ratio:1.25
# Persistence
loading:0
rdb_changes_since_last_save:12
rdb_bgsave_in_progress:1
rdb_last_save_time:1700000000
rdb_last_bgsave_status:err
aof_enabled:1
aof_rewrite_in_progress:0
aof_last_bgrewrite_status:ok
aof_last_write_status:ok
aof_current_size:512
# Stats
instantaneous_ops_per_sec:33
rejected_connections:1
expired_keys:5
evicted_keys:6
# Replication
role:master
connected_slaves:2
slave0:ip=10.0.0.2,port=6380,state=online,offset=900,lag=1
slave1:ip=::1,port=6381,state=wait_bgsave,offset=0,lag=0
master_repl_offset:1000
# Keyspace
db0:keys=3,expires=1,avg_ttl=0
db2:keys=9,expires=0,avg_ttl=0
"""

REPLICA = """redis_version:6.2.14
role:slave
master_host:10.0.0.1
master_port:6379
master_link_status:down
master_last_io_seconds_ago:-1
master_link_down_since_seconds:44
master_sync_in_progress:1
"""

DRAGONFLY = """# Server
redis_version:7.4.0
dragonfly_version:df-v1.27.1
redis_mode:standalone
uptime_in_seconds:10
maxmemory:0
used_memory:700
connected_clients:1
max_clients:64000
last_success_save:1700000001
rdb_changes_since_last_success_save:0
role:master
"""


def test_a_primary() -> None:
    info = server_of(parse_info(PRIMARY))
    assert (info.title, info.role, info.mode, info.uptime_s) == ("redis 7.0.15", "master", "standalone", 90)
    assert (info.clients, info.max_clients, info.blocked, info.rejected) == (7, 10_000, 2, 1)
    assert (info.used_memory, info.max_memory, info.fragmentation, info.policy_is_safe) == (1000, 4000, 1.25, True)
    assert (info.ops_s, info.expired, info.evicted, info.keys) == (33, 5, 6, 3)
    assert info.persistence == Persistence(
        saved_at=1_700_000_000,
        unsaved=12,
        rdb_ok=False,
        aof=True,
        aof_ok=True,
        rewrite_ok=True,
        aof_bytes=512,
        saving=True,
    )
    assert info.persistence.fault == "the last snapshot failed"
    assert info.replication == Replication(
        (Replica("10.0.0.2:6380", "online", 100, 1), Replica("::1:6381", "wait_bgsave", 1000, 0))
    )


def test_the_keys_of_another_database_or_of_an_empty_one() -> None:
    assert server_of(parse_info(PRIMARY), 2).keys == 9
    assert server_of(parse_info(PRIMARY), 1).keys == 0


def test_a_replica_that_lost_its_primary() -> None:
    info = server_of(parse_info(REPLICA))
    assert info.replication == Replication((), "10.0.0.1:6379", "down", 44, None, syncing=True)


def test_what_is_not_told_stays_unknown() -> None:
    info = server_of(parse_info(DRAGONFLY))
    assert info.title == "dragonfly 1.27.1"
    assert (info.persistence.saved_at, info.persistence.unsaved) == (1_700_000_001, 0)
    assert info.persistence.aof is None
    assert (info.evicted, info.blocked, info.fragmentation) == (None, None, None)
    assert server_of({}).keys is None
    valkey = server_of(parse_info("redis_version:7.2.4\nserver_name:valkey\nvalkey_version:8.1.4"))
    assert valkey.title == "valkey 8.1.4"


def test_which_fault_is_told() -> None:
    assert Persistence(aof=True, aof_ok=False, rdb_ok=False).fault == "the last write to the append-only file failed"
    assert Persistence(aof=True, rewrite_ok=False).fault == "the last rewrite of the append-only file failed"
    assert Persistence(aof=False, aof_ok=False, rdb_ok=True).fault == ""


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    server_of(parse_info(text))


@given(st.dictionaries(st.sampled_from(sorted(parse_info(PRIMARY) | parse_info(REPLICA))), st.text(max_size=30)))
def test_no_value_breaks_it(fields: dict[str, str]) -> None:
    server_of(fields)
