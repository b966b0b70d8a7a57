"""Frames that were received and whose bars are not sent yet."""

import asyncio
import logging
from queue import SimpleQueue
from threading import Lock

from feeds.massive.frames import Frame
from tasks.fastlane.sending.buffer import BATCH_SIZE

log = logging.getLogger(__name__)

#: Bars in the buffer above which the socket is not read: two minutes of the busiest market, and some 300 MB, or
#: 600 MB if each bar has a frame of its own.
BOUND = 1_000_000
#: Share of the bound below which the socket is read again.
RESUME = 0.9
#: Seconds between two checks meanwhile.
POLL_INTERVAL = 0.05


class FrameBuffer:
    """Passes frames from one event loop to one thread, in their order.

    Args:
        bound: bars above which :meth:`put` waits. It is exceeded by less than a frame.
    """

    def __init__(self, bound: int = BOUND) -> None:
        self._bound = bound
        self._frames: SimpleQueue[Frame | None] = SimpleQueue()
        self._lock = Lock()
        self._bars = 0
        self._unbounded = False

    @property
    def bars(self) -> int:
        """Bars received and not sent, including those that are being sent."""
        return self._bars

    async def put(self, frame: Frame) -> None:
        """Add a frame. If the buffer is full, wait, and so keep the service waiting."""
        try:
            if self._bars >= self._bound and not self._unbounded:
                log.warning("%d bars are buffered: the socket is not read until some of them are sent", self._bars)
                while self._bars >= RESUME * self._bound and not self._unbounded:
                    await asyncio.sleep(POLL_INTERVAL)
        finally:
            # Also if the wait is cancelled: the frame was received, so its bars are sent or reported as not sent.
            with self._lock:
                self._bars += len(frame.bars)
            self._frames.put(frame)

    def lift_bound(self) -> None:
        """Let :meth:`put` wait no longer: the feed ends, and takes in only what was received already."""
        self._unbounded = True

    def close(self) -> None:
        """Say that no frame follows."""
        self._frames.put(None)

    def take(self) -> list[Frame]:
        """The next whole frames, up to a batch of bars. Waits for the first frame.

        Returns:
            An empty list once the buffer is closed and empty.
        """
        batch: list[Frame] = []
        bars = 0
        while bars < BATCH_SIZE and not (batch and self._frames.empty()):
            frame = self._frames.get()
            if frame is None:
                # For the next call to find.
                self.close()
                break
            batch.append(frame)
            bars += len(frame.bars)
        return batch

    def discharge(self, bars: int) -> None:
        """Count bars out that were sent, or turned out to be unreadable."""
        with self._lock:
            self._bars -= bars
