"""How many workers take bars, asked of the workers themselves."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from celery import Celery
from celery.app.control import Control
from kombu import Connection, Consumer
from kombu.exceptions import OperationalError
from kombu.pidbox import Mailbox

from config.celery import AGGS, FIRST_ALONE, tls_options
from config.queue_depth import OPTIONS
from watch.gateway.cluster.queue_depth import BrokerError

#: Seconds for which answers are waited for: a worker gives its own between two batches.
PATIENCE = 1.0
# Answers that are looked at, however many more come.
_MOST = 10_000
# Characters of what is told about an answer.
_SHOWN = 100


@dataclass(frozen=True)
class RollCall:
    """What came of a question to all workers.

    Attributes:
        workers: how many take bars.
        unsound: what is wrong with the answers that could not be read, each kind once.
    """

    workers: int
    unsound: tuple[str, ...]


class Workers:
    """Asks all workers of a broker.

    Args:
        broker_url: of their queues.
        options: the transport options that go with it.
    """

    def __init__(self, broker_url: str, options: Mapping[str, Any]) -> None:
        # One for all questions: each app has a queue of its own for the answers.
        self._app = Celery("gateway", broker=broker_url, control=_Control, set_as_current=False)
        self._app.conf.broker_transport_options = {**OPTIONS, **options}
        self._app.conf.broker_failover_strategy = FIRST_ALONE
        self._app.conf.broker_use_ssl = tls_options(broker_url)

    def call(self) -> RollCall:
        """Ask which queues they take. It waits :data:`PATIENCE` seconds for answers.

        Raises:
            BrokerError: the broker cannot be reached.
        """
        with self._app.connection() as connection:
            errors: tuple[type[BaseException], ...] = (
                OperationalError,
                *connection.connection_errors,
                *connection.channel_errors,
            )
            try:
                answers = self._app.control.broadcast(
                    "active_queues", reply=True, timeout=PATIENCE, connection=connection
                )
            except errors as error:
                raise BrokerError(str(error)) from error
        return roll_call(answers or [])


def roll_call(answers: list[Any]) -> RollCall:
    """What answers come to; one that is none of a worker's leaves the others as they are."""
    takes: dict[str, bool] = {}
    unsound: dict[str, None] = {}
    for answer in answers:
        try:
            takes |= _taking(answer)
        except ValueError as error:
            unsound[str(error)] = None
    return RollCall(sum(takes.values()), tuple(unsound))


def _taking(answer: Any) -> dict[str, bool]:
    """Whether workers take bars, by their names.

    Raises:
        ValueError: it is no answer of a worker.
    """
    if isinstance(answer, Unreadable):
        raise ValueError(f"an answer cannot be read: {answer.why}")
    if not isinstance(answer, dict) or not answer:
        raise ValueError(f"no worker's answer: {answer!r:.{_SHOWN}}")
    for name, queues in answer.items():
        if not isinstance(queues, list) or not all(isinstance(queue, dict) for queue in queues):
            raise ValueError(f"{name!r:.{_SHOWN}} does not tell its queues: {queues!r:.{_SHOWN}}")
    return {name: any(queue.get("name") == AGGS for queue in queues) for name, queues in answer.items()}


@dataclass(frozen=True)
class Unreadable:
    """Stands for an answer that is no message.

    Attributes:
        why: it is none.
    """

    why: str


class _Mailbox(Mailbox):
    """Collects answers one by one, for so many seconds in all.

    Kombu's own ends with the first answer that cannot be read, and lets each answer prolong the time for the next.
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
        answers: list[Any] = []

        def came(message: Any) -> None:
            # What came late is the answer to an earlier question.
            if message.headers.get("ticket", ticket) == ticket:
                answers.append(message.decode())

        broken: tuple[type[BaseException], ...] = (
            OperationalError,
            *connection.connection_errors,
            *connection.channel_errors,
        )
        deadline = time.monotonic() + timeout
        with Consumer(channel, [self.reply_queue], on_message=came, accept=accept or self.accept, no_ack=True):
            while (left := deadline - time.monotonic()) > 0 and len(answers) < _MOST:
                try:
                    connection.drain_events(timeout=left)
                except TimeoutError:
                    break
                except Exception as error:
                    # Kombu counts KeyError as a lost connection, and a message without a part as a KeyError.
                    if isinstance(error, broken) and not isinstance(error, KeyError):
                        raise
                    answers.append(Unreadable(f"{type(error).__name__}: {error}"[:_SHOWN]))
        channel.after_reply_message_received(self.reply_queue.name)
        return answers


class _Control(Control):
    Mailbox = _Mailbox
