"""A market that is written into another Redis is there as it was."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from config.settings import settings
from history.errors import HistoryError
from history.fold.base import symbol_state
from history.fold.state import of_rows
from history.restoration.market import Market, restore
from leaderboard import keys
from leaderboard.reference import Reference
from leaderboard.reference.redis_reference import RedisReference
from leaderboard.reference.store import ReferenceStore
from leaderboard.row import numbers_of
from leaderboard.sessions import Phase, Session, next_trading_day
from leaderboard.shards import Shards
from leaderboard.store.sharded_store import store_over
from leaderboard.system import System
from tests.support.history.redis_contents import contents
from tests.support.market import TODAY, bar
from tests.support.random_bars import bars_of_two_days, learn, property_test, references

SYMBOLS = ["A", "B", "AMpB", "D.E"]


def market_of(redis: Redis, session: Session) -> Market:
    """What Redis holds, as the archive keeps it."""
    records: Any = redis.hgetall(keys.RECORDS)
    symbols = [symbol.decode() for symbol in records]
    known = {
        symbol: each.reference
        for symbol, each in zip(symbols, RedisReference(redis).load(session.day, symbols), strict=True)
    }
    read: dict[str, Any] = {symbol: redis.hgetall(keys.row(symbol)) for symbol in symbols}
    rows = [
        symbol_state(symbol, 7, records[symbol.encode()], numbers_of(read[symbol]), known[symbol], 1)
        for symbol in symbols
    ]
    made_with = [row["symbol"] for row in rows if row["profile_position"]]
    profiles = {symbol: known[symbol].volume_profile for symbol in made_with}
    revision: Any = redis.get(keys.REVISION)
    return Market(session, 1_000, int(revision), of_rows(rows), profiles, {})


def restored(redis: Redis, market: Market) -> set[str]:
    shards = Shards([redis])
    store = store_over(shards, ReferenceStore(shards, has_source=lambda: False), settings())
    return restore(shards, store, market, lambda _: None)


@property_test
@given(
    events=bars_of_two_days(SYMBOLS, 30),
    known=st.dictionaries(st.sampled_from(SYMBOLS), references, max_size=4),
    rng=st.randoms(use_true_random=False),
)
def test_whatever_bars_there_were_it_is_there_as_it_was(
    redis: Redis, empty: Redis, system: System, events: list[dict[str, Any]], known: dict[str, Reference], rng: Any
) -> None:
    # Given a market of random bars of two days, and another Redis
    redis.flushdb()
    empty.flushdb()
    learn([system], known, rng, events)
    system.process(events)
    session = system.session()
    assert session
    # When it is restored there
    restored(empty, market_of(redis, session))
    # Then everything is as it was
    assert contents(empty) == contents(redis)


def test_it_joins_what_has_come_since(redis: Redis, empty: Redis, system: System, redis_url: str) -> None:
    # Given a market whose Redis has lost everything, and bars that have come since
    lost = [bar("A", "09:00:00", close=8.0, h=99.0), bar("A", "09:31:00", close=9.0), bar("B", "09:32:00")]
    since = [bar("A", "09:40:00", close=11.0), bar("C", "09:41:00")]
    system.process(lost)
    market = market_of(redis, system.session() or Session(TODAY, Phase.PRE))
    system.process(since)
    System.from_settings(settings().model_copy(update={"redis_url": redis_url.replace("/0", "/5")})).process(since)
    # When what was recorded is restored
    restored(empty, market)
    # Then the boards are those of all bars
    assert contents(empty) == contents(redis)
    # And who remembers a revision or a position finds later ones
    counters: Any = empty.mget(keys.REVISION, keys.TAPE_POSITION)
    revision, position = map(int, counters)
    assert revision > market.revision
    assert position >= market.position


def test_boards_of_another_day_stay(redis: Redis, empty: Redis, system: System) -> None:
    # Given a market, and a Redis that shows the next day
    system.process([bar("A", "09:31:00")])
    market = market_of(redis, Session(TODAY, Phase.REGULAR))
    empty.set(keys.SESSION, Session(next_trading_day(TODAY), Phase.PRE).number)
    # When it is restored there, then nothing is done
    with pytest.raises(HistoryError, match="The boards show 2026-11-23: restore 2026-11-20 into a Redis that is"):
        restored(empty, market)
    assert empty.dbsize() == 1
