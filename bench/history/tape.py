"""What the tape costs: Redis's and the worker's time per bar, with a recorder and without, and its bytes."""

import time
from collections.abc import Sequence
from itertools import chain
from typing import Any, cast

from redis import Redis

from bench import machine
from bench.bars import DAY
from bench.history.market import market, seconds
from bench.report import Figures
from config.settings import Settings
from leaderboard import keys
from leaderboard.system import System
from leaderboard.tape import recording

#: Bars of a batch: that of a backlog, and that of a steady market.
BATCHES = (500, 50)
OFF, ON = "nobody records", "somebody records"


def measure(url: str, *, symbols: int, rate: float, rounds: int) -> list[Figures]:
    """Apply new bars with the tape and without it by turns, a second of the market each.

    Args:
        url: of an empty Redis.
        symbols, rate: of the market.
        rounds: of each.
    """
    redis, made = Redis.from_url(url), market(symbols, rate)
    system = System.from_settings(Settings(redis_url=url, market_clock="events"))
    system.reference.learn(DAY, made.reference())
    turns = [(batch, state) for batch in BATCHES for state in (OFF, ON)]
    # The first seconds bring most symbols, which cost more than once.
    by_second = seconds(made, 20 + rounds * len(turns))
    system.process(list(chain.from_iterable(next(by_second) for _ in range(20))))
    server = Figures("The tape: CPU of Redis per bar", "us")
    worker = Figures("The tape: CPU of the worker per bar", "us")
    size = Figures("The tape: size per bar", "bytes")
    for _ in range(rounds):
        for batch, state in turns:
            name = f"batches of {batch}, {state}"
            _set_recording(redis, state)
            bars = next(by_second)
            # The first batch after a recorder has started is sent twice.
            _process(system, bars[:batch], batch)
            before, measured = _Spent(redis), len(bars) - batch
            _process(system, bars[batch:], batch)
            spent = _Spent(redis)
            server.add(name, (spent.server - before.server) * 1e6 / measured)
            worker.add(name, (spent.worker - before.worker) * 1e6 / measured)
            if state == ON:
                size.add(f"batches of {batch}, written", _written(redis) / len(bars))
                memory = redis.memory_usage(keys.TAPE, samples=0) or 0
                size.add(f"batches of {batch}, memory of Redis", memory / len(bars))
    redis.flushall()
    return [server, worker, size]


def _set_recording(redis: Redis, state: str) -> None:
    redis.delete(keys.TAPE, keys.RECORDING)
    if state == ON:
        recording.renew(redis)


def _process(system: System, bars: Sequence[dict[str, Any]], batch: int) -> None:
    for start in range(0, len(bars), batch):
        system.process(bars[start : start + batch])


def _written(redis: Redis) -> int:
    """Bytes of all values on the tape."""
    entries = cast(list[tuple[bytes, dict[bytes, bytes]]], redis.xrange(keys.TAPE))
    return sum(len(value) for _, fields in entries for value in fields.values())


class _Spent:
    """Seconds of CPU until now, of Redis and of this process, which is the worker."""

    def __init__(self, redis: Redis) -> None:
        self.server = machine.cpu(redis)
        self.worker = time.process_time()
