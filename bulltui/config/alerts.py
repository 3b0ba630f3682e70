"""`[alerts]`: what is watched for, and who is told."""

from bulltui.config.keys import Key
from bulltui.config.tables import Around, Table, read_table
from bulltui.config.watching import AlertSettings

KEYS: tuple[Key, ...] = ()


def alerts_from(table: object, around: Around) -> tuple[AlertSettings, Table]:
    """What the table says, and what is wrong with it."""
    found = read_table(table, ("alerts",), KEYS, around)
    return AlertSettings(**found.values), found
