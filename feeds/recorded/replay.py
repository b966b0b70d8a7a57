"""Replays a recorded day: its bars in the order and at the pace in which they came."""

from collections.abc import Iterable
from datetime import date, datetime, time

from config.extras import extra
from feeds.errors import FeedError
from feeds.event_dict import EventDict
from feeds.feed import Feed
from feeds.feed_run import run_feed
from feeds.flatfiles.replay import warn
from feeds.pace import MarketPace
from feeds.reference_refresh import ReferenceRefresh
from feeds.servers import Boards
from leaderboard.event import SHORT_NAMES, Event
from leaderboard.sessions import NEW_YORK

with extra("history"):
    import duckdb

from history.database import database
from history.errors import HistoryError
from history.queries.arrivals import Arrival, Arrivals
from history.queries.references import references
from history.recorded_days import recorded_day

#: Fields of which 0 is the same as none.
_OPTIONAL = frozenset({"high", "low", "vwap", "aggregate_vwap", "average_size", "official_open_price"})
_FIELDS = [(name, short, name in _OPTIONAL) for name, short in SHORT_NAMES.items()]


def replay_day(day: date, speed: float, start: time | None, end: time | None) -> None:
    """Replay a recorded day, with the reference data that was known at its end.

    Args:
        day: the day.
        speed: how many times as fast as the bars came; infinite: as fast as possible.
        start, end: only bars that came between these times in New York; None: all.

    Raises:
        FeedError: there is no such day, the archive cannot be read, or a server failed.
    """
    boards = Boards()
    try:
        recorded = recorded_day(day)
        with database() as opened:
            recorded.views(opened)
            known = references(opened, day)
            arrivals = Arrivals(opened, recorded, _moment(day, start), _moment(day, end))
            total = arrivals.count()
            print(f"{day}: {total:,} bars, reference data of {len(known):,} symbols.", flush=True)
            warn(day, boards)
            with run_feed(MarketPace(speed), total=total) as feed:
                reference = ReferenceRefresh(boards.learn)
                reference.put(day, known)
                play(arrivals, feed, reference)
    except HistoryError as error:
        raise FeedError(str(error)) from error
    except duckdb.Error as error:
        raise FeedError(f"History cannot be read: {error}") from error


def play(arrivals: Iterable[Arrival], feed: Feed, reference: ReferenceRefresh) -> None:
    """Send bars as they came, and wait until workers are done with them.

    Args:
        arrivals: in the order in which they came.
        feed: takes the bars.
        reference: of the day.
    """
    for at, event in arrivals:
        feed.send(as_sent(event), at)
        reference.refresh()
    feed.drain()


def as_sent(event: Event) -> EventDict:
    """An event as a feed sends it: what was absent, and so counts as 0, is absent."""
    sent: EventDict = {
        short: value for name, short, is_optional in _FIELDS if (value := getattr(event, name)) or not is_optional
    }
    return sent | {"otc": True} if event.otc else sent


def _moment(day: date, clock: time | None) -> int | None:
    """Unix milliseconds of a time of day."""
    return None if clock is None else int(datetime.combine(day, clock, NEW_YORK).timestamp() * 1000)
