"""Fixtures of the tests of leaderboard.store."""

from collections.abc import Iterator

import pytest
from redis import Redis

from config.settings import Settings
from leaderboard.system import System


@pytest.fixture
def limited(redis: Redis, replay_settings: Settings) -> Iterator[System]:
    """A process whose user may write rows and records, and no boards: its batches fail half-way until it may."""
    redis.execute_command("ACL SETUSER", "limited", "on", ">word", "~*", "&*", "+@all", "-zadd")
    url = replay_settings.redis_url.replace("redis://", "redis://limited:word@")
    yield System.from_settings(replay_settings.model_copy(update={"redis_url": url}))
    redis.acl_deluser("limited")
