"""Boards over several servers are those of one, byte for byte, whatever the order, duplication and split."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from config.settings import Settings
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.connections.connection import connect_shards
from leaderboard.reference import Reference
from leaderboard.shards import Shards
from leaderboard.store.snapshots import Snapshots
from leaderboard.system import System
from tests.integration.leaderboard.sharded.conftest import Divided
from tests.support.boards import opens, row, scores
from tests.support.oracle import Expected, expected
from tests.support.random_bars import (
    applied_by,
    applied_while_learning,
    bars_of_two_days,
    columns,
    deliveries_of,
    later,
    market,
    property_test,
    references,
)
from tests.support.waiting import eventually

#: Each of three servers has some of them.
SYMBOLS = ["A", "BRK.B", "C", "D", "E", "F"]


def boards_of(shards: Shards[Redis], size: int) -> dict[str, Any]:
    """The boards as they are published."""
    snapshots = Snapshots(shards, interval=0.1, size=size, timeout=30)
    eventually(lambda: snapshots.publish().result != "taken")
    return {board.name: shards.first.get(board.scanner) for board in BOARDS}


def assert_is_divided(shards: Shards[Redis], outcome: Expected) -> None:
    """Each server has the rows, opens and scores of its own symbols, to the last bit, and of no others."""
    for index, redis in enumerate(shards):
        own = {symbol for symbol in outcome.rows if shards.index(symbol) == index}
        assert all(symbol in own for ranked in scores(redis).values() for symbol in ranked)
        assert redis.exists(*map(keys.quote, own or ["none"])) == len(own)
        for symbol in own:
            assert row(redis, symbol) == outcome.rows[symbol]
    for phase, prices in outcome.opens.items():
        assert {symbol: price for redis in shards for symbol, price in opens(redis)[phase].items()} == prices


@property_test
@given(
    count=st.integers(1, 3),
    size=st.sampled_from([1, 2, 500]),
    events=bars_of_two_days(SYMBOLS, most=30),
    known=st.dictionaries(st.sampled_from(SYMBOLS), references, max_size=4),
    earlier=st.dictionaries(st.sampled_from(SYMBOLS), references, max_size=4),
    rng=st.randoms(use_true_random=False),
)
def test_bars_in_any_order(
    redis: Redis,
    divided: Divided,
    replay_settings: Settings,
    count: int,
    size: int,
    events: list[dict[str, Any]],
    known: dict[str, Reference],
    earlier: dict[str, Reference],
    rng: random.Random,
) -> None:
    # Given a set of bars, some twice, in any order, for one server and for several, each with three processes
    redis.flushall()
    one, several = replay_settings, divided(count)
    shards = connect_shards(several)
    snapshots = Snapshots(shards, interval=0.1, size=size, timeout=30)

    # When they are applied, one process conflating, with reference data on the way, and boards published at times
    for each, watch in ((one, lambda: None), (several, snapshots.publish)):
        conflating = each.model_copy(update={"market_clock": "wall", "fold_after": 0.001})
        systems = [System.from_settings(of) for of in (each, each, conflating)]
        applied_while_learning(systems, deliveries_of(events, rng), [earlier, known], rng, watch)
    of_one, of_several = boards_of(connect_shards(one), size), boards_of(shards, size)

    # Then the same boards are published, and each server has what the bars say of its symbols
    assert of_several == of_one
    last = {symbol: columns(later(earlier.get(symbol), known.get(symbol))) for symbol in earlier | known}
    assert_is_divided(shards, expected(events, last))


@pytest.mark.slow
@settings(property_test, max_examples=8)
@given(count=st.integers(2, 3), seed=st.integers(0, 2**32))
def test_two_thousand_symbols_in_any_order(
    redis: Redis, divided: Divided, replay_settings: Settings, count: int, seed: int
) -> None:
    # Given a market of two thousand symbols over two days
    redis.flushall()
    rng = random.Random(seed)
    events = market(rng, symbols=2000, events=6000)
    several = divided(count)

    # When it is applied in any order, by one server and by several
    for each in (replay_settings, several):
        applied_by([System.from_settings(each) for _ in range(3)], deliveries_of(events, rng), rng)

    # Then the same boards are published
    shards = connect_shards(several)
    assert boards_of(shards, 500) == boards_of(connect_shards(replay_settings), 500)
    assert_is_divided(shards, expected(events))
