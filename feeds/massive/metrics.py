"""The metrics that only the live feed has: what its service sends. They are read when they are exported."""

from opentelemetry import metrics
from opentelemetry.metrics import Observation

from feeds.massive.frames import FrameReader

_meter = metrics.get_meter("leaderboard")


def observe(frames: FrameReader) -> None:
    """Report what a reader of frames has counted. Call it once in a process."""
    _meter.create_observable_counter(
        "lba.feed.frames",
        [lambda _: [Observation(frames.count)]],
        unit="{frame}",
        description="Frames received",
    )
    _meter.create_observable_counter(
        "lba.feed.events",
        # A copy: the reader counts on in another thread.
        [lambda _: [Observation(count, {"type": kind}) for kind, count in frames.types.copy().items()]],
        unit="{event}",
        description="Messages received, by type",
    )
    _meter.create_observable_counter(
        "lba.feed.malformed",
        [lambda _: [Observation(frames.malformed)]],
        unit="{frame}",
        description="Frames and bars that could not be read",
    )
