"""What waits to be sent to one client."""

import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Protocol

from watch.gateway.counters import Counters
from watch.gateway.fanout.send_queue import SendQueue
from watch.gateway.fanout.text_frame import TextFrame

#: Close code for a client that takes nothing any more.
TRY_AGAIN_LATER = 1013

# Publications that are sent in one piece at most.
_BATCH = 100


class FrameWriter(Protocol):
    """The connection that frames are written to.

    Attributes:
        on_resume: called when the client has caught up.
    """

    on_resume: Callable[[], None] | None

    @property
    def paused(self) -> bool:
        """Whether the client is slow: earlier output still waits."""

    @property
    def unsent(self) -> int:
        """Bytes of output that wait in this process."""

    def write(self, frames: Sequence[TextFrame]) -> int:
        """Send frames. Returns their size in bytes; 0 if the connection is closed."""

    def close_with(self, code: int, reason: str) -> None:
        """Close the connection after what still waits."""


class Forwarded(Protocol):
    """What is sent on: a publication, or the changes of a board."""

    def frames_for(self, client: "Client") -> Sequence[TextFrame]:
        """What a client is sent of it now."""


class Client:
    """One client.

    Publications are sent at once to a client that keeps up. For a slow client they are conflated: of each channel
    only the newest is kept, and sent when the client has caught up. So no more waits than there are channels, and
    what waits is shared with all other clients.

    Args:
        writer: its connection.
        counters: over all clients.
        send_queue: in which it waits its turn.

    Attributes:
        takes_envelopes: whether it is sent each publication in an envelope that names the channel.
    """

    def __init__(self, writer: FrameWriter, counters: Counters, send_queue: SendQueue) -> None:
        self._writer = writer
        self._counters = counters
        self._batch: list[TextFrame] = []
        self._newest: dict[str, Forwarded] = {}
        self.takes_envelopes = False
        self._unsent_before = 0
        self._progress_at = time.monotonic()
        self._send_queue = send_queue
        writer.on_resume = self._catch_up

    def reply(self, message: bytes) -> None:
        """Send an answer, after the publications before it."""
        self._batch.append(TextFrame(message))
        self._flush()

    def forward(self, channel: str, forwarded: Forwarded) -> None:
        """Send what was published, in the client's turn or when it has caught up."""
        if self._writer.paused:
            self._counters.conflated += self._newest.get(channel) not in (None, forwarded)
            self._newest[channel] = forwarded
            return
        if not self._batch:
            self._send_queue.add(self._flush)
        self._batch += forwarded.frames_for(self)
        if len(self._batch) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        self._send(batch)

    def _catch_up(self) -> None:
        # What came before the newest publications may still wait for its turn.
        self._flush()
        channels = iter(list(self._newest))
        while not self._writer.paused and (batch := list(islice(channels, _BATCH))):
            self._send([frame for channel in batch for frame in self._newest.pop(channel).frames_for(self)])

    def _send(self, frames: list[TextFrame]) -> None:
        if frames and (sent := self._writer.write(frames)):
            self._counters.messages += len(frames)
            self._counters.bytes += sent

    def is_stalled(self, now: float, deadline: float) -> bool:
        """Whether it has taken nothing of what waits for it for `deadline` seconds."""
        unsent = self._writer.unsent
        if not self._writer.paused or unsent < self._unsent_before:
            self._progress_at = now
        self._unsent_before = unsent
        return now - self._progress_at > deadline

    def drop(self) -> None:
        """Close the connection of a stalled client."""
        self._newest.clear()
        self._counters.dropped += 1
        self._writer.close_with(TRY_AGAIN_LATER, "too slow")
