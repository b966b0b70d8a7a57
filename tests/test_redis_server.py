"""The Redis servers that we start: they stop when told to."""

from pathlib import Path

from redis import Redis

from deploy.redis_server import RedisServer

_FILL = "for n = 1, 100 do redis.call('SET', 'key' .. n, n) end"


def test_a_server_that_begins_its_append_only_file_stops_all_the_same(tmp_path: Path) -> None:
    # Given a server that has begun to write all that it holds into a new file
    server = RedisServer(tmp_path, None, "--appendonly", "no").start()
    redis = Redis(port=server.port)
    redis.eval(_FILL, 0)
    redis.config_set("rdb-key-save-delay", 20_000)
    redis.config_set("appendonly", "yes")

    # When it is told to stop, then it does
    server.stop()
    assert not server.running
    assert "can't exit" in (tmp_path / "redis.log").read_text()
