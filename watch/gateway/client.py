"""One client: its subscriptions, and what waits to be sent to it."""

import asyncio
import time
from itertools import islice

from watch.gateway.feeds import Feed
from watch.gateway.frame import Frame
from watch.gateway.totals import Totals
from watch.gateway.wire import Wire

#: Close code of a client that takes nothing any more.
TRY_AGAIN_LATER = 1013

# Publications that are sent in one piece at most.
_TOGETHER = 100


class Client:
    """One client.

    Publications go out at once to one that keeps up. Of those that come while it is behind the newest of each
    channel is kept and sent once it has taken the others, so that what waits is bounded by the number of channels,
    and shared with all other clients.

    Args:
        wire: its connection.
        totals: what is counted over all clients.

    Attributes:
        feeds: what it is subscribed to, by name.
        patterns: how many of them are patterns of quotes.
    """

    def __init__(self, wire: Wire, totals: Totals) -> None:
        self._wire = wire
        self._totals = totals
        self._due: list[Frame] = []
        self._newest: dict[str, Frame] = {}
        self._left_before = 0
        self._took = time.monotonic()
        self.feeds: dict[str, Feed] = {}
        self.patterns = 0
        self._loop = asyncio.get_running_loop()
        wire.on_resume = self._catch_up

    def reply(self, message: bytes) -> None:
        """Send an answer, after what came before it."""
        self._due.append(Frame(message))
        self._flush()

    def forward(self, channel: str, frame: Frame) -> None:
        """Send a publication, now or when the client has taken what it was sent before."""
        if self._wire.paused:
            self._totals.conflated += channel in self._newest
            self._newest[channel] = frame
            return
        if not self._due:
            # What comes with it is sent with it.
            self._loop.call_soon(self._flush)
        self._due.append(frame)
        if len(self._due) == _TOGETHER:
            self._flush()

    def _flush(self) -> None:
        due, self._due = self._due, []
        self._send(due)

    def _catch_up(self) -> None:
        waiting = iter(list(self._newest))
        while not self._wire.paused and (channels := list(islice(waiting, _TOGETHER))):
            self._send([self._newest.pop(channel) for channel in channels])

    def _send(self, frames: list[Frame]) -> None:
        if frames and (sent := self._wire.write(frames)):
            self._totals.messages += len(frames)
            self._totals.bytes += sent

    def is_stuck(self, now: float, patience: float) -> bool:
        """Whether it has taken nothing for so many seconds of what waits for it."""
        left = self._wire.waiting
        if not self._wire.paused or left < self._left_before:
            self._took = now
        self._left_before = left
        return now - self._took > patience

    def drop(self) -> None:
        """End the connection of a client that takes nothing any more."""
        self._newest.clear()
        self._totals.dropped += 1
        self._wire.dismiss(TRY_AGAIN_LATER, "too slow")
