"""Reading the change feed: all that has changed, as it is at one moment, whatever happens meanwhile."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from leaderboard import keys
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.market import change_feed
from leaderboard.market.change_feed import AsyncChangeFeed, ChangeFeed, Changes
from leaderboard.market.table import MarketTable
from leaderboard.system import System
from tests.support.market import bar

TOMORROW = date(2026, 11, 23)


class Interrupted(Redis):
    """A client that has something else happen after each of its transactions."""

    def __init__(self, redis: Redis, *events: Callable[[], Any]) -> None:
        super().__init__(connection_pool=redis.connection_pool)
        self._events = [*events]

    def pipeline(self, transaction: bool = True, shard_hint: Any = None) -> Any:
        pipe: Any = super().pipeline(transaction, shard_hint)
        execute = pipe.execute

        def execute_and_go_on(raise_on_error: bool = True) -> Any:
            replies = execute(raise_on_error)
            if self._events:
                self._events.pop(0)()
            return replies

        pipe.execute = execute_and_go_on
        return pipe


def quotes(redis: Redis, changes: Changes) -> bool:
    """Whether the quotes are those in Redis."""
    return list(changes.quotes) == [redis.get(keys.quote(symbol)) for symbol in changes.symbols]


def test_the_first_reading_brings_all_of_the_day_and_the_next_what_has_changed(
    system: System, redis: Redis
) -> None:
    # Given three symbols
    feed = ChangeFeed(redis)
    system.process([bar("A", "09:30:00"), bar("B", "09:30:00")])
    system.process([bar("C", "09:30:00")])

    # When all is read
    first = feed.read()

    # Then it is the day
    assert (first.since, first.session) == (0, system.session())
    assert dict(zip(first.symbols, first.revisions, strict=True)).keys() == {"A", "B", "C"}
    assert quotes(redis, first)
    assert abs(first.time / 1000 - redis.time()[0]) < 5

    # And then what has changed since
    system.process([bar("B", "09:30:01", close=11)])
    second = feed.read(first.revision, first.session)
    assert (second.since, second.revision, [*second.symbols]) == (first.revision, first.revision + 1, ["B"])
    assert quotes(redis, second)
    assert [*feed.read(second.revision, second.session).symbols] == []


def test_an_empty_redis_has_no_session_and_no_changes(redis: Redis) -> None:
    changes = ChangeFeed(redis).read()

    assert (changes.session, changes.revision, [*changes.symbols]) == (None, 0, [])


def test_an_asynchronous_client_reads_the_same(system: System, redis: Redis, redis_url: str) -> None:
    system.process([bar("A", "09:30:00"), bar("B", "09:30:00")])

    async def read() -> Changes:
        async with AsyncRedis.from_url(redis_url) as client:
            return await AsyncChangeFeed(client).read()

    changes, plain = asyncio.run(read()), ChangeFeed(redis).read()
    assert (changes.symbols, changes.revisions, changes.quotes) == (plain.symbols, plain.revisions, plain.quotes)


def test_a_new_day_has_the_reader_start_again(system: System, redis: Redis) -> None:
    # Given a reader that has read a day
    system.process([bar("A", "09:30:00"), bar("B", "09:30:00")])
    market = MarketTable()
    market.apply(ChangeFeed(redis).read())

    # When the day rolls
    system.process([bar("C", "09:30:00", TOMORROW)])
    market.apply(ChangeFeed(redis).read(market.revision, market.session))

    # Then only the new day's rows are left
    assert market.symbols == ["C"]
    assert market.session == system.session()


def test_lost_data_has_the_reader_start_again(system: System, redis: Redis) -> None:
    # Given a reader that has read some revisions
    for second in range(5):
        system.process([bar("A", f"09:30:0{second}")])
    read = ChangeFeed(redis).read()

    # When Redis comes back with older data
    redis.set(keys.REVISION, 2)
    redis.zadd(keys.CHANGES, {"A": 2})

    # Then all is read again
    again = ChangeFeed(redis).read(read.revision, read.session)
    assert (again.since, again.revision, [*again.revisions]) == (0, 2, [2])


@pytest.mark.parametrize("most", [1, 3, 100])
def test_pages_end_with_whole_revisions(
    system: System, redis: Redis, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given batches of which some have more symbols than one transaction reads
    monkeypatch.setattr(change_feed, "MOST_SYMBOLS", most)
    for size in (2, 9, 1, 4):
        system.process([bar(f"S{size}-{n}", "09:30:00") for n in range(size)])

    # Then all are read, each once
    changes = ChangeFeed(redis).read()
    assert len(changes.symbols) == len(set(changes.symbols)) == 16
    assert quotes(redis, changes)


def test_what_changes_while_it_is_read_is_read_as_it_was_at_the_last_revision(
    system: System, redis: Redis
) -> None:
    # Given a reader between whose transactions bars are applied: of symbols listed before, and of new ones
    system.process([bar("A", "09:30:00"), bar("B", "09:30:00")])
    interrupted = Interrupted(
        redis,
        lambda: system.process([bar("A", "09:30:01", close=11), bar("C", "09:30:01")]),
        lambda: system.process([bar("A", "09:30:02", close=12)]),
    )

    # When it reads
    changes = ChangeFeed(interrupted).read()

    # Then it has the market of one moment
    assert {*changes.symbols} == {"A", "B", "C"}
    assert changes.revision == int(redis.get(keys.REVISION) or 0)
    assert quotes(redis, changes)


def test_a_day_that_rolls_while_it_is_read_leaves_only_the_new_one(system: System, redis: Redis) -> None:
    system.process([bar("A", "09:30:00")])

    changes = ChangeFeed(Interrupted(redis, lambda: system.process([bar("B", "09:30:00", TOMORROW)]))).read()

    assert (changes.since, [*changes.symbols], changes.session) == (0, ["B"], system.session())


def test_other_programs_members_and_quotes_disturb_nothing(system: System, redis: Redis) -> None:
    # Given members of the feed at revisions that do not exist, and one without a quote
    system.process([bar("A", "09:30:00")])
    redis.zadd(keys.CHANGES, {"X": float("inf"), "Y": 1e9, "Z": 0.5})
    redis.lpush(keys.quote("Z"), "x")

    # Then the others are read
    changes = ChangeFeed(redis).read()
    assert dict(zip(changes.symbols, changes.quotes, strict=True)) == {"A": redis.get(keys.quote("A")), "Z": None}


@pytest.mark.parametrize("key", [keys.SESSION, keys.REVISION, keys.CHANGES])
def test_a_key_of_another_type_is_named(system: System, redis: Redis, key: str) -> None:
    system.process([bar("A", "09:30:00")])
    redis.delete(key)
    redis.xadd(key, {"a": 1})

    with pytest.raises(InvalidValueError, match=key):
        ChangeFeed(redis).read()


def test_the_table_ranks_as_the_boards_do(system: System, redis: Redis) -> None:
    # Given symbols with equal scores, and some that have not traded since the open
    system.process([bar(f"P{n}", "09:00:00", av=n % 3) for n in range(6)])
    system.process([bar(f"S{n}", "09:31:00", close=10 + n % 2, o=10, av=n % 4) for n in range(9)])
    market = MarketTable()
    market.apply(ChangeFeed(redis).read())

    # Then each has its rank in the board's sorted set
    for symbol in market.symbols:
        ranks = {name: rank.rank - 1 for name, rank in market.ranks(symbol).items()}
        redis_ranks: Any = {
            name: redis.zrevrank(keys.board(name), symbol) for name in ("volume", "gappers", "gainers")
        }
        assert ranks == {name: rank for name, rank in redis_ranks.items() if rank is not None}
    assert market.ranks("P0")["volume"].of == redis.zcard(keys.board("volume"))
    assert market.session == system.session()
