"""What `bulltui doctor` has to say of this machine: who else may see the password that is used."""

import os
from typing import TYPE_CHECKING

from bulltui.cli.options import Given
from bulltui.domain.address import secrets_of

if TYPE_CHECKING:
    from bulltui.config.settings import Settings
    from bulltui.services.check import Check


def checks_here(given: Given) -> "list[Check]":
    """Warnings only: where nothing is unwise nothing is said."""
    from bulltui.config.checking import readable_password
    from bulltui.config.told import path_of
    from bulltui.services.check import Check

    found = []
    if given.url and secrets_of(given.url):
        found.append(
            Check(
                "password",
                "warn",
                "The URL on the command line has a password, and whoever is on this machine sees it by `ps`.",
                "Set BULLTUI_PASSWORD, or keep it in a profile: `bulltui config init`.",
            )
        )
    readable = readable_password(path_of(given.told)[0], os.environ)
    if readable is not None:
        found.append(Check("configuration", "warn", readable.message, readable.hint))
    return found


def way_checks(settings: "Settings") -> "list[Check]":
    """What is unwise of the way to one server."""
    from bulltui.services.check import Check

    if not settings.unchecked:
        return []
    return [
        Check(
            "tls",
            "warn",
            "The certificate of the server is not looked at: what answers may be anyone, and is told the password.",
            "Name its CA, --ca FILE or in a profile `ca`, in place of --insecure.",
        )
    ]
