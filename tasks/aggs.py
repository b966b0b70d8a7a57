"""The task of a bar."""

import logging
import time
from collections.abc import Sequence
from typing import Any, NoReturn

from celery.exceptions import Reject
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from leaderboard.connection import may_pass
from leaderboard.store import ReferenceChurnError
from tasks import metrics
from tasks.app import app, system
from tasks.fastlane.sending import TemplateTask
from tasks.reference import fetch_reference

log = logging.getLogger(__name__)

#: Seconds that a process waits before it gives back a bar that could not be applied.
PAUSE = 1.0


class EventTask(TemplateTask[[dict[str, Any]], None]):
    """A task that takes one event and loses none: it is applied, kept as a dead letter, or comes back."""

    abstract = True
    Strategy = "tasks.strategy:guarded"
    # Events of thousands of tasks a second would drown Flower. The worker's heartbeat tells how many it has done.
    send_events = False

    def summary(self, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[str, str]:
        # The symbol stands for the event. It is a tenth of what a message costs in bulk.
        return f"({symbol_of(args[0] if args else kwargs.get('event'))},)", "{}"

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Run; afterwards the event is on the boards or a dead letter, or :exc:`Reject` has it come back."""
        try:
            self.run(*args, **kwargs)
        except Exception as error:
            payload = args[0] if len(args) == 1 and not kwargs else {"args": args, "kwargs": kwargs}
            if isinstance(error, ReferenceChurnError) or (isinstance(error, RedisError) and may_pass(error)):
                _give_back(payload, error)
            log.exception("event becomes a dead letter", extra={"symbol": symbol_of(payload)})
            bury(payload, f"{type(error).__name__}: {error}")


def bury(payload: Any, reason: str) -> None:
    """Keep what cannot be processed as a dead letter, or have it come back where even that fails."""
    try:
        system().bury(payload, reason)
    except Exception as error:
        _give_back(payload, error)


def _give_back(payload: Any, error: Exception) -> NoReturn:
    metrics.errors.add(1)
    log.warning("bar goes back to its queue: %s", error, extra={"symbol": symbol_of(payload)})
    # Its next attempt follows at once: a server that refuses is not asked thousands of times a second.
    time.sleep(PAUSE)
    raise Reject(error, requeue=True) from error


@app.task(name="tasks.process_agg", base=EventTask)
def process_agg(event: dict[str, Any]) -> None:
    """Apply one bar to the boards.

    Args:
        event: the bar, in the long spelling of :class:`leaderboard.event.Event` or in the wire's short one.
    """
    batch = system().process([event])
    metrics.record(batch)
    if batch.fetch:
        _fetch_reference()


def _fetch_reference() -> None:
    try:
        fetch_reference.delay()
    except OperationalError as error:
        # The bar is on the boards all the same, and the symbol is asked for again before long.
        metrics.errors.add(1)
        log.warning("reference data cannot be asked for: %s", error)


def symbol_of(event: Any) -> str:
    """What stands for an event in logs and message headers."""
    symbol = (event.get("symbol") or event.get("sym")) if isinstance(event, dict) else event
    return f"{symbol!r:.26}"
