"""Queries run in processes of their own, which may hang or die."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import msgspec
import psutil
import pytest
from starlette.exceptions import HTTPException

from history.queries.candles import Interval
from tests.support.history.days import hang, recorded
from tests.support.history.entries import batch
from tests.support.market import TODAY
from watch.gateway.connections.addresses import ClientAddress
from watch.gateway.history.queries import FindCandles
from watch.gateway.history.query_pool import QueryPool
from watch.gateway.limits import QUERIES_PER_ADDRESS

#: A day that hangs, and one of which nothing is recorded.
HANGING, MISSING = date(2026, 11, 19), date(2026, 11, 18)
#: Seconds: longer than a busy machine takes for a query.
DEADLINE = 8.0


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Two recorded days, one of which cannot be read."""
    recorded(tmp_path, batch(1, ("A", "09:31:00"), ("B", "09:31:00")))
    recorded(tmp_path, batch(1, ("A", "09:31:00")), day=HANGING)
    hang(tmp_path, HANGING)
    return tmp_path


def candles(symbol: str = "A", day: date = TODAY, interval: Interval = Interval.ONE_MINUTE) -> FindCandles:
    return FindCandles(symbol, day, interval)


def run(history: Path, test: Callable[[QueryPool], Awaitable[None]]) -> None:
    """Run a test with a pool, and stop the pool."""

    async def go() -> None:
        pool = QueryPool(history, DEADLINE)
        try:
            await test(pool)
        finally:
            await pool.close()

    asyncio.run(go())


def running() -> list[psutil.Process]:
    """The processes of the pool."""
    return [each for each in psutil.Process().children() if any("query_worker" in word for word in each.cmdline())]


async def status_of(answer: Awaitable[bytes]) -> int:
    try:
        await answer
    except HTTPException as error:
        return error.status_code
    return 200


@pytest.mark.slow
def test_a_query_that_hangs_is_stopped_and_delays_nobody(history: Path) -> None:
    async def test(pool: QueryPool) -> None:
        # Given a query that hangs
        hanging = asyncio.create_task(status_of(pool.answer(candles(day=HANGING))))
        await asyncio.sleep(0)

        # Then others are answered by the other process meanwhile
        for symbol in ("A", "B"):
            answer = msgspec.json.decode(await pool.answer(candles(symbol)))
            assert (answer["symbol"], len(answer["candles"])) == (symbol, 1)
        assert await status_of(pool.answer(candles(day=MISSING))) == 404
        assert not hanging.done()

        # And the process that hangs is killed at the deadline
        assert await hanging == 503
        assert (pool.answered, pool.killed, pool.died) == (2, 1, 0)

    run(history, test)


@pytest.mark.slow
def test_the_start_of_a_process_is_no_part_of_the_query(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a busy machine, on which a process takes longer to start than a query may take
    program = tmp_path / "slow-python"
    program.write_text(f'#!/bin/sh\nsleep {DEADLINE + 0.5}\nexec "{sys.executable}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))

    async def test(pool: QueryPool) -> None:
        # Then the first query is answered
        assert await status_of(pool.answer(candles())) == 200
        assert (pool.answered, pool.killed) == (1, 0)

    run(history, test)


@pytest.mark.slow
def test_a_process_that_dies_is_replaced(history: Path) -> None:
    async def test(pool: QueryPool) -> None:
        # Given a process that has answered, and is killed
        await pool.answer(candles())
        [process] = running()
        process.kill()
        process.wait()

        # Then the next query fails at worst, and the one after it is answered
        assert await status_of(pool.answer(candles("B"))) in (200, 503)
        assert await status_of(pool.answer(candles("B"))) == 200
        assert process not in running()

    run(history, test)


def test_one_address_cannot_fill_the_queue(history: Path) -> None:
    async def test(pool: QueryPool) -> None:
        # Given an address that has as many queries under way as it may have, and asks one of them again
        greedy, other = ClientAddress("192.0.2.1"), ClientAddress("192.0.2.2")
        queries = [candles(f"A{n}", HANGING) for n in range(QUERIES_PER_ADDRESS)]
        waiting = [asyncio.create_task(status_of(pool.answer(query, greedy))) for query in queries]
        await asyncio.sleep(0)

        # Then it is refused, and told when to ask again
        with pytest.raises(HTTPException) as refused:
            await pool.answer(candles(), greedy)
        assert refused.value.status_code == 503
        assert refused.value.headers == {"Retry-After": "2"}
        assert pool.refused == 1

        # And somebody else waits in the queue
        elsewhere = asyncio.create_task(status_of(pool.answer(candles(), other)))
        await asyncio.sleep(0)
        assert not elsewhere.done()
        for task in (*waiting, elsewhere):
            task.cancel()

    run(history, test)
