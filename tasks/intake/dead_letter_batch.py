"""Refused messages become dead letters, some at a time: a flood of them is not to stop what is accepted."""

import logging
from collections.abc import Callable
from typing import Any

from redis.exceptions import RedisError

from leaderboard.validation import Refused
from tasks import metrics
from tasks.app import system

log = logging.getLogger(__name__)

#: Messages that are kept together at most.
BULK = 200
#: Seconds for which those that come are collected, and until they come again where they cannot be kept.
SOON, PAUSE = 0.01, 1.0

_Settle = Callable[[bool], None]


class DeadLetterBatch:
    """Keeps dead letters in bulk.

    Args:
        call_later: has the event loop call back after some seconds.
        qos: the consumer's count of messages that it takes ahead, as it is now.
    """

    def __init__(self, call_later: Callable[[float, Callable[[], None]], Any], qos: Callable[[], Any]) -> None:
        self._call_later = call_later
        self._qos = qos
        # Whose count was raised. A consumer that connects again has another.
        self._raised: Any = None
        self._waiting: list[tuple[Refused, _Settle]] = []

    def add(self, refused: Refused, settle: _Settle) -> None:
        """Have a dead letter kept.

        Args:
            refused: what is to be kept.
            settle: told whether it was, or else it is to come back.
        """
        self._waiting.append((refused, settle))
        if len(self._waiting) >= BULK:
            self._keep()
        elif len(self._waiting) == 1:
            self._call_later(SOON, self._keep)
            # Of a flood, a worker that takes three messages ahead would take three at a time.
            self._raised = self._qos()
            self._raised.increment_eventually(BULK)

    def _keep(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        if self._raised is self._qos():
            self._raised.decrement_eventually(BULK)
        try:
            system().dead_letters.add([refused for refused, _ in waiting])
        except RedisError as error:
            metrics.errors.add(len(waiting))
            log.warning("%d dead letters cannot be kept: %s", len(waiting), error)
            # They come again at once: a server that refuses is not asked thousands of times a second.
            self._call_later(PAUSE, lambda: _settle(waiting, False))
            return
        metrics.dead.add(len(waiting))
        others = f" (and {len(waiting) - 1:,} more)" if len(waiting) > 1 else ""
        log.error("message becomes a dead letter: %.200s%s", waiting[0][0].reason, others)
        _settle(waiting, True)


def _settle(waiting: list[tuple[Refused, _Settle]], kept: bool) -> None:
    for _, settle in waiting:
        settle(kept)
