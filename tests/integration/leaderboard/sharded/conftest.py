"""Fixtures of the tests over several servers: databases of one server, which share nothing but its channels."""

from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from config.redis_urls import Server
from config.settings import Settings
from leaderboard.connections.connection import connect_shards
from leaderboard.shards import Shards

_DATABASES = (3, 4, 5)

Divided = Callable[[int], Settings]


@pytest.fixture
def divided(redis: Redis, redis_url: str) -> Divided:
    """Settings of a deployment over so many servers, which are empty."""
    redis.flushall()

    def settings(count: int) -> Settings:
        first, *others = (redis_url.replace("/0", f"/{database}") for database in _DATABASES[:count])
        return Settings(redis_url=first, board_shards=tuple(map(Server, others)), market_clock="events")

    return settings


@pytest.fixture
def shards(divided: Divided) -> Iterator[Shards[Redis]]:
    """Clients of three servers."""
    clients = connect_shards(divided(3))
    yield clients
    for client in clients:
        client.close()
