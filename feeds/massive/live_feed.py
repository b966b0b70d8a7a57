"""Runs subscriber and publisher side by side, shows their progress, and ends them in order."""

import asyncio
import logging
import signal
import threading
import time

from feeds.display import Display
from feeds.errors import FeedError, Stopped
from feeds.massive.buffer import FrameBuffer
from feeds.massive.frames import FrameReader
from feeds.massive.live_status import LiveStatus
from feeds.massive.publisher import Publisher
from feeds.massive.subscriber import Subscriber
from feeds.rate import Rate

log = logging.getLogger(__name__)

#: Seconds between two updates of the display.
POLL_INTERVAL = 0.25
#: Seconds for which a feed that ends tries to send the buffered bars.
FLUSH = 20.0


class LiveFeed:
    """One run of the live feed.

    Args:
        subscriber: receives frames.
        frames: counts what is received.
        buffer: holds bars until they are sent.
        publisher: sends them.
        display: shows the progress.

    Attributes:
        sent: bars sent.
    """

    def __init__(
        self,
        subscriber: Subscriber,
        frames: FrameReader,
        buffer: FrameBuffer,
        publisher: Publisher,
        display: Display[LiveStatus],
    ) -> None:
        self._subscriber = subscriber
        self._frames = frames
        self._buffer = buffer
        self._publisher = publisher
        self._display = display
        self._thread = threading.Thread(target=self._send, name="publisher", daemon=True)
        self._failure: Exception | None = None
        self._rate = Rate()
        self._started = time.monotonic()
        self._signals: list[int] = []

    @property
    def sent(self) -> int:
        return self._publisher.sent

    @property
    def pending(self) -> int:
        """Bars received and not sent yet."""
        return self._buffer.bars

    @property
    def connected(self) -> bool:
        """Whether bars can be received."""
        return self._subscriber.connected

    @property
    def losses(self) -> int:
        """Connections that were lost or failed."""
        return self._subscriber.losses

    def lag(self) -> float | None:
        """Seconds that bars are behind, or have been missing: the greater. None before the first bar is due."""
        missing = self._subscriber.missing
        if self._publisher.market is None and not missing:
            return None
        return max(self._publisher.lag(), missing)

    async def run(self) -> None:
        """Run until a signal arrives or the service refuses. Buffered bars are sent before the end.

        A second signal ends the feed at once.

        Raises:
            Stopped: a signal arrived.
            FeedError: the service refuses, or buffered bars could not be sent.
        """
        listening = asyncio.create_task(self._subscriber.listen(self._buffer.put))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, number, listening)
        self._thread.start()
        while not listening.done() and self._thread.is_alive():
            self._show()
            await asyncio.wait([listening], timeout=POLL_INTERVAL)
        self._end(listening)
        await asyncio.wait([listening])
        await self._flush()
        # Freezes both figures. A write may still be in flight: its bars are reported as not sent.
        self._publisher.end()
        refused = None if listening.cancelled() else listening.exception()
        if self._failure:
            log.error("%d buffered bars were not sent", self._buffer.bars)
            raise self._failure
        if self._buffer.bars:
            reason = f"{refused or self._publisher.trouble or 'The feed was stopped.'}"
            raise FeedError(f"{reason} {self._buffer.bars:,} buffered bars were not sent.")
        if refused:
            raise refused
        raise Stopped(self._signals[0])

    def summary(self) -> str:
        """What was sent, in words."""
        seconds = time.monotonic() - self._started
        parts = [f"{self.sent:,} bars in {seconds:,.1f} s ({self.sent / max(seconds, 1e-9):,.0f} bars/s)"]
        if ignored := self._frames.ignored():
            parts.append("ignored: " + ", ".join(f"{count:,} {kind}" for kind, count in ignored.items()))
        if self._frames.malformed:
            parts.append(f"{self._frames.malformed:,} frames or bars could not be read")
        return "; ".join(parts)

    def _send(self) -> None:
        try:
            self._publisher.run()
        except Exception as error:
            # Raised again by the event loop's thread.
            self._failure = error

    def _stop(self, number: int, listening: asyncio.Task[None]) -> None:
        self._signals.append(number)
        self._end(listening)

    def _end(self, listening: asyncio.Task[None]) -> None:
        self._buffer.lift_bound()
        # Only once: a second cancellation would lose frames that were received already.
        if not listening.cancelling():
            listening.cancel()

    async def _flush(self) -> None:
        self._publisher.hurry()
        self._buffer.close()
        deadline = time.monotonic() + FLUSH
        while self._thread.is_alive() and time.monotonic() < deadline and len(self._signals) < 2:
            self._show()
            await asyncio.to_thread(self._thread.join, POLL_INTERVAL)
        self._show()

    def _show(self) -> None:
        subscriber, publisher = self._subscriber, self._publisher
        offline = "stopping" if self._signals else subscriber.trouble or "connecting"
        self._display.show(
            LiveStatus(
                publisher.sent,
                self._rate.at(publisher.sent),
                self.lag() or 0.0,
                self._buffer.bars,
                publisher.queued,
                publisher.market,
                None if subscriber.connected else offline,
                publisher.trouble,
                publisher.waiting,
                time.monotonic() - subscriber.heard,
            )
        )
