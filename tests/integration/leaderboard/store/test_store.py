"""The boards are a function of the set of events: any order, duplication and split over any number of stores."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from config.settings import Settings
from leaderboard.reference import Reference
from leaderboard.system import System
from tests.support.boards import assert_as_expected, scores
from tests.support.feed_reader import FeedReader
from tests.support.oracle import expected
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


@property_test
@given(
    events=bars_of_two_days(["A", "BRK.B"], most=25),
    known=st.dictionaries(st.sampled_from(["A", "BRK.B"]), references),
    earlier=st.dictionaries(st.sampled_from(["A", "BRK.B"]), references),
    rng=st.randoms(use_true_random=False),
)
def test_two_symbols_in_any_order(
    redis: Redis,
    replay_settings: Settings,
    conflating_settings: Settings,
    events: list[dict[str, Any]],
    known: dict[str, Reference],
    earlier: dict[str, Reference],
    rng: random.Random,
) -> None:
    # Given a set of bars, some twice, in any order, and three processes, of which one conflates what it gets
    redis.flushall()
    systems = [System.from_settings(each) for each in (replay_settings, replay_settings, conflating_settings)]
    deliveries = deliveries_of(events, rng)

    reader = FeedReader(redis)

    # When reference data comes somewhere on the way, and then changes
    applied_while_learning(systems, deliveries, [earlier, known], rng, reader.read)

    # Then boards, rows, quotes and opens are what the set of bars and the reference data say
    last = {symbol: columns(later(earlier.get(symbol), known.get(symbol))) for symbol in earlier | known}
    oracle = expected(events, last)
    assert_as_expected(redis, oracle)

    # And so is what a reader has that follows the change feed, whenever it looked
    reader.read()
    assert {symbol: msgspec.json.decode(quote) for symbol, quote in reader.quotes.items()} == oracle.rows


@pytest.mark.slow
@settings(property_test, max_examples=8)
@given(seed=st.integers(0, 2**32))
def test_two_thousand_symbols_in_any_order(
    redis: Redis, replay_settings: Settings, conflating_settings: Settings, seed: int
) -> None:
    # Given a market of two thousand symbols over two days, each symbol's volume rising within its day
    redis.flushall()
    rng = random.Random(seed)
    events = market(rng, symbols=2000, events=6000)
    systems = [System.from_settings(each) for each in (replay_settings, replay_settings, conflating_settings)]
    deliveries = events + rng.choices(events, k=1000)
    rng.shuffle(deliveries)

    # When it is applied in any order
    applied_by(systems, deliveries, rng)

    # Then the boards are the set's
    assert_as_expected(redis, expected(events))


@settings(property_test, max_examples=8)
@given(seed=st.integers(0, 2**32), retain=st.sampled_from([10, 50]))
def test_volume_is_exact_with_hard_trimming(redis: Redis, redis_url: str, seed: int, retain: int) -> None:
    # Given boards of ten and a market far larger
    redis.flushall()
    rng = random.Random(seed)
    events = market(rng, symbols=300, events=2000)
    narrow = Settings(redis_url=redis_url, market_clock="events", board_size=10, board_retain=retain)
    systems = [System.from_settings(narrow) for _ in range(3)]
    rng.shuffle(events)

    # When it is applied in any order
    applied_by(systems, events, rng)

    # Then the volume board holds exactly the ten largest, and no board more than it may
    volume = scores(redis)["volume"]
    assert volume == expected(events, board_size=10).boards["volume"]
    assert redis.zcard("leaderboard:top_gappers") <= retain
