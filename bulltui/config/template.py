"""The file that `bulltui config init` begins with: every key, each a comment until it is wanted."""

import os
from pathlib import Path
from textwrap import wrap

from bulltui.config import history, metrics
from bulltui.config.alert_keys import TEMPLATE as ALERTS
from bulltui.config.keys import KEYS, Key
from bulltui.domain.errors import UsageError
from bulltui.domain.text import visible

_WIDTH = 100

EXAMPLES = {
    "url": '"rediss://cache.internal:6380"',
    "username": '"ops"',
    "password": '"${CACHE_PASSWORD}"',
    "password_command": '"pass show cache"',
    "ca": '"ca.pem"',
    "cert": '"client.pem"',
    "key": '"client.key"',
    "server_name": '"cache.internal"',
    "insecure": "false",
    "tunnel": '"kubectl port-forward service/redis {port}:{target_port}"',
    "ssh": '"ops@bastion"',
    "replica": "false",
    "prefix": '"bull"',
    "queues": '["*", "!test*"]',
    "read_only": "false",
    "role": '"operator"',
    "production": "true",
    "require_reason": "true",
    "redact": '["data.card", "*.password"]',
    "audit_payloads": "false",
    "history": "true",
    "layout": '"v5"',
    "theme": '"dark"',
    "refresh": "2",
    "cache": "30",
    "timeout": "2",
    "connect_timeout": "1.3",
    "action_timeout": "10",
    "search_timeout": "5",
    "discovery": "30",
    "undo_limit_mb": "256",
    "undo_total_mb": "1024",
}
"""What each key may be, as TOML."""

_HEAD = """\
# The configuration of bulltui: the servers you know, and how to treat each.
#
# Flags weigh more than the environment, the environment more than a profile, a profile more than [defaults].
# ${NAME} is a variable of the environment, ${NAME:-VALUE} has a value for when there is none, $$ is a $.
# Files are meant from here on, ~ is your home. `bulltui config check` tells what is wrong, and on which line.
#
# Every key may be said in the environment too, BULLTUI_URL and so on; what is run only here.

# Which profile to take when nothing says which server; a list of several shows them together.
# default_profile = "prod"

# For all profiles: any key below but url.
[defaults]
# refresh = 5

# [profiles.prod]
"""

_TAIL = """
# A role of your own: actions, or the names of roles for all of theirs, on some queues.
# [roles.mail-team]
# actions = ["viewer", "retry", "pause", "resume"]
# queues = ["mail*"]
# require_reason = true

# Searches with names, for `bulltui jobs find @stuck` and the screen.
[searches]
# stuck = "run>10m"
"""

_HISTORY = """
# Numbers of queues over time. Each key may be said in the environment too, BULLTUI_HISTORY_ENABLED and so on;
# BULLTUI_HISTORY alone is `history` of a profile, which is about searches.
[history]
"""

_METRICS = """
# The endpoint for Prometheus, on the screen and of `bulltui monitor`. In the environment: BULLTUI_METRICS_PORT ...
[metrics]
"""


def template() -> str:
    """The content of the file."""
    return "".join(
        (
            *(_HEAD, *(_about(key, EXAMPLES[key.name]) for key in KEYS), _TAIL),
            *(_HISTORY, *(_about(key, history.EXAMPLES[key.name]) for key in history.KEYS)),
            *(_METRICS, *(_about(key, metrics.EXAMPLES[key.name]) for key in metrics.KEYS)),
            f"\n{ALERTS}",
        )
    )


def _about(key: Key, example: str) -> str:
    about = f"{key.about}".rstrip(".")
    lines = wrap(f"{about[0].upper()}{about[1:]}.", _WIDTH - 3)
    return "".join(f"#   {line}\n" for line in lines) + f"# {key.name} = {example}\n"


def write(path: Path, *, force: bool = False) -> None:
    """Writes the file, for its owner alone, in a folder that is made so where there is none. Raises UsageError for one
    that is there, unless `force`, and OSError."""
    if not path.parent.is_dir():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(template())
        if force:
            part.replace(path)
            return
        try:
            path.hardlink_to(part)  # fails where there is one, also one that came this instant
        except FileExistsError:
            raise UsageError(
                f"There is a configuration at {visible(str(path))} already.",
                hint="Edit that, or write over it with --force.",
                code="config",
            ) from None
    finally:
        part.unlink(missing_ok=True)
