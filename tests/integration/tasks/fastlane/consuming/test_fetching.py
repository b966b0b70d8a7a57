"""What a fetch takes, in what order, how much, and what it records."""

import json
import os
import signal
import threading
from time import monotonic, sleep
from typing import Any

import billiard
import pytest
from redis import Redis

from tasks.fastlane.consuming.fetch import FETCH
from tests.support.messages.lanes import (
    FAST,
    STOCK,
    Consumer,
    ack_all,
    connect,
    put,
    unacked,
    waiting,
)
from tests.support.waiting import eventually


def test_a_message_is_in_its_list_or_on_record_at_every_moment(redis: Redis, redis_url: str) -> None:
    # Given messages, and somebody who counts lists and records in one step, over and over
    put(redis_url, "q", *range(2000))
    count = redis.register_script("return redis.call('LLEN', 'q') + redis.call('HLEN', 'unacked')")
    counts: set[int] = set()
    stopped = threading.Event()

    def watch() -> None:
        while not stopped.is_set():
            counts.add(int(count()))

    watcher = threading.Thread(target=watch)
    watcher.start()

    # When they are taken in many fetches and restored
    with Consumer(redis_url, "q", fetch_max=7) as consumer:
        consumer.take(2000)
    stopped.set()
    watcher.join()

    # Then there were never fewer, and never more
    assert counts == {2000}


@pytest.mark.parametrize("transport", [FAST, STOCK], ids=["fast", "stock"])
def test_what_a_killed_consumer_had_is_on_record(redis: Redis, redis_url: str, transport: str) -> None:
    # Given a consumer that has taken messages
    put(redis_url, "q", *range(20))

    def take() -> None:
        Consumer(redis_url, "q", transport=FAST, prefetch=12).take(12)
        redis.set("taken", 1)
        sleep(60)

    process = billiard.Process(target=take)
    process.start()
    eventually(lambda: redis.exists("taken"))

    # When it is killed
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    process.join()

    # Then all that it had is recorded, and comes back to whichever consumer after the visibility timeout
    assert len(unacked(redis)) == 12
    assert waiting(redis, "q") == [*range(12, 20)]
    with Consumer(
        redis_url, "q", transport=transport, visibility_timeout=0, unacked_restore_throttle=1
    ) as next_one:
        next_one.channel.qos.restore_visible(num=None, interval=1)
        assert sorted(next_one.take(20)[:20]) == [*range(20)]


def test_a_record_is_laid_out_as_kombus(redis: Redis, redis_url: str) -> None:
    # Given a message
    put(redis_url, "q", {"of": "mine"}, priority=3)
    (sent,) = redis.lrange("q\x06\x163", 0, -1)

    # When it is taken
    with Consumer(redis_url, "q") as consumer:
        consumer.take(1)

        # Then its record is the message as it was, with an exchange and a routing key that lead back to its queue
        (record,) = unacked(redis)
        assert record == [json.loads(sent), "", "q"]


def test_each_delivery_has_its_own_tag(redis: Redis, redis_url: str) -> None:
    # Given a message unacknowledged by a slow consumer
    put(redis_url, "q", "once")
    with Consumer(redis_url, "q") as slow, Consumer(redis_url, "other") as other:
        slow.take(1)

        # When it is delivered again, and the slow one is done with it at last
        other.channel.qos.restore_many([slow.messages[0].delivery_tag])
        with Consumer(redis_url, "q") as quick:
            quick.take(1)
            slow.messages[0].ack()
            slow.channel.qos.flush_acks()

            # Then the second delivery is still unacknowledged, and marked as one
            assert slow.messages[0].delivery_tag != quick.messages[0].delivery_tag
            assert quick.messages[0].headers["redelivered"] is True
            assert len(unacked(redis)) == 1
    assert waiting(redis, "q") == ["once"]


def test_a_fork_gives_tags_of_its_own(redis: Redis, redis_url: str) -> None:
    # Given a consumer with a message unacknowledged, forked as pools of Celery's do
    put(redis_url, "q", *range(4))
    with connect(redis_url) as connection:
        channel: Any = connection.default_channel
        channel.basic_get("q")

        def take() -> None:
            channel.basic_get("q")
            channel.basic_get("q")
            os._exit(0)

        child = billiard.Process(target=take)
        child.start()

        # When both take more
        channel.basic_get("q")
        child.join(20)

        # Then each is recorded
        assert child.exitcode == 0
        assert len(unacked(redis)) == 4


def test_a_fork_has_connections_of_its_own(redis: Redis, redis_url: str) -> None:
    # Given a consumer with a fetch in flight and acknowledgements sent
    put(redis_url, "q", *range(3))
    with Consumer(redis_url, "q") as consumer:
        consumer.take(3)
        consumer.messages[0].ack()
        consumer.channel.qos.send_acks()

        # When a child of it acknowledges another message, and ends
        def ack() -> None:
            consumer.messages[1].ack()
            consumer.channel.qos.flush_acks()
            os._exit(0)

        child = billiard.Process(target=ack)
        child.start()
        child.join(20)
        assert child.exitcode == 0

        # Then both are acknowledged, and the parent goes on
        consumer.messages[2].ack()
        consumer.channel.qos.flush_acks()
        assert unacked(redis) == []
        put(redis_url, "q", "more")
        assert consumer.take(4)[-1] == "more"


@pytest.mark.parametrize("fetch_max", [500, 3], ids=["one fetch", "many fetches"])
@pytest.mark.parametrize("lists", [1, 2])
def test_messages_come_in_their_order(redis: Redis, redis_url: str, fetch_max: int, lists: int) -> None:
    put(redis_url, "q", *range(50))

    with Consumer(redis_url, "q", *["idle"][: lists - 1], fetch_max=fetch_max) as consumer:
        assert consumer.take(50) == [*range(50)]


@pytest.mark.parametrize("fetch_max", [1, 1000])
def test_a_fetch_is_as_large_as_allowed(redis: Redis, redis_url: str, fetch_max: int) -> None:
    put(redis_url, "q", *range(1100))

    with Consumer(redis_url, "q", fetch_max=fetch_max) as consumer:
        assert consumer.take(1100) == [*range(1100)]


@pytest.mark.parametrize("fetch_max", [0, -1, 1001, 20_000])
def test_a_fetch_that_no_script_can_take_is_refused(redis: Redis, redis_url: str, fetch_max: int) -> None:
    # Given messages, and a consumer that asks for more at once than a script can record, or for none
    put(redis_url, "q", *range(10))

    # Then it does not start
    with pytest.raises(ValueError, match="fetch_max"):
        Consumer(redis_url, "q", fetch_max=fetch_max)
    assert redis.llen("q") == 10


def test_large_messages_come_whole(redis: Redis, redis_url: str) -> None:
    # Given messages of a megabyte
    bodies = [str(n) * 1_000_000 for n in range(8)]
    put(redis_url, "q", *bodies)

    # When they are taken, and restored
    with Consumer(redis_url, "q") as consumer:
        assert consumer.take(8) == bodies

    # Then they are the same
    assert waiting(redis, "q") == bodies


def test_the_urgent_come_first(redis: Redis, redis_url: str) -> None:
    # Given messages of several priorities, the least urgent (9) sent first
    for priority in (9, 6, 3, 0):
        put(redis_url, "q", *[f"{priority}-{n}" for n in range(3)], priority=priority)

    # Then they come by priority, whatever a fetch takes
    with Consumer(redis_url, "q", fetch_max=5) as consumer:
        assert consumer.take(12) == [f"{priority}-{n}" for priority in (0, 3, 6, 9) for n in range(3)]


def test_a_busy_queue_leaves_room_for_others(redis: Redis, redis_url: str) -> None:
    # Given a long queue and two short ones
    put(redis_url, "busy", *["busy"] * 1000)
    put(redis_url, "calm", *["calm"] * 50)
    put(redis_url, "rare", *["rare"] * 5)

    # When a few hundred messages are taken, by default in turn
    with Consumer(redis_url, "busy", "calm", "rare", fetch_max=60) as consumer:
        taken = consumer.take(180)[:180]

    # Then the short queues had their share
    assert (taken.count("calm"), taken.count("rare")) == (50, 5)


@pytest.mark.parametrize(
    ("strategy", "order"), [("priority", ["z", "a", "m"]), ("sorted", ["a", "m", "z"])], ids=["priority", "sorted"]
)
def test_queues_can_have_an_order(redis: Redis, redis_url: str, strategy: str, order: list[str]) -> None:
    # Given three queues, more in each than one fetch takes
    for queue in ("z", "a", "m"):
        put(redis_url, queue, *[queue] * 30)

    # Then each is emptied before the next, as in stock's lane
    with Consumer(redis_url, "z", "a", "m", queue_order_strategy=strategy, fetch_max=20) as consumer:
        assert consumer.take(90) == [queue for queue in order for _ in range(30)]


def test_a_fetch_ends_after_so_many_bytes(redis: Redis) -> None:
    # Given messages of a hundred bytes, and a fetch of a thousand
    redis.rpush("q", *(f"{n:0100}" for n in range(100)))

    def fetched(most: int) -> list[bytes]:
        reply: list[Any] = redis.eval(
            FETCH, 3, "unacked", "index", "q", most, f"{most}.", 1, 0, 1_000, ', "", "q"]'
        )
        return reply[1]

    # Then it ends with the step in which they are there, or sooner
    assert [int(each) for each in fetched(50)] == [*reversed(range(80, 100))]
    assert len(fetched(7)) == 7
    assert redis.llen("q") == 73
    assert redis.hlen("unacked") == redis.zcard("index") == 27


def test_without_records_of_unacknowledged_messages(redis: Redis, redis_url: str) -> None:
    put(redis_url, "q", *range(5))

    with Consumer(redis_url, "q", ack_emulation=False) as consumer:
        assert consumer.take(5) == [*range(5)]
        assert not redis.exists("unacked")


def test_an_idle_consumer_hears_of_a_message_on_any_list(redis: Redis, redis_url: str) -> None:
    # Given a consumer of two queues, each of four priorities, with nothing to do
    delays = []
    with Consumer(redis_url, "q", "second") as consumer:
        consumer.turn_for(0.1)

        # When a message comes to any of them
        for number in range(12):
            put(redis_url, ("q", "second")[number % 2], number, priority=(0, 3, 9)[number % 3])
            sent = monotonic()
            consumer.take(number + 1)
            delays.append(monotonic() - sent)
            ack_all(consumer.messages[number:])

    # Then it is there in about the time of a look around
    assert max(delays) < 0.5
    assert sorted(delays)[len(delays) // 2] < 0.2
