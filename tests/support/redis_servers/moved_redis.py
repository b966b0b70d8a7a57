"""A Redis whose clock a test sets: sessions begin when the test says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from redis import Redis

from config.settings import Settings
from deploy.redis_server import RedisServer
from leaderboard.system import System
from tests.support.moved_clock import MONDAY, MovedClock, library
from tests.support.waiting import eventually


class MovedRedis:
    """A Redis server with a moved clock, under the settings of a live market."""

    def __init__(self, server: RedisServer, clock: MovedClock) -> None:
        self.server = server
        self.clock = clock
        self.client = Redis.from_url(server.url())
        self.settings = Settings(redis_url=server.url(), celery_broker_url=server.url(1), market_clock="wall")

    def system(self, **changes: object) -> System:
        """The core, as a process that starts now would have it."""
        system = System.from_settings(self.settings.model_copy(update=changes))
        system._clock.server_now()
        return system

    def go_to(self, clock: str, *systems: System, day: date = MONDAY) -> None:
        """Move the clock. `systems` know at once; others keep their cached time for some seconds."""
        self.clock.set(clock, day)
        eventually(lambda: self.clock.off(self.client) < 0.5, what="Redis has that time")
        for system in systems:
            system._clock.server_now()


@contextmanager
def moved_redis(folder: Path, clock: str, day: date = MONDAY) -> Iterator[MovedRedis]:
    """A fresh server, at that time in New York."""
    if library() is None:
        pytest.skip("needs libfaketime, Debian's package faketime")
    moved_clock = MovedClock(folder)
    # It is to know a new time at once.
    environment = moved_clock.environment() | {"FAKETIME_NO_CACHE": "1"}
    moved_clock.set(clock, day)
    with pytest.MonkeyPatch.context() as started:
        for name, value in environment.items():
            started.setenv(name, value)
        server = RedisServer(folder / "moved", None, "--appendonly", "no").start()
    moved = MovedRedis(server, moved_clock)
    try:
        yield moved
    finally:
        moved.client.close()
        server.stop()
