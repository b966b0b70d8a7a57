"""A Redis that takes connections and does not answer: for how long clients wait."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from leaderboard.clock import Clock
from leaderboard.connections.connection import TIMEOUT, connect, connect_without_retries
from tests.support.redis_servers import certificates
from tests.support.redis_servers.proxy import Proxy


@pytest.fixture
def silent() -> Iterator[str]:
    """Host and port of a server that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


#: Seconds, which have some to spare for a machine that is busy.
SOME_TEN = 24


@pytest.mark.slow
@pytest.mark.parametrize(
    "url",
    [
        "redis://{0}/0",
        "rediss://{0}/0",
        "sentinel://{0}/0;sentinel://{0};sentinel://{0}",
    ],
)
def test_a_command_fails_after_some_ten_seconds(silent: str, url: str) -> None:
    client = connect(url.format(silent), "boards")
    began = time.monotonic()

    with pytest.raises(RedisError):
        client.ping()

    assert time.monotonic() - began < SOME_TEN


@pytest.mark.slow
@certificates.made
def test_so_does_one_that_connects_anew_over_tls(redis: Redis, tmp_path: Path) -> None:
    # Given a connection over TLS
    authority = certificates.authority(tmp_path, "authority")
    certificates.certificate(tmp_path, "server")
    server = Proxy(redis.get_connection_kwargs()["port"], tls=certificates.shown_by(tmp_path, "server"))
    address = Proxy(server.port)
    client = connect(f"rediss://127.0.0.1:{address.port}/0?ssl_ca_certs={authority}")
    assert client.ping()

    # When nothing is answered any more, nor to who comes anew
    address.hold()
    began = time.monotonic()
    with pytest.raises(RedisError):
        client.ping()

    # Then it fails as soon as the others
    assert time.monotonic() - began < SOME_TEN
    address.close()
    server.close()


def test_a_client_without_retries_waits_once(silent: str) -> None:
    client = connect_without_retries(f"redis://{silent}/0")
    began = time.monotonic()

    with pytest.raises(RedisError):
        client.ping()

    assert time.monotonic() - began < 2 * TIMEOUT


def test_a_clock_waits_once_and_then_goes_by_what_it_has(silent: str) -> None:
    # Given a clock that waits in vain
    telling = Clock(connect_without_retries(f"redis://{silent}/0"))
    began = time.monotonic()
    telling.now()
    assert time.monotonic() - began < 2 * TIMEOUT

    # When it is asked again, then it tells the time at once
    began = time.monotonic()
    told = telling.now()
    assert time.monotonic() - began < TIMEOUT / 2
    assert told == pytest.approx(time.time() * 1000, abs=1000)
