"""A client's connection in this process that is full whenever a test says so."""

from collections.abc import Callable, Sequence

from watch.gateway.fanout.text_frame import TextFrame


class PausableConnection:
    """Subclasses keep what is written.

    Attributes:
        paused: whether it is full.
    """

    def __init__(self) -> None:
        self.on_resume: Callable[[], None] | None = None
        self.paused = False
        self.unsent = 0

    def write(self, frames: Sequence[TextFrame]) -> int:
        """Returns the bytes of the frames."""
        return sum(len(frame.plain) for frame in frames)

    def close_with(self, code: int, reason: str) -> None:
        raise AssertionError(reason)

    def resume(self) -> None:
        """Take on again."""
        self.paused = False
        assert self.on_resume
        self.on_resume()
