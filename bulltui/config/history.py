"""`[history]`: whether and where the history of queues is kept."""

from bulltui.config.keys import Key
from bulltui.config.tables import Around, Table, read_table
from bulltui.config.watching import HistorySettings

KEYS: tuple[Key, ...] = ()


def history_from(table: object, around: Around) -> tuple[HistorySettings, Table]:
    """What the table says, and what is wrong with it."""
    found = read_table(table, ("history",), KEYS, around)
    return HistorySettings(**found.values), found
