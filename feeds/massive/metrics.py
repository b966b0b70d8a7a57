"""The live feed's metrics. They cost next to nothing until :mod:`config.telemetry` sets up an exporter."""

from collections import Counter

from opentelemetry import metrics

from feeds.massive.frames import FrameReader

_meter = metrics.get_meter("leaderboard")

lag = _meter.create_gauge(
    "lba.feed.lag",
    unit="s",
    description="From the end of a bar until it was sent, or for how long bars have been missing: the greater",
)
pending = _meter.create_gauge("lba.feed.pending", unit="{event}", description="Bars received and not sent yet")
connected = _meter.create_gauge("lba.feed.connected", description="1 while bars can be received, else 0")
sent = _meter.create_counter("lba.feed.sent", unit="{event}", description="Bars sent")
losses = _meter.create_counter(
    "lba.feed.losses", unit="{connection}", description="Connections to the service that were lost or failed"
)
frames = _meter.create_counter("lba.feed.frames", unit="{frame}", description="Frames received")
events = _meter.create_counter("lba.feed.events", unit="{event}", description="Messages received, by type")
malformed = _meter.create_counter(
    "lba.feed.malformed", unit="{frame}", description="Frames and bars that could not be read"
)


class CounterUpdates:
    """Adds to the counters what is new since the last time: a few times a second, not for each frame."""

    def __init__(self) -> None:
        self._before: Counter[str] = Counter()

    def record(self, seen: FrameReader, sent_bars: int, lost: int) -> None:
        """Take all counts as they are now."""
        for counter, name, count in (
            (frames, "frames", seen.count),
            (malformed, "malformed", seen.malformed),
            (sent, "sent", sent_bars),
            (losses, "losses", lost),
        ):
            counter.add(count - self._before[name])
            self._before[name] = count
        for kind, count in seen.types.items():
            events.add(count - self._before[f"type {kind}"], {"type": kind})
            self._before[f"type {kind}"] = count
