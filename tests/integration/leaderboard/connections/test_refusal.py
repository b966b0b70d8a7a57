"""A Redis that answers, and refuses."""

from collections.abc import Callable

import pytest
from redis import Redis
from redis.exceptions import ConnectionError, MasterDownError, OutOfMemoryError, ReadOnlyError, ResponseError

from leaderboard import keys
from leaderboard.connections.redis_errors import is_replica_error, is_transient
from leaderboard.system import System
from tests.support.boards import scores
from tests.support.market import bar
from tests.support.subscriptions import listening


def test_a_full_redis_applies_nothing_and_tells_nobody(
    system: System, redis: Redis, full: Callable[[], None]
) -> None:
    # Given a bar on the boards, somebody who watches, and a Redis that is full
    system.process([bar("A", "09:30:00", close=10)])
    before = scores(redis)
    listener = listening(redis, keys.quote("A"))
    full()

    # When another bar comes
    with pytest.raises(ResponseError) as refusal:
        system.process([bar("A", "09:30:01", close=11)])
    assert is_transient(refusal.value)

    # Then nothing has changed, and no quote was published of what is not there
    redis.config_set("maxmemory", 0)
    assert scores(redis) == before
    assert listener.get_message(timeout=0.3) is None
    listener.close()

    # And the same bar is applied when there is room
    assert system.process([bar("A", "09:30:01", close=11)]).applied == 1


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (ConnectionError("refused"), True),
        (OutOfMemoryError("command not allowed"), True),
        (ReadOnlyError("You can't write against a read only replica."), True),
        (MasterDownError("Link with MASTER is down"), True),
        (ResponseError("MISCONF Redis is configured to save RDB snapshots"), True),
        (ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"), True),
        (ResponseError("WRONGKEY leaderboard:records is of type string, not hash"), True),
        (ResponseError("BUSY Redis is busy running a script"), True),
        (ResponseError("UNBLOCKED force unblock from blocking operation"), True),
        (ResponseError("BUSYGROUP Consumer Group name already exists"), False),
        (ResponseError("ERR unknown command"), False),
        (ValueError("READONLY"), False),
    ],
)
def test_what_is_transient(error: Exception, transient: bool) -> None:
    assert is_transient(error) is transient


@pytest.mark.parametrize(
    "error",
    [
        ReadOnlyError("You can't write against a read only replica."),
        # Of a script in Redis 6.2.
        ResponseError("Error running script (call to f_1): @user_script:1: -READONLY You can't write against a"),
    ],
)
def test_a_replica_is_known_by_what_it_says(error: ResponseError) -> None:
    assert is_replica_error(error)
    assert not is_replica_error(OutOfMemoryError("command not allowed"))
