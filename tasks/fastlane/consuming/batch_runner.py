"""Runs the calls of a lot together, and finds the ones that fail."""

import logging
from collections import deque
from collections.abc import Callable, Container, Sequence
from typing import NamedTuple, Protocol

from config.log_throttle import LogThrottle
from leaderboard.pending import Pending
from tasks.fastlane.call import Call

log = logging.getLogger(__name__)

#: Batches that run while the next is got ready. With one alone whoever runs them would often be without work, or
#: the caller wait for what it does for others.
BEGUN = 3
#: Calls that fail alone, with no success between them, until all wait: what fails for every call need not be tried
#: with each.
SUSPECTS = 16


class Held(NamedTuple):
    """Calls and, for each, the tag of the delivery that brought it.

    Attributes:
        suspected: how many batches had succeeded when these calls first failed; None: they have not.
    """

    calls: Sequence[Call]
    tags: Sequence[str]
    suspected: int | None = None

    def halves(self) -> tuple["Held", "Held"]:
        middle = len(self.calls) // 2
        return (
            self._replace(calls=self.calls[:middle], tags=self.tags[:middle]),
            self._replace(calls=self.calls[middle:], tags=self.tags[middle:]),
        )


class Runner(Protocol):
    """What of a task is needed here; see :class:`tasks.fastlane.task.BatchTask`."""

    def run_many(self, calls: Sequence[Call]) -> Pending[None] | None: ...

    def may_pass(self, error: Exception) -> bool: ...

    def is_calls_own(self, error: Exception) -> bool: ...

    def on_bad_call(self, call: Call, error: Exception) -> None: ...

    def forget_begun(self) -> None: ...


class _Begun(NamedTuple):
    """Calls that run, and what waits for their end."""

    held: Held
    end: Pending[None] | None


class PassingError(Exception):
    """Calls could not be run now; they are still to be run."""


class Batches:
    """The calls that wait to be run.

    Args:
        task: runs them.
        done: told the tags of calls that are done with.
    """

    def __init__(self, task: Runner, done: Callable[[Sequence[str]], None]) -> None:
        self._task = task
        self._done = done
        self._waiting: deque[Held] = deque()
        # Oldest first.
        self._begun: deque[_Begun] = deque()
        # Batches that have succeeded, and calls that have failed alone since the last of them.
        self._successes = 0
        self._suspects = 0
        self._throttle = LogThrottle()

    def add(self, held: Held) -> None:
        self._waiting.append(held)

    def withdraw(self, ids: Container[str]) -> None:
        """Be done with those of the waiting calls whose ids are among `ids`, without running them."""
        for n, held in enumerate(self._waiting):
            pairs = [*zip(held.calls, held.tags, strict=True)]
            if gone := [tag for call, tag in pairs if call.id in ids]:
                kept = [(call, tag) for call, tag in pairs if call.id not in ids]
                self._waiting[n] = held._replace(calls=[call for call, _ in kept], tags=[tag for _, tag in kept])
                self._done(gone)
        self._waiting = deque(held for held in self._waiting if held.calls)

    def run(self, go_on: Callable[[], bool]) -> None:
        """Run what waits while `go_on` says so, all but the end of the last batch: :meth:`settle` waits for that.

        A batch that fails is run again in halves, down to the call that fails alone: that one is the task's to
        deal with, and all others are done. Where a failure need not be the call's own, it is once another call has
        succeeded meanwhile: what fails for every call waits.

        Raises:
            PassingError: a failure that may pass; what was not done yet waits on.
        """
        while self._waiting and go_on():
            held = self._waiting.popleft()
            try:
                end = self._task.run_many(held.calls)
            except Exception as error:
                self._after(error, held)
            else:
                self._begun.append(_Begun(held, end))
                # What has run already is done with once all before it is.
                self._end_begun(BEGUN if end else 0)

    def settle(self, go_on: Callable[[], bool]) -> None:
        """Wait for the end of what was begun last, and run what waits, while `go_on` says so, to its end.

        Raises:
            PassingError: as of :meth:`run`.
        """
        self._end_begun()
        while self._waiting and go_on():
            self.run(go_on)
            self._end_begun()

    def close(self) -> None:
        """Wait for the end of all that was begun. What fails is not run again: it waits, as what was not begun."""
        try:
            self._end_begun()
        except PassingError:
            # What it needs is away: each of the others would be waited for as long.
            self._waiting.extend(begun.held for begun in self._begun)
            self._begun.clear()
            self._task.forget_begun()

    def _end_begun(self, most: int = 0) -> None:
        """Wait for the end of what was begun, until no more than `most` batches are without theirs."""
        while len(self._begun) > most:
            self._end(self._begun.popleft())

    def _end(self, begun: _Begun) -> None:
        try:
            if begun.end:
                begun.end.result()
        except Exception as error:
            self._failed(begun.held, error)
        else:
            self._successes += 1
            self._suspects = 0
            self._done(begun.held.tags)

    def _after(self, error: Exception, held: Held) -> None:
        """Deal with calls that failed, once those that were begun before them have ended."""
        try:
            self._end_begun()
        except PassingError:
            self._waiting.appendleft(held)
            raise
        self._failed(held, error)

    def _failed(self, held: Held, error: Exception) -> None:
        alone = len(held.calls) == 1
        try:
            if self._task.may_pass(error):
                raise error
            own = alone and (self._others_succeeded(held) or self._task.is_calls_own(error))
            if own:
                self._task.on_bad_call(held.calls[0], error)
        except Exception as failure:
            # Also one of the task's judgement itself: no call is lost by it.
            self._waiting.appendleft(held)
            raise PassingError(_told(failure)) from failure
        if own:
            self._done(held.tags)
            return
        suspected = held if held.suspected is not None else held._replace(suspected=self._successes)
        if alone:
            self._set_aside(suspected, error)
            return
        if self._throttle.allows(told := _told(error)):
            log.warning("a batch of %d calls failed and is run in halves: %s", len(held.calls), told)
        self._waiting.extendleft(reversed(suspected.halves()))

    def _others_succeeded(self, held: Held) -> bool:
        """Whether a batch has succeeded since these calls first failed."""
        return held.suspected is not None and self._successes > held.suspected

    def _set_aside(self, held: Held, error: Exception) -> None:
        """Have a call that failed alone wait until all others have been tried.

        Raises:
            PassingError: none is left to try, or too many have failed: it seems to be no call's own failure.
        """
        last = not self._waiting
        self._suspects += 1
        self._waiting.append(held)
        if last or self._suspects >= SUSPECTS:
            self._suspects = 0
            raise PassingError(_told(error)) from error


def _told(error: Exception) -> str:
    # Errors of redis-py do not show their text in their `repr`.
    return f"{type(error).__name__}: {error}"
