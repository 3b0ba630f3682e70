"""Who works here, for the audit."""

import getpass
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Who:
    """The account, the one that it was taken on from by sudo, the address of a remote login, the machine and the
    process; empty where there is none."""

    user: str = ""
    sudo_user: str = ""
    ssh: str = ""
    host: str = ""
    pid: int = 0


def who(environment: Mapping[str, str] = os.environ) -> Who:
    """Who runs this process."""
    client = environment.get("SSH_CONNECTION") or environment.get("SSH_CLIENT") or ""
    return Who(
        user=_user(),
        sudo_user=environment.get("SUDO_USER", ""),
        ssh=client.split(" ", 1)[0],
        host=socket.gethostname(),
        pid=os.getpid(),
    )


def _user() -> str:
    if hasattr(os, "geteuid"):
        import pwd  # noqa: PLC0415

        # Not from the environment, where anything can stand.
        try:
            return pwd.getpwuid(os.geteuid()).pw_name
        except KeyError:
            return str(os.geteuid())
    return getpass.getuser()
