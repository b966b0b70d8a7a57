"""Sends bars: each when it is due, and no more of them than the workers get done."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from feeds.bar import WireEvent
from feeds.display import Display, Doing, Status
from feeds.errors import FeedError
from feeds.pace import LOOK, Backpressure, Pace
from feeds.rate import Rate
from tasks.fastlane.sending.buffer import BATCH_SIZE

#: Seconds that a bar which is due may wait for others to be sent with it.
COMPANY = 0.01


class Queue(Protocol):
    """Where bars go."""

    def send(self, events: Sequence[WireEvent]) -> None:
        """Put bars in, in their order.

        Raises:
            FeedError: not all of them are in; says how many are.
        """
        ...

    def depth(self) -> int:
        """Bars that wait for a worker."""
        ...

    def drained(self) -> bool:
        """Whether no bar waits and none is in a worker's hands."""
        ...


class Feed:
    """One run of a feed.

    Bars that are due together are sent together, in lots: when one is full, and before the feed sleeps.

    Args:
        queue: where the bars go.
        bound: its depth, in bars, above which the feed waits. It is exceeded by less than a lot.
        pace: when a bar is due.
        display: is shown how it goes, about four times a second.
        clock: seconds, from any start.
        sleep: sleeps so many seconds.

    Attributes:
        sent: bars sent.
    """

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
        self._began = self._next_look = clock()
        self._market: int | None = None
        self._bound = bound
        # Bars until the bound, if no worker has taken any since the last look.
        self._room = 0
        self._lot: list[WireEvent] = []
        self._size = min(BATCH_SIZE, bound)
        self._opened = 0.0
        self.sent = 0

    def send(self, event: WireEvent) -> None:
        """Send `event` once its bar has ended, or a moment later."""
        self.wait_until(event["e"])
        if not self._lot:
            self._opened = self._clock()
        self._lot.append(event)
        if len(self._lot) >= self._size or self._clock() - self._opened >= COMPANY:
            self.flush()

    def flush(self) -> None:
        """Send what is due and not sent yet."""
        if not self._lot:
            return
        if len(self._lot) > self._room:
            self._look()
        try:
            self._queue.send(self._lot)
        except FeedError as error:
            self.sent += error.sent
            raise
        self.sent += len(self._lot)
        self._room -= len(self._lot)
        self._lot = []

    def wait_until(self, market: int) -> None:
        """Wait until it is `market`, Unix milliseconds of market time, and for the queue where it is too deep."""
        self._market = market
        if self._clock() >= self._next_look:
            self._look()
        while (delay := self._pace.delay(market)) > 0:
            self.flush()
            self._sleep(min(delay, LOOK))
            if self._clock() >= self._next_look:
                self._look()

    def drain(self) -> None:
        """Send what is left, and wait until all bars have been worked off."""
        self.flush()
        while not self._queue.drained():
            self._show(self._queue.depth(), "draining")
            self._sleep(LOOK)

    def summary(self) -> str:
        """What was sent, in words."""
        seconds = self._clock() - self._began
        return f"{self.sent:,} bars in {seconds:,.1f} s ({self.sent / max(seconds, 1e-9):,.0f} bars/s)"

    def _look(self) -> None:
        depth, waited = self._backpressure.look(lambda depth: self._show(depth, "waiting"))
        self._pace.hold(waited)
        self._room = self._bound - depth
        self._show(depth, "sending")
        self._next_look = self._clock() + LOOK

    def _show(self, queued: int, doing: Doing) -> None:
        self._display.show(Status(doing, self.sent, self._rate.at(self.sent), queued, self._market))
