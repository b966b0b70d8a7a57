"""A task that records the batches in which its calls run, and workers for it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from redis import Redis

from tasks.fastlane.call import Call
from tasks.fastlane.task import BatchTask

#: Of the tasks that run in batches.
QUEUE = "batches"

#: Seconds: short enough for a test, long enough to notice that something waits.
MOMENT = 0.4

#: Starts a worker in this process.
Worker = Callable[[], AbstractContextManager[Any]]


class Recorder(BatchTask[...]):
    """Records the calls that run."""

    abstract = True
    backoff = (0.01, 0.05)

    #: Arguments of calls, by batch.
    batches: list[list[Any]]
    #: Arguments of calls that ran one by one.
    singles: list[Any]
    dead_letters: list[Any]
    #: Errors of the next attempts.
    transient: list[Exception]

    def run_many(self, calls: Sequence[Call]) -> None:
        if self.transient:
            raise self.transient.pop(0)
        values = [self._value(call) for call in calls]
        self.batches.append(values)

    def is_transient(self, error: Exception) -> bool:
        if isinstance(error, ZeroDivisionError):
            raise error
        return isinstance(error, ConnectionError)

    def on_bad_call(self, call: Call, error: Exception) -> None:
        self.dead_letters.append((call.args, call.kwargs, type(error)))

    def _value(self, call: Call) -> Any:
        self.__header__(*call.args, **call.kwargs)
        value = call.args[0] if call.args else call.kwargs["value"]
        if value == "bad":
            raise ValueError(value)
        return value

    @property
    def values(self) -> list[Any]:
        return [value for batch in self.batches for value in batch]


def empty(broker: Redis) -> bool:
    return broker.llen(QUEUE) == broker.hlen("unacked") == broker.exists("unacked_index") == 0
