"""The base class of the task of a bar: what it does around the core, in batches and one call at a time."""

import logging
import time
from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any, NoReturn

from celery.exceptions import Ignore, Reject
from kombu.exceptions import OperationalError
from opentelemetry.trace import Span, use_span
from redis.exceptions import RedisError

from config.log_throttle import LogThrottle
from leaderboard.conflation import end_of
from leaderboard.connections.pending import Pending
from leaderboard.connections.redis_errors import is_transient
from leaderboard.reason_kind import ReasonKind
from leaderboard.store.early import TooManyEarlyError
from leaderboard.store.store import ReferenceChurnError
from leaderboard.system import Processed
from leaderboard.validation import Refused
from tasks import batch_span, metrics
from tasks.app import system
from tasks.bar_reports.tally import Sampled, tally
from tasks.fastlane.call import Call
from tasks.fastlane.consuming.failures import Failures, PartlyDoneError, TransientError, described
from tasks.fastlane.task import BatchTask
from tasks.message_limits import MAX_BODY
from tasks.reference import fetch_reference
from tasks.supervision import worker_heartbeat

log = logging.getLogger(__name__)

#: Bars that are conflated together, at most.
GATHERED = 20_000
#: Seconds that a process waits before it requeues a bar that could not be applied.
PAUSE = 1.0
#: How often that is doubled for a bar that is sent again, because its server is away while others go on.
DOUBLINGS = 4

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
    """A task that takes one event and loses none: it is applied, dead-lettered, or redelivered."""

    abstract = True
    Strategy = "tasks.intake.strategy:validating"
    Request = "tasks.bar_reports.bar_request:BarRequest"
    body_max = MAX_BODY

    def finish(self, batch: Processed) -> None:
        """Count a batch that was applied, request reference data that it lacked, and apply early bars if due."""
        self._count(batch)
        if system().early_is_due():
            self.apply_early()

    def apply_early(self, seconds: float = 0.0) -> None:
        """Apply bars that came before their session, if it has begun by now.

        Args:
            seconds: continue for this long while there are more.
        """
        until = time.monotonic() + seconds
        try:
            self._count(system().apply_early())
            while system().early_is_due() and time.monotonic() < until:
                self._count(system().apply_early())
        except RedisError as error:
            # They stay where they are, and the bars of this batch are applied.
            metrics.errors.add(1)
            if _throttle.allows(f"early: {error}"):
                log.warning("bars that came before their session cannot be applied yet: %s", error)

    def _count(self, batch: Processed) -> None:
        if not batch.failure:
            # The calls that were done are another server's: they do not show that those that failed are at fault.
            self.failures.succeeded()
        metrics.record(batch)
        if batch.fetch:
            _request_reference()

    # --- in batches

    def waits_for_more(self, calls: Sequence[Call]) -> bool:
        # Of a backlog that will be conflated: bars of a symbol are further apart than a fetch brings.
        return len(calls) < GATHERED and all(_is_behind(calls[n]) for n in (0, -1))

    def run_many(self, calls: Sequence[Call]) -> Pending[None]:
        span, started = batch_span.start(calls), time.time()
        try:
            with use_span(span):
                applying = self._begin(calls)
        except BaseException:
            span.end()
            raise
        return Pending(partial(self._finish_batch, calls, started, applying, span))

    def _begin(self, calls: Sequence[Call]) -> Pending[Processed]:
        # The one argument in JSON, without the array around it.
        texts = [call.text[1:-1] for call in calls if call.text and not call.kwargs]
        ids = [call.id for call in calls]
        return system().begin(_Payloads(self, calls), texts if len(texts) == len(calls) else (), ids)

    def _finish_batch(
        self, calls: Sequence[Call], started: float, applying: Pending[Processed], span: Span
    ) -> None:
        with use_span(span, end_on_exit=True):
            batch = applying.result()
            batch_span.describe(span, batch)
            self.finish(batch)
            if batch.failure:
                _note_failed_attempt()
                raise PartlyDoneError(batch.waiting, batch.failure) from batch.failure
            tally.add_batch(calls, batch.refused, started)

    def abandon(self) -> None:
        system().abandon()

    # --- what fails

    def is_transient(self, error: Exception) -> bool:
        if not (isinstance(error, (ReferenceChurnError, TooManyEarlyError)) or is_transient(error)):
            return False
        _note_failed_attempt()
        return True

    def is_calls_fault(self, error: Exception) -> bool:
        if not isinstance(error, RedisError):
            return True
        _note_failed_attempt()
        return False

    def on_bad_call(self, call: Call, error: Exception) -> None:
        payload = _payload(call)
        log.error("event becomes a dead letter", exc_info=error, extra={"symbol": _symbol(payload)})
        reason = described(error)
        system().dead_letters.add([Refused(payload, reason, self._reason_kind(call), task=call.id)])
        if self.request.called_directly:
            # Of a batch. A call that runs by itself is counted by its request.
            tally.add(Sampled(call.id, call.args, call.kwargs, time.time(), 0.0, reason))

    def _reason_kind(self, call: Call) -> ReasonKind:
        try:
            self.event(call)
        except TypeError:
            return ReasonKind.NO_EVENT
        return ReasonKind.ERROR

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

    def __call__(self, *args: Any, **kwargs: Any) -> str | None:
        """Run; afterwards the event is on the boards or a dead letter, or :exc:`Reject` has it redelivered.

        Returns:
            Why it became a dead letter; None: it did not.
        """
        try:
            reason: str | None = self.run(*args, **kwargs)
            return reason
        except PartlyDoneError as error:
            _note_failed_attempt()
            self._retry_later(error)
        except Exception as error:
            call = Call(self.request.id or "", list(args), kwargs)
            try:
                self.failures.handle_single(call, error)
            except TransientError as failure:
                _requeue(call, failure)
            return described(error)

    def _retry_later(self, error: PartlyDoneError) -> NoReturn:
        """Have a call run again later, by a message of its own: the process goes on with others meanwhile."""
        if _throttle.allows(str(error)):
            log.warning("calls are sent again, to wait while others run: %s", error)
        waited = min(self.request.retries, DOUBLINGS)
        later = self.signature_from_request(
            self.request, countdown=PAUSE * 2**waited, retries=min(waited + 1, DOUBLINGS)
        )
        try:
            later.apply_async()
        except OperationalError as failure:
            raise Reject(failure, requeue=True) from error
        raise Ignore from error


def _requeue(call: Call, error: TransientError) -> NoReturn:
    if _throttle.allows(str(error)):
        log.warning("bars go back to their queue: %s", error, extra={"symbol": _symbol(_payload(call))})
    # It is redelivered at once: without a pause a failing server would get thousands of attempts a second.
    time.sleep(PAUSE)
    raise Reject(error, requeue=True) from error


def _note_failed_attempt() -> None:
    metrics.errors.add(1)
    # The worker is well: its server is not.
    worker_heartbeat.note_attempt()


def _request_reference() -> None:
    try:
        fetch_reference.delay()
    except OperationalError as error:
        # The bar is applied all the same, and the schedule requests the symbol before long.
        metrics.errors.add(1)
        log.warning("reference data cannot be requested: %s", error)


def _is_behind(call: Call) -> bool:
    end = end_of(call.text or b"")
    return end is not None and system().is_behind(end)


def _payload(call: Call) -> Any:
    """What a dead letter keeps of a call: its event, or all arguments if they are not one event."""
    return call.args[0] if _has_one_argument(call) else {"args": call.args, "kwargs": call.kwargs}


def _has_one_argument(call: Call) -> bool:
    return len(call.args) == 1 and not call.kwargs


def _symbol(event: Any) -> str:
    """What names an event in logs."""
    symbol = (event.get("symbol") or event.get("sym")) if isinstance(event, dict) else event
    return f"{symbol!r:.26}"
