"""The gateway's copy of the market."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from leaderboard import keys
from leaderboard.market.windows import FIELD, Tick
from leaderboard.sessions import Phase, Session
from leaderboard.shards import Shards
from leaderboard.system import System
from tests.support.market import TODAY, bar
from watch.gateway.market import Market
from watch.gateway.supervisor import Supervisor


def with_market(url: str, use: Callable[[Market], Awaitable[None]]) -> None:
    async def run() -> None:
        redis = AsyncRedis.from_url(url)
        await use(Market(Shards([redis]), Supervisor(), 1.0))
        await redis.aclose()

    asyncio.run(run())


def times_read(redis: Redis) -> int:
    """How often the change feed was read since the statistics were reset."""
    stats: Any = redis.info("commandstats")
    return int(stats.get("cmdstat_time", {}).get("calls", 0))


def test_requests_that_come_together_share_a_refresh(redis: Redis, redis_url: str, system: System) -> None:
    async def ask(market: Market) -> None:
        # Given a market that is loaded, and no change since
        await market.caught_up()
        redis.config_resetstat()
        await market.caught_up()
        once = times_read(redis)
        version = market.version

        # When a hundred requests come together, then it is read for the first and once more for all others
        redis.config_resetstat()
        tables = await asyncio.gather(*(market.caught_up() for _ in range(100)))
        assert times_read(redis) <= 2 * once
        assert {*map(id, tables)} == {id(tables[0])}
        assert market.version == version

    system.process([bar("AAPL", "09:30:00")])
    with_market(redis_url, ask)


def test_a_request_that_comes_during_a_refresh_waits_for_the_next(
    redis: Redis, redis_url: str, system: System
) -> None:
    async def ask(market: Market) -> None:
        await market.caught_up()
        for price in range(11, 31):
            # Given a refresh that has begun
            early = asyncio.create_task(market.caught_up())
            await asyncio.sleep(0)

            # When a bar is applied, then a request from then on has it
            system.process([bar("AAPL", "09:30:00", close=float(price), av=100_000 + price)])
            table = await market.caught_up()
            assert table.column("close").tolist() == [price]
            await early

    system.process([bar("AAPL", "09:30:00")])
    with_market(redis_url, ask)


def test_a_refresh_that_is_cut_short_loses_nothing(redis: Redis, redis_url: str, system: System) -> None:
    async def ask(market: Market) -> None:
        for pauses in range(12):
            # Given a request that is cancelled, at whatever moment of the load
            request = asyncio.create_task(market.caught_up())
            for _ in range(pauses):
                await asyncio.sleep(0.001)
            request.cancel()
            await asyncio.gather(request, return_exceptions=True)

            # Then the next one has the whole market
            assert len(await market.caught_up()) == 900 + pauses
            system.process([bar(f"NEW{pauses}", "09:30:00")])

    system.process([bar(f"S{n}", "09:30:00") for n in range(900)])
    with_market(redis_url, ask)


def test_a_loss_of_data_that_the_revision_hides_is_noticed(redis: Redis, redis_url: str, system: System) -> None:
    now = int(time.time())

    def publish_tick(slot: int, previous: int) -> None:
        nothing = np.empty((2, 0))
        tick = Tick(slot, previous, Session(TODAY, Phase.REGULAR).day_number, 1, [], nothing, nothing)
        redis.xadd(keys.TICKS, {FIELD: tick.pack()}, id=f"{slot}-0")

    async def ask(market: Market) -> None:
        # Given a market that is loaded, with the tick that was published last
        publish_tick(now - 9, previous=0)
        assert (await market.caught_up()).symbols == ["LOST"]

        # When the server loses all, and more is published than was lost
        redis.flushall()
        for second in range(3):
            system.process([bar("NEW", f"09:30:0{second}")])
        publish_tick(now - 8, previous=0)

        # Then what was lost is forgotten once that tick was read
        await market.caught_up()
        assert (await market.caught_up()).symbols == ["NEW"]

    system.process([bar("LOST", "09:30:00")])
    with_market(redis_url, ask)


def test_the_version_differs_with_the_session(redis: Redis, redis_url: str, system: System) -> None:
    async def ask(market: Market) -> None:
        versions = [(await market.caught_up(), market.version)[1]]

        # When the session rolls without a bar, then what was answered before is out of date
        redis.set(keys.SESSION, Session(TODAY, Phase.REGULAR).number)
        versions.append((await market.caught_up(), market.version)[1])
        assert versions[0] != versions[1]

    system.process([bar("AAPL", "09:29:00")])
    with_market(redis_url, ask)
