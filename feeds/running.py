"""Runs a feed into the real queue, from its first bar to its last word."""

from collections.abc import Iterator
from contextlib import contextmanager

from config import logging
from config.settings import settings
from feeds.display import display
from feeds.errors import FeedError, Stopped
from feeds.feed import Feed
from feeds.pace import Pace
from feeds.servers import Broker


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
        # Only now, so that log lines come out above a progress bar and not in the middle of it.
        logging.configure(settings())
        feed = Feed(Broker(), settings().queue_bound, pace, shown)
        try:
            yield feed
            feed.flush()
        except FeedError as error:
            raise FeedError(f"{error} {feed.sent:,} bars had been sent.") from error
        except Stopped as stopped:
            stopped.summary = f"Stopped after {feed.summary()}."
            raise
    print(f"Sent {feed.summary()}.")
