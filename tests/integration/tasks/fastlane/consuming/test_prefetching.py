"""How many messages a consumer has at most."""

from types import MethodType
from typing import Any

import pytest
from redis import Redis

from tests.support.messages.lanes import (
    Consumer,
    ack_all,
    put,
    unacked,
)


@pytest.mark.parametrize("prefetch", [1, 2, 10, 450])
def test_no_more_are_unacknowledged_than_allowed(redis: Redis, redis_url: str, prefetch: int) -> None:
    # Given a backlog on two queues, and a consumer that acknowledges now and then
    put(redis_url, "q", *range(600))
    put(redis_url, "p", *range(600))
    most = 0

    def take(message: Any) -> None:
        nonlocal most
        hand.append(message)
        most = max(most, len(hand), redis.hlen("unacked"))
        if len(hand) >= prefetch:
            ack_all(hand[: max(1, prefetch // 3)])
            del hand[: max(1, prefetch // 3)]

    hand: list[Any] = []
    with Consumer(redis_url, "q", "p", take=take, prefetch=prefetch) as consumer:
        consumer.turn(lambda: redis.llen("p") + redis.llen("q") < 900, 40)

    # Then it never had more than that, but for acknowledgements that are in flight
    assert most <= prefetch + max(1, prefetch // 3)


def test_without_prefetch_credit_nothing_is_asked_for(redis: Redis, redis_url: str) -> None:
    put(redis_url, "q", *range(10))

    with Consumer(redis_url, "q", prefetch=4) as consumer:
        consumer.take(4)
        consumer.turn_for(0.3)
        assert (len(consumer.messages), redis.llen("q"), len(unacked(redis))) == (4, 6, 4)

        # Until there is credit again
        ack_all(consumer.messages[:2])
        consumer.take(6)
        consumer.turn_for(0.1)
        assert len(unacked(redis)) == 4


def test_a_consumer_that_prefetches_nothing_takes_one_at_a_time(redis: Redis, redis_url: str) -> None:
    # Given a consumer that consumes, as with Celery's worker_disable_prefetch, only with nothing in work
    put(redis_url, "q", *range(20))
    with Consumer(redis_url, "q") as consumer:
        qos = consumer.channel.qos
        qos.can_consume = MethodType(lambda _: all(each.acknowledged for each in consumer.messages), qos)

        # Then it holds one message, and the next when that is done with
        for number in range(1, 4):
            assert consumer.take(number) == [*range(number)]
            consumer.turn_for(0.1)
            assert len(unacked(redis)) == 1
            consumer.messages[-1].ack()


def test_deliveries_that_wait_while_others_run_take_no_credit(redis: Redis, redis_url: str) -> None:
    # Given a consumer that has all it may have
    put(redis_url, "q", *range(10))
    with Consumer(redis_url, "q", prefetch=4) as consumer:
        consumer.take(4)

        # When they are put aside, then it gets as many more
        consumer.channel.qos.aside = 4
        consumer.take(8)
        consumer.turn_for(0.1)
        assert len(unacked(redis)) == 8


def test_deliveries_that_wait_are_renewed(redis: Redis, redis_url: str) -> None:
    # Given deliveries of long ago, of which one is acknowledged
    put(redis_url, "q", *range(3))
    with Consumer(redis_url, "q") as consumer:
        consumer.take(3)
        tags = [message.delivery_tag for message in consumer.messages]
        redis.zadd("unacked_index", dict.fromkeys(tags, 1))
        consumer.messages[0].ack()
        consumer.channel.qos.flush_acks()

        # When they are renewed, then the others count as made now
        consumer.channel.qos.renew(tags)
        seconds, _ = redis.time()
        renewed: Any = redis.zrange("unacked_index", 0, -1, withscores=True)
        assert {tag.decode() for tag, _ in renewed} == {*tags[1:]}
        assert all(abs(score - seconds) < 30 for _, score in renewed)
