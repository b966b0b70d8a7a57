"""The window fields are those of the rows as they stood at earlier ticks, whichever process computes them."""

import math
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from config.settings import Settings
from leaderboard import keys
from leaderboard.fields import WINDOWS
from leaderboard.market.change_feed import ChangeFeed
from leaderboard.market.table import MarketTable
from leaderboard.market.windows import FIELD, Windows, slots_kept
from leaderboard.system import System
from tests.support.market import TODAY, bar
from tests.support.moved_clock import MONDAY
from tests.support.oracle import expected
from tests.support.random_bars import EXAMPLES, property_test
from tests.support.screen_oracle import Ticks

#: An ordinary slot, in seconds.
FIRST = 1_795_000_000
NAMES = [window.name for window in WINDOWS]
LONGEST = max(window.seconds for window in WINDOWS)

# By symbol and by the window field's name.
ByField = dict[str, dict[str, float | None]]


class Process:
    """One of the processes that follow the market; they take turns to publish ticks.

    Attributes:
        read_at: the slot in which it last looked.
    """

    def __init__(self, redis: Redis, slot: int) -> None:
        self.read_at = slot
        self._redis = redis
        self._table = MarketTable()
        self._feed, self._windows = ChangeFeed(redis), Windows(self._table, 1.0)

    def read(self, slot: int) -> ByField:
        """The window fields of each symbol in a slot, null where they are unknown."""
        self.read_at = slot
        self._table.apply(self._feed.read(self._table.revision, self._table.session))
        self._windows.read(self._redis, slot)
        columns = [self._table.column(window.name).tolist() for window in WINDOWS]
        return {
            symbol: {name: None if math.isnan(value) else value for name, value in zip(NAMES, values, strict=True)}
            for symbol, *values in zip(self._table.symbols, *columns, strict=True)
        }

    def publish(self, slot: int) -> None:
        """Publish the tick of the slot that it has read."""
        oldest = f"{slot - slots_kept(1.0)}-0"
        entry: Any = {FIELD: self._windows.tick()}
        self._redis.xadd(keys.TICKS, entry, id=f"{slot}-0", minid=oldest, approximate=False)


ticks = st.lists(
    st.tuples(
        # Seconds since the tick before.
        st.sampled_from([1, 1, 1, 5, 30, 59, 60, 61, 240, 299, 300, 301, 400]),
        # The bars since then: symbol, close and accumulated volume; and whether they are of the next day.
        st.lists(
            st.tuples(st.sampled_from("ABC"), st.sampled_from([0.0, 1.0, 2.5, 10.0]), st.integers(0, 10**6)),
            max_size=3,
        ),
        st.integers(0, 9).map(lambda chance: chance == 0),
        # Which of two processes publishes it, and whether that has just started.
        st.integers(0, 1),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


@settings(property_test, max_examples=EXAMPLES // 4)
@given(ticks=ticks)
def test_windows_are_the_oracles_whoever_publishes(
    redis: Redis, replay_settings: Settings, ticks: list[Any]
) -> None:
    # Given two processes that publish ticks in turns, some of which have just started
    redis.flushall()
    system, processes = System.from_settings(replay_settings), [Process(redis, FIRST) for _ in range(2)]
    past, bars, slot, day, steady = Ticks(), list[dict[str, Any]](), FIRST, TODAY, True
    for seconds, changes, is_monday, publisher, is_new in ticks:
        slot += seconds
        if is_monday and day == TODAY:
            # The first bar of a new day rolls the clock: nothing is known of it until its first tick.
            past, day = Ticks(), MONDAY
            changes = [("A", 1.0, 1), *changes]
        new = [_bar(len(bars) + n, day, *change) for n, change in enumerate(changes)]
        bars += new
        system.process(new)
        if is_new:
            processes[publisher] = Process(redis, slot)
        steady &= not is_new and slot - processes[publisher].read_at <= LONGEST

        # When one of them publishes a tick
        found = processes[publisher].read(slot)
        processes[publisher].publish(slot)

        # Then its windows are the differences from the rows of the ticks before
        rows = expected(bars).rows
        past.note(slot, rows)
        whole = {symbol: past.with_windows(slot, row) for symbol, row in rows.items()}
        oracle = {symbol: {name: row[name] for name in NAMES} for symbol, row in whole.items()}
        assert_known(found, oracle, all_of_it=steady)

        # And so are those of a process that starts now
        assert_known(Process(redis, slot).read(slot), oracle, all_of_it=steady)


def assert_known(found: ByField, oracle: ByField, *, all_of_it: bool) -> None:
    """What a process knows is the oracle's. If it has just started, or was away, it may not know all of it."""
    assert found.keys() == oracle.keys()
    for symbol, values in found.items():
        assert {name for name, value in values.items() if value not in (oracle[symbol][name], None)} == set()
        assert values == oracle[symbol] or not all_of_it


def _bar(n: int, day: date, symbol: str, close: float, volume: int) -> dict[str, Any]:
    """The n-th bar: later ones are newer."""
    return bar(symbol, f"10:{n // 60:02}:{n % 60:02}", day, close=close, av=volume)
