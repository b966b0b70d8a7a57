"""Fast and stock consumers on one queue, and each with what the other left."""

import json
from time import monotonic
from typing import Any

import pytest
from kombu import Exchange, Queue
from redis import Redis

from tests.support.messages.lanes import (
    FAST,
    STOCK,
    Consumer,
    connect,
    put,
    unacked,
    waiting,
)

both = pytest.mark.parametrize(
    ("first", "second"), [(FAST, STOCK), (STOCK, FAST)], ids=["fast-stock", "stock-fast"]
)


@both
def test_one_lane_restores_what_the_other_had(redis: Redis, redis_url: str, first: str, second: str) -> None:
    # Given messages unacknowledged by one lane, of two priorities, by way of an exchange and by a queue's name
    exchange = Exchange("market", type="direct")
    queue = Queue("bars", exchange, routing_key="bar")
    with Consumer(redis_url, queue, transport=first) as holder:
        with connect(redis_url, STOCK) as connection:
            producer = connection.Producer(serializer="json")
            producer.publish("plain", exchange=exchange, routing_key="bar", declare=[queue])
            producer.publish("urgent", exchange=exchange, routing_key="bar", priority=9)
        put(redis_url, "bars", "by name")
        holder.take(3)

        # When the other lane finds them overdue
        with Consumer(redis_url, "other", transport=second, visibility_timeout=0) as other:
            other.channel.qos.restore_visible(num=None)

        # Then they are in their lists, and readable to either
        assert sorted(waiting(redis, "bars")) == ["by name", "plain"]
        assert waiting(redis, "bars\x06\x169") == ["urgent"]
        assert unacked(redis) == []
        with Consumer(redis_url, "bars", transport=second) as reader:
            assert sorted(reader.take(3)) == ["by name", "plain", "urgent"]
            assert all(message.headers["redelivered"] for message in reader.messages)
            assert {message.properties["delivery_info"]["redelivered"] for message in reader.messages} == {True}


@both
def test_lanes_share_a_queue(redis: Redis, redis_url: str, first: str, second: str) -> None:
    # Given a consumer of each lane on one queue
    seen: list[int] = []

    def take(message: Any) -> None:
        seen.append(json.loads(message.body))
        message.ack()

    with (
        Consumer(redis_url, "q", transport=first, take=take, prefetch=5) as one,
        Consumer(redis_url, "q", transport=second, take=take, prefetch=5) as two,
    ):
        # When both take what comes
        put(redis_url, "q", *range(300))
        deadline = monotonic() + 20
        while len(seen) < 300 and monotonic() < deadline:
            one.turn_for(0.02)
            two.turn_for(0.02)
        # What was acknowledged last is sent with the next turn.
        one.turn_for(0.05)
        two.turn_for(0.05)

        # Then each message came once
        assert sorted(seen) == [*range(300)]
        assert unacked(redis) == []


@pytest.mark.parametrize("transport", [FAST, STOCK], ids=["fast", "stock"])
def test_a_prefix_for_all_keys(redis: Redis, redis_url: str, transport: str) -> None:
    # Given a database that is shared under a prefix
    put(redis_url, "q", *range(5), global_keyprefix="ours:")
    put(redis_url, "q", "theirs")
    redis.lpush("ours:q", "no message")

    # When messages are taken, acknowledged, rejected and restored by the fast lane
    with Consumer(redis_url, "q", global_keyprefix="ours:") as consumer:
        consumer.take(5)
        consumer.turn(lambda: redis.hlen("ours:unacked") == 5)
        consumer.messages[0].ack()
        consumer.turn(lambda: redis.hlen("ours:unacked") == 4)
        consumer.messages[1].reject(requeue=True)
        consumer.take(6)

        # And others are restored by either lane
        tags: Any = redis.zrange("ours:unacked_index", 0, 0)
        redis.zadd("ours:unacked_index", {tags[0]: 1})
        options: dict[str, Any] = {"global_keyprefix": "ours:", "visibility_timeout": 3600}
        with Consumer(redis_url, "other", transport=transport, **options) as other:
            other.channel.qos.restore_visible(num=None)

    # Then all keys have the prefix, and the neighbour's were left alone
    assert sorted(waiting(redis, "ours:q")) == [1, 2, 3, 4]
    assert waiting(redis, "q") == ["theirs"]
    assert {*redis.keys()} == {b"ours:q", b"q"}
