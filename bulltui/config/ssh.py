"""`ssh = "USER@HOST:PORT"` as the words of a tunnel."""

import re

_PLACE = re.compile(
    r"(?P<where>(?:[^\s@:\[\]-][^\s@:\[\]]*@)?(?:\[[0-9A-Fa-f:.]+\]|[^\s@:\[\]-][^\s@:\[\]]*))(?::(?P<port>[0-9]{1,5}))?"
)
_OPTIONS = ("BatchMode=yes", "ExitOnForwardFailure=yes", "ServerAliveInterval=15", "ServerAliveCountMax=3")
_LEADS = "127.0.0.1:{port}:{host}:{target_port}"


def ssh_tunnel(place: str) -> tuple[str, ...]:
    """The command that leads over a host. It never asks: keys and known hosts are those of `ssh` itself. Raises
    ValueError for what is no host, such as what `ssh` would take for an option.

    >>> ssh_tunnel("ops@bastion:2222")[-4:]
    ('-p', '2222', '--', 'ops@bastion')
    """
    found = _PLACE.fullmatch(place)
    if found is None or not 0 < int(found["port"] or 22) < 65536:
        raise ValueError
    options = tuple(word for option in _OPTIONS for word in ("-o", option))
    port = ("-p", found["port"]) if found["port"] else ()
    where = re.sub(r"\[(.*)\]", r"\1", found["where"])
    return ("ssh", "-N", "-T", *options, "-L", _LEADS, *port, "--", where)
