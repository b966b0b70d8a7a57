"""The metrics of every feed. They are read from the feed when they are exported, and cost it nothing."""

from typing import Protocol

from opentelemetry import metrics
from opentelemetry.metrics import Observation

_meter = metrics.get_meter("leaderboard")


class MeasuredFeed(Protocol):
    """What the metrics read of a feed, from another thread."""

    @property
    def sent(self) -> int:
        """Bars sent."""
        ...

    @property
    def pending(self) -> int:
        """Bars received and not sent yet."""
        ...

    @property
    def connected(self) -> bool:
        """Whether bars can be received."""
        ...

    @property
    def losses(self) -> int:
        """Connections that were lost or failed."""
        ...

    def lag(self) -> float | None:
        """Seconds that bars are behind; None before the first bar."""
        ...


def observe(feed: MeasuredFeed) -> None:
    """Report a feed's metrics. Call it once in a process."""
    _meter.create_observable_gauge(
        "lba.feed.lag",
        [lambda _: [] if (lag := feed.lag()) is None else [Observation(lag)]],
        unit="s",
        description="By how much bars are sent too late, or for how long they have been missing: the greater",
    )
    _meter.create_observable_gauge(
        "lba.feed.pending",
        [lambda _: [Observation(feed.pending)]],
        unit="{event}",
        description="Bars received and not sent yet",
    )
    _meter.create_observable_gauge(
        "lba.feed.connected",
        [lambda _: [Observation(int(feed.connected))]],
        description="1 while bars can be received, else 0",
    )
    _meter.create_observable_counter(
        "lba.feed.sent", [lambda _: [Observation(feed.sent)]], unit="{event}", description="Bars sent"
    )
    _meter.create_observable_counter(
        "lba.feed.losses",
        [lambda _: [Observation(feed.losses)]],
        unit="{connection}",
        description="Connections to the service that were lost or failed",
    )
