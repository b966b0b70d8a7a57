"""How many workers process bars, asked of the workers themselves."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from celery import Celery
from celery.app.control import Control
from kombu import Connection, Consumer
from kombu.pidbox import Mailbox

from config.celery import AGGS, FIRST_ALONE, tls_options
from config.queue_depth import OPTIONS, broker_errors_of
from watch.gateway.cluster.queue_depth import BrokerError

#: Seconds to wait for answers. A worker answers between two batches.
TIMEOUT = 1.0
# Answers that are looked at, however many more come.
_MOST = 10_000
# Characters of an invalid answer that are reported.
_SHOWN = 100


@dataclass(frozen=True)
class WorkerCount:
    """The workers that answered.

    Attributes:
        workers: how many process bars.
        invalid: what is wrong with answers that could not be read, each reason once.
    """

    workers: int
    invalid: tuple[str, ...]


class WorkerProbe:
    """Asks all workers of a broker which queues they consume.

    Args:
        broker_url: of their queues.
        options: the transport options that go with it.
    """

    def __init__(self, broker_url: str, options: Mapping[str, Any]) -> None:
        # One app for all questions: each app has a queue of its own for the answers.
        self._app = Celery("gateway", broker=broker_url, control=_Control, set_as_current=False)
        self._app.conf.broker_transport_options = {**OPTIONS, **options}
        self._app.conf.broker_failover_strategy = FIRST_ALONE
        self._app.conf.broker_use_ssl = tls_options(broker_url)

    def count(self) -> WorkerCount:
        """Ask, and wait :data:`TIMEOUT` seconds for answers.

        Raises:
            BrokerError: the broker cannot be reached.
        """
        with self._app.connection() as connection:
            try:
                answers = self._app.control.broadcast(
                    "active_queues", reply=True, timeout=TIMEOUT, connection=connection
                )
            except broker_errors_of(connection) as error:
                raise BrokerError(str(error)) from error
        return count_workers(answers or [])


def count_workers(answers: list[Any]) -> WorkerCount:
    """Count the workers that process bars. Invalid answers do not affect the others.

    Args:
        answers: to ``active_queues``; an exception stands for an answer that could not be decoded.
    """
    processes_bars: dict[str, bool] = {}
    invalid: dict[str, None] = {}
    for answer in answers:
        try:
            processes_bars |= _processes_bars(answer)
        except ValueError as error:
            invalid[str(error)] = None
    return WorkerCount(sum(processes_bars.values()), tuple(invalid))


def _processes_bars(answer: Any) -> dict[str, bool]:
    """Whether workers process bars, by their names.

    Raises:
        ValueError: it is not the answer of a worker.
    """
    if isinstance(answer, Exception):
        raise ValueError(f"an answer cannot be read: {type(answer).__name__}: {answer}"[:_SHOWN])
    if not isinstance(answer, dict) or not answer:
        raise ValueError(f"no worker's answer: {answer!r:.{_SHOWN}}")
    for name, queues in answer.items():
        if not isinstance(queues, list) or not all(isinstance(queue, dict) for queue in queues):
            raise ValueError(f"{name!r:.{_SHOWN}} does not tell its queues: {queues!r:.{_SHOWN}}")
    return {name: any(queue.get("name") == AGGS for queue in queues) for name, queues in answer.items()}


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


class _Control(Control):
    Mailbox = _Mailbox
