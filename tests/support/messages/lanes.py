"""Consumers of both lanes on one Redis: of the transport under test, and of kombu's own."""

import base64
import json
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any, Self

import kombu
from celery import Celery
from kombu import Connection, Queue
from kombu.asynchronous import Hub
from redis import Redis

FAST = "tasks.fastlane.transport:Transport"
SENTINEL = "tasks.fastlane.transport:SentinelTransport"
STOCK = "kombu.transport.redis:Transport"
#: What FAST_LANE=0 installs.
GUARDED_STOCK = "tasks.fastlane.stock_transport:Transport"


def connect(url: str, transport: str | None = FAST, **options: Any) -> Connection:
    """A connection of kombu's, with transport options; `transport` None leaves the choice to the URL."""
    return Connection(url, transport=transport, transport_options=options)


def put(url: str, queue: str, *bodies: Any, priority: int = 0, **options: Any) -> None:
    """Send messages to a queue, as a stock client does."""
    with connect(url, STOCK, **options) as connection:
        producer = connection.Producer(serializer="json")
        for body in bodies:
            producer.publish(body, routing_key=queue, priority=priority)


def put_calls(url: str, queue: str, number: int, task: str = "tests.batch") -> None:
    """Send calls of a task as a stock client does."""
    with connect(url, STOCK) as connection:
        app = Celery(broker=url, set_as_current=False)
        to: Any = direct(queue)
        for _ in range(number):
            app.send_task(task, [], connection=connection, queue=to)


class Consumer:
    """A consumer whose event loop turns when a test says so.

    Args:
        url: of the broker.
        queues: names, of queues or queues themselves.
        transport: the lane.
        take: told each message when it comes; by default it stays unacknowledged, in `messages`.
        prefetch: messages unacknowledged at most; 0 is no limit.
        no_ack: messages count as acknowledged when they are delivered.
        options: of the transport.
    """

    def __init__(
        self,
        url: str,
        *queues: str | Queue,
        transport: str | None = FAST,
        take: Callable[[Any], None] | None = None,
        prefetch: int = 0,
        no_ack: bool = False,
        **options: Any,
    ) -> None:
        self.messages: list[Any] = []
        self.hub = _event_loop()
        self.connection = connect(url, transport, **options)
        self.channel: Any = self.connection.default_channel
        self.connection.register_with_event_loop(self.hub)
        self.hub.propagate_errors = self.connection.connection_errors
        self.consumer = kombu.Consumer(
            self.channel,
            queues=[each if isinstance(each, Queue) else direct(each) for each in queues],
            on_message=take or self.messages.append,
            prefetch_count=prefetch,
            no_ack=no_ack,
            auto_declare=any(isinstance(each, Queue) for each in queues),
        )
        self.consumer.consume()

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(message.body) for message in self.messages]

    def turn(self, until: Callable[[], object], seconds: float = 15.0) -> None:
        """Turn the loop until a condition holds.

        Raises:
            AssertionError: it did not come to hold in time.
        """
        deadline = monotonic() + seconds
        # The loop turns at least this often, to look at the condition.
        tick = self.hub.call_repeatedly(0.01, lambda: None)
        try:
            while not until():
                assert monotonic() < deadline, f"not within {seconds} s: {until}"
                self.hub.run_once()
        finally:
            tick.cancel()

    def turn_for(self, seconds: float) -> None:
        """Turn the loop for so long, to see that something does not happen."""
        deadline = monotonic() + seconds
        self.turn(lambda: monotonic() >= deadline, seconds + 15)

    def take(self, number: int) -> list[Any]:
        """Turn the loop until so many messages have come in all, and give their bodies."""
        self.turn(lambda: len(self.messages) >= number)
        return self.bodies

    def close(self) -> None:
        self.connection.close()
        self.hub.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _event_loop() -> Any:
    return Hub()


def direct(name: str) -> Queue:
    """A queue that is reached by its name."""
    return Queue(name, exchange="", routing_key=name)


def ack_all(messages: Iterable[Any]) -> None:
    for message in messages:
        message.ack()


def unacked(redis: Redis, prefix: str = "") -> list[list[Any]]:
    """The records of unacknowledged messages, oldest first."""
    tags: Any = redis.zrange(f"{prefix}unacked_index", 0, -1)
    records: Any = redis.hgetall(f"{prefix}unacked")
    assert set(tags) == set(records)
    return [json.loads(records[tag]) for tag in tags]


def waiting(redis: Redis, queue: str) -> list[Any]:
    """The bodies that wait in a queue's list, next in turn first."""
    messages: Any = redis.lrange(queue, 0, -1)
    return [body_of(json.loads(message)) for message in reversed(messages)]


def queued_and_unacked(redis: Redis, queue: str) -> tuple[list[Any], list[Any]]:
    """The bodies that wait in a queue's list and those of unacknowledged messages, at one moment."""
    look = redis.pipeline(transaction=True)
    look.lrange(queue, 0, -1)
    look.hvals("unacked")
    messages, records = look.execute()
    return [body_of(json.loads(each)) for each in messages], [body_of(json.loads(each)[0]) for each in records]


def body_of(envelope: Any) -> Any:
    return json.loads(base64.b64decode(envelope["body"]))


def redis_port(redis: Redis) -> int:
    """The port of a client's server."""
    return int(redis.connection_pool.connection_kwargs["port"])
