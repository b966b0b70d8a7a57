"""Asks for boards, pages and candles of a recorded day, in a process that has not asked before, and times it."""

import os
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import msgspec

from bench.child import await_go, ready, receive, report
from history.queries.boards_at import board_at
from history.queries.candles import Interval
from history.queries.day_candles import day_candles
from history.queries.market_at import Wanted, market_at
from leaderboard.boards import BOARDS

#: Rows of a board that a page asks for.
ROWS = 100


class Order(msgspec.Struct):
    """What to ask for.

    Attributes:
        history: the folder of all days.
        day: the trading day, as ISO says.
        boards: name of a board and a time, Unix milliseconds, of each question.
        moments: a time, Unix milliseconds, of each question about a page: :data:`ROWS` of each board, and some
            quotes.
        quotes: the symbols of these.
        candles: the symbol of each question.
        evict: whether the day's files are to be read from the disk again.
    """

    history: str
    day: str
    boards: list[tuple[str, int]] = []
    moments: list[int] = []
    quotes: list[str] = []
    candles: list[str] = []
    evict: bool = False


class Spent(msgspec.Struct):
    """What an answer took.

    Attributes:
        seconds: until it was there.
        cpu: seconds of CPU.
    """

    seconds: float
    cpu: float


def evict(folder: Path) -> None:
    """Evict the content of a folder's files from the system's cache."""
    for file in folder.rglob("*.parquet"):
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def main() -> None:
    order = receive(Order)
    history, day = Path(order.history), date.fromisoformat(order.day)
    if order.evict:
        evict(history / order.day)
    ready()
    await_go()
    boards = [_spent(partial(board_at, history, name, at)) for name, at in order.boards]
    wanted = Wanted([board.name for board in BOARDS], order.quotes, ROWS)
    moments = [_spent(partial(market_at, history, at, wanted)) for at in order.moments]
    candles = [_spent(partial(day_candles, history, each, day, Interval.ONE_MINUTE)) for each in order.candles]
    report(boards + moments + candles)


def _spent(ask: Callable[[], object]) -> Spent:
    began, before = time.perf_counter(), time.process_time()
    ask()
    return Spent(time.perf_counter() - began, time.process_time() - before)


if __name__ == "__main__":
    main()
