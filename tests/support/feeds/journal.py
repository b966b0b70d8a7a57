"""What a feed sends, shows and learns, in order."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from types import TracebackType
from typing import Any, Self

from feeds.display import Status
from feeds.errors import FeedError
from feeds.event_dict import EventDict
from feeds.feed import Feed
from feeds.pace import MarketPace
from leaderboard.reference import Reference
from tests.support.fake_time import Time


class Journal:
    """A queue, a display and reference data, all in one list of what happened.

    Attributes:
        happened: in order: what was sent, shown, learned, and how deep the queue was when it was found drained.
        batches: how many bars were sent together, each time.
        queued: bars in the queue; it gives up `emptied` of them each time that somebody looks.
        deepest: the most that were ever in it.
        on_wait: how many of them it gives up each time that somebody waits for it.
        fails_after: bars that it takes before it fails.
    """

    def __init__(self, emptied: int = 1_000_000) -> None:
        self.happened: list[Any] = []
        self.shown: list[Status] = []
        self.batches: list[int] = []
        self.queued = self.deepest = 0
        self.on_wait = 0
        self.fails_after = 1_000_000
        self._emptied = emptied

    def send(self, events: Sequence[EventDict]) -> None:
        room = self.fails_after - sum(self.batches)
        if len(events) > room:
            self.happened += events[:room]
            raise FeedError("full", sent=room)
        self.batches.append(len(events))
        self.deepest = max(self.deepest, self.queued + len(events))
        self.queued += len(events)
        self.happened += [(event["sym"], event["s"]) for event in events]

    def depth(self) -> int:
        self.queued = max(0, self.queued - self._emptied)
        return self.queued

    def drained(self) -> bool:
        drained = self.depth() == 0
        if drained:
            self.happened.append("drained")
        return drained

    def learn(self, day: date, answers: Mapping[str, Reference | None]) -> None:
        self.happened.append((day, dict(answers)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, status: Status) -> None:
        self.shown.append(status)
        if status.doing != "sending":
            self.queued = max(0, self.queued - self.on_wait)


def feed(journal: Journal, time: Time, speed: float = math.inf, bound: int = 1000) -> Feed:
    return Feed(journal, bound, MarketPace(speed, time.clock), journal, time.clock, time.sleep)
