"""`[metrics]`: the endpoint for Prometheus."""

from bulltui.config.keys import Key
from bulltui.config.tables import Around, Table, read_table
from bulltui.config.watching import MetricsSettings

KEYS: tuple[Key, ...] = ()


def metrics_from(table: object, around: Around) -> tuple[MetricsSettings, Table]:
    """What the table says, and what is wrong with it."""
    found = read_table(table, ("metrics",), KEYS, around)
    return MetricsSettings(**found.values), found
