"""Says which processes of a worker's pool hang."""

from collections.abc import Callable, Iterable
from time import monotonic
from typing import NamedTuple

from tasks.intake.queue_rules import RULES

#: Seconds after which a process that a signal has stopped counts as hung.
STOPPED = 2.0
#: Seconds in which a process starts on a call that it has been given.
TAKES = 5.0

_LONGEST_RUN = {task: rules.runs_at_most for rules in RULES.values() for task in rules.tasks}


class Child(NamedTuple):
    """A process of a pool.

    Attributes:
        pid: its id.
        task: name of the task whose call it was given; empty if it has none.
        running: seconds since it started on the call; None if it has not.
        is_stopped: whether a signal has stopped it.
    """

    pid: int
    task: str = ""
    running: float | None = None
    is_stopped: bool = False


class HungProcesses:
    """Finds processes in which something has been wrong for too long.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        # By process and reason, since when.
        self._since: dict[tuple[int, str], float] = {}

    def among(self, children: Iterable[Child]) -> dict[int, str]:
        """The ids of those that hang now, each with the reason."""
        now = self._clock()
        hung: dict[int, str] = {}
        suspects: dict[tuple[int, str], float] = {}
        for child in children:
            for reason, allowed in _suspicions(child):
                since = suspects[child.pid, reason] = self._since.get((child.pid, reason), now)
                if now - since >= allowed:
                    hung[child.pid] = reason
        self._since = suspects
        return hung


def _suspicions(child: Child) -> Iterable[tuple[str, float]]:
    """What is wrong with a process, and for how many seconds that is allowed."""
    if child.is_stopped:
        yield "it has been stopped", STOPPED
    if child.task and child.running is None:
        yield f"it takes no call of {child.task}", TAKES
    longest = _LONGEST_RUN.get(child.task)
    if longest is not None and child.running is not None and child.running > longest:
        yield f"it is at a call of {child.task} for more than {longest:.0f} s", 0.0
