"""The fast lane's transport on a real Redis, next to kombu's own."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep, time
from types import MethodType
from typing import Any, NoReturn

import billiard
import pytest
from celery import Celery
from kombu import Exchange, Queue
from redis import Redis
from redis.exceptions import ConnectionError, RedisError, ResponseError
from redis.sentinel import Sentinel

from deploy.redis_server import RedisServer, executable, free_port
from leaderboard.pipelined_connection import PipelinedConnection
from tasks.fastlane.consuming.fetch import FETCH, RawMessage
from tasks.fastlane.consuming.qos import BULK, WRITES_IN_FLIGHT
from tests.support import certificates
from tests.support.lanes import (
    FAST,
    SENTINEL,
    STOCK,
    Consumer,
    ack_all,
    body_of,
    connect,
    direct,
    put,
    unacked,
    waiting,
)
from tests.support.proxy import Proxy
from tests.support.waiting import eventually

both = pytest.mark.parametrize(
    ("first", "second"), [(FAST, STOCK), (STOCK, FAST)], ids=["fast-stock", "stock-fast"]
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that a test may kill."""
    server = RedisServer(tmp_path / "server", None, "--appendfsync", "always").start()
    yield server
    server.stop()


# --- taking


def test_messages_are_in_the_list_or_held_at_every_moment(redis: Redis, redis_url: str) -> None:
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

    # When they are taken in many fetches and given back
    with Consumer(redis_url, "q", fetch_max=7) as consumer:
        consumer.take(2000)
    stopped.set()
    watcher.join()

    # Then there were never fewer, and never more
    assert counts == {2000}


@pytest.mark.parametrize("transport", [FAST, STOCK], ids=["fast", "stock"])
def test_what_a_killed_consumer_held_is_recorded(redis: Redis, redis_url: str, transport: str) -> None:
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
    # Given a message in the hands of a slow consumer
    put(redis_url, "q", "once")
    with Consumer(redis_url, "q") as slow, Consumer(redis_url, "other") as other:
        slow.take(1)

        # When it is delivered again, and the slow one is done with it at last
        other.channel.qos.restore_many([slow.messages[0].delivery_tag])
        with Consumer(redis_url, "q") as quick:
            quick.take(1)
            slow.messages[0].ack()
            slow.channel.qos.flush_acks()

            # Then the second delivery is still held, and marked as one
            assert slow.messages[0].delivery_tag != quick.messages[0].delivery_tag
            assert quick.messages[0].headers["redelivered"] is True
            assert len(unacked(redis)) == 1
    assert waiting(redis, "q") == ["once"]


def test_a_fork_gives_tags_of_its_own(redis: Redis, redis_url: str) -> None:
    # Given a consumer with a message in hand, forked as pools of Celery's do
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
    # Given a consumer with a fetch under way and acknowledgements sent
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

    # When they are taken, and given back
    with Consumer(redis_url, "q") as consumer:
        assert consumer.take(8) == bodies

    # Then they are the same
    assert waiting(redis, "q") == bodies


# --- order between queues and priorities


def test_the_urgent_come_first(redis: Redis, redis_url: str) -> None:
    # Given messages of several priorities, the least urgent (9) sent first
    for priority in (9, 6, 3, 0):
        put(redis_url, "q", *[f"{priority}-{n}" for n in range(3)], priority=priority)

    # Then they come by priority, whatever a fetch takes
    with Consumer(redis_url, "q", fetch_max=5) as consumer:
        assert consumer.take(12) == [f"{priority}-{n}" for priority in (0, 3, 6, 9) for n in range(3)]


def test_a_priority_is_kept_when_a_message_is_given_back(redis: Redis, redis_url: str) -> None:
    put(redis_url, "q", "late", priority=9)
    put(redis_url, "q", "early", priority=0)

    with Consumer(redis_url, "q") as consumer:
        consumer.take(2)

    assert (waiting(redis, "q"), waiting(redis, "q\x06\x169")) == (["early"], ["late"])


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


# --- credit


@pytest.mark.parametrize("prefetch", [1, 2, 10, 450])
def test_no_more_are_in_hand_than_allowed(redis: Redis, redis_url: str, prefetch: int) -> None:
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

    # Then it never had more than that, but for acknowledgements that are under way
    assert most <= prefetch + max(1, prefetch // 3)


def test_without_credit_nothing_is_asked_for(redis: Redis, redis_url: str) -> None:
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


# --- acknowledging


def test_acknowledgements_are_sent_in_bulk(redis: Redis, redis_url: str) -> None:
    # Given a thousand messages in hand
    put(redis_url, "q", *range(1000))
    with Consumer(redis_url, "q") as consumer:
        consumer.take(1000)
        redis.config_resetstat()

        # When they are acknowledged one by one
        ack_all(consumer.messages)
        consumer.turn(lambda: not redis.exists("unacked_index"))

        # Then it took a handful of commands
        assert redis.info("commandstats")["cmdstat_hdel"]["calls"] <= 5
    assert redis.llen("q") == 0


def test_acknowledgements_come_from_any_thread(redis: Redis, redis_url: str) -> None:
    # Given messages in hand
    put(redis_url, "q", *range(3000))
    with Consumer(redis_url, "q") as consumer:
        consumer.take(3000)

        # When eight threads acknowledge them while the loop turns
        threads = [threading.Thread(target=ack_all, args=(consumer.messages[n::8],)) for n in range(8)]
        for thread in threads:
            thread.start()
        consumer.turn(lambda: not redis.exists("unacked_index"))
        for thread in threads:
            thread.join()

        # Then none is left, and the consumer counts none as held
        assert unacked(redis) == []
        consumer.channel.qos._flush()
        assert not consumer.channel.qos._delivered


def test_an_acknowledgement_after_the_end_is_sent_and_leaves_no_connection(redis: Redis, redis_url: str) -> None:
    # Given a consumer that has closed with a message in hand, which came back
    before = len(redis.client_list())
    put(redis_url, "q", "slow")
    consumer = Consumer(redis_url, "q")
    consumer.take(1)
    consumer.close()
    assert waiting(redis, "q") == ["slow"]
    eventually(lambda: len(redis.client_list()) <= before)

    # When the message is acknowledged
    consumer.messages[0].ack()

    # Then nothing happens to its next delivery
    assert waiting(redis, "q") == ["slow"]
    eventually(lambda: len(redis.client_list()) <= before)


def test_acknowledgements_survive_a_server_that_was_gone(server: RedisServer) -> None:
    # Given messages in hand
    put(server.url(), "q", *range(5))
    redis = Redis(port=server.port)
    with Consumer(server.url(), "q") as consumer:
        consumer.take(5)
        qos = consumer.channel.qos
        ack_all(consumer.messages[:2])
        qos.flush_acks()

        # When the server is gone while others are acknowledged
        server.kill()
        ack_all(consumer.messages[2:4])
        with pytest.raises(RedisError):
            qos.flush_acks()
        server.start()

        # Then they are acknowledged when it is back
        qos.flush_acks()
        assert [body_of(record[0]) for record in unacked(redis)] == [4]


@pytest.mark.parametrize("reply", [False, True], ids=["not read", "lost"])
def test_acknowledgements_are_repeated_whose_connection_was_cut(redis: Redis, redis_url: str, reply: bool) -> None:
    # Given acknowledgements that were written to a connection which is then cut
    put(redis_url, "q", *range(4))
    proxy = Proxy(redis_port(redis))
    with Consumer(f"redis://127.0.0.1:{proxy.port}/0", "q", socket_timeout=2) as consumer:
        consumer.take(4)
        qos = consumer.channel.qos
        consumer.messages[0].ack()
        qos.flush_acks()
        if reply:
            proxy.cut_after(1)
        else:
            proxy.hold()
        ack_all(consumer.messages[1:3])
        qos.send_acks()
        if not reply:
            sleep(0.1)
            proxy.cut()
            proxy.resume()
        with pytest.raises(RedisError):
            qos.flush_acks()

        # When they are sent again, with one more
        consumer.messages[3].ack()
        qos.flush_acks()

        # Then nothing is left that would come again
        assert unacked(redis) == []
    proxy.close()


def test_acknowledgements_in_doubt_at_the_close_are_sent_again(redis: Redis, redis_url: str) -> None:
    # Given acknowledgements that were written and have not arrived
    put(redis_url, "q", *range(3))
    proxy = Proxy(redis_port(redis))
    consumer = Consumer(f"redis://127.0.0.1:{proxy.port}/0", "q", socket_timeout=2)
    consumer.take(3)
    qos = consumer.channel.qos
    consumer.messages[0].ack()
    qos.flush_acks()
    proxy.hold()
    consumer.messages[1].ack()
    qos.send_acks()
    assert len(qos._in_flight) == 1

    # When the connection is lost with them, and the consumer closes
    proxy.cut()
    proxy.resume()
    consumer.close()

    # Then they count, and what was not acknowledged waits again
    assert unacked(redis) == []
    assert waiting(redis, "q") == [2]
    proxy.close()


def test_many_acknowledgements_to_a_server_that_is_gone_wait_for_the_loop(server: RedisServer) -> None:
    # Given more messages in hand than are acknowledged in one go
    put(server.url(), "q", *range(BULK + 1))
    with Consumer(server.url(), "q") as consumer:
        consumer.take(BULK + 1)
        server.kill()

        # When they are acknowledged while the server is gone
        consumer.channel.qos.ack_many(message.delivery_tag for message in consumer.messages)

        # Then it is the loop that hears of it
        with pytest.raises(consumer.connection.connection_errors):
            consumer.turn(lambda: False)

        # And they are acknowledged when it is back
        server.start()
        consumer.channel.qos.flush_acks()
        assert unacked(Redis(port=server.port)) == []


def test_a_server_that_cannot_be_reached_is_waited_for_once_a_turn(server: RedisServer) -> None:
    # Given more messages in hand than are acknowledged in one go, and a server whose address leads nowhere
    put(server.url(), "q", *range(BULK + 2))
    with Consumer(server.url(), "q") as consumer:
        consumer.take(BULK + 2)
        server.kill()
        attempts: list[str] = []

        class NowhereToGo:
            def get_connection(self) -> NoReturn:
                attempts.append("")
                raise ConnectionError

        qos = consumer.channel.qos
        qos.connection = PipelinedConnection(NowhereToGo())

        # When they are acknowledged, the last ones one by one
        *most, last, very_last = (message.delivery_tag for message in consumer.messages)
        for tags in (most, [last], [very_last]):
            qos.ack_many(tags)

        # Then one attempt is made, and the next one is the loop's
        assert len(attempts) == 1
        with pytest.raises(ConnectionError):
            qos.send_acks()
        server.start()


def test_acknowledgements_do_not_wait_for_the_answers_to_those_before(redis: Redis, redis_url: str) -> None:
    # Given a server whose answers do not come through
    put(redis_url, "q", *range(20))
    proxy = Proxy(redis_port(redis))
    with Consumer(f"redis://127.0.0.1:{proxy.port}/0", "q", socket_timeout=2) as consumer:
        consumer.take(20)
        qos = consumer.channel.qos
        consumer.messages[0].ack()
        qos.flush_acks()
        proxy.hold()

        # When messages are acknowledged in several writes
        for message in consumer.messages[1:WRITES_IN_FLIGHT]:
            message.ack()
            qos.send_acks()

        # Then none of them waited, and all are told again once the connection has ended
        assert len(qos._in_flight) == WRITES_IN_FLIGHT - 1
        proxy.cut()
        proxy.resume()
        with pytest.raises(RedisError):
            qos.flush_acks()
        ack_all(consumer.messages[WRITES_IN_FLIGHT:])
        qos.flush_acks()
        assert unacked(redis) == []
    proxy.close()


def test_only_so_many_writes_are_in_flight(redis: Redis, redis_url: str) -> None:
    # Given messages that are acknowledged in more writes than may be in flight
    number = 3 * WRITES_IN_FLIGHT
    put(redis_url, "q", *range(number))
    with Consumer(redis_url, "q") as consumer:
        consumer.take(number)
        qos = consumer.channel.qos
        for message in consumer.messages:
            message.ack()
            qos.send_acks()

            # Then replies are read before there is another
            assert len(qos._in_flight) <= WRITES_IN_FLIGHT

        qos.flush_acks()
        assert len(qos._in_flight) == 0
        assert unacked(redis) == []


# --- giving back


def test_the_oldest_given_back_is_next_in_turn(redis: Redis, redis_url: str) -> None:
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


def test_close_gives_back_what_has_not_been_delivered_yet(redis: Redis, redis_url: str) -> None:
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


def test_close_gives_back_what_a_fetch_under_way_brings(redis: Redis, redis_url: str) -> None:
    # Given a consumer whose fetch waits
    consumer = Consumer(redis_url, "q")
    consumer.turn(lambda: redis.info("clients")["blocked_clients"])

    # When messages come, and it closes without having looked
    put(redis_url, "q", *range(10))
    consumer.close()

    # Then they are where they were
    assert waiting(redis, "q") == [*range(10)]
    assert unacked(redis) == []


@pytest.mark.parametrize("no_ack", [False, True])
@pytest.mark.parametrize("when", ["in the middle", "before the reply"])
def test_a_cancelled_consumer_loses_nothing(redis: Redis, redis_url: str, no_ack: bool, when: str) -> None:
    # Given a consumer that is cancelled by the third of its messages, or before it sees the first
    seen: list[Any] = []

    def take(message: Any) -> None:
        seen.append(json.loads(message.body))
        if not no_ack:
            message.ack()
        if len(seen) == 3:
            consumer.consumer.cancel()
        sleep(0.03)

    with Consumer(redis_url, "q", "other", take=take, no_ack=no_ack) as consumer:
        consumer.consumer.add_queue(direct("third"))
        if when == "before the reply":
            consumer.turn(lambda: redis.info("clients")["blocked_clients"])
        put(redis_url, "q", *range(100))
        if when == "before the reply":
            sleep(0.2)
            consumer.consumer.cancel()
        consumer.turn_for(0.5)

        # Then the rest waits for others, and nothing is held
        assert sorted(seen + waiting(redis, "q")) == [*range(100)]
        assert unacked(redis) == []


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


# --- visibility timeout


def test_the_servers_clock_decides_what_is_overdue(redis: Redis, redis_url: str, monkeypatch: Any) -> None:
    # Given a message in hand, and a machine whose clock is an hour ahead
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


def test_overdue_messages_come_back_oldest_first(redis: Redis, redis_url: str) -> None:
    put(redis_url, "q", *range(1500))
    holder = Consumer(redis_url, "q", fetch_max=100)
    holder.take(1500)

    with Consumer(redis_url, "other", visibility_timeout=0) as other:
        other.channel.qos.restore_visible(num=None)

    assert waiting(redis, "q") == [*range(1500)]
    holder.close()
    assert redis.llen("q") == 1500


# --- with stock consumers


@both
def test_one_lane_gives_back_what_the_other_held(redis: Redis, redis_url: str, first: str, second: str) -> None:
    # Given messages in the hands of one lane, of two priorities, by way of an exchange and by a queue's name
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

    # When messages are taken, acknowledged, rejected and given back by the fast lane
    with Consumer(redis_url, "q", global_keyprefix="ours:") as consumer:
        consumer.take(5)
        consumer.turn(lambda: redis.hlen("ours:unacked") == 5)
        consumer.messages[0].ack()
        consumer.turn(lambda: redis.hlen("ours:unacked") == 4)
        consumer.messages[1].reject(requeue=True)
        consumer.take(6)

        # And others are given back by either lane
        tags: Any = redis.zrange("ours:unacked_index", 0, 0)
        redis.zadd("ours:unacked_index", {tags[0]: 1})
        options: dict[str, Any] = {"global_keyprefix": "ours:", "visibility_timeout": 3600}
        with Consumer(redis_url, "other", transport=transport, **options) as other:
            other.channel.qos.restore_visible(num=None)

    # Then all keys have the prefix, and the neighbour's were left alone
    assert sorted(waiting(redis, "ours:q")) == [1, 2, 3, 4]
    assert waiting(redis, "q") == ["theirs"]
    assert {*redis.keys()} == {b"ours:q", b"q"}


# --- what is no message

JUNK = [
    b"",
    b"no JSON",
    b"1, 2",
    b"null",
    b"[]",
    b'"text"',
    b"17",
    b"{}",
    b'{"properties": null}',
    b'{"properties": []}',
    b'{"properties": {"delivery_tag": "x", "body_encoding": "base64"}, "body": "A"}',
    b'{"properties": {"delivery_tag": "x", "body_encoding": "base65"}, "body": "AAAA"}',
    b'{"properties": {"delivery_tag": "x"}, "headers": {"a": {"__type__": "decimal", "__value__": "b"}}}',
    b'{"properties": {"delivery_tag": "x"}, "headers": {"a": {"__type__": "what", "__value__": "b"}}}',
    b'{"properties": {"delivery_tag": "x", "body_encoding": "base64"}, "body": 17}',
    b"\xff\xfe",
    b"[" * 5000 + b"]" * 5000,
]


def test_what_is_no_message_does_not_stop_the_consumer(redis: Redis, redis_url: str) -> None:
    # Given a queue with all kinds of junk between messages
    for junk in JUNK:
        put(redis_url, "q", "good")
        redis.lpush("q", junk)

    # Then every message comes, and the junk is gone
    with Consumer(redis_url, "q") as consumer:
        assert consumer.take(len(JUNK)) == ["good"] * len(JUNK)
        ack_all(consumer.messages)
        consumer.turn(lambda: not redis.hlen("unacked"))
        assert not redis.llen("q")


def test_what_is_no_message_is_not_got_either(redis: Redis, redis_url: str) -> None:
    for junk in JUNK:
        redis.lpush("q", junk)
    put(redis_url, "q", "good")

    with connect(redis_url) as connection:
        message = connection.default_channel.basic_get("q")
        assert message is not None
        assert json.loads(message.body) == "good"
        assert connection.default_channel.basic_get("q") is None


@pytest.mark.parametrize("how", ["overdue", "at close"])
def test_what_is_no_message_does_not_keep_others_from_coming_back(redis: Redis, redis_url: str, how: str) -> None:
    # Given a consumer that holds junk and messages, and was lost before it looked at either
    for junk in JUNK:
        put(redis_url, "q", "good")
        redis.lpush("q", junk)
    with connect(redis_url) as lost, connect(redis_url, visibility_timeout=0) as other:
        channel: Any = lost.default_channel
        redis.execute_command(*channel._new_fetch(["q"], 500).command(channel))
        assert redis.hlen("unacked") == 2 * len(JUNK)

        # When what it held is given back
        if how == "overdue":
            other.default_channel.qos.restore_visible(num=None)
        else:
            tags: Any = redis.zrange("unacked_index", 0, -1)
            channel.qos.append_fetched(tag.decode() for tag in tags)
            lost.close()

    # Then every message is, and nothing of the junk comes up again
    assert redis.exists("unacked", "unacked_index") == 0
    with Consumer(redis_url, "q") as consumer:
        assert consumer.take(len(JUNK)) == ["good"] * len(JUNK)
        consumer.turn(lambda: redis.hlen("unacked") == len(JUNK))


def test_a_message_with_no_way_back_is_kept(redis: Redis, redis_url: str) -> None:
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


# --- without an event loop


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

    # Then none was held when it came, and what did not come is there
    assert (got, held) == ([0, 1], [0, 0])
    assert waiting(redis, "ours:q") == [2]


def test_basic_get(redis: Redis, redis_url: str) -> None:
    # Given messages of two priorities
    put(redis_url, "q", "late", priority=9)
    put(redis_url, "q", "early")
    with connect(redis_url) as connection:
        channel: Any = connection.default_channel

        # Then they are got one by one, held, and acknowledged or given back
        early, late = channel.basic_get("q"), channel.basic_get("q")
        assert [json.loads(each.body) for each in (early, late)] == ["early", "late"]
        assert channel.basic_get("q") is None
        assert len(unacked(redis)) == 2
        early.ack()
        assert len(unacked(redis)) == 1
    assert waiting(redis, "q\x06\x169") == ["late"]

    # And those that need no acknowledgement are not held
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


def test_without_records_of_what_is_held(redis: Redis, redis_url: str) -> None:
    put(redis_url, "q", *range(5))

    with Consumer(redis_url, "q", ack_emulation=False) as consumer:
        assert consumer.take(5) == [*range(5)]
        assert not redis.exists("unacked")


# --- time


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


class BatchNoter:
    """Stands in for a consumer of batches.

    Attributes:
        events: what it was told, in order.
        when: called as it runs a batch.
    """

    def __init__(self, when: Callable[[], None]) -> None:
        self.events: list[str] = []
        self.when = when
        self._added = 0

    def add(self, message: RawMessage, task_id: str, body: bytes) -> bool:
        self._added += 1
        return True

    def run(self) -> None:
        self.events.append(f"run {self._added}")
        self._added = 0
        self.when()

    def settle(self) -> None:
        self.events.append("settle")

    def close(self) -> None:
        self.events.append("close")


def put_calls(url: str, queue: str, number: int, task: str = "tests.batch") -> None:
    with connect(url, STOCK) as connection:
        app = Celery(broker=url, set_as_current=False)
        to: Any = direct(queue)
        for _ in range(number):
            app.send_task(task, [], connection=connection, queue=to)


def test_lots_are_settled_soon_though_no_more_comes(redis: Redis, redis_url: str) -> None:
    # Given a consumer that takes batches, and so many messages that it asks for the next at once
    put_calls(redis_url, "q", 100)
    with Consumer(redis_url, "q") as consumer:
        batches = consumer.channel.batch_consumers["tests.batch"] = BatchNoter(lambda: None)
        consumer.turn(lambda: batches.events)
        began = monotonic()

        # When nothing more comes
        consumer.turn(lambda: len(batches.events) > 1)

    # Then the end of what it took is waited for soon, while it waits for more
    assert batches.events[:2] == ["run 100", "settle"]
    assert monotonic() - began < 0.5


def test_a_lot_is_taken_while_another_runs(redis: Redis, redis_url: str) -> None:
    # Given a consumer that takes batches
    put_calls(redis_url, "q", 100)
    more = iter([lambda: put_calls(redis_url, "q", 80)])
    with Consumer(redis_url, "q") as consumer:
        # When more messages come while it works on the first
        batches = BatchNoter(lambda: next(more, lambda: None)())
        consumer.channel.batch_consumers["tests.batch"] = batches
        consumer.turn(lambda: batches.events.count("settle"))

    # Then it takes them before it waits for the end of the first
    assert batches.events[0] == "run 100"
    assert batches.events[1].startswith("run")


def test_lots_of_one_task_do_not_put_off_the_end_of_anothers(redis: Redis, redis_url: str) -> None:
    # Given a consumer that has taken a batch of one task, while its next fetch waits
    put_calls(redis_url, "q", 100)
    with Consumer(redis_url, "q") as consumer:
        other = BatchNoter(lambda: None)
        batches = BatchNoter(lambda: put_calls(redis_url, "q", 80, "tests.other"))
        consumer.channel.batch_consumers |= {"tests.batch": batches, "tests.other": other}

        # When batches of another come
        consumer.turn(lambda: any(event.startswith("run") for event in other.events))

        # Then the end of the first has been waited for
        assert batches.events[:2] == ["run 100", "settle"]


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


# --- a server in trouble


def test_a_full_server_is_emptied(redis: Redis, redis_url: str) -> None:
    # Given a consumer, and messages in a server that takes no more
    put(redis_url, "q", *range(30))
    with Consumer(redis_url, "q", prefetch=20) as consumer:
        redis.config_set("maxmemory", 1)
        try:
            # Then they are taken, acknowledged, and given back
            assert consumer.take(20) == [*range(20)]
            ack_all(consumer.messages[:10])
            consumer.take(30)
            consumer.turn(lambda: redis.hlen("unacked") == 20)
            consumer.close()
        finally:
            redis.config_set("maxmemory", 0)
    assert waiting(redis, "q") == [*range(10, 30)]


def test_a_consumer_comes_back_with_its_server(server: RedisServer) -> None:
    # Given a consumer
    put(server.url(), "q", *range(3))
    with Consumer(server.url(), "q") as consumer:
        consumer.take(3)
        ack_all(consumer.messages)
        consumer.channel.qos.flush_acks()

        # When its server dies and comes back
        server.kill()
        with pytest.raises(consumer.connection.connection_errors):
            consumer.turn(lambda: False)
        server.start()
        put(server.url(), "q", "back")

        # Then the same loop goes on
        def turn() -> bool:
            with suppress(*consumer.connection.connection_errors):
                consumer.hub.run_once()
            return len(consumer.messages) > 3

        eventually(turn)
        assert consumer.bodies == [0, 1, 2, "back"]


@pytest.mark.parametrize("of", ["all", "what is fetched", "what is acknowledged"])
def test_connections_that_the_server_closes(redis: Redis, redis_url: str, of: str) -> None:
    # Given a consumer in the middle of a stream
    put(redis_url, "q", *range(100))
    seen: list[int] = []

    def take(message: Any) -> None:
        seen.append(json.loads(message.body))
        message.ack()

    with Consumer(redis_url, "q", take=take, prefetch=10, client_name="consumer") as consumer:
        consumer.turn(lambda: len(seen) == 100)

        # When the server closes connections of its
        mine = [each for each in redis.client_list() if each["name"] == "consumer"]
        for each in mine:
            blocked = each["cmd"] in ("blmove", "eval")
            if of == "all" or blocked == (of == "what is fetched"):
                redis.client_kill_filter(_id=each["id"])
        put(redis_url, "q", *range(100, 200))

        # Then what was in between comes again at most, and nothing is lost
        def turn() -> bool:
            with suppress(*consumer.connection.connection_errors):
                consumer.hub.run_once()
            return {*seen} == {*range(200)}

        eventually(turn)
        with suppress(*consumer.connection.connection_errors):
            consumer.turn_for(0.1)
        with suppress(*consumer.connection.connection_errors):
            consumer.channel.qos.flush_acks()
        consumer.channel.qos.flush_acks()
        assert unacked(redis) == []


def test_what_came_just_before_the_end_of_the_connection_is_held(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a consumer with several fetches under way
    put(redis_url, "q", *range(40))
    consumer = Consumer(redis_url, "q", fetch_max=4)
    consumer.turn(lambda: len(consumer.channel._in_flight) > 1)
    held = len(consumer.channel.qos._delivered)

    # When the server closes the connection right behind a reply
    def at_its_end(self: Any, timeout: float = 0) -> bool:
        raise ConnectionError("the end")

    monkeypatch.setattr(type(consumer.channel.client.connection), "can_read", at_its_end)
    with pytest.raises(ConnectionError):
        consumer.turn(lambda: False)
    monkeypatch.undo()

    # Then the messages of that reply are held, and given back at the close
    assert len(consumer.channel.qos._delivered) == held + 4
    consumer.close()
    assert len(waiting(redis, "q")) + redis.hlen("unacked") == 40
    assert len(waiting(redis, "q")) >= held + 4


@pytest.mark.parametrize("after", [1, 30, 200, 4000])
def test_a_reply_that_breaks_off(redis: Redis, redis_url: str, after: int) -> None:
    # Given a consumer behind a network that fails after so many bytes of a fetch's reply: within what the wait
    # brings, between the two, or within what the script brings
    proxy = Proxy(redis_port(redis))
    url = f"redis://127.0.0.1:{proxy.port}/0"
    with Consumer(url, "q", socket_timeout=5) as consumer:
        consumer.turn(lambda: redis.info("clients")["blocked_clients"])
        proxy.cut_after(after)
        put(redis_url, "q", *range(100))

        # When it comes to that
        with pytest.raises(consumer.connection.connection_errors):
            consumer.turn(lambda: False)

        # Then every message is in the list, in hand or recorded, and none is taken for another
        assert len(waiting(redis, "q")) + redis.hlen("unacked") == 100

        # And overdue ones come back to the same consumer
        with Consumer(redis_url, "other", visibility_timeout=0) as other:
            other.channel.qos.restore_visible(num=None)

        def turn() -> bool:
            with suppress(*consumer.connection.connection_errors):
                consumer.hub.run_once()
            return len(consumer.messages) >= 100

        eventually(turn)
        assert {*consumer.bodies} == {*range(100)}
    proxy.close()


def test_a_server_that_forgets_its_scripts(redis: Redis, redis_url: str) -> None:
    with Consumer(redis_url, "q") as consumer:
        for number in range(3):
            redis.script_flush()
            put(redis_url, "q", number)
            assert consumer.take(number + 1)[-1] == number
    assert waiting(redis, "q") == [0, 1, 2]


def test_a_server_that_forgets_everything(redis: Redis, redis_url: str) -> None:
    # Given messages in hand when all data is deleted
    put(redis_url, "q", *range(5))
    with Consumer(redis_url, "q") as consumer:
        consumer.take(5)
        redis.flushall()

        # Then they can be acknowledged and rejected, and the next ones come
        ack_all(consumer.messages[:3])
        consumer.messages[3].reject(requeue=True)
        put(redis_url, "q", "next")
        assert consumer.take(6)[-1] == "next"
    assert waiting(redis, "q") == ["next"]


# --- other ways to a server


def test_sentinel(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    # Given a sentinel that watches the server
    port = free_port()
    (tmp_path / "sentinel.conf").write_text(
        f"port {port}\nsentinel monitor boards 127.0.0.1 {redis_port(redis)} 1\n"
    )
    sentinel = subprocess.Popen(
        [executable(), str(tmp_path / "sentinel.conf"), "--sentinel"], stdout=subprocess.DEVNULL
    )
    try:
        watched = Sentinel([("127.0.0.1", port)])
        eventually(lambda: watching(watched, "boards"))
        url = f"sentinel://127.0.0.1:{port}/0"

        # Then messages are taken, acknowledged and given back by way of it
        put(redis_url, "q", *range(30))
        with Consumer(url, "q", transport=SENTINEL, prefetch=20, master_name="boards", fetch_max=20) as consumer:
            assert consumer.take(20) == [*range(20)]
            ack_all(consumer.messages[:5])
            consumer.take(25)
            consumer.turn(lambda: redis.hlen("unacked") == 20)
        assert waiting(redis, "q") == [*range(5, 30)]
    finally:
        sentinel.terminate()
        sentinel.wait()


def watching(sentinel: Sentinel, name: str) -> bool:
    try:
        return bool(sentinel.discover_master(name))
    except RedisError:
        return False


@certificates.made
def test_tls(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    # Given a server behind TLS, in a proxy's stead where its program has none
    certificates.authority(tmp_path, "server")
    proxy = Proxy(redis_port(redis), tls=certificates.shown_by(tmp_path, "server"))
    url = f"rediss://127.0.0.1:{proxy.port}/0?ssl_cert_reqs=none"

    # Then messages, more than one record of TLS holds, are taken, acknowledged and given back through it
    put(redis_url, "q", *["x" * n for n in range(0, 60_000, 600)])
    with Consumer(url, "q", prefetch=80, fetch_max=50) as consumer:
        assert [len(body) for body in consumer.take(80)] == [*range(0, 48_000, 600)]
        ack_all(consumer.messages[:10])
        consumer.take(90)
        consumer.turn(lambda: redis.hlen("unacked") == 80)
    assert len(waiting(redis, "q")) == 90
    proxy.close()


# --- what else a network can do


def test_a_server_that_answers_late(server: RedisServer) -> None:
    # Given a consumer whose server stands still for a while
    redis = Redis(port=server.port)
    put(server.url(), "q", *range(50))
    seen: list[int] = []

    def take(message: Any) -> None:
        seen.append(json.loads(message.body))
        message.ack()

    with Consumer(server.url(), "q", take=take, prefetch=5, socket_timeout=10) as consumer:
        consumer.turn(lambda: len(seen) > 10)
        server.pause()
        threading.Timer(1.0, server.resume).start()

        # Then it goes on, and nothing comes twice
        consumer.turn(lambda: len(seen) == 50)
        assert seen == [*range(50)]
        consumer.turn(lambda: not redis.exists("unacked_index"))


def test_a_network_that_swallows_everything(redis: Redis, redis_url: str) -> None:
    # Given a consumer with a message in hand behind a network that forwards nothing any more
    put(redis_url, "q", "held")
    proxy = Proxy(redis_port(redis))
    url = f"redis://127.0.0.1:{proxy.port}/0"
    with Consumer(url, "q", socket_timeout=0.5, health_check_interval=1) as consumer:
        consumer.take(1)
        proxy.hold()
        put(redis_url, "q", "later")

        # When it acknowledges, then it hears of it in time
        consumer.messages[0].ack()
        with suppress(*consumer.connection.connection_errors):
            consumer.turn_for(2.5)

        # And goes on with what is there when the network is back
        proxy.cut()
        proxy.resume()
        with Consumer(redis_url, "other", visibility_timeout=0) as other:

            def turn() -> bool:
                with suppress(*consumer.connection.connection_errors):
                    consumer.hub.run_once()
                other.channel.qos.restore_visible(num=None, interval=1)
                return "later" in consumer.bodies

            eventually(turn)
    proxy.close()


def redis_port(redis: Redis) -> int:
    return int(redis.connection_pool.connection_kwargs["port"])
