"""What only the first of several servers holds: dead letters, early bars, requests for reference data."""

from collections.abc import Callable
from typing import TypeVar

from redis.exceptions import ConnectionError, RedisError, TimeoutError

from leaderboard.connections.circuit_breaker import CircuitBreaker
from leaderboard.connections.redis_errors import is_transient

T = TypeVar("T")


class FirstServer:
    """Asks the first of several servers, without which the others go on.

    Args:
        breaker: the server's; None: it is the only one, and callers cannot go on without it.
    """

    def __init__(self, breaker: CircuitBreaker | None) -> None:
        self._breaker = breaker

    @property
    def is_away(self) -> bool:
        """Whether :meth:`ask` would fail at once."""
        return self._breaker is not None and self._breaker.is_open

    def ask(self, question: Callable[[], T]) -> T | RedisError:
        """What `question` returns, or the transient error that it failed with.

        Raises:
            redis.exceptions.RedisError: the error is not transient, or there is no other server.
        """
        breaker = self._breaker
        if breaker is None:
            return question()
        if breaker.is_open and isinstance(breaker.error, RedisError):
            return breaker.error
        try:
            answer = question()
        except RedisError as error:
            if not is_transient(error):
                raise
            # A server that refuses answers at once: there is no wait to be spared.
            if isinstance(error, (ConnectionError, TimeoutError)):
                breaker.failed(error)
            return error
        breaker.succeeded()
        return answer
