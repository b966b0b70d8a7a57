"""The base class of tasks that run many calls at once."""

import logging
from collections.abc import Callable, Sequence
from typing import ClassVar, ParamSpec

from leaderboard.pending import Pending
from tasks.fastlane.call import Call
from tasks.fastlane.sending.template_task import TemplateTask

P = ParamSpec("P")

log = logging.getLogger(__name__)


class BatchTask(TemplateTask[P, None]):
    """A task whose calls a worker takes as they come, many at a time.

    A batch is what one fetch brought while the last one was being worked on, so batches grow with the load and
    nothing waits for one to fill up. Calls that ask for more than to be run - a countdown, an expiry, a group,
    callbacks, a time limit - run one by one in Celery's own way, as do all calls on another transport or pool.

    Delivery is at least once: after a crash, and after a failure within a batch, calls come again. Results, events
    and the signals of single tasks are not for calls that run in batches.
    """

    abstract = True
    Strategy = "tasks.fastlane.consuming.strategy:batching"
    acks_late = True
    ignore_result = True
    send_events = False

    #: Takes a call's arguments and fails where they do not fit; Celery makes it of the task's function.
    __header__: ClassVar[Callable[..., object]]

    #: Seconds before calls whose failure may pass are run again, doubled each time up to the second figure.
    retry_pauses = (0.1, 5.0)

    def gathers(self, calls: Sequence[Call]) -> bool:
        """Whether calls are to wait for more of those that are queued, to run with them as one batch.

        It is asked after each fetch that leaves the queue with more, and holds as long as the worker's prefetch
        count allows more.

        Args:
            calls: those that wait, oldest first; one at least.
        """
        return False

    def run_many(self, calls: Sequence[Call]) -> Pending[None] | None:
        """Run calls, in whatever order; an exception means that each of them is to be run again.

        The default runs one after the other.

        Returns:
            None where they have run. Else work in flight, such as a command without its answer: its result is
            asked for once, after some more calls may have begun to run, and may raise with the same meaning.
        """
        for call in calls:
            self.run(*call.args, **call.kwargs)
        return None

    def forget_begun(self) -> None:
        """Let go of calls that have begun: nobody will wait for their end. They come again."""

    def may_pass(self, error: Exception) -> bool:
        """Whether calls that failed with `error` may succeed later: all of them wait, unacknowledged."""
        return False

    def is_calls_own(self, error: Exception) -> bool:
        """Whether a failure of one call that may not pass is that call's own.

        Where that is not known, as of a server's error, which every call may get, the call waits. It is to blame
        if it fails again after another call has succeeded.
        """
        return True

    def on_bad_call(self, call: Call, error: Exception) -> None:
        """Deal with a call that fails by itself; afterwards it is acknowledged. Runs again if this raises."""
        log.error("%s(%s, %s) failed and is dropped: %r", self.name, call.args, call.kwargs, error, exc_info=error)
