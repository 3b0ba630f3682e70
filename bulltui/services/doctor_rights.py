"""The doctor's look at rights: does the Redis user have those that the role needs, and which has it beyond?"""

from collections.abc import Sequence
from typing import Protocol

from bulltui.domain.errors import BulltuiError, UnreachableError
from bulltui.domain.queue import DEFAULT_PREFIX
from bulltui.domain.reads import RoleRights
from bulltui.domain.roles import Role
from bulltui.domain.text import visible
from bulltui.services.check import Check

NAME = "your role"


class RightsReader(Protocol):
    """Who asks what the connected user may do."""

    async def role_rights(self, role: Role, prefixes: Sequence[str], globs: Sequence[str]) -> RoleRights:
        """How the user's rights stand to what a role needs on the queues that `globs` mean (none: all). Nothing is
        changed by asking."""


async def check_role(asker: RightsReader, role: Role, prefixes: Sequence[str], globs: Sequence[str]) -> Check:
    """Compares the rights. Raises UnreachableError."""
    where = tuple(globs) or role.queues
    try:
        found = await asker.role_rights(role, prefixes, where)
    except UnreachableError:
        raise
    except BulltuiError as error:
        return Check(NAME, "warn", f"Whether the user has the rights of the role is not known: {error.message}")
    name = visible(role.name)
    details = _beyond(role, found)
    if not found.missing and found.keys:
        told = "has all rights that it needs" if found.known else "has all rights that could be asked for"
        return Check(NAME, "ok", f"The role {name}: the Redis user {told}.", details=details)
    lacks = [f"run {', '.join(found.missing)}"] if found.missing else []
    lacks += [f"reach all keys of the queues {', '.join(map(visible, where)) or 'under the prefix'}"] * (not found.keys)
    grants = ["+" + one.lower().replace(" ", "|") for one in found.missing]
    return Check(
        NAME,
        "warn",
        f"The role {name}: the Redis user may not {', nor '.join(lacks)}.",
        f"{'ACL SETUSER USER ' + ' '.join(grants) if grants and found.keys else 'Give it the rights'}; "
        f"`{_command(role, prefixes, where)}` prints all of them. Or take a role that does less.",
        details=details,
    )


def _command(role: Role, prefixes: Sequence[str], globs: Sequence[str]) -> str:
    words = ["bulltui acl --role", visible(role.name)]
    words += [f"-p '{visible(prefix)}'" for prefix in prefixes if tuple(prefixes) != (DEFAULT_PREFIX,)]
    words += [f"--queues '{visible(glob)}'" for glob in globs]
    return " ".join(words)


def _beyond(role: Role, found: RoleRights) -> tuple[str, ...]:
    """What the user may do besides: said, since only Redis can hinder it."""
    told = []
    if found.actions:
        told.append(f"may also {', '.join(found.actions)}: bulltui refuses that in the role {visible(role.name)}")
    if found.commands:
        told.append(f"may also run {', '.join(found.commands)}, which bulltui never does")
    if found.elsewhere:
        told.append("may also reach keys of other queues or programs")
    return tuple(told)
