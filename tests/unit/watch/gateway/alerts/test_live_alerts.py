"""Which alerts a client is sent, whatever it does meanwhile."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence

from fakeredis import FakeAsyncRedis
from hypothesis import given, settings
from hypothesis import strategies as some

from leaderboard import keys
from leaderboard.alerts.alert import FIELD
from tests.support.alerts import alert
from tests.support.watch.pausable_connection import PausableConnection
from watch.gateway.alerts.alert_log import AlertLog
from watch.gateway.alerts.live_alerts import LiveAlerts
from watch.gateway.counters import Counters
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.send_queue import SendQueue
from watch.gateway.fanout.text_frame import TextFrame
from watch.gateway.limits import WAITING_ALERTS
from watch.gateway.supervisor import Supervisor


class Connection(PausableConnection):
    """Keeps the symbols of the alerts that are written. It is full whenever the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.symbols: list[str] = []

    def write(self, frames: Sequence[TextFrame]) -> int:
        self.symbols += [json.loads(frame.plain[frame.plain.index(b'{"') :])["symbol"] for frame in frames]
        return super().write(frames)


class Feed:
    """The feed on a stream of its own, with one client, and the alerts that the client has to be sent."""

    def __init__(self) -> None:
        self.redis = FakeAsyncRedis()
        supervisor = Supervisor()
        self.live = LiveAlerts(AlertLog(self.redis, supervisor), supervisor)
        self.connection = Connection()
        self.client = Client(self.connection, Counters(), SendQueue())
        self.is_subscribed = False
        self.fired = 0
        self.expected: list[str] = []

    async def fire(self, count: int) -> None:
        """Fire alerts, and tell the feed; or leave that to the next time, as if a publication were lost."""
        for _ in range(count):
            self.fired += 1
            symbol = f"S{self.fired}"
            await self.redis.xadd(keys.ALERTS, {FIELD: alert(symbol).json()}, id=f"{self.fired}-0")
            if self.is_subscribed:
                self.expected.append(symbol)

    async def forward(self) -> None:
        await self.live.forward_new()
        # What comes in one iteration of the event loop is sent at its end.
        await asyncio.sleep(0)

    async def subscribe(self) -> None:
        await self.live.begin()
        self.live.join(self.client)
        self.is_subscribed = True

    async def unsubscribe(self) -> None:
        await self.forward()
        self.connection.resume()
        self.live.leave(self.client)
        self.is_subscribed = False

    async def pause(self) -> None:
        self.connection.paused = True

    async def resume(self) -> None:
        self.connection.resume()


STEPS: some.SearchStrategy[Callable[[Feed], Awaitable[None]]] = some.one_of(
    some.integers(1, 20).map(lambda count: lambda feed: feed.fire(count)),
    some.sampled_from([Feed.forward, Feed.forward, Feed.subscribe, Feed.unsubscribe, Feed.pause, Feed.resume]),
)


@settings(max_examples=50)
@given(some.lists(STEPS, max_size=40))
def test_a_client_is_sent_each_alert_that_fires_while_it_is_subscribed(
    steps: list[Callable[[Feed], Awaitable[None]]],
) -> None:
    async def run() -> Feed:
        feed = Feed()
        for step in steps:
            await step(feed)
        await feed.forward()
        feed.connection.resume()
        return feed

    feed = asyncio.run(run())
    assert feed.connection.symbols == feed.expected


def test_a_client_that_is_slow_for_long_is_sent_the_newest() -> None:
    async def run() -> Feed:
        feed = Feed()
        await feed.subscribe()
        await feed.pause()
        for _ in range(3):
            await feed.fire(WAITING_ALERTS // 2)
            await feed.forward()
        await feed.resume()
        return feed

    feed = asyncio.run(run())
    assert feed.connection.symbols == feed.expected[-WAITING_ALERTS:]


def test_a_client_joins_others_without_what_they_were_sent() -> None:
    async def run() -> Connection:
        feed, second = Feed(), Connection()
        await feed.subscribe()
        await feed.fire(3)
        await feed.live.begin()
        feed.live.join(client := Client(second, Counters(), SendQueue()))
        await feed.fire(1)
        await feed.forward()
        feed.live.leave(client)
        return second

    assert asyncio.run(run()).symbols == ["S4"]
