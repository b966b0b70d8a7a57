"""How many workers process bars, asked of the workers themselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from celery import Celery

from config.bounded_control import BoundedControl
from config.celery import AGGS, FIRST_ALONE, tls_options
from config.queue_depth import OPTIONS, broker_errors_of
from watch.gateway.cluster.queue_depth import BrokerError

#: Seconds to wait for answers. A worker answers between two batches.
TIMEOUT = 1.0
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
        self._app = Celery("gateway", broker=broker_url, control=BoundedControl, set_as_current=False)
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
