"""What every measurement runs on: one Redis, and new bars for each."""

import time

from redis import Redis

from bench.child import Child
from bench.producer import Order
from bench.scale import Scale
from deploy.redis_server import RedisServer


class Environment:
    """One Redis, and new bars for each measurement.

    Args:
        server: the Redis of the boards and of all queues.
        scale: how much is measured.

    Attributes:
        redis: a client of the boards' database.
    """

    #: A broker's database without workers.
    STAGE = 1

    def __init__(self, server: RedisServer, scale: Scale) -> None:
        self.server = server
        self.scale = scale
        self.redis = Redis.from_url(server.url())
        self.stage = server.url(self.STAGE)
        self._next_bar = 0

    def take(self, bars: int) -> int:
        """Reserve so many bars that no measurement has used. Returns the number of the first."""
        first = self._next_bar
        self._next_bar += bars
        return first

    def keep_file(self, durable: bool) -> None:
        """Turn Redis's append-only file on or off, and wait until it is written."""
        self.redis.config_set("appendonly", "yes" if durable else "no")
        while durable and self._is_rewriting():
            time.sleep(0.05)

    def _is_rewriting(self) -> bool:
        info = self.redis.info("persistence")
        return bool(info["aof_rewrite_in_progress"] or info["aof_rewrite_scheduled"])

    def producer(self, order: Order, url: str, *, fast: bool) -> Child:
        """A process that sends bars, once told to.

        Args:
            order: what to send.
            url: of the broker.
            fast: whether to use the fast lane.
        """
        return Child("bench.producer", order, CELERY_BROKER_URL=url, FAST_LANE=str(int(fast)))
