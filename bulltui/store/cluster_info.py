"""What all nodes of a Cluster say of themselves, as one."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from bulltui.domain.errors import BulltuiError, NotAllowedError
from bulltui.domain.server import Node, Persistence, Replication, ServerInfo
from bulltui.domain.text import exact
from bulltui.store.calls import Calls, Member
from bulltui.store.info import parse_info, server_of

PRIMARY, REPLICA = "primary", "replica"

_Told = ServerInfo | BulltuiError


async def read_cluster(members: Sequence[Member]) -> ServerInfo:
    """The nodes side by side. One that does not answer has that for its problem; NotAllowedError where none may be
    asked, and the error of the first where no primary answers."""
    told = await asyncio.gather(*(_told(member.calls) for member in members))
    primaries = [one for member, one in zip(members, told, strict=True) if not member.primary]
    answered = [one for one in primaries if isinstance(one, ServerInfo)]
    if not answered:
        raise next(one for one in primaries if isinstance(one, BulltuiError))
    everyone = [one for one in told if isinstance(one, ServerInfo)]
    return replace(
        answered[0],
        role=PRIMARY,
        memory_policy=_worst_policy(one.memory_policy for one in answered),
        used_memory=_sum(answered, lambda one: one.used_memory),
        max_memory=_room(answered),
        clients=_sum(everyone, lambda one: one.clients),
        max_clients=_least(everyone, lambda one: one.max_clients),
        uptime_s=_least(answered, lambda one: one.uptime_s),
        keys=_sum(answered, lambda one: one.keys),
        fragmentation=max((one.fragmentation for one in answered if one.fragmentation is not None), default=None),
        blocked=_sum(everyone, lambda one: one.blocked),
        rejected=_sum(everyone, lambda one: one.rejected),
        evicted=_sum(answered, lambda one: one.evicted),
        expired=_sum(answered, lambda one: one.expired),
        ops_s=_sum(everyone, lambda one: one.ops_s),
        persistence=_worst_persistence([one.persistence for one in answered]),
        replication=Replication(tuple(each for one in answered for each in one.replication.replicas)),
        nodes=tuple(_node(member, one) for member, one in zip(members, told, strict=True)),
    )


async def _told(calls: Calls) -> _Told:
    try:
        return server_of(parse_info(exact(await calls.execute("INFO"))))
    except NotAllowedError:
        raise
    except BulltuiError as error:
        return error


def _node(member: Member, told: _Told) -> Node:
    node = Node(member.address, REPLICA if member.primary else PRIMARY, member.primary, member.slots)
    if isinstance(told, BulltuiError):
        return replace(node, problem=told.message)
    return replace(
        node,
        used_memory=told.used_memory,
        max_memory=told.max_memory,
        keys=told.keys,
        clients=told.clients,
        ops_s=told.ops_s,
        link=told.replication.link,
    )


_Number = Callable[[ServerInfo], int | None]


def _known(infos: Sequence[ServerInfo], number: _Number) -> list[int]:
    return [value for value in map(number, infos) if value is not None]


def _sum(infos: Sequence[ServerInfo], number: _Number) -> int | None:
    known = _known(infos, number)
    return sum(known) if known else None


def _least(infos: Sequence[ServerInfo], number: _Number) -> int | None:
    return min(_known(infos, number), default=None)


def _room(infos: Sequence[ServerInfo]) -> int | None:
    """All memory that may be used: without a limit where one has none."""
    known = _known(infos, lambda one: one.max_memory)
    return None if not known else sum(known) if all(known) else 0


def _worst_policy(policies: Iterable[str]) -> str:
    """One that evicts, where a node has one."""
    known = [policy for policy in policies if policy]
    return next((policy for policy in known if policy != "noeviction"), known[0] if known else "")


def _worst_persistence(told: Sequence[Persistence]) -> Persistence:
    """The state of the node that fares worst."""
    saved = [one.saved_at for one in told if one.saved_at is not None]
    worst = next((one for one in told if one.fault), next((one for one in told if one.aof is False), told[0]))
    return replace(
        worst,
        saved_at=min(saved, default=None),
        loading=any(one.loading for one in told),
        saving=any(one.saving for one in told),
    )
