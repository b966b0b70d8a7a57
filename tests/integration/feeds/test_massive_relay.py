"""Bars in hand, and how they get into a real queue."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from redis import Redis

from config.celery import AGGS
from config.settings import settings
from feeds.massive.frames import Frame, Frames
from feeds.massive.hand import Hand
from feeds.massive.relay import Relay
from feeds.servers import Broker
from tests.support.messages.queued import queued_events
from tests.support.waiting import eventually


@pytest.fixture
def broker(redis: Redis) -> Iterator[Redis]:
    """The broker's database."""
    client = Redis.from_url(settings().celery_broker_url)
    yield client
    client.close()


def frame(*symbols: str, end: int = 2000, **fields: Any) -> bytes:
    return json.dumps([{"ev": "A", "sym": symbol, "e": end} | fields for symbol in symbols]).encode()


class Line:
    """A hand, a relay and what reads frames for them."""

    def __init__(self, bound: int) -> None:
        self.frames = Frames({"A"})
        self.hand = Hand()
        self.relay = Relay(self.hand, self.frames, Broker(), bound)

    def put(self, *texts: bytes) -> None:
        for text in texts:
            asyncio.run(self.hand.put(self.frames.read(text)))


@contextmanager
def running(bound: int = 1_000_000) -> Iterator[Line]:
    """A relay that runs; at the end it is hurried and has to come to its end."""
    line = Line(bound)
    thread = threading.Thread(target=line.relay.run, daemon=True)
    thread.start()
    yield line
    line.relay.hurry()
    line.hand.close()
    thread.join(30)
    assert not thread.is_alive()


def test_bars_are_sent_as_they_came(broker: Redis) -> None:
    # Given a relay
    began = time.time()
    with running() as line:
        # When frames come, small and large, the last of them a moment old
        now = int(began * 1000)
        line.put(
            frame("ONE"), *(frame(f"S{n}", extra="x") for n in range(50)), frame(*map(str, range(1200)), end=now)
        )
        eventually(lambda: line.hand.bars == 0)
        # Then they are in the queue, in their order, with all of their fields
        sent = queued_events(broker)
        assert [event["sym"] for event in sent] == ["ONE", *(f"S{n}" for n in range(50)), *map(str, range(1200))]
        assert sent[1] == {"ev": "A", "sym": "S0", "e": 2000, "extra": "x"}
        # And it knows how far behind it is
        assert (line.relay.sent, line.relay.market) == (1251, now)
        assert 0 <= line.relay.lag() < 10


def test_a_queue_that_is_too_deep_is_waited_for(broker: Redis) -> None:
    # Given a relay into a queue that is full, and nobody who takes bars
    with running(bound=10) as line:
        line.put(frame(*map(str, range(11))))
        eventually(lambda: line.relay.sent == 11)
        # When more bars come
        line.put(frame("LATE", end=int(time.time() * 1000) - 5000))
        eventually(lambda: line.relay.waiting)
        # Then they stay in hand, and the lag grows
        assert (line.hand.bars, line.relay.queued, broker.llen(AGGS)) == (1, 11, 11)
        eventually(lambda: line.relay.lag() > 5.1)
        # And they follow once the queue is empty
        broker.delete(AGGS)
        eventually(lambda: line.relay.sent == 12)
        assert not line.relay.waiting
        assert [event["sym"] for event in queued_events(broker)] == ["LATE"]


def test_a_relay_that_is_hurried_does_not_wait(broker: Redis) -> None:
    # Given a relay that waits, with many lots in hand
    with running(bound=10) as line:
        line.put(frame(*map(str, range(20))))
        eventually(lambda: line.relay.sent == 20)
        line.put(*(frame(*map(str, range(400))) for _ in range(5)))
        eventually(lambda: line.relay.waiting)
        # When it is told to come to its end
    # Then all bars are in the queue
    assert broker.llen(AGGS) == line.relay.sent == 2020
    assert line.hand.bars == 0


def test_a_bar_that_cannot_be_sent_holds_up_no_other(broker: Redis) -> None:
    # Given bars, some of which are nested deeper than can be read, and others deeper than can be written
    deep = [b'{"ev":"A","sym":"DEEP","x":%b%b}' % (b"[" * depth, b"]" * depth) for depth in range(800, 1000)]
    texts = [b'{"ev":"A","sym":"ONE"}', *deep, b'{"ev":"A","sym":"\xff"}', b'{"ev":"A","sym":"TWO"}']
    with running() as line:
        # When they come
        asyncio.run(line.hand.put(Frame([msgspec.Raw(text) for text in texts], None, [])))
        eventually(lambda: line.hand.bars == 0)
    # Then all others are sent
    assert 2 <= broker.llen(AGGS) == line.relay.sent < len(texts)
    broker.ltrim(AGGS, 0, 0)
    assert [event["sym"] for event in queued_events(broker)] == ["TWO"]
    assert line.frames.malformed > 0


def test_nothing_is_taken_in_while_too_much_is_in_hand() -> None:
    # Given a hand that is full
    hand, frames = Hand(bound=10), Frames({"A"})
    first = frames.read(frame(*map(str, range(10))))

    async def fill() -> None:
        await hand.put(first)
        # When more comes
        more = asyncio.create_task(hand.put(frames.read(frame("LATE"))))
        await asyncio.sleep(0.2)
        # Then whoever brings it waits
        assert not more.done()
        assert hand.bars == 10
        # And goes on when some bars are sent
        assert hand.take() == [first]
        hand.done(5)
        await asyncio.wait_for(more, 5)
        assert hand.bars == 6

    asyncio.run(fill())


def test_what_is_in_hand_at_the_end_is_taken_first() -> None:
    # Given a hand with frames of two lots
    hand, frames = Hand(), Frames({"A"})
    held = [frames.read(frame(*map(str, range(400)))) for _ in range(3)]
    for each in held:
        asyncio.run(hand.put(each))
    # When it is closed
    hand.close()
    # Then they come out whole, a lot at a time, and then nothing more
    assert [hand.take(), hand.take(), hand.take(), hand.take()] == [held[:2], held[2:], [], []]
