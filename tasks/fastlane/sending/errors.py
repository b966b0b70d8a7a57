"""What became of calls if not all of them could be sent."""

from collections.abc import Iterable, Iterator
from typing import Any

from kombu.exceptions import EncodeError, OperationalError

from tasks.fastlane.call import Call


class SendError(OperationalError):
    """The broker failed half-way.

    Attributes:
        sent: ids of the tasks that the broker has. A buffer lists none: all that it accepted was sent, except for
            the next two.
        doubtful: calls whose write was sent and never answered: the broker has all of them, or none.
        unsent: what was certainly not sent. For a buffer calls; for ``delay_many`` events, those it had taken
            first, then those still in its iterable.
    """

    def __init__(self, text: str, sent: list[str], doubtful: list[Call], unsent: Iterable[Any]) -> None:
        super().__init__(text)
        self.sent = sent
        self.doubtful = doubtful
        self.unsent: Iterator[Any] = iter(unsent)


class UnencodableError(EncodeError):
    """An event of ``delay_many`` cannot be encoded. Those before it were sent, those after it were not.

    Attributes:
        index: its place in the iterable, from 0.
        sent: ids of the tasks that the broker has, one for each event before it.
        unsent: the events after it, still in the iterable.
    """

    def __init__(self, text: str, sent: list[str], unsent: Iterator[Any]) -> None:
        super().__init__(f"event {len(sent)} cannot be sent: {text}")
        self.index = len(sent)
        self.sent = sent
        self.unsent = unsent
