"""One client: its subscriptions, and what waits to be sent to it."""

import asyncio
import time
from itertools import islice

from watch.gateway.counters import Counters
from watch.gateway.fanout.feed import Feed
from watch.gateway.fanout.text_frame import TextFrame
from watch.gateway.ws.websocket_protocol import WebSocketProtocol

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
        connection: its connection.
        counters: what is counted over all clients.

    Attributes:
        feeds: what it is subscribed to, by name.
        patterns: how many of them are patterns of quotes.
    """

    def __init__(self, connection: WebSocketProtocol, counters: Counters) -> None:
        self._connection = connection
        self._counters = counters
        self._due: list[TextFrame] = []
        self._newest: dict[str, TextFrame] = {}
        self._left_before = 0
        self._took = time.monotonic()
        self.feeds: dict[str, Feed] = {}
        self.patterns = 0
        self._loop = asyncio.get_running_loop()
        connection.on_resume = self._catch_up

    def reply(self, message: bytes) -> None:
        """Send an answer, after what came before it."""
        self._due.append(TextFrame(message))
        self._flush()

    def forward(self, channel: str, frame: TextFrame) -> None:
        """Send a publication, now or when the client has taken what it was sent before."""
        if self._connection.paused:
            self._counters.conflated += channel in self._newest
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
        while not self._connection.paused and (channels := list(islice(waiting, _TOGETHER))):
            self._send([self._newest.pop(channel) for channel in channels])

    def _send(self, frames: list[TextFrame]) -> None:
        if frames and (sent := self._connection.write(frames)):
            self._counters.messages += len(frames)
            self._counters.bytes += sent

    def is_stalled(self, now: float, patience: float) -> bool:
        """Whether it has taken nothing for so many seconds of what waits for it."""
        left = self._connection.waiting
        if not self._connection.paused or left < self._left_before:
            self._took = now
        self._left_before = left
        return now - self._took > patience

    def drop(self) -> None:
        """End the connection of a client that takes nothing any more."""
        self._newest.clear()
        self._counters.dropped += 1
        self._connection.dismiss(TRY_AGAIN_LATER, "too slow")
