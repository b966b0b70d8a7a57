"""Fixtures of history's tests."""

from collections.abc import Iterator

import pytest
from redis import Redis

from leaderboard.connections.connection import connect


@pytest.fixture
def empty(redis_url: str) -> Iterator[Redis]:
    """Another database of the same server."""
    client = connect(redis_url.replace("/0", "/5"), None)
    client.flushdb()
    yield client
    client.close()
