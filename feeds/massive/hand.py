"""Bars that have come and are not sent yet."""

import asyncio
import logging
from queue import SimpleQueue
from threading import Lock

from feeds.massive.frames import Frame
from tasks.fastlane.sending.buffer import BATCH_SIZE

log = logging.getLogger(__name__)

#: Bars in hand above which the socket is not read: two minutes of the busiest market, and some 300 MB, or 600 MB
#: where each bar has a frame of its own.
BOUND = 1_000_000
#: Share of the bound below which it is read again.
RESUME = 0.9
#: Seconds between two looks, while it is not read.
LOOK = 0.05


class Hand:
    """Holds frames in the order in which they came, from one event loop to one thread.

    Args:
        bound: bars above which :meth:`put` waits. It is exceeded by less than a frame.
    """

    def __init__(self, bound: int = BOUND) -> None:
        self._bound = bound
        self._frames: SimpleQueue[Frame | None] = SimpleQueue()
        self._lock = Lock()
        self._bars = 0
        self._ending = False

    @property
    def bars(self) -> int:
        """Bars in hand, those that are being sent included."""
        return self._bars

    async def put(self, frame: Frame) -> None:
        """Take a frame in; waits where there are too many bars, and with it the service that sends them."""
        try:
            if self._bars >= self._bound and not self._ending:
                log.warning("%d bars in hand: the socket is not read until some of them are sent", self._bars)
                while self._bars >= RESUME * self._bound and not self._ending:
                    await asyncio.sleep(LOOK)
        finally:
            # Also where the wait is cancelled: it has come, so it is sent, or said to be not sent.
            with self._lock:
                self._bars += len(frame.bars)
            self._frames.put(frame)

    def end(self) -> None:
        """Wait no longer in :meth:`put`: the feed ends, and what still comes is what has been read already."""
        self._ending = True

    def close(self) -> None:
        """Nothing more comes."""
        self._frames.put(None)

    def take(self) -> list[Frame]:
        """The next frames, whole ones, until they hold a lot of bars; waits for the first.

        Returns:
            None of them once all have been taken and nothing more comes.
        """
        lot: list[Frame] = []
        bars = 0
        while bars < BATCH_SIZE and not (lot and self._frames.empty()):
            frame = self._frames.get()
            if frame is None:
                # Found again by the next call.
                self.close()
                break
            lot.append(frame)
            bars += len(frame.bars)
        return lot

    def done(self, bars: int) -> None:
        """So many of those that were taken are sent, or are no bars after all."""
        with self._lock:
            self._bars -= bars
