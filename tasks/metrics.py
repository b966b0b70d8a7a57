"""The tasks' metrics. Recording costs almost nothing until :mod:`config.telemetry` sets up an exporter."""

from opentelemetry import metrics, trace
from opentelemetry.trace import StatusCode

from leaderboard.store.totals import LAG_BOUNDS
from leaderboard.system import Processed

_meter = metrics.get_meter("leaderboard")

processed = _meter.create_counter(
    "lba.processed", unit="{event}", description="Events processed, with any outcome"
)
stale = _meter.create_counter("lba.stale", unit="{event}", description="Events older than their symbol's newest")
late = _meter.create_counter("lba.late", unit="{event}", description="Events of a day before the boards' day")
early = _meter.create_counter(
    "lba.early", unit="{event}", description="Events that arrived before their session and wait for it"
)
conflated = _meter.create_counter(
    "lba.folded", unit="{event}", description="Events conflated: skipped in favour of a newer one of their symbol"
)
dead = _meter.create_counter("lba.dead", unit="{event}", description="Events dead-lettered")
published = _meter.create_counter(
    "lba.published", unit="{snapshot}", description="Snapshots of the boards published"
)
screens = _meter.create_counter(
    "lba.screens", unit="{snapshot}", description="Snapshots of screens published, each screen counts"
)
alerts = _meter.create_counter("lba.alerts", unit="{alert}", description="Alerts published")
errors = _meter.create_counter(
    "lba.errors", unit="{error}", description="Attempts that failed and will be retried"
)
lag = _meter.create_histogram(
    "lba.lag",
    unit="s",
    description="Time from the end of a bar until it is applied",
    explicit_bucket_boundaries_advisory=LAG_BOUNDS,
)

tracer = trace.get_tracer("leaderboard")


def record_error(error: Exception) -> None:
    """Count an error that is caught within the current span, which would not show it otherwise."""
    errors.add(1)
    span = trace.get_current_span()
    span.record_exception(error)
    span.set_status(StatusCode.ERROR, str(error))


def record(batch: Processed) -> None:
    """Count a batch."""
    processed.add(batch.applied + batch.stale + batch.late + batch.conflated + batch.dead)
    counts = (batch.stale, batch.late, batch.early, batch.conflated, batch.dead)
    for counter, count in zip((stale, late, early, conflated, dead), counts, strict=True):
        if count:
            counter.add(count)
    for seconds in batch.lags:
        lag.record(seconds)
