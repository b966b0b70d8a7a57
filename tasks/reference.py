"""The tasks that fetch reference data. They may be slow; no bar waits for them."""

import logging
from typing import Any

from leaderboard.reference.source import SourceError, SourceRefusedError
from tasks import metrics
from tasks.app import app, system
from tasks.message_limits import MAX_RETRIES
from tasks.redis_clock_task import RedisClockTask

log = logging.getLogger(__name__)


class SourceTask(RedisClockTask):
    """A task that logs every retry, and not only the last failure."""

    abstract = True

    def on_retry(self, exc: BaseException, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        metrics.errors.add(1)
        log.warning("%s is retried: %s", self.name, exc)


# Backoffs stay below the visibility timeout, after which a waiting message would be delivered a second time.
_RETRIES: dict[str, Any] = {
    "base": SourceTask,
    "autoretry_for": (SourceError,),
    # The source has logged it, and the schedule asks again soon enough.
    "dont_autoretry_for": (SourceRefusedError,),
    "throws": (SourceRefusedError,),
    "retry_backoff": 2,
    "retry_backoff_max": 30,
    "max_retries": MAX_RETRIES,
}


@app.task(name="tasks.fetch_reference", **_RETRIES)
def fetch_reference() -> None:
    """Ask for the symbols that workers met without reference data."""
    with metrics.tracer.start_as_current_span("fetch reference") as span:
        filled = system().reference.fetch_requested()
        span.set_attribute("symbols", filled.symbols)
    if filled.skipped:
        log.info("reference data is not fetched: %s", filled.skipped)
    elif filled.symbols:
        log.info("reference data fetched", extra={"symbols": filled.symbols})


@app.task(name="tasks.warm_reference", **_RETRIES)
def warm_reference() -> None:
    """Ask for the whole market, in bulk."""
    with metrics.tracer.start_as_current_span("warm reference") as span:
        filled = system().reference.warm()
        span.set_attribute("symbols", filled.symbols)
    if filled.skipped:
        log.info("reference data is not warmed: %s", filled.skipped)
    else:
        log.info("reference data warmed", extra={"symbols": filled.symbols})
