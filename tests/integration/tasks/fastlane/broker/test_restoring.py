"""How unacknowledged messages are restored to their lists."""

from time import sleep, time
from typing import Any

import pytest
from kombu import Exchange, Queue
from redis import Redis

from tests.support.messages.invalid_messages import INVALID_MESSAGES
from tests.support.messages.lanes import (
    STOCK,
    Consumer,
    connect,
    put,
    unacked,
    waiting,
)


def test_a_restored_message_keeps_its_priority(redis: Redis, redis_url: str) -> None:
    put(redis_url, "q", "late", priority=9)
    put(redis_url, "q", "early", priority=0)

    with Consumer(redis_url, "q") as consumer:
        consumer.take(2)

    assert (waiting(redis, "q"), waiting(redis, "q\x06\x169")) == (["early"], ["late"])


def test_the_oldest_restored_message_is_next_in_turn(redis: Redis, redis_url: str) -> None:
    put(redis_url, "q", *range(1200))

    with Consumer(redis_url, "q", prefetch=1100) as consumer:
        consumer.take(1100)

    assert waiting(redis, "q") == [*range(1200)]
    assert unacked(redis) == []


def test_a_rejected_message_goes_behind_all_others(redis: Redis, redis_url: str) -> None:
    put(redis_url, "q", *range(4))

    with Consumer(redis_url, "q", prefetch=2) as consumer:
        consumer.take(2)
        consumer.messages[0].reject(requeue=True)
        consumer.messages[1].reject()
        consumer.channel.qos.prefetch_count = 0
        assert consumer.take(5) == [0, 1, 2, 3, 0]
        assert len(unacked(redis)) == 3


def test_close_restores_what_has_not_been_delivered_yet(redis: Redis, redis_url: str) -> None:
    # Given a consumer that takes its time for the first of many
    put(redis_url, "q", *range(300))
    seen: list[Any] = []

    def take(message: Any) -> None:
        seen.append(message)
        sleep(0.06)

    with Consumer(redis_url, "q", take=take) as consumer:
        consumer.turn(lambda: seen)

    # Then those behind it come back as well
    assert waiting(redis, "q") == [*range(300)]
    assert unacked(redis) == []


def test_close_restores_what_a_fetch_in_flight_brings(redis: Redis, redis_url: str) -> None:
    # Given a consumer whose fetch waits
    consumer = Consumer(redis_url, "q")
    consumer.turn(lambda: redis.info("clients")["blocked_clients"])

    # When messages come, and it closes without having looked
    put(redis_url, "q", *range(10))
    consumer.close()

    # Then they are where they were
    assert waiting(redis, "q") == [*range(10)]
    assert unacked(redis) == []


def test_the_servers_clock_decides_what_is_overdue(redis: Redis, redis_url: str, monkeypatch: Any) -> None:
    # Given a message unacknowledged, and a machine whose clock is an hour ahead
    put(redis_url, "q", "held")
    with (
        Consumer(redis_url, "q", prefetch=1) as holder,
        Consumer(redis_url, "other", visibility_timeout=60, unacked_restore_throttle=1) as other,
    ):
        holder.take(1)
        monkeypatch.setattr("kombu.transport.redis.time", lambda: time() + 3600)

        # Then it is not overdue
        other.channel.qos.restore_visible(num=None)
        assert len(unacked(redis)) == 1

        # Until the server says so
        tag = holder.messages[0].delivery_tag
        redis.zincrby("unacked_index", -61, tag)
        other.channel.qos.restore_visible(num=None, interval=1)
        assert waiting(redis, "q") == ["held"]


def test_a_clock_that_is_behind_delays_nothing(redis: Redis, redis_url: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("kombu.transport.redis.time", lambda: time() - 3600)
    put(redis_url, "q", "held")

    with Consumer(redis_url, "q") as holder:
        holder.take(1)
        index: Any = redis.zrange("unacked_index", 0, -1, withscores=True)

    assert index[0][1] == pytest.approx(time(), abs=5)


def test_overdue_messages_are_restored_oldest_first(redis: Redis, redis_url: str) -> None:
    put(redis_url, "q", *range(1500))
    holder = Consumer(redis_url, "q", fetch_max=100)
    holder.take(1500)

    with Consumer(redis_url, "other", visibility_timeout=0) as other:
        other.channel.qos.restore_visible(num=None)

    assert waiting(redis, "q") == [*range(1500)]
    holder.close()
    assert redis.llen("q") == 1500


@pytest.mark.parametrize("how", ["overdue", "at close"])
def test_invalid_messages_do_not_keep_others_from_being_restored(redis: Redis, redis_url: str, how: str) -> None:
    # Given a consumer that had invalid messages and valid ones, and was lost before it looked at either
    for message in INVALID_MESSAGES:
        put(redis_url, "q", "good")
        redis.lpush("q", message)
    with connect(redis_url) as lost, connect(redis_url, visibility_timeout=0) as other:
        channel: Any = lost.default_channel
        redis.execute_command(*channel._new_fetch(["q"], 500).command(channel))
        assert redis.hlen("unacked") == 2 * len(INVALID_MESSAGES)

        # When what it had is restored
        if how == "overdue":
            other.default_channel.qos.restore_visible(num=None)
        else:
            tags: Any = redis.zrange("unacked_index", 0, -1)
            channel.qos.append_fetched(tag.decode() for tag in tags)
            lost.close()

    # Then every message is, and no invalid one comes up again
    assert redis.exists("unacked", "unacked_index") == 0
    with Consumer(redis_url, "q") as consumer:
        assert consumer.take(len(INVALID_MESSAGES)) == ["good"] * len(INVALID_MESSAGES)
        consumer.turn(lambda: redis.hlen("unacked") == len(INVALID_MESSAGES))


def test_a_message_whose_queue_is_unknown_is_kept(redis: Redis, redis_url: str) -> None:
    # Given a message that a stock consumer took by way of an exchange, whose bindings were lost
    exchange = Exchange("market", type="direct")
    queue = Queue("bars", exchange, routing_key="bar")
    with Consumer(redis_url, queue, transport=STOCK) as holder:
        with connect(redis_url, STOCK) as connection:
            connection.Producer(serializer="json").publish(
                "mine", exchange=exchange, routing_key="bar", declare=[queue]
            )
        holder.take(1)
        redis.delete("_kombu.binding.market")

        # When it is overdue
        with Consumer(redis_url, "other", visibility_timeout=0) as other:
            other.channel.qos.restore_visible(num=None)

        # Then it is not thrown away
        assert redis.hlen("unacked") == 1
