"""The tasks that beat sends: snapshots and resets. Each is idempotent, and may run on two machines at once."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from config.log_throttle import LogThrottle
from leaderboard.connections.redis_errors import is_transient
from tasks import metrics, screens
from tasks.app import app, system
from tasks.bars import process_agg

log = logging.getLogger(__name__)

#: Seconds within which a task applies bars that came before their session.
EARLY_SECONDS = 0.5

_throttle = LogThrottle()


@app.task(name="tasks.publish_snapshot")
def publish_snapshot() -> None:
    """Publish boards and screens, once in each slot; then apply bars whose session has begun since they came."""
    with metrics.tracer.start_as_current_span("snapshot") as span, _left_to_the_schedule("publishing"):
        snapshot = system().publish()
        span.set_attributes({"result": snapshot.result, "rows": snapshot.rows})
        if snapshot.result == "published":
            metrics.published.add(1)
        for server, error in snapshot.away.items():
            _report_away(server, error)
        if snapshot.result != "taken":
            screens.publish()
    process_agg.apply_early(EARLY_SECONDS)


@app.task(name="tasks.reset_day")
def reset_day() -> None:
    """Start the trading day, if it is due: clear all boards and the open prices."""
    _roll_to_now()


@app.task(name="tasks.reset_open")
def reset_open() -> None:
    """Start the regular session, if it is due: clear the gainers."""
    _roll_to_now()


def _roll_to_now() -> None:
    # A reset rolls to the session that it is now, not to the one that was scheduled. So a late reset does what is
    # right by then, and on a holiday it does nothing.
    with metrics.tracer.start_as_current_span("reset") as span, _left_to_the_schedule("resetting"):
        session = system().roll_to_now()
        span.set_attribute("rolled", session is not None)
        if session:
            log.info(
                "boards rolled", extra={"day": session.day.isoformat(), "session": session.phase.name.lower()}
            )
            process_agg.apply_early(EARLY_SECONDS)


def _report_away(server: int, error: Exception) -> None:
    metrics.record_error(error)
    if _throttle.allows(f"server {server}: {error}"):
        log.error("server %d of the boards is left out, and its rows stand as they were: %s", server + 1, error)


@contextmanager
def _left_to_the_schedule(what: str) -> Iterator[None]:
    """Log transient errors: the schedule sends the same task again within seconds."""
    try:
        yield
    except RedisError as error:
        if not is_transient(error):
            raise
        metrics.record_error(error)
        if _throttle.allows(f"{what}: {error}"):
            log.warning("%s failed, and is retried: %s", what, error)
