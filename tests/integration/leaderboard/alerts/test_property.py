"""What fires is what the oracle says, whoever evaluates which tick, has just started, or has lost what it knew."""

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from leaderboard import keys
from leaderboard.alerts.alert import Alert
from leaderboard.alerts.alerts_file import load
from leaderboard.alerts.publisher import AlertPublisher
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.fields import WINDOWS
from leaderboard.market.change_feed import Changes
from leaderboard.market.selection import Selection
from leaderboard.market.table import MarketTable
from leaderboard.screens.screen import Screen
from leaderboard.sessions import Phase, Session
from tests.support.alert_oracle import Alerts, Rule, as_toml
from tests.support.market import TODAY, at
from tests.support.market_rows import row
from tests.support.moved_clock import MONDAY
from tests.support.random_bars import EXAMPLES, property_test
from tests.support.screen_oracle import Screen as OracleScreen

#: An ordinary slot, in seconds.
FIRST = 1_795_000_000
NAMES = [window.name for window in WINDOWS]

conditions = st.sampled_from(
    ["close >= 2", "close < 2", "pct_change >= 10", "close > pre_high", "volume_1m > 1000", "day_high >= 2"]
)
rules = st.builds(
    lambda when, event, hours, hold, cooldown: Rule(
        "",
        [] if event else when,
        event,
        when if event else [],
        hours,
        # What is of one moment does not last.
        0 if event.startswith("new_") else hold,
        cooldown,
    ),
    st.lists(conditions, min_size=1, max_size=2),
    st.sampled_from(
        [
            *("", "", "new_high", "new_low", "above_pre_high", "spike"),
            *("enters:gainers:1", "enters:volume:2", "enters:cheap:1", "enters:cheap:2"),
        ]
    ),
    st.sampled_from([[], ["regular"], ["pre", "post"]]),
    st.sampled_from([0, 0, 1, 3]),
    st.sampled_from([0, 1, 2, 60]),
)
#: What is declared at a tick: a screen that rules name, the same otherwise, or none.
SCREENS: list[dict[str, OracleScreen]] = [
    {"cheap": OracleScreen("close", "ascending")},
    {"cheap": OracleScreen("close", "ascending")},
    {"cheap": OracleScreen("close", "ascending", ["close >= 1"], size=1)},
    {},
]
prices = st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 12.0])
changes = st.tuples(
    st.sampled_from("ABCD"),
    st.fixed_dictionaries(
        {
            "close": prices,
            "day_high": prices,
            "day_low": prices,
            "pre_high": prices,
            "pct_change": st.sampled_from([0.0, 9.0, 10.0, 12.0]),
            "pct_change_since_open": st.sampled_from([-1.0, 0.0, 3.0]),
            "accumulated_volume": st.sampled_from([0, 10, 100]),
            "start_timestamp": st.sampled_from(["09:29:59", "10:00:00", "16:00:00"]),
        }
    ),
    st.sampled_from([(None, None), (1.0, 1_001.0), (8.0, 2_000.0), (12.0, 999.0), (0.5, 5_000.0)]),
)
ticks = st.lists(
    st.fixed_dictionaries(
        {
            "seconds": st.sampled_from([1, 1, 1, 1, 2, 5, 60, 61, 400]),
            "changes": st.lists(changes, max_size=4),
            "is_next_day": st.integers(0, 9).map(lambda chance: chance == 0),
            # Which of three processes publishes it, and whether that has just started.
            "process": st.integers(0, 2),
            "is_new": st.booleans(),
            "screens": st.sampled_from(SCREENS),
            # Whether Redis has lost what the rules remember.
            "is_lost": st.integers(0, 19).map(lambda chance: chance == 0),
        }
    ),
    min_size=1,
    max_size=12,
)


class Market:
    """The rows of all symbols as they are now.

    Attributes:
        rows: by symbol, as the change feed has them.
        windows: by symbol, the percent and the volume of a minute.
        revisions: by symbol.
        revision: the newest.
        day: of the rows.
    """

    def __init__(self) -> None:
        self.revision, self.day = 0, TODAY
        self.start_again(TODAY)

    def start_again(self, day: date) -> None:
        self.day, self.rows, self.windows = day, dict[str, Any](), dict[str, Any]()
        self.revisions: dict[str, int] = {}

    def change(self, symbol: str, numbers: dict[str, Any], windows: tuple[float | None, float | None]) -> None:
        self.revision += 1
        start = at(numbers["start_timestamp"], self.day)
        times = {"start_timestamp": start, "end_timestamp": start + 1000}
        self.rows[symbol] = row(symbol, **numbers | times)
        self.windows[symbol], self.revisions[symbol] = windows, self.revision

    @property
    def session(self) -> Session:
        return Session(self.day, Phase.REGULAR)

    def whole_rows(self) -> dict[str, Any]:
        """The rows with their windows, for the oracle."""
        return {
            symbol: each | dict.fromkeys(NAMES) | dict(zip(NAMES[::2], self.windows[symbol], strict=True))
            for symbol, each in self.rows.items()
        }


class Process:
    """A clock worker as far as alerts go, with a table of its own."""

    def __init__(self, redis: Redis, path: Path) -> None:
        self._redis = redis
        self._table = MarketTable()
        self._alerts = AlertPublisher(redis, WatchedFile(path, load, "alerts"), interval=1.0)

    def tick(self, market: Market, declared: Mapping[str, OracleScreen], slot: int) -> None:
        self._follow(market)
        with self._redis.pipeline() as pipe:
            self._alerts.ask(pipe)
            replies = pipe.execute()
        screens = [
            Screen(name, name, "", Selection.parse(each.by, each.order, each.where, limit=each.size))
            for name, each in declared.items()
        ]
        evaluated = self._alerts.evaluate(replies, self._table, screens, slot, slot * 1000)
        assert evaluated
        with self._redis.pipeline() as pipe:
            self._alerts.add(evaluated, pipe)
            (reply,) = pipe.execute()
        self._alerts.note(evaluated, self._table, reply)

    def _follow(self, market: Market) -> None:
        is_of_day = self._table.session == market.session
        since = self._table.revision if is_of_day else 0
        new = [symbol for symbol, revision in market.revisions.items() if revision > since]
        quotes = [msgspec.json.encode(market.rows[symbol]) for symbol in new]
        revisions = [market.revisions[symbol] for symbol in new]
        self._table.apply(Changes(market.session, since, market.revision, 0, new, revisions, quotes))
        whole = market.whole_rows()
        self._table.set_windows(
            [[whole[symbol][name] or math.nan for symbol in self._table.symbols] for name in NAMES]
        )


@settings(property_test, max_examples=EXAMPLES)
@given(declared=st.lists(rules, min_size=1, max_size=4), ticks=ticks)
def test_what_fires_is_the_oracles_whoever_evaluates(
    redis: Redis, declared: Sequence[Rule], ticks: list[dict[str, Any]]
) -> None:
    # Given rules, and three processes that evaluate them in turns, each of which may start again at any time
    redis.flushall()
    named = [replace(rule, name=f"rule{n}") for n, rule in enumerate(declared)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "alerts.toml"
        path.write_text(as_toml(named))
        processes = [Process(redis, path) for _ in range(3)]
        market, oracle, slot, expected = Market(), Alerts(named), FIRST, list[str]()

        # When the market changes from tick to tick, a day begins, and what the rules remember is lost
        for tick in ticks:
            slot += tick["seconds"]
            if tick["is_next_day"] and market.day == TODAY:
                market.start_again(MONDAY)
            for change in tick["changes"]:
                market.change(*change)
            if tick["is_new"]:
                processes[tick["process"]] = Process(redis, path)
            if tick["is_lost"]:
                redis.delete(keys.ALERTS_STATE)
                oracle.forget()
            processes[tick["process"]].tick(market, tick["screens"], slot)
            expected += oracle.tick(slot, market.whole_rows(), (market.day, "regular"), tick["screens"])

    # Then the alerts are the oracle's, each once, in its order, at its tick
    entries: Any = redis.xrange(keys.ALERTS)
    alerts = [Alert.parse(fields[b"alert"]) for _, fields in entries]
    assert [alert.id for alert in alerts] == expected
    assert len(set(expected)) == len(expected)
    for (entry, _), alert in zip(entries, alerts, strict=True):
        second = int(entry.partition(b"-")[0])
        assert (alert.id, alert.at) == (f"{alert.rule}:{alert.symbol}:{second}", second * 1000)
