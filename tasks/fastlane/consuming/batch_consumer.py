"""Collects a task's messages into batches, runs them, and acknowledges them: all between two turns of the loop."""

import logging
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from celery.worker import state

from config.log_throttle import LogThrottle
from tasks.fastlane.call import Call
from tasks.fastlane.consuming.batch_runner import Batch, BatchRunner
from tasks.fastlane.consuming.failures import TransientError
from tasks.fastlane.consuming.fetch import RawMessage
from tasks.fastlane.consuming.fetching_channel import FetchingChannel
from tasks.fastlane.consuming.messages import call_of
from tasks.fastlane.consuming.stopping import is_stopping
from tasks.fastlane.task import BatchTask

log = logging.getLogger(__name__)

#: Seconds until some of the calls that were put aside run again.
PAUSE = 1.0
#: Within the visibility timeout, how often the deliveries of calls that are put aside are renewed.
RENEWALS = 4

#: A message of a task, with the task's id, the body, and the header `traceparent`.
Delivered = tuple[RawMessage, str, bytes, str | None]


class BatchConsumer:
    """Runs the messages of one task in batches.

    Args:
        task: whose messages.
        consumer: the worker's.
        channel: brings the messages.
        accepts: whether a message with this body may run in a batch; None: every one.
        queues: whose messages may; None: all queues'.
    """

    def __init__(
        self,
        task: BatchTask[...],
        consumer: Any,
        channel: FetchingChannel,
        accepts: Callable[[bytes], bool] | None = None,
        queues: Container[str] | None = None,
    ) -> None:
        self._task = task
        self._consumer = consumer
        self._channel = channel
        self._accepts = accepts
        self._queues = queues
        self._runner = BatchRunner(task, self._done)
        # The batch that is being collected.
        self._calls: list[Call] = []
        self._tags: list[str] = []
        self._revoked: list[str] = []
        self._backoff = task.backoff[0]
        self._is_waiting = False
        # Whether the calls that are put aside will run again.
        self._will_resume = False
        self._renew_at = 0.0
        self._throttle = LogThrottle()
        # Whether the log says that calls wait.
        self._has_warned = False

    def add(self, messages: Sequence[Delivered]) -> list[RawMessage]:
        """Add the calls of a fetch to the batch, to be acknowledged once they have run.

        Args:
            messages: of this task.

        Returns:
            Those that have to be delivered by themselves, in Celery's own way.
        """
        # A rate limit, which may be set at any time, is for single calls.
        if self._consumer.task_buckets.get(self._task.name) is not None:
            return [message for message, *_ in messages]
        calls, tags, queues, accepts = self._calls, self._tags, self._queues, self._accepts
        # Celery's set is slow to ask, and mostly empty.
        revoked = state.revoked or ()
        others: list[RawMessage] = []
        for message, task_id, body, traceparent in messages:
            call = call_of(task_id, body, traceparent) if queues is None or message.queue in queues else None
            if call is None or (accepts and not accepts(body)):
                others.append(message)
            elif task_id in revoked:
                self._revoked.append(message.tag)
            else:
                calls.append(call)
                tags.append(message.tag)
        return others

    def run(self) -> None:
        """Run what was added, unless the task waits for more; the last batches may stay in flight."""
        if not self._waits_for_more():
            self._close_batch()
            with self._retrying():
                self._runner.run(self._goes_on)
            self._resume_later()

    def settle(self) -> None:
        """Run what was added, and wait for all batches in flight: no more messages are coming."""
        self._close_batch()
        with self._retrying():
            self._runner.settle(self._goes_on)
        self._resume_later()

    def close(self) -> None:
        """Wait for the batches in flight. The channel restores the messages that have not run."""
        self._runner.close()

    def _waits_for_more(self) -> bool:
        calls = self._calls
        return bool(calls) and self._channel.more_is_coming and self._task.waits_for_more(calls)

    def _close_batch(self) -> None:
        if self._revoked:
            log.info("%d revoked calls of %s are discarded", len(self._revoked), self._task.name)
            self._channel.qos.ack_many(self._revoked)
            self._revoked = []
        if self._calls:
            # As Celery counts a call that starts, for ``celery inspect stats``.
            state.total_count[self._task.name] += len(self._calls)
            state.all_total_count[0] += len(self._calls)
            self._runner.add(Batch(self._calls, self._tags))
            self._calls, self._tags = [], []

    def _done(self, tags: Sequence[str]) -> None:
        self._backoff = self._task.backoff[0]
        if self._has_warned:
            self._has_warned = False
            log.info("calls of %s succeed again", self._task.name)
        self._channel.qos.ack_many(tags)

    @contextmanager
    def _retrying(self) -> Iterator[None]:
        """Retry after a pause if batches failed with a transient error."""
        try:
            yield
        except TransientError as error:
            if self._is_waiting:
                return
            if self._throttle.allows(str(error)):
                self._has_warned = True
                log.warning(
                    "calls of %s wait, and are retried in %.1f s, then after longer pauses, up to %.1f s: %s",
                    *(self._task.name, self._backoff, self._task.backoff[1], error),
                )
            self._consumer.timer.call_after(self._backoff, self._retry)
            self._is_waiting = True
            self._backoff = min(2 * self._backoff, self._task.backoff[1])

    def _retry(self) -> None:
        self._is_waiting = False
        # A channel that has closed has restored all messages.
        if not self._channel.closed:
            # Calls may have been revoked while they waited.
            self._runner.discard(state.revoked)
            self.settle()

    def _resume_later(self) -> None:
        aside = self._channel.qos.aside = self._runner.aside
        if aside and not self._will_resume:
            self._will_resume = True
            self._consumer.timer.call_after(PAUSE, self._resume)

    def _resume(self) -> None:
        self._will_resume = False
        # A channel that has closed has restored all messages.
        if not self._channel.closed:
            self._renew()
            self._runner.resume()
            self._runner.discard(state.revoked)
            self.settle()

    def _renew(self) -> None:
        """Keep the broker from redelivering calls that are put aside, if it is time to."""
        if monotonic() >= self._renew_at:
            self._renew_at = monotonic() + self._channel.visibility_timeout / RENEWALS
            self._channel.qos.renew(self._runner.aside_tags())

    def _goes_on(self) -> bool:
        """Whether to run another batch: not while waiting for a retry, and not if the worker is about to stop."""
        return not self._is_waiting and not is_stopping()
