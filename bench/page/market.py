"""A process that plays a made-up market in real time until it is killed: bars, boards, screens and alerts."""

import time
from collections.abc import Iterator
from datetime import date
from datetime import time as time_of_day
from itertools import count, islice

import msgspec
from redis import Redis

from bench.child import await_go, ready, receive
from config.settings import SHIPPED_ALERTS, SHIPPED_SCREENS, Settings
from feeds.event_dict import EventDict
from feeds.synthetic.market import Market
from feeds.synthetic.seconds import simulated
from leaderboard.alerts import alerts_file
from leaderboard.alerts.publisher import AlertPublisher
from leaderboard.connections.connection import connect
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.screens import screens_file
from leaderboard.screens.publisher import ScreenPublisher
from leaderboard.shards import Shards
from leaderboard.system import System

_DAY = date(2026, 11, 20)
_FIRST = time_of_day(4, 0)
_START = time_of_day(10, 0)
_MINUTE = 60
# Minutes of the day before that. One second of each is played: charts have their candles, and lines of the session
# their prices.
_MINUTES_BEFORE = (_START.hour - _FIRST.hour) * 60
# Seconds of the market that have passed when somebody begins to look.
_BEFORE = 60

#: Redis key: ticks that were published.
TICKS = "bench:ticks"


class Order(msgspec.Struct):
    """What to play.

    Attributes:
        url: of the boards' Redis.
        symbols: that are listed.
        rate: bars a second, in the mean of the regular hours.
    """

    url: str
    symbols: int
    rate: float


class LiveMarket:
    """A market whose seconds take a second.

    Args:
        order: what to play.
    """

    def __init__(self, order: Order) -> None:
        settings = Settings(redis_url=order.url, market_clock="events")
        self._order = order
        self._redis = Redis.from_url(order.url)
        self._system = System.from_settings(settings)
        self._system.reference.learn(_DAY, self._market().reference())
        interval = settings.publish_interval
        rules = WatchedFile(SHIPPED_ALERTS, alerts_file.load, "alerts")
        screens = WatchedFile(SHIPPED_SCREENS, screens_file.load, "screens")
        alerts = AlertPublisher(connect(order.url), rules, interval=interval)
        self._screens = ScreenPublisher(Shards([connect(order.url)]), screens, interval=interval, alerts=alerts)
        self._seconds = self._all_seconds()

    def _market(self) -> Market:
        return Market(self._order.symbols, self._order.rate, seed=1, day=_DAY)

    def _all_seconds(self) -> Iterator[list[EventDict]]:
        """The bars of each second: one of each minute until the start, then all."""
        earlier, now = self._market(), self._market()
        for second in islice(simulated(_DAY, _FIRST), 0, _MINUTES_BEFORE * _MINUTE, _MINUTE):
            yield earlier.bars(second)
        for second in simulated(_DAY, _START):
            yield now.bars(second)

    def second(self) -> None:
        """Apply the bars of one more second."""
        self._system.process(next(self._seconds))

    def publish(self) -> None:
        """Publish boards, screens and the alerts that fire."""
        published = self._system.publish().result == "published"
        self._screens.publish()
        self._redis.incrby(TICKS, int(published))


def main() -> None:
    order = receive(Order)
    market = LiveMarket(order)
    for _ in range(_MINUTES_BEFORE + _BEFORE):
        market.second()
    market.publish()
    ready()
    await_go()
    # Boards are published in slots that begin with the second.
    for second in count(int(time.time()) + 1):
        time.sleep(max(0.0, second + 0.05 - time.time()))
        market.second()
        market.publish()


if __name__ == "__main__":
    main()
