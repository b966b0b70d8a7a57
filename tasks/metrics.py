"""The metrics. They cost next to nothing until :mod:`config.telemetry` sets up an exporter."""

from opentelemetry import metrics, trace

from leaderboard.system import Processed

_meter = metrics.get_meter("leaderboard")

processed = _meter.create_counter(
    "lba.processed", unit="{event}", description="Events taken in, whatever became of them"
)
stale = _meter.create_counter("lba.stale", unit="{event}", description="Events behind their symbol's newest")
late = _meter.create_counter("lba.late", unit="{event}", description="Events of an earlier day than the boards'")
early = _meter.create_counter(
    "lba.early", unit="{event}", description="Events that came before their session and wait for it"
)
conflated = _meter.create_counter(
    "lba.folded", unit="{event}", description="Events left out in favour of a newer one"
)
dead = _meter.create_counter("lba.dead", unit="{event}", description="Events refused and kept as dead letters")
published = _meter.create_counter("lba.published", unit="{snapshot}", description="Snapshots of the boards sent")
errors = _meter.create_counter(
    "lba.errors", unit="{error}", description="Attempts that failed and will be repeated"
)
lag = _meter.create_histogram(
    "lba.lag",
    unit="s",
    description="From the end of a bar to its being applied",
    explicit_bucket_boundaries_advisory=[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
)

tracer = trace.get_tracer("leaderboard")


def record(batch: Processed) -> None:
    """Count a batch."""
    processed.add(batch.applied + batch.stale + batch.late + batch.conflated + batch.dead)
    counts = (batch.stale, batch.late, batch.early, batch.conflated, batch.dead)
    for counter, count in zip((stale, late, early, conflated, dead), counts, strict=True):
        if count:
            counter.add(count)
    for seconds in batch.lags:
        lag.record(seconds)
