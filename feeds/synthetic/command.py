"""``python -m feeds synthetic``: runs a made-up market."""

import time
from collections.abc import Iterator
from datetime import date
from datetime import time as time_of_day
from itertools import islice
from typing import Annotated

import typer

from config.settings import settings
from feeds import options
from feeds.feed import Feed
from feeds.feed_run import run_feed
from feeds.pace import MarketPace, Pace, WallPace
from feeds.reference_refresh import ReferenceRefresh
from feeds.servers import Boards
from feeds.synthetic.market import Market
from feeds.synthetic.seconds import of_the_clock, simulated
from leaderboard.sessions import Session, next_trading_day, session_of

DEFAULT_START = time_of_day(9, 28)


def synthetic(
    symbols: Annotated[int, typer.Option(min=1, max=100_000, help="Listed symbols.")],
    rate: Annotated[float, typer.Option(min=0.01, help="Bars per second in the mean of the regular session.")],
    start: Annotated[
        time_of_day | None,
        typer.Option(
            parser=options.time_of_day, metavar="HH:MM", help="Time in New York at which each day begins; 09:28."
        ),
    ] = None,
    speed: Annotated[
        float | None, typer.Option(parser=options.speed, metavar="N|max", help="How many times real time; 1.")
    ] = None,
    seconds: Annotated[
        int | None, typer.Option(min=1, help="Seconds of market time to run; else until stopped.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same market.")] = 1,
) -> None:
    """Send the bars of a made-up market.

    With MARKET_CLOCK=events it begins at --start on a day after the boards' day, and continues with the next
    trading days. With MARKET_CLOCK=wall its bars carry the real time.
    """
    live = settings().market_clock == "wall"
    for option, given in (("--start", start), ("--speed", speed)):
        if live and given is not None:
            raise typer.BadParameter("with MARKET_CLOCK=wall the bars carry the real time", param_hint=option)
    if rate > symbols:
        print(f"A symbol has one bar a second at most: {symbols:,} symbols bound the rate of {rate:,g} bars/s.")
    boards = Boards()
    now = int(time.time() * 1000)
    pace: Pace = WallPace() if live else MarketPace(speed or 1.0)
    through = of_the_clock() if live else simulated(first_day(now, boards.session()), start or DEFAULT_START)
    with run_feed(pace) as feed:
        play(islice(through, seconds), symbols, rate, seed, feed, ReferenceRefresh(boards.learn))


def first_day(now: int, shown: Session | None) -> date:
    """The first trading day, from today's on, that is later than the one the boards show.

    Args:
        now: Unix milliseconds.
        shown: the boards' session.
    """
    today = session_of(now).day
    return next_trading_day(shown.day) if shown and shown.day >= today else today


def play(
    through: Iterator[int], symbols: int, rate: float, seed: int, feed: Feed, reference: ReferenceRefresh
) -> None:
    """Send a market's bars, and each day its reference data.

    Args:
        through: Unix milliseconds at which each second starts.
        symbols, rate: see :class:`feeds.synthetic.market.Market`.
        seed: that of the first day's market; each later day's is one more.
        feed: takes the bars.
        reference: takes a day's reference data, once the workers are done with the day before.
    """
    market: Market | None = None
    for second in through:
        day = session_of(second).day
        if market is None or market.day != day:
            seed += market is not None
            market = Market(symbols, rate, seed, day)
            feed.drain()
            reference.put(day, market.reference())
        feed.wait_until(second + 1000)
        for event in market.bars(second):
            feed.send(event)
        reference.refresh()
    feed.drain()
