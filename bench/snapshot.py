"""Measures a snapshot of all boards, and the same made by decoding and encoding each row."""

import time
from itertools import islice
from typing import cast

import msgspec
from redis import Redis

from bench import machine
from bench.bars import DAY, bars, reference
from bench.report import Figures
from config.settings import Settings
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.shards import Shards
from leaderboard.store.snapshots import Snapshots
from leaderboard.system import System

SNAPSHOTS = 20


def measure(url: str, rounds: int) -> list[Figures]:
    redis = Redis.from_url(url)
    redis.flushall()
    system = System.from_settings(Settings(redis_url=url, market_clock="events"))
    system.reference.learn(DAY, reference())
    system.process(list(islice(bars(), 40_000)))
    publisher = Snapshots(Shards([redis]), interval=0.001, size=500)
    figures = Figures("One snapshot of 3 x 500 rows", "ms")
    for _ in range(rounds):
        for _ in range(SNAPSHOTS):
            elapsed, busy = _published(redis, publisher)
            figures.add("published", elapsed)
            figures.add("of which Redis is busy", busy)
            figures.add("decoded and encoded by the caller", _decoded(redis))
    return [figures]


def _published(redis: Redis, publisher: Snapshots) -> tuple[float, float]:
    """How long it takes, and the CPU time of Redis in it, in milliseconds."""
    redis.incr(keys.REVISION)
    time.sleep(0.02)  # the next slot
    busy, began = machine.cpu(redis), time.perf_counter()
    snapshot = publisher.publish()
    elapsed = time.perf_counter() - began
    assert (snapshot.result, snapshot.rows) == ("published", 1500), snapshot
    return elapsed * 1e3, (machine.cpu(redis) - busy) * 1e3


def _decoded(redis: Redis) -> float:
    """The obvious way. It is not even a consistent read."""
    began = time.perf_counter()
    for board in BOARDS:
        symbols = cast(list[bytes], redis.zrevrange(board.key, 0, 499))
        quotes = redis.mget([keys.quote(symbol.decode()) for symbol in symbols])
        rows = [{"rank": n} | msgspec.json.decode(quote) for n, quote in enumerate(quotes, 1) if quote]
        snapshot = msgspec.json.encode(rows)
        redis.set(board.scanner, snapshot)
        redis.publish(board.scanner, snapshot)
    return (time.perf_counter() - began) * 1e3
