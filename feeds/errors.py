"""What ends a feed early."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class FeedError(Exception):
    """Ends a feed. Its text is a sentence for the user.

    Attributes:
        sent: bars of the batch that were sent nevertheless.
    """

    def __init__(self, text: str, sent: int = 0) -> None:
        super().__init__(text)
        self.sent = sent


# Not an Exception, so that no error handler catches it.
class Stopped(BaseException):
    """SIGINT or SIGTERM asked the feed to end.

    Attributes:
        code: the process's exit code, 128 and the signal's number.
        summary: what was sent until then.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number
        self.summary = "Stopped before the first bar."


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn SIGINT (Ctrl-C) and SIGTERM into :class:`Stopped`."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
