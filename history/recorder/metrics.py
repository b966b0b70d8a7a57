"""The recorder's metrics. They are read when they are exported."""

from opentelemetry import metrics
from opentelemetry.metrics import Observation

from history.recorder.status import Status

_meter = metrics.get_meter("leaderboard")


def observe(status: Status) -> None:
    """Report what a recorder does. Call it once in a process."""
    _meter.create_observable_counter(
        "lba.recorder.bars",
        [lambda _: [Observation(status.bars)]],
        unit="{event}",
        description="Bars recorded",
    )
    _meter.create_observable_gauge(
        "lba.recorder.pending",
        [lambda _: [Observation(status.pending)]],
        unit="{event}",
        description="Bars on the tape that are not on disk yet",
    )
    _meter.create_observable_gauge(
        "lba.recorder.age",
        [lambda _: [Observation(status.age)]],
        unit="s",
        description="For how long the oldest of them has been on the tape",
    )
    _meter.create_observable_counter(
        "lba.recorder.failures",
        [lambda _: [Observation(status.failures)]],
        unit="{attempt}",
        description="Attempts to record that failed",
    )
    _meter.create_observable_counter(
        "lba.recorder.gaps",
        [lambda _: [Observation(status.gaps)]],
        unit="{gap}",
        description="Gaps in the history",
    )
    _meter.create_observable_gauge(
        "lba.recorder.recording",
        [lambda _: [Observation(int(status.is_recording))]],
        description="1 while this recorder records; 0 while another one does, or none can",
    )
