"""The Redis servers that we start: they stop when told to."""

from pathlib import Path

import pytest
from redis import Redis

from deploy import redis_server
from deploy.redis_server import RedisServer

_FILL = "for n = 1, 100 do redis.call('SET', 'key' .. n, n) end"


def test_a_server_that_begins_its_append_only_file_stops_all_the_same(tmp_path: Path) -> None:
    # Given a server that has started to write all its data into a new file
    server = RedisServer(tmp_path, None, "--appendonly", "no").start()
    redis = Redis(port=server.port)
    redis.eval(_FILL, 0)
    redis.config_set("rdb-key-save-delay", 20_000)
    redis.config_set("appendonly", "yes")

    # When it is told to stop, then it does
    server.stop()
    assert not server.running
    assert "can't exit" in (tmp_path / "redis.log").read_text()


@pytest.fixture
def slow_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RedisServer:
    """A server that takes longer to read its file than one may take to answer, and says so when asked."""
    server = RedisServer(tmp_path, None, "--appendonly", "no").start()
    with Redis(port=server.port) as redis:
        redis.eval("for n = 1, 4000 do redis.call('SET', 'key' .. n, n) end", 0)
        redis.save()
    server.stop()
    monkeypatch.setattr(redis_server, "START_TIMEOUT", 0.3)
    looks_up = ("--loading-process-events-interval-bytes", "1024")
    return RedisServer(tmp_path, None, "--appendonly", "no", "--key-load-delay", "500", *looks_up)


def test_a_start_waits_for_what_is_read(slow_to_read: RedisServer) -> None:
    slow_to_read.start()
    try:
        with Redis(port=slow_to_read.port) as redis:
            assert redis.dbsize() == 4_000
    finally:
        slow_to_read.stop()


def test_a_server_that_reads_can_be_given_up(slow_to_read: RedisServer) -> None:
    # When it is to be stopped while it reads, then nothing is left behind
    with pytest.raises(RuntimeError, match="did not start"):
        slow_to_read.start(lambda: True)
    assert not slow_to_read.running
