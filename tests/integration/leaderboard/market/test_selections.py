"""What is selected of the market's table is what the oracle of screens selects of the same rows."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from config.settings import Settings
from leaderboard.boards import BOARDS
from leaderboard.fields import WINDOWS
from leaderboard.market.change_feed import ChangeFeed
from leaderboard.market.selection import Bounds, Selection
from leaderboard.market.table import MarketTable
from leaderboard.reference import Reference
from tests.support.oracle import best_first
from tests.support.random_bars import EXAMPLES, property_test
from tests.support.random_screens import SYMBOLS, markets, reference_data, screens, traded, windows
from tests.support.screen_oracle import Screen, screened


@settings(property_test, max_examples=EXAMPLES // 2)
@given(
    events=markets,
    reference=reference_data,
    asked=st.lists(st.builds(replace, screens, offset=st.sampled_from([0, 0, 1, 5])), min_size=8, max_size=8),
    known=st.fixed_dictionaries({symbol: st.tuples(*[windows] * len(WINDOWS)) for symbol in SYMBOLS}),
    rng=st.randoms(use_true_random=False),
)
def test_a_selection_is_the_oracles(
    redis: Redis,
    replay_settings: Settings,
    events: list[dict[str, Any]],
    reference: dict[str, Reference],
    asked: list[Screen],
    known: dict[str, tuple[float | None, ...]],
    rng: random.Random,
) -> None:
    # Given a table that has followed the change feed while bars were applied, and windows that are known or not
    redis.flushall()
    feed, table = ChangeFeed(redis), MarketTable()

    def follow() -> None:
        table.apply(feed.read(table.revision, table.session))

    oracle = traded(replay_settings, events, reference, rng, follow)
    values = np.array([known[symbol] for symbol in table.symbols], float).reshape(-1, len(WINDOWS)).T
    table.set_windows([*values])
    named = [window.name for window in WINDOWS]
    rows: list[dict[str, Any]] = [
        {**row, **dict(zip(named, known[symbol], strict=True))} for symbol, row in oracle.rows.items()
    ]

    for screen in asked:
        # When it is asked for a selection
        asked_for = screen.by, screen.order, screen.where, screen.hours, screen.size, screen.offset
        found = table.select(Selection.parse(*asked_for, bounds=Bounds(offset=5)))

        # Then its rows and their order are the oracle's
        assert [table.symbols[row] for row in found] == screened(screen, rows), screen

    # And so are the ranks on the boards
    ranks = {board.name: best_first(oracle.boards[board.name]) for board in BOARDS}
    for symbol in oracle.rows:
        places = {name: rank.rank for name, rank in table.ranks(symbol).items()}
        assert places == {name: 1 + each.index(symbol) for name, each in ranks.items() if symbol in each}
