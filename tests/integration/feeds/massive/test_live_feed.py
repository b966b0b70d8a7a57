"""A live feed as a whole: what it says of its lag, and that each bar that came is sent, or said to be not sent."""

import asyncio
import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import SecretStr
from redis import Redis

from config.celery import AGGS
from feeds.display import ProgressLines
from feeds.errors import FeedError, Stopped
from feeds.event_dict import EventDict
from feeds.feed import Queue
from feeds.massive.buffer import FrameBuffer
from feeds.massive.frames import FrameReader
from feeds.massive.live_feed import LiveFeed
from feeds.massive.publisher import Publisher
from feeds.massive.silence_detector import SilenceDetector
from feeds.massive.subscriber import Subscriber
from feeds.servers import Broker
from tests.support.market import at
from tests.support.massive.stream import KEY, MassiveServer
from tests.support.waiting import eventually

#: Buffered bars above which the socket is not read.
BOUND = 10
#: Bars that fill it, though the broker takes some.
FIRST = 20
#: Of the whole market, of one second.
MARKET = [{"ev": "A", "sym": f"S{n}", "c": 1.5, "s": 1000, "e": 2000} for n in range(11_000)]


class Away:
    """A broker that takes some bars and then no more."""

    def __init__(self, takes: int) -> None:
        self._takes = takes

    def send(self, events: Sequence[EventDict]) -> None:
        sent = min(self._takes, len(events))
        self._takes -= sent
        raise FeedError("The broker failed.", sent)

    def depth(self) -> int:
        return 0

    def drained(self) -> bool:
        return False


class Run:
    """A live feed with a small buffer, that reads from a server."""

    def __init__(
        self,
        server: MassiveServer,
        queue: Queue,
        queue_bound: int = 100_000,
        silence: SilenceDetector | None = None,
        write: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.frames, self.buffer = FrameReader({"A"}), FrameBuffer(BOUND)
        self.publisher = Publisher(self.buffer, self.frames, queue, queue_bound)
        subscriber = Subscriber(server.url, SecretStr(KEY), ["A.*"], self.frames, silence=silence)
        self.live = LiveFeed(
            subscriber, self.frames, self.buffer, self.publisher, ProgressLines(None, write=write)
        )

    def until_stopped(self) -> BaseException:
        try:
            asyncio.run(self.live.run())
        except (FeedError, Stopped) as ended:
            return ended
        raise AssertionError("it ended by itself")


@contextmanager
def meanwhile(action: Callable[[], Any]) -> Iterator[None]:
    """Do something in another thread while the feed runs in this one, which alone gets signals."""

    def act() -> None:
        try:
            action()
        except BaseException:
            stop()
            raise

    with ThreadPoolExecutor(1) as other:
        acting = other.submit(act)
        yield
        acting.result(60)


def fill(server: MassiveServer, run: Run) -> None:
    """Have the service send until the buffer is full, and more frames have been read."""
    server.await_subscribers()
    server.publish(*MARKET[:FIRST])
    eventually(lambda: run.buffer.bars >= BOUND)
    # The frame that waits for room, and those that wait behind it.
    server.publish(*MARKET)
    eventually(lambda: run.frames.types["A"] == FIRST + len(MARKET))
    for symbol in MARKET[:50]:
        server.publish(symbol)


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_what_came_while_the_buffer_was_full_is_sent(server: MassiveServer, broker: Redis) -> None:
    # Given a feed whose queue is too deep, a full buffer, and frames of the whole market that wait before it
    run = Run(server, Broker(), queue_bound=1)
    broker.rpush(AGGS, "a bar", "another")

    def act() -> None:
        fill(server, run)
        stop()

    # When it is stopped
    with meanwhile(act):
        ended = run.until_stopped()
    # Then every bar is in the queue
    assert isinstance(ended, Stopped)
    assert broker.llen(AGGS) - 2 == run.live.sent == FIRST + len(MARKET) + 50


@pytest.mark.parametrize("takes", [0, 7])
def test_bars_that_came_are_sent_or_said_to_be_not_sent(server: MassiveServer, takes: int) -> None:
    # Given a feed whose broker fails after some bars, a full buffer, and frames that wait before it
    run = Run(server, Away(takes))

    def act() -> None:
        fill(server, run)
        stop()
        eventually(lambda: run.buffer.bars + run.live.sent == FIRST + len(MARKET) + 50)
        stop()

    # When it is stopped, and stopped again
    with meanwhile(act):
        ended = run.until_stopped()
    # Then those sent and those said to be not sent are all that the service sent
    assert isinstance(ended, FeedError)
    said = re.search(r" ([\d,]+) buffered bars were not sent\.$", str(ended))
    assert said
    assert run.live.sent == takes
    assert run.live.sent + int(said[1].replace(",", "")) == FIRST + len(MARKET) + 50


def test_lag_grows_while_the_market_is_silent(
    server: MassiveServer, broker: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a feed of the whole market in trading hours, that has sent a bar without delay
    monkeypatch.setattr("feeds.display.LINE_INTERVAL", 0.1)
    silence, lines = SilenceDetector(["A.*"], now=lambda: at("10:00:00") / 1000), list[str]()
    run = Run(server, Broker(), silence=silence, write=lines.append)
    came = int(time.time() * 1000)

    def act() -> None:
        server.await_subscribers()
        server.publish({"ev": "A", "sym": "S", "c": 1, "s": came - 1000, "e": came})
        eventually(lambda: run.live.sent == 1)
        # When nothing comes any more
        eventually(lambda: lags()[-1:] >= [1.5], seconds=10)
        stop()

    def lags() -> list[float]:
        return [float(found[1]) for line in lines if (found := re.search(r"([\d.]+) s behind", line))]

    with meanwhile(act):
        run.until_stopped()
    # Then the lag that it shows has grown with the silence
    grown = lags()[lags().index(max(lags())) - 5 :]
    assert grown == sorted(grown)
