"""The consumer of our workers: it keeps as a dead letter what its queue does not accept, and goes on.

Stock Celery runs whatever task a message names, and ends at some of a shape that it does not expect. Of an unknown
task, of a content type that is not accepted, or of a body that cannot be read it says in a line of log that it has
dropped it. Here each message is judged before anything else reads it (:mod:`tasks.intake.message_rules`).
"""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from celery.worker import state
from celery.worker.consumer import Consumer
from kombu import Message
from kombu.exceptions import DecodeError
from redis.exceptions import RedisError
from vine import promise

from config.settings import settings
from leaderboard.brief import brief
from leaderboard.dead_letters import excerpt
from leaderboard.validation import Refused
from tasks.app import clock
from tasks.fastlane.broker.tolerant_channel import TolerantChannel, log_invalid
from tasks.intake import message_rules
from tasks.intake.dead_letter_batch import DeadLetterBatch
from tasks.message_limits import MAX_MESSAGE
from tasks.supervision import heartbeat_file

log = logging.getLogger(__name__)


class ValidatingConsumer(Consumer):
    """Celery's, for queues that anybody may have put anything into."""

    #: What a lost broker shows by.
    connection_errors: tuple[type[BaseException], ...]
    #: The worker.
    controller: Any
    timer: Any
    qos: Any

    def __init__(self, on_task_request: Callable[[Any], None], *args: Any, **options: Any) -> None:
        super().__init__(on_task_request, *args, **options)
        if on_task_request == self.controller._process_task_sem:
            self.on_task_request = self._await_slot
        self._accepted = message_rules.queues(settings().queue_tasks)
        self._refused = DeadLetterBatch(self.timer.call_after, lambda: self.qos)

    def create_task_handler(self, promise: Any = promise) -> Callable[[Message], None]:
        assert self.connection
        channel = self.connection.default_channel
        # Kombu counts KeyError among them, and a message that lacks a part would have the worker connect for ever.
        lost = [error for error in self.connection_errors if error is not KeyError]
        of_broker: tuple[type[BaseException], ...] = (RedisError, OSError, *lost)
        if isinstance(channel, TolerantChannel):
            channel.on_refusal = heartbeat_file.note_attempt
            channel.message_max = MAX_MESSAGE
            channel.on_invalid = self._on_invalid
        handle: Callable[[Message], None] = super().create_task_handler(promise)
        queue_at_hand = _watch_queues(channel)

        def on_message(message: Message) -> None:
            try:
                if reason := self._refusal(message, queue_at_hand()):
                    self._refuse(message, reason)
                    return
                handle(message)
            except of_broker:
                # Which the worker waits for.
                raise
            except Exception as error:
                self._refuse(message, f"message: {type(error).__name__}: {error}")

        return on_message

    def _refusal(self, message: Message, queue: str) -> str | None:
        """Why its queue does not accept a message; None where it does.

        Raises:
            Exception: its body is in a form that is not accepted, in ways of each.
        """
        accepted = self._accepted.get(queue)
        if accepted is None:
            return f"message: no task is for the queue {brief(queue)}"
        if (size := len(_body_of(message))) > accepted.body_max:
            return f"message: a body of {size:,} bytes, more than {accepted.body_max:,}"
        try:
            payload = _payload_of(message)
        except DecodeError as error:
            return f"message: its body cannot be read: {error}"
        return message_rules.refusal(accepted, message.headers, message.properties, payload, _now)

    def _await_slot(self, request: Any) -> None:
        """Have a process of the pool run a request, at once or when one is free."""
        self.controller._quick_acquire(self._run, request)

    def _run(self, request: Any) -> None:
        try:
            self.controller._process_task(request)
        except Exception as error:
            # Celery leaves its slot taken for ever, or, where a slot was waited for, the worker ends.
            state.task_ready(request)
            self._refuse(request.message, f"message: {type(error).__name__}: {error}")
            self.controller._quick_release()

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
        self._refused.add(Refused(payload, reason), lambda kept: self._settle(message, kept))

    def _settle(self, message: Message, kept: bool) -> None:
        # Of a channel that has closed all messages were given back.
        if not message.acknowledged and not getattr(message.channel, "closed", False):
            message.reject_log_error(log, self.connection_errors, requeue=not kept)

    def _on_invalid(self, queue: str, raw: bytes, reason: str) -> None:
        def settle(kept: bool) -> None:
            # Nobody can mend it: better forgotten than met again and again.
            if not kept:
                log_invalid(queue, raw, reason)

        self._refused.add(Refused(excerpt(raw), reason), settle)


def _now() -> float:
    return clock().now() / 1000


def _task_of(message: Message) -> Any:
    headers = message.headers
    return headers.get("task") if isinstance(headers, dict) else None


def _watch_queues(channel: Any) -> Callable[[], str]:
    """Have a channel's transport note from which queue it delivers: what the message says of it is its sender's.

    Returns:
        What tells, while a message is handled, which queue it came from.
    """
    transport = channel.connection
    deliver, queue = transport._deliver, ""

    def noting(message: Any, name: str) -> None:
        nonlocal queue
        queue = name
        deliver(message, name)

    transport._deliver = noting
    return lambda: queue


def _payload_of(message: Message) -> Any:
    """A message's body, decoded.

    Raises:
        Exception: it is in a form that is not accepted, in ways of each.
    """
    body: Any = message.body
    is_plain = message.content_type == "application/json" and message.content_encoding == "utf-8"
    if is_plain and isinstance(body, bytes) and b"__type__" not in body:
        # As kombu, which looks at each object for one of its own types: five times as long.
        with suppress(ValueError, RecursionError):
            return json.loads(body.decode())
    return message.payload


def _body_of(message: Message) -> bytes | str:
    # Typed as text, and whatever its sender put there.
    body: Any = message.body
    return body if isinstance(body, bytes | str) else repr(body)
