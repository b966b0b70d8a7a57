"""Consumers that drain events one by one."""

import json
from time import monotonic
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from tests.support.messages.invalid_messages import INVALID_MESSAGES
from tests.support.messages.lanes import (
    ack_all,
    connect,
    direct,
    put,
    unacked,
    waiting,
)


def test_an_invalid_message_is_not_got(redis: Redis, redis_url: str) -> None:
    for message in INVALID_MESSAGES:
        redis.lpush("q", message)
    put(redis_url, "q", "good")

    with connect(redis_url) as connection:
        message = connection.default_channel.basic_get("q")
        assert message is not None
        assert json.loads(message.body) == "good"
        assert connection.default_channel.basic_get("q") is None


def test_each_drained_event_is_one_message(redis: Redis, redis_url: str) -> None:
    # Given a consumer without a loop
    put(redis_url, "q", *range(5))
    got: list[Any] = []
    with connect(redis_url) as connection, connection.Consumer([direct("q")], on_message=got.append):
        # Then each call brings one
        for number in range(1, 6):
            connection.drain_events(timeout=5)
            assert [json.loads(message.body) for message in got] == [*range(number)]
        assert len(unacked(redis)) == 5

        # And acknowledging is done at once
        ack_all(got)
        assert unacked(redis) == []

        # And one that nobody sent is waited for as long as asked
        started = monotonic()
        with pytest.raises(TimeoutError):
            connection.drain_events(timeout=0.3)
        assert 0.25 < monotonic() - started < 2
        put(redis_url, "q", "late")
        connection.drain_events(timeout=5)
        assert json.loads(got[-1].body) == "late"


def test_events_that_need_no_acknowledgement_are_done_with_when_they_come(redis: Redis, redis_url: str) -> None:
    # Given a consumer without a loop that acknowledges nothing, under a prefix
    put(redis_url, "q", *range(3), global_keyprefix="ours:")
    got: list[Any] = []
    held: list[int] = []

    def take(message: Any) -> None:
        got.append(json.loads(message.body))
        held.append(redis.exists("ours:unacked", "ours:unacked_index"))

    with (
        connect(redis_url, global_keyprefix="ours:") as connection,
        connection.Consumer([direct("q")], on_message=take, no_ack=True),
    ):
        for _ in range(2):
            connection.drain_events(timeout=5)

    # Then none was unacknowledged when it came, and what did not come is there
    assert (got, held) == ([0, 1], [0, 0])
    assert waiting(redis, "ours:q") == [2]


def test_basic_get(redis: Redis, redis_url: str) -> None:
    # Given messages of two priorities
    put(redis_url, "q", "late", priority=9)
    put(redis_url, "q", "early")
    with connect(redis_url) as connection:
        channel: Any = connection.default_channel

        # Then they are got one by one, unacknowledged until they are acknowledged or restored
        early, late = channel.basic_get("q"), channel.basic_get("q")
        assert [json.loads(each.body) for each in (early, late)] == ["early", "late"]
        assert channel.basic_get("q") is None
        assert len(unacked(redis)) == 2
        early.ack()
        assert len(unacked(redis)) == 1
    assert waiting(redis, "q\x06\x169") == ["late"]

    # And those that need no acknowledgement are never recorded
    with connect(redis_url) as connection:
        assert json.loads(connection.default_channel.basic_get("q", no_ack=True).body) == "late"
        assert unacked(redis) == []


def test_simple_queues(redis: Redis, redis_url: str) -> None:
    with connect(redis_url) as connection, connection.SimpleQueue("q") as queue:
        queue.put({"n": 1})
        message = queue.get(timeout=5)
        assert message.payload == {"n": 1}
        message.ack()
        with pytest.raises(queue.Empty):
            queue.get(timeout=0.1)
        assert unacked(redis) == []


def test_without_a_loop_a_refusal_is_told(redis: Redis, redis_url: str) -> None:
    # Given a consumer without a loop, and a server that takes no writes for want of replicas
    put(redis_url, "q", *range(3))
    with connect(redis_url) as connection:
        seen: list[Any] = []
        with connection.Consumer(direct("q"), callbacks=[lambda body, _: seen.append(body)], auto_declare=False):
            redis.config_set("min-replicas-to-write", 1)
            try:
                # When it asks for messages, then the server's error is told
                with pytest.raises(ResponseError, match="NOREPLICAS"):
                    connection.drain_events(timeout=1)
            finally:
                redis.config_set("min-replicas-to-write", 0)

            # And it goes on when there are
            while len(seen) < 3:
                connection.drain_events(timeout=5)


@pytest.mark.parametrize("number", [1, 3])
def test_without_a_loop_a_full_server_is_emptied(redis: Redis, redis_url: str, number: int) -> None:
    # Given a consumer without a loop, and messages in a server that takes no more
    put(redis_url, "q", *range(number))
    with connect(redis_url) as connection:
        seen: list[Any] = []
        with connection.Consumer(direct("q"), callbacks=[lambda body, _: seen.append(body)], auto_declare=False):
            redis.config_set("maxmemory", 1)
            try:
                # Then they are taken
                while len(seen) < number:
                    connection.drain_events(timeout=5)
            finally:
                redis.config_set("maxmemory", 0)
