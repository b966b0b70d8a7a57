"""What became of the calls, when not all of them could be sent."""

from collections.abc import Iterable, Iterator
from typing import Any

from kombu.exceptions import EncodeError, OperationalError

from tasks.fastlane.call import Call


class SendError(OperationalError):
    """The broker failed in the middle.

    Attributes:
        sent: ids of the tasks that the broker has. Of a buffer none are listed: whatever it accepted was sent, but
            for what the other two hold.
        doubtful: calls whose write was begun and never answered: the broker has them all, or none of them.
        unsent: what was surely not sent: of a buffer its calls; of ``delay_many`` its events, first those it had
            taken already, then those that are still to be taken.
    """

    def __init__(self, text: str, sent: list[str], doubtful: list[Call], unsent: Iterable[Any]) -> None:
        super().__init__(text)
        self.sent = sent
        self.doubtful = doubtful
        self.unsent: Iterator[Any] = iter(unsent)


class UnencodableError(EncodeError):
    """An event of ``delay_many`` cannot be made a message. Those before it were sent, those after it were not.

    Attributes:
        index: its place in the iterable, from 0.
        sent: ids of the tasks that the broker has, one for each event before it.
        unsent: the events after it, which are still to be taken from the iterable.
    """

    def __init__(self, text: str, sent: list[str], unsent: Iterator[Any]) -> None:
        super().__init__(f"event {len(sent)} cannot be sent: {text}")
        self.index = len(sent)
        self.sent = sent
        self.unsent = unsent
