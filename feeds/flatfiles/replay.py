"""Replays flat files, day after day."""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from config.settings import settings
from feeds.errors import FeedError
from feeds.feed import Feed
from feeds.feed_run import run_feed
from feeds.flatfiles.bar import events
from feeds.flatfiles.flat_file import FlatFile, read
from feeds.flatfiles.previous_day import notes_on_previous_days, notes_on_repeated_rows, previous_figures
from feeds.flatfiles.trading_day import TradingDay, trading_days
from feeds.pace import MarketPace
from feeds.reference_refresh import ReferenceRefresh
from feeds.servers import Boards
from leaderboard.reference import PreviousDay, Reference
from leaderboard.sessions import session_of


def replay_files(files: Sequence[Path], speed: float, bar_seconds: int | None, previous: Path | None) -> None:
    """Replay the bars of flat files in time order, whatever the order of the files.

    Args:
        files: the files.
        speed: how many times real time; infinite: as fast as possible.
        bar_seconds: length of their bars. None: 1 or 60, by the spacing of each file's bars.
        previous: a file of the day before the first.

    Raises:
        FeedError: a file cannot be read, or a server failed.
    """
    days = deque(trading_days(_read(path, bar_seconds) for path in files))
    if not days:
        raise FeedError(f"There are no bars in {', '.join(map(str, files))}.")
    eve = _day_before(days[0].day, previous) if previous else None
    known_days = [eve, *days] if eve else [*days]
    for sentence in [*notes_on_repeated_rows(known_days), *notes_on_previous_days(known_days)]:
        print(sentence, flush=True)
    before = previous_figures(eve, days[0].day)
    del eve, known_days
    boards = Boards()
    warn(days[0].day, boards)
    with run_feed(MarketPace(speed), total=sum(map(len, days))) as feed:
        play(days, before, feed, ReferenceRefresh(boards.learn))


def play(
    days: deque[TradingDay], before: Mapping[str, PreviousDay], feed: Feed, reference: ReferenceRefresh
) -> None:
    """Send all bars of `days`, and with each day the figures of the trading day before it.

    Args:
        days: earliest first. Each is removed before it is sent, so that its memory is freed afterwards.
        before: the figures of the trading day before the first.
        feed: takes the bars.
        reference: takes a day's figures, once the workers are done with the day before.
    """
    while days:
        today = days.popleft()
        feed.drain()
        reference.put(today.day, {symbol: Reference(previous=each) for symbol, each in before.items()})
        for event in events(today.bars()):
            feed.send(event)
            reference.refresh()
        before = previous_figures(today, days[0].day) if days else {}
    feed.drain()


def _read(path: Path, bar_seconds: int | None) -> FlatFile:
    file = read(path, bar_seconds)
    print(file.summary(), flush=True)
    if file.is_daily:
        raise FeedError(
            f"{path} holds day aggregates, which tell no time of day and cannot be replayed. As the day before "
            "the first one, name it with --previous."
        )
    return file


def _day_before(first: date, path: Path) -> TradingDay:
    """The newest day in `path` before `first`."""
    file = read(path)
    print(file.summary(), flush=True)
    earlier = [each for each in trading_days([file]) if each.day < first]
    if not earlier:
        raise FeedError(f"{path} holds no trading day before {first}, the first that is replayed.")
    return earlier[-1]


def warn(first: date, boards: Boards) -> None:
    """Warn if the boards will not show the bars."""
    shown = boards.session()
    if shown and shown.day > first:
        print(f"The boards show {shown.day} already: bars of earlier days will not change them.", flush=True)
    elif settings().market_clock == "wall" and first < session_of(int(time.time() * 1000)).day:
        print("MARKET_CLOCK is 'wall': bars of past days leave the boards at the next reset.", flush=True)
