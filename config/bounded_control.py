"""Asks workers and beats questions, and collects their answers within a given time."""

import time
from collections.abc import Callable
from typing import Any, cast

from celery.app.control import Control
from kombu import Connection, Consumer
from kombu.pidbox import Mailbox

from config.queue_depth import broker_errors_of

# Answers that are looked at, however many more come.
_MOST = 10_000


class _Mailbox(Mailbox):
    """Collects answers one by one, for a given time in all.

    Kombu's own stops at the first answer that cannot be decoded, and waits anew after each answer.
    """

    def _collect(
        self,
        ticket: str,
        limit: int | None = None,
        timeout: float = 1,
        callback: Callable[[Any], None] | None = None,
        channel: Any = None,
        accept: Any = None,
    ) -> list[Any]:
        connection = cast(Connection, self.connection)
        channel = channel or connection.default_channel
        replies = _Replies(ticket)
        connection_errors = broker_errors_of(connection)
        deadline = time.monotonic() + timeout
        accept = accept or self.accept
        with Consumer(channel, [self.reply_queue], on_message=replies.add, accept=accept, no_ack=True):
            while (left := deadline - time.monotonic()) > 0 and len(replies.answers) < _MOST:
                try:
                    connection.drain_events(timeout=left)
                except TimeoutError:
                    break
                except Exception as error:
                    # For kombu a KeyError is a lost connection, but a message that lacks a part raises it too.
                    if isinstance(error, connection_errors) and not isinstance(error, KeyError):
                        raise
                    replies.answers.append(error)
        channel.after_reply_message_received(self.reply_queue.name)
        return replies.answers


class _Replies:
    """The answers to one question."""

    def __init__(self, ticket: str) -> None:
        self._ticket = ticket
        self.answers: list[Any] = []

    def add(self, message: Any) -> None:
        # A late answer has the ticket of an earlier question.
        if message.headers.get("ticket", self._ticket) == self._ticket:
            self.answers.append(message.decode())


class BoundedControl(Control):
    """Celery's remote control: its questions end in time, whatever comes as an answer.

    An answer that cannot be decoded is an exception among the answers.
    """

    Mailbox = _Mailbox
