"""The fold of the tape, and of a state read from Redis, shows what Redis holds, to the byte."""

import random
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis import Redis

from config.settings import Settings
from history.archive.rows import rows_of
from history.fold.base import symbol_state
from history.fold.market_fold import MarketFold
from history.fold.profiles import Profiles
from history.fold.state import of_rows
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.reference import Reference
from leaderboard.reference.redis_reference import RedisReference
from leaderboard.row import numbers_of
from leaderboard.sessions import Phase, Session
from leaderboard.store.session_clock import read_session
from leaderboard.system import System
from leaderboard.tape.reader import TapeReader
from leaderboard.tape.recording import renew
from tests.support.market import TODAY
from tests.support.random_bars import applied_by, bars_of_two_days, learn, property_test, references

SYMBOLS = ["A", "B", "AMpB", "C.D"]
DAY = TODAY


def published(redis: Redis) -> dict[str, bytes]:
    """The boards as a snapshot would have them, made of the sorted sets and the quotes."""
    found: dict[str, bytes] = {}
    for board in BOARDS:
        symbols = cast(list[bytes], redis.zrange(board.key, 0, -1, desc=not board.ascending))
        quotes = [cast(bytes, redis.get(keys.quote(symbol.decode()))) for symbol in symbols]
        rows = [b'{"rank":%d,%b' % (rank, quote[1:]) for rank, quote in enumerate(quotes, 1)]
        found[board.name] = b"[%b]" % b",".join(rows)
    return found


def ranks_in(redis: Redis, symbol: str) -> dict[str, int]:
    """A symbol's rank on each board whose sorted set holds it."""
    found = {
        board.name: (redis.zrank if board.ascending else redis.zrevrank)(board.key, symbol) for board in BOARDS
    }
    return {name: 1 + cast(int, rank) for name, rank in found.items() if rank is not None}


def shown(fold: MarketFold) -> dict[str, bytes]:
    fold.settle()
    return {board.name: fold.snapshot(board, 500) for board in BOARDS}


class Follower:
    """Folds the tape as far as it has come."""

    def __init__(self, redis: Redis, fold: MarketFold, position: int = 0) -> None:
        self._reader = TapeReader(redis)
        self._position = position
        self.fold = fold

    def follow(self) -> MarketFold:
        session = self.fold.session.number if self.fold.session else 0
        if entries := self._reader.read(self._position, 10_000):
            self.fold.apply(rows_of(entries, session), entries[-1].revision)
            self._position = entries[-1].position
        return self.fold


def base(redis: Redis) -> Follower:
    """Folds on from what Redis holds now."""
    position, revision = int(redis.get(keys.TAPE_POSITION) or 0), int(redis.get(keys.REVISION) or 0)
    session = read_session(redis).session
    records = cast(dict[bytes, bytes], redis.hgetall(keys.RECORDS))
    symbols = [symbol.decode() for symbol in records]
    known, profiles, made = RedisReference(redis), Profiles(), []
    others = sorted(known.symbols())
    for symbol, stored in zip(others, known.load(DAY, others) if others else [], strict=True):
        profiles.learn(symbol, position, stored.reference.volume_profile.packed)
    references = known.load(session.day, symbols) if session and symbols else []
    for symbol, record, stored in zip(symbols, records.values(), references, strict=True):
        row = numbers_of(cast(dict[bytes, bytes], redis.hgetall(keys.row(symbol))))
        made.append(symbol_state(symbol, revision, record, row, stored.reference, position))
    number = session.number if session else 0
    return Follower(redis, MarketFold.of_state(of_rows(made), number, revision, profiles), position)


@settings(property_test, max_examples=12)
@given(
    bars_of_two_days(SYMBOLS, 20),
    st.dictionaries(st.sampled_from(SYMBOLS), references, max_size=3),
    st.dictionaries(st.sampled_from(SYMBOLS), references, max_size=3),
    st.integers(0, 1000),
)
def test_the_fold_shows_what_redis_holds_after_any_batch(
    replay_settings: Settings,
    redis: Redis,
    deliveries: list[dict[str, Any]],
    known: dict[str, Reference],
    newer: dict[str, Reference],
    seed: int,
) -> None:
    # Given a recorded Redis that knows something of some symbols, and folds from its beginning and from the middle
    redis.flushall()
    renew(redis)
    rng = random.Random(seed)
    systems = [System.from_settings(replay_settings) for _ in range(2)]
    learn(systems, known, rng, deliveries)
    followers = [Follower(redis, MarketFold(Profiles()))]

    def watch() -> None:
        for follower in followers:
            assert shown(follower.follow()) == published(redis)

    # When bars come, and in between newer reference data
    half = len(deliveries) // 2
    applied_by(systems, deliveries[:half], rng, watch)
    followers.append(base(redis))
    learn(systems, newer, rng, deliveries)
    systems[0]._store.refresh(SYMBOLS)
    watch()
    applied_by(systems, deliveries[half:], rng, watch)

    # Then
    watch()


@pytest.mark.parametrize("back", [True, False])
def test_the_fold_follows_an_operator_who_moves_the_session_clock(
    system: System, redis: Redis, back: bool
) -> None:
    # Given bars of both sessions of a day, and a fold of them
    renew(redis)
    rng = random.Random(1)
    deliveries = [
        {"sym": symbol, "s": start, "e": start + 1000, "c": rng.uniform(1, 9), "o": 5, "av": rng.randrange(999)}
        for symbol in SYMBOLS
        for session in (Session(DAY, Phase.PRE), Session(DAY, Phase.REGULAR))[: 1 + (symbol < "C")]
        for start in (session.start + 5000,)
    ]
    system.process(deliveries)
    follower = Follower(redis, MarketFold(Profiles()))
    follower.follow()

    # When the clock is moved to the pre-market, or to another day and back
    clock, start = system.session_clocks.first, Session(DAY, Phase.PRE).start
    if not back:
        clock.move(Session(DAY - timedelta(days=1), Phase.REGULAR), clock.read())
    clock.move(Session(DAY, Phase.PRE), clock.read())

    # Then boards and ranks are those of Redis, also once a bar has come
    for bars in ([], [{**deliveries[0], "e": start + 6001, "c": 3}]):
        system.process(bars)
        assert shown(follower.follow()) == published(redis)
        for symbol in SYMBOLS:
            ranks = {name: rank.rank for name, rank in follower.fold.table.ranks(symbol).items()}
            assert ranks == ranks_in(redis, symbol)
