"""Invalid messages become dead letters in batches, so that a flood of them does not hold up valid ones."""

import logging
from collections.abc import Callable
from typing import Any

from redis.exceptions import RedisError

from leaderboard.validation import Refused
from tasks import metrics
from tasks.app import system

log = logging.getLogger(__name__)

#: Dead letters of a batch at most.
BATCH_SIZE = 200
#: Seconds for which a batch collects, and after which messages are requeued if it could not be written.
COLLECT_SECONDS, PAUSE = 0.01, 1.0

_Settle = Callable[[bool], None]


class DeadLetterBatch:
    """Collects dead letters and writes them together.

    Args:
        call_later: has the event loop call back after some seconds.
        qos: returns the consumer's present prefetch count.
    """

    def __init__(self, call_later: Callable[[float, Callable[[], None]], Any], qos: Callable[[], Any]) -> None:
        self._call_later = call_later
        self._qos = qos
        # The prefetch count that was raised: a consumer that reconnects has another one.
        self._raised: Any = None
        self._pending: list[tuple[Refused, _Settle]] = []

    def add(self, refused: Refused, settle: _Settle) -> None:
        """Have a dead letter written.

        Args:
            refused: what to write.
            settle: called with True once it is written, with False if its message is to be requeued.
        """
        self._pending.append((refused, settle))
        if len(self._pending) >= BATCH_SIZE:
            self._write()
        elif len(self._pending) == 1:
            self._call_later(COLLECT_SECONDS, self._write)
            # Otherwise a worker that prefetches three messages would write batches of three.
            self._raised = self._qos()
            self._raised.increment_eventually(BATCH_SIZE)

    def _write(self) -> None:
        pending, self._pending = self._pending, []
        if not pending:
            return
        if self._raised is self._qos():
            self._raised.decrement_eventually(BATCH_SIZE)
        try:
            system().dead_letters.add([refused for refused, _ in pending])
        except RedisError as error:
            metrics.errors.add(len(pending))
            log.warning("%d dead letters cannot be kept: %s", len(pending), error)
            # They are redelivered at once: without a pause a failing server would get thousands of attempts a
            # second.
            self._call_later(PAUSE, lambda: _settle(pending, False))
            return
        metrics.dead.add(len(pending))
        others = f" (and {len(pending) - 1:,} more)" if len(pending) > 1 else ""
        log.error("message becomes a dead letter: %.200s%s", pending[0][0].reason, others)
        _settle(pending, True)


def _settle(pending: list[tuple[Refused, _Settle]], written: bool) -> None:
    for _, settle in pending:
        settle(written)
