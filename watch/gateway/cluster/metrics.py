"""The metrics for Prometheus: of the whole cluster, from Redis and the broker, and of this gateway."""

import math
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import TypeVar

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString
from starlette.requests import Request
from starlette.responses import Response

from leaderboard.sessions import is_open
from leaderboard.store.totals import LAG_BOUNDS, Totals
from watch.gateway.cluster.monitor import Monitor
from watch.gateway.connections.admission import Admission
from watch.gateway.fanout.broadcaster import Broadcaster
from watch.gateway.history.query_pool import QueryPool
from watch.gateway.supervisor import Supervisor

_Label = TypeVar("_Label", bound=str)

# Of each Redis server: the kind of metric, its name and description, and what a `ServerLoad` knows of it.
_LOADS = (
    (GaugeMetricFamily, "lba_redis_memory_bytes", "Memory that Redis uses", attrgetter("memory")),
    (
        GaugeMetricFamily,
        "lba_redis_memory_limit_bytes",
        "Memory it may use; 0: no limit",
        attrgetter("memory_limit"),
    ),
    (CounterMetricFamily, "lba_redis_cpu_seconds", "CPU time that Redis has used", attrgetter("cpu")),
    (GaugeMetricFamily, "lba_redis_clients", "Connections to Redis", attrgetter("clients")),
)


class Metrics(Collector):
    """The metrics. While a server cannot be reached, its ``..._up`` is 0 and its other metrics are left out.

    Args:
        monitor: knows the cluster.
        broadcaster: knows the WebSocket clients.
        supervisor: runs the background work.
        admission: knows the connections.
        clock: ``wall`` or ``events``: whose time the boards follow.
        history: answers queries over recorded history; None: nothing is recorded here.
    """

    def __init__(
        self,
        monitor: Monitor,
        broadcaster: Broadcaster,
        supervisor: Supervisor,
        admission: Admission,
        clock: str,
        history: QueryPool | None = None,
    ) -> None:
        self._monitor = monitor
        self._supervisor = supervisor
        self._broadcaster = broadcaster
        self._admission = admission
        self._clock = clock
        self._history = history
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    async def endpoint(self, request: Request) -> Response:
        return Response(generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def collect(self) -> Iterator[Metric]:
        yield from self._cluster()
        yield from self._queues()
        yield from self._servers()
        yield from self._gateway()
        yield from self._queries()

    def _cluster(self) -> Iterator[Metric]:
        sample = self._monitor.sample
        yield GaugeMetricFamily("lba_redis_up", "Whether the boards' Redis answers", value=sample is not None)
        if sample is None:
            return
        if sample.totals:
            yield from self._processing(sample.totals)
        if self._clock == "wall":
            yield GaugeMetricFamily(
                "lba_market_open",
                "Whether the market trades, from pre-market to after hours",
                value=is_open(sample.time),
            )
        if sample.symbols is not None:
            yield GaugeMetricFamily(
                "lba_symbols", "Symbols that have traded on the boards' day", value=sample.symbols
            )
        for name, age, description in (
            ("lba_snapshot_age_seconds", sample.published, "Seconds since the last snapshot was published"),
            ("lba_screens_age_seconds", sample.screens, "Seconds since the screens were last brought up to date"),
            ("lba_clock_age_seconds", sample.attempted, "Seconds since a clock worker last tried to publish"),
        ):
            if age is not None:
                yield GaugeMetricFamily(name, description, value=age)

    @staticmethod
    def _processing(totals: Totals) -> Iterator[Metric]:
        yield _counter("lba_processed", "Events processed, whatever became of them", totals.processed)
        yield _counter("lba_applied", "Events that changed their symbol's row", totals.applied)
        yield _counter("lba_stale", "Events older than their symbol's newest", totals.stale)
        yield _counter("lba_late", "Events of an earlier day than the boards'", totals.late)
        yield _counter("lba_early", "Events that came before their session and waited for it", totals.early)
        yield _counter("lba_folded", "Events conflated with a newer one of their symbol", totals.folded)
        yield _counter("lba_dead", "Events dead-lettered", totals.dead)
        yield _counter("lba_symbols_refused", "Events of symbols beyond SYMBOLS_BOUND", totals.beyond)
        yield _counter("lba_published", "Snapshots of the boards sent", totals.published)
        yield _counter("lba_screens", "Snapshots of screens sent, each screen counts", totals.screens)
        yield _counter("lba_alerts", "Alerts published", totals.alerts)
        yield from _labelled(
            CounterMetricFamily("lba_dead_by_reason", "The same, by kind of their reason", labels=["reason"]),
            totals.dead_by_kind,
        )
        bounds = map(floatToGoString, (*LAG_BOUNDS, math.inf))
        yield HistogramMetricFamily(
            "lba_lag_seconds",
            "Seconds from the end of a symbol's newest bar until it was applied",
            buckets=[*zip(bounds, totals.lag_buckets, strict=True)],
            sum_value=totals.lag,
        )

    def _queues(self) -> Iterator[Metric]:
        depth = self._monitor.depth
        yield GaugeMetricFamily("lba_broker_up", "Whether the broker answers", value=depth is not None)
        if depth:
            yield GaugeMetricFamily("lba_queue_waiting", "Bars that wait for a worker", value=depth.waiting)
            yield GaugeMetricFamily(
                "lba_queue_unacked", "Messages that workers have in flight", value=depth.unacked
            )
            yield from _labelled(
                GaugeMetricFamily("lba_queue_messages", "Messages that wait for a worker", labels=["queue"]),
                depth.messages,
            )
        if self._monitor.workers:
            yield GaugeMetricFamily(
                "lba_workers", "Workers of bars that answered", value=self._monitor.workers.workers
            )

    def _servers(self) -> Iterator[Metric]:
        """What each Redis server uses. One that is both has the same values twice."""
        loads = {}
        if sample := self._monitor.sample:
            loads = {
                f"boards-{n}" if n > 1 else "boards": load
                for n, load in enumerate(self._monitor.loads, 1)
                if n not in sample.away
            }
        if self._monitor.depth:
            loads["queues"] = self._monitor.depth.load
        for family, name, description, value in _LOADS:
            metric = family(name, description, labels=["server"])
            yield from _labelled(metric, {server: value(load) for server, load in loads.items()})

    def _gateway(self) -> Iterator[Metric]:
        counters = self._broadcaster.counters
        yield GaugeMetricFamily("gateway_clients", "WebSocket clients", value=len(self._broadcaster.clients))
        yield GaugeMetricFamily(
            "gateway_subscription_up",
            "Whether publications reach the gateway",
            value=self._broadcaster.subscriber.up,
        )
        yield _counter("gateway_messages", "Messages sent to clients", counters.messages)
        yield _counter("gateway_sent_bytes", "Bytes of these messages, after compression", counters.bytes)
        yield _counter(
            "gateway_conflated", "Publications that slow clients got a newer one for", counters.conflated
        )
        yield _counter("gateway_resyncs", "Whole boards that clients of deltas were sent again", counters.resyncs)
        yield _counter("gateway_dropped", "Clients cut off because they took nothing any more", counters.dropped)
        errors = sum(self._supervisor.errors.values())
        yield _counter("gateway_errors", "Unexpected errors of the gateway's background work", errors)
        yield GaugeMetricFamily(
            "gateway_connections", "Connections, HTTP and WebSocket", value=len(self._admission)
        )
        yield _counter(
            "gateway_refused", "Connections refused at a limit, in all or of an address", counters.refused
        )
        yield _counter(
            "gateway_overdue",
            "Connections cut off because a request, or a close, did not come in time",
            counters.overdue,
        )
        yield _counter(
            "gateway_wrong_keys",
            "Keys that were wrong, or not judged after too many wrong ones",
            counters.wrong_keys,
        )
        yield _counter(
            "gateway_over_budget", "Clients closed because they sent more than they may", counters.over_budget
        )

    def _queries(self) -> Iterator[Metric]:
        for count, description in (
            ("answered", "Queries over recorded history answered"),
            ("refused", "Queries over recorded history refused because too many waited"),
            ("killed", "Queries over recorded history stopped because they took too long"),
            ("died", "Queries over recorded history whose process ended unexpectedly"),
        ):
            yield _counter(f"gateway_history_{count}", description, getattr(self._history, count, 0))


def _counter(name: str, description: str, value: float) -> Metric:
    return CounterMetricFamily(name, description, value=value)


def _labelled(
    metric: GaugeMetricFamily | CounterMetricFamily, values: Mapping[_Label, float | None]
) -> Iterator[Metric]:
    """A metric with a value for each of its one label's values; nothing where none is known."""
    for label, value in values.items():
        if value is not None:
            metric.add_metric([label], value)
    if metric.samples:
        yield metric
