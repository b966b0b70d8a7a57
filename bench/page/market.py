"""A process that plays a made-up market in real time until it is killed: bars, boards, screens and alerts."""

import time
from datetime import date
from datetime import time as time_of_day
from itertools import count

import msgspec
from redis import Redis

from bench.child import await_go, ready, receive
from config.settings import SHIPPED_SCREENS, Settings
from feeds.synthetic.market import Market
from feeds.synthetic.seconds import simulated
from leaderboard import keys
from leaderboard.alerts.alert import FIELD, Alert
from leaderboard.alerts.publisher import MOST_KEPT
from leaderboard.connections.connection import connect
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.screens.publisher import ScreenPublisher
from leaderboard.screens.screens_file import load
from leaderboard.system import System

_DAY = date(2026, 11, 20)
_START = time_of_day(10, 0)
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
        alerts: that fire each second.
    """

    url: str
    symbols: int
    rate: float
    alerts: int


class LiveMarket:
    """A market whose seconds take a second.

    Args:
        order: what to play.
    """

    def __init__(self, order: Order) -> None:
        settings = Settings(redis_url=order.url, market_clock="events")
        self._alerts = order.alerts
        self._redis = Redis.from_url(order.url)
        self._market = Market(order.symbols, order.rate, seed=1, day=_DAY)
        self._system = System.from_settings(settings)
        self._system.reference.learn(_DAY, self._market.reference())
        screens = WatchedFile(SHIPPED_SCREENS, load, "screens")
        self._screens = ScreenPublisher(connect(order.url), screens, interval=settings.publish_interval)
        self._seconds = simulated(_DAY, _START)

    def second(self) -> None:
        """Apply the bars of one more second, and let alerts fire."""
        second = next(self._seconds)
        bars = self._market.bars(second)
        self._system.process(bars)
        for bar in bars[: self._alerts]:
            symbol, at = bar["sym"], second + 1000
            id, text = f"bench:{symbol}:{at // 1000}", f"{symbol} trades at {bar['c']}"
            row = self._redis.get(keys.quote(symbol))
            assert isinstance(row, bytes)
            alert = Alert(id, "bench", symbol, at, text, msgspec.Raw(row)).json()
            # Gateways read the stream; the channel says that there is more.
            self._redis.xadd(keys.ALERTS, {FIELD: alert}, maxlen=MOST_KEPT)
            self._redis.publish(keys.ALERTS_CHANNEL, alert)

    def publish(self) -> None:
        """Publish boards and screens."""
        published = self._system.publish().result == "published"
        self._screens.publish()
        self._redis.incrby(TICKS, int(published))


def main() -> None:
    order = receive(Order)
    market = LiveMarket(order)
    for _ in range(_BEFORE):
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
