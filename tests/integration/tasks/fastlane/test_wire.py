"""The connection that a sending channel keeps."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis import ConnectionPool, Redis
from redis.credentials import UsernamePasswordCredentialProvider
from redis.exceptions import ResponseError

from tasks.fastlane.sending import wire as wires
from tasks.fastlane.sending.wire import Wire
from tests.support.waiting import eventually

PING = b"*1\r\n$4\r\nPING\r\n"


@pytest.fixture
def pool(redis: Redis) -> Iterator[ConnectionPool]:
    pool: ConnectionPool = ConnectionPool(**redis.connection_pool.connection_kwargs | {"client_name": "wire"})
    yield pool
    pool.disconnect()


def ping(wire: Wire, soon: bool = True) -> Any:
    wire.prepare()
    return wire.exchange(PING, soon=soon)


def client_ids(redis: Redis) -> list[str]:
    return [each["id"] for each in redis.client_list() if each["name"] == "wire"]


def test_a_wire_keeps_its_connection(redis: Redis, pool: ConnectionPool) -> None:
    # Given a wire that was used
    wire = Wire(pool)
    ping(wire)
    before = client_ids(redis)

    # When it is used again, whether the reply is looked out for or not
    replies = [ping(wire), ping(wire, soon=False)]

    # Then it is by the same connection
    assert replies == [b"PONG", b"PONG"]
    assert client_ids(redis) == before
    assert len(before) == 1


def test_a_connection_that_ended_is_noticed_before_anything_is_written(redis: Redis, pool: ConnectionPool) -> None:
    wire = Wire(pool)
    ping(wire)
    (before,) = client_ids(redis)

    redis.client_kill_filter(_id=before)
    eventually(lambda: not client_ids(redis))
    wire.prepare()

    assert wire.exchange(PING, soon=True) == b"PONG"
    assert client_ids(redis) != [before]


def test_a_connection_that_its_pool_closed_is_replaced(redis: Redis, pool: ConnectionPool) -> None:
    wire = Wire(pool)
    ping(wire)

    pool.disconnect()

    assert ping(wire) == b"PONG"
    assert len(client_ids(redis)) == 1


def test_a_refusal_leaves_the_connection_as_it_is(redis: Redis, pool: ConnectionPool) -> None:
    wire = Wire(pool)
    wire.prepare()
    before = client_ids(redis)

    with pytest.raises(ResponseError):
        wire.exchange(b"*1\r\n$4\r\nNONE\r\n", soon=True)

    assert ping(wire) == b"PONG"
    assert client_ids(redis) == before


def test_a_reply_that_was_not_waited_for_is_not_taken_for_the_next_ones(
    redis: Redis, pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a signal while the reply is looked out for
    wire = Wire(pool)
    wire.prepare()

    def interrupt() -> float:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(wires, "perf_counter", interrupt)
        with pytest.raises(KeyboardInterrupt):
            wire.exchange(b"*2\r\n$4\r\nECHO\r\n$3\r\nold\r\n", soon=True)

    # Then the next command has its own reply
    assert ping(wire) == b"PONG"


def test_a_reply_that_is_long_in_coming_is_slept_for(
    redis: Redis, pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a list that gives its element only after the time for which one looks out
    monkeypatch.setattr(wires, "SPIN", 0.0)
    wire = Wire(pool)
    wire.prepare()
    redis.lpush("list", "element")

    assert wire.exchange(b"*3\r\n$5\r\nBLPOP\r\n$4\r\nlist\r\n$1\r\n5\r\n", soon=True) == [b"list", b"element"]


def test_a_connection_whose_credentials_are_renewed_is_given_back(redis: Redis) -> None:
    # Given a user whose password may change
    redis.acl_setuser("sender", enabled=True, nopass=True, commands=["+@all"])
    provider = UsernamePasswordCredentialProvider("sender", "any")
    kwargs = {key: redis.connection_pool.connection_kwargs[key] for key in ("host", "port")}
    pool: ConnectionPool = ConnectionPool(**kwargs, credential_provider=provider)
    wire = Wire(pool)

    # When a command has been answered
    assert ping(wire) == b"PONG"

    # Then the pool has its connection
    assert len(pool._available_connections) == 1
    pool.disconnect()
    redis.acl_deluser("sender")
