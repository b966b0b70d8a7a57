"""A connection on which commands are sent before earlier ones have been answered."""

import signal
from collections.abc import Iterator

import pytest
from redis import ConnectionPool, Redis
from redis.credentials import UsernamePasswordCredentialProvider
from redis.exceptions import ConnectionError, NoScriptError, ReadOnlyError, ResponseError

from leaderboard.connections.pipelined_connection import PipelinedConnection
from tests.support.waiting import eventually

PING = b"*1\r\n$4\r\nPING\r\n"


@pytest.fixture
def pool(redis: Redis) -> Iterator[ConnectionPool]:
    pool: ConnectionPool = ConnectionPool(**redis.connection_pool.connection_kwargs | {"client_name": "pipelined"})
    yield pool
    # Then, in every case, it has its connections back once they are given back
    pool.disconnect()


@pytest.fixture
def connection(pool: ConnectionPool) -> Iterator[PipelinedConnection]:
    connection = PipelinedConnection(pool)
    yield connection
    connection.release()
    assert not pool._in_use_connections


def client_ids(redis: Redis) -> list[str]:
    return [each["id"] for each in redis.client_list() if each["name"] == "pipelined"]


def cut(redis: Redis) -> None:
    """Have the server close the connection, and wait until it has."""
    (client,) = client_ids(redis)
    redis.client_kill_filter(_id=client)
    eventually(lambda: not client_ids(redis))


def test_commands_run_without_being_waited_for(redis: Redis, connection: PipelinedConnection) -> None:
    # Given commands whose replies nobody asks for
    replies = [connection.send(("INCR", "number")) for _ in range(3)]

    # Then they run
    eventually(lambda: redis.get("number") == b"3")

    # And each has its own reply, whatever order they are asked for in
    assert [replies[n].result() for n in (2, 0, 1)] == [3, 1, 2]


def test_the_reply_to_several_commands_is_that_of_the_last(redis: Redis, connection: PipelinedConnection) -> None:
    redis.set("text", "")

    assert connection.send(("SET", "number", 4), ("INCR", "number")).result() == 5

    # And an error of any of them is raised, of the first one first
    for commands in ((("INCR", "text"), ("PING",)), (("PING",), ("INCR", "text"))):
        with pytest.raises(ResponseError, match="not an integer"):
            connection.send(*commands).result()


def test_a_connection_is_kept_between_commands(redis: Redis, connection: PipelinedConnection) -> None:
    # Given a connection that was used
    connection.send(("PING",)).result()
    before = client_ids(redis)

    # When it is used again
    # Then it is the same one
    assert connection.send(("PING",)).result() == b"PONG"
    assert client_ids(redis) == before
    assert len(before) == 1


def test_a_packed_command_is_sent_as_it_is(connection: PipelinedConnection) -> None:
    connection.connect()

    assert connection.send_packed([PING]).result() == b"PONG"


def test_an_idle_connection_that_was_closed_is_replaced_before_anything_is_written(
    redis: Redis, connection: PipelinedConnection
) -> None:
    connection.send(("PING",)).result()
    cut(redis)

    connection.connect()

    assert connection.send_packed([PING]).result() == b"PONG"


def test_a_connection_that_its_pool_closed_is_replaced(
    redis: Redis, connection: PipelinedConnection, pool: ConnectionPool
) -> None:
    connection.send(("PING",)).result()

    pool.disconnect()

    assert connection.send(("PING",)).result() == b"PONG"
    assert len(client_ids(redis)) == 1


def test_replies_in_flight_fail_with_their_connection(redis: Redis, connection: PipelinedConnection) -> None:
    # Given commands in flight, whose connection is cut
    blocked, second = connection.send(("BLPOP", "list", 0)), connection.send(("PING",))
    cut(redis)

    # Then each fails
    with pytest.raises(ConnectionError):
        second.result()
    with pytest.raises(ConnectionError):
        blocked.result()

    # And the next command has a connection of its own
    assert connection.send(("PING",)).result() == b"PONG"


def test_a_command_does_not_follow_others_that_were_lost(
    connection: PipelinedConnection, pool: ConnectionPool
) -> None:
    # Given a command in flight whose connection another thread has closed
    lost = connection.send(("PING",))
    pool.disconnect()

    # Then the next one is not sent by another connection, where it would run first
    with pytest.raises(ConnectionError):
        connection.send(("PING",))
    with pytest.raises(ConnectionError):
        lost.result()


def test_a_refusal_leaves_the_connection_as_it_is(redis: Redis, connection: PipelinedConnection) -> None:
    connection.connect()
    before = client_ids(redis)

    with pytest.raises(ResponseError):
        connection.send(("NONE",)).result()

    assert connection.send(("PING",)).result() == b"PONG"
    assert client_ids(redis) == before


def test_what_follows_a_script_that_is_not_known_is_not_read(
    redis: Redis, connection: PipelinedConnection
) -> None:
    # Given a command behind a script that the server does not know
    redis.script_flush()
    unknown, behind = connection.send(("EVALSHA", "0" * 40, 0)), connection.send(("PING",))

    # Then both have to be sent again, in their order
    with pytest.raises(NoScriptError):
        unknown.result()
    with pytest.raises(ConnectionError):
        behind.result()


def test_a_replica_is_left(redis: Redis, connection: PipelinedConnection) -> None:
    # Given a server that has become a replica
    connection.connect()
    before = client_ids(redis)
    redis.replicaof("127.0.0.1", "1")
    try:
        # When it refuses a write
        with pytest.raises(ReadOnlyError):
            connection.send(("SET", "key", 1)).result()
    finally:
        redis.replicaof("NO", "ONE")

    # Then the next command goes by a new connection, for the address may lead to the master by now
    connection.connect()
    assert client_ids(redis) != before


def test_a_reply_is_known_to_have_come_without_waiting(redis: Redis, connection: PipelinedConnection) -> None:
    # Given a command that waits, and one behind it
    waits, behind = connection.send(("BLPOP", "list", 0)), connection.send(("PING",))
    assert not behind.has_come()
    assert not waits.has_come()

    # When the first is answered, then both replies come
    redis.lpush("list", "element")
    eventually(waits.has_come)
    eventually(behind.has_come)
    assert waits.result() == [b"list", b"element"]
    assert behind.result() == b"PONG"


def test_a_reply_that_was_interrupted_is_not_taken_for_the_next_ones(
    redis: Redis, connection: PipelinedConnection
) -> None:
    # Given a reply that is still to come, and a signal that interrupts who waits for it
    reply = connection.send(("BLPOP", "list", 5))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        with pytest.raises(KeyboardInterrupt):
            reply.result()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    # Then the next command has its own reply
    redis.lpush("list", "old")
    assert connection.send(("ECHO", "new")).result() == b"new"


def test_a_connection_whose_credentials_are_renewed_is_given_back_when_idle(redis: Redis) -> None:
    # Given a user whose password may change
    redis.acl_setuser("sender", enabled=True, nopass=True, commands=["+@all"])
    provider = UsernamePasswordCredentialProvider("sender", "any")
    kwargs = {key: redis.connection_pool.connection_kwargs[key] for key in ("host", "port")}
    pool: ConnectionPool = ConnectionPool(**kwargs, credential_provider=provider)
    connection = PipelinedConnection(pool)

    # When all commands have been answered
    replies = [connection.send(("PING",)) for _ in range(2)]
    assert [reply.result() for reply in replies] == [b"PONG", b"PONG"]

    # Then the pool has its connection
    assert len(pool._available_connections) == 1
    pool.disconnect()
    redis.acl_deluser("sender")
