"""Processes that name other servers, or in another order, apply nothing: a symbol would be ranked twice."""

from datetime import date

import pytest
from redis.exceptions import RedisError

from config.redis_urls import Server
from config.settings import Settings
from leaderboard import keys
from leaderboard.connections.connection import connect_shards
from leaderboard.market.market_feed import MarketFeed
from leaderboard.shards import Shards
from leaderboard.store.division import divide
from leaderboard.system import System
from tests.integration.leaderboard.sharded.conftest import Divided
from tests.integration.leaderboard.sharded.test_property import SYMBOLS
from tests.support.market import bar

BARS = [bar(symbol, "09:30:00") for symbol in SYMBOLS]
LATER = [bar(symbol, "09:30:01") for symbol in SYMBOLS]
# Seconds that a server may take to answer.
TIMEOUT = 5.0
# The next trading day.
_TOMORROW = date(2026, 11, 23)


def swapped(settings: Settings) -> Settings:
    first, *others = settings.board_shards
    return settings.model_copy(update={"board_shards": (*others, first)})


def alone(settings: Settings) -> Settings:
    return settings.model_copy(update={"board_shards": ()})


def test_a_process_names_servers_in_another_order(divided: Divided) -> None:
    # Given boards over three servers
    settings = divided(3)
    System.from_settings(settings).process(BARS)

    # When bars come to a process that names the second one as the third
    done = System.from_settings(swapped(settings)).process(LATER)

    # Then those of these two wait, and the error says which server it is
    shards = connect_shards(settings)
    assert [LATER[index]["sym"] for index in done.waiting] == [each for each in SYMBOLS if shards.index(each)]
    assert "says that the server is 2/3, and this process takes it for 3/3" in str(done.failure)


def test_a_process_names_the_first_server_alone(divided: Divided) -> None:
    # Given boards over three servers
    settings = divided(3)
    System.from_settings(settings).process(BARS)

    # When bars come to a process that knows of one, then none is applied
    with pytest.raises(RedisError, match="says that the server is 1/3, and this process takes it for 1/1"):
        System.from_settings(alone(settings)).process(LATER)


def test_servers_are_added_without_being_divided(divided: Divided) -> None:
    # Given boards on one server
    settings = divided(3)
    System.from_settings(alone(settings)).process(BARS)
    shards = connect_shards(settings)

    # When there are three, then all bars wait
    done = System.from_settings(settings).process(LATER)
    assert len(done.waiting) == len(LATER)
    assert "has symbols of other servers than 1/3" in str(done.failure)
    assert "python -m tasks divide" in str(done.failure)

    # And are applied once they are divided
    divide(shards, [], lambda _: None)
    assert System.from_settings(settings).process(LATER).applied == len(LATER)
    assert [shard.get(keys.SHARD) for shard in shards] == [b"1/3", b"2/3", b"3/3"]

    # And so they are by one server again
    divide(Shards([shards.first]), [*shards][1:], lambda _: None)
    assert System.from_settings(alone(settings)).process(LATER).stale == len(LATER)


def test_screens_show_no_server_that_is_another_one(divided: Divided) -> None:
    # Given boards over three servers
    settings = divided(3)
    System.from_settings(settings).process(BARS)

    # When a process that names the second one as the third reads the market
    feed = MarketFeed(connect_shards(swapped(settings)), TIMEOUT)
    changes = feed.read()

    # Then it has the first server's symbols alone
    shards = connect_shards(settings)
    assert sorted(changes.symbols) == sorted(symbol for symbol in SYMBOLS if shards.index(symbol) == 0)
    assert changes.away.keys() == {1, 2}


def test_a_server_that_shows_an_earlier_day_does_not_have_all_read_again(divided: Divided) -> None:
    # Given a server that could not be rolled to the day that has begun
    settings = divided(3)
    shards = connect_shards(settings)
    System.from_settings(settings).process(BARS)
    [symbol] = [each for each in SYMBOLS if shards.index(each) == 0][:1]
    System.from_settings(settings).process([bar(symbol, "04:00:01", _TOMORROW)])
    feed = MarketFeed(shards, TIMEOUT)
    read = feed.read()
    assert read.away.keys() == {1, 2}

    # When what has changed since is read, then it is no more than that
    again = feed.read(read.positions, read.session, read.away)
    assert again.since == read.revision
    assert again.away.keys() == {1, 2}


def test_bars_of_a_server_that_is_not_there_as_named_wait(divided: Divided, redis_url: str) -> None:
    # Given a server that is named by a database that it does not have
    settings = divided(2)
    wrong = settings.model_copy(update={"board_shards": (Server(redis_url.replace("/0", "/4000")),)})

    # When bars of both come, then those of the other one are applied, and its own wait
    done = System.from_settings(wrong).process(BARS)
    assert 0 < done.applied < len(BARS)
    assert len(done.waiting) == len(BARS) - done.applied


def test_a_division_that_was_interrupted_is_completed(divided: Divided) -> None:
    # Given symbols that were copied to their server, of which its change feed knows nothing
    settings = divided(2)
    System.from_settings(alone(settings)).process(BARS)
    shards = connect_shards(settings)
    first, second = shards
    moved = [symbol for symbol in SYMBOLS if shards.index(symbol) == 1]
    second.set(keys.SESSION, first.get(keys.SESSION) or b"")
    for symbol in moved:
        second.hset(keys.RECORDS, symbol, first.hget(keys.RECORDS, symbol))

    # When the command runs again, then the change feed has them
    divide(shards, [], lambda _: None)
    assert None not in [second.zscore(keys.CHANGES, symbol) for symbol in moved]
