"""What tests of the sending side stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from deploy.redis_server import RedisServer


@pytest.fixture
def url(broker: Redis, redis_server: RedisServer) -> str:
    return redis_server.url(1)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A broker of the test's own, which it may kill."""
    server = RedisServer(tmp_path / "server", None, "--appendonly", "no").start()
    yield server
    server.stop()
