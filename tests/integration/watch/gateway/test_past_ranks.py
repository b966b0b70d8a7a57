"""The ranks of a board a minute ago."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from leaderboard import keys
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.screens.definition import BY_NAME
from leaderboard.sessions import Phase, Session
from tests.support.fake_time import Time
from tests.support.market import TODAY
from watch.gateway.past_ranks import PastRanks
from watch.gateway.supervisor import Supervisor

VOLUME = BY_NAME["volume"]
Use = Callable[[PastRanks, Time], Awaitable[None]]


def with_ranks(url: str, use: Use) -> None:
    async def run() -> None:
        redis, time = AsyncRedis.from_url(url), Time()
        await use(PastRanks(redis, Supervisor(), time.clock), time)
        await redis.aclose()

    asyncio.run(run())


def publish(redis: Redis, *symbols: str, phase: Phase = Phase.REGULAR) -> None:
    """Publish a board of these symbols in a session."""
    rows: Any = [{"rank": rank, "symbol": symbol, "close": 1.5} for rank, symbol in enumerate(symbols, 1)]
    redis.set(VOLUME.scanner, json.dumps(rows))
    redis.set(keys.SESSION, Session(TODAY, phase).number)
    redis.hset(keys.SNAPSHOT, "published_at", len(symbols))


async def symbols(ranks: PastRanks) -> str:
    return "".join((await ranks.a_minute_ago(VOLUME)).symbols)


def test_ranks_are_those_of_a_minute_ago_as_soon_as_they_are_known(redis: Redis, redis_url: str) -> None:
    async def ask(ranks: PastRanks, time: Time) -> None:
        # Given a board that is asked for the first time: it is compared with itself
        publish(redis, "A", "B")
        assert await symbols(ranks) == "AB"

        # When it changes, then it is compared with the oldest that is known, up to a minute ago
        for order in ("BA", "BAC", "CAB"):
            time.sleep(30)
            publish(redis, *order)
            await ranks.update()
        assert (await ranks.a_minute_ago(VOLUME)).published_at == 2
        assert await symbols(ranks) == "BA"

    with_ranks(redis_url, ask)


def test_ranks_of_another_session_are_not_compared(redis: Redis, redis_url: str) -> None:
    async def ask(ranks: PastRanks, time: Time) -> None:
        publish(redis, "A", "B", phase=Phase.PRE)
        await symbols(ranks)
        time.sleep(5)
        publish(redis, "C")
        await ranks.update()
        assert await symbols(ranks) == "C"

    with_ranks(redis_url, ask)


def test_boards_are_read_only_while_somebody_asks(redis: Redis, redis_url: str) -> None:
    async def ask(ranks: PastRanks, time: Time) -> None:
        publish(redis, "A", "B")
        await symbols(ranks)
        time.sleep(3_600)
        await ranks.update()
        publish(redis, "B", "A")
        assert await symbols(ranks) == "BA"

    with_ranks(redis_url, ask)


def test_what_is_no_board_is_named_and_then_forgotten(redis: Redis, redis_url: str) -> None:
    async def ask(ranks: PastRanks, time: Time) -> None:
        publish(redis, "A")
        await symbols(ranks)
        redis.set(VOLUME.scanner, '{"a":1}')
        await ranks.update()
        with pytest.raises(InvalidValueError, match=VOLUME.scanner):
            await symbols(ranks)
        publish(redis, "B", "A")
        assert await symbols(ranks) == "BA"

    with_ranks(redis_url, ask)
