"""How a worker runs the calls of a :class:`~tasks.fastlane.task.BatchTask`."""

import logging
from collections.abc import Callable, Container, Sequence
from typing import Any

import msgspec
from celery.concurrency.solo import TaskPool
from celery.worker import state
from celery.worker.strategy import default

from config.log_throttle import LogThrottle
from tasks.fastlane.call import Call
from tasks.fastlane.consuming.batch_runner import Batches, Held, PassingError
from tasks.fastlane.consuming.channel import BulkChannel
from tasks.fastlane.consuming.envelope import Lot
from tasks.fastlane.sending.payload import EMBED
from tasks.fastlane.task import BatchTask

log = logging.getLogger(__name__)

OneByOne = Callable[..., Any]

# Bytes of arguments that are read at once: a shorter text cannot hold an integer of more digits than Python reads.
_LONG = 4_000

# The body of a task's message: arguments, keyword arguments, and what is to follow on the call.
_decode = msgspec.json.Decoder(tuple[msgspec.Raw, dict[str, Any], dict[str, Any]]).decode


def batching(task: BatchTask[...], app: Any, consumer: Any, **options: Any) -> OneByOne:
    """A strategy for :attr:`celery.Task.Strategy`: lots where the transport brings them, else Celery's own way."""
    take_lots(task, consumer)
    one_by_one: OneByOne = default(task, app, consumer, **options)
    return one_by_one


def take_lots(
    task: BatchTask[...],
    consumer: Any,
    fits: Callable[[bytes], bool] | None = None,
    queues: Container[str] | None = None,
) -> None:
    """Have the channel of a worker's consumer hand on the messages of `task` in lots, where it can.

    The strategy then gets only messages that must come by themselves.

    Args:
        task: whose messages.
        consumer: the worker's.
        fits: whether a message of this body may run in a batch; unset: every one.
        queues: whose messages may; unset: those of all.
    """
    channel = consumer.connection.default_channel
    # Batches run between two turns of the event loop: other pools have their own ways with a single task.
    if isinstance(channel, BulkChannel) and isinstance(consumer.pool, TaskPool):
        channel.lot_handlers[task.name] = Lots(task, consumer, channel, fits, queues)


class Lots:
    """Runs the calls of one task that the channel of a consumer brings, and acknowledges them."""

    def __init__(
        self,
        task: BatchTask[...],
        consumer: Any,
        channel: BulkChannel,
        fits: Callable[[bytes], bool] | None,
        queues: Container[str] | None,
    ) -> None:
        self.queues = queues
        self._fits = fits
        self._task = task
        self._consumer = consumer
        self._channel = channel
        self._batches = Batches(task, self._done)
        self._calls: list[Call] = []
        self._tags: list[str] = []
        self._pause = task.retry_pauses[0]
        self._pausing = False
        self._throttle = LogThrottle()
        # Whether it was said that calls wait.
        self._told = False

    def accepts(self) -> bool:
        # A rate limit, which can be set at any time, is one of single calls.
        return self._consumer.task_buckets.get(self._task.name) is None

    def take(self, lot: Lot) -> list[str]:
        calls: list[Call] = []
        tags: list[str] = []
        revoked: list[str] = []
        others: list[str] = []
        for tag, task_id, body in zip(*lot, strict=True):
            call = _call(task_id, body)
            if call is None or (self._fits and not self._fits(body)):
                others.append(tag)
            elif task_id in state.revoked:
                revoked.append(tag)
            else:
                calls.append(call)
                tags.append(tag)
        if revoked:
            log.info("%d revoked calls of %s are discarded", len(revoked), self._task.name)
            self._channel.qos.ack_many(revoked)
        if calls:
            state.total_count[self._task.name] += len(calls)
            state.all_total_count[0] += len(calls)
            self._calls += calls
            self._tags += tags
        if not self._gathers():
            self._release()
            self._attempt(self._batches.run)
        return others

    def settle(self) -> None:
        self._release()
        self._attempt(self._batches.settle)

    def close(self) -> None:
        self._batches.close()

    def _gathers(self) -> bool:
        calls = self._calls
        return bool(calls) and self._channel.brings_more and self._task.gathers(calls)

    def _release(self) -> None:
        if self._calls:
            self._batches.add(Held(self._calls, self._tags))
            self._calls, self._tags = [], []

    def _done(self, tags: Sequence[str]) -> None:
        self._pause = self._task.retry_pauses[0]
        if self._told:
            self._told = False
            log.info("calls of %s are done again", self._task.name)
        self._channel.qos.ack_many(tags)

    def _attempt(self, step: Callable[[Callable[[], bool]], None]) -> None:
        try:
            step(self._goes_on)
        except PassingError as error:
            if self._pausing:
                return
            if self._throttle.allows(str(error)):
                self._told = True
                log.warning(
                    "calls of %s wait, and are run again in %.1f s, then each %.1f s at most: %s",
                    *(self._task.name, self._pause, self._task.retry_pauses[1], error),
                )
            self._consumer.timer.call_after(self._pause, self._run_again)
            self._pausing = True
            self._pause = min(2 * self._pause, self._task.retry_pauses[1])

    def _run_again(self) -> None:
        self._pausing = False
        # Of a channel that has closed all calls were given back.
        if not self._channel.closed:
            # Revoked while they waited.
            self._batches.withdraw(state.revoked)
            self.settle()

    def _goes_on(self) -> bool:
        """Whether the worker is not about to stop. What it has not begun by then, it gives back."""
        # Celery keeps exit codes here, and 0 says stop as well.
        stops = any(flag is not None and flag is not False for flag in (state.should_stop, state.should_terminate))
        return not self._pausing and not stops


def _is_silent(embed: dict[str, Any]) -> bool:
    """Whether a body's options ask for nothing to follow on the call."""
    return embed.keys() <= EMBED.keys() and all(value is None for value in embed.values())


def _call(task_id: str, body: bytes) -> Call | None:
    """What a body asks for; None where it takes more than running the task, or is malformed."""
    if b"__type__" in body:
        # Kombu's JSON makes other types of these.
        return None
    try:
        args, kwargs, embed = _decode(body)
    except (ValueError, RecursionError):
        return None
    text = bytes(args)
    if not text.startswith(b"[") or (embed and not _is_silent(embed)):
        return None
    call = Call(task_id, text, kwargs)
    if len(text) >= _LONG or not text.isascii():
        try:
            # Later it would be too late to have Celery refuse what cannot be read.
            call.args  # noqa: B018
        except (ValueError, RecursionError):
            return None
    return call
