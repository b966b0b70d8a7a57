"""Runs batches of calls, several in flight, and finds the calls that fail."""

import logging
from collections import deque
from collections.abc import Callable, Container, Sequence
from typing import NamedTuple

from config.log_throttle import LogThrottle
from leaderboard.connections.pending import Pending
from tasks.fastlane.call import Call
from tasks.fastlane.consuming.failures import (
    BatchedTask,
    Failures,
    PartlyDoneError,
    TransientError,
    described,
)

log = logging.getLogger(__name__)

#: Batches in flight while the next one is prepared. With one alone Redis would often be idle, or the worker would
#: wait for what Redis does for others.
IN_FLIGHT = 3
#: Calls that fail alone, with no success between them, before all calls wait: an error that every call gets need
#: not be tried with each of them.
FAILED_ALONE = 16
#: Calls of partly done batches that wait while others run, at some 600 bytes each; beyond that, all wait.
ASIDE = 50_000


class Batch(NamedTuple):
    """Calls that run together and, for each, the tag of the delivery that brought it.

    Attributes:
        first_failed: how many batches had succeeded when these calls failed for the first time; None: they have
            not.
        probed: the error with which other calls were put aside, that run again if these are done; empty: none.
    """

    calls: Sequence[Call]
    tags: Sequence[str]
    first_failed: int | None = None
    probed: str = ""

    def halves(self) -> tuple["Batch", "Batch"]:
        middle = len(self.calls) // 2
        return (
            self._replace(calls=self.calls[:middle], tags=self.tags[:middle]),
            self._replace(calls=self.calls[middle:], tags=self.tags[middle:]),
        )

    def parted(self, places: Sequence[int]) -> tuple["Batch", "Batch"]:
        """The batch without the calls at these places, and those calls."""
        chosen = {*places}
        rest = [place for place in range(len(self.calls)) if place not in chosen]
        return self._of(rest), self._of(sorted(chosen))

    def _of(self, places: Sequence[int]) -> "Batch":
        return self._replace(
            calls=[self.calls[place] for place in places], tags=[self.tags[place] for place in places]
        )

    def without(self, ids: Container[str]) -> "Batch":
        """The batch without the calls of these ids."""
        kept = [(call, tag) for call, tag in zip(self.calls, self.tags, strict=True) if call.id not in ids]
        return self._replace(calls=[call for call, _ in kept], tags=[tag for _, tag in kept])


class BatchRunner:
    """Runs batches, and those that fail again.

    A batch that fails runs again in halves, down to the single call that fails: that one is the task's to deal
    with, and all others are done. :class:`Failures` tells whether it is the call that is bad; if all fail, all
    wait.

    Of a batch that is partly done, the calls that are left are put aside while others run, until :meth:`resume`
    has found that what they need is back.

    Args:
        task: runs the calls.
        done: called with the tags of calls that are done with.

    Attributes:
        aside: how many calls are put aside.
    """

    def __init__(self, task: BatchedTask, done: Callable[[Sequence[str]], None]) -> None:
        self._task = task
        self._done = done
        self._waiting: deque[Batch] = deque()
        # By the error that they wait for.
        self._aside: dict[str, deque[Batch]] = {}
        self.aside = 0
        # Oldest first, each with its pending result; None: it has run.
        self._in_flight: deque[tuple[Batch, Pending[None] | None]] = deque()
        self._failures = Failures(task)
        # Calls that have failed alone since the last success.
        self._failed_alone = 0
        self._throttle = LogThrottle()

    def add(self, batch: Batch) -> None:
        self._waiting.append(batch)

    def aside_tags(self) -> list[str]:
        """The tags of the calls that are put aside."""
        return [tag for batches in self._aside.values() for batch in batches for tag in batch.tags]

    def resume(self) -> None:
        """Have some of the calls that were put aside run again, before all others.

        Of those that wait for the same error it is one batch: the others follow once it, or a part of it, is done.
        """
        for error, batches in self._aside.items():
            batch = batches.popleft()
            self.aside -= len(batch.calls)
            self._waiting.appendleft(batch._replace(probed=error))
        self._drop_empty()

    def _resume_all(self, probed: str) -> None:
        """Have all calls run again that were put aside with an error."""
        batches = self._aside.pop(probed, ())
        self.aside -= sum(len(batch.calls) for batch in batches)
        self._waiting.extendleft(reversed(batches))

    def _drop_empty(self) -> None:
        self._aside = {error: batches for error, batches in self._aside.items() if batches}

    def discard(self, ids: Container[str]) -> None:
        """Be done with the waiting calls of these ids without running them."""
        for _ in range(len(self._waiting)):
            batch = self._waiting.popleft()
            if dropped := [tag for call, tag in zip(batch.calls, batch.tags, strict=True) if call.id in ids]:
                batch = batch.without(ids)
            if batch.calls:
                self._waiting.append(batch)
            if dropped:
                self._done(dropped)

    def run(self, go_on: Callable[[], bool]) -> None:
        """Run what waits while `go_on` says so. The last batches stay in flight until :meth:`settle`.

        Raises:
            TransientError: nothing can run now; what is not done waits.
        """
        while self._waiting and go_on():
            batch = self._waiting.popleft()
            try:
                pending = self._task.run_many(batch.calls)
            except Exception as error:
                self._fail_after_others(batch, error)
            else:
                self._in_flight.append((batch, pending))
                # A batch that has run already is done once all before it are.
                self._finish(leave=IN_FLIGHT if pending else 0)

    def settle(self, go_on: Callable[[], bool]) -> None:
        """Wait for all batches in flight, and run what waits, while `go_on` says so, to its end.

        Raises:
            TransientError: as :meth:`run`.
        """
        self._finish()
        while self._waiting and go_on():
            self.run(go_on)
            self._finish()

    def close(self) -> None:
        """Wait for the batches in flight. Batches that fail are not run again: they wait, to be restored."""
        try:
            self._finish()
        except TransientError:
            # Each of the others would take as long to fail.
            self._waiting.extend(batch for batch, _ in self._in_flight)
            self._in_flight.clear()
            self._task.abandon()

    def _finish(self, leave: int = 0) -> None:
        """Wait for batches in flight until only `leave` of them are left."""
        while len(self._in_flight) > leave:
            batch, pending = self._in_flight.popleft()
            try:
                if pending:
                    pending.result()
            except Exception as error:
                self._failed(batch, error)
            else:
                self._succeeded(batch)

    def _succeeded(self, batch: Batch) -> None:
        self._failures.succeeded()
        self._failed_alone = 0
        self._done(batch.tags)
        if batch.probed:
            self._resume_all(batch.probed)

    def _put_aside(self, batch: Batch, error: PartlyDoneError) -> None:
        """Be done with the calls that are done, and have the others wait.

        Raises:
            TransientError: too many wait.
        """
        done, left = batch.parted(error.left)
        if done.calls:
            self._succeeded(done)
        left = left._replace(probed="")
        if self.aside + len(left.calls) > ASIDE:
            self._waiting.appendleft(left)
            raise TransientError(error) from error
        self._aside.setdefault(str(error), deque()).append(left)
        self.aside += len(left.calls)
        if self._throttle.allows(str(error)):
            log.warning("%d calls wait while others run: %s", self.aside, error)

    def _fail_after_others(self, batch: Batch, error: Exception) -> None:
        """Handle a batch that failed at once, after the batches in flight before it."""
        try:
            self._finish()
        except TransientError:
            self._waiting.appendleft(batch)
            raise
        self._failed(batch, error)

    def _failed(self, batch: Batch, error: Exception) -> None:
        if isinstance(error, PartlyDoneError):
            self._put_aside(batch, error)
            return
        try:
            is_dealt_with = self._failures.handle(batch.calls, error, batch.first_failed)
        except TransientError:
            self._waiting.appendleft(batch)
            raise
        if is_dealt_with:
            self._done(batch.tags)
            return
        if batch.first_failed is None:
            batch = batch._replace(first_failed=self._failures.successes)
        if len(batch.calls) == 1:
            self._set_aside(batch, error)
            return
        if self._throttle.allows(what := described(error)):
            log.warning("a batch of %d calls failed and runs again in halves: %s", len(batch.calls), what)
        self._waiting.extendleft(reversed(batch.halves()))

    def _set_aside(self, batch: Batch, error: Exception) -> None:
        """Have a call that failed alone wait until all others have been tried.

        Raises:
            TransientError: no other is left, or too many have failed alone: it seems to be no call's own fault.
        """
        is_last = not self._waiting
        self._failed_alone += 1
        self._waiting.append(batch)
        if is_last or self._failed_alone >= FAILED_ALONE:
            self._failed_alone = 0
            raise TransientError(error) from error
