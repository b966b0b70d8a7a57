"""The reader of what is published, against a real Redis."""

from collections.abc import Iterator
from datetime import date

import pytest
from redis import Redis
from redis.exceptions import ConnectionError

from deploy.redis_server import free_port
from leaderboard import keys
from leaderboard.connections.connection import connect, connect_without_retries
from leaderboard.screens.definition import BOARDS, BY_NAME, Definition
from leaderboard.sessions import Phase, Session
from leaderboard.shards import Shards
from leaderboard.system import System
from tests.support.watch.publications import bar, publish
from watch.terminal.row import rows
from watch.terminal.snapshots import Published, server_of

VOLUME, GAPPERS, GAINERS = (BY_NAME[name] for name in ("volume", "gappers", "gainers"))


def next_snapshot(
    following: Iterator[tuple[Definition, bytes] | None], most: int = 1000
) -> tuple[Definition, bytes]:
    """The next snapshot."""
    for _ in range(most):
        if found := next(following):
            return found
    raise AssertionError("no snapshot came")


def test_what_the_core_publishes_can_be_read(redis: Redis, system: System) -> None:
    # Given a published bar
    system.process([bar("AAPL", close=11.0)])
    system.publish()

    # When the gainers are read
    [row] = rows(Published(Shards([redis])).snapshot(GAINERS))

    # Then they hold its symbol
    assert (row.rank, row.symbol) == (1, "AAPL")
    assert (row.numbers["close"], row.numbers["pct_change_since_open"]) == (11.0, 10.0)


def test_before_the_first_snapshot_a_board_is_empty(redis: Redis) -> None:
    assert rows(Published(Shards([redis])).snapshot(GAINERS)) == []
    assert Published(Shards([redis])).status().session is None
    assert Published(Shards([redis])).status().age() is None


def test_the_status_has_session_and_age(redis: Redis, system: System) -> None:
    # Given a snapshot just published
    system.process([bar("AAPL", close=11.0)])
    system.publish()

    # When the status is read
    status = Published(Shards([redis])).status()

    # Then it is of the bar's session, and seconds old at most
    assert status.session == Session(date(2013, 10, 8), Phase.REGULAR)
    age = status.age()
    assert age is not None
    assert 0 <= age < 10


def test_the_age_is_by_the_clock_of_the_server(redis: Redis) -> None:
    # Given a snapshot that is a minute old by the server's clock
    seconds, _ = redis.time()
    redis.hset(keys.SNAPSHOT, "published_at", (seconds - 60) * 1000)

    # Then that is its age
    age = Published(Shards([redis])).status().age()
    assert age is not None
    assert 60 <= age < 70


def test_a_follower_gets_the_last_snapshot_first_and_then_each_new_one(redis: Redis) -> None:
    # Given a board that was published before
    publish(redis, GAINERS, b'["first"]')

    # When somebody follows it
    following = Published(Shards([redis])).follow(GAINERS, every=0.05)

    # Then what was there comes first, and what is published from then on follows
    assert next_snapshot(following) == (GAINERS, b'["first"]')
    publish(redis, GAINERS, b'["second"]')
    assert next_snapshot(following) == (GAINERS, b'["second"]')
    publish(redis, GAINERS, b"[]")
    assert next_snapshot(following) == (GAINERS, b"[]")


def test_several_boards_can_be_followed_at_once(redis: Redis) -> None:
    # When somebody follows all of them
    following = Published(Shards([redis])).follow(*BOARDS, every=0.05)

    # Then the last snapshot of each comes
    assert {next_snapshot(following)[0] for _ in BOARDS} == set(BOARDS)

    # And each new one with its board
    publish(redis, VOLUME, b'["volume"]')
    publish(redis, GAPPERS, b'["gappers"]')
    assert next_snapshot(following) == (VOLUME, b'["volume"]')
    assert next_snapshot(following) == (GAPPERS, b'["gappers"]')


def test_a_quiet_follower_is_woken_regularly(redis: Redis) -> None:
    following = Published(Shards([redis])).follow(GAINERS, every=0.01)
    next_snapshot(following)

    assert [next(following), next(following)] == [None, None]


def test_what_was_published_while_the_connection_was_lost_is_not_missed(redis: Redis, redis_url: str) -> None:
    # Given a follower whose client makes lost connections anew by itself
    following = Published(Shards([connect(redis_url)])).follow(GAINERS, every=0.05)
    next_snapshot(following)

    # When its connection is cut, and a snapshot published before it can be back
    with redis.pipeline(transaction=True) as pipe:
        pipe.client_kill_filter(_type="pubsub")
        pipe.set(GAINERS.scanner, b'["unseen"]')
        pipe.publish(GAINERS.scanner, b'["unseen"]')
        pipe.execute()

    # Then it gets that snapshot all the same
    assert next_snapshot(following) == (GAINERS, b'["unseen"]')


def test_a_client_without_retries_raises_when_the_connection_is_lost(redis: Redis, redis_url: str) -> None:
    # Given a follower whose client does not retry
    following = Published(Shards([connect_without_retries(redis_url)])).follow(GAINERS, every=0.05)
    next_snapshot(following)

    # When its connection is cut
    redis.client_kill_filter(_type="pubsub")

    # Then it raises
    with pytest.raises(ConnectionError):
        next_snapshot(following)


def test_a_client_without_retries_says_at_once_that_nobody_answers() -> None:
    # Given an address at which there is no Redis
    port = free_port()
    redis = connect_without_retries(f"redis://:password@127.0.0.1:{port}/0")

    # Then asking it fails, and its name does not hold the password
    with pytest.raises(ConnectionError):
        Published(Shards([redis])).status()
    assert server_of(redis) == f"127.0.0.1:{port}"
