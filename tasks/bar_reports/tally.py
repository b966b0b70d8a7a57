"""Counts the bars that this worker has processed, and keeps a sample of them until the next report."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from time import time
from typing import Any, NamedTuple

from leaderboard.validation import Refused
from tasks.fastlane.call import Call

#: Bars that became dead letters, in a sample at most.
FAILED_MOST = 10


class Totals(NamedTuple):
    """Counts since the worker's start.

    Attributes:
        succeeded: bars that were processed, whatever became of them on the boards.
        failed: bars that became dead letters.
    """

    succeeded: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Sampled:
    """One bar of the sample.

    Attributes:
        id: of its task.
        args, kwargs: of its call.
        started: when it began to run, Unix seconds.
        runtime: seconds that it ran; of a bar in a batch, those of the batch.
        reason: why it became a dead letter; None: it did not.
    """

    id: str
    args: Any
    kwargs: Any
    started: float
    runtime: float
    reason: str | None = None


class Tally:
    """The bars of this process. Any thread may add to it.

    Attributes:
        totals: of all bars since the start.
        incarnation: tells these totals from those of a worker of the same name that ran before.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.restart()

    def restart(self) -> None:
        """Count from 0, as a worker that starts."""
        self.incarnation = secrets.randbits(62)
        self.totals = Totals()
        self._succeeded: Sampled | None = None
        self._failed: list[Sampled] = []

    def add_batch(self, calls: Sequence[Call], refused: Sequence[Refused], started: float) -> None:
        """Count a batch that is done.

        Args:
            calls: of the batch.
            refused: which of them became dead letters.
            started: when the batch began to run, Unix seconds.
        """
        with self._lock:
            self._count(len(calls) - len(refused), len(refused))
            if self._succeeded and not refused:
                return
            runtime = max(0.0, time() - started)
            failed = {each.index: each.reason for each in refused if each.index is not None}
            for index, reason in list(failed.items())[: FAILED_MOST - len(self._failed)]:
                self._failed.append(_sampled(calls[index], started, runtime, reason))
            if not self._succeeded and len(refused) < len(calls):
                index = next(index for index in range(len(calls)) if index not in failed)
                self._succeeded = _sampled(calls[index], started, runtime)

    def add(self, bar: Sampled) -> None:
        """Count one bar that is done."""
        with self._lock:
            if bar.reason is None:
                self._count(1, 0)
                self._succeeded = self._succeeded or bar
            else:
                self._count(0, 1)
                if len(self._failed) < FAILED_MOST:
                    self._failed.append(bar)

    def take_sample(self) -> list[Sampled]:
        """The sample since the last call: one bar that succeeded, and the first that failed."""
        with self._lock:
            sample = [*([self._succeeded] if self._succeeded else []), *self._failed]
            self._succeeded, self._failed = None, []
        return sample

    def _count(self, succeeded: int, failed: int) -> None:
        self.totals = Totals(self.totals.succeeded + succeeded, self.totals.failed + failed)


def _sampled(call: Call, started: float, runtime: float, reason: str | None = None) -> Sampled:
    return Sampled(call.id, call.args, call.kwargs, started, runtime, reason)


#: That of this process.
tally = Tally()
