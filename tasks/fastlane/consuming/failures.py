"""Whose fault a failure is: that call's own, or that of what every call needs, such as a full Redis."""

from collections.abc import Sequence
from typing import Protocol

from leaderboard.connections.pending import Pending
from tasks.fastlane.call import Call

#: Failed calls that are remembered by their ids. Beyond these all are forgotten, and have to fail twice again.
REMEMBERED = 10_000


class BatchedTask(Protocol):
    """What running batches needs of a task; see :class:`tasks.fastlane.task.BatchTask`."""

    def run_many(self, calls: Sequence[Call]) -> Pending[None] | None: ...

    def abandon(self) -> None: ...

    def is_transient(self, error: Exception) -> bool: ...

    def is_calls_fault(self, error: Exception) -> bool: ...

    def on_bad_call(self, call: Call, error: Exception) -> None: ...


class TransientError(Exception):
    """Calls failed, may succeed later, and are still to be run."""

    def __init__(self, error: Exception) -> None:
        super().__init__(described(error))


class PartlyDoneError(Exception):
    """Some calls of a batch have to run again, for a reason that is neither theirs nor the others'.

    Args:
        left: their indices within the batch.
        error: why.
    """

    def __init__(self, left: Sequence[int], error: Exception) -> None:
        super().__init__(described(error))
        self.left = left


class Failures:
    """Finds bad calls among those that fail.

    A call is bad if it fails alone and the task blames the call for the error. If the task cannot tell, as with an
    error of Redis that every call may get, the call is bad once it fails again after another call has succeeded.

    Attributes:
        successes: batches, or single calls, that have succeeded.
    """

    def __init__(self, task: BatchedTask) -> None:
        self.successes = 0
        self._task = task
        # By the id of a single call, how many successes there were when it failed for the first time.
        self._first_failed: dict[str, int] = {}

    def succeeded(self) -> None:
        self.successes += 1

    def handle(self, calls: Sequence[Call], error: Exception, first_failed: int | None) -> bool:
        """Have the task deal with a bad call.

        Args:
            calls: they failed together.
            error: what they failed with.
            first_failed: how many successes there were when these calls failed for the first time; None: now.

        Returns:
            Whether there was a bad call, which is done with; otherwise the calls have to run again.

        Raises:
            TransientError: the error is transient, or the task could not deal with it.
        """
        try:
            if self._task.is_transient(error):
                raise error
            is_bad = len(calls) == 1 and (self._others_succeeded(first_failed) or self._task.is_calls_fault(error))
            if is_bad:
                self._task.on_bad_call(calls[0], error)
        except Exception as failure:
            # Also if the task's own code for failures fails: no call is lost by it.
            raise TransientError(failure) from failure
        return is_bad

    def handle_single(self, call: Call, error: Exception) -> None:
        """The same for a call that is redelivered if it fails, and is known by its id then.

        Raises:
            TransientError: the call has to run again.
        """
        if self.handle([call], error, self._first_failed.get(call.id)):
            self._first_failed.pop(call.id, None)
            return
        if len(self._first_failed) >= REMEMBERED:
            self._first_failed.clear()
        self._first_failed.setdefault(call.id, self.successes)
        raise TransientError(error) from error

    def _others_succeeded(self, first_failed: int | None) -> bool:
        return first_failed is not None and self.successes > first_failed


def described(error: Exception) -> str:
    """Kind and text of an error. The `repr` of redis-py's errors has no text."""
    return f"{type(error).__name__}: {error}"
