"""How many workers take bars, asked of the workers themselves."""

from collections.abc import Mapping
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

from config.celery import AGGS, FIRST_ALONE
from config.depth import OPTIONS
from watch.gateway.queue_depth import BrokerError

#: Seconds for which answers are waited for: a worker gives its own between two batches.
PATIENCE = 1.0


class Workers:
    """Asks all workers of a broker.

    Args:
        broker_url: of their queues.
        options: the transport options that go with it.
    """

    def __init__(self, broker_url: str, options: Mapping[str, Any]) -> None:
        # One for all questions: each app has a queue of its own for the answers.
        self._app = Celery("gateway", broker=broker_url, set_as_current=False)
        self._app.conf.broker_transport_options = {**OPTIONS, **options}
        self._app.conf.broker_failover_strategy = FIRST_ALONE

    def count(self) -> int:
        """Workers that answer and take bars. It waits :data:`PATIENCE` seconds for them.

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
                inspect = self._app.control.inspect(timeout=PATIENCE, connection=connection)
                replies = inspect.active_queues() or {}
            except errors as error:
                raise BrokerError(str(error)) from error
        return sum(any(queue["name"] == AGGS for queue in queues) for queues in replies.values())
