"""Runs socket and relay side by side, shows how they go, and ends them in order."""

import asyncio
import logging
import signal
import threading
import time

from feeds.display import Display
from feeds.errors import FeedError, Stopped
from feeds.massive import metrics
from feeds.massive.frames import Frames
from feeds.massive.hand import Hand
from feeds.massive.relay import Relay
from feeds.massive.socket import Socket
from feeds.massive.status import LiveStatus
from feeds.rate import Rate

log = logging.getLogger(__name__)

#: Seconds between two looks at how it goes.
LOOK = 0.25
#: Seconds for which a feed that ends tries to send what is in hand.
FLUSH = 20.0


class Live:
    """One run of the live feed.

    Args:
        socket: gives frames.
        frames: counts what comes.
        hand: holds bars until they are sent.
        relay: sends them.
        display: is shown how it goes.

    Attributes:
        sent: bars sent.
    """

    def __init__(
        self, socket: Socket, frames: Frames, hand: Hand, relay: Relay, display: Display[LiveStatus]
    ) -> None:
        self._socket = socket
        self._frames = frames
        self._hand = hand
        self._relay = relay
        self._display = display
        self._sender = threading.Thread(target=self._send, name="relay", daemon=True)
        self._failure: Exception | None = None
        self._rate = Rate()
        self._counted = metrics.Counted()
        self._began = time.monotonic()
        self._signals: list[int] = []

    @property
    def sent(self) -> int:
        return self._relay.sent

    async def run(self) -> None:
        """Run until a signal comes, or the service refuses; what is in hand then is sent first.

        A second signal ends it at once.

        Raises:
            Stopped: a signal came.
            FeedError: the service refuses, or bars in hand could not be sent.
        """
        listening = asyncio.create_task(self._socket.listen(self._hand.put))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, number, listening)
        self._sender.start()
        while not listening.done() and self._sender.is_alive():
            self._show()
            await asyncio.wait([listening], timeout=LOOK)
        self._end(listening)
        await asyncio.wait([listening])
        await self._flush()
        # Neither figure changes from here on, though a write may be under way: its bars are said to be not sent.
        self._relay.end()
        refused = None if listening.cancelled() else listening.exception()
        if self._failure:
            log.error("%d bars in hand were not sent", self._hand.bars)
            raise self._failure
        if self._hand.bars:
            reason = f"{refused or self._relay.trouble or 'The feed was stopped.'}"
            raise FeedError(f"{reason} {self._hand.bars:,} bars in hand were not sent.")
        if refused:
            raise refused
        raise Stopped(self._signals[0])

    def summary(self) -> str:
        """What was sent, in words."""
        seconds = time.monotonic() - self._began
        parts = [f"{self.sent:,} bars in {seconds:,.1f} s ({self.sent / max(seconds, 1e-9):,.0f} bars/s)"]
        if passed_over := self._frames.passed_over():
            parts.append("passed over: " + ", ".join(f"{count:,} {kind}" for kind, count in passed_over.items()))
        if self._frames.malformed:
            parts.append(f"{self._frames.malformed:,} frames or bars could not be read")
        return "; ".join(parts)

    def _send(self) -> None:
        try:
            self._relay.run()
        except Exception as error:
            # Raised again by the thread that watches this one.
            self._failure = error

    def _stop(self, number: int, listening: asyncio.Task[None]) -> None:
        self._signals.append(number)
        self._end(listening)

    def _end(self, listening: asyncio.Task[None]) -> None:
        self._hand.end()
        # Once: what it has read already is handed over on its way out.
        if not listening.cancelling():
            listening.cancel()

    async def _flush(self) -> None:
        self._relay.hurry()
        self._hand.close()
        deadline = time.monotonic() + FLUSH
        while self._sender.is_alive() and time.monotonic() < deadline and len(self._signals) < 2:
            self._show()
            await asyncio.to_thread(self._sender.join, LOOK)
        self._show()

    def _show(self) -> None:
        socket, relay = self._socket, self._relay
        lag, pending = max(relay.lag(), socket.missing), self._hand.bars
        offline = "stopping" if self._signals else socket.trouble or "connecting"
        metrics.connected.set(int(socket.connected))
        metrics.pending.set(pending)
        if relay.market is not None or socket.missing:
            metrics.lag.set(lag)
        self._counted.record(self._frames, relay.sent, socket.losses)
        self._display.show(
            LiveStatus(
                relay.sent,
                self._rate.at(relay.sent),
                lag,
                pending,
                relay.queued,
                relay.market,
                None if socket.connected else offline,
                relay.trouble,
                relay.waiting,
                time.monotonic() - socket.heard,
            )
        )
