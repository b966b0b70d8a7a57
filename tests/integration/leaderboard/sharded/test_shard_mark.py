"""Processes that name other servers, or in another order, apply nothing: a symbol would be ranked twice."""

import pytest
from redis.exceptions import RedisError

from config.settings import Settings
from leaderboard import keys
from leaderboard.connections.connection import connect_shards
from leaderboard.shards import Shards
from leaderboard.store.division import divide
from leaderboard.system import System
from tests.integration.leaderboard.sharded.conftest import Divided
from tests.integration.leaderboard.sharded.test_property import SYMBOLS
from tests.support.market import bar

BARS = [bar(symbol, "09:30:00") for symbol in SYMBOLS]
LATER = [bar(symbol, "09:30:01") for symbol in SYMBOLS]


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
