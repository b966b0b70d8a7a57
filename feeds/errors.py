"""What can end a feed before its time."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class FeedError(Exception):
    """Ends a feed; its text is a sentence for the user.

    Attributes:
        sent: bars that were sent nevertheless, of those that were to be sent together.
    """

    def __init__(self, text: str, sent: int = 0) -> None:
        super().__init__(text)
        self.sent = sent


# Not an Exception: what handles errors on the way must not take it for one.
class Stopped(BaseException):
    """The user, or whoever started the process, wants the feed to end.

    Attributes:
        code: the process's exit code, 128 and the signal's number.
        summary: what had been done until then.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.code = 128 + number
        self.summary = "Stopped before the first bar."


@contextmanager
def stoppable() -> Iterator[None]:
    """Within it SIGINT (Ctrl-C) and SIGTERM raise :class:`Stopped`, wherever the process is."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
