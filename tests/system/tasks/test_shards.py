"""Real workers over three servers of boards, one of which is killed: the others go on, and no bar is lost."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from redis import Redis

from deploy.redis_server import RedisServer
from leaderboard.boards import BOARDS
from leaderboard.shards import Shards, shard_of
from tests.support.boards import row
from tests.support.market import bar
from tests.support.oracle import expected
from tests.support.processes import Processes
from tests.support.waiting import eventually

SYMBOLS = [f"S{n}" for n in range(30)]
KILLED = 2


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[RedisServer]]:
    started = [RedisServer(tmp_path / f"boards-{n}", None, "--appendfsync", "always").start() for n in range(3)]
    yield started
    for server in started:
        server.stop()


def of_second(second: int) -> list[dict[str, Any]]:
    return [bar(each, f"09:30:{second:02}", close=10 + n % 7 + second, o=10) for n, each in enumerate(SYMBOLS)]


def test_one_of_three_servers_is_killed(
    processes: Processes, servers: list[RedisServer], client: Celery, redis: Redis
) -> None:
    # Given two workers, a clock worker and a beat over three servers
    first, *others = (server.url() for server in servers)
    environment = {"REDIS_URL": first, "BOARD_SHARDS": " ".join(others)}
    for name in ("one", "two"):
        processes.worker(name, **environment)
    processes.worker("clock", "--concurrency", "2", queues="clock,reference", **environment)
    processes.beat("beat", **environment)
    boards = Redis.from_url(first)

    def send(bars: list[dict[str, Any]]) -> None:
        for each in bars:
            client.send_task("tasks.process_agg", [each], queue="aggs")

    def shown() -> dict[str, float]:
        stored: Any = boards.get("scanners:top_volume")
        return {row["symbol"]: row["close"] for row in json.loads(stored or b"[]")}

    def closes(bars: list[dict[str, Any]]) -> dict[str, float]:
        return {each["sym"]: each["c"] for each in bars}

    send(before := of_second(1))
    eventually(lambda: shown() == closes(before), 60, "the first bars are published")

    # When one of them is killed, and bars of all symbols come
    servers[KILLED].kill()
    own = {symbol for symbol in SYMBOLS if shard_of(symbol, 3) == KILLED}
    send(during := of_second(2))

    # Then those of the others are published, beside the rows of the one that was killed as they stood
    mixed = closes(during) | {symbol: close for symbol, close in closes(before).items() if symbol in own}
    eventually(lambda: shown() == mixed, 60, "the others go on")
    send(more := of_second(3))
    mixed = closes(more) | {symbol: close for symbol, close in closes(before).items() if symbol in own}
    eventually(lambda: shown() == mixed, 60, "the others still go on")

    # And its own bars are unacknowledged
    broker = Redis(port=redis.connection_pool.connection_kwargs["port"], db=1)
    assert broker.hlen("unacked") + broker.llen("aggs") >= 2 * len(own)

    # When it is back, then the boards are those of all bars, and none waits any more
    servers[KILLED].start()
    outcome = expected(before + during + more)
    eventually(lambda: shown() == closes(more), 60, "all are published")
    for board in BOARDS:
        stored: Any = boards.get(board.scanner)
        assert json.loads(stored) == outcome.ranked(board.name)
    eventually(lambda: not any((broker.llen("aggs"), broker.hlen("unacked"))), 60, "nothing waits")


def test_a_stock_pool_goes_on_with_the_others(
    processes: Processes, servers: list[RedisServer], client: Celery, broker: Redis
) -> None:
    # Given a stock worker of one process, and bars of a server that is away before those of others
    first, *others = (server.url() for server in servers)
    servers[KILLED].kill()
    bars = sorted(
        [bar for second in range(6) for bar in of_second(second)],
        key=lambda each: shard_of(each["sym"], 3) != KILLED,
    )
    own = [each for each in bars if shard_of(each["sym"], 3) == KILLED]
    for each in bars:
        client.send_task("tasks.process_agg", [each], queue="aggs")

    # When it works, then the others' bars are applied, without a pause for each of those that wait
    processes.worker("stock", "--concurrency", "1", FAST_LANE="0", REDIS_URL=first, BOARD_SHARDS=" ".join(others))
    boards = Shards([Redis.from_url(server.url()) for server in servers])

    def are_applied(rows: Mapping[str, Any]) -> bool:
        return all(row(boards.of(symbol), symbol) == fields for symbol, fields in rows.items())

    outcome = expected(bars)
    of_others = {symbol: fields for symbol, fields in outcome.rows.items() if shard_of(symbol, 3) != KILLED}
    eventually(lambda: are_applied(of_others), len(own) / 2, "the others' bars are applied")

    # And the bars that waited too, once their server is back
    servers[KILLED].start()
    boards = Shards([Redis.from_url(server.url()) for server in servers])
    eventually(lambda: are_applied(outcome.rows), 60, "all bars are applied")
    eventually(lambda: not any((broker.llen("aggs"), broker.hlen("unacked"))), 60, "nothing waits")
