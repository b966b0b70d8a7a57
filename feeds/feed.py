"""Sends each bar when it is due, and no more bars than the workers get done."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from feeds.backpressure import POLL_INTERVAL, Backpressure
from feeds.display import Display, Doing, Status
from feeds.errors import FeedError
from feeds.event_dict import EventDict
from feeds.pace import Pace
from feeds.rate import Rate
from tasks.fastlane.sending.buffer import BATCH_SIZE

#: Seconds that a due bar may wait for others of its batch.
LINGER = 0.01


class Queue(Protocol):
    """The queue of bars."""

    def send(self, events: Sequence[EventDict]) -> None:
        """Add bars in their order.

        Raises:
            FeedError: not all could be added; it says how many were.
        """
        ...

    def depth(self) -> int:
        """Bars that wait for a worker."""
        ...

    def drained(self) -> bool:
        """Whether no bar waits and none is in flight."""
        ...


class Feed:
    """One run of a feed.

    Bars that are due together are sent in batches: when a batch is full, and before the feed sleeps.

    Args:
        queue: where the bars go.
        bound: the queue's depth, in bars, above which the feed waits. It is exceeded by less than a batch.
        pace: when a bar is due.
        display: shows the progress, about four times a second.
        clock: seconds, from any start.
        sleep: sleeps so many seconds.

    Attributes:
        sent: bars sent.
        connected: always: its bars are not received but made, or read from files.
        losses: none, for the same reason.
    """

    connected = True
    losses = 0

    def __init__(
        self,
        queue: Queue,
        bound: int,
        pace: Pace,
        display: Display[Status],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._queue = queue
        self._backpressure = Backpressure(queue.depth, bound, clock, sleep)
        self._pace = pace
        self._display = display
        self._clock = clock
        self._sleep = sleep
        self._rate = Rate(clock)
        self._started = self._next_check = clock()
        # Market time of the last bar that was taken; and of the bar to be sent next.
        self._market: int | None = None
        self._next: int | None = None
        self._bound = bound
        # Bars until the bound, if no worker has taken any since the last check.
        self._room = 0
        self._batch: list[EventDict] = []
        self._size = min(BATCH_SIZE, bound)
        self._batch_started = 0.0
        self.sent = 0

    @property
    def pending(self) -> int:
        """Bars that wait for their batch to be full, or for the queue."""
        return len(self._batch)

    def lag(self) -> float:
        """Seconds since the next bar was due; 0 if it is still to come."""
        return 0.0 if (market := self._next) is None else self._pace.lag(market)

    def send(self, event: EventDict, due: int | None = None) -> None:
        """Send an event when it is due, or a moment later.

        Args:
            event: the event.
            due: market time, Unix milliseconds. None: when its bar has ended.
        """
        self.wait_until(event["e"] if due is None else due)
        if not self._batch:
            self._batch_started = self._clock()
        self._batch.append(event)
        if len(self._batch) >= self._size or self._clock() - self._batch_started >= LINGER:
            self.flush()

    def flush(self) -> None:
        """Send the batch."""
        if not self._batch:
            return
        if len(self._batch) > self._room:
            self._check_queue()
        try:
            self._queue.send(self._batch)
        except FeedError as error:
            self.sent += error.sent
            raise
        self.sent += len(self._batch)
        self._room -= len(self._batch)
        self._batch = []

    def wait_until(self, market: int) -> None:
        """Wait until market time is `market`, Unix milliseconds, and while the queue is too deep."""
        self._market = self._next = market
        if self._clock() >= self._next_check:
            self._check_queue()
        while (delay := self._pace.delay(market)) > 0:
            self.flush()
            self._sleep(min(delay, POLL_INTERVAL))
            if self._clock() >= self._next_check:
                self._check_queue()

    def drain(self) -> None:
        """Send the batch and wait until workers are done with all bars."""
        self.flush()
        self._next = None
        while not self._queue.drained():
            self._show(self._queue.depth(), "draining")
            self._sleep(POLL_INTERVAL)

    def summary(self) -> str:
        """What was sent, in words."""
        seconds = self._clock() - self._started
        return f"{self.sent:,} bars in {seconds:,.1f} s ({self.sent / max(seconds, 1e-9):,.0f} bars/s)"

    def _check_queue(self) -> None:
        depth, waited = self._backpressure.wait(lambda depth: self._show(depth, "waiting"))
        self._pace.hold(waited)
        self._room = self._bound - depth
        self._show(depth, "sending")
        self._next_check = self._clock() + POLL_INTERVAL

    def _show(self, queued: int, doing: Doing) -> None:
        self._display.show(Status(doing, self.sent, self._rate.at(self.sent), queued, self._market))
