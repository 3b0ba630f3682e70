"""What the screens are given: the graph that `wiring` builds, seen through protocols."""

from typing import TYPE_CHECKING, Protocol

from bulltui.config.settings import Settings
from bulltui.domain.listening import Listening
from bulltui.services.bus import Bus
from bulltui.services.polling import Polling
from bulltui.services.protocols import Clock, Reader

if TYPE_CHECKING:
    from bulltui.ledger.remembered import Remembered
    from bulltui.services.acting import Runner
    from bulltui.services.exploring import Explorer, FlowReader
    from bulltui.services.finding import Finder
    from bulltui.services.following import EventSource
    from bulltui.services.search import Index
    from bulltui.services.watch.protocols import AlertBoard, HistorySource, Marks, Watch


class Runtime(Protocol):
    """Everything a screen works with."""

    @property
    def settings(self) -> Settings:
        """What the run was told."""

    @property
    def reader(self) -> Reader:
        """Reads of the server."""

    @property
    def clock(self) -> Clock:
        """Time."""

    @property
    def bus(self) -> Bus:
        """Where snapshots come from."""

    @property
    def poller(self) -> Polling:
        """Who makes them."""

    @property
    def runner(self) -> "Runner":
        """Who changes anything."""

    @property
    def explorer(self) -> "Explorer":
        """Who looks around jobs."""

    @property
    def finder(self) -> "Finder":
        """Who looks through jobs."""

    @property
    def flows(self) -> "FlowReader":
        """Who reads parents and children."""

    @property
    def events(self) -> "EventSource":
        """Who follows the streams of queues."""

    @property
    def remembered(self) -> "Remembered":
        """What is remembered from one run to the next."""

    @property
    def indexed(self) -> "Index | None":
        """What answers searches from full-text indexes on this machine."""

    @property
    def history(self) -> "HistorySource":
        """Where charts are read from."""

    @property
    def alerts(self) -> "AlertBoard":
        """What is wrong, and who must not be told."""

    @property
    def marks(self) -> "Marks":
        """What happened and may explain a chart."""

    @property
    def watch(self) -> "Watch":
        """Who writes the history and looks for alerts."""

    @property
    def listening(self) -> Listening:
        """Where Prometheus is answered."""
