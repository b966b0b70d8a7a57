"""What every measurement runs on: one Redis, and bars that nobody has had before."""

import time

from redis import Redis

from bench.child import Child
from bench.producer import Order
from bench.scale import Scale
from deploy.redis_server import RedisServer


class Environment:
    """One Redis, and bars that are newer from one measurement to the next.

    Args:
        server: the Redis of the boards and of all queues.
        scale: how much is measured.

    Attributes:
        redis: a client of the boards' database.
    """

    #: A broker's database that no worker looks at.
    STAGE = 1

    def __init__(self, server: RedisServer, scale: Scale) -> None:
        self.server = server
        self.scale = scale
        self.redis = Redis.from_url(server.url())
        self.stage = server.url(self.STAGE)
        self._next_bar = 0

    def take(self, bars: int) -> int:
        """The number of the first of so many bars, which nobody has had."""
        first = self._next_bar
        self._next_bar += bars
        return first

    def keep_file(self, durable: bool) -> None:
        """Have Redis keep its append-only file from now on, or none, and wait until it has begun it."""
        self.redis.config_set("appendonly", "yes" if durable else "no")
        while durable and self._is_rewriting():
            time.sleep(0.05)

    def _is_rewriting(self) -> bool:
        told = self.redis.info("persistence")
        return bool(told["aof_rewrite_in_progress"] or told["aof_rewrite_scheduled"])

    def producer(self, order: Order, url: str, *, fast: bool) -> Child:
        """A process that sends, once told to.

        Args:
            order: what.
            url: the broker's.
            fast: whether in the fast lane.
        """
        return Child("bench.producer", order, CELERY_BROKER_URL=url, FAST_LANE=str(int(fast)))
