"""Keys of the broker that are of another type than they should be: somebody who may write made them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Exchange, Queue
from redis import Redis
from redis.exceptions import ResponseError

from config.celery import AGGS
from deploy.redis_server import RedisServer
from leaderboard import keys
from tasks.fastlane.broker.restoring import RESTORE
from tasks.fastlane.consuming.fetch import FETCH
from tests.support.boards import eventually_as_expected
from tests.support.market import bar
from tests.support.messages.hostile import call, envelope
from tests.support.messages.lanes import FAST, GUARDED_STOCK, Consumer, ack_all, put, waiting
from tests.support.oracle import expected
from tests.support.processes import Processes
from tests.support.waiting import eventually

LANES = pytest.mark.parametrize(
    "lane", [FAST, GUARDED_STOCK], ids=["fast", "stock"]
)  #: A queue that is reached by way of an exchange, as Celery declares them.
BOUND = Queue("q", Exchange("q", type="direct"), routing_key="q")


# --- the scripts


def fetch(redis: Redis, most: int = 10) -> Any:
    return redis.eval(FETCH, 4, "unacked", "unacked_index", "q", "urgent", most, "tag.", 2, 1, 10_000, "q]", "u]")


@pytest.mark.parametrize("key", ["unacked", "unacked_index"])
def test_a_fetch_takes_nothing_that_it_cannot_record(redis: Redis, key: str) -> None:
    # Given messages, and a list where what is held is recorded
    redis.lpush("q", *range(5))
    redis.lpush(key, "x")

    # When they are fetched, then the error names the key
    with pytest.raises(ResponseError, match=f"WRONGTYPE the key {key} is a list, and has to be a "):
        fetch(redis)

    # And all is as it was
    assert redis.llen("q") == 5
    assert set(redis.keys()) == {b"q", key.encode()}


def test_a_fetch_passes_over_what_is_no_list_and_names_it(redis: Redis) -> None:
    # Given messages on one list, and a set in the place of the other
    redis.lpush("q", *range(3))
    redis.sadd("urgent", "x")

    # Then the messages come, and the set is told of
    assert fetch(redis) == [1, [b"0", b"1", b"2"], 2, b"set"]
    assert redis.hlen("unacked") == redis.zcard("unacked_index") == 3
    assert redis.type("urgent") == b"set"


@pytest.fixture
def held(redis: Redis) -> Redis:
    """Messages that are held, each of another list."""
    redis.hset("unacked", mapping={"a": "1", "b": "2"})
    redis.zadd("unacked_index", {"a": 1, "b": 2})
    return redis


def restore(redis: Redis) -> Any:
    return redis.eval(RESTORE, 4, "unacked", "unacked_index", "q", "other", "RPUSH", "a", "1", "1", "b", "2", "2")


@pytest.mark.parametrize(("key", "other"), [("unacked", "unacked_index"), ("unacked_index", "unacked")])
def test_a_restore_does_nothing_that_it_cannot_do_wholly(held: Redis, key: str, other: str) -> None:
    # Given a string where what is held is recorded
    held.set(key, "x")
    before = held.dump(other)

    # When messages are to be restored, then the error names the key, and all is as it was
    with pytest.raises(ResponseError, match=f"the key {key} is a string"):
        restore(held)
    assert held.dump(other) == before
    assert not held.exists("q", "other")


def test_a_message_stays_held_whose_list_is_none(held: Redis) -> None:
    # Given a string in the place of one list
    held.set("q", "x")

    # When messages of both are to be restored, then that of the other is
    assert restore(held) == [1, b"string"]
    assert held.lrange("other", 0, -1) == [b"2"]
    assert held.hgetall("unacked") == {b"a": b"1"}
    assert held.zrange("unacked_index", 0, -1) == [b"a"]


# --- consumers


@LANES
@pytest.mark.parametrize("key", ["unacked", "unacked_index"])
def test_messages_wait_while_they_cannot_be_recorded(
    redis: Redis, redis_url: str, lane: str, key: str, caplog: Any
) -> None:
    # Given a key of another type, and messages
    redis.lpush(key, "x")
    with Consumer(redis_url, "q", transport=lane) as consumer:
        refused: list[bool] = []
        consumer.channel.on_refusal = lambda: refused.append(True)
        put(redis_url, "q", *range(20))

        # When a consumer has tried a few times, then it has said so once, and each message is where it was
        consumer.turn(lambda: len(refused) >= 2)
        assert caplog.text.count("The broker gives no messages") == 1
        assert f"the key {key!r} is" in caplog.text or f"the key {key} is" in caplog.text
        assert waiting(redis, "q") == [*range(20)]
        assert consumer.messages == []

        # And when the key is deleted it goes on, and nothing is lost
        redis.delete(key)
        consumer.take(20)
        assert sorted(consumer.bodies) == [*range(20)]
        ack_all(consumer.messages)
        consumer.turn(lambda: not redis.exists("unacked", "unacked_index"))


@LANES
def test_what_is_no_queue_holds_up_nothing_but_itself(
    redis: Redis, redis_url: str, lane: str, caplog: Any
) -> None:
    # Given a queue, and something else where another one should be
    redis.sadd("bad", "x")
    with Consumer(redis_url, "bad", "good", transport=lane) as consumer:
        # When messages are sent to the one, then they come
        put(redis_url, "good", *range(5))
        consumer.take(5)
        assert "the key 'bad' is a" in caplog.text

        # And those of the other come when it is a queue
        redis.delete("bad")
        put(redis_url, "bad", "late")
        consumer.take(6)


@LANES
def test_a_consumer_starts_though_nothing_can_be_declared(
    redis: Redis, redis_url: str, lane: str, caplog: Any
) -> None:
    # Given other things in the places of bindings, of the lock, and of a queue of a later priority
    for key in ("_kombu.binding.q", "_kombu.binding_permanent.q", "unacked_mutex"):
        redis.set(key, "x")
    redis.set("q\x06\x163", "x")

    # When a consumer declares its queue and looks for what has to come back
    with Consumer(redis_url, BOUND, transport=lane, visibility_timeout=1, unacked_mutex_expire=1) as consumer:
        put(redis_url, "q", 1)

        # Then messages come, and what a consumer left behind comes back, for the lock expires now
        consumer.take(1)
        assert "_kombu.binding" in caplog.text
        consumer.turn(lambda: not redis.exists("unacked_mutex"))


@LANES
def test_a_message_comes_back_to_the_list_that_it_is_of(
    redis: Redis, redis_url: str, lane: str, caplog: Any
) -> None:
    # Given messages in flight of two queues, one of which is replaced by a set
    put(redis_url, "bad", "b")
    put(redis_url, "good", "g")
    consumer = Consumer(redis_url, "bad", "good", transport=lane)
    consumer.take(2)
    redis.sadd("bad", "x")

    # When they are given back
    consumer.close()

    # Then the one is, and the other is still held
    assert waiting(redis, "good") == ["g"]
    assert redis.hlen("unacked") == redis.zcard("unacked_index") == 1
    assert "the key 'bad' is a set" in caplog.text

    # And it comes when the queue is one
    redis.delete("bad")
    with Consumer(redis_url, "bad", transport=lane, visibility_timeout=0) as other:
        other.channel.qos.restore_visible(num=None, interval=1)
        assert other.take(1) == ["b"]


@LANES
def test_bindings_that_are_none_route_nothing(redis: Redis, redis_url: str, lane: str) -> None:
    # Given a binding that lacks its parts
    with Consumer(redis_url, BOUND, transport=lane) as consumer:
        redis.sadd("_kombu.binding.q", "junk")

        # Then what is sent to its exchange comes, and can be given back
        consumer.connection.Producer().publish(1, exchange="q", routing_key="q")
        consumer.take(1)[0]
        consumer.messages[0].reject(requeue=True)
        consumer.take(2)


# --- workers


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[tuple[Processes, RedisServer]]:
    broker = RedisServer(tmp_path / "broker").start()
    processes = Processes(
        tmp_path, REDIS_URL=broker.url(0), CELERY_BROKER_URL=broker.url(1), VISIBILITY_TIMEOUT="5"
    )
    yield processes, broker
    processes.stop()
    broker.stop()


@pytest.mark.parametrize("fast_lane", ["1", "0"])
def test_workers_lose_no_bar_to_a_key_of_another_type(
    fleet: tuple[Processes, RedisServer], fast_lane: str
) -> None:
    # Given bars, a list where what is held is recorded, and something else in the clock's places
    processes, server = fleet
    boards, broker = Redis(port=server.port), Redis(port=server.port, db=1)
    bars = [bar(f"S{n % 40}", f"09:30:{n // 40:02}", close=10 + n % 7) for n in range(600)]
    broker.lpush(AGGS, *(envelope(call(each)) for each in bars))
    broker.lpush("unacked", "x")
    broker.sadd("clock", "x")
    for name in ("aggs", "clock", "celery.pidbox", "celeryev", "reply.celery.pidbox"):
        broker.set(f"_kombu.binding.{name}", "x")
    broker.set("unacked_mutex", "x")

    # When workers start
    names = ("bars", "clock")
    for name, queues in zip(names, (AGGS, "clock,reference"), strict=True):
        processes.start_worker(name, queues=queues, FAST_LANE=fast_lane)
    for name in names:
        processes.await_log(name, "is a list, and has to be a hash")

    # Then they say so, and every bar still waits
    eventually(lambda: broker.llen(AGGS) == len(bars), 10)
    assert broker.lrange("unacked", 0, -1) == [b"x"]

    # And they are alive, and apply all of them when the keys are gone
    broker.delete("unacked", "clock")
    eventually_as_expected(boards, expected(bars))
    eventually(lambda: not any((broker.llen(AGGS), broker.hlen("unacked"))))
    assert boards.xlen(keys.DEAD) == 0
    for name in names:
        assert processes.alive(name), processes.log(name)

    # And go on when a queue is made something else while it is empty
    broker.sadd(AGGS, "x")
    processes.await_log("bars", "the key 'aggs' is a set")
    broker.delete(AGGS)
    later = [bar(f"S{n}", "09:31:00", close=20) for n in range(40)]
    broker.lpush(AGGS, *(envelope(call(each)) for each in later))
    eventually_as_expected(boards, expected([*bars, *later]))
    assert processes.alive("bars"), processes.log("bars")
