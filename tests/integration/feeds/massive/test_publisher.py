"""Buffered bars, and how they get into a real queue."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from redis import Redis

from config.celery import AGGS
from feeds.massive.buffer import FrameBuffer
from feeds.massive.frames import Frame, FrameReader
from feeds.massive.publisher import Publisher
from feeds.servers import Broker
from tests.support.messages.queued import queued_events
from tests.support.waiting import eventually


def frame(*symbols: str, end: int = 2000, **fields: Any) -> bytes:
    return json.dumps([{"ev": "A", "sym": symbol, "e": end} | fields for symbol in symbols]).encode()


class Line:
    """A buffer, a publisher and the reader of their frames."""

    def __init__(self, bound: int) -> None:
        self.frames = FrameReader({"A"})
        self.buffer = FrameBuffer()
        self.publisher = Publisher(self.buffer, self.frames, Broker(), bound)

    def put(self, *texts: bytes) -> None:
        for text in texts:
            asyncio.run(self.buffer.put(self.frames.read(text)))


@contextmanager
def running(bound: int = 1_000_000) -> Iterator[Line]:
    """A running publisher. At the end it is hurried and has to end."""
    line = Line(bound)
    thread = threading.Thread(target=line.publisher.run, daemon=True)
    thread.start()
    yield line
    line.publisher.hurry()
    line.buffer.close()
    thread.join(30)
    assert not thread.is_alive()


def test_bars_are_sent_as_they_came(broker: Redis) -> None:
    # Given a publisher
    began = time.time()
    with running() as line:
        # When frames come, small and large, the last of them a moment old
        now = int(began * 1000)
        line.put(
            frame("ONE"), *(frame(f"S{n}", extra="x") for n in range(50)), frame(*map(str, range(1200)), end=now)
        )
        eventually(lambda: line.buffer.bars == 0)
        # Then they are in the queue, in their order, with all of their fields
        sent = queued_events(broker)
        assert [event["sym"] for event in sent] == ["ONE", *(f"S{n}" for n in range(50)), *map(str, range(1200))]
        assert sent[1] == {"ev": "A", "sym": "S0", "e": 2000, "extra": "x"}
        # And it knows how far behind it is
        assert (line.publisher.sent, line.publisher.market) == (1251, now)
        assert 0 <= line.publisher.lag() < 10


def test_a_queue_that_is_too_deep_is_waited_for(broker: Redis) -> None:
    # Given a publisher into a full queue, and no worker
    with running(bound=10) as line:
        line.put(frame(*map(str, range(11))))
        eventually(lambda: line.publisher.sent == 11)
        # When more bars come
        line.put(frame("LATE", end=int(time.time() * 1000) - 5000))
        eventually(lambda: line.publisher.waiting)
        # Then they stay in the buffer, and the lag grows
        assert (line.buffer.bars, line.publisher.queued, broker.llen(AGGS)) == (1, 11, 11)
        eventually(lambda: line.publisher.lag() > 5.1)
        # And they follow once the queue is empty
        broker.delete(AGGS)
        eventually(lambda: line.publisher.sent == 12)
        assert not line.publisher.waiting
        assert [event["sym"] for event in queued_events(broker)] == ["LATE"]


def test_a_hurried_publisher_does_not_wait(broker: Redis) -> None:
    # Given a publisher that waits, with many batches buffered
    with running(bound=10) as line:
        line.put(frame(*map(str, range(20))))
        eventually(lambda: line.publisher.sent == 20)
        line.put(*(frame(*map(str, range(400))) for _ in range(5)))
        eventually(lambda: line.publisher.waiting)
        # When it is hurried and has to end
    # Then all bars are in the queue
    assert broker.llen(AGGS) == line.publisher.sent == 2020
    assert line.buffer.bars == 0


def test_a_bar_that_cannot_be_sent_holds_up_no_other(broker: Redis) -> None:
    # Given bars, some of which are nested deeper than can be read, and others deeper than can be written
    deep = [b'{"ev":"A","sym":"DEEP","x":%b%b}' % (b"[" * depth, b"]" * depth) for depth in range(800, 1000)]
    texts = [b'{"ev":"A","sym":"ONE"}', *deep, b'{"ev":"A","sym":"\xff"}', b'{"ev":"A","sym":"TWO"}']
    with running() as line:
        # When they come
        asyncio.run(line.buffer.put(Frame([msgspec.Raw(text) for text in texts], None, [])))
        eventually(lambda: line.buffer.bars == 0)
    # Then all others are sent
    assert 2 <= broker.llen(AGGS) == line.publisher.sent < len(texts)
    broker.ltrim(AGGS, 0, 0)
    assert [event["sym"] for event in queued_events(broker)] == ["TWO"]
    assert line.frames.malformed > 0


def test_nothing_is_taken_in_while_too_much_is_in_buffer() -> None:
    # Given a full buffer
    buffer, frames = FrameBuffer(bound=10), FrameReader({"A"})
    first = frames.read(frame(*map(str, range(10))))

    async def fill() -> None:
        await buffer.put(first)
        # When more comes
        more = asyncio.create_task(buffer.put(frames.read(frame("LATE"))))
        await asyncio.sleep(0.2)
        # Then whoever brings it waits
        assert not more.done()
        assert buffer.bars == 10
        # And goes on when some bars are sent
        assert buffer.take() == [first]
        buffer.discharge(5)
        await asyncio.wait_for(more, 5)
        assert buffer.bars == 6

    asyncio.run(fill())


def test_what_is_in_the_buffer_at_the_end_is_taken_first() -> None:
    # Given a buffer with frames of two batches
    buffer, frames = FrameBuffer(), FrameReader({"A"})
    read = [frames.read(frame(*map(str, range(400)))) for _ in range(3)]
    for each in read:
        asyncio.run(buffer.put(each))
    # When it is closed
    buffer.close()
    # Then they come out whole, a batch at a time, and then nothing more
    assert [buffer.take(), buffer.take(), buffer.take(), buffer.take()] == [read[:2], read[2:], [], []]
