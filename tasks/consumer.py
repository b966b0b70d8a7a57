"""The consumer of our workers: it keeps as a dead letter what no task is there for, and goes on.

Stock Celery says in a line of log that it has dropped a message of an unknown task, of a content type that is not
accepted, or of a body that cannot be read, and ends at some of a shape that it does not expect.
"""

import logging
from collections.abc import Callable
from typing import Any

from celery.utils.time import maybe_iso8601, maybe_make_aware, timezone
from celery.worker.consumer import Consumer
from kombu import Message
from kombu.transport.redis import Channel
from redis.exceptions import RedisError
from vine import promise

from config.celery import LARGEST_BODY, LARGEST_MESSAGE, LONGEST_WAIT
from leaderboard.dead_letters import excerpt
from leaderboard.event import brief
from tasks import heartbeat, metrics
from tasks.app import clock, system
from tasks.fastlane.channel import BulkChannel, log_junk
from tasks.fastlane.steady import SteadyChannel
from tasks.stockguard import StockGuard

log = logging.getLogger(__name__)


class RefusingConsumer(Consumer):
    """Celery's, for queues that anybody may have put anything into."""

    #: What a lost broker shows by.
    connection_errors: tuple[type[BaseException], ...]

    def create_task_handler(self, promise: Any = promise) -> Callable[[Message], None]:
        assert self.connection
        channel = self.connection.default_channel
        # Kombu counts KeyError among them, and a message that lacks a part would have the worker connect for ever.
        lost = [error for error in self.connection_errors if error is not KeyError]
        of_broker: tuple[type[BaseException], ...] = (RedisError, OSError, *lost)
        if isinstance(channel, SteadyChannel):
            channel.on_refusal = heartbeat.tried
        if isinstance(channel, BulkChannel):
            channel.message_max = LARGEST_MESSAGE
            channel.on_junk = self._on_junk
        elif isinstance(channel, Channel):
            StockGuard(channel, LARGEST_MESSAGE, self._on_junk, of_broker)
        handle: Callable[[Message], None] = super().create_task_handler(promise)

        def on_message(message: Message) -> None:
            if (size := len(_body_of(message))) > LARGEST_BODY:
                self._refuse(message, f"message: a body of {size:,} bytes, more than {LARGEST_BODY:,}")
                return
            try:
                if (wait := _wait_of(message)) > LONGEST_WAIT:
                    self._refuse(message, f"message: to be held for {wait:,.0f} s, more than {LONGEST_WAIT}")
                    return
                handle(message)
            except of_broker:
                # Which the worker waits for.
                raise
            except Exception as error:
                self._refuse(message, f"message: {type(error).__name__}: {error}")

        return on_message

    def on_unknown_message(self, body: Any, message: Message) -> None:
        self._refuse(message, "message: it names no task")

    def on_unknown_task(self, body: Any, message: Message, exc: Exception) -> None:
        self._refuse(message, f"message: there is no task {brief(_task_of(message))}")

    def on_invalid_task(self, body: Any, message: Message, exc: Exception) -> None:
        self._refuse(message, f"message: {type(exc).__name__}: {exc}")

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        self._refuse(message, f"message: its body cannot be read: {exc}")

    def _refuse(self, message: Message, reason: str) -> None:
        payload = {
            "task": _task_of(message),
            "content-type": message.content_type,
            "body": excerpt(_body_of(message)),
        }
        kept = self._keep(payload, reason)
        if not message.acknowledged:
            message.reject_log_error(log, self.connection_errors, requeue=not kept)

    def _on_junk(self, queue: str, raw: bytes, reason: str) -> None:
        if not self._keep(excerpt(raw), reason):
            # Nobody can mend it: better forgotten than met again and again.
            log_junk(queue, raw, reason)

    def _keep(self, payload: Any, reason: str) -> bool:
        """Keep a dead letter. Returns whether that succeeded."""
        try:
            system().bury(payload, reason)
        except RedisError as error:
            metrics.errors.add(1)
            log.warning("no dead letter can be kept: %s", error)
            return False
        metrics.dead.add(1)
        log.error("message becomes a dead letter: %.200s", reason)
        return True


def _task_of(message: Message) -> Any:
    headers = message.headers
    return headers.get("task") if isinstance(headers, dict) else None


def _wait_of(message: Message) -> float:
    """Seconds until a message is to run.

    Raises:
        Exception: it asks for what is no time, in ways of each type.
    """
    headers = message.headers
    eta = maybe_iso8601(headers.get("eta")) if isinstance(headers, dict) else None
    # By way of the system's time, as Celery, which drops what does not fit that.
    return timezone.to_system(maybe_make_aware(eta)).timestamp() - clock().now() / 1000 if eta else 0.0


def _body_of(message: Message) -> bytes | str:
    # Typed as text, and whatever its sender put there.
    body: Any = message.body
    return body if isinstance(body, bytes | str) else repr(body)
