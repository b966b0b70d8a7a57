"""The windows: against a plain model, and the same in every process, whoever publishes and whenever it started."""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from leaderboard import keys
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.fields import WINDOWS
from leaderboard.market.table import MarketTable
from leaderboard.market.windows import FIELD, Tick, Windows, slot_of, slots_kept
from leaderboard.sessions import Phase, Session
from tests.support.market import TODAY
from tests.support.market_rows import REGULAR, changes, row
from tests.support.random_bars import property_test

#: Seconds between two ticks: so that the windows are 3 and 15 slots long.
INTERVAL = 20.0
SPANS = {window.seconds: round(window.seconds / INTERVAL) for window in WINDOWS}
TOMORROW = Session(TODAY.replace(day=23), Phase.PRE)

Rows = Mapping[str, tuple[float, float]]


class Process:
    """A process that follows the market."""

    def __init__(self) -> None:
        self.table = MarketTable()
        self.windows = Windows(self.table, INTERVAL)

    def values(self) -> dict[str, list[float | None]]:
        """The windows by symbol; None where they are unknown."""
        columns = [self.table.column(window.name).tolist() for window in WINDOWS]
        rows = zip(*columns, strict=True)
        return {
            symbol: [None if math.isnan(value) else value for value in values]
            for symbol, values in zip(self.table.symbols, rows, strict=True)
        }


@dataclass
class Market:
    """A market and its published ticks."""

    redis: Redis
    session: Session = REGULAR
    revision: int = 0
    slot: int = 1_000
    # Close and accumulated volume by symbol, and since which revision.
    rows: dict[str, tuple[float, float]] = field(default_factory=dict)
    changed_at: dict[str, int] = field(default_factory=dict)
    # All rows at each tick of the day.
    ticks: dict[int, Rows] = field(default_factory=dict)

    def change(self, rows: Rows) -> None:
        self.revision += 1
        self.rows |= rows
        self.changed_at |= dict.fromkeys(rows, self.revision)

    def roll(self) -> None:
        self.revision += 1
        self.session = TOMORROW
        self.rows, self.changed_at, self.ticks = {}, {}, {}

    def read(self, process: Process) -> None:
        table = process.table
        known = table.session == self.session
        since = table.revision if known else 0
        made = [
            row(symbol, close=close, accumulated_volume=volume)
            for symbol, (close, volume) in self.rows.items()
            if self.changed_at[symbol] > since
        ]
        new = changes(made, since=since, revision=self.revision, session=self.session)
        new.revisions[:] = [self.changed_at[symbol] for symbol in new.symbols]  # type: ignore[index]
        table.apply(new)
        process.windows.read(self.redis, self.slot)

    def publish(self, process: Process) -> None:
        """Publish a tick, as the screens' publisher does."""
        self.read(process)
        entry: Any = {FIELD: process.windows.tick()}
        self.redis.xadd(
            keys.TICKS, entry, f"{self.slot}-0", minid=f"{self.slot - slots_kept(INTERVAL)}-0", approximate=False
        )
        self.ticks[self.slot] = dict(self.rows)

    def then(self, slots: int) -> Rows:
        """All rows as they stood at the newest tick that is so many slots old."""
        return self.ticks.get(max((slot for slot in self.ticks if slot <= self.slot - slots), default=0), {})

    def expected(self) -> dict[str, list[float | None]]:
        """The windows, computed symbol by symbol."""
        values: dict[str, list[float | None]] = {}
        for symbol, (close, volume) in self.rows.items():
            values[symbol] = []
            for window in WINDOWS:
                before = self.then(SPANS[window.seconds]).get(symbol)
                if before is None or (window.is_percent and before[0] == 0):
                    values[symbol].append(None)
                elif window.is_percent:
                    values[symbol].append((close - before[0]) / before[0] * 100)
                else:
                    values[symbol].append(volume - before[1])
        return values


rows = st.dictionaries(
    st.sampled_from("ABCDE"),
    st.tuples(st.sampled_from([0.0, 1.0, 2.5, 10.0]), st.integers(0, 9).map(float)),
    max_size=3,
)
# What happens in a slot: which rows change; who publishes, if anybody; how many slots go by.
slots = st.tuples(rows, st.sampled_from(["first", "second", "third", None]), st.sampled_from([1, 1, 1, 2, 7, 30]))
history = st.lists(slots, min_size=1, max_size=20)
few_examples = settings(property_test, max_examples=25)


@few_examples
@given(history, st.integers(0, 20))
def test_any_process_has_the_windows_of_the_plain_model(redis: Redis, history: list[Any], roll_at: int) -> None:
    # Given three publishers that take turns in any way, on two days
    redis.delete(keys.TICKS)
    market, publishers = Market(redis), {name: Process() for name in ("first", "second", "third")}
    for at, (changed, publisher, slots) in enumerate(history):
        if at == roll_at:
            market.roll()
        market.change(changed)
        if publisher:
            market.publish(publishers[publisher])

            # When they and a process that has just started read the stream
            for process in (*publishers.values(), Process()):
                market.read(process)

                # Then each has the windows of the model
                assert process.values() == market.expected()
        market.slot += slots


@few_examples
@given(history, st.lists(st.booleans(), min_size=20, max_size=20))
def test_all_processes_agree_also_when_publishers_restart_and_sleep(
    redis: Redis, history: list[Any], restarts: list[bool]
) -> None:
    # Given publishers that restart, and read only when they publish
    redis.delete(keys.TICKS)
    market, publishers = Market(redis), {name: Process() for name in ("first", "second", "third")}
    watching = Process()
    for (changed, publisher, slots), restart in zip(history, restarts, strict=False):
        market.change(changed)
        if publisher:
            if restart:
                publishers[publisher] = Process()
            market.publish(publishers[publisher])
            market.read(publishers[publisher])

            # When a process that never stopped and one that has just started read the stream
            started = Process()
            market.read(watching)
            market.read(started)

            # Then both have the publisher's windows, which are the model's or unknown
            assert watching.values() == started.values() == publishers[publisher].values()
            for symbol, values in market.expected().items():
                assert all(
                    value in (None, right) for value, right in zip(started.values()[symbol], values, strict=True)
                )
        market.slot += slots


def test_a_window_opens_when_the_ticks_reach_back_far_enough(redis: Redis) -> None:
    # Given a symbol at 10 dollars, published each slot
    market, process = Market(redis), Process()
    opened = []
    for volume in range(20):
        market.change({"A": (10.0 + volume, 100.0 * volume)})
        market.publish(process)
        market.read(process)
        opened.append(process.values()["A"])
        market.slot += 1

    # Then each window opens after its time, and is the difference
    assert opened[2] == [None] * 4
    assert opened[3] == [(13 - 10) / 10 * 100, None, 300, None]
    assert opened[14][3] is None
    assert opened[15] == [(25 - 22) / 22 * 100, (25 - 10) / 10 * 100, 300, 1500]
    assert redis.xlen(keys.TICKS) == slots_kept(INTERVAL) + 1


def test_a_clock_that_was_set_back_starts_the_windows_anew(redis: Redis) -> None:
    # Given windows that are known
    market, process = Market(redis), Process()
    for volume in range(5):
        market.change({"A": (10.0, float(volume))})
        market.publish(process)
        market.slot += 1
    market.read(process)
    assert process.values()["A"][2] == 2

    # When the server's clock is set back, and the next publisher deletes the ticks
    market.slot -= 100
    market.read(process)
    assert process.values()["A"] == [None] * 4
    redis.delete(keys.TICKS)
    for volume in range(5, 9):
        market.change({"A": (10.0, float(volume))})
        market.publish(process)
        market.slot += 1
    market.read(process)

    # Then the windows open again
    assert process.values()["A"][2] == 2


def test_a_tick_of_a_revision_that_the_table_lacks_waits(redis: Redis) -> None:
    # Given a process that has read the market before a tick with a new symbol was published
    market, publisher, reader = Market(redis), Process(), Process()
    market.change({"A": (1.0, 1.0)})
    market.publish(publisher)
    market.read(reader)
    market.slot += 1
    market.change({"B": (1.0, 1.0)})
    market.publish(publisher)

    # When it reads the ticks, and then the market
    reader.windows.read(redis, market.slot)
    market.slot += SPANS[60]
    market.read(reader)

    # Then it has the windows of all
    assert reader.values() == market.expected()
    assert reader.values()["B"][2] == 0


def test_junk_in_the_stream_is_logged_and_ignored(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    market, process = Market(redis), Process()
    for junk in ({"x": "y"}, {FIELD: "y" * 40}, {FIELD: b"\0" * 24 + b"\1" + b"\0" * 7}):
        redis.xadd(keys.TICKS, junk)  # type: ignore[arg-type]
    market.slot = 10**12
    market.change({"A": (1.0, 1.0)})

    with caplog.at_level(logging.ERROR):
        market.read(process)
        market.read(process)

    assert process.values() == {"A": [None] * 4}


def test_a_stream_of_another_type_is_named(redis: Redis) -> None:
    redis.set(keys.TICKS, "x")

    with pytest.raises(InvalidValueError, match=keys.TICKS):
        Process().windows.read(redis, 5)


def test_slots_are_those_of_the_snapshots() -> None:
    assert [slot_of(time, 1.0) for time in (999, 1000, 1799, 1800, 2000)] == [1, 1, 1, 2, 2]
    assert slot_of(10_000, 0.5) == 20
    assert slots_kept(1.0) == 302


def test_a_tick_reads_back_as_it_was_packed(redis: Redis) -> None:
    process = Process()
    process.table.apply(changes([row("A", close=2, accumulated_volume=3), row("B.C")], revision=7))
    process.windows.read(redis, 5)

    tick = Tick.parse(5, process.windows.tick())

    assert (tick.slot, tick.previous, tick.day, tick.revision) == (5, 0, REGULAR.day_number, 7)
    assert tick.symbols == ["A", "B.C"]
    assert tick.after.tolist() == [[2, 0], [3, 0]]
    assert all(map(math.isnan, tick.before.ravel()))
