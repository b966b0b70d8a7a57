"""How messages are delivered: between two turns of the event loop, and what is no message at all."""

import json
from functools import partial
from itertools import pairwise
from time import monotonic, sleep
from typing import Any

import pytest
from redis import Redis

from tests.support.messages.invalid_messages import INVALID_MESSAGES
from tests.support.messages.lanes import (
    FAST,
    STOCK,
    Consumer,
    ack_all,
    direct,
    put,
    queued_and_unacked,
    unacked,
    waiting,
)


@pytest.mark.parametrize("no_ack", [False, True])
@pytest.mark.parametrize("when", ["in the middle", "before the reply"])
def test_a_cancelled_consumer_loses_nothing(redis: Redis, redis_url: str, no_ack: bool, when: str) -> None:
    # Given a consumer that is cancelled by the third of its messages, or before it sees the first
    seen: list[Any] = []
    sent = [*range(100)]

    def take(message: Any) -> None:
        seen.append(json.loads(message.body))
        if not no_ack:
            message.ack()
        if len(seen) == 3:
            consumer.consumer.cancel()
        sleep(0.03)

    def all_is_restored() -> bool:
        # One look: a fetch that is still in flight takes messages from the queue in between two.
        queued, recorded = queued_and_unacked(redis, "q")
        # Each is at every moment in one place, and one that was seen may still be on record.
        assert sorted({*seen, *queued, *recorded}) == sent
        return sorted(seen + queued) == sent and not recorded

    with Consumer(redis_url, "q", "other", take=take, no_ack=no_ack) as consumer:
        consumer.consumer.add_queue(direct("third"))
        if when == "before the reply":
            consumer.turn(lambda: redis.info("clients")["blocked_clients"])
        put(redis_url, "q", *sent)
        if when == "before the reply":
            sleep(0.2)
            consumer.consumer.cancel()
        else:
            consumer.turn(lambda: len(seen) >= 3)

        # Then the rest waits for others, and nothing is unacknowledged
        consumer.turn(all_is_restored)
        consumer.turn_for(0.5)
        consumer.turn(all_is_restored)
        assert len(seen) <= 3


@pytest.mark.parametrize("transport", [STOCK, FAST], ids=["stock", "fast"])
def test_messages_that_need_no_acknowledgement(redis: Redis, redis_url: str, transport: str) -> None:
    # Given a consumer that acknowledges nothing, with all its messages fetched and few delivered
    put(redis_url, "q", *range(200))
    seen: list[Any] = []

    def take(message: Any) -> None:
        seen.append(json.loads(message.body))
        sleep(0.06)

    with Consumer(redis_url, "q", take=take, no_ack=True, transport=transport) as consumer:
        consumer.turn(lambda: len(seen) > 1)

    # Then what it did not see is not lost, and what it saw does not come again
    assert sorted(seen + waiting(redis, "q")) == [*range(200)]
    assert unacked(redis) == []


def test_an_invalid_message_does_not_stop_the_consumer(redis: Redis, redis_url: str) -> None:
    # Given a queue with all kinds of invalid messages between valid ones
    for message in INVALID_MESSAGES:
        put(redis_url, "q", "good")
        redis.lpush("q", message)

    # Then every valid message comes, and the invalid ones are gone
    with Consumer(redis_url, "q") as consumer:
        assert consumer.take(len(INVALID_MESSAGES)) == ["good"] * len(INVALID_MESSAGES)
        ack_all(consumer.messages)
        consumer.turn(lambda: not redis.hlen("unacked"))
        assert not redis.llen("q")


def test_slow_messages_follow_each_other_without_a_break(redis: Redis, redis_url: str) -> None:
    # Given messages that take longer together than a turn of the loop may
    put(redis_url, "q", *range(60))
    seen: list[float] = []

    def take(message: Any) -> None:
        sleep(0.01)
        message.ack()
        seen.append(monotonic())

    # When a consumer takes them whose loop has nothing else to do
    with Consumer(redis_url, "q", take=take) as consumer:
        deadline = monotonic() + 20
        while len(seen) < 60 and monotonic() < deadline:
            consumer.hub.run_once()

    # Then it never waits between two
    assert max(later - earlier for earlier, later in pairwise(seen)) < 0.3


@pytest.mark.parametrize("timers", [(), (0.001, 0.002)])
def test_the_loop_goes_on_at_once_with_whatever_is_due(
    redis: Redis, redis_url: str, timers: tuple[float, ...]
) -> None:
    # Given work that goes on in a dozen threads of short steps, each of which asks for the next and sets timers
    worked: list[float] = []
    with Consumer(redis_url, "q") as consumer:
        transport = consumer.connection.transport

        def step(left: int) -> None:
            began = monotonic()
            sleep(0.003)
            for seconds in timers:
                transport.wake_after(seconds)
            if left:
                transport.call_soon(partial(step, left - 1))
            worked.append(monotonic() - began)

        for _ in range(12):
            consumer.hub.call_soon(step, 20)

        # When the loop turns that has nothing else to do
        began = monotonic()
        while len(worked) < 12 * 21 and monotonic() < began + 20:
            consumer.hub.run_once()

    # Then it hardly sleeps meanwhile
    assert len(worked) == 12 * 21
    assert monotonic() - began - sum(worked) < 0.8


def test_the_loop_turns_while_many_messages_are_delivered(redis: Redis, redis_url: str) -> None:
    # Given a timer, and messages that come in one fetch and take two seconds
    put(redis_url, "q", *range(200))
    ticks: list[float] = []
    with Consumer(redis_url, "q", take=lambda _: sleep(0.01)) as consumer:
        consumer.hub.call_repeatedly(0.05, lambda: ticks.append(monotonic()))
        consumer.turn_for(1.0)

    # Then the timer is served all along
    assert max(later - earlier for earlier, later in pairwise(ticks)) < 0.4


def test_a_consumer_that_fails_on_a_message_goes_on_with_the_next(redis: Redis, redis_url: str) -> None:
    # Given a consumer that fails on one message of many
    put(redis_url, "q", *range(10))
    seen: list[Any] = []

    def take(message: Any) -> None:
        seen.append(json.loads(message.body))
        message.ack()
        if seen[-1] == 4:
            raise RuntimeError("no good")

    with Consumer(redis_url, "q", take=take) as consumer:
        # When whoever turns the loop goes on
        with pytest.raises(RuntimeError):
            consumer.turn(lambda: False)
        consumer.turn(lambda: len(seen) == 10)

        # Then the others come, and those sent later
        put(redis_url, "q", "more")
        consumer.turn(lambda: seen[-1] == "more")
