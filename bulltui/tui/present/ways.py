"""Which servers there are, and what of the way to each is told and not seen."""

from bulltui.config.settings import Settings
from bulltui.domain.roles import ADMIN
from bulltui.domain.snapshot import ServerState, Snapshot
from bulltui.domain.text import visible
from bulltui.tui.present.connection import Way
from bulltui.tui.present.header import Identity


def states_of(snapshot: Snapshot, address: str) -> tuple[ServerState, ...]:
    """Each server; before the first snapshot one of which nothing is known but its address."""
    return snapshot.servers or (
        ServerState(
            "",
            address,
            snapshot.taken_at,
            snapshot.server,
            snapshot.health,
            snapshot.discovery,
            snapshot.vitals,
            snapshot.workers_problem,
            snapshot.server_at,
        ),
    )


def settings_of(label: str, settings: Settings) -> Settings:
    """What was told of the server with this label."""
    return next((one for one in settings.fleet if one.label == label), settings)


def unchecked(settings: Settings) -> bool:
    """Whether what is sent is encrypted and the certificate of the server not checked."""
    return settings.unchecked


def way_to(state: ServerState, settings: Settings, scripts: bool | None) -> Way:
    """What is told of the way to a server."""
    told = settings_of(state.label, settings)
    return Way(unchecked(told), told.replica, may(told), scripts, told.tunnel[0] if told.tunnel else "")


def identity_of(settings: Settings, address: str, note: str = "", *, read_only: bool = False) -> Identity:
    """What the header always says. Of several servers it warns of what holds for any of them."""
    told = settings.fleet or (settings,)
    roles = dict.fromkeys(one.role.name for one in told if one.role != ADMIN)
    return Identity(
        address,
        note,
        read_only=read_only and not any(one.role.views_only and not one.read_only for one in told),
        production=any(one.production for one in told),
        profile=settings.profile,
        role=", ".join(roles),
        unchecked=any(map(unchecked, told)),
        replica=any(one.replica for one in told),
    )


def may(settings: Settings) -> str:
    """What of all that can be done one may not, in words; empty where one may do anything."""
    if settings.read_only:
        return "only look: read-only"
    role = settings.role
    if role.views_only:
        return f"only look: role {visible(role.name)}"
    where = f" on {visible(', '.join(role.queues))}" if role.queues else ""
    if role.verbs is None:
        return f"all{where}: role {visible(role.name)}" if where else ""
    return f"{', '.join(role.sorted_verbs)}{where}: role {visible(role.name)}"
