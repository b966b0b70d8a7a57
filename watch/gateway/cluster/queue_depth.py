"""How many messages wait for workers, and what the broker uses, asked of the broker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kombu import Connection
from redis.exceptions import ResponseError

from config.celery import AGGS, FIRST_ALONE, QUEUES, tls_options
from config.queue_depth import OPTIONS, broker_errors_of, unacked, waiting
from watch.gateway.cluster.server_load import ServerLoad


class BrokerError(Exception):
    """The broker cannot be reached, or does not answer."""


@dataclass(frozen=True)
class QueueDepth:
    """Messages at one moment.

    Attributes:
        messages: those that wait in each queue. A queue that cannot be read is missing; that of bars never is.
        unacked: messages of all queues that workers have in flight.
        load: what the server uses.
        wrong_queues: a sentence for each queue that cannot be read.
    """

    messages: Mapping[str, int]
    unacked: int
    load: ServerLoad
    wrong_queues: tuple[str, ...]

    @property
    def waiting(self) -> int:
        """Bars in their queue."""
        return self.messages[AGGS]


def read_depth(broker_url: str, options: Mapping[str, Any]) -> QueueDepth:
    """The depth now. It waits for the broker for some seconds at most.

    Args:
        broker_url: of the queues.
        options: the transport options that go with it.

    Raises:
        BrokerError: the broker does not answer, or the queue of bars cannot be read.
    """
    connection = Connection(
        broker_url,
        ssl=tls_options(broker_url) or False,
        transport_options={**OPTIONS, **options},
        failover_strategy=FIRST_ALONE,
    )
    try:
        with connection:
            return _depth_of(connection.default_channel)
    except broker_errors_of(connection) as error:
        raise BrokerError(str(error)) from error


def _depth_of(channel: Any) -> QueueDepth:
    messages, wrong = {AGGS: waiting(channel, AGGS)}, []
    for queue in QUEUES:
        if queue == AGGS:
            continue
        try:
            messages[queue] = waiting(channel, queue)
        except ResponseError as error:
            wrong.append(str(error))
    with channel.client.pipeline(transaction=False) as pipe:
        ServerLoad.add_questions(pipe)
        load = ServerLoad.parse(pipe.execute(raise_on_error=False))
    return QueueDepth(messages, unacked(channel), load, tuple(wrong))
