"""Sends the buffered bars to the queue of bars, however long the broker is away."""

import logging
import threading
import time

from redis.backoff import AbstractBackoff, EqualJitterBackoff

from feeds.backpressure import Backpressure
from feeds.errors import FeedError
from feeds.event_dict import EventDict
from feeds.feed import Queue
from feeds.massive.buffer import FrameBuffer
from feeds.massive.frames import Frame, FrameReader
from leaderboard.brief import brief
from tasks.fastlane.sending.errors import UnencodableError

#: Seconds for which bars wait for more, so that frames of one bar do not each cost a write.
LINGER = 0.01
#: Bars in the buffer above which there is no such wait.
LINGER_BELOW = 100

log = logging.getLogger(__name__)


class Publisher:
    """Sends bars in the order received and loses none. Runs in a thread of its own.

    Writes with an unknown outcome are retried; bars are idempotent.

    Args:
        buffer: where the bars are.
        frames: decodes them.
        queue: where they go.
        bound: the queue's depth, in bars, above which they stay in the buffer. It is exceeded by a batch and a
            frame at most.
        backoff: seconds between two attempts, by how many have failed.

    Attributes:
        sent: bars sent.
        queued: bars in the queue, when its depth was last read.
        market: end of the newest bar sent, Unix milliseconds; None before the first.
        trouble: why the broker takes no bars; None while it does.
        waiting: whether the queue is too deep.
    """

    def __init__(
        self,
        buffer: FrameBuffer,
        frames: FrameReader,
        queue: Queue,
        bound: int,
        backoff: AbstractBackoff | None = None,
    ) -> None:
        self._buffer = buffer
        self._frames = frames
        self._queue = queue
        self._bound = bound
        self._backoff = backoff or EqualJitterBackoff(cap=5.0, base=0.25)
        self._hurried = threading.Event()
        self._counting = threading.Lock()
        self._ended = False
        self._backpressure = Backpressure(queue.depth, bound, sleep=self._sleep)
        # Bars until the bound, if no worker has taken any since the depth was read.
        self._room = 0
        self._oldest: int | None = None
        self._lag = 0.0
        self.sent = 0
        self.queued = 0
        self.market: int | None = None
        self.trouble: str | None = None
        self.waiting = False

    def lag(self) -> float:
        """Seconds since the end of the oldest bar that is being sent; if there is none, the last such figure."""
        return self._lag if (oldest := self._oldest) is None else time.time() - oldest / 1000

    def run(self) -> None:
        """Send until the buffer is closed and empty, or :meth:`end` is called."""
        while not self._ended and (batch := self._buffer.take()):
            self._send(batch)
            if self._buffer.bars < LINGER_BELOW:
                time.sleep(LINGER)

    def hurry(self) -> None:
        """Wait no longer for workers, since the feed ends: bars are safer in a deep queue than in this process."""
        self._hurried.set()

    def end(self) -> None:
        """Stop sending and counting, so that the figures reported last stay true."""
        with self._counting:
            self._ended = True

    def _send(self, batch: list[Frame]) -> None:
        bars = [bar for frame in batch for bar in frame.bars]
        ends = [frame.end for frame in batch if frame.end is not None]
        self._oldest = min(ends, default=None)
        events = self._frames.decode(bars)
        self._buffer.discharge(len(bars) - len(events))
        if len(events) > self._room and not self._hurried.is_set():
            self._await_room()
        failures = 0
        while events and not self._ended:
            try:
                self._queue.send(events)
            except FeedError as error:
                self._count(error.sent)
                events = events[error.sent :]
                if isinstance(error.__cause__, UnencodableError):
                    self._leave_out(events.pop(0), error)
                    continue
                failures = 1 if error.sent else failures + 1
                self._await_broker(failures, error)
            else:
                self._count(len(events))
                events = []
        if ends:
            self.market = max(ends)
            self._lag = time.time() - self.market / 1000
        self._oldest = None
        if self.trouble:
            log.info("the broker takes bars again")
            self.trouble = None

    def _count(self, sent: int) -> None:
        with self._counting:
            if self._ended:
                return
            self.sent += sent
            self._room -= sent
            self._buffer.discharge(sent)

    def _leave_out(self, event: EventDict, error: Exception) -> None:
        self._buffer.discharge(1)
        log.error("a bar is left out: %s", error, extra={"bar": brief(event)})

    def _await_broker(self, failures: int, error: Exception) -> None:
        pause = self._backoff.compute(failures)
        self.trouble = str(error)
        log.warning("%s Retry in %.1f s; %d bars are buffered.", error, pause, self._buffer.bars)
        time.sleep(pause)

    def _await_room(self) -> None:
        try:
            self.queued, _ = self._backpressure.wait(self._note_depth)
            self._room = self._bound - self.queued
        except FeedError as error:
            # The next send fails as well, and is retried.
            log.debug("the depth of the queue is unknown: %s", error)
        except _HurriedError:
            pass
        finally:
            self.waiting = False

    def _note_depth(self, depth: int) -> None:
        self.queued, self.waiting = depth, True

    def _sleep(self, seconds: float) -> None:
        if self._hurried.wait(seconds):
            raise _HurriedError


class _HurriedError(Exception):
    """Ends the wait for workers."""
