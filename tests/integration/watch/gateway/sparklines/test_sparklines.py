"""The sparklines of the present session."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis as AsyncRedis

from leaderboard.sessions import Phase, Session
from leaderboard.shards import Shards
from leaderboard.system import System
from tests.support.fake_time import Time
from tests.support.history.days import recorded
from tests.support.history.entries import batch
from tests.support.market import TODAY, at, bar
from tests.support.watch.gateways import SOON
from watch.gateway.history.query_pool import QueryPool
from watch.gateway.market import Market
from watch.gateway.sparklines.close_grid import FIRST_STEP
from watch.gateway.sparklines.sparklines import Lines, Sparklines
from watch.gateway.supervisor import Supervisor

Use = Callable[[Sparklines, Time], Awaitable[None]]


def with_sparklines(url: str, use: Use, history: Path | None = None) -> None:
    async def run() -> None:
        redis, time = AsyncRedis.from_url(url), Time()
        pool = QueryPool(history) if history else None
        await use(Sparklines(Market(Shards([redis]), Supervisor(), 1.0), pool, Supervisor(), time.clock), time)
        if pool:
            await pool.close()
        await redis.aclose()

    asyncio.run(run())


def known(lines: Lines) -> dict[str, list[float | None]]:
    return {
        symbol: [None if math.isnan(close) else close for close in closes]
        for symbol, closes in lines.closes.items()
    }


def test_lines_grow_while_somebody_asks(redis_url: str, system: System) -> None:
    async def ask(sparklines: Sparklines, time: Time) -> None:
        # Given a market that nobody has asked about before the third minute
        lines = await sparklines.lines(["A", "B", "NONE"])
        assert (lines.session, lines.step) == (Session(TODAY, Phase.REGULAR), FIRST_STEP)
        assert lines.start == at("09:30:00")
        assert known(lines) == {"A": [None, None, 10], "B": [None, None, None]}

        # When it goes on without a request, then the next one has what happened meanwhile
        for clock, close in (("09:33:10", 11.0), ("09:34:10", 12.0)):
            system.process([bar("A", clock, close=close)])
            await sparklines.keep_up()
        assert known(await sparklines.lines(["A"])) == {"A": [None, None, 10, 11, 12]}

        # And after some minutes without requests, it begins anew
        time.sleep(3_600)
        await sparklines.keep_up()
        assert known(await sparklines.lines(["A"])) == {"A": [None, None, None, None, 12]}

    system.process([bar("B", "09:29:00"), bar("A", "09:32:10")])
    with_sparklines(redis_url, ask)


def test_a_new_session_begins_new_lines(redis_url: str, system: System) -> None:
    async def ask(sparklines: Sparklines, time: Time) -> None:
        assert (await sparklines.lines(["A"])).start == at("04:00:00")
        system.process([bar("A", "09:30:10", close=11.0)])
        assert known(await sparklines.lines(["A"])) == {"A": [11]}

    system.process([bar("A", "09:29:00")])
    with_sparklines(redis_url, ask)


def test_what_was_before_comes_from_history(redis_url: str, system: System, tmp_path: Path) -> None:
    async def ask(sparklines: Sparklines, time: Time) -> None:
        # When the first request comes late, then what is stored comes with it, or soon after
        async with asyncio.timeout(SOON):
            while known(await sparklines.lines(["A", "B"])) != {
                "A": [None, 10, 10, 12],
                "B": [None, 10, 10, 10],
            }:
                await asyncio.sleep(0.05)

    recorded(tmp_path, batch(3, ("A", "09:31:00"), ("B", "09:31:10"), ("A", "09:31:30")))
    system.process([bar("B", "09:31:10"), bar("A", "09:33:10", close=12.0)])
    with_sparklines(redis_url, ask, tmp_path)


def test_where_nothing_is_stored_lines_begin_with_the_first_request(
    redis_url: str, system: System, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def ask(sparklines: Sparklines, time: Time) -> None:
        async with asyncio.timeout(SOON):
            while "nothing is recorded of 2026-11-20" not in caplog.text:
                assert known(await sparklines.lines(["A"])) == {"A": [None, 10]}
        assert known(await sparklines.lines(["A"])) == {"A": [None, 10]}

    system.process([bar("A", "09:31:10")])
    with_sparklines(redis_url, ask, tmp_path)


def test_before_the_first_bar_there_are_none(redis_url: str, system: System) -> None:
    async def ask(sparklines: Sparklines, time: Time) -> None:
        assert (await sparklines.lines(["A"])).session is None
        system.process([bar("A", "09:30:00")])
        assert known(await sparklines.lines(["A"])) == {"A": [10]}

    with_sparklines(redis_url, ask)
