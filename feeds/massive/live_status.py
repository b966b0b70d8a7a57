"""The live feed's progress in words."""

from dataclasses import dataclass
from datetime import datetime

from leaderboard.sessions import NEW_YORK

#: Seconds without a frame after which that is shown.
QUIET = 15.0


@dataclass(frozen=True)
class LiveStatus:
    """The live feed's progress.

    Attributes:
        sent: bars.
        rate: bars per second over the last seconds.
        lag: seconds from the end of a bar to its being sent.
        pending: bars received and not sent yet.
        queued: bars that wait for a worker.
        market: end of the newest bar sent, Unix milliseconds; None before the first.
        offline: why no bars can be received; None while they can.
        broker: why no bars can be sent; None while they can.
        waiting: whether the publisher waits since too many bars are queued.
        quiet: seconds since the last frame.
    """

    sent: int
    rate: float
    lag: float
    pending: int
    queued: int
    market: int | None
    offline: str | None
    broker: str | None
    waiting: bool
    quiet: float

    def text(self) -> str:
        """The status in words, with market time in New York's time zone."""
        parts = [f"{self.sent:,} bars sent", f"{self.rate:,.0f} bars/s"]
        if self.market is not None:
            parts.insert(0, f"{datetime.fromtimestamp(self.market / 1000, NEW_YORK):%Y-%m-%d %H:%M:%S} ET")
            parts.append(f"{self.lag:,.1f} s behind")
        if self.pending:
            parts.append(f"{self.pending:,} buffered")
        parts.append(f"waiting: {self.queued:,} bars queued" if self.waiting else f"{self.queued:,} queued")
        if self.offline is not None:
            parts.append(f"not connected: {self.offline}")
        elif self.quiet >= QUIET:
            parts.append(f"nothing received for {self.quiet:,.0f} s")
        if self.broker is not None:
            parts.append(self.broker)
        return ", ".join(parts)
