"""A Redis that takes connections and does not answer: for how long clients wait."""

import socket
import time
from collections.abc import Iterator

import pytest
from redis.exceptions import RedisError

from leaderboard.clock import Clock
from leaderboard.connection import TIMEOUT, connect, impatient


@pytest.fixture
def silent() -> Iterator[str]:
    """Host and port of a server that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("scheme", ["redis", "sentinel"])
def test_a_command_fails_after_some_ten_seconds(silent: str, scheme: str) -> None:
    client = connect(f"{scheme}://{silent}/0", "boards")
    began = time.monotonic()

    with pytest.raises(RedisError):
        client.ping()

    assert time.monotonic() - began < 15


def test_an_impatient_one_waits_once(silent: str) -> None:
    client = impatient(f"redis://{silent}/0")
    began = time.monotonic()

    with pytest.raises(RedisError):
        client.ping()

    assert time.monotonic() - began < 2 * TIMEOUT


def test_a_clock_waits_once_and_then_goes_by_what_it_has(silent: str) -> None:
    # Given a clock that waits in vain
    telling = Clock(impatient(f"redis://{silent}/0"))
    began = time.monotonic()
    telling.now()
    assert time.monotonic() - began < 2 * TIMEOUT

    # When it is asked again, then it tells the time at once
    began = time.monotonic()
    told = telling.now()
    assert time.monotonic() - began < TIMEOUT / 2
    assert told == pytest.approx(time.time() * 1000, abs=1000)
