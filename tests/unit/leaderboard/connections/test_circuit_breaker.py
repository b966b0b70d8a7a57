"""For how long calls of a server that has failed fail at once."""

import time

import pytest
from redis.exceptions import ConnectionError, TimeoutError

from leaderboard.connections.circuit_breaker import PAUSE, CircuitBreaker


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    return clock


def pauses(breaker: CircuitBreaker, now: list[float], error: Exception, failures: int) -> list[float]:
    """The seconds after each failure until a call is let through."""
    found = []
    for _ in range(failures):
        breaker.failed(error)
        began = now[0]
        while breaker.is_open:
            # Others that were in flight do not prolong it.
            breaker.failed(error)
            now[0] += 0.5
        found.append(now[0] - began)
    return found


def test_pauses_double_up_to_a_bound(now: list[float]) -> None:
    breaker = CircuitBreaker()

    assert not breaker.is_open
    assert pauses(breaker, now, ConnectionError("refused"), 6) == [0.5, 1, 2, 4, PAUSE[1], PAUSE[1]]

    # And begin again after a success
    breaker.succeeded()
    assert (breaker.is_open, breaker.error) == (False, None)
    assert pauses(breaker, now, ConnectionError("refused"), 1) == [PAUSE[0]]


def test_a_server_that_does_not_answer_is_spared_for_longer(now: list[float]) -> None:
    assert pauses(CircuitBreaker(), now, TimeoutError("no answer"), 2) == [PAUSE[1], PAUSE[1]]
