"""The consumer of our workers: it dead-letters invalid messages and carries on.

Stock Celery runs whatever task a message names, and fails on messages of an unexpected shape. It drops messages
with an unknown task, with a content type that is not accepted, or with an unreadable body, and logs that. Here
each message is validated before anything else reads it (:mod:`tasks.intake.message_validation`).
"""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from time import time
from typing import Any

from celery.worker import state
from celery.worker.consumer import Consumer
from kombu import Message
from kombu.exceptions import DecodeError
from vine import promise

from config.settings import settings
from leaderboard.brief import brief
from leaderboard.reason_kind import ReasonKind
from leaderboard.store.dead_letters import excerpt
from leaderboard.validation import Refused
from tasks.app import clock
from tasks.bar_reports.tally import Sampled, tally
from tasks.bars import process_agg
from tasks.fastlane.broker.tolerant_channel import TolerantChannel, log_invalid, server_errors
from tasks.fastlane.consuming.messages import ID_LENGTH
from tasks.intake.dead_letter_batch import DeadLetterBatch
from tasks.intake.message_validation import Invalid, invalid_reason
from tasks.intake.queue_rules import rules_by_queue
from tasks.message_limits import MAX_MESSAGE
from tasks.supervision import worker_heartbeat

log = logging.getLogger(__name__)


class ValidatingConsumer(Consumer):
    """Celery's, for queues that may hold anything."""

    #: Errors of a lost broker.
    connection_errors: tuple[type[BaseException], ...]
    #: The worker.
    controller: Any
    timer: Any
    qos: Any

    def __init__(self, on_task_request: Callable[[Any], None], *args: Any, **options: Any) -> None:
        super().__init__(on_task_request, *args, **options)
        if on_task_request == self.controller._process_task_sem:
            self.on_task_request = self._await_slot
        self._rules = rules_by_queue(settings().queue_tasks)
        self._refused = DeadLetterBatch(self.timer.call_after, lambda: self.qos)

    def create_task_handler(self, promise: Any = promise) -> Callable[[Message], None]:
        assert self.connection
        channel = self.connection.default_channel
        # Without KeyError: a message that lacks a part would make the worker reconnect for ever.
        of_server = server_errors(self.connection_errors)
        if isinstance(channel, TolerantChannel):
            channel.on_refusal = worker_heartbeat.note_attempt
            channel.message_max = MAX_MESSAGE
            channel.on_invalid = self._on_invalid
        handle: Callable[[Message], None] = super().create_task_handler(promise)
        current_queue = _note_queues(channel)

        def on_message(message: Message) -> None:
            try:
                if invalid := self._invalid_reason(message, current_queue()):
                    self._refuse(message, *invalid)
                    return
                handle(message)
            except of_server:
                raise
            except Exception as error:
                self._refuse(message, ReasonKind.MESSAGE, f"message: {type(error).__name__}: {error}")

        return on_message

    def _invalid_reason(self, message: Message, queue: str) -> Invalid | None:
        """Why a message is invalid; None if its queue accepts it.

        Raises:
            Exception: of any kind, from decoding a body that is not accepted.
        """
        rules = self._rules.get(queue)
        if rules is None:
            return Invalid(ReasonKind.TASK, f"message: no task is for the queue {brief(queue)}")
        if (size := len(_body_of(message))) > rules.body_max:
            return Invalid(ReasonKind.SIZE, f"message: a body of {size:,} bytes, more than {rules.body_max:,}")
        try:
            payload = _payload_of(message)
        except DecodeError as error:
            return Invalid(ReasonKind.MESSAGE, f"message: its body cannot be read: {error}")
        return invalid_reason(rules, message.headers, message.properties, payload, _now)

    def _await_slot(self, request: Any) -> None:
        """Have a process of the pool run a request, at once or when one is free."""
        self.controller._quick_acquire(self._run, request)

    def _run(self, request: Any) -> None:
        try:
            self.controller._process_task(request)
        except Exception as error:
            # Celery would leave the slot taken for ever, or end the worker if the request had waited for a slot.
            state.task_ready(request)
            self._refuse(request.message, ReasonKind.ERROR, f"message: {type(error).__name__}: {error}")
            self.controller._quick_release()

    def on_unknown_message(self, body: Any, message: Message) -> None:
        self._refuse(message, ReasonKind.MESSAGE, "message: it names no task")

    def on_unknown_task(self, body: Any, message: Message, exc: Exception) -> None:
        self._refuse(message, ReasonKind.TASK, f"message: there is no task {brief(_task_of(message))}")

    def on_invalid_task(self, body: Any, message: Message, exc: Exception) -> None:
        self._refuse(message, ReasonKind.MESSAGE, f"message: {type(exc).__name__}: {exc}")

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        self._refuse(message, ReasonKind.MESSAGE, f"message: its body cannot be read: {exc}")

    def _refuse(self, message: Message, kind: ReasonKind, reason: str) -> None:
        payload = {
            "task": _task_of(message),
            "content-type": message.content_type,
            "body": excerpt(_body_of(message)),
        }
        refused = Refused(payload, reason, kind, task=_id_of(message))
        self._refused.add(refused, lambda kept: self._settle(message, refused, kept))

    def _settle(self, message: Message, refused: Refused, kept: bool) -> None:
        # A channel that has closed has requeued all its messages.
        if message.acknowledged or getattr(message.channel, "closed", False):
            return
        if kept and _task_of(message) == process_agg.name:
            tally.add(Sampled(refused.task, [refused.payload["body"]], {}, time(), 0.0, refused.reason))
        message.reject_log_error(log, self.connection_errors, requeue=not kept)

    def _on_invalid(self, queue: str, raw: bytes, reason: str) -> None:
        def settle(kept: bool) -> None:
            # It cannot be requeued: nobody can read it.
            if not kept:
                log_invalid(queue, raw, reason)

        kind = ReasonKind.SIZE if len(raw) > MAX_MESSAGE else ReasonKind.MESSAGE
        self._refused.add(Refused(excerpt(raw), reason, kind), settle)


def _now() -> float:
    return clock().now() / 1000


def _task_of(message: Message) -> Any:
    headers = message.headers
    return headers.get("task") if isinstance(headers, dict) else None


def _id_of(message: Message) -> str:
    """The id of a message's task; empty if it has none that is valid."""
    headers = message.headers
    task_id = headers.get("id") if isinstance(headers, dict) else None
    return task_id if isinstance(task_id, str) and len(task_id) <= ID_LENGTH else ""


def _note_queues(channel: Any) -> Callable[[], str]:
    """Have a channel's transport note the queue of each message that it delivers: messages may name another one.

    Returns:
        A function that names, while a message is handled, the queue that it came from.
    """
    transport = channel.connection
    deliver, queue = transport._deliver, ""

    def note_and_deliver(message: Any, name: str) -> None:
        nonlocal queue
        queue = name
        deliver(message, name)

    transport._deliver = note_and_deliver
    return lambda: queue


def _payload_of(message: Message) -> Any:
    """A message's body, decoded.

    Raises:
        Exception: of any kind, if the body is not of an accepted content type or encoding.
    """
    body: Any = message.body
    is_plain = message.content_type == "application/json" and message.content_encoding == "utf-8"
    if is_plain and isinstance(body, bytes) and b"__type__" not in body:
        # Like kombu, but five times as fast: kombu looks at each object for one of its own types.
        with suppress(ValueError, RecursionError):
            return json.loads(body.decode())
    return message.payload


def _body_of(message: Message) -> bytes | str:
    # Typed as text, but it is whatever its sender put there.
    body: Any = message.body
    return body if isinstance(body, bytes | str) else repr(body)
