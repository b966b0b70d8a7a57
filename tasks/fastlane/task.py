"""The base class of tasks that run many calls at once."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, ParamSpec

from leaderboard.connections.pending import Pending
from tasks.fastlane.call import Call
from tasks.fastlane.sending.template_task import TemplateTask

P = ParamSpec("P")

log = logging.getLogger(__name__)


class BatchTask(TemplateTask[P, Any]):
    """A task whose calls a worker runs in batches.

    A batch is what one fetch brought while the last batch was running: batches grow with the load, and no call
    waits for one to fill up. Calls that ask for more than to be run - a countdown, an expiry, a group, callbacks,
    a time limit - run one by one in Celery's own way, as do all calls on another transport or pool.

    Delivery is at least once: after a crash, and after a failure within a batch, calls run again. Calls that run
    in batches have no results, events, or signals.
    """

    abstract = True
    Strategy = "tasks.fastlane.consuming.strategy:batching"
    acks_late = True
    ignore_result = True
    send_events = False

    #: Takes a call's arguments and fails if they do not match; Celery makes it of the task's function.
    __header__: ClassVar[Callable[..., object]]

    #: Seconds before calls that failed with a transient error are retried; doubled each time, up to the second.
    backoff = (0.1, 5.0)

    def waits_for_more(self, calls: Sequence[Call]) -> bool:
        """Whether calls wait for more of those that are queued, to run as one batch.

        Asked after each fetch that leaves more in the queue. They wait while the worker's prefetch count allows
        more.

        Args:
            calls: those that wait, oldest first; at least one.
        """
        return False

    def run_many(self, calls: Sequence[Call]) -> Pending[None] | None:
        """Run calls, in any order. An exception means that each of them has to run again.

        The default runs one after the other.

        Returns:
            None if they have run. Otherwise work in flight, such as a command without its reply: its result is
            asked for once, after other batches may have been started. An exception means the same then.
        """
        for call in calls:
            self.run(*call.args, **call.kwargs)
        return None

    def abandon(self) -> None:
        """Give up the work in flight: nobody asks for its results, and its calls run again."""

    def is_transient(self, error: Exception) -> bool:
        """Whether calls that failed with `error` may succeed later: all calls wait, and are retried."""
        return False

    def is_calls_fault(self, error: Exception) -> bool:
        """Whether one call that failed with an error that is not transient is at fault itself.

        False means that nobody knows, as with an error of a server that every call may get: the call waits, and is
        at fault if it fails again after another call has succeeded.
        """
        return True

    def on_bad_call(self, call: Call, error: Exception) -> None:
        """Deal with a call that is at fault. It is acknowledged afterwards; if this raises, it runs again."""
        log.error("%s(%s, %s) failed and is dropped: %r", self.name, call.args, call.kwargs, error, exc_info=error)
