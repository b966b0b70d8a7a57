"""The task of a bar."""

import logging
import time
from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any, NoReturn

from celery.exceptions import Reject
from kombu.exceptions import OperationalError
from opentelemetry.trace import Span, use_span
from redis.exceptions import RedisError

from config.log_throttle import LogThrottle
from leaderboard.conflation import end_of
from leaderboard.early import TooManyEarlyError
from leaderboard.pending import Pending
from leaderboard.redis_errors import is_transient
from leaderboard.store import ReferenceChurnError
from leaderboard.system import Processed
from leaderboard.validation import Refused
from tasks import metrics
from tasks.app import app, system
from tasks.fastlane.call import Call
from tasks.fastlane.consuming.failures import Failures, TransientError
from tasks.fastlane.task import BatchTask
from tasks.message_limits import MAX_BODY
from tasks.reference import fetch_reference
from tasks.supervision import heartbeat_file

log = logging.getLogger(__name__)

#: Bars that are conflated together, at most.
GATHERED = 20_000
#: Seconds that a process waits before it requeues a bar that could not be applied.
PAUSE = 1.0


_throttle = LogThrottle()


class _Payloads(Sequence[Any]):
    """The events of calls. Each is made from its JSON when it is asked for, which most never are."""

    def __init__(self, task: "EventTask", calls: Sequence[Call]) -> None:
        self._task = task
        self._calls = calls

    def __getitem__(self, index: Any) -> Any:
        return self._task.event(self._calls[index])

    def __len__(self) -> int:
        return len(self._calls)


class EventTask(BatchTask[[dict[str, Any]]]):
    """A task that takes one event and loses none: it is applied, kept as a dead letter, or comes back."""

    abstract = True
    Strategy = "tasks.intake.strategy:guarded"
    Request = "tasks.redis_clock_task:RedisClockRequest"
    body_max = MAX_BODY

    # --- many at a time

    def waits_for_more(self, calls: Sequence[Call]) -> bool:
        # Of a backlog that will be conflated: bars of a symbol are further apart than a fetch brings.
        return len(calls) < GATHERED and all(_is_behind(calls[n]) for n in (0, -1))

    def run_many(self, calls: Sequence[Call]) -> Pending[None]:
        span = metrics.tracer.start_span("apply", attributes={"bars": len(calls)})
        try:
            with use_span(span):
                applying = self._begin(calls)
        except BaseException:
            span.end()
            raise

        return Pending(partial(_finish, applying, span))

    def _begin(self, calls: Sequence[Call]) -> Pending[Processed]:
        # The one argument in JSON, without the array around it.
        texts = [call.text[1:-1] for call in calls if call.text and not call.kwargs]
        return system().begin(_Payloads(self, calls), texts if len(texts) == len(calls) else ())

    def abandon(self) -> None:
        system().abandon()

    def is_transient(self, error: Exception) -> bool:
        passes = isinstance(error, (ReferenceChurnError, TooManyEarlyError)) or is_transient(error)
        if passes:
            metrics.errors.add(1)
            heartbeat_file.note_attempt()
        return passes

    def is_calls_fault(self, error: Exception) -> bool:
        if not isinstance(error, RedisError):
            return True
        metrics.errors.add(1)
        heartbeat_file.note_attempt()
        return False

    def on_bad_call(self, call: Call, error: Exception) -> None:
        payload = _payload(call)
        log.error("event becomes a dead letter", exc_info=error, extra={"symbol": symbol_of(payload)})
        system().dead_letters.add([Refused(payload, f"{type(error).__name__}: {error}")])

    def event(self, call: Call) -> Any:
        """The event of a call, not validated.

        Raises:
            TypeError: the call's arguments do not fit.
        """
        if _has_one_argument(call):
            return call.args[0]
        self.__header__(*call.args, **call.kwargs)
        return call.kwargs["event"]

    # --- one at a time

    @cached_property
    def failures(self) -> Failures:
        """Of calls that run one at a time. In batches :class:`BatchRunner` has its own."""
        return Failures(self)

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Run; afterwards the event is on the boards or a dead letter, or :exc:`Reject` has it redelivered."""
        try:
            self.run(*args, **kwargs)
        except Exception as error:
            call = Call(self.request.id or "", list(args), kwargs)
            try:
                self.failures.handle_single(call, error)
            except TransientError as failure:
                _requeue(call, failure)


def _requeue(call: Call, error: TransientError) -> NoReturn:
    if _throttle.allows(str(error)):
        log.warning("bars go back to their queue: %s", error, extra={"symbol": symbol_of(_payload(call))})
    # The next attempt follows at once: a server that refuses is not asked thousands of times a second.
    time.sleep(PAUSE)
    raise Reject(error, requeue=True) from error


@app.task(name="tasks.process_agg", base=EventTask)
def process_agg(event: dict[str, Any]) -> None:
    """Apply one bar to the boards.

    Args:
        event: the bar, in the long spelling of :class:`leaderboard.event.Event` or in the wire's short one.
    """
    done(system().process([event]))
    if system().early_is_due():
        apply_early()


def _finish(applying: Pending[Processed], span: Span) -> None:
    with use_span(span, end_on_exit=True):
        done(applying.result())
        if system().early_is_due():
            apply_early()


def done(batch: Processed) -> None:
    """Count a batch, and have reference data fetched that it lacked."""
    process_agg.failures.succeeded()
    metrics.record(batch)
    if batch.fetch:
        _fetch_reference()


def apply_early(seconds: float = 0.0) -> None:
    """Apply bars that waited for their session to begin, where it has.

    Args:
        seconds: go on for so long while there are more.
    """
    until = time.monotonic() + seconds
    try:
        done(system().apply_early())
        while system().early_is_due() and time.monotonic() < until:
            done(system().apply_early())
    except RedisError as error:
        # They wait on, and the bars of this batch are done.
        metrics.errors.add(1)
        if _throttle.allows(f"early: {error}"):
            log.warning("bars that waited for their session cannot be applied yet: %s", error)


def _fetch_reference() -> None:
    try:
        fetch_reference.delay()
    except OperationalError as error:
        # The bar is on the boards all the same, and the symbol is asked for again before long.
        metrics.errors.add(1)
        log.warning("reference data cannot be asked for: %s", error)


def _is_behind(call: Call) -> bool:
    end = end_of(call.text or b"")
    return end is not None and system().is_behind(end)


def _payload(call: Call) -> Any:
    """What to keep of a call: its event, or the whole of it where it is no call of one event."""
    return call.args[0] if _has_one_argument(call) else {"args": call.args, "kwargs": call.kwargs}


def _has_one_argument(call: Call) -> bool:
    return len(call.args) == 1 and not call.kwargs


def symbol_of(event: Any) -> str:
    """What stands for an event in logs."""
    symbol = (event.get("symbol") or event.get("sym")) if isinstance(event, dict) else event
    return f"{symbol!r:.26}"
