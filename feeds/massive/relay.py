"""Sends what is in hand to the queue of bars, however long the broker is away."""

import logging
import threading
import time

from redis.backoff import AbstractBackoff, EqualJitterBackoff

from feeds.bar import WireEvent
from feeds.errors import FeedError
from feeds.feed import Queue
from feeds.massive.frames import Frame, Frames
from feeds.massive.hand import Hand
from feeds.pace import Backpressure
from leaderboard.brief import brief
from tasks.fastlane.sending.errors import UnencodableError

#: Seconds for which frames that come one by one wait for each other, so that each is not a write of its own.
COMPANY = 0.01
#: Bars that are enough of them.
FULL = 100

log = logging.getLogger(__name__)


class Relay:
    """Sends bars in the order in which they came and drops none; runs in a thread of its own.

    A write that the broker did not answer is done again: a bar that comes twice changes nothing.

    Args:
        hand: where the bars are.
        frames: makes events of them.
        queue: where they go.
        bound: its depth, in bars, above which they are kept in hand. It is exceeded by a lot and a frame at most.
        pauses: seconds between two attempts, by how many have failed.

    Attributes:
        sent: bars sent.
        queued: bars in the queue, when it was last looked at.
        market: end of the newest bar sent, Unix milliseconds; None before the first.
        trouble: why the broker takes no bars; None while it does.
        waiting: whether the queue is too deep.
    """

    def __init__(
        self,
        hand: Hand,
        frames: Frames,
        queue: Queue,
        bound: int,
        pauses: AbstractBackoff | None = None,
    ) -> None:
        self._hand = hand
        self._frames = frames
        self._queue = queue
        self._bound = bound
        self._pauses = pauses or EqualJitterBackoff(cap=5.0, base=0.25)
        self._hurried = threading.Event()
        self._counting = threading.Lock()
        self._ended = False
        self._backpressure = Backpressure(queue.depth, bound, sleep=self._sleep)
        # Bars until the bound, if no worker has taken any since the last look.
        self._room = 0
        self._oldest: int | None = None
        self._lag = 0.0
        self.sent = 0
        self.queued = 0
        self.market: int | None = None
        self.trouble: str | None = None
        self.waiting = False

    def lag(self) -> float:
        """Seconds from the end of the oldest bar in hand until now; with none in hand, what it last was."""
        return self._lag if self._oldest is None else time.time() - self._oldest / 1000

    def run(self) -> None:
        """Send until the hand is closed and empty, or :meth:`end` is called."""
        while not self._ended and (lot := self._hand.take()):
            self._send(lot)
            if self._hand.bars < FULL:
                time.sleep(COMPANY)

    def hurry(self) -> None:
        """Wait no longer for workers, since the feed ends: bars are safer in a deep queue than in hand."""
        self._hurried.set()

    def end(self) -> None:
        """Send no more, and count nothing any more: what was sent, and what is in hand, is about to be said."""
        with self._counting:
            self._ended = True

    def _send(self, lot: list[Frame]) -> None:
        bars = [bar for frame in lot for bar in frame.bars]
        ends = [frame.end for frame in lot if frame.end is not None]
        self._oldest = min(ends, default=None)
        events = self._frames.events(bars)
        self._hand.done(len(bars) - len(events))
        if len(events) > self._room and not self._hurried.is_set():
            self._look()
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
            self._hand.done(sent)

    def _leave_out(self, event: WireEvent, error: Exception) -> None:
        self._hand.done(1)
        log.error("a bar is left out: %s", error, extra={"bar": brief(event)})

    def _await_broker(self, failures: int, error: Exception) -> None:
        pause = self._pauses.compute(failures)
        self.trouble = str(error)
        log.warning("%s Tried again in %.1f s; %d bars are in hand.", error, pause, self._hand.bars)
        time.sleep(pause)

    def _look(self) -> None:
        try:
            self.queued, _ = self._backpressure.look(self._wait)
            self._room = self._bound - self.queued
        except FeedError as error:
            # What is sent next fails as well, and is tried again.
            log.debug("the depth of the queue is unknown: %s", error)
        except _HurriedError:
            pass
        finally:
            self.waiting = False

    def _wait(self, depth: int) -> None:
        self.queued, self.waiting = depth, True

    def _sleep(self, seconds: float) -> None:
        if self._hurried.wait(seconds):
            raise _HurriedError


class _HurriedError(Exception):
    """Ends a wait for workers."""
