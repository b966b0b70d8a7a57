"""The live candles of a symbol end as those of all its bars, whichever were stored and whichever came."""

import asyncio

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from history.queries.candles import BAR, Bars, Interval, resample
from tests.support.market import at
from tests.support.watch.candle_reader import Reader, candles_of
from watch.gateway.counters import Counters
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.send_queue import SendQueue
from watch.gateway.history.candle_feed import CandleFeed

START = at("09:30:00")

#: Starts of bars within a quarter of an hour, in seconds, mostly rising.
_STEPS = some.lists(
    some.tuples(some.sampled_from(["store", "come", "update"]), some.integers(0, 900)), min_size=1, max_size=40
)


def bars_at(*seconds: int) -> Bars:
    """Bars that start at these seconds; each has a price of its own."""
    bars = np.zeros(len(seconds), BAR)
    for bar, second in zip(bars, seconds, strict=True):
        bar["start_timestamp"], bar["end_timestamp"] = START + second * 1_000, START + second * 1_000 + 1_000
        bar["volume"] = 100
        for name in ("open", "high", "low", "close"):
            bar[name] = 10 + second / 8
    return bars


def load(feed: CandleFeed, stored: Bars) -> None:
    """Give the feed the stored bars that it needs, as the archive finds them."""
    while feed.needs_stored:
        since = feed.needs_since
        if since is None:
            minutes = stored["start_timestamp"] // 60_000
            feed.add_stored(stored[minutes == minutes.max(initial=0)], None)
        else:
            feed.add_stored(stored[stored["start_timestamp"] >= since], since)


@given(_STEPS)
def test_a_client_ends_with_the_candles_of_all_bars(steps: list[tuple[str, int]]) -> None:
    async def follow() -> None:
        # Given some stored bars, a feed, and a client that joins it
        stored = bars_at(*(second for kind, second in steps if kind == "store"))
        feed, reader = CandleFeed("A"), Reader()
        feed.join(Client(reader, Counters(), SendQueue()))
        came: list[Bars] = [stored]
        for kind, second in [*steps, ("update", 0)]:
            if kind == "come":
                came.append(bars_at(second))
                feed.add(came[-1])
            elif kind == "update":
                load(feed, np.concatenate(came))
                for each in feed.update():
                    each.forward(feed.channel, feed)
        await asyncio.sleep(0)

        # Then what it was sent are candles of all bars, the newest and those that have changed among them
        expected = {candle.time: candle for candle in resample(np.concatenate(came), Interval.ONE_MINUTE)}
        known = candles_of(reader.frames)
        assert known.items() <= expected.items()
        touched = {int(bar["start_timestamp"][0]) // 60_000 * 60_000 for bar in came[1:]}
        assert known.keys() >= {max(expected), *touched} if expected else not known

    asyncio.run(follow())


def test_a_slow_client_misses_no_candle() -> None:
    async def follow() -> None:
        # Given a client that has stopped reading
        feed, reader = CandleFeed("A"), Reader()
        feed.join(Client(reader, Counters(), SendQueue()))
        reader.paused = True
        # When candles change for ten minutes
        everything = bars_at(*range(0, 600, 20))
        for bar in everything:
            feed.add(np.array([bar], BAR))
            load(feed, everything[:0])
            for each in feed.update():
                each.forward(feed.channel, feed)
        assert not reader.frames
        # Then it is sent, once it reads again, the newest state of each of them in one message
        reader.paused = False
        assert reader.on_resume
        reader.on_resume()
        assert len(reader.frames) == 1
        expected = {candle.time: candle for candle in resample(everything, Interval.ONE_MINUTE)}
        assert candles_of(reader.frames) == expected

    asyncio.run(follow())


def test_bars_that_were_not_added_are_read() -> None:
    async def follow() -> None:
        # Given a client that knows a candle
        feed, reader = CandleFeed("A"), Reader()
        feed.join(Client(reader, Counters(), SendQueue()))
        load(feed, bars_at(0))
        for each in feed.update():
            each.forward(feed.channel, feed)

        # When the feed gets only the last one of the bars that come, and stored bars are read again
        everything = bars_at(0, 30, 60, 130)
        feed.read_again()
        feed.add(everything[-1:])
        load(feed, everything)
        for each in feed.update():
            each.forward(feed.channel, feed)
        await asyncio.sleep(0)

        # Then the client has the candles of all
        expected = {candle.time: candle for candle in resample(everything, Interval.ONE_MINUTE)}
        assert candles_of(reader.frames) == expected

    asyncio.run(follow())
