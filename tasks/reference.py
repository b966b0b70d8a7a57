"""The tasks of reference data. They may be slow; no bar waits for them."""

import logging
import time
from typing import Any

from celery import Task

from leaderboard.reference.source import SourceError
from leaderboard.sessions import session_of
from tasks import metrics
from tasks.app import app, system

log = logging.getLogger(__name__)

#: Milliseconds by which warming looks ahead: at 03:50 it prepares the day that starts at 04:00.
AHEAD = 15 * 60 * 1000


# Sources that fail are asked again. The waits stay below the visibility timeout, after which a message that waits
# would be delivered a second time.
_RETRIES: dict[str, Any] = {
    "autoretry_for": (SourceError,),
    "retry_backoff": 2,
    "retry_backoff_max": 30,
    "max_retries": 20,
}


@app.task(name="tasks.fetch_reference", **_RETRIES)
def fetch_reference() -> None:
    """Ask for the symbols that workers met without reference data."""
    with metrics.tracer.start_as_current_span("fetch reference") as span:
        answered = system().fetch_wanted()
        span.set_attribute("symbols", answered)
    log.info("reference data fetched", extra={"symbols": answered})


@app.task(name="tasks.warm_reference", bind=True, **_RETRIES)
def warm_reference(self: "Task[[], None]") -> None:
    """Ask for the whole market, in bulk."""
    day = session_of(int(time.time() * 1000) + AHEAD).day
    with metrics.tracer.start_as_current_span("warm reference") as span:
        changed = system().warm(_owner(self), day)
        span.set_attribute("symbols", changed)
    log.info("reference data warmed", extra={"day": day.isoformat(), "symbols": changed})


def _owner(task: "Task[Any, Any]") -> str:
    # The same across a task's retries and redeliveries.
    return str(task.request.id)
