"""A client's connection in this process, and the candles that it was sent."""

from collections.abc import Callable, Sequence

import msgspec

from history.queries.candles import Candle
from watch.gateway.fanout.text_frame import TextFrame


class Reader:
    """A connection that takes everything."""

    paused = False
    unsent = 0

    def __init__(self) -> None:
        self.on_resume: Callable[[], None] | None = None
        self.frames: list[TextFrame] = []

    def write(self, frames: Sequence[TextFrame]) -> int:
        self.frames += frames
        return 1

    def close_with(self, code: int, reason: str) -> None: ...


def candles_of(frames: Sequence[TextFrame]) -> dict[int, Candle]:
    """What a client knows that merges the candles of messages by their times."""
    known: dict[int, Candle] = {}
    for frame in frames:
        # A brace alone may be the frame's length.
        message = msgspec.json.decode(frame.plain[frame.plain.index(b'{"') :])
        assert (message["symbol"], message["interval"]) == ("A", "1m")
        known |= {each["time"]: msgspec.convert(each, Candle) for each in message["candles"]}
    return known
