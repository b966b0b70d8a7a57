"""Counts bars in Flower: from the totals that workers report, and not from the events of sampled bars."""

from collections import Counter
from collections.abc import MutableMapping
from typing import Any

import flower.events as flower_events  # type: ignore[import-untyped]
from celery.utils.functional import LRUCache

from tasks.bar_reports.reporter import EVENT
from tasks.bar_reports.tally import Totals
from tasks.bars import process_agg


class BarsMetrics(flower_events.PrometheusMetrics):  # type: ignore[misc]
    """Flower's metrics. A sampled bar's event changes none: its runtime is that of a batch, and it is counted."""

    def observe_task(self, worker: str, event: dict[str, Any], task: Any) -> None:
        if task.name != process_agg.name:
            super().observe_task(worker, event, task)

    def count_bars(self, worker: str, counts: Counter[str]) -> None:
        """Count bars of a worker, by the type of the event that Celery would have sent of each."""
        for type_, count in counts.items():
            self.events.labels(worker, type_, process_agg.name).inc(count)


class BarsState(flower_events.EventsState):  # type: ignore[misc]
    """Flower's state. It counts what a worker's totals rose by since that worker's report before.

    So a lost report is made up for by the next one, and what came while Flower was away by the first.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # By name and incarnation: for a moment an old and a new worker can have one name.
        self._reported: MutableMapping[tuple[str, int], Totals] = LRUCache(limit=self.max_workers_in_memory)
        # By name: messages in flight, where the worker has reported it since its start.
        self._in_flight: MutableMapping[str, int] = LRUCache(limit=self.max_workers_in_memory)

    def __reduce__(self) -> tuple[Any, ...]:
        # For --persistent. Without these the next report's totals would be counted a second time.
        return (*super().__reduce__(), {"_reported": self._reported})

    def event(self, event: dict[str, Any]) -> None:
        worker, type_ = event["hostname"], event["type"]
        if type_ == EVENT:
            self._count(worker, event)
        elif type_ in ("worker-online", "worker-offline"):
            self._in_flight.pop(worker, None)
        if type_ in (EVENT, "worker-heartbeat") and worker in self._in_flight:
            # Celery's heartbeat has only the calls that run one by one.
            event = event | {"active": self._in_flight[worker]}
        super().event(event)
        if type_.startswith("task-") and self.tasks[event["uuid"]].name == process_agg.name:
            # It is in the totals.
            self.counter[worker][type_] -= 1

    def _count(self, worker: str, report: dict[str, Any]) -> None:
        reported = worker, report["incarnation"]
        before = self._reported.get(reported, Totals())
        # Not less than before, whoever sent it.
        now = Totals(max(before.succeeded, report["succeeded"]), max(before.failed, report["failed"]))
        self._reported[reported] = now
        self._in_flight[worker] = report["in_flight"]
        succeeded, failed = now.succeeded - before.succeeded, now.failed - before.failed
        counts = {"task-received": succeeded + failed, "task-succeeded": succeeded, "task-failed": failed}
        self.counter[worker].update(counts)
        self.metrics.count_bars(worker, Counter(counts))


def count_bars() -> None:
    """Have Flower make its state and its metrics of these classes, also those that it saved before."""
    flower_events.EventsState = BarsState
    flower_events.PrometheusMetrics = BarsMetrics
