"""Live candles are those of all bars, also where the recorder was far behind."""

import asyncio
from pathlib import Path

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from leaderboard import keys
from leaderboard.shards import Shards
from tests.support.history.days import recorded
from tests.support.history.entries import batch, events
from tests.support.history.tape import append
from tests.support.market import at
from tests.support.watch.candle_reader import Reader, candles_of
from watch.gateway.counters import Counters
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.send_queue import SendQueue
from watch.gateway.history import tape_tail
from watch.gateway.history.live_candles import LiveCandles
from watch.gateway.history.query_pool import QueryPool
from watch.gateway.history.tape_tails import TapeTails
from watch.gateway.supervisor import Supervisor

#: Seconds: longer than a process for queries takes to start.
SOON = 20.0
LATER = ("A", "09:32:00"), ("A", "09:32:01"), ("A", "09:32:02")


async def until_it_has(reader: Reader, volumes: dict[int, float]) -> None:
    async with asyncio.timeout(SOON):
        while {time: candle.volume for time, candle in candles_of(reader.frames).items()} != volumes:
            await asyncio.sleep(0.02)


@pytest.mark.slow
def test_bars_that_the_tail_could_not_keep_are_read_once_stored(
    tmp_path: Path, redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def follow() -> None:
        # Given a recorded bar, and a client that is sent its candle
        recorded(tmp_path, batch(2, ("A", "09:31:00")))
        append(redis, 2, events(("A", "09:31:00")))
        boards = AsyncRedis.from_url(redis_url)
        supervisor, pool, reader = Supervisor(), QueryPool(tmp_path), Reader()
        tail = TapeTails(Shards([boards]), supervisor)
        live = LiveCandles(tail, pool, supervisor)
        live.join(Client(reader, Counters(), SendQueue()), "A")
        running = asyncio.create_task(live.run())
        await until_it_has(reader, {at("09:31:00"): 100.0})

        # When more bars come than the tail keeps, and are stored later
        monkeypatch.setattr(tape_tail, "TAIL_BARS", 1)
        for position, later in enumerate(LATER, 3):
            append(redis, position, events(later))
        async with asyncio.timeout(SOON):
            while tail.number < 1 + len(LATER):
                await asyncio.sleep(0.02)
        recorded(tmp_path, *(batch(position, later) for position, later in enumerate(LATER, 3)))
        redis.xtrim(keys.TAPE, minid="5-0", approximate=False)

        # Then the candle has them all
        await until_it_has(reader, {at("09:31:00"): 100.0, at("09:32:00"): 300.0})
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await pool.close()
        await boards.aclose()

    asyncio.run(follow())
