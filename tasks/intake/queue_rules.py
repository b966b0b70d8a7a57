"""What each queue accepts, in one table: its tasks, their sizes and retries, and what messages may ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from config.celery import AGGS, CLOCK, REFERENCE
from tasks.message_limits import MAX_BODY, MAX_EMPTY_BODY, MAX_RETRIES


@dataclass(frozen=True)
class QueueRules:
    """What one queue accepts.

    Attributes:
        tasks: names of the tasks that it runs.
        body_max: bytes of a message's body at most.
        options: whether a message may have arguments, a countdown, a group or stamps.
        retries: retries of a task at most.
        runs_at_most: seconds after which a process that runs one of its tasks counts as hung.
        callbacks: names of tasks that messages may name as callbacks. They may also run from the queue, with time
            limits.
    """

    tasks: frozenset[str]
    body_max: int = MAX_EMPTY_BODY
    options: bool = False
    retries: int = 0
    runs_at_most: float = 30.0
    callbacks: frozenset[str] = field(default=frozenset())


#: The queue of bars also runs what ``QUEUE_TASKS`` names. The others take their tasks without options, as beat,
#: retries and operators send them.
RULES: Mapping[str, QueueRules] = {
    AGGS: QueueRules(
        frozenset({"tasks.process_agg"}), body_max=MAX_BODY, options=True, retries=MAX_RETRIES, runs_at_most=120.0
    ),
    CLOCK: QueueRules(frozenset({"tasks.publish_snapshot", "tasks.reset_day", "tasks.reset_open"})),
    REFERENCE: QueueRules(
        frozenset({"tasks.fetch_reference", "tasks.warm_reference"}), retries=MAX_RETRIES, runs_at_most=900.0
    ),
}


def rules_by_queue(queue_tasks: tuple[str, ...]) -> Mapping[str, QueueRules]:
    """The table, with the tasks that ``QUEUE_TASKS`` adds to the queue of bars."""
    bars = RULES[AGGS]
    named = frozenset(queue_tasks)
    return {**RULES, AGGS: replace(bars, tasks=bars.tasks | named, callbacks=named)}
