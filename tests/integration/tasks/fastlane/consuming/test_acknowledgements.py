"""Acknowledgements: in bulk, from any thread, and whatever becomes of the connection."""

import threading
from time import sleep
from typing import NoReturn

import pytest
from redis import Redis
from redis.exceptions import ConnectionError, RedisError

from deploy.redis_server import RedisServer
from leaderboard.connections.pipelined_connection import PipelinedConnection
from tasks.fastlane.consuming.qos import BULK, WRITES_IN_FLIGHT
from tests.support.messages.lanes import (
    Consumer,
    ack_all,
    body_of,
    put,
    unacked,
    waiting,
)
from tests.support.redis_servers.proxy import Proxy
from tests.support.waiting import eventually


def holder_of(number: int, redis_url: str, proxy: Proxy) -> Consumer:
    """A consumer behind a network, with so many messages, of which it has acknowledged the first."""
    put(redis_url, "q", *range(number))
    consumer = Consumer(f"redis://127.0.0.1:{proxy.port}/0", "q", socket_timeout=2)
    consumer.take(number)
    consumer.messages[0].ack()
    consumer.channel.qos.flush_acks()
    return consumer


def test_acknowledgements_are_sent_in_bulk(redis: Redis, redis_url: str) -> None:
    # Given a thousand messages unacknowledged
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
    # Given messages unacknowledged
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

        # Then none is left, and the consumer counts none as unacknowledged
        assert unacked(redis) == []
        consumer.channel.qos._flush()
        assert not consumer.channel.qos._delivered


def test_an_acknowledgement_after_the_end_is_sent_and_leaves_no_connection(redis: Redis, redis_url: str) -> None:
    # Given a consumer that has closed with a message unacknowledged, which came back
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
    # Given messages unacknowledged
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
def test_acknowledgements_are_repeated_whose_connection_was_cut(
    redis: Redis, redis_url: str, proxy: Proxy, reply: bool
) -> None:
    # Given acknowledgements that were written to a connection which is then cut
    with holder_of(4, redis_url, proxy) as consumer:
        qos = consumer.channel.qos
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


def test_acknowledgements_in_doubt_at_the_close_are_sent_again(redis: Redis, redis_url: str, proxy: Proxy) -> None:
    # Given acknowledgements that were written and have not arrived
    consumer = holder_of(3, redis_url, proxy)
    qos = consumer.channel.qos
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


def test_many_acknowledgements_to_a_server_that_is_gone_wait_for_the_loop(server: RedisServer) -> None:
    # Given more messages unacknowledged than are acknowledged in one go
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
    # Given more messages unacknowledged than are acknowledged in one go, and a server whose address leads nowhere
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


def test_acknowledgements_do_not_wait_for_earlier_replies(redis: Redis, redis_url: str, proxy: Proxy) -> None:
    # Given a server whose answers do not come through
    with holder_of(20, redis_url, proxy) as consumer:
        qos = consumer.channel.qos
        proxy.hold()

        # When messages are acknowledged in several writes
        for message in consumer.messages[1:WRITES_IN_FLIGHT]:
            message.ack()
            qos.send_acks()

        # Then none of them waited, and all are sent again once the connection has ended
        assert len(qos._in_flight) == WRITES_IN_FLIGHT - 1
        proxy.cut()
        proxy.resume()
        with pytest.raises(RedisError):
            qos.flush_acks()
        ack_all(consumer.messages[WRITES_IN_FLIGHT:])
        qos.flush_acks()
        assert unacked(redis) == []


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
