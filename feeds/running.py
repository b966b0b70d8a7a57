"""Runs a feed into the real queue, from its first bar to its last word."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from config import logging
from config.settings import settings
from feeds.display import display
from feeds.errors import FeedError, Stopped
from feeds.feed import Feed
from feeds.pace import Pace
from feeds.servers import Broker


class Counts(Protocol):
    """Knows what it has sent."""

    @property
    def sent(self) -> int:
        """Bars sent."""
        ...

    def summary(self) -> str:
        """What was sent, in words."""
        ...


@contextmanager
def running(pace: Pace, total: int | None = None) -> Iterator[Feed]:
    """A feed to send bars with; says at the end what was sent, and when it ends early how far it came.

    Args:
        pace: when a bar is due.
        total: bars to be sent; None: nobody knows.

    Raises:
        FeedError: a server failed; the text tells how many bars were sent.
    """
    with display(total) as shown:
        feed = Feed(Broker(), settings().queue_bound, pace, shown)
        with told(feed):
            yield feed
            feed.flush()
    print(f"Sent {feed.summary()}.")


@contextmanager
def told(feed: Counts) -> Iterator[None]:
    """Log while `feed` runs, and when it ends early say how far it came. To be entered within its display.

    Raises:
        FeedError: it failed; the text tells how many bars were sent.
    """
    # Only now, so that log lines come out above a progress bar and not in the middle of it.
    logging.configure(settings())
    try:
        yield
    except FeedError as error:
        raise FeedError(f"{error} {feed.sent:,} bars had been sent.") from error
    except Stopped as stopped:
        stopped.summary = f"Stopped after {feed.summary()}."
        raise
