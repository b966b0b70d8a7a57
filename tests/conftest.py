"""What tests stand on: real Redis servers, real workers, and waiting for conditions."""

import time
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from config.settings import Settings
from deploy.redis_server import RedisServer
from leaderboard.system import System

pytest.register_assert_rewrite("tests.boards")


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server for all tests that leave it running."""
    server = RedisServer(tmp_path_factory.mktemp("redis"), None, "--appendonly", "no").start()
    yield server
    server.stop()


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[Redis]:
    """A client of an empty database."""
    client = Redis.from_url(redis_server.url())
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def redis_url(redis: Redis, redis_server: RedisServer) -> str:
    """Where `redis` is."""
    return redis_server.url()


@pytest.fixture
def replay_settings(redis_url: str) -> Settings:
    """Settings under which time is what the events say."""
    return Settings(redis_url=redis_url, market_clock="events")


@pytest.fixture
def system(replay_settings: Settings) -> System:
    """The core on an empty Redis, with no source of reference data; time is what the events say."""
    return System.from_settings(replay_settings)


def eventually(condition: Callable[[], object], seconds: float = 30.0, what: str = "") -> None:
    """Wait until `condition` is true.

    Raises:
        AssertionError: it did not become true in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or condition}"
        time.sleep(0.02)
