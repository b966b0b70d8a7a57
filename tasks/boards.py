"""The tasks of the clock: snapshots and resets. Any of them may run twice, or on two machines at once."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError

from config.log_throttle import LogThrottle
from leaderboard.redis_errors import is_transient
from tasks import metrics
from tasks.app import app, system
from tasks.bars import apply_early

log = logging.getLogger(__name__)
_throttle = LogThrottle()

#: Seconds of a second's task in which bars that waited for their session are applied.
EARLY_SECONDS = 0.5


@app.task(name="tasks.publish_snapshot")
def publish_snapshot() -> None:
    """Publish the boards, once in each slot; then apply bars that waited for their session, where it has begun."""
    with metrics.tracer.start_as_current_span("snapshot") as span, _repeated("publishing"):
        snapshot = system().publish()
        span.set_attributes({"result": snapshot.result, "rows": snapshot.rows})
        if snapshot.result == "published":
            metrics.published.add(1)
    apply_early(EARLY_SECONDS)


@app.task(name="tasks.reset_day")
def reset_day() -> None:
    """Start the trading day: clear all boards and the open prices, where that is due."""
    _roll_to_now()


@app.task(name="tasks.reset_open")
def reset_open() -> None:
    """Start the regular session: clear the gainers, where that is due."""
    _roll_to_now()


def _roll_to_now() -> None:
    # Both resets ask what session it is now and not which one was planned: one that comes late does what is right
    # by then, and on a holiday there is nothing to do.
    with metrics.tracer.start_as_current_span("reset") as span, _repeated("resetting"):
        session = system().roll_to_now()
        span.set_attribute("rolled", session is not None)
        if session:
            log.info(
                "boards rolled", extra={"day": session.day.isoformat(), "session": session.phase.name.lower()}
            )
            apply_early(EARLY_SECONDS)


@contextmanager
def _repeated(what: str) -> Iterator[None]:
    """Says what may pass, and leaves it to the schedule, which does the same again within seconds."""
    try:
        yield
    except RedisError as error:
        if not is_transient(error):
            raise
        metrics.errors.add(1)
        if _throttle.allows(f"{what}: {error}"):
            log.warning("%s failed, and is tried again: %s", what, error)
