"""Runs a feed from its first bar to the report at its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from config import logging, telemetry
from config.settings import settings
from feeds import metrics
from feeds.display import display
from feeds.errors import FeedError, Stopped
from feeds.feed import Feed
from feeds.pace import Pace
from feeds.servers import Broker


class Reporting(Protocol):
    """A feed that says what it has sent."""

    @property
    def sent(self) -> int:
        """Bars sent."""
        ...

    def summary(self) -> str:
        """What was sent, in words."""
        ...


@contextmanager
def run_feed(pace: Pace, total: int | None = None) -> Iterator[Feed]:
    """A feed into the queue of bars. At the end it prints what was sent.

    Args:
        pace: when a bar is due.
        total: bars to be sent; None if unknown.

    Raises:
        FeedError: a server failed; the text says how many bars were sent.
    """
    with display(total) as shown:
        feed = Feed(Broker(), settings().queue_bound, pace, shown)
        with reporting_early_end(feed), exporting_metrics(feed):
            yield feed
            feed.flush()
    print(f"Sent {feed.summary()}.")


@contextmanager
def exporting_metrics(feed: metrics.MeasuredFeed) -> Iterator[None]:
    """Export a feed's metrics while it runs, if the environment says where to.

    Raises:
        FeedError: a variable has a wrong value.
    """
    metrics.observe(feed)
    try:
        telemetry.start_metrics("feed", prometheus=True)
    except telemetry.WrongVariableError as error:
        raise FeedError(str(error)) from error
    try:
        yield
    finally:
        telemetry.stop()


@contextmanager
def reporting_early_end(feed: Reporting) -> Iterator[None]:
    """Log while `feed` runs. If it ends early, say how much it has sent. To be entered within its display.

    Raises:
        FeedError: it failed; the text says how many bars were sent.
    """
    # Only now, so that log lines appear above a progress bar and not in the middle of it.
    logging.configure(settings())
    try:
        yield
    except FeedError as error:
        raise FeedError(f"{error} {feed.sent:,} bars had been sent.") from error
    except Stopped as stopped:
        stopped.summary = f"Stopped after {feed.summary()}."
        raise
