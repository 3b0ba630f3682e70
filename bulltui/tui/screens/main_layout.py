"""How the panes of the main screen stand: side by side, or one at a time."""

from enum import IntEnum

WIDE = 110
"""From this width on the panes stand side by side."""


class Level(IntEnum):
    """The pane one is in."""

    QUEUES = 0
    JOBS = 1
    JOB = 2


LAYOUT = """
    MainScreen { background: $background; layers: base; }
    MainScreen #crumbs { height: 1; display: none; }
    MainScreen #panes { height: 1fr; }
    MainScreen #queues { width: 45%; min-width: 46; max-width: 100; }
    MainScreen #right { width: 1fr; border-left: vkey $border-blurred; }
    MainScreen #jobs { height: 2fr; }
    MainScreen #job { height: 3fr; display: none; border-top: solid $border-blurred; }
    MainScreen #job.-shown { display: block; }

    MainScreen.-narrow #right { border-left: none; display: none; }
    MainScreen.-narrow #queues { width: 1fr; max-width: 100%; }
    MainScreen.-narrow #job { border-top: none; height: 1fr; }
    MainScreen.-narrow #jobs { height: 1fr; }
    MainScreen.-narrow.-at-jobs #queues, MainScreen.-narrow.-at-job #queues { display: none; }
    MainScreen.-narrow.-at-jobs #right, MainScreen.-narrow.-at-job #right { display: block; width: 1fr; }
    MainScreen.-narrow.-at-jobs #job { display: none; }
    MainScreen.-narrow.-at-job #job { display: block; }
    MainScreen.-narrow.-at-job #jobs { display: none; }
    MainScreen.-narrow.-at-jobs #crumbs, MainScreen.-narrow.-at-job #crumbs { display: block; }
    """
"""For the screen's classes `-narrow`, `-at-queues`, `-at-jobs` and `-at-job`, and `-shown` of the pane of a job."""
